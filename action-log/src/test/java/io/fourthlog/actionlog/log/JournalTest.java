package io.fourthlog.actionlog.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a commit leaves in the journal, and what becomes of it when nothing else was written. */
class JournalTest {

    private static final String NAME = Logs.KEY.verifierKey().name();

    @TempDir
    private Path folder;

    private Path log;
    private Path durable; // the log at 254, with all files forced
    private Path live; // the same at 258 and 300, with its journal; no file but that was forced since

    @BeforeEach
    void names() {
        log = folder.resolve("log");
        durable = folder.resolve("durable");
        live = folder.resolve("live");
    }

    private void grow() throws IOException {
        Logs.grow(log, 254);
        Logs.copy(log, durable);
        try (LogWriter writer = LogWriter.open(log, Logs.KEY)) {
            for (final long size : new long[] {258, 300}) {
                Logs.entries(writer.checkpoint().size(), size).forEach(writer::append);
                writer.commit();
            }
            Logs.copy(log, live);
        }
    }

    @Test
    void aCommitIsOneFsync() throws Exception {
        final FaultyDisk disk = new FaultyDisk(new Random(1));
        Files.createDirectories(log);
        try (LogWriter writer = LogWriter.open(log, Logs.KEY, disk, Journal.CAPACITY)) {
            writer.append(Logs.entry(0));
            writer.commit();
            final int before = disk.forced();
            Logs.entries(1, 5_000).forEach(writer::append);
            writer.commit();
            assertThat(disk.forced() - before).isEqualTo(1);
        }
        assertThat(Logs.verify(log).findings()).isEmpty();
    }

    @Test
    void aLogThatIsOpenIsOneForItsReadersAndOneThatWasClosedHasNoJournal() throws Exception {
        grow();
        assertThat(live.resolve(Journal.FILE)).isNotEmptyFile();
        final VerificationReport report = Logs.verify(live);
        assertThat(report.findings()).isEmpty();
        assertThat(report.beyond()).isEmpty();
        assertThat(report.size()).isEqualTo(300);
        assertThatThrownBy(() -> PublishedLog.read(live, Journal.FILE)).isInstanceOf(IOException.class);

        assertThat(log.resolve(Journal.FILE)).doesNotExist();
        assertThat(Logs.verify(log).size()).isEqualTo(300);
    }

    @Test
    void whatIsInTheJournalIsThereWhateverBecameOfTheFiles() throws Exception {
        grow();
        final List<Path> written = Logs.files(live).stream()
                .map(live::relativize)
                .filter(file -> !file.equals(Path.of(Journal.FILE)))
                .filter(file -> !Files.exists(durable.resolve(file)) || file.equals(Path.of(LogFiles.CHECKPOINT)))
                .toList();
        assertThat(written).hasSize(8);
        for (final Path file : written) {
            final byte[] whole = Files.readAllBytes(live.resolve(file));
            for (final byte[] torn : List.of(
                    new byte[0],
                    new byte[whole.length],
                    Arrays.copyOf(whole, whole.length / 2),
                    Arrays.copyOf(whole, whole.length + 7))) {
                final Path crashed = Logs.copy(live, folder.resolve("crashed"));
                Files.write(crashed.resolve(file), torn);
                assertRecovers(crashed, 300, 46);
            }
            final Path crashed = Logs.copy(live, folder.resolve("crashed"));
            Files.delete(crashed.resolve(file));
            assertRecovers(crashed, 300, 46);
        }
        final Path nothing = Logs.copy(durable, folder.resolve("crashed"));
        Files.copy(live.resolve(Journal.FILE), nothing.resolve(Journal.FILE));
        assertRecovers(nothing, 300, 46);
    }

    @Test
    void aCommitThatIsTornAnywhereIsDroppedAndThoseBeforeItStay() throws Exception {
        grow();
        final byte[] journal = Files.readAllBytes(live.resolve(Journal.FILE));
        final List<Journal.Commit> commits = Journal.parse(journal);
        assertThat(commits).hasSize(2);
        for (int length = 0; length < journal.length; length += 211) {
            final int read = Journal.parse(Arrays.copyOf(journal, length)).size();
            final Path crashed = Logs.copy(durable, folder.resolve("crashed"));
            Files.write(crashed.resolve(Journal.FILE), Arrays.copyOf(journal, length));
            switch (read) {
                case 0 -> assertRecovers(crashed, 254, 0);
                case 1 -> assertRecovers(crashed, 258, 4);
                default -> assertRecovers(crashed, 300, 46);
            }
        }
    }

