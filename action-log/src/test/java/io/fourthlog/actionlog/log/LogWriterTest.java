package io.fourthlog.actionlog.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogWriterTest {

    @TempDir
    Path folder;

    @Test
    void anEmptyLogIsSignedAtOnce() throws Exception {
        try (LogWriter writer = LogWriter.open(folder.resolve("log"), Logs.KEY)) {
            assertThat(writer.checkpoint().size()).isZero();
            assertThat(writer.commit()).isEqualTo(writer.checkpoint());
        }
        assertThat(Logs.verify(folder.resolve("log")).findings()).isEmpty();
    }

    @Test
    void whatWasCommittedIsReadInItsOrderAfterReopening() throws Exception {
        Logs.grow(folder, 3, 256, 257, 600);
        Logs.grow(folder, 601, 1024);

        final LogReader reader = LogReader.open(folder);
        final List<String> read = new ArrayList<>();
        reader.forEach(0, (index, entry) -> {
            assertThat(index).isEqualTo(read.size());
            read.add(new String(entry, UTF_8));
        });

        assertThat(read).hasSize(1024).startsWith("entry 0").endsWith("entry 1023");
        assertThat(Logs.verify(folder).findings()).isEmpty();
        assertThat(reader.statedKeys()).containsExactly(Logs.KEY.verifierKey());
    }

    @Test
    void appendedEntriesAreNotReadBeforeTheyAreCommitted() throws Exception {
        try (LogWriter writer = LogWriter.open(folder, Logs.KEY)) {
            assertThat(writer.append(Logs.entry(0))).isZero();
            assertThat(writer.append(Logs.entry(1))).isEqualTo(1);
            assertThat(LogReader.open(folder).size()).isZero();

            assertThat(writer.commit().size()).isEqualTo(2);
            assertThat(LogReader.open(folder).size()).isEqualTo(2);
        }
    }

    @Test
    void aReaderOfAnOlderCheckpointReadsOnWhileTheLogGrows() throws Exception {
        Logs.grow(folder, 200);
        final LogReader before = LogReader.open(folder);
        Logs.grow(folder, 201, 300);

        assertThat(before.entry(199)).isEqualTo(Logs.entry(199));
        assertThat(before.inclusionProof(7)
                        .verify(
                                MerkleTree.leafHash(Logs.entry(7)),
                                before.checkpoint().rootHash()))
                .isTrue();
    }

    @Test
    void partialFilesGoWhenTheFullOneIsSignedFor() throws Exception {
        Logs.grow(folder, 100, 200);
        assertThat(folder.resolve("tile/0/000.p")).isDirectory();

        Logs.grow(folder, 256);
        assertThat(folder.resolve("tile/0/000.p")).doesNotExist();
        assertThat(folder.resolve("tile/entries/000.p")).doesNotExist();
        assertThat(folder.resolve("tile/entries/000")).isRegularFile();
    }

    @Test
    void anEntryThatItsLengthFieldCannotHoldIsRefused() throws Exception {
        try (LogWriter writer = LogWriter.open(folder, Logs.KEY)) {
            assertThatThrownBy(() -> writer.append(new byte[65_536])).hasMessageContaining("65536 bytes");
            assertThatThrownBy(() -> writer.append(new byte[0])).isInstanceOf(IllegalArgumentException.class);
            writer.append(new byte[65_535]);
            writer.commit();
        }
        assertThat(LogReader.open(folder).entry(0)).hasSize(65_535);
    }

    @Test
    void aSecondWriterIsLockedOut() throws Exception {
        try (LogWriter writer = LogWriter.open(folder, Logs.KEY)) {
            assertThatThrownBy(() -> LogWriter.open(folder, Logs.KEY)).isInstanceOf(LogLockedException.class);
            assertThat(writer.checkpoint().size()).isZero();
        }
        LogWriter.open(folder, Logs.KEY).close();
    }

    @Test
    void aLogOfAnotherKeyIsNotOpened() throws Exception {
        Logs.grow(folder, 1);

        assertThatThrownBy(() -> LogWriter.open(
                        folder, SigningKey.generate(Logs.KEY.verifierKey().name())))
                .isInstanceOf(LogCorruptException.class);
    }

    @Test
    void aFailedCommitCanBeTriedAgain() throws Exception {
        Logs.grow(folder, 2);
        final Path blocked = folder.resolve("tile/entries/000.p/5");
        try (LogWriter writer = LogWriter.open(folder, Logs.KEY)) {
            Logs.entries(2, 5).forEach(writer::append);
            Files.createDirectories(blocked);
            assertThatThrownBy(writer::commit).isInstanceOf(IOException.class);
            assertThat(writer.checkpoint().size()).isEqualTo(2);

            Files.delete(blocked);
            assertThat(writer.commit().size()).isEqualTo(5);
        }
        assertThat(Logs.verify(folder).findings()).isEmpty();
    }

    @Test
    void aPrefixIsSignedLikeTheCheckpointOfItsTime() throws Exception {
        final Checkpoint then = Logs.grow(folder, 300);
        Logs.grow(folder, 700);

        try (LogWriter writer = LogWriter.open(folder, Logs.KEY)) {
            assertThat(writer.signPrefix(300)).isEqualTo(then);
            assertThatThrownBy(() -> writer.signPrefix(701)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
