package io.fourthlog.sensor.pipeline;

/**
 * What was shed of the past that rules read, since the start, because there was too much of it.
 *
 * @param names of traces, sessions and baselines that had too many
 */
public record Forgotten(long traces, long sessions, long workloads, long names) {}
