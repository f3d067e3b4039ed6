package io.fourthlog.actionlog.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Days of a log expire: what goes, what stays, what can be shown afterwards, and what is noticed that should not have happened. */
final class ExpiryTest {

    private static final String ORIGIN = "cluster.support.node-1@pci-90d";
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final SigningKey WITNESS = SigningKey.generateWitness("witness");
    private static final SigningKey LASTING = SigningKey.generateMlDsaWitness("witness");

    @TempDir
    private Path folder;

    private Path mirrored;
    private Path copy;
    private final SigningKey first = SigningKey.generate(ORIGIN);
    private LogWriter sensor;
    private int today;

    @BeforeEach
    void openLog() throws IOException {
        mirrored = folder.resolve("mirror");
        copy = folder.resolve("copy");
        sensor = LogWriter.open(folder.resolve("log"), first);
    }

    @AfterEach
    void closeLog() throws IOException {
        sensor.close();
    }

    /** The sensor's log grows to this size, and the mirror has it. */
    private void grow(long size) throws IOException {
        Logs.entries(sensor.checkpoint().size(), size).forEach(sensor::append);
        sensor.commit();
        push();
    }

    /** A day of the log ends with this leaf, and the mirror sees that. */
    private void endDay(long end) throws IOException {
        Logs.entries(sensor.checkpoint().size(), end).forEach(sensor::append);
        sensor.handOver(SigningKey.generate(ORIGIN));
        today++;
        push();
    }

    private void push() throws IOException {
        final LogReader reader = LogReader.open(folder.resolve("log"));
        final List<byte[]> all = new ArrayList<>();
        reader.forEach(0, (leaf, entry) -> all.add(entry));
        try (MirrorLog mirror = mirror()) {
            assertThat(mirror.accept(0, all, reader.checkpoint().note(), first.verifierKey(), reader.successions()))
                    .isInstanceOf(AcceptResult.Accepted.class);
        }
    }

    private static Instant day(int number) {
        return START.plus(Duration.ofDays(number));
    }

    private MirrorLog mirror() throws IOException {
        return MirrorLog.open(mirrored, WITNESS, List.of(LASTING), List.of(), Clock.fixed(day(today), ZoneOffset.UTC));
    }

    private Tombstone expire(long end, int on) throws IOException {
        today = on;
        try (MirrorLog mirror = mirror()) {
            return mirror.expire(end, why(90, on));
        }
    }

    private static Tombstone.Why why(int keptDays, int on) {
        return new Tombstone.Why(
                "pci-90d", keptDays, "PCI DSS 4.0 requirement 10.5.1", day(0), day(0).plusSeconds(7), day(on));
    }

    private VerificationReport verify(Path directory) {
        return LogVerifier.verify(
                directory, List.of(first.verifierKey(), WITNESS.verifierKey(), LASTING.verifierKey()));
    }

    private List<Finding.Kind> findings(Path directory) {
        return verify(directory).findings().stream()
                .map(Finding::kind)
                .distinct()
                .toList();
    }

    private FollowResult follow() throws IOException {
        try (FollowedLog followed = FollowedLog.open(copy, ORIGIN)) {
            return followed.follow(
                    name -> PublishedLog.read(mirrored, name), List.of(WITNESS.verifierKey()), done -> {});
        }
    }

