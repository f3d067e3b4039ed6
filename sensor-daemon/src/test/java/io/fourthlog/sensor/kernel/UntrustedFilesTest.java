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
import java.util.List;
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
            assertThatThrownBy(() -> AttachManager.open(SELF, pipe.toString())).isInstanceOf(LibC.Errno.class);
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
            assertThatThrownBy(() -> AttachManager.open(process, link))
                    .isInstanceOfSatisfying(
                            LibC.Errno.class, e -> assertThat(e.errno()).isEqualTo(LibC.ENOENT));
        }
        final int own = AttachManager.open(process, "/own");
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

    /** A file whose only section of constants, and of code, is this. */
    private Path forged(final byte[] content) throws IOException {
        final byte[] names = "\0.rodata\0.text\0".getBytes(StandardCharsets.US_ASCII);
        final int headers = 64 + content.length + names.length;
        final ByteBuffer file = ByteBuffer.allocate(headers + 4 * 64).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0x464c457f).putShort((short) 0x0102).putLong(40, headers);
        file.putShort(60, (short) 4).putShort(62, (short) 3);
        file.put(64, content).put(64 + content.length, names);
        section(file, headers + 64, 1, 64, content.length);
        section(file, headers + 2 * 64, 9, 64, content.length);
        section(file, headers + 3 * 64, 0, 64 + content.length, names.length);
        return Files.write(folder.resolve("forged"), file.array());
    }

    private static void section(
            final ByteBuffer file, final int at, final int name, final long offset, final long size) {
        file.putInt(at, name).putLong(at + 24, offset).putLong(at + 32, size);
    }

    @Test
    void aTextThatStandsEverywhereIsNotCollected() throws IOException {
        final String text = "ssl/ssl_lib.c\0";
        try (ElfFile elf = ElfFile.open(forged(text.repeat(100_000).getBytes(StandardCharsets.US_ASCII)))) {
            assertThatThrownBy(() -> References.texts(elf, List.of("/ssl_lib.c")))
                    .hasMessage("a text that stands everywhere");
        }
    }

    @Test
    void functionsThatAreCalledEverywhereAreNotCollected() throws IOException {
        final ByteBuffer code = ByteBuffer.allocate(10 << 20).order(ByteOrder.LITTLE_ENDIAN);
        for (int call = 0; code.remaining() >= 5; call++) {
            code.put((byte) 0xe8).putInt(call - code.position() - 4);
        }
        try (ElfFile elf = ElfFile.open(forged(code.array()))) {
            assertThatThrownBy(() -> References.called(elf, 0, 16 << 20, 1))
                    .hasMessage("code that is called everywhere");
        }
    }

    @Test
    void aFileThatTakesLongIsNotLookedThroughToItsEnd() throws IOException {
        final Path sparse = forged(new byte[1]);
        try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw")) {
            final long headers = 64 + 1 + 15;
            file.setLength(512L << 20);
            file.seek(headers + 64 + 32);
            file.writeLong(Long.reverseBytes(256L << 20));
        }
        try (ElfFile elf = ElfFile.open(sparse, 0)) {
            assertThatThrownBy(() -> References.contains(elf, "rustls")).hasMessage("takes too long to look through");
            assertThatThrownBy(() -> elf.texts(WANTED)).hasMessage("takes too long to look through");
        }
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
        AttachManager.codeMappings(folder, (_, inode, _) -> {
            inodes.add(inode);
            told.countDown();
        });
        kernel.join();
        assertThat(inodes).containsExactly(42L, 43L);
    }
}
