package io.fourthlog.sensor.kernel;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The loaded eBPF programs: follows the processes of tracked cgroups and hands what they did to a {@link KernelEventSink}.
 *
 * <p>{@link #poll} belongs to one thread; everything else may be called from any.
 */
public final class Kernel implements AutoCloseable {
    private Kernel() {}

    /**
     * Loads the programs and attaches those that need no target.
     *
     * @throws KernelUnavailableException with the missing capability or feature and the remedy
     */
    public static Kernel open(final KernelOptions options) throws KernelUnavailableException {
        if (!options.cgroups().toFile().isDirectory()) {
            throw new KernelUnavailableException("no cgroup v2 hierarchy at " + options.cgroups());
        }
        return new Kernel();
    }

    /** Reads what is in the ring; waits for at most {@code timeout} if nothing is. */
    public void poll(final Duration timeout, final KernelEventSink sink) {}

    /**
     * Follows a cgroup, those below it and those that will be made below it, with what already runs in them.
     *
     * @param cgroup absolute path of its directory on this host
     * @return the cgroup's id, which is the inode of the directory
     * @throws IOException if there is no such cgroup
     */
    public long track(final Path cgroup) throws IOException {
        return 0;
    }

    /** Stops following one cgroup; those below it stay as they are. */
    public void untrack(final long cgroupId) {}

    /**
     * Ends a process now (SIGKILL through a pidfd).
     *
     * @param startNs as {@link KernelProcess#startNs()}: a later process with the same number is left alone
     */
    public TerminateResult terminate(final int tgid, final long startNs) {
        return new TerminateResult.AlreadyGone();
    }

    /** Ends a process at its next TLS write, before the library takes the payload. */
    public void condemn(final int tgid) {}

    /**
     * Refuses a pod a destination.
     *
     * @param podCgroup absolute path of the pod's cgroup directory
     * @param address numeric IPv4 or IPv6
     * @param port 0 for any
     */
    public BlockResult block(final Path podCgroup, final String address, final int port) {
        return new BlockResult.Refused("not linked yet");
    }

    public KernelFeatures features() {
        return new KernelFeatures("", false, false, false);
    }

    public KernelCounters counters() {
        return new KernelCounters(0, 0, 0, 0);
    }

    @Override
    public void close() {}
}
