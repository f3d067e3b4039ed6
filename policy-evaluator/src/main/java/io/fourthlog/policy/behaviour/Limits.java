package io.fourthlog.policy.behaviour;

import java.time.Duration;

/**
 * How much is remembered for one namespace; what is beyond is shed, the oldest first, and counted.
 *
 * @param traces how many traces
 * @param sessions how many sessions
 * @param workloads how many workloads, with their windows and baselines
 * @param values how many names of a kind in a trace or session, the first ones
 * @param learning for how long after its first event a workload's baseline learns
 */
public record Limits(int traces, int sessions, int workloads, int values, Duration learning) {

    /** 10,000 traces, 2,000 sessions, 1,000 workloads, 256 names of a kind; a week of learning. */
    public static final Limits DEFAULT = new Limits(10_000, 2_000, 1_000, 256, Duration.ofDays(7));

    public Limits {
        if (traces < 1 || sessions < 1 || workloads < 1 || values < 1) {
            throw new IllegalArgumentException("every limit has to leave room for one");
        }
    }
}
