package io.fourthlog.sensor;

/** The sensor cannot start; the message says in one line why, and what to do. */
final class SetupException extends Exception {
    SetupException(String message) {
        super(message);
    }
}
