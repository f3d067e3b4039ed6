package io.fourthlog.trail;

/** Something that the user has to put right: the message names the place and the remedy, on one line. */
public final class UsageException extends Exception {

    private static final long serialVersionUID = 1;

    public UsageException(String message) {
        super(message);
    }

    public UsageException(String message, Throwable cause) {
        super(message, cause);
    }
}
