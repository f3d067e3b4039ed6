package io.fourthlog.sensor;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import org.jspecify.annotations.Nullable;

/**
 * Keeps resident memory near what is live: has the old generation collected when it has grown by some MiB since the last time. The
 * serial collector by itself takes all that {@code -Xmx} allows first, which is there for moments with much content. A collection
 * stops the threads for some 50 ms, which the kernel's ring covers; under 1,000 requests a second there is one every ten seconds or so.
 */
final class OldGeneration {
    private static final long GROWTH = 6L << 20; // bytes, as much as is dead at most

    private final @Nullable MemoryPoolMXBean pool;

    OldGeneration() {
        pool = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(each -> each.getName().equals("Tenured Gen")) // of the serial collector
                .findFirst()
                .orElse(null);
        collect();
    }

    /** To be called a few times a second. */
    void tick() {
        if (pool != null && pool.isUsageThresholdExceeded()) {
            collect();
        }
    }

    private void collect() {
        if (pool != null) {
            System.gc();
            pool.setUsageThreshold(
                    Math.min(pool.getUsage().getUsed() + GROWTH, pool.getUsage().getMax()));
        }
    }
}
