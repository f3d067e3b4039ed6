package io.fourthlog.sensor.binary;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs that mean to hold up whoever looks into them. */
final class UntrustedProgramsTest {
    private static final Set<String> WANTED = Set.of("SSL_write");

    @TempDir
    Path folder;

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
}
