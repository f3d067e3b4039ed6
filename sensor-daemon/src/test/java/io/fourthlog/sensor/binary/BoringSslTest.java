package io.fourthlog.sensor.binary;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On small programs of BoringSSL's outline ({@code boringssl.c}), whose symbols say what is to be found without them. */
class BoringSslTest {
    @TempDir
    Path folder;

    private final Disassembler disassembler = Disassembler.load().orElseThrow();

    private Path compile(final String options) throws IOException, InterruptedException {
        return SmallProgram.compile(folder, "boringssl.c", options);
    }

    private Optional<TlsLibrary.Probes> find(final Path program) throws IOException {
        try (ElfFile elf = ElfFile.open(program)) {
            return BoringSsl.in(elf, disassembler);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-O2 -fPIE -pie -DPEEK=0",
                "-O2 -fPIE -pie -DPEEK=1",
                "-O2 -fno-pie -no-pie -DPEEK=0",
                "-O2 -fno-pie -no-pie -DPEEK=1",
                "-O1 -fPIE -pie -DPEEK=1",
                "-Os -fPIE -pie -DPEEK=1",
                "-O2 -fPIE -pie -DPEEK=1 -DOLD=1"
            })
    void theFunctionsOfAStrippedProgramAreFound(final String options) throws IOException, InterruptedException {
        final Path program = compile(options);
        final List<Long> expected = new ArrayList<>();
        try (ElfFile elf = ElfFile.open(program)) {
            final var symbols = elf.functions(Set.of("SSL_write", "SSL_read", "tls_free"));
            for (final String name : List.of("SSL_write", "SSL_read", "tls_free")) {
                expected.add(symbols.getOrDefault(name, -1L));
            }
        }
        SmallProgram.strip(program);
        final TlsLibrary.Probes found = find(program).orElseThrow();
        assertThat(found.offsets()).isEqualTo(expected.subList(0, 2));
        assertThat(found.cookies()).containsExactly(0L, 1L);
        assertThat(found.free()).isEqualTo(expected.get(2));
    }

    /** The C library's few functions have one, as some of Bun's have since 1.4.6. */
    @Test
    void aTableOfOtherFunctionsIsNotReliedOn() throws IOException, InterruptedException {
        final Path program = compile("-Os -fPIE -pie -DPEEK=1 -fno-asynchronous-unwind-tables");
        try (ElfFile elf = ElfFile.open(program)) {
            final long write = elf.functions(Set.of("SSL_write")).getOrDefault("SSL_write", -1L);
            final long inside = write + 1;
            assertThat(FunctionTable.in(elf)).isPresent();
            assertThat(Functions.of(elf, List.of(List.of(inside))).flatMap(functions -> start(functions, inside)))
                    .contains(write);
        }
    }

    private static Optional<Long> start(final Functions functions, final long inside) {
        try {
            return functions.containing(inside).map(Functions.Function::start);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As a compiler puts a table of jumps there. */
    @Test
    void itsSourceFilesNameMayStandBehindNumbers() throws IOException, InterruptedException {
        final Path program = compile("-O2 -s -DPEEK=1");
        final List<Long> expected = find(program).orElseThrow().offsets();
        final byte[] bytes = Files.readAllBytes(program);
        final String text = new String(bytes, StandardCharsets.ISO_8859_1);
        final int name = text.indexOf("../../vendor/boringssl/ssl/ssl_lib.cc");
        assertThat(bytes[name - 1]).isZero();
        bytes[name - 1] = (byte) 0xff;
        Files.write(program, bytes);
        assertThat(find(program).orElseThrow().offsets()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-DTWICE=1", "-DOLD=2"})
    void whatCouldBeAnotherIsNotProbed(final String options) throws IOException, InterruptedException {
        assertThat(find(compile("-O2 -s -DPEEK=1 " + options))).isEmpty();
    }

    @Test
    void anotherProgramHasNone() throws IOException {
        assertThat(find(Path.of("/bin/sh"))).isEmpty();
    }

    @Test
    void aDamagedProgramIsAnErrorOrNone() throws IOException, InterruptedException {
        SmallProgram.searchDamaged(
                compile("-O2 -s -DPEEK=1"),
                11,
                damaged -> find(damaged)
                        .ifPresent(found -> assertThat(found.offsets()).allMatch(offset -> offset >= 0)));
    }
}
