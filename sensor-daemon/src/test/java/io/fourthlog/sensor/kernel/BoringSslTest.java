package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
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
        final Path source = folder.resolve("boringssl.c");
        try (InputStream resource = BoringSslTest.class.getResourceAsStream("boringssl.c")) {
            Files.write(source, java.util.Objects.requireNonNull(resource).readAllBytes());
        }
        final Path program = folder.resolve("program");
        run("gcc " + options + " -o " + program + " " + source);
        return program;
    }

    private static void run(final String command) throws IOException, InterruptedException {
        final Process process = new ProcessBuilder(command.split(" ", -1))
                .redirectErrorStream(true)
                .start();
        final String said = Sandbox.output(process);
        assertThat(process.waitFor()).as(said).isZero();
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
                "-Os -fPIE -pie -DPEEK=1"
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
        run("strip " + program);
        final TlsLibrary.Probes found = find(program).orElseThrow();
        assertThat(found.offsets()).isEqualTo(expected.subList(0, 2));
        assertThat(found.cookies()).containsExactly(0L, 1L);
        assertThat(found.free()).isEqualTo(expected.get(2));
    }

    @Test
    void whatCouldBeEitherIsNotProbed() throws IOException, InterruptedException {
        assertThat(find(compile("-O2 -s -DPEEK=1 -DTWICE=1"))).isEmpty();
    }

    @Test
    void anotherProgramHasNone() throws IOException {
        assertThat(find(Path.of("/bin/sh"))).isEmpty();
    }

    @Test
    void aDamagedProgramIsAnErrorOrNone() throws IOException, InterruptedException {
        final byte[] whole = Files.readAllBytes(compile("-O2 -s -DPEEK=1"));
        final Path damaged = folder.resolve("damaged");
        final Random random = new Random(11);
        for (int i = 0; i < 400; i++) {
            final byte[] bytes =
                    java.util.Arrays.copyOf(whole, i % 4 == 0 ? random.nextInt(whole.length) : whole.length);
            for (int change = 0; change < 40 && bytes.length > 0; change++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            Files.write(damaged, bytes);
            try {
                find(damaged).ifPresent(found -> assertThat(found.offsets()).allMatch(offset -> offset >= 0));
            } catch (final IOException expected) {
                assertThat(expected).hasMessageNotContaining("null");
            }
        }
    }
}
