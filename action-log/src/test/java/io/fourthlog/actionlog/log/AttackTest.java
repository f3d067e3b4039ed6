package io.fourthlog.actionlog.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What somebody with root on the node can do, attack by attack: docs/attacks.md. The log has three keys; the attacker has all
 * files and the key in office, and the two before are destroyed. A verifier knows the first key, and perhaps a witness's.
 */
final class AttackTest {

    private static final String ORIGIN = "cluster.support.node-1";
    private static final SigningKey WITNESS = SigningKey.generateWitness("witness");

    @TempDir
    private Path folder;

    private Path log;
    private Path keyFile;
    private SigningKey first;
    private SigningKey stolen;
    private Path dayTwo; // a backup from within the third epoch

    /** Leaves 0 to 299 in the first epoch, 300 is the succession, to 600 in the second, and to 903 in the third. */
    @BeforeEach
    void writeLog() throws IOException {
        log = folder.resolve("log");
        keyFile = folder.resolve("log.key");
        final KeyFile keys = new KeyFile(keyFile);
        first = keys.load(log, ORIGIN);
        try (LogWriter writer = LogWriter.open(log, first)) {
            append(writer, 0, 300);
            keys.evolve(writer);
            append(writer, 301, 600);
            keys.evolve(writer);
            append(writer, 601, 800);
            dayTwo = Logs.copy(log, folder.resolve("backup"));
            append(writer, 800, 904);
        }
        stolen = SigningKey.load(keyFile);
        assertThat(LogVerifier.verify(log, List.of(first.verifierKey())).findings())
                .isEmpty();
    }

    private static void append(LogWriter writer, long from, long to) throws IOException {
        Logs.entries(from, to).forEach(writer::append);
        writer.commit();
    }

    private List<Finding> findings() {
        return LogVerifier.verify(log, List.of(first.verifierKey())).findings();
    }

    private List<byte[]> entries() throws IOException {
        final List<byte[]> entries = new ArrayList<>();
        LogReader.open(log).forEach(0, (leaf, entry) -> entries.add(entry));
        return entries;
    }

    /** What root can write: any entries with all tiles of them, under a checkpoint that the stolen key signs. */
    private void rewrite(List<byte[]> entries) throws IOException {
        final byte[] identity = Files.readAllBytes(log.resolve("log.json"));
        Logs.copy(folder.resolve("nothing"), log);
        Files.createDirectories(log);
        try (LogStore store = LogStore.open(log)) {
            final LogStore.Staged staged = store.stage(entries);
            store.write(staged);
            store.publish(staged, Checkpoint.sign(stolen, staged.size(), staged.root()));
        }
        Files.write(log.resolve("log.json"), identity);
    }

    @BeforeEach
    void makeNothing() throws IOException {
        Files.createDirectories(folder.resolve("nothing"));
    }

    @Test
    void theOldKeysAreGoneFromTheDisk() throws IOException {
        final List<VerifierKey> keys = LogReader.open(log).statedKeys();
        assertThat(keys).hasSize(3).doesNotHaveDuplicates();
        assertThat(keys.getLast()).isEqualTo(stolen.verifierKey()).isNotEqualTo(first.verifierKey());
        assertThat(folder.resolve("log.key.next")).doesNotExist();
        final String old = new String(first.bytes(), StandardCharsets.US_ASCII).strip();
        final String current = new String(stolen.bytes(), StandardCharsets.US_ASCII).strip();
        assertThat(filesWith(current)).containsExactly(keyFile);
        assertThat(filesWith(old)).isEmpty();
    }

    private List<Path> filesWith(String text) throws IOException {
        final List<Path> found = new ArrayList<>();
        for (final Path file : Logs.files(folder)) {
            if (Files.readString(file, StandardCharsets.ISO_8859_1).contains(text)) {
                found.add(file);
            }
        }
        return found;
    }

    @Test
    void rewriteYesterdayWithTheCurrentKey() throws IOException {
        for (final int leaf : List.of(0, 299, 301, 599)) {
            final List<byte[]> entries = entries();
            entries.set(leaf, "another past".getBytes(StandardCharsets.UTF_8));
            rewrite(entries);
            assertThat(findings())
                    .as("leaf %d", leaf)
                    .isNotEmpty()
                    .allMatch(finding -> finding.kind() == Finding.Kind.HISTORY)
                    .anyMatch(finding -> finding.message().contains("are others than those that the key before"));
        }
    }

