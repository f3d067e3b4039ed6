package io.fourthlog.sensor.binary;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.testing.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On programs built here, whose symbols say what is to be found without them. */
class GoProgramTest {
    private static final String WRITE = "crypto/tls.(*Conn).Write";
    private static final String READ = "crypto/tls.(*Conn).Read";
    private static final String CLOSE = "crypto/tls.(*Conn).Close";
    private static final long CHECK = 32; // bytes that the check of the stack takes at most

    @TempDir
    Path folder;

    /** In one that gcc links, Go's code does not begin where the section does. */
    @ParameterizedTest
    @ValueSource(strings = {"internal", "external"})
    void theFunctionsAreFoundWhoeverLinksTheProgram(final String linker) throws IOException, InterruptedException {
        Files.writeString(folder.resolve("go.mod"), "module program\n\ngo 1.21\n");
        Files.writeString(folder.resolve("main.go"), """
                package main

                import "crypto/tls"

                func main() {
                	connection, err := tls.Dial("tcp", "localhost:1", nil)
                	if err == nil {
                		connection.Write(nil)
                		connection.Read(nil)
                		connection.Close()
                	}
                }
                """);
        Command.run(folder, "go", "build", "-ldflags", "-linkmode=" + linker, "-o", "program", ".");
        final Path program = folder.resolve("program");
        final Map<String, Long> symbols;
        try (ElfFile elf = ElfFile.open(program)) {
            symbols = elf.functions(Set.of(WRITE, READ, CLOSE));
        }
        assertThat(symbols).containsOnlyKeys(WRITE, READ, CLOSE);
        SmallProgram.strip(program);
        final GoProgram found;
        try (ElfFile elf = ElfFile.open(program)) {
            found = GoProgram.in(elf, Disassembler.load().orElseThrow()).orElseThrow();
            assertThat(found.write() - symbols.getOrDefault(WRITE, 0L)).isBetween(1L, CHECK);
            assertThat(found.read() - symbols.getOrDefault(READ, 0L)).isBetween(1L, CHECK);
            assertThat(found.close() - symbols.getOrDefault(CLOSE, 0L)).isBetween(1L, CHECK);
            assertThat(found.readReturns())
                    .isNotEmpty()
                    .allSatisfy(at -> assertThat(elf.code(at, 1)).containsExactly(0xc3));
        }
        numberTableAsBefore1_20(program);
        try (ElfFile elf = ElfFile.open(program)) {
            assertThat(GoProgram.in(elf, Disassembler.load().orElseThrow())).contains(found);
        }
    }

    private static void numberTableAsBefore1_20(final Path program) throws IOException {
        final byte[] bytes = Files.readAllBytes(program);
        final int table = new String(bytes, StandardCharsets.ISO_8859_1)
                .indexOf("\u00f1\u00ff\u00ff\u00ff\0\0\1\b"); // magic, padding, smallest instruction, pointer size
        bytes[table] = (byte) 0xf0;
        Files.write(program, bytes);
    }
}
