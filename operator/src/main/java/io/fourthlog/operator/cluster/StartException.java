package io.fourthlog.operator.cluster;

/** The operator cannot start; the message is one line for whoever started it, with the remedy. */
public final class StartException extends RuntimeException {
    public StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
