package io.fourthlog.actionlog.log;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Random mutations, deletions, reorders, truncations and split views of a small log, each of which the verifier has to find. {@code
 * -Dfourthlog.mutations=1000000} is the long run, {@code make mutations}; the seed repeats one.
 */
final class MutationTest {

    private static final int MUTATIONS = Integer.getInteger("fourthlog.mutations", 2_000);
    private static final long SEED = Long.getLong("fourthlog.mutations.seed", 6962);
    private static final int WORKERS = 4; // each has a copy of the log, and other chances
    private static final SigningKey WITNESS = SigningKey.generateWitness("witness");
    private static final SigningKey FIRST = SigningKey.generate("cluster.support.node-1");
    private static final List<VerifierKey> TRUSTED = List.of(FIRST.verifierKey(), WITNESS.verifierKey());

    private Path folder;
    private Path good;
    private SigningKey stolen;
    private final Map<String, byte[]> files = new HashMap<>();
    private final List<byte[]> entries = new ArrayList<>();

    /** What is done to a log. */
    private enum Kind {
        FLIP,
        OVERWRITE,
        CUT,
        GROW,
        DELETE,
        SWAP_FILES,
        REWRITE_ENTRY,
        DROP_ENTRY,
        SWAP_ENTRIES,
        TRUNCATE,
        SPLIT_VIEW,
        BRING_BACK,
        BURY_MORE,
        BURY_ALONE,
        REWRITE_TOMBSTONE
    }

    private static final List<Kind> WHOLE = List.of(
            Kind.FLIP,
            Kind.OVERWRITE,
            Kind.CUT,
            Kind.GROW,
            Kind.DELETE,
            Kind.SWAP_FILES,
            Kind.REWRITE_ENTRY,
            Kind.DROP_ENTRY,
            Kind.SWAP_ENTRIES,
            Kind.TRUNCATE,
            Kind.SPLIT_VIEW,
            Kind.BURY_ALONE);
    private static final List<Kind> PRUNED = List.of(
            Kind.FLIP,
            Kind.OVERWRITE,
            Kind.CUT,
            Kind.GROW,
            Kind.DELETE,
            Kind.SWAP_FILES,
            Kind.BRING_BACK,
            Kind.BURY_MORE,
            Kind.REWRITE_TOMBSTONE);