    @Test
    void rewriteTodayWithTheCurrentKeyIsWhatOnlyAWitnessSees() throws IOException {
        final List<byte[]> original = entries();
        final Note seen = LogReader.open(log).checkpoint().note();
        final List<byte[]> entries = entries();
        entries.set(700, "another present".getBytes(StandardCharsets.UTF_8));
        rewrite(entries);
        assertThat(findings()).isEmpty();

        try (MirrorLog mirror = MirrorLog.open(folder.resolve("mirror"), WITNESS, Clock.systemUTC())) {
            mirror.accept(0, original, seen, stolen.verifierKey());
            assertThat(mirror.accept(
                            0, entries, LogReader.open(log).checkpoint().note(), stolen.verifierKey()))
                    .isInstanceOf(AcceptResult.Conflict.class);
        }
        assertThat(LogVerifier.verify(log, List.of(first.verifierKey(), WITNESS.verifierKey()))
                        .findings())
                .extracting(Finding::kind)
                .containsExactly(Finding.Kind.COSIGNATURE);
    }

    @Test
    void truncate() throws IOException {
        rewrite(entries().subList(0, 400)); // before the present key came into office
        assertThat(findings()).anyMatch(finding -> finding.message().contains("it was cut off"));
    }

    @Test
    void truncateAndForgetTheLaterKeys() throws IOException {
        rewrite(entries().subList(0, 400));
        final LogIdentity identity = new LogFiles(log).identity();
        Files.write(
                log.resolve("log.json"),
                new LogIdentity(
                                ORIGIN,
                                identity.keys().subList(0, 2),
                                identity.successions().subList(0, 1))
                        .bytes());
        assertThat(findings()).extracting(Finding::kind).contains(Finding.Kind.SIGNATURE);
    }

    @Test
    void fork() throws IOException {
        try (MirrorLog mirror = MirrorLog.open(folder.resolve("mirror"), WITNESS, Clock.systemUTC())) {
            mirror.accept(0, entries(), LogReader.open(log).checkpoint().note(), stolen.verifierKey());
            final List<byte[]> entries = entries();
            entries.set(850, "one view for you".getBytes(StandardCharsets.UTF_8));
            rewrite(entries);
            assertThat(mirror.accept(
                            904, List.of(), LogReader.open(log).checkpoint().note(), stolen.verifierKey()))
                    .isInstanceOfSatisfying(
                            AcceptResult.Conflict.class,
                            conflict ->
                                    assertThat(conflict.contradiction().kind()).isEqualTo("fork"));
        }
    }

    @Test
    void replayAnOldCheckpoint() throws IOException {
        final Note old = LogReader.open(dayTwo).checkpoint().note();
        Files.copy(dayTwo.resolve("checkpoint"), log.resolve("checkpoint"), StandardCopyOption.REPLACE_EXISTING);
        assertThat(findings()).isEmpty(); // it was true once: only who has seen more can tell
        assertSeenByACopy();
        assertThat(old.signatures()).hasSize(1);
    }

    @Test
    void dropTheLastBatch() throws IOException {
        Logs.copy(dayTwo, log);
        assertThat(findings()).isEmpty();
        assertSeenByACopy();
    }

    @Test
    void rollBackAfterACrash() throws IOException {
        Logs.copy(dayTwo, log);
        try (LogWriter writer = LogWriter.open(log, stolen)) { // the sensor itself cannot know
            append(writer, 5_000, 5_200);
        }
        assertThat(findings()).isEmpty();
        assertSeenByACopy();
    }

    /** A copy that had the whole log does not follow one that has less, or another. */
    private void assertSeenByACopy() throws IOException {
        final Path copy = folder.resolve("copy");
        final Path whole = folder.resolve("whole");
        try (LogWriter writer = LogWriter.open(Logs.copy(dayTwo, whole), stolen)) {
            append(writer, 800, 904);
        }
        try (FollowedLog followed = FollowedLog.open(copy, ORIGIN)) {
            assertThat(followed.follow(name -> PublishedLog.read(whole, name), List.of(), done -> {}))
                    .isInstanceOf(FollowResult.Current.class);
            assertThat(followed.follow(name -> PublishedLog.read(log, name), List.of(), done -> {}))
                    .isInstanceOf(FollowResult.Contradicted.class);
        }
    }

    @Test
    void spliceTwoLogs() throws IOException {
        final Path other = folder.resolve("other");
        final SigningKey otherKey = SigningKey.generate(ORIGIN);
        try (LogWriter writer = LogWriter.open(other, otherKey)) {
            append(writer, 10_000, 10_300);
        }
        final List<byte[]> spliced = new ArrayList<>();
        LogReader.open(other).forEach(0, (leaf, entry) -> spliced.add(entry));
        spliced.addAll(entries().subList(300, 904));
        rewrite(spliced);
        assertThat(findings()).extracting(Finding::kind).contains(Finding.Kind.HISTORY);
    }

