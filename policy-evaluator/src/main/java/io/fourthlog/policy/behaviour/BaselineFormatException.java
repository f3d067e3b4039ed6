package io.fourthlog.policy.behaviour;

/** What was to be restored is not what a {@link Behaviour} exported. */
public final class BaselineFormatException extends Exception {
    BaselineFormatException(String reason) {
        super(reason);
    }
}
