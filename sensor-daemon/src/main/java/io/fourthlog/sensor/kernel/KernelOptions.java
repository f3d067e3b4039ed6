package io.fourthlog.sensor.kernel;

import java.nio.file.Path;

/**
 * How the kernel side is set up.
 *
 * @param ringBytes size of the ring buffer: a power of two, at least a page
 * @param burstRingBytes size of the one that takes its place while much comes, likewise
 * @param proc where the host's procfs is mounted
 * @param cgroups root of the cgroup v2 hierarchy
 */
public record KernelOptions(int ringBytes, int burstRingBytes, Path proc, Path cgroups) {
    /** Two calls of 4 MiB, or what 1,000 requests and answers of 4 KiB a second leave in a stall of a second. */
    private static final int RING_BYTES = 8 << 20;

    /** A busy node fills about 60 MiB while its virtual CPU is stalled for the 166 ms that were measured. */
    private static final int BURST_RING_BYTES = 64 << 20;

    public KernelOptions {
        check("ringBytes", ringBytes);
        check("burstRingBytes", burstRingBytes);
    }

    /** With a ring that is never replaced. */
    public KernelOptions(final int ringBytes, final Path proc, final Path cgroups) {
        this(ringBytes, ringBytes, proc, cgroups);
    }

    private static void check(final String what, final int bytes) {
        if (Integer.bitCount(bytes) != 1 || bytes < 4096) {
            throw new IllegalArgumentException(what + " must be a power of two of at least 4096, is " + bytes);
        }
    }

    /** The mounts of this machine: {@code /sys/fs/cgroup}, or {@code /sys/fs/cgroup/unified} beside cgroup v1. */
    public static KernelOptions defaults() {
        return new KernelOptions(RING_BYTES, BURST_RING_BYTES, Path.of("/proc"), CgroupMount.find());
    }
}
