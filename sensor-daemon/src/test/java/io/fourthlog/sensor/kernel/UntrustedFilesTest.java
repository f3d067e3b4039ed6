package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fourthlog.sensor.binary.ElfFile;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files that a tenant put where a program or a library is looked for. */
final class UntrustedFilesTest {
    private static final Path SELF = Path.of("/proc/self");
    private static final Path PROGRAM =
            Path.of(ProcessHandle.current().info().command().orElseThrow());
    private static final Set<String> WANTED = Set.of("SSL_write");

    @TempDir
    Path folder;

    @Test
    @Timeout(
            value = 60,
            unit = TimeUnit.SECONDS,
            threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // one that waits does so for ever
    void aPipeInPlaceOfALibraryIsNotWaitedFor() throws IOException, InterruptedException {
        final Path pipe = folder.resolve("libssl.so.3");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        try {
            assertThatThrownBy(() -> ProcessFiles.open(SELF, pipe.toString())).isInstanceOf(LibC.Errno.class);
        } finally {
            new RandomAccessFile(pipe.toFile(), "rw").close(); // whoever waits goes on
        }
    }

    @Test
    void aLinkLeadsNowhereOutOfTheRootOfItsProcess() throws IOException {
        final Path process = Files.createDirectories(folder.resolve("process"));
        Files.createSymbolicLink(process.resolve("root"), Files.createDirectory(folder.resolve("container")));
        final Path outside = Files.writeString(folder.resolve("outside"), "not the container's");
        Files.createSymbolicLink(process.resolve("root/absolute"), outside);
        Files.createSymbolicLink(process.resolve("root/relative"), Path.of("../outside"));
        Files.writeString(process.resolve("root/own"), "the container's");
        for (final String link : new String[] {"/absolute", "/relative", "/../outside"}) {
            assertThatThrownBy(() -> ProcessFiles.open(process, link))
                    .isInstanceOfSatisfying(
                            LibC.Errno.class, e -> assertThat(e.errno()).isEqualTo(LibC.ENOENT));
        }
        final int own = ProcessFiles.open(process, "/own");
        assertThat(Path.of("/proc/self/fd/" + own)).hasContent("the container's");
        LibC.close(own);
    }

    @Test
    void aFileThatIsCutOffWhileItIsReadIsADamagedOne() throws IOException {
        final Path file = Files.copy(PROGRAM, folder.resolve("cut"));
        try (ElfFile elf = ElfFile.open(file);
                FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(0);
            assertThatThrownBy(() -> elf.texts(WANTED)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void sectionsThatAllHaveTheWholeFileAreNotLookedThrough() throws IOException {
        final ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(PROGRAM)).order(ByteOrder.LITTLE_ENDIAN);
        final int headers = (int) file.getLong(40);
        for (int i = 0; i < file.getShort(60); i++) {
            file.putInt(headers + 64 * i + 4, 2); // symbols
            file.putLong(headers + 64 * i + 24, 0);
            file.putLong(headers + 64 * i + 32, file.capacity());
        }
        final Path forged = Files.write(folder.resolve("forged"), file.array());
        assertThatThrownBy(() -> ElfFile.open(forged)).hasMessage("a damaged section table");
    }

    @Test
    void aFileThatIsLargerThanAnyProgramIsNotMapped() throws IOException {
        final Path sparse = Files.copy(PROGRAM, folder.resolve("sparse"));
        try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw")) {
            file.setLength(8L << 30);
        }
        assertThatThrownBy(() -> ElfFile.open(sparse)).hasMessage("larger than any program");
    }

    @Test
    @Timeout(
            value = 60,
            unit = TimeUnit.SECONDS,
            threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // who wants all of it first waits for ever
    void whatAProcessHasMappedIsToldOneByOne() throws IOException, InterruptedException {
        final Path maps = folder.resolve("maps");
        assertThat(new ProcessBuilder("mkfifo", maps.toString()).start().waitFor())
                .isZero();
        final String line = "7f0000000000-7f0000001000 r-xp 00000000 fe:00 42   /" + "x".repeat(4000) + "\n";
        final CountDownLatch told = new CountDownLatch(1);
        final Thread kernel = Thread.ofPlatform().start(() -> {
            try (OutputStream out = Files.newOutputStream(maps)) {
                for (int i = 0; i < 16; i++) {
                    out.write(line.getBytes(StandardCharsets.US_ASCII));
                }
                out.flush();
                told.await();
                out.write(line.replace(" 42 ", " 43 ").getBytes(StandardCharsets.US_ASCII));
            } catch (final IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        final Set<Long> inodes = new TreeSet<>();
        ProcessFiles.codeMappings(folder, (_, inode, _) -> {
            inodes.add(inode);
            told.countDown();
        });
        kernel.join();
        assertThat(inodes).containsExactly(42L, 43L);
    }

    @Test
    void anInodeHasAnyNumber() throws IOException {
        Files.writeString(folder.resolve("maps"), """
                7f0000000000-7f0000001000 r-xp 00000000 fe:00 18446744073709551615   /a
                7f0000001000-7f0000002000 r-xp 00000000 fe:00 42   /b
                """);
        assertThat(ProcessFiles.mapped(folder, 10)).containsExactlyInAnyOrder("/a", "/b");
    }

    /** As of one with threads of its own (EOPNOTSUPP), and of one that is removed. */
    @Test
    void aCgroupWhoseProcessesAreNotToldHidesNoOther() throws IOException {
        for (int i = 0; i < 8; i++) {
            final Path processes =
                    Files.createDirectories(folder.resolve("cgroup/" + i)).resolve("cgroup.procs");
            if (i % 2 == 0) {
                Files.writeString(processes, i + "\n");
            } else {
                Files.createDirectory(processes);
            }
        }
        assertThat(Processes.of(folder.resolve("cgroup"))).containsOnlyKeys(0, 2, 4, 6);
    }
}