    private static void assertExpired(Path directory, long end) throws IOException {
        for (final Path file : Logs.files(directory)) {
            final String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
            for (final long leaf : new long[] {0, end / 2, end - 1}) {
                assertThat(("\0" + bytes).contains("entry " + leaf + "\0") || bytes.endsWith("entry " + leaf))
                        .as("leaf %d in %s", leaf, file)
                        .isFalse();
            }
        }
        final LogReader reader = LogReader.open(directory);
        assertThat(reader.firstIndex()).isEqualTo(end);
        assertThatThrownBy(() -> reader.entry(end - 1))
                .isInstanceOf(ExpiredException.class)
                .hasMessageContaining("expired under pci-90d (PCI DSS 4.0 requirement 10.5.1), since");
        assertThatThrownBy(() -> reader.inclusionProof(0)).isInstanceOf(ExpiredException.class);
        assertThat(KeySuccession.parse(reader.entry(end))).isPresent();
        assertThat(reader.rootAt(end))
                .isEqualTo(reader.tombstones().getLast().day().rootHash());
        final Hash root = reader.checkpoint().rootHash();
        for (long leaf = end; leaf < reader.size(); leaf++) {
            assertThat(reader.inclusionProof(leaf).verify(MerkleTree.leafHash(reader.entry(leaf)), root))
                    .isTrue();
            if (leaf % 16 == 0) {
                assertThat(reader.consistencyProof(leaf).verify(reader.rootAt(leaf), root))
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 3, 5",
        "100, 200, 230",
        "255, 256, 300",
        "256, 512, 600",
        "257, 511, 513",
        "300, 600, 904",
        "1000, 1023, 1300",
        "65700, 65800, 66100"
    })
    void whatIsLeftHoldsAndGrows(long end, long nextEnd, long size) throws IOException {
        endDay(end);
        follow();
        endDay(nextEnd);
        grow(size);

        expire(end, 91);
        assertThat(verify(mirrored).findings()).isEmpty();
        assertExpired(mirrored, end);

        grow(size + 300);
        expire(nextEnd, 92);
        assertThat(verify(mirrored).findings()).isEmpty();
        assertExpired(mirrored, nextEnd);
        assertThat(verify(mirrored).expired())
                .extracting(Tombstone::first, Tombstone::end)
                .containsExactly(tuple(0L, end), tuple(end, nextEnd));

        grow(size + 301);
        assertThat(verify(mirrored).findings()).isEmpty();
        assertThat(follow()).isInstanceOf(FollowResult.Current.class);
        assertThat(verify(copy).findings()).isEmpty();
        assertExpired(copy, nextEnd);
    }

    @Test
    void daysOfAnyLengthExpireInAnyOrderOfGrowingCopyingAndExpiring() throws IOException {
        final Random random = new Random(6962);
        final List<Long> ends = new ArrayList<>();
        int expired = 0;
        for (int step = 0; step < 60; step++) {
            final long size = sensor.checkpoint().size();
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    endDay(size + 1 + random.nextInt(200));
                    ends.add(sensor.checkpoint().size() - 1);
                }
                case 2 -> grow(size + 1 + random.nextInt(300));
                case 3 -> {
                    if (expired < ends.size()) {
                        expired += 1 + random.nextInt(ends.size() - expired);
                        expire(ends.get(expired - 1), today + 91);
                    }
                }
                default -> {
                    if (size > 0) {
                        if (random.nextInt(4) == 0) {
                            Logs.copy(Files.createDirectories(folder.resolve("nothing")), copy);
                        }
                        assertThat(follow()).as("step %d", step).isInstanceOf(FollowResult.Current.class);
                        assertThat(verify(copy).findings()).as("step %d", step).isEmpty();
                    }
                }
            }
            if (sensor.checkpoint().size() > 0) {
                assertThat(verify(mirrored).findings()).as("step %d", step).isEmpty();
            }
        }
        assertThat(expired).isPositive();
    }

    private void twoDays() throws IOException {
        endDay(300);
        endDay(600);
        grow(904);
    }

    @Test
    void aCopyThatNeverHadWhatExpiredBeginsBehindIt() throws IOException {
        twoDays();
        expire(600, 92);
        assertThat(follow())
                .isInstanceOfSatisfying(
                        FollowResult.Current.class,
                        current -> assertThat(current.added()).isEqualTo(304));
        assertThat(verify(copy).findings()).isEmpty();
        assertExpired(copy, 600);
    }

    @Test
    void aCopyThatIsBehindWhatExpiredGoesOnBehindIt() throws IOException {
        endDay(300);
        grow(310);
        follow();
        endDay(600);
        grow(904);
        expire(600, 92);
        assertThat(follow()).isInstanceOf(FollowResult.Current.class);
        assertThat(verify(copy).findings()).isEmpty();
        assertExpired(copy, 600);
        grow(1_000);
        assertThat(follow()).isInstanceOf(FollowResult.Current.class);
        assertThat(verify(copy).findings()).isEmpty();
    }

    @Test
    void aCopyThatWasCutOffWhileItBeganAnewDoesSoAgain() throws IOException {
        endDay(300);
        grow(310);
        follow();
        endDay(600);
        grow(904);
        expire(600, 92);
        Files.copy(mirrored.resolve("tombstones.json"), copy.resolve("tombstones.json"));
        assertThat(follow()).isInstanceOf(FollowResult.Current.class);
        assertThat(verify(copy).findings()).isEmpty();
        assertExpired(copy, 600);
    }

    @Test
    void whatExpiresWhileACopyIsMadeIsNoContradiction() throws IOException {
        twoDays();
        final boolean[] done = {false};
        try (FollowedLog followed = FollowedLog.open(copy, ORIGIN)) {
            assertThat(followed.follow(
                            name -> {
                                if (name.startsWith("tile/entries") && !done[0]) {
                                    done[0] = true;
                                    expire(600, 92);
                                }
                                return PublishedLog.read(mirrored, name);
                            },
                            List.of(WITNESS.verifierKey()),
                            size -> {}))
                    .isInstanceOf(FollowResult.Current.class);
        }
        assertThat(verify(copy).findings()).isEmpty();
        assertExpired(copy, 600);
    }

    @Test
    void aCopyDoesNotTakeBackATombstone() throws IOException {
        twoDays();
        final Path before = Logs.copy(mirrored, folder.resolve("before"));
        expire(300, 91);
        follow();
        Logs.copy(before, mirrored);
        assertThat(follow())
                .isInstanceOfSatisfying(
                        FollowResult.Contradicted.class,
                        result -> assertThat(result.finding().kind()).isEqualTo(Finding.Kind.TOMBSTONE));
    }

    @Test
    void whatACrashLeftOfAnExpiryIsFinished() throws IOException {
        twoDays();
        final Path before = Logs.copy(mirrored, folder.resolve("before"));
        expire(300, 91);
        final byte[] tombstones = Files.readAllBytes(mirrored.resolve("tombstones.json"));
        Logs.copy(before, mirrored);
        Files.write(mirrored.resolve("tombstones.json"), tombstones); // durable, and nothing else happened

        assertThat(findings(mirrored)).containsExactly(Finding.Kind.LINGERING);
        mirror().close();
        assertThat(verify(mirrored).findings()).isEmpty();
        assertExpired(mirrored, 300);
    }

    @Test
    void aMirrorCannotTellForksOfWhatExpiredAndSaysWhereToGoOn() throws IOException {
        twoDays();
        expire(600, 92);
        try (MirrorLog mirror = mirror()) {
            final Note other =
                    Checkpoint.sign(first, 100, MerkleTree.emptyRoot()).note();
            assertThat(mirror.accept(100, List.of(), other, first.verifierKey()))
                    .isNotInstanceOf(AcceptResult.Accepted.class);
        }
    }

    @Test
    void aMissingLeafWithoutATombstoneIsAFinding() throws IOException {
        twoDays();
        expire(300, 91);
        Files.delete(mirrored.resolve("tombstones.json"));
        assertThat(findings(mirrored)).contains(Finding.Kind.MISSING);
    }

    @Test
    void aTombstoneThatClaimsMoreThanWhatIsGoneIsAFinding() throws IOException {
        twoDays();
        final Path before = Logs.copy(mirrored, folder.resolve("before"));
        expire(300, 91);
        Files.copy(before.resolve("tile/entries/000"), mirrored.resolve("tile/entries/000"));
        assertThat(findings(mirrored)).containsExactly(Finding.Kind.LINGERING);
        Files.delete(mirrored.resolve("tile/entries/000"));
        assertThat(findings(mirrored)).isEmpty();

        Files.write(mirrored.resolve("tile/entries/001"), Files.readAllBytes(before.resolve("tile/entries/001")));
        assertThat(findings(mirrored)).containsExactly(Finding.Kind.LINGERING);
    }

    @Test
    void whatIsGoneBeyondTheTombstoneIsAFinding() throws IOException {
        twoDays();
        expire(300, 91);
        final EntryBundle bundle = new LogFiles(mirrored).bundle(new LogPath(LogPath.ENTRIES, 1, LogPath.FULL));
        Files.write(
                mirrored.resolve("tile/entries/001"), bundle.withoutFirst(50).bytes());
        assertThat(findings(mirrored)).contains(Finding.Kind.MISSING);
    }

    @Test
    void aTombstoneForOtherLeavesThanTheChainOfKeysHasIsAFinding() throws IOException {
        twoDays();
        expire(300, 91);
        final String text = ORIGIN + "\n300\n" + MerkleTree.emptyRoot().base64() + "\nnext "
                + LogReader.open(mirrored).statedKeys().get(1) + "\n";
        rewrite(text, WITNESS, why(90, 91));
        assertThat(verify(mirrored).findings())
                .anyMatch(finding -> finding.kind() == Finding.Kind.TOMBSTONE
                        && finding.message().contains("no key of the log handed over at leaf 300"));
    }

    @Test
    void aForgedTombstoneIsAFinding() throws IOException {
        twoDays();
        expire(300, 91);
        rewrite(dayEnd(), SigningKey.generateWitness("witness"), why(90, 91));
        assertThat(findings(mirrored)).contains(Finding.Kind.TOMBSTONE, Finding.Kind.MISSING);
        try (FollowedLog followed = FollowedLog.open(copy, ORIGIN)) {
            assertThat(followed.follow(
                            name -> PublishedLog.read(mirrored, name), List.of(WITNESS.verifierKey()), done -> {}))
                    .isInstanceOf(FollowResult.Contradicted.class);
        }
        assertThatThrownBy(this::mirror).isInstanceOf(LogCorruptException.class);
    }

    @Test
    void theLogsOwnKeyCannotSignATombstoneWhereThereIsAWitness() throws IOException {
        twoDays();
        expire(300, 91);
        final Tombstone tombstone =
                new Tombstone(0, Checkpoint.parse(new Note(dayEnd(), List.of(first.sign(dayEnd())))), why(0, 1));
        new LogFiles(mirrored)
                .replace(
                        LogFiles.TOMBSTONES,
                        Tombstones.sign(ORIGIN, List.of(tombstone), List.of(first::sign))
                                .bytes());
        assertThat(findings(mirrored)).contains(Finding.Kind.TOMBSTONE);
    }

    @Test
    void daysThatWereToBeKeptForLongerAreAFinding() throws IOException {
        twoDays();
        expire(300, 90); // the witness saw the end of the day on day 1
        assertThat(findings(mirrored)).containsExactly(Finding.Kind.EXPIRED_EARLY);
    }

    @Test
    void aTombstoneWithAShorterPeriodThanTheLogsNameIsAFinding() throws IOException {
        twoDays();
        expire(300, 91);
        rewrite(dayEnd(), WITNESS, why(30, 91));
        assertThat(verify(mirrored).findings())
                .extracting(Finding::message)
                .anyMatch(message -> message.contains("kept for 30 days, and the log is for 90"));
    }

    @Test
    void aTombstoneThatWasSignedBeforeItSaysIsAFinding() throws IOException {
        twoDays();
        expire(300, 91);
        rewrite(dayEnd(), WITNESS, why(90, 400));
        assertThat(findings(mirrored)).containsExactly(Finding.Kind.EXPIRED_EARLY);
    }

    @Test
    void aTombstoneThatWasTakenOutOrChangedIsAFinding() throws IOException {
        twoDays();
        expire(300, 91);
        expire(600, 92);
        final Path file = mirrored.resolve("tombstones.json");
        final String both = Files.readString(file);
        Files.writeString(file, both.replaceFirst("requirement 10.5.1", "requirement 10.5.2"));
        assertThat(findings(mirrored)).contains(Finding.Kind.TOMBSTONE);
        final Tombstones read = Tombstones.parse(both.getBytes(StandardCharsets.UTF_8));
        Files.write(file, new Tombstones(read.signed(), read.all().subList(1, 2)).bytes());
        assertThat(findings(mirrored)).contains(Finding.Kind.TOMBSTONE);
        Files.writeString(file, both.replace("\"first\"", "\"First\""));
        assertThat(findings(mirrored)).contains(Finding.Kind.MALFORMED, Finding.Kind.MISSING);
    }

    private String dayEnd() throws IOException {
        return new LogFiles(mirrored)
                .identity()
                .successions()
                .getFirst()
                .at()
                .note()
                .text();
    }

    /** The one tombstone anew, which says that the day was seen to be over on day 1. */
    private void rewrite(String dayEnd, SigningKey by, Tombstone.Why why) throws IOException {
        final Tombstone tombstone =
                new Tombstone(0, Checkpoint.parse(new Note(dayEnd, List.of(by.cosign(dayEnd, day(1))))), why);
        new LogFiles(mirrored)
                .replace(
                        LogFiles.TOMBSTONES,
                        Tombstones.sign(ORIGIN, List.of(tombstone), List.of(text -> by.cosign(text, day(91))))
                                .bytes());
    }

    @Test
    void aSensorDropsWhatTheCollectorHas() throws IOException {
        twoDays();
        assertThat(sensor.closedDays()).extracting(ClosedDay::end).containsExactly(300L, 600L);
        sensor.prune(600, new Tombstone.Why(Tombstone.SHIPPED, 0, "size 904", day(0), day(1), day(2)));
        final Path log = folder.resolve("log");
        assertThat(LogVerifier.verify(log, List.of(first.verifierKey())).findings())
                .isEmpty();
        assertThat(sensor.closedDays()).isEmpty();
        Logs.entries(904, 1_200).forEach(sensor::append);
        sensor.commit();
        sensor.handOver(SigningKey.generate(ORIGIN));
        assertThat(LogVerifier.verify(log, List.of(first.verifierKey())).findings())
                .isEmpty();
        assertThat(LogReader.open(log).entry(700)).isEqualTo(Logs.entry(700));
        assertThatThrownBy(() -> LogReader.open(log).entry(599)).hasMessageContaining("are with the collector");
        assertThatThrownBy(() -> sensor.signPrefix(599)).isInstanceOf(IllegalArgumentException.class);
        assertThat(sensor.signPrefix(600).rootHash())
                .isEqualTo(LogReader.open(log).rootAt(600));
    }

    @Test
    void aClassSaysForHowLong() {
        assertThat(RetentionClass.of("pci", "12mo").days()).isEqualTo(366);
        assertThat(RetentionClass.of("eu.ai-act", "6mo").name()).isEqualTo("eu-ai-act-6mo");
        assertThat(RetentionClass.of("t".repeat(100), "10000d").name()).hasSize(47);
        assertThat(RetentionClass.ofLog(ORIGIN)).contains(new RetentionClass("pci-90d"));
        assertThat(RetentionClass.ofLog("cluster.support.node-1")).isEmpty();
        assertThat(RetentionClass.ofLog("cluster.support.node-1@none")).isEmpty();
    }
}