    @Test
    void spliceWithItsKeysAsWell() throws IOException {
        final Path other = folder.resolve("other");
        final SigningKey otherKey = SigningKey.generate(ORIGIN);
        try (LogWriter writer = LogWriter.open(other, otherKey)) {
            append(writer, 10_000, 10_300);
            writer.handOver(stolen);
        }
        Logs.copy(other, log);
        assertThat(findings()).extracting(Finding::kind).contains(Finding.Kind.SIGNATURE);
        try (MirrorLog mirror = MirrorLog.open(folder.resolve("mirror"), WITNESS, Clock.systemUTC())) {
            mirror.accept(
                    0,
                    Logs.entries(0, 1),
                    Checkpoint.sign(first, 1, MerkleTree.leafHash(Logs.entry(0)))
                            .note(),
                    first.verifierKey());
            assertThat(mirror.accept(
                            0,
                            entries(),
                            LogReader.open(log).checkpoint().note(),
                            LogReader.open(log).statedKeys().getFirst(),
                            LogReader.open(log).successions()))
                    .isInstanceOf(AcceptResult.Refused.class);
        }
    }

    @Test
    void swapTwoLeaves() throws IOException {
        final List<byte[]> entries = entries();
        Collections.swap(entries, 100, 101);
        rewrite(entries);
        assertThat(findings()).extracting(Finding::kind).containsOnly(Finding.Kind.HISTORY);
    }

    @Test
    void takeOutHowAKeyHandedOver() throws IOException {
        final List<byte[]> entries = entries();
        entries.set(300, "nothing to see".getBytes(StandardCharsets.UTF_8));
        rewrite(entries);
        assertThat(findings()).extracting(Finding::kind).contains(Finding.Kind.HISTORY);

        final LogIdentity identity = new LogFiles(log).identity();
        Files.write(log.resolve("log.json"), LogIdentity.of(identity.current()).bytes());
        assertThat(findings()).extracting(Finding::kind).contains(Finding.Kind.SIGNATURE);
        assertThat(LogVerifier.verify(log, List.of(stolen.verifierKey())).findings())
                .as("one that knows the present key only")
                .anyMatch(finding -> finding.message().contains("handed over at leaf 600"));
    }

    @Test
    void editATile() throws IOException {
        flip(log.resolve("tile/0/001"));
        assertThat(findings()).extracting(Finding::kind).contains(Finding.Kind.TILE_ALTERED);
    }

    @Test
    void editACheckpoint() throws IOException {
        final String text = Files.readString(log.resolve("checkpoint"));
        Files.writeString(log.resolve("checkpoint"), text.replace("\n904\n", "\n903\n"));
        assertThat(findings()).extracting(Finding::kind).contains(Finding.Kind.SIGNATURE);
    }

    @Test
    void signWithAKeyThatHasHandedOver() throws IOException {
        final SigningKey old = SigningKey.generate(ORIGIN);
        final Path other = folder.resolve("other");
        try (LogWriter writer = LogWriter.open(other, old)) {
            append(writer, 0, 10);
            writer.handOver(SigningKey.generate(ORIGIN));
            append(writer, 11, 20);
            Files.writeString(
                    other.resolve("checkpoint"),
                    Checkpoint.sign(old, 20, writer.checkpoint().rootHash())
                            .note()
                            .toString());
        }
        assertThat(LogVerifier.verify(other, List.of(old.verifierKey())).findings())
                .extracting(Finding::kind)
                .contains(Finding.Kind.SIGNATURE);
    }

    /** Root came in the second epoch as well, and kept its key. */
    @Test
    void goOnWithAKeyThatWasKeptAndTakeOutThatItHandedOver() throws IOException {
        final Path other = folder.resolve("other");
        final SigningKey kept = SigningKey.generate(ORIGIN);
        try (LogWriter writer = LogWriter.open(other, first)) {
            append(writer, 0, 10);
            writer.handOver(kept);
            append(writer, 11, 20);
        }
        final Path forged = Logs.copy(other, folder.resolve("forged"));
        final SigningKey later = SigningKey.generate(ORIGIN);
        try (LogWriter writer = LogWriter.open(other, kept)) {
            writer.handOver(later);
            append(writer, 21, 30);
        }
        try (LogWriter writer = LogWriter.open(forged, kept)) {
            append(writer, 5_000, 5_100);
        }
        assertThat(LogVerifier.verify(forged, List.of(first.verifierKey())).findings())
                .as("who knows nothing that is later cannot tell")
                .isEmpty();
        assertThat(LogVerifier.verify(forged, List.of(later.verifierKey())).findings())
                .extracting(Finding::kind)
                .contains(Finding.Kind.SIGNATURE);
        try (FollowedLog copy = FollowedLog.open(folder.resolve("copy"), ORIGIN)) {
            copy.follow(name -> PublishedLog.read(other, name), List.of(), done -> {});
            assertThat(copy.follow(name -> PublishedLog.read(forged, name), List.of(), done -> {}))
                    .isInstanceOf(FollowResult.Contradicted.class);
        }
    }

