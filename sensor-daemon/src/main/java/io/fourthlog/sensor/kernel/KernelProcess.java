package io.fourthlog.sensor.kernel;

/**
 * The process behind the current kernel event: one flyweight, overwritten for each event, so a sink copies what it keeps.
 *
 * <p>A process is told from a later one with the same number by {@link #startTicks()}.
 */
public final class KernelProcess {
    private int tgid;
    private int ppid;
    private long startNs;
    private long cgroupId;
    private long ktimeNs;

    /** Points this flyweight at another process. */
    public KernelProcess set(
            final int tgid, final int ppid, final long startNs, final long cgroupId, final long ktimeNs) {
        this.tgid = tgid;
        this.ppid = ppid;
        this.startNs = startNs;
        this.cgroupId = cgroupId;
        this.ktimeNs = ktimeNs;
        return this;
    }

    /** Process id (the kernel's thread group id) as the host numbers it. */
    public int tgid() {
        return tgid;
    }

    /** The parent's process id as the host numbers it, at the time of the event. */
    public int ppid() {
        return ppid;
    }

    /**
     * When the process was forked: nanoseconds since boot (CLOCK_BOOTTIME, the kernel's {@code start_boottime}); of one that ran before
     * it was tracked the ticks alone may be known.
     */
    public long startNs() {
        return startNs;
    }

    /** The same in ticks of a hundred a second, in which {@code /proc} tells it. */
    public long startTicks() {
        return startNs / Processes.TICK_NS;
    }

    /** The cgroup (v2) of the thread: the inode number of its directory. */
    public long cgroupId() {
        return cgroupId;
    }

    /** When the event happened: nanoseconds of CLOCK_MONOTONIC; {@link KernelClock} makes it a time of day. */
    public long ktimeNs() {
        return ktimeNs;
    }

    @Override
    public String toString() {
        return "KernelProcess[" + tgid + "]";
    }
}
