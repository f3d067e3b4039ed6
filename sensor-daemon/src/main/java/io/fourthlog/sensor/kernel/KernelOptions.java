package io.fourthlog.sensor.kernel;

import java.nio.file.Path;

/**
 * How the kernel side is set up.
 *
 * @param ringBytes size of the ring buffer: a power of two, at least a page
 * @param proc where the host's procfs is mounted
 * @param cgroups root of the cgroup v2 hierarchy
 */
public record KernelOptions(int ringBytes, Path proc, Path cgroups) {
    /** A busy node fills about 60 MiB while its virtual CPU is stalled for the 166 ms that were measured. */
    public static final int DEFAULT_RING_BYTES = 64 << 20;

    public KernelOptions {
        if (Integer.bitCount(ringBytes) != 1 || ringBytes < 4096) {
            throw new IllegalArgumentException("ringBytes must be a power of two of at least 4096, is " + ringBytes);
        }
    }

    /** The mounts of this machine: {@code /sys/fs/cgroup}, or {@code /sys/fs/cgroup/unified} beside cgroup v1. */
    public static KernelOptions defaults() {
        return new KernelOptions(DEFAULT_RING_BYTES, Path.of("/proc"), CgroupMount.find());
    }
}
