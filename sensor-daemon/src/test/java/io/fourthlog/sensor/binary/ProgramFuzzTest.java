package io.fourthlog.sensor.binary;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;

/** Programs and libraries of tenants, as they are looked through for where probes go: what is damaged is an {@link IOException}. */
final class ProgramFuzzTest {
    private static final Optional<Disassembler> CODE = Disassembler.load();

    @TempDir
    Path folder;

    @FuzzTest
    void program(final byte[] bytes) throws IOException {
        final Path file = Files.write(folder.resolve("program"), bytes);
        try (ElfFile elf = ElfFile.open(file)) {
            final Map<String, Long> named = elf.functions(TlsLibrary.symbols());
            assertThat(elf.exported(TlsLibrary.symbols()).keySet()).isSubsetOf(TlsLibrary.symbols());
            if (CODE.isPresent()) {
                GoProgram.in(elf, CODE.get());
                for (final TlsLibrary.Probes each : TlsLibrary.linkedIn(elf, CODE.get(), TlsLibrary.in(named))) {
                    each.placed(new ProbePlacement(elf, CODE.get()));
                }
            }
        } catch (final IOException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }
}