    /** The witness would cosign that tree as the last of a day. */
    @Test
    void sayThatTheKeyHandedOverAtAnotherTree() throws IOException {
        final SigningKey later = SigningKey.generate(ORIGIN);
        final List<byte[]> entries = new ArrayList<>(Logs.entries(0, 10));
        final Hash invented = MerkleTree.leafHash(Logs.entry(5_000));
        final Path mirrored = folder.resolve("mirror");
        try (MirrorLog mirror = MirrorLog.open(mirrored, WITNESS, Clock.systemUTC())) {
            mirror.accept(0, entries, Checkpoint.sign(stolen, 10, root(entries)).note(), stolen.verifierKey());
            final byte[] identity = Files.readAllBytes(mirrored.resolve("log.json"));

            final KeySuccession past = KeySuccession.sign(stolen, 7, invented, later.verifierKey());
            entries.add(Logs.entry(10));
            assertThat(handOver(mirror, 10, entries, later, past)).isInstanceOf(AcceptResult.Refused.class);
            final KeySuccession future = KeySuccession.sign(stolen, 12, invented, later.verifierKey());
            assertThat(handOver(mirror, 10, entries, later, future)).isInstanceOf(AcceptResult.Refused.class);

            entries.removeLast();
            final KeySuccession here = KeySuccession.sign(stolen, 10, invented, later.verifierKey());
            entries.add(here.entry());
            assertThat(handOver(mirror, 10, entries, later, here)).isInstanceOf(AcceptResult.Refused.class);
            assertThat(mirrored.resolve("log.json")).hasBinaryContent(identity);
            assertThat(mirrored.resolve(WitnessedDays.FILE)).doesNotExist();

            entries.removeLast();
            final KeySuccession honest = KeySuccession.sign(stolen, 10, root(entries), later.verifierKey());
            entries.add(honest.entry());
            assertThat(handOver(mirror, 10, entries, later, honest)).isInstanceOf(AcceptResult.Accepted.class);
            assertThat(mirror.closedDays()).extracting(ClosedDay::end).containsExactly(10L);
        }
        assertThat(LogVerifier.verify(mirrored, List.of(stolen.verifierKey(), WITNESS.verifierKey()))
                        .findings())
                .isEmpty();
    }

    private AcceptResult handOver(
            MirrorLog mirror, long from, List<byte[]> all, SigningKey later, KeySuccession succession)
            throws IOException {
        return mirror.accept(
                from,
                all.subList((int) from, all.size()),
                Checkpoint.sign(later, all.size(), root(all)).note(),
                stolen.verifierKey(),
                List.of(succession));
    }

    private static Hash root(List<byte[]> entries) {
        final CompactRange range = new CompactRange();
        entries.forEach(entry -> range.append(MerkleTree.leafHash(entry)));
        return range.root();
    }

    @Test
    void dropYesterdayAndSayThatItWasShipped() throws IOException {
        final List<byte[]> original = entries();
        final Note seen = LogReader.open(log).checkpoint().note();
        final List<KeySuccession> successions = LogReader.open(log).successions();
        final Path mirrored = folder.resolve("mirror");
        try (MirrorLog mirror = MirrorLog.open(mirrored, WITNESS, Clock.systemUTC())) {
            mirror.accept(0, original, seen, first.verifierKey(), successions);
        }
        try (LogWriter writer = LogWriter.open(log, stolen)) {
            writer.prune(
                    600, new Tombstone.Why(Tombstone.SHIPPED, 0, "a lie", Instant.EPOCH, Instant.EPOCH, Instant.EPOCH));
        }
        final VerificationReport report = LogVerifier.verify(log, List.of(first.verifierKey()));
        assertThat(report.findings())
                .isEmpty(); // the node's own folder says what is gone from it, and that is all it can
        assertThat(report.expired()).extracting(Tombstone::count).containsExactly(600L);
        assertThat(LogVerifier.verify(log, List.of(first.verifierKey(), WITNESS.verifierKey()))
                        .findings())
                .extracting(Finding::kind)
                .contains(Finding.Kind.TOMBSTONE);

        Files.copy(log.resolve("tombstones.json"), mirrored.resolve("tombstones.json"));
        Files.delete(mirrored.resolve("tile/entries/000"));
        assertThat(LogVerifier.verify(mirrored, List.of(first.verifierKey(), WITNESS.verifierKey()))
                        .findings())
                .extracting(Finding::kind)
                .contains(Finding.Kind.TOMBSTONE, Finding.Kind.MISSING);
    }

