package io.fourthlog.actionlog.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The power goes at ten thousand random points, on a disk that keeps no more than POSIX promises and fails now and then: what was
 * acknowledged is there or was rightly dropped, and what is there is verified and what was handed over. {@code -Dfourthlog.crash.points} and
 * {@code -Dfourthlog.crash.seed} make it longer, and another one.
 */
final class CrashTest {

    private static final int POINTS = Integer.getInteger("fourthlog.crash.points", 10_000);
    private static final int RUNS = 100; // each with other sizes of batches and other faults
    private static final int VERIFIED = 4; // one in so many logs, by the verifier as well: that takes most of the time
    private static final long SEED = Long.getLong("fourthlog.crash.seed", 6962);
    private static final String ORIGIN = "cluster.support.node-1";
    private static final Tombstone.Why WHY = new Tombstone.Why(
            Tombstone.SHIPPED, 0, "the collector has them", Instant.EPOCH, Instant.EPOCH, Instant.EPOCH);

    private Path folder;

    /** What a run took in order, and how much of it was acknowledged by when. */
    private static final class Past {

        private final List<byte[]> taken = new ArrayList<>();
        private final List<SigningKey> keys = new ArrayList<>(List.of(SigningKey.generate(ORIGIN)));
        private final List<Acknowledgement> acknowledged = new ArrayList<>();

        private record Acknowledgement(int step, long size) {}

        void acknowledge(FaultyDisk disk, LogWriter writer) {
            acknowledged.add(
                    new Acknowledgement(disk.steps(), writer.checkpoint().size()));
        }

        /** What the log has, before any of it is dropped. */
        void remember(Path log) throws IOException {
            LogReader.open(log).forEach(taken.size(), (leaf, entry) -> taken.add(entry));
        }

        long acknowledgedBefore(int step) {
            return acknowledged.stream()
                    .filter(each -> each.step() <= step)
                    .mapToLong(Acknowledgement::size)
                    .max()
                    .orElse(0);
        }

        /** The key that {@link KeyFile} finds in office. */
        SigningKey inOffice(Path log) throws IOException {
            final LogFiles files = new LogFiles(log);
            if (!files.exists(LogFiles.IDENTITY)) {
                return keys.getFirst();
            }
            final VerifierKey current = files.identity().current();
            return keys.stream()
                    .filter(key -> key.verifierKey().equals(current))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @BeforeEach
    void makeFolder() throws IOException {
        final Path memory = Path.of("/dev/shm"); // nothing is forced really, so a real disk would only be slower
        folder = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "fourthlog-crash")
                : Files.createTempDirectory("fourthlog-crash");
    }

    @AfterEach
    void dropFolder() throws IOException {
        drop(folder);
    }

    private static void drop(Path tree) throws IOException {
        try (Stream<Path> paths = Files.walk(tree)) {
            for (final Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Test
    void noAcknowledgedEntryIsLostWhereverThePowerGoes() {
        final List<AssertionError> failures = IntStream.range(0, RUNS)
                .parallel()
                .mapToObj(this::run)
                .flatMap(Optional::stream)
                .toList();
        if (!failures.isEmpty()) {
            throw failures.getFirst();
        }
    }

    /** What went wrong in a run; the seed repeats it. */
    private Optional<AssertionError> run(int run) {
        final Random random = new Random(SEED + run);
        final Path log = folder.resolve("log" + run);
        final Path after = folder.resolve("after" + run);
        int at = -1;
        try {
            final FaultyDisk disk = new FaultyDisk(random);
            final Past past = work(log, disk, random, run % 2 == 1);
            for (int point = 0; point < POINTS / RUNS; point++) {
                at = random.nextInt(disk.steps() + 1);
                disk.afterPowerLoss(at, random, log, after);
                recover(after, past, past.acknowledgedBefore(at));
                if (point % VERIFIED == 0) {
                    assertThat(LogVerifier.verify(
                                            after, List.of(past.keys.getFirst().verifierKey()))
                                    .findings())
                            .isEmpty();
                }
                drop(after);
            }
            drop(log);
            return Optional.empty();
        } catch (IOException | AssertionError | RuntimeException e) {
            return Optional.of(new AssertionError("seed " + (SEED + run) + ", before step " + at, e));
        }
    }

    /** A sensor's work: batches of all sizes, and a new key now and then; with faults, what failed is tried again. */
    private static Past work(Path log, FaultyDisk disk, Random random, boolean faults) throws IOException {
        final Past past = new Past();
        Files.createDirectories(log);
        try (LogWriter writer = LogWriter.open(log, past.keys.getFirst(), disk)) {
            disk.failEvery(faults ? 20 : 0);
            for (int batch = 0; batch < 6; batch++) {
                final int entries = random.nextInt(4) == 0 ? 300 : random.nextInt(1, 5);
                for (int i = 0; i < entries; i++) {
                    writer.append(Logs.entry(random.nextInt()));
                }
                final List<ClosedDay> closed = writer.closedDays();
                if (random.nextInt(3) == 0 && !closed.isEmpty()) {
                    past.remember(log);
                    attempt(() -> writer.prune(closed.getLast().end(), WHY), () -> {});
                }
                if (random.nextInt(8) == 0) {
                    final SigningKey next = SigningKey.generate(ORIGIN);
                    past.keys.add(next);
                    attempt(() -> writer.handOver(next), () -> past.acknowledge(disk, writer));
                } else {
                    attempt(writer::commit, () -> past.acknowledge(disk, writer));
                }
            }
            disk.failEvery(0);
            writer.commit();
            past.acknowledge(disk, writer);
            past.remember(log);
        }
        return past;
    }

    private interface Attempt {
        void run() throws IOException;
    }

    private static void attempt(Attempt attempt, Runnable done) {
        try {
            attempt.run();
            done.run();
        } catch (IOException e) {
            assertThat(e).hasMessageMatching("Input/output error|No space left on device|Read-only file system");
        }
    }

    private static void recover(Path log, Past past, long acknowledged) throws IOException {
        try (LogWriter writer = LogWriter.open(log, past.inOffice(log))) {
            final long size = writer.checkpoint().size();
            assertThat(size).isBetween(acknowledged, (long) past.taken.size());
            LogReader.open(log).forEach(0, (leaf, entry) -> {
                if (!Arrays.equals(entry, past.taken.get((int) leaf))) {
                    throw new AssertionError("leaf " + leaf + " is another one than was taken");
                }
            });
            writer.append(Logs.entry(7));
            assertThat(writer.commit().size()).isEqualTo(size + 1);
        }
    }
}