    @BeforeEach
    void makeFolder() throws IOException {
        final Path memory = Path.of("/dev/shm");
        folder = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "fourthlog-mutation")
                : Files.createTempDirectory("fourthlog-mutation");
        good = folder.resolve("good");
        stolen = SigningKey.generate("cluster.support.node-1");
    }

    private void writeLog() throws IOException {
        try (LogWriter writer = LogWriter.open(good, FIRST)) {
            Logs.entries(0, 130).forEach(writer::append);
            writer.handOver(stolen);
            Logs.entries(131, 270).forEach(writer::append);
            writer.commit();
        }
        Files.delete(good.resolve("lock"));
        LogReader.open(good).forEach(0, (leaf, entry) -> entries.add(entry));
        final Checkpoint checkpoint = LogReader.open(good).checkpoint();
        Files.writeString(
                good.resolve("checkpoint"),
                checkpoint
                        .withSignature(WITNESS.cosign(checkpoint.note().text(), Instant.EPOCH))
                        .note()
                        .toString());
        remember();
    }

    /** A copy of a log whose first day has expired. */
    private void writePrunedLog() throws IOException {
        writeLog();
        final Path whole = folder.resolve("whole");
        final Path mirrored = folder.resolve("mirror");
        Logs.copy(good, whole);
        try (MirrorLog mirror = MirrorLog.open(mirrored, WITNESS, Clock.fixed(Instant.EPOCH, ZoneOffset.UTC))) {
            mirror.accept(
                    0,
                    entries,
                    LogReader.open(whole).checkpoint().note(),
                    FIRST.verifierKey(),
                    LogReader.open(whole).successions());
        }
        final Instant later = Instant.EPOCH.plus(Duration.ofDays(90));
        try (MirrorLog mirror = MirrorLog.open(mirrored, WITNESS, Clock.fixed(later, ZoneOffset.UTC))) {
            mirror.expire(130, new Tombstone.Why("pci-90d", 90, "a test", Instant.EPOCH, Instant.EPOCH, later));
        }
        Logs.copy(Files.createDirectories(folder.resolve("nothing")), good);
        try (FollowedLog copy = FollowedLog.open(good, "cluster.support.node-1")) {
            assertThat(copy.follow(
                            name -> PublishedLog.read(mirrored, name), List.of(WITNESS.verifierKey()), done -> {}))
                    .isInstanceOf(FollowResult.Current.class);
        }
        Files.delete(good.resolve("lock"));
        remember();
        assertThat(files).containsKey("tombstones.json");
    }

    private void remember() throws IOException {
        assertThat(LogVerifier.verify(good, TRUSTED).findings()).isEmpty();
        files.clear();
        for (final Path file : Logs.files(good)) {
            files.put(good.relativize(file).toString(), Files.readAllBytes(file));
        }
    }

    @AfterEach
    void dropFolder() throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (final Path path : paths.sorted(Collections.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Test
    void everyOneIsFound() throws IOException {
        writeLog();
        assertThat(missed(WHOLE)).isEmpty();
    }

    @Test
    void everyOneIsFoundInALogOfWhichADayHasExpired() throws IOException {
        writePrunedLog();
        assertThat(missed(PRUNED)).isEmpty();
    }

    private List<String> missed(List<Kind> kinds) {
        return IntStream.range(0, WORKERS)
                .parallel()
                .mapToObj(worker -> work(worker, kinds))
                .flatMap(List::stream)
                .toList();
    }

    private List<String> work(int worker, List<Kind> kinds) {
        final Random random = new Random(SEED + worker);
        final Path log = folder.resolve("log" + worker);
        final List<String> missed = new ArrayList<>();
        try {
            Logs.copy(good, log);
            for (int i = 0; i < MUTATIONS / WORKERS; i++) {
                final Kind kind = kinds.get(random.nextInt(kinds.size()));
                final String what = mutate(kind, log, random);
                if (LogVerifier.verify(log, TRUSTED).holds()) {
                    missed.add("seed " + (SEED + worker) + ", number " + i + ": " + kind + " " + what);
                }
                restore(log);
            }
        } catch (IOException e) {
            throw new AssertionError("seed " + (SEED + worker), e);
        }
        return missed;
    }

    private void restore(Path log) throws IOException {
        for (final Path file : Logs.files(log)) {
            if (!files.containsKey(log.relativize(file).toString())) {
                Files.delete(file);
            }
        }
        for (final Map.Entry<String, byte[]> file : files.entrySet()) {
            final Path path = log.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.write(path, file.getValue());
        }
    }

    private String mutate(Kind kind, Path log, Random random) throws IOException {
        final List<String> names = files.keySet().stream().sorted().toList();
        final String name = names.get(random.nextInt(names.size()));
        final byte[] content = requireContent(name);
        final int at = random.nextInt(content.length);
        switch (kind) {
            case FLIP -> {
                final byte[] changed = content.clone();
                changed[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
                Files.write(log.resolve(name), changed);
            }
            case OVERWRITE -> {
                final byte[] changed = content.clone();
                final byte[] noise = new byte[1 + random.nextInt(content.length - at)];
                random.nextBytes(noise);
                System.arraycopy(noise, 0, changed, at, noise.length);
                if (Arrays.equals(changed, content)) {
                    changed[at] ^= 1;
                }
                Files.write(log.resolve(name), changed);
            }
            case CUT -> Files.write(log.resolve(name), Arrays.copyOf(content, at));
            case GROW -> {
                final byte[] grown = Arrays.copyOf(content, content.length + 1 + random.nextInt(64));
                Files.write(log.resolve(name), grown);
            }
            case DELETE -> Files.delete(log.resolve(name));
            case SWAP_FILES -> {
                final String other =
                        names.get((names.indexOf(name) + 1 + random.nextInt(names.size() - 1)) % names.size());
                Files.write(log.resolve(name), requireContent(other));
                Files.write(log.resolve(other), content);
                return name + " with " + other;
            }
            case REWRITE_ENTRY, DROP_ENTRY, SWAP_ENTRIES, TRUNCATE, SPLIT_VIEW -> {
                return resign(kind, log, random);
            }
            case BRING_BACK -> {
                return bringBack(log, random);
            }
            case BURY_MORE -> {
                final int more = 131 + random.nextInt(130);
                emptyEntries(log, more);
                return "up to leaf " + more;
            }
            case BURY_ALONE -> {
                emptyEntries(log, 130);
                bury(log, 130, SigningKey.generateWitness("witness"), random);
            }
            case REWRITE_TOMBSTONE -> bury(log, 130, SigningKey.generateWitness("witness"), random);
        }
        return name + " at " + at;
    }

    /** An entry that has expired, at its old place, or another one there. */
    private String bringBack(Path log, Random random) throws IOException {
        final int leaf = random.nextInt(130);
        final List<byte[]> kept = new ArrayList<>();
        for (int i = 0; i < LogPath.FULL; i++) {
            kept.add(i < 130 && i != leaf ? new byte[0] : entries.get(i));
        }
        if (random.nextBoolean()) {
            kept.set(leaf, ("another " + random.nextLong()).getBytes(StandardCharsets.UTF_8));
        }
        writeBundle(log, kept);
        return "leaf " + leaf;
    }

    private void emptyEntries(Path log, int before) throws IOException {
        final List<byte[]> kept = new ArrayList<>();
        for (int i = 0; i < LogPath.FULL; i++) {
            kept.add(i < before ? new byte[0] : entries.get(i));
        }
        writeBundle(log, kept);
    }

    private static void writeBundle(Path log, List<byte[]> entries) throws IOException {
        Files.write(log.resolve("tile/entries/000"), EntryBundle.extended(new byte[0], entries));
    }

    /** A tombstone that says what it should, but for the reason, and that another witness of the same name has signed. */
    private static void bury(Path log, long end, SigningKey by, Random random) throws IOException {
        final LogFiles there = new LogFiles(log);
        final String text =
                there.identity().successions().getFirst().at().note().text();
        assertThat(there.identity().successions().getFirst().index()).isEqualTo(end);
        final Tombstone tombstone = new Tombstone(
                0,
                Checkpoint.parse(new Note(text, List.of(by.cosign(text, Instant.EPOCH)))),
                new Tombstone.Why(
                        "none-1d", 0, "chance " + random.nextLong(), Instant.EPOCH, Instant.EPOCH, Instant.EPOCH));
        there.replace(
                LogFiles.TOMBSTONES,
                Tombstones.sign(
                                there.identity().origin(),
                                List.of(tombstone),
                                List.of(checkpoint -> by.cosign(checkpoint, Instant.EPOCH)))
                        .bytes());
    }

    private byte[] requireContent(String name) {
        return requireNonNull(files.get(name));
    }

    /** All of the log made anew from other entries, with the key in office, and without the witness, who did not see that. */
    private String resign(Kind kind, Path log, Random random) throws IOException {
        final List<byte[]> changed = new ArrayList<>(entries);
        final int at = random.nextInt(changed.size());
        switch (kind) {
            case REWRITE_ENTRY, SPLIT_VIEW ->
                changed.set(at, ("another " + random.nextLong()).getBytes(StandardCharsets.UTF_8));
            case DROP_ENTRY -> changed.remove(at);
            case SWAP_ENTRIES ->
                Collections.swap(changed, at, (at + 1 + random.nextInt(changed.size() - 1)) % changed.size());
            default -> changed.subList(at, changed.size()).clear();
        }
        Logs.copy(folder.resolve("good"), log);
        for (final Path file : Logs.files(log.resolve("tile"))) {
            Files.delete(file);
        }
        try (LogStore store = LogStore.open(log)) {
            final LogStore.Staged staged = store.stage(changed);
            store.write(staged);
            store.publish(staged, Checkpoint.sign(stolen, staged.size(), staged.root()));
        }
        Files.delete(log.resolve("lock"));
        return "leaf " + at;
    }
}
