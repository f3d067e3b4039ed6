package io.fourthlog.actionlog.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * The power goes at a collector, on a disk that keeps no more than POSIX promises and fails now and then: what a sensor was told that
 * the mirror has is there, with each day's end as the witness saw it, or has rightly expired.
 */
final class MirrorCrashTest {

    private static final int RUNS = 30;
    private static final int POINTS = 30; // of each run
    private static final int JOURNAL_BYTES = 16 * 1024;
    private static final SigningKey WITNESS = SigningKey.generateWitness("witness.example");
    private static final Instant NOW = Instant.parse("2026-10-07T12:00:00Z");
    private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
    private static final Tombstone.Why WHY =
            new Tombstone.Why(Tombstone.SHIPPED, 0, "a test", Instant.EPOCH, Instant.EPOCH, NOW);

    @TempDir(factory = Memory.class)
    private Path folder;

    /** Nothing has to survive the test, so a real disk would only be slower. */
    static final class Memory implements TempDirFactory {

        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context) throws IOException {
            final Path memory = Path.of("/dev/shm");
            return Files.isWritable(memory)
                    ? Files.createTempDirectory(memory, "fourthlog-crash")
                    : Files.createTempDirectory("fourthlog-crash");
        }
    }

    /** What the sensor pushed so far. */
    private static final class Sensor implements AutoCloseable {

        private final LogWriter log;
        private final Path directory;
        private final VerifierKey first;

        Sensor(Path directory) throws IOException {
            final SigningKey key = SigningKey.generate("cluster.support.node-1");
            this.directory = directory;
            this.first = key.verifierKey();
            this.log = LogWriter.open(directory, key);
        }

        void grow(Random random) throws IOException {
            final int entries = random.nextInt(4) == 0 ? 300 : random.nextInt(1, 5);
            for (int i = 0; i < entries; i++) {
                log.append(Logs.entry(random.nextInt()));
            }
            log.commit();
            if (random.nextInt(3) == 0) {
                log.handOver(SigningKey.generate(first.name()));
            }
        }

        List<byte[]> entries() throws IOException {
            final List<byte[]> entries = new ArrayList<>();
            LogReader.open(directory).forEach(0, (leaf, entry) -> entries.add(entry));
            return entries;
        }

        AcceptResult push(MirrorLog mirror) throws IOException {
            final LogReader reader = LogReader.open(directory);
            return mirror.accept(0, entries(), reader.checkpoint().note(), first, reader.successions());
        }

        List<Long> daysUpTo(long size) throws IOException {
            return LogReader.open(directory).successions().stream()
                    .map(KeySuccession::index)
                    .filter(index -> index < size)
                    .toList();
        }

        @Override
        public void close() throws IOException {
            log.close();
        }
    }

    private record Acknowledged(int step, long size) {}

    @Test
    void whatASensorWasToldIsThereWhereverThePowerGoes() throws IOException {
        for (int run = 0; run < RUNS; run++) {
            final Random random = new Random(run);
            final Path at = Files.createDirectories(folder.resolve("run" + run));
            final Path mirrored = Files.createDirectories(at.resolve("mirror"));
            final FaultyDisk disk = new FaultyDisk(random);
            final List<Acknowledged> acknowledged = new ArrayList<>(List.of(new Acknowledged(0, 0)));
            try (Sensor sensor = new Sensor(at.resolve("sensor"))) {
                work(sensor, mirrored, disk, random, run % 2 == 1, acknowledged);
                for (int point = 0; point < POINTS; point++) {
                    final int step = random.nextInt(disk.steps() + 1);
                    final Path after = at.resolve("after" + point);
                    disk.afterPowerLoss(step, random, mirrored, after);
                    final long told = acknowledged.stream()
                            .filter(each -> each.step() <= step)
                            .mapToLong(Acknowledged::size)
                            .max()
                            .orElseThrow();
                    try {
                        recovers(sensor, after, told);
                    } catch (IOException | AssertionError e) {
                        throw new AssertionError("run " + run + ", before step " + step, e);
                    }
                }
            }
        }
    }

    private static void work(
            Sensor sensor,
            Path mirrored,
            FaultyDisk disk,
            Random random,
            boolean faults,
            List<Acknowledged> acknowledged)
            throws IOException {
        try (MirrorLog mirror = open(mirrored, disk)) {
            disk.failEvery(faults ? 20 : 0);
            for (int batch = 0; batch < 6; batch++) {
                sensor.grow(random);
                try {
                    assertThat(sensor.push(mirror)).isInstanceOf(AcceptResult.Accepted.class);
                    acknowledged.add(new Acknowledged(disk.steps(), mirror.size()));
                    if (random.nextInt(4) == 0 && !mirror.closedDays().isEmpty()) {
                        mirror.expire(mirror.closedDays().getFirst().end(), WHY);
                    }
                } catch (IOException e) {
                    assertThat(e)
                            .hasMessageMatching("Input/output error|No space left on device|Read-only file system");
                }
            }
            disk.failEvery(0);
        }
    }

    private static MirrorLog open(Path mirrored, Disk disk) throws IOException {
        return MirrorLog.open(mirrored, WITNESS, List.of(), List.of(), CLOCK, disk, JOURNAL_BYTES);
    }

    private static void recovers(Sensor sensor, Path after, long told) throws IOException {
        final List<byte[]> pushed = sensor.entries();
        try (MirrorLog mirror = open(after, Disk.REAL)) {
            final long size = mirror.size();
            assertThat(size).isBetween(told, (long) pushed.size());
            if (size > 0) {
                final LogReader reader = LogReader.open(after);
                reader.forEach(0, (leaf, entry) -> {
                    if (!Arrays.equals(entry, pushed.get((int) leaf))) {
                        throw new AssertionError("leaf " + leaf + " is another one than was pushed");
                    }
                });
                assertThat(mirror.closedDays().stream().map(ClosedDay::end))
                        .containsExactlyElementsOf(sensor.daysUpTo(size).stream()
                                .filter(end -> end > reader.firstIndex())
                                .toList());
            }
            assertThat(sensor.push(mirror)).isInstanceOf(AcceptResult.Accepted.class);
            assertThat(mirror.size()).isEqualTo(pushed.size());
        }
        assertThat(LogVerifier.verify(after, List.of(sensor.first, WITNESS.verifierKey()))
                        .findings())
                .isEmpty();
    }
}
