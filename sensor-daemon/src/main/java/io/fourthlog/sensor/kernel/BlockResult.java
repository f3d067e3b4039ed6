package io.fourthlog.sensor.kernel;

/** What became of the order to keep a pod from a destination. */
public sealed interface BlockResult {
    /** connect and sendto to the destination return EPERM in the pod's cgroup from now on. */
    record Blocked() implements BlockResult {}

    /** The kernel refused; the reason names the missing capability or cgroup. */
    record Refused(String reason) implements BlockResult {}
}
