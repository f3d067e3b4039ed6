package io.fourthlog.sensor.pipeline;

import org.jspecify.annotations.Nullable;

/**
 * What an enforcement acts on.
 *
 * @param tgid the process, as the host numbers it
 * @param startNs when it was forked, nanoseconds since boot (CLOCK_BOOTTIME): a reused pid is not the target
 * @param podCgroupPath the pod's cgroup on this host
 * @param address the destination's IP address, if the action had one
 * @param port the destination's port, or 0
 */
public record Target(
        int tgid,
        long startNs,
        String podCgroupPath,
        @Nullable String address,
        int port) {}
