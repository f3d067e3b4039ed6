package io.fourthlog.sensor.binary;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * On a program with all of this machine's OpenSSL in it ({@code client.c}), and on small ones of its outline in other versions
 * ({@code openssl.c}), whose symbols say what is to be found without them.
 */
class OpenSslTest {
    private static final List<String> FUNCTIONS = List.of("ssl_write_internal", "ssl_read_internal", "SSL_free");

    @TempDir
    Path folder;

    private final Disassembler disassembler = Disassembler.load().orElseThrow();

    private Path compile(final String options) throws IOException, InterruptedException {
        return SmallProgram.compile(folder, "openssl.c", options);
    }

    private Optional<TlsLibrary.Probes> find(final Path program) throws IOException {
        try (ElfFile elf = ElfFile.open(program)) {
            return OpenSsl.in(elf, disassembler);
        }
    }

    /** What is found without the symbols is where these say, with these cookies. */
    private void finds(final Path program, final long write, final long read) throws IOException, InterruptedException {
        final Map<String, Long> symbols;
        try (ElfFile elf = ElfFile.open(program)) {
            symbols = elf.functions(Set.copyOf(FUNCTIONS));
        }
        assertThat(symbols).containsOnlyKeys(FUNCTIONS);
        SmallProgram.strip(program);
        final TlsLibrary.Probes found = find(program).orElseThrow();
        assertThat(found.offsets())
                .containsExactly(symbols.get("ssl_write_internal"), symbols.get("ssl_read_internal"));
        assertThat(found.cookies()).containsExactly(write, read);
        assertThat(found.free()).isEqualTo(symbols.get("SSL_free"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-fPIE -pie", "-fno-pie -no-pie"})
    void thatOfThisMachineIsFoundInAProgram(final String options) throws IOException, InterruptedException {
        finds(SmallProgram.compile(folder, "client.c", "-O2 " + options, SmallProgram.STATIC_OPENSSL), 2, 3);
    }

    @ParameterizedTest
    @CsvSource({
        "111, -O2 -fPIE -pie, 2",
        "111, -Os -fno-pie -no-pie, 2",
        "300, -O2 -fPIE -pie, 2",
        "300, -O1 -fno-pie -no-pie, 2",
        "330, -O2 -fPIE -pie, 6",
        "330, -Os -fno-pie -no-pie, 6",
    })
    void theFunctionsOfEachVersionAreFound(final int version, final String options, final long write)
            throws IOException, InterruptedException {
        finds(compile("-DVERSION=" + version + " " + options), write, 3);
    }

    @ParameterizedTest
    @ValueSource(ints = {111, 300})
    void whatCouldBeEitherIsNotProbed(final int version) throws IOException, InterruptedException {
        assertThat(find(compile("-O2 -s -DTWICE=1 -DVERSION=" + version))).isEmpty();
    }

    @Test
    void anotherProgramHasNone() throws IOException {
        assertThat(find(Path.of("/bin/sh"))).isEmpty();
    }

    @Test
    void aDamagedProgramIsAnErrorOrNone() throws IOException, InterruptedException {
        SmallProgram.searchDamaged(
                compile("-O2 -s -DVERSION=300"),
                13,
                damaged -> find(damaged)
                        .ifPresent(found -> assertThat(found.offsets()).allMatch(offset -> offset >= 0)));
    }
}
