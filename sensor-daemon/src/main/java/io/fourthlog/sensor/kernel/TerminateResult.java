package io.fourthlog.sensor.kernel;

/** What became of the order to end a process. */
public sealed interface TerminateResult {
    /** SIGKILL was delivered to the process that was meant. */
    record Terminated() implements TerminateResult {}

    /** There is no such process any more, or its number belongs to a later one. */
    record AlreadyGone() implements TerminateResult {}

    /** The kernel refused; the reason names the missing capability. */
    record Refused(String reason) implements TerminateResult {}
}
