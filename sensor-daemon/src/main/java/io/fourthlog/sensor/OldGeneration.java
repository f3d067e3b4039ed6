package io.fourthlog.sensor;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Keeps resident memory near what is live: has the old generation collected when it has grown by some MiB since the last time. The
 * serial collector by itself takes all that {@code -Xmx} allows first, which is there for moments with much content. A collection
 * stops the threads for some 50 ms, which the kernel's ring covers; under 1,000 requests a second there is one every fifteen seconds or so.
 */
final class OldGeneration {
    private static final long GROWTH = 8L << 20; // bytes, as much as is dead at most
    private static final Duration FIRST =
            Duration.ofSeconds(10); // until it is looked whether what was held is let go of
    private static final Duration LAST = Duration.ofMinutes(20);

    private final @Nullable MemoryPoolMXBean pool;
    private long used; // bytes after the last collection
    private long least = Long.MAX_VALUE; // after any
    private final Duration first;
    private Duration patience;
    private long again; // System.nanoTime

    OldGeneration() {
        this(FIRST);
    }

    /** @param first until it is looked for the first time whether what was held is let go of */
    OldGeneration(final Duration first) {
        this.first = first;
        this.patience = first;
        pool = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(each -> each.getName().equals("Tenured Gen")) // of the serial collector
                .findFirst()
                .orElse(null);
        collect();
    }

    /** To be called a few times a second. */
    void tick() {
        if (pool != null && (pool.isUsageThresholdExceeded() || isDue())) {
            collect();
        }
    }

    /** Whether it may have been collected while much content was held, which nobody would notice to be gone when little happens then. */
    private boolean isDue() {
        return patience.compareTo(LAST) < 0 && System.nanoTime() - again > 0;
    }

    private void collect() {
        if (pool == null) {
            return;
        }
        System.gc();
        final long before = used;
        used = pool.getUsage().getUsed();
        pool.setUsageThreshold(Math.min(used + GROWTH, pool.getUsage().getMax()));
        least = Math.min(least, used);
        if (used <= least + GROWTH) {
            patience = LAST;
        } else if (used > before + GROWTH / 2) {
            patience = first;
        } else if (patience.compareTo(LAST) < 0) {
            patience = patience.multipliedBy(2);
        }
        again = System.nanoTime() + patience.toNanos();
    }
}
