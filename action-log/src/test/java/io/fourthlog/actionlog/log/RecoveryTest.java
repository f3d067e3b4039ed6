package io.fourthlog.actionlog.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cuts the power at every point of a commit: the log comes back at a signed checkpoint, and goes on from there. */
class RecoveryTest {

    @TempDir
    Path folder;

    private Path before;
    private Path after;
    private Path crashed;

    @BeforeEach
    void names() {
        before = folder.resolve("before");
        after = folder.resolve("after");
        crashed = folder.resolve("crashed");
    }

    @Test
    void aCommitTornAtAnyByteIsDropped() throws Exception {
        Logs.grow(before, 3);
        Logs.grow(Logs.copy(before, after), 5);

        for (final Path file : newFiles()) {
            final byte[] whole = Files.readAllBytes(after.resolve(file));
            for (int length = 0; length <= whole.length; length++) {
                crashAfter(file, Arrays.copyOf(whole, length));
                assertRecovers(3);
            }
        }
    }

    @Test
    void aCommitThatFillsTilesIsDroppedWhereverItStopped() throws Exception {
        Logs.grow(before, 254);
        Logs.grow(Logs.copy(before, after), 515);

        for (final Path file : newFiles()) {
            final byte[] whole = Files.readAllBytes(after.resolve(file));
            for (final int length : new int[] {0, 1, whole.length / 2, whole.length - 1, whole.length}) {
                crashAfter(file, Arrays.copyOf(whole, length));
                assertRecovers(254);
            }
        }
    }

    @Test
    void aTornTemporaryCheckpointIsDropped() throws Exception {
        Logs.grow(before, 3);
        Logs.grow(Logs.copy(before, after), 5);
        final byte[] checkpoint = Files.readAllBytes(after.resolve(LogFiles.CHECKPOINT));

        for (int length = 0; length <= checkpoint.length; length++) {
            Logs.copy(after, crashed);
            Files.copy(before.resolve(LogFiles.CHECKPOINT), replaced(LogFiles.CHECKPOINT));
            Files.write(crashed.resolve("checkpoint.tmp"), Arrays.copyOf(checkpoint, length));
            assertRecovers(3);
        }
    }

    @Test
    void aCrashAfterTheCheckpointLosesNothing() throws Exception {
        Logs.grow(before, 254);
        Logs.grow(Logs.copy(before, after), 258);
        Logs.copy(before, crashed);
        for (final Path file : Logs.files(after)) {
            final Path target = crashed.resolve(after.relativize(file));
            Files.createDirectories(target.getParent());
            Files.write(target, Files.readAllBytes(file));
        }

        assertThat(crashed.resolve("tile/0/000.p/254")).exists();
        assertThat(Logs.verify(crashed).findings()).isEmpty();
        assertRecovers(258);
    }

    @Test
    void aTileThatIsTornAnywhereIsRebuiltFromTheEntries() throws Exception {
        Logs.grow(before, 5, 260);
        for (final String tile : List.of("tile/0/001.p/4", "tile/1/000.p/1")) {
            final byte[] whole = Files.readAllBytes(before.resolve(tile));
            for (int length = 0; length < whole.length; length++) {
                Logs.copy(before, crashed);
                Files.write(crashed.resolve(tile), Arrays.copyOf(whole, length));
                try (LogWriter writer = LogWriter.open(crashed, Logs.KEY)) {
                    assertThat(writer.recovered()).isEqualTo(new Recovery(260, 0, 0, 1));
                }
                assertThat(Logs.verify(crashed).findings()).isEmpty();
            }
        }
    }

    @Test
    void entriesThatDoNotLeadToTheSignedRootAreNotBuiltUpon() throws Exception {
        Logs.grow(before, 5);
        final String bundle = "tile/entries/000.p/5";
        final byte[] whole = Files.readAllBytes(before.resolve(bundle));
        for (int i = 0; i < whole.length; i++) {
            Logs.copy(before, crashed);
            final byte[] altered = whole.clone();
            altered[i]++;
            Files.write(crashed.resolve(bundle), altered);

            assertThatThrownBy(() -> LogWriter.open(crashed, Logs.KEY)).isInstanceOf(LogCorruptException.class);
            assertThat(crashed.resolve(bundle)).hasBinaryContent(altered);
        }
    }

    @Test
    void aLogThatLostItsCheckpointIsKeptAsItIs() throws Exception {
        Logs.grow(before, 5);
        Files.delete(before.resolve(LogFiles.CHECKPOINT));
        final List<Path> files = Logs.files(before);

        assertThatThrownBy(() -> LogWriter.open(before, Logs.KEY))
                .isInstanceOf(LogCorruptException.class)
                .hasMessageContaining("no checkpoint");
        assertThat(Logs.files(before)).isEqualTo(files);
    }

    @Test
    void aCheckpointThatSomeoneElseSignedIsNotContinued() throws Exception {
        Logs.grow(before, 5);
        final SigningKey forger = SigningKey.generate(Logs.KEY.verifierKey().name());
        Files.write(
                before.resolve(LogFiles.CHECKPOINT),
                Checkpoint.sign(forger, 0, MerkleTree.emptyRoot()).note().bytes());

        assertThatThrownBy(() -> LogWriter.open(before, Logs.KEY)).isInstanceOf(LogCorruptException.class);
        assertThat(before.resolve("tile/entries/000.p/5")).exists();
    }

    /** The files that the commit wrote, in the order of their names; a crash can leave any prefix of any of them. */
    private List<Path> newFiles() throws IOException {
        final List<Path> old =
                Logs.files(before).stream().map(before::relativize).toList();
        return Logs.files(after).stream()
                .map(after::relativize)
                .filter(file -> !old.contains(file))
                .toList();
    }

    /** The state before, with the new files up to this one, and of this one the content given. */
    private void crashAfter(Path last, byte[] content) throws IOException {
        Logs.copy(before, crashed);
        final List<Path> files = newFiles();
        final Stream<Path> written = IntStream.range(0, files.indexOf(last)).mapToObj(files::get);
        for (final Path file : written.toList()) {
            Files.createDirectories(crashed.resolve(file).getParent());
            Files.copy(after.resolve(file), crashed.resolve(file));
        }
        Files.createDirectories(crashed.resolve(last).getParent());
        Files.write(crashed.resolve(last), content);
    }

    private Path replaced(String name) throws IOException {
        Files.delete(crashed.resolve(name));
        return crashed.resolve(name);
    }

    private void assertRecovers(long size) throws IOException {
        assertThat(Logs.verify(crashed).findings()).isEmpty();
        try (LogWriter writer = LogWriter.open(crashed, Logs.KEY)) {
            assertThat(writer.recovered().size()).isEqualTo(size);
            assertThat(writer.recovered().tilesRebuilt()).isZero();
            assertThat(writer.append(Logs.entry(size))).isEqualTo(size);
            assertThat(writer.commit().size()).isEqualTo(size + 1);
        }
        final VerificationReport report = Logs.verify(crashed);
        assertThat(report.findings()).isEmpty();
        assertThat(report.beyond()).isEmpty();
        assertThat(LogReader.open(crashed).entry(size)).isEqualTo(Logs.entry(size));
    }
}
