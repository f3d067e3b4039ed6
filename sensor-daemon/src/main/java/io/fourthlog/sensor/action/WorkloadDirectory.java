package io.fourthlog.sensor.action;

import org.jspecify.annotations.Nullable;

/** Names the container behind a cgroup, from the pods of this node; safe to ask from the pipeline's thread at any time. */
@FunctionalInterface
public interface WorkloadDirectory {
    /** The container whose cgroup this is, or {@code null} for a cgroup that is not tracked. */
    @Nullable
    Workload byCgroup(long cgroupId);

    /**
     * A cgroup was made below a tracked one: a container starts, maybe before the API server says so.
     *
     * @param path from the root of the cgroup v2 hierarchy
     */
    default void cgroupMade(final long cgroupId, final long parentId, final String path) {}
}