    @Test
    void aByteThatIsAlteredTakesNothingWithItThatWasForced() throws Exception {
        grow();
        final byte[] journal = Files.readAllBytes(live.resolve(Journal.FILE));
        final Random random = new Random(1);
        for (int i = 0; i < 40; i++) {
            final byte[] altered = journal.clone();
            altered[random.nextInt(altered.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
            final Path crashed = Logs.copy(durable, folder.resolve("crashed"));
            Files.write(crashed.resolve(Journal.FILE), altered);
            try (LogWriter writer = LogWriter.open(crashed, Logs.KEY)) {
                assertThat(writer.checkpoint().size()).isIn(254L, 258L, 300L);
            }
            assertThat(Logs.verify(crashed).findings()).isEmpty();
        }
    }

    @Test
    void whatTheJournalLostIsMissed() throws Exception {
        grow();
        Files.delete(live.resolve(Journal.FILE));
        Files.write(live.resolve("tile/entries/001.p/44"), new byte[3]);
        assertThatThrownBy(() -> LogWriter.open(live, Logs.KEY)).isInstanceOf(LogCorruptException.class);
        assertThatThrownBy(() -> LogWriter.open(live, Logs.KEY)).hasMessageContaining("size 300");
    }

    @Test
    void theJournalOfAnotherLogOrAnotherTreeIsPassedOver() throws Exception {
        grow();
        final Path other = folder.resolve("other");
        final SigningKey stranger = SigningKey.generate(NAME);
        try (LogWriter writer = LogWriter.open(other, stranger)) {
            Logs.entries(0, 254).forEach(writer::append);
            writer.commit();
            Logs.entries(254, 300).forEach(writer::append);
            writer.commit();
            Files.copy(other.resolve(Journal.FILE), durable.resolve(Journal.FILE));
        }
        assertRecovers(durable, 254, 0);
    }

    @Test
    void aJournalThatSaysOtherwiseThanTheCheckpointIsNotBelieved() throws Exception {
        grow();
        Files.write(
                live.resolve(LogFiles.CHECKPOINT),
                Checkpoint.sign(Logs.KEY, 300, MerkleTree.emptyRoot()).note().bytes());
        assertThatThrownBy(() -> LogWriter.open(live, Logs.KEY))
                .isInstanceOf(LogCorruptException.class)
                .hasMessageContaining("its journal has another tree of that size");
        assertThat(live.resolve(Journal.FILE)).isNotEmptyFile();
    }

    @Test
    void aJournalThatIsTooLongIsNotRead() throws Exception {
        Logs.grow(log, 3);
        Files.write(log.resolve(Journal.FILE), new byte[Journal.CAPACITY + 1]);
        assertThatThrownBy(() -> LogWriter.open(log, Logs.KEY)).hasMessageContaining("journal is longer than 16777216");
    }

    @Test
    void aFullJournalBeginsAnewAndWhatDoesNotFitGoesPastIt() throws Exception {
        final FaultyDisk disk = new FaultyDisk(new Random(1));
        Files.createDirectories(log);
        try (LogWriter writer = LogWriter.open(log, Logs.KEY, disk, 8192)) {
            for (final long size : new long[] {1, 2, 3, 4, 2_000, 2_001}) {
                Logs.entries(writer.checkpoint().size(), size).forEach(writer::append);
                writer.commit();
                assertThat(Files.size(log.resolve(Journal.FILE))).isBetween(1L, 8192L);
                assertRecovers(Logs.copy(log, folder.resolve("crashed")), size, -1);
            }
        }
    }

    @Test
    void nothingThatExpiredStaysInTheJournal() throws Exception {
        final SigningKey next = SigningKey.generate(NAME);
        try (LogWriter writer = LogWriter.open(log, Logs.KEY)) {
            writer.append("what is to be forgotten".getBytes(StandardCharsets.UTF_8));
            writer.handOver(next);
            writer.append(Logs.entry(2));
            writer.commit();
            assertThat(Files.readString(log.resolve(Journal.FILE), StandardCharsets.ISO_8859_1))
                    .contains("forgotten");
            writer.prune(
                    1, new Tombstone.Why(Tombstone.SHIPPED, 0, "test", Instant.EPOCH, Instant.EPOCH, Instant.EPOCH));
            writer.append(Logs.entry(3));
            writer.commit();
            for (final Path file : Logs.files(log)) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).doesNotContain("forgotten");
            }
            Logs.copy(log, live);
        }
        try (LogWriter writer = LogWriter.open(live, next)) {
            assertThat(writer.recovered()).isEqualTo(new Recovery(4, 1, 0, 0));
        }
        assertThat(Logs.verify(live).findings()).isEmpty();
    }

    /** @param replayed how many entries the journal gave back; below 0, any number */
    private static void assertRecovers(Path log, long size, int replayed) throws IOException {
        try (LogWriter writer = LogWriter.open(log, Logs.KEY)) {
            assertThat(writer.recovered().size()).isEqualTo(size);
            if (replayed >= 0) {
                assertThat(writer.recovered().replayed()).isEqualTo(replayed);
            }
            assertThat(writer.append(Logs.entry(size))).isEqualTo(size);
            writer.commit();
        }
        final VerificationReport report = Logs.verify(log);
        assertThat(report.findings()).isEmpty();
        assertThat(report.beyond()).isEmpty();
        LogReader.open(log).forEach(0, (index, entry) -> assertThat(entry).isEqualTo(Logs.entry(index)));
    }
}
