package io.fourthlog.actionlog.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Alters a log in the ways that someone who has its files can. Each test is an attack, and what it runs into. */
class TamperTest {

    private static final SigningKey WITNESS = SigningKey.generateWitness("witness.example");
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochSecond(1_700_000_000), ZoneOffset.UTC);
    private static final List<VerifierKey> TRUSTED = List.of(Logs.KEY.verifierKey(), WITNESS.verifierKey());

    @TempDir
    Path folder;

    private Path log;

    /** A log with every kind of file: full and partial bundles, superseded ones, and two levels of tiles. */
    @BeforeEach
    void aLog() throws Exception {
        log = folder.resolve("log");
        grow(log, 257, 259);
        assertThat(verify().findings()).isEmpty();
        assertThat(verify().signers()).isEqualTo(TRUSTED);
    }

    /** Makes a mirrored log with a checkpoint at each of these sizes. */
    private void grow(Path directory, long... sizes) throws Exception {
        try (LogWriter writer =
                        LogWriter.open(directory.resolveSibling(directory.getFileName() + "-sensor"), Logs.KEY);
                MirrorLog mirror = MirrorLog.open(directory, WITNESS, CLOCK)) {
            for (final long size : sizes) {
                final long from = writer.checkpoint().size();
                Logs.entries(from, size).forEach(writer::append);
                assertThat(mirror.accept(
                                from, Logs.entries(from, size), writer.commit().note(), Logs.KEY.verifierKey()))
                        .isInstanceOf(AcceptResult.Accepted.class);
            }
        }
    }

    @Test
    void aFlippedBitInAnyByteOfAnyFileIsFound() throws Exception {
        log = folder.resolve("small");
        grow(log, 2, 5);
        flipEach(1);
    }

    @Test
    void aFlippedBitInALargerLogIsFound() throws Exception {
        flipEach(29); // a sample of the same, in a log with full tiles and two levels of them
    }

    private void flipEach(int step) throws Exception {
        final Random bit = new Random(6962);
        for (final Path file : Logs.files(log)) {
            final byte[] whole = Files.readAllBytes(file);
            for (int i = 0; i < whole.length; i += step) {
                final byte[] altered = whole.clone();
                altered[i] ^= (byte) (1 << bit.nextInt(Byte.SIZE));
                Files.write(file, altered);
                assertThat(verify().holds()).as("%s, byte %d", file, i).isFalse();
            }
            Files.write(file, whole);
        }
        assertThat(verify().holds()).isTrue();
    }

    @Test
    void aFlippedByteInAnEntryNamesTheLeafAndTheFile() throws Exception {
        final Path bundle = log.resolve("tile/entries/000");
        final byte[] whole = Files.readAllBytes(bundle);
        int offset = 0;
        for (long leaf = 0; leaf < LogPath.FULL; leaf++) {
            final byte[] altered = whole.clone();
            altered[offset + EntryBundle.LENGTH_BYTES]++;
            Files.write(bundle, altered);

            assertThat(verify().findings())
                    .extracting(Finding::kind, Finding::leafIndex, Finding::file)
                    .containsExactly(tuple(Finding.Kind.ENTRY_ALTERED, leaf, "tile/entries/000"));
            offset += EntryBundle.LENGTH_BYTES + Logs.entry(leaf).length;
        }
    }

    @Test
    void anAlteredLengthNamesTheLeafWhereItBegins() throws Exception {
        final Path bundle = log.resolve("tile/entries/001.p/3");
        final byte[] altered = Files.readAllBytes(bundle);
        altered[2 + Logs.entry(256).length]++;
        Files.write(bundle, altered);

        assertThat(verify().findings()).singleElement().satisfies(finding -> {
            assertThat(finding.kind()).isEqualTo(Finding.Kind.MALFORMED);
            assertThat(finding.leafIndex()).isEqualTo(257);
        });
    }

    @Test
    void anAlteredTileIsNamedAndTheEntriesAreNotBlamed() throws Exception {
        final Path tile = log.resolve("tile/0/000");
        final byte[] altered = Files.readAllBytes(tile);
        altered[7 * Hash.LENGTH + 5]++;
        Files.write(tile, altered);

        assertThat(verify().findings()).singleElement().satisfies(finding -> {
            assertThat(finding.kind()).isEqualTo(Finding.Kind.TILE_ALTERED);
            assertThat(finding.leafIndex()).isEqualTo(7);
            assertThat(finding.file()).isEqualTo("tile/0/000");
        });
    }

    @Test
    void anEntryThatIsAlteredTogetherWithItsTileContradictsTheRoot() throws Exception {
        final Path forged = folder.resolve("forged");
        try (LogWriter writer = LogWriter.open(forged, Logs.KEY)) {
            Logs.entries(0, 100).forEach(writer::append);
            writer.append(Logs.entry(-1));
            Logs.entries(101, 257).forEach(writer::append);
            writer.commit();
            Logs.entries(257, 259).forEach(writer::append);
            writer.commit();
        }
        Files.delete(forged.resolve(LogFiles.CHECKPOINT));
        Files.copy(log.resolve(LogFiles.CHECKPOINT), forged.resolve(LogFiles.CHECKPOINT));

        assertThat(LogVerifier.verify(forged, TRUSTED).findings())
                .extracting(Finding::kind)
                .containsExactly(Finding.Kind.ROOT_MISMATCH);
    }

    @Test
    void swappedLeavesAreNamed() throws Exception {
        final Path bundle = log.resolve("tile/entries/001.p/3");
        final byte[] bytes = Files.readAllBytes(bundle);
        final int length = bytes.length / 3;
        final byte[] swapped = bytes.clone();
        System.arraycopy(bytes, 0, swapped, length, length);
        System.arraycopy(bytes, length, swapped, 0, length);
        Files.write(bundle, swapped);

        assertThat(verify().findings())
                .extracting(Finding::kind, Finding::leafIndex)
                .containsExactly(tuple(Finding.Kind.ENTRY_ALTERED, 256L), tuple(Finding.Kind.ENTRY_ALTERED, 257L));
    }

    @Test
    void aFileThatIsCutAnywhereOrGoneIsFound() throws Exception {
        for (final Path file : Logs.files(log)) {
            final byte[] whole = Files.readAllBytes(file);
            if (whole.length == 0 || isSuperseded(file)) {
                continue;
            }
            for (int length = 0; length < whole.length; length += 1 + whole.length / 25) {
                Files.write(file, Arrays.copyOf(whole, length));
                assertThat(verify().holds()).as("%s, cut to %d", file, length).isFalse();
            }
            Files.write(file, Arrays.copyOf(whole, whole.length + 1));
            assertThat(verify().holds()).as("%s, with a byte more", file).isFalse();
            Files.delete(file);
            assertThat(verify().holds()).as("%s, gone", file).isFalse();
            Files.write(file, whole);
        }
    }

    @Test
    void anEditedCheckpointIsNotSigned() throws Exception {
        final Path checkpoint = log.resolve(LogFiles.CHECKPOINT);
        Files.writeString(checkpoint, Files.readString(checkpoint).replace("\n259\n", "\n257\n"));

        assertThat(verify().findings())
                .extracting(Finding::kind)
                .contains(Finding.Kind.SIGNATURE, Finding.Kind.COSIGNATURE);
    }

    @Test
    void aForgersKeyOfTheSameNameIsNotTrusted() throws Exception {
        final SigningKey forger = SigningKey.generate(Logs.KEY.verifierKey().name());
        final Checkpoint honest = LogReader.open(log).checkpoint();
        Files.write(
                log.resolve(LogFiles.CHECKPOINT),
                Checkpoint.sign(forger, honest.size(), honest.rootHash()).note().bytes());
        Files.write(
                log.resolve(LogFiles.IDENTITY),
                LogIdentity.of(forger.verifierKey()).bytes());

        assertThat(verify().findings())
                .extracting(Finding::kind)
                .containsExactly(Finding.Kind.SIGNATURE, Finding.Kind.COSIGNATURE);
    }

    @Test
    void aCosignatureThatWasTakenAwayIsMissed() throws Exception {
        final Checkpoint checkpoint = LogReader.open(log).checkpoint();
        final Note alone = new Note(
                checkpoint.note().text(), checkpoint.note().signatures().subList(0, 1));
        Files.write(log.resolve(LogFiles.CHECKPOINT), alone.bytes());

        assertThat(verify().findings()).extracting(Finding::kind).containsExactly(Finding.Kind.COSIGNATURE);
    }

    @Test
    void aStrangersFileIsFound() throws Exception {
        Files.writeString(log.resolve("notes.txt"), "hello");
        Files.writeString(log.resolve("tile/0/000.bak"), "hello");
        Files.createSymbolicLink(log.resolve("tile/entries/002"), Path.of("/dev/zero"));

        final VerificationReport report = verify();
        assertThat(report.findings()).extracting(Finding::file).containsExactly("notes.txt", "tile/0/000.bak");
        assertThat(report.beyond()).containsExactly("tile/entries/002");
    }

    @Test
    void filesThatNeverEndAreNotRead() throws Exception {
        for (final String name :
                List.of("tile/entries/000", "tile/0/000", "tile/1/000.p/1", "log.json", "checkpoint")) {
            final Path file = log.resolve(name);
            final byte[] whole = Files.readAllBytes(file);
            Files.delete(file);
            Files.createSymbolicLink(file, Path.of("/dev/zero"));
            assertThat(verify().findings()).extracting(Finding::file).contains(name);
            Files.delete(file);
            Files.createDirectory(file);
            assertThat(verify().findings()).extracting(Finding::file).contains(name);
            Files.delete(file);
            Files.write(file, whole);
        }
    }

    @Test
    void aSignedCheckpointOfAnAbsurdSizeCostsNoMoreThanTheFilesThatAreThere() throws Exception {
        final Hash root = LogReader.open(log).checkpoint().rootHash();
        final Path checkpoint = log.resolve(LogFiles.CHECKPOINT);
        Files.write(
                checkpoint,
                Checkpoint.sign(Logs.KEY, 999_999_999_999_999_999L, root).note().bytes());

        assertThat(verify().findings()).extracting(Finding::kind).contains(Finding.Kind.MISSING);
    }

    @Test
    void noContentOfAnyFileMakesTheVerifierThrow() throws Exception {
        final Random random = new Random(8785);
        for (final Path file : Logs.files(log)) {
            final byte[] whole = Files.readAllBytes(file);
            if (whole.length == 0) {
                continue;
            }
            for (int i = 0; i < 50; i++) {
                final byte[] junk = i % 2 == 0 ? whole.clone() : new byte[random.nextInt(2 * whole.length + 1)];
                for (int j = 0; j < 8 && junk.length > 0; j++) {
                    junk[random.nextInt(junk.length)] = (byte) random.nextInt();
                }
                Files.write(file, junk);
                assertThat(verify().holds()).isEqualTo(Arrays.equals(junk, whole));
            }
            Files.write(file, whole);
        }
        assertThat(LogVerifier.verify(folder.resolve("nowhere"), TRUSTED).findings())
                .isNotEmpty();
    }

    @Test
    void entriesThatAreNoEventsAreFoundWhenEventsAreAskedFor() {
        final VerificationReport report = LogVerifier.verifyEvents(log, TRUSTED);

        assertThat(report.findings()).hasSize(259).allMatch(finding -> finding.kind() == Finding.Kind.EVENT);
        assertThat(report.findings()).extracting(Finding::leafIndex).contains(0L, 258L);
    }

    private VerificationReport verify() {
        return LogVerifier.verify(log, TRUSTED);
    }

    /** A superseded file may be deleted, since nothing needs it any more; what is left of it has to be right. */
    private static boolean isSuperseded(Path file) {
        return file.toString().endsWith("001.p/1");
    }
}
