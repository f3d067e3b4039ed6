package io.fourthlog.sensor.spool;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.SealedEvent;
import io.fourthlog.actionlog.event.SubjectKey;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogVerifier;
import io.fourthlog.actionlog.log.RetentionClass;
import io.fourthlog.actionlog.seal.Recipient;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A sensor's folder on a disk that keeps no more than POSIX promises, fails now and then, is full or cannot be written: wherever the power
 * goes, the sensor starts again, all that was committed is there, and so is the key of each event that is sealed.
 */
final class SpoolCrashTest {

    private static final int RUNS = 12;
    private static final int POINTS = 40; // of each run but the first, which has them all
    private static final int SESSIONS = 4; // of a run, each from a start to an end
    private static final RetentionClass KEPT = RetentionClass.of("pci", "90d");
    private static final List<String> FAILURES =
            List.of("Input/output error", "No space left on device", "Read-only file system");

    @TempDir(factory = Memory.class)
    private Path folder;

    /** Nothing has to survive the test, so a real disk would only be slower. */
    static final class Memory implements TempDirFactory {

        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context) throws IOException {
            final Path memory = Path.of("/dev/shm");
            return Files.isWritable(memory)
                    ? Files.createTempDirectory(memory, "fourthlog-spool")
                    : Files.createTempDirectory("fourthlog-spool");
        }
    }

    /** What had happened by when. */
    private record Known(int step, Map<String, Long> sizes, Set<String> collected, Set<String> destroyed) {}

    /** What a run did. */
    private static final class Past {

        private final FaultyFileSystem disk = new FaultyFileSystem(FileSystems.getDefault());
        private final Path state;
        private final Recipient collector;
        private final Map<String, Map<Long, String>> taken = new HashMap<>(); // by log and leaf
        private final Map<String, SubjectKey> keys = new HashMap<>();
        private final Map<String, String> secrets = new HashMap<>(); // what must not be found once a key is destroyed
        private final Map<String, Long> sizes = new HashMap<>();
        private final Set<String> collected = new HashSet<>();
        private final Set<String> destroyed = new HashSet<>();
        private final List<Known> known = new ArrayList<>();

        private Past(Path state, Path collector) throws IOException {
            this.state = state;
            this.collector = Recipient.open(collector);
            know();
        }

        private void know() {
            known.add(
                    new Known(disk.history().steps(), Map.copyOf(sizes), Set.copyOf(collected), Set.copyOf(destroyed)));
        }

        private Known before(int step) {
            return known.stream().filter(each -> each.step() <= step).toList().getLast();
        }

        private void remember(Spool spool) throws IOException {
            final LogReader reader = LogReader.open(FaultyFileSystem.real(spool.directory()));
            final Map<Long, String> leaves = taken.computeIfAbsent(spool.name(), _ -> new HashMap<>());
            reader.forEach(reader.firstIndex(), (leaf, entry) -> leaves.put(leaf, new String(entry, ISO_8859_1)));
            sizes.put(spool.name(), spool.checkpoint().size());
        }

        /** The collector takes what keys there are; the sensor then has them no more. */
        private void ship(Sealer sealer) throws IOException {
            final List<JsonNode> unsent = sealer.unsent(collector.publicKey());
            for (final JsonNode each : unsent) {
                final String id = each.path("key_id").asText();
                final SubjectKey key = collector.unwrap(id, each.path("wrapped").asText());
                keys.put(id, key);
                secrets.put(id, Base64.getEncoder().encodeToString(key.bytes()));
                collected.add(id);
            }
            know();
            sealer.sent(unsent);
            unsent.forEach(each -> destroyed.add(each.path("key_id").asText()));
            know();
        }
    }

    @Test
    void whatWasCommittedIsThereWithItsKeysWhereverThePowerGoes() {
        final List<AssertionError> failures = IntStream.range(0, RUNS)
                .parallel()
                .mapToObj(this::run)
                .flatMap(Optional::stream)
                .toList();
        if (!failures.isEmpty()) {
            throw failures.getFirst();
        }
    }

    private Optional<AssertionError> run(int run) {
        final Random random = new Random(run);
        int at = -1;
        try {
            final Path home = Files.createDirectories(folder.resolve("run" + run));
            final Past past = new Past(Files.createDirectories(home.resolve("state")), home.resolve("collector.key"));
            for (int session = 0; session < SESSIONS; session++) {
                final boolean fails = run % 2 == 1 && session < SESSIONS - 1; // the last one finds what others left
                past.disk.fail(fails ? failing(random) : _ -> null);
                work(past, random);
            }
            final int steps = past.disk.history().steps();
            for (int point = 0; point < (run == 0 ? steps + 1 : POINTS); point++) {
                at = run == 0 ? point : random.nextInt(steps + 1);
                final Path after = home.resolve("after" + point);
                past.disk.history().afterPowerLoss(at, random, past.state, after);
                recovers(past, past.before(at), after);
            }
            return Optional.empty();
        } catch (IOException | AssertionError | RuntimeException e) {
            return Optional.of(new AssertionError("run " + run + ", before step " + at, e));
        }
    }

    private static FaultyFileSystem.Faults failing(Random random) {
        return _ -> random.nextInt(40) == 0 ? FAILURES.get(random.nextInt(FAILURES.size())) : null;
    }

    /** From a start to an end, on a day or the next; what fails is tried again by who starts the sensor. */
    private static void work(Past past, Random random) {
        final Clock clock = Clock.offset(Clock.systemUTC(), Duration.ofHours(random.nextInt(3) * 25L));
        final List<Spool> all = new ArrayList<>();
        final Path state = past.disk.see(past.state);
        try (Spools spools = Spools.open(state, Reads.SENSOR, clock, spool -> {
            all.add(spool);
            spool.acknowledged(spool.checkpoint().size()); // the collector is up to date
            return () -> {};
        })) {
            spools.sealer().configure(Map.of("support", false));
            for (int i = random.nextInt(4); i >= 0; i--) {
                final String pod = "agent-" + random.nextInt(3);
                spools.accept(
                        Reads.read(clock, "k8s://demo/support/Pod/" + pod + "/" + pod + "/main", "file:///" + i),
                        random.nextBoolean() ? KEPT : null);
                if (random.nextInt(3) == 0) {
                    past.ship(spools.sealer());
                }
            }
        } catch (IOException e) {
            assertThat(FAILURES)
                    .anyMatch(failure -> String.valueOf(e.getMessage()).contains(failure));
        }
        try {
            for (final Spool spool : all) {
                past.remember(spool);
            }
        } catch (IOException e) {
            throw new AssertionError("the log of a sensor that has ended cannot be read", e);
        }
        past.know();
    }

    private static void recovers(Past past, Known known, Path after) throws IOException {
        final Map<String, Long> found = new HashMap<>();
        final Map<String, Path> logs = new HashMap<>();
        final Map<String, SubjectKey> keys = new HashMap<>();
        try (Spools spools = Spools.open(after, Reads.SENSOR, Clock.systemUTC(), spool -> {
            found.put(spool.name(), spool.checkpoint().size());
            logs.put(spool.name(), spool.directory());
            return () -> {};
        })) {
            for (final JsonNode each : spools.sealer().unsent(past.collector.publicKey())) {
                final String id = each.path("key_id").asText();
                keys.put(id, past.collector.unwrap(id, each.path("wrapped").asText()));
            }
        }
        known.collected().forEach(id -> keys.put(id, requireNonNull(past.keys.get(id))));
        for (final Map.Entry<String, Long> size : known.sizes().entrySet()) {
            assertThat(found.getOrDefault(size.getKey(), -1L))
                    .as(size.getKey())
                    .isGreaterThanOrEqualTo(size.getValue());
        }
        for (final Map.Entry<String, Path> log : logs.entrySet()) {
            final LogReader reader = LogReader.open(log.getValue());
            final long size = found.getOrDefault(log.getKey(), 0L);
            final long committed = known.sizes().getOrDefault(log.getKey(), 0L);
            final Map<Long, String> taken = past.taken.getOrDefault(log.getKey(), Map.of());
            for (long leaf = reader.firstIndex(); leaf < size; leaf++) {
                final byte[] entry = reader.entry(leaf);
                if (leaf < committed) { // what comes after it was taken and not committed: it may be there or not
                    assertThat(new String(entry, ISO_8859_1)).as("leaf " + leaf).isEqualTo(taken.get(leaf));
                }
                if (SealedEvent.looksSealed(entry)) {
                    opens(entry, keys);
                }
            }
            assertThat(LogVerifier.verify(
                                    log.getValue(), List.of(reader.statedKeys().getFirst()))
                            .findings())
                    .isEmpty();
        }
        for (final String id : known.destroyed()) {
            assertThat(lies(after, requireNonNull(past.secrets.get(id))))
                    .as("key " + id)
                    .isFalse();
        }
    }

    private static void opens(byte[] entry, Map<String, SubjectKey> keys) {
        try {
            final SealedEvent event = SealedEvent.parse(entry);
            final @Nullable SubjectKey key = keys.get(event.subjectKey());
            if (key == null) {
                throw new AssertionError("the key is gone that an event is sealed with");
            }
            EventCodec.decode(event.open(key).json());
        } catch (Exception e) {
            throw new AssertionError("an event cannot be opened", e);
        }
    }

    private static boolean lies(Path state, String text) throws IOException {
        try (Stream<Path> files = Files.walk(state)) {
            for (final Path file : files.filter(Files::isRegularFile).toList()) {
                if (Files.readString(file, ISO_8859_1).contains(text)) {
                    return true;
                }
            }
        }
        return false;
    }

    @ParameterizedTest
    @ValueSource(strings = {"No space left on device", "Read-only file system"})
    void eventsWaitWhileTheDiskTakesNothing(String failure) throws Exception {
        final FaultyFileSystem disk = new FaultyFileSystem(FileSystems.getDefault());
        final Path state = Files.createDirectories(folder.resolve("state"));
        try (Spool spool = Spool.open(disk.see(state), Reads.SENSOR, Clock.systemUTC(), () -> {})) {
            spool.accept(Reads.read("file:///before"));
            Awaitility.await().until(() -> spool.waiting() == 0);
            disk.fail(_ -> failure);
            for (int i = 0; i < 10; i++) {
                spool.accept(Reads.read("file:///" + i));
            }
            Awaitility.await().until(() -> spool.obstacle().orElse("").contains(failure));
            assertThat(spool.waiting()).isEqualTo(10);
            assertThat(Reads.recorded(state.resolve("log"))).hasSize(1);

            disk.fail(_ -> null);
            Awaitility.await()
                    .until(() -> spool.waiting() == 0 && spool.obstacle().isEmpty());
            assertThat(Reads.recorded(state.resolve("log"))).hasSize(11);
        }
        assertThat(LogVerifier.verify(
                                state.resolve("log"),
                                LogReader.open(state.resolve("log")).statedKeys())
                        .findings())
                .isEmpty();
    }

    @Test
    void largeEventsThatWaitForTheDiskAreBoundedInBytesInAllLogsTogether() throws Exception {
        final int length = 32 << 10;
        final FaultyFileSystem disk = new FaultyFileSystem(FileSystems.getDefault());
        final Path state = Files.createDirectories(folder.resolve("state"));
        final List<RetentionClass> classes =
                Stream.of("pci-12mo", "standard-90d").map(RetentionClass::new).toList();
        try (Spools spools = Spools.open(disk.see(state), Reads.SENSOR, Clock.systemUTC(), _ -> () -> {})) {
            classes.forEach(kept -> spools.accept(Reads.read("file:///first"), kept));
            disk.fail(_ -> "No space left on device");
            final int events = 2 * Backlog.BYTES / length;
            final AtomicInteger most = new AtomicInteger();
            final Thread agent = Thread.startVirtualThread(() -> {
                for (int i = 0; i < events; i++) {
                    spools.accept(Reads.read("file:///" + "x".repeat(length) + i), classes.get(i % classes.size()));
                    most.accumulateAndGet(spools.waiting(), Math::max);
                }
            });
            Awaitility.await().until(() -> spools.waiting() > Backlog.BYTES / length * 9 / 10);

            disk.fail(_ -> null);
            agent.join();
            Awaitility.await().until(() -> spools.waiting() == 0);
            for (final RetentionClass kept : classes) {
                assertThat(Reads.recorded(state.resolve("logs").resolve(Reads.SENSOR + "@" + kept)))
                        .hasSize(events / 2 + 1);
            }
            assertThat(most).hasValueLessThanOrEqualTo(Backlog.BYTES / length + classes.size() + 1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"No space left on device", "Read-only file system"})
    void anEventWaitsWhileTheDiskDoesNotTakeItsKey(String failure) throws Exception {
        final FaultyFileSystem disk = new FaultyFileSystem(FileSystems.getDefault());
        final Path state = Files.createDirectories(folder.resolve("state"));
        try (Spool spool = Spool.open(disk.see(state), Reads.SENSOR, Clock.systemUTC(), () -> {})) {
            spool.sealer().configure(Map.of("support", false));
            disk.fail(_ -> failure);
            final Thread agent = Thread.startVirtualThread(() -> spool.accept(Reads.read("file:///sealed")));
            Awaitility.await().until(() -> spool.obstacle().orElse("").contains("cannot keep the key"));
            assertThat(spool.waiting()).isZero();
            assertThat(agent.isAlive()).isTrue();

            disk.fail(_ -> null);
            agent.join();
        }
        final LogReader log = LogReader.open(state.resolve("log"));
        assertThat(log.size()).isEqualTo(1);
        assertThat(SealedEvent.looksSealed(log.entry(0))).isTrue();
    }
}
