package io.fourthlog.sensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.testing.Command;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.junit.jupiter.api.Test;

/** In JVMs of their own, since which collector there is, is an option of the JVM. */
class OldGenerationTest {
    private static final int HELD = 3000; // blocks that are live for a while, and old by then
    private static final int BLOCK = 4096; // bytes
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int BLOCKS = 60_000; // 234 MiB in all, which would fill the old generation's half of -Xmx

    /** Has objects grow old and die, as requests do, and prints how often all of the heap was collected, and the most that was in use. */
    static final class Load {
        private Load() {}

        static void main() {
            final OldGeneration old = new OldGeneration();
            final long before = collections();
            final Deque<byte[]> live = new ArrayDeque<>();
            long most = 0;
            for (int i = 0; i < BLOCKS; i++) {
                live.add(new byte[BLOCK]);
                if (live.size() > HELD) {
                    live.remove();
                }
                if (i % 100 == 0) {
                    old.tick();
                    most = Math.max(most, used());
                }
            }
            System.out.println((collections() - before) + " " + (most >> 20));
        }

        private static long collections() {
            return ManagementFactory.getGarbageCollectorMXBeans().stream()
                    .filter(collector -> collector.getName().equals("MarkSweepCompact")
                            || collector.getName().equals("G1 Old Generation"))
                    .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                    .sum();
        }

        private static long used() {
            return ManagementFactory.getMemoryPoolMXBeans().stream()
                    .filter(pool -> pool.getName().equals("Tenured Gen"))
                    .mapToLong(pool -> pool.getUsage().getUsed())
                    .sum();
        }
    }

    /** Lets go of much that was there at the last collection, and does nothing more; ends when that is collected as well. */
    static final class Burst {
        private Burst() {}

        static void main() {
            final byte[][] live = new byte[60][];
            final OldGeneration old = new OldGeneration(Duration.ofMillis(10));
            for (int i = 0; i < live.length; i++) {
                live[i] = new byte[1 << 20];
                old.tick();
            }
            System.gc();
            final long held = Load.used();
            Arrays.fill(live, null);
            final long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (Load.used() > held / 2) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException(Load.used() + " of " + held + " bytes are still in use");
                }
                old.tick();
                Thread.onSpinWait();
            }
            System.out.println("0 0");
        }
    }

    /** How often all of the heap was collected, and the most MiB that were in use of the old generation. */
    private static int[] load(final String collector, final Class<?> load) throws IOException, InterruptedException {
        final String said = Command.run(
                        Path.of("."),
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        collector,
                        "-Xmx256m",
                        "-Xmn8m", // so that what is held for a while does not die young
                        "-cp",
                        System.getProperty("java.class.path"),
                        load.getName())
                .strip();
        final String[] numbers = said.split(" ", -1);
        return new int[] {Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1])};
    }

    @Test
    void whatIsDeadIsCollectedLongBeforeTheHeapIsFull() throws IOException, InterruptedException {
        final int[] seen = load("-XX:+UseSerialGC", Load.class);
        assertThat(seen[0]).as("collections").isBetween(3, 100);
        assertThat(seen[1]).as("MiB in use").isLessThan(64);
    }

    @Test
    void otherCollectorsAreLeftAlone() throws IOException, InterruptedException {
        assertThat(load("-XX:+UseG1GC", Load.class)[0]).isZero();
    }

    @Test
    void whatWasHeldAtTheLastCollectionIsCollectedWhenItIsLetGoOf() throws IOException, InterruptedException {
        assertThat(load("-XX:+UseSerialGC", Burst.class)).containsOnly(0);
    }
}
