package io.fourthlog.sensor.kernel;

import java.time.Clock;
import java.time.Instant;

/**
 * Makes times of day out of the kernel's CLOCK_MONOTONIC stamps, which is also what {@link System#nanoTime} reads on Linux.
 *
 * <p>The offset is measured by bracketing the wall clock between two monotonic readings and keeping the tightest of several
 * brackets; {@link #resync} measures again, so that a stepped wall clock does not bend the trail for ever.
 */
public final class KernelClock {
    private static final int BRACKETS = 8; // one of them is not interrupted
    private static final long NANOS = 1_000_000_000L;

    private final Clock wall;
    private volatile long offsetNs; // wall - monotonic, nanoseconds since the epoch

    public KernelClock(final Clock wall) {
        this.wall = wall;
        resync();
    }

    /** Measures the offset between the two clocks again. */
    public void resync() {
        long tightest = Long.MAX_VALUE;
        for (int i = 0; i < BRACKETS; i++) {
            final long before = System.nanoTime();
            final Instant now = wall.instant();
            final long after = System.nanoTime();
            if (after - before < tightest) {
                tightest = after - before;
                offsetNs = now.getEpochSecond() * NANOS + now.getNano() - (before + tightest / 2);
            }
        }
    }

    /** The time of day of a CLOCK_MONOTONIC stamp in nanoseconds. */
    public Instant instant(final long ktimeNs) {
        final long epochNs = ktimeNs + offsetNs;
        return Instant.ofEpochSecond(Math.floorDiv(epochNs, NANOS), Math.floorMod(epochNs, NANOS));
    }
}
