package io.fourthlog.policy;

/**
 * A rule that went over its budget, and was then treated by its failurePolicy.
 *
 * @param times how often that was
 * @param reason what it had too much of, the last time
 */
public record Stalled(String policyId, String rule, long times, String reason) {}