    @Test
    void dropYesterdayAndSayThatItExpired() throws IOException {
        try (LogWriter writer = LogWriter.open(log, stolen)) {
            writer.prune(600, new Tombstone.Why("pci-90d", 90, "a lie", Instant.EPOCH, Instant.EPOCH, Instant.EPOCH));
        }
        assertThat(findings()).extracting(Finding::kind).contains(Finding.Kind.TOMBSTONE);
    }

    @Test
    void aMirrorAndACopyFollowTheChainOfKeys() throws IOException {
        final List<byte[]> all = entries();
        final List<KeySuccession> successions = LogReader.open(log).successions();
        final Path mirrored = folder.resolve("mirror");
        try (MirrorLog mirror = MirrorLog.open(mirrored, WITNESS, Clock.systemUTC())) {
            final Hash root = LogReader.open(log).rootAt(200);
            assertThat(mirror.accept(
                            0,
                            all.subList(0, 200),
                            Checkpoint.sign(first, 200, root).note(),
                            first.verifierKey()))
                    .isInstanceOf(AcceptResult.Accepted.class);
            final Note now = LogReader.open(log).checkpoint().note();
            assertThat(mirror.accept(904, List.of(), now, stolen.verifierKey())).isEqualTo(new AcceptResult.Stale(200));
            assertThat(mirror.accept(200, all.subList(200, 904), now, stolen.verifierKey()))
                    .isInstanceOf(AcceptResult.Refused.class);
            assertThat(mirror.accept(200, all.subList(200, 904), now, first.verifierKey(), successions))
                    .isInstanceOf(AcceptResult.Accepted.class);
        }
        try (MirrorLog again = MirrorLog.open(mirrored, WITNESS, Clock.systemUTC())) {
            assertThat(again.size()).isEqualTo(904);
        }
        assertThat(LogVerifier.verify(mirrored, List.of(first.verifierKey(), WITNESS.verifierKey()))
                        .findings())
                .isEmpty();
    }

    @Test
    void aHandOverThatACrashCutOffIsFinished() throws IOException {
        final Path state = folder.resolve("state");
        final Path directory = state.resolve("log");
        Files.createDirectories(state);
        final KeyFile keys = new KeyFile(state.resolve("log.key"));
        try (LogWriter writer = LogWriter.open(directory, keys.load(directory, ORIGIN))) {
            append(writer, 0, 10);
        }
        final Path before = Logs.copy(directory, folder.resolve("before"));
        final SigningKey old = SigningKey.load(state.resolve("log.key"));
        try (LogWriter writer = LogWriter.open(directory, old)) {
            keys.evolve(writer);
        }
        final SigningKey next = SigningKey.load(state.resolve("log.key"));
        final byte[] identity = Files.readAllBytes(directory.resolve("log.json"));

        // The new key is durable, and nothing else happened.
        Logs.copy(before, directory);
        Files.delete(state.resolve("log.key"));
        old.store(state.resolve("log.key"));
        next.store(state.resolve("log.key.next"));
        assertThat(keys.load(directory, ORIGIN).verifierKey()).isEqualTo(old.verifierKey());
        assertThat(state.resolve("log.key.next")).doesNotExist();

        // log.json names the new key, and the leaf is not there.
        next.store(state.resolve("log.key.next"));
        Files.write(directory.resolve("log.json"), identity);
        final SigningKey inOffice = keys.load(directory, ORIGIN);
        assertThat(inOffice.verifierKey()).isEqualTo(next.verifierKey());
        try (LogWriter writer = LogWriter.open(directory, inOffice)) {
            assertThat(writer.checkpoint().size()).isEqualTo(11);
        }
        assertThatThrownBy(() -> LogWriter.open(directory, old)).isInstanceOf(LogCorruptException.class);
        assertThat(LogVerifier.verify(directory, List.of(old.verifierKey())).findings())
                .isEmpty();
    }

    private static void flip(Path file) throws IOException {
        final byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
    }
}
