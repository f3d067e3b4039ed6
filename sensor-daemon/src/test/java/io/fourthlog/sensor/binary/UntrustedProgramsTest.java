package io.fourthlog.sensor.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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

    @Test
    void aFunctionInGoThatReturnsEverywhereIsNotProbed() throws IOException {
        final Disassembler disassembler = Disassembler.load().orElseThrow();
        try (ElfFile elf = ElfFile.open(go(8))) {
            assertThat(GoProgram.in(elf, disassembler).orElseThrow().readReturns())
                    .hasSize(8);
        }
        try (ElfFile elf = ElfFile.open(go(1 << 20))) {
            assertThatThrownBy(() -> GoProgram.in(elf, disassembler))
                    .hasMessage("crypto/tls.(*Conn).Read has 1048576 returns");
        }
    }

    /** What has the tables of a program in Go, whose (*Conn).Read has so many returns and nothing else. */
    private Path go(final int returns) throws IOException {
        final int text = 4096; // loaded where it is in the file, as all of it
        final int read = 2; // behind the two other functions, of a return each
        final int table = text + read + returns;
        final String names = "\0crypto/tls.(*Conn).Write\0crypto/tls.(*Conn).Close\0crypto/tls.(*Conn).Read\0";
        final int functions = 4 * Long.BYTES; // behind their addresses
        final int sections = table + 72 + names.length() + functions + 3 * Long.BYTES;
        final ByteBuffer file = ByteBuffer.allocate(sections + 3 * 64 + 32).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0x464c457f).putShort((short) 0x0102);
        file.putLong(32, 64).putLong(40, sections);
        file.putShort(54, (short) 56)
                .putShort(56, (short) 1)
                .putShort(60, (short) 3)
                .putShort(62, (short) 2);
        file.putInt(64, 1).putInt(68, 5).putLong(96, file.capacity()).putLong(104, file.capacity());
        Arrays.fill(file.array(), text, table, (byte) 0xc3);
        file.position(table).putInt(0xfffffff1).put(7, (byte) 8);
        file.putLong(table + 8, 3)
                .putLong(table + 24, text)
                .putLong(table + 32, 72)
                .putLong(table + 64, 72 + names.length());
        file.put(table + 72, names.getBytes(StandardCharsets.US_ASCII)).position(table + 72 + names.length());
        final int[] entries = {0, 1, read, read + returns};
        for (int i = 0; i < entries.length; i++) {
            file.putInt(entries[i]).putInt(functions + i * Long.BYTES);
        }
        for (final String name : List.of("Write", "Close", "Read")) {
            file.putInt(0).putInt(names.indexOf("\0crypto/tls.(*Conn)." + name) + 1);
        }
        section(file, sections + 64, 1, table, sections - table);
        section(file, sections + 2 * 64, 0, sections + 3 * 64, 32);
        file.put(sections + 3 * 64, "\0.gopclntab\0".getBytes(StandardCharsets.US_ASCII));
        return Files.write(folder.resolve("go"), file.array());
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
