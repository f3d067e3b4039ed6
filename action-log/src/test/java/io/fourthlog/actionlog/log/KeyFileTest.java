package io.fourthlog.actionlog.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A sensor's start and its hand-overs on a disk that keeps no more than POSIX promises and fails now and then: wherever the power goes, the
 * key in office is there, the log goes on with it, and no key is left that was destroyed.
 */
final class KeyFileTest {

    private static final int RUNS = 40;
    private static final int POINTS = 40; // of each run
    private static final String ORIGIN = "cluster.support.node-1";

    @TempDir(factory = MirrorCrashTest.Memory.class)
    private Path folder;

    /**
     * What had happened by when.
     *
     * @param step of the disk
     * @param size of the log
     * @param destroyed private keys
     */
    private record Done(int step, long size, List<String> destroyed) {}

    @Test
    void theKeyInOfficeIsThereAndNoneThatWasDestroyedWhereverThePowerGoes() throws IOException {
        for (int run = 0; run < RUNS; run++) {
            final Random random = new Random(run);
            final Path state = Files.createDirectories(folder.resolve("state" + run));
            final FaultyDisk disk = new FaultyDisk(random);
            final List<Done> done = work(state, disk, random, run % 2 == 1);
            for (int point = 0; point < POINTS; point++) {
                final int step = random.nextInt(disk.steps() + 1);
                final Path after = folder.resolve("after" + run + "-" + point);
                disk.afterPowerLoss(step, random, state, after);
                try {
                    recovers(
                            after,
                            done.stream().filter(each -> each.step() <= step).toList());
                } catch (IOException | AssertionError e) {
                    throw new AssertionError("run " + run + ", before step " + step, e);
                }
            }
        }
    }

    private static List<Done> work(Path state, FaultyDisk disk, Random random, boolean faults) throws IOException {
        final List<Done> done = new ArrayList<>(List.of(new Done(0, 0, List.of())));
        final KeyFile keys = new KeyFile(state.resolve("log.key"), disk);
        final Path log = state.resolve("log");
        final List<String> destroyed = new ArrayList<>();
        try (LogWriter writer = LogWriter.open(log, keys.load(log, ORIGIN), disk, Journal.CAPACITY)) {
            disk.failEvery(faults ? 25 : 0);
            for (int i = 0; i < 8; i++) {
                writer.append(Logs.entry(random.nextInt()));
                try {
                    if (random.nextBoolean()) {
                        final String old = Files.readString(state.resolve("log.key"));
                        final VerifierKey before = writer.verifierKey();
                        keys.evolve(writer);
                        if (!writer.verifierKey().equals(before)) {
                            destroyed.add(old);
                        }
                    } else {
                        writer.commit();
                    }
                    done.add(new Done(disk.steps(), writer.checkpoint().size(), List.copyOf(destroyed)));
                } catch (IOException e) {
                    assertThat(e)
                            .hasMessageMatching("Input/output error|No space left on device|Read-only file system");
                }
            }
            disk.failEvery(0);
        }
        return done;
    }

    private static void recovers(Path state, List<Done> done) throws IOException {
        final KeyFile keys = new KeyFile(state.resolve("log.key"));
        final Path log = state.resolve("log");
        final long size;
        try (LogWriter writer = LogWriter.open(log, keys.load(log, ORIGIN))) {
            size = writer.checkpoint().size();
            assertThat(size).isGreaterThanOrEqualTo(done.getLast().size());
            writer.append(Logs.entry(1));
            writer.commit();
            keys.evolve(writer);
            assertThat(writer.checkpoint().size()).isEqualTo(size + 2);
        }
        final VerifierKey first = LogReader.open(log).statedKeys().getFirst();
        assertThat(LogVerifier.verify(log, List.of(first)).findings()).isEmpty();
        for (final Path file : Logs.files(state)) {
            final String content = Files.readString(file, StandardCharsets.ISO_8859_1);
            done.getLast().destroyed().forEach(key -> assertThat(content).doesNotContain(key.strip()));
        }
    }
}
