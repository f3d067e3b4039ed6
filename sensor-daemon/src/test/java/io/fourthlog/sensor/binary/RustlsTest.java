package io.fourthlog.sensor.binary;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On small programs of the outline of ring and AWS-LC ({@code rustls.c}), whose symbols say what is to be found without them. */
class RustlsTest {
    private static final Map<String, Long> RING =
            Map.of("aes_gcm_seal", 0L, "aes_gcm_open", 1L, "chacha_seal", 0L, "chacha_open", 1L);
    private static final Map<String, Long> AWS_LC = Map.of(
            "EVP_AEAD_CTX_seal", 2L,
            "EVP_AEAD_CTX_open", 3L,
            "EVP_AEAD_CTX_seal_scatter", 4L,
            "EVP_AEAD_CTX_open_gather", 5L);

    @TempDir
    Path folder;

    private final Disassembler disassembler = Disassembler.load().orElseThrow();

    private Path compile(final String options) throws IOException, InterruptedException {
        return SmallProgram.compile(folder, "rustls.c", options);
    }

    /** Cookies by offset. */
    private Map<Long, Long> find(final Path program) throws IOException {
        try (ElfFile elf = ElfFile.open(program)) {
            final Map<Long, Long> found = new HashMap<>();
            final Optional<TlsLibrary.Probes> probes = Rustls.in(elf, disassembler);
            for (int i = 0; probes.isPresent() && i < probes.get().offsets().size(); i++) {
                found.put(probes.get().offsets().get(i), probes.get().cookies().get(i));
            }
            return found;
        }
    }

    private static Map<Long, Long> symbols(final Path program, final Map<String, Long> names) throws IOException {
        try (ElfFile elf = ElfFile.open(program)) {
            final Map<Long, Long> symbols = new HashMap<>();
            elf.functions(Set.copyOf(names.keySet()))
                    .forEach((name, offset) -> symbols.put(offset, names.getOrDefault(name, -1L)));
            assertThat(symbols).hasSameSizeAs(names);
            return symbols;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-O2 -fPIE -pie", "-O2 -fno-pie -no-pie", "-O1 -fPIE -pie"})
    void whatSealsAndOpensRecordsIsFound(final String options) throws IOException, InterruptedException {
        final Path program = compile(options);
        final Map<Long, Long> expected = symbols(program, RING);
        expected.putAll(symbols(program, AWS_LC));
        SmallProgram.strip(program);
        assertThat(find(program)).isEqualTo(expected);
    }

    /** Of ring no certain sign is left without the table. */
    @Test
    void awsLcIsFoundInASmallProgramWithoutATableOfFunctions() throws IOException, InterruptedException {
        final Path program = compile("-Oz -fPIE -pie -fno-asynchronous-unwind-tables -Wl,--no-eh-frame-hdr");
        final Map<Long, Long> expected = symbols(program, AWS_LC);
        SmallProgram.strip(program);
        assertThat(find(program)).isEqualTo(expected);
    }

    @Test
    void anOpenSslWithItsSymbolsHidesItNot() throws IOException, InterruptedException {
        try (ElfFile elf = ElfFile.open(compile("-O2 -DOPENSSL"))) {
            final Optional<TlsLibrary.Probes> named = TlsLibrary.in(elf.functions(TlsLibrary.symbols()));
            assertThat(TlsLibrary.linkedIn(elf, disassembler, named))
                    .extracting(found -> found.library().name())
                    .containsExactly("OpenSSL", "rustls");
        }
    }

    @Test
    void whatCouldBeEitherIsNotProbed() throws IOException, InterruptedException {
        final Path program = compile("-O2 -DOTHER=1");
        assertThat(find(program)).isEqualTo(symbols(program, AWS_LC));
    }

    @Test
    void anotherProgramHasNone() throws IOException {
        assertThat(find(Path.of("/bin/sh"))).isEmpty();
    }

    @Test
    void aDamagedProgramIsAnErrorOrNone() throws IOException, InterruptedException {
        SmallProgram.searchDamaged(
                compile("-O2 -s"),
                12,
                damaged -> assertThat(find(damaged).keySet()).allMatch(offset -> offset >= 0));
    }
}
