package io.fourthlog.sensor.kernel;

/** What became of the order to close a process's connections to a destination. */
public sealed interface ResetResult {
    /** At least one was there, and is reset: nothing more goes out or comes in, and both ends are told. */
    record Reset() implements ResetResult {}

    /** The process has none to that destination any more, or has ended. */
    record NotThere() implements ResetResult {}

    /** The kernel refused, or there is too much to look through; the reason says what. */
    record Refused(String reason) implements ResetResult {}
}
