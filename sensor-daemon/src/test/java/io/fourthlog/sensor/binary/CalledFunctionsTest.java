package io.fourthlog.sensor.binary;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a small program without a table of its functions ({@code called.s}), whose symbols say where they begin. */
class CalledFunctionsTest {
    @TempDir
    Path folder;

    @Test
    void aFunctionMayFollowACallFromWhichNothingReturns() throws IOException, InterruptedException {
        final Path program =
                SmallProgram.compile(folder, "called.s", "-nostdlib -static -Wl,-Ttext=0x401000 -Wl,--no-eh-frame-hdr");
        try (ElfFile elf = ElfFile.open(program)) {
            final Map<String, Long> at = elf.functions(Set.of("guarded", "complete", "follows", "returns", "resumed"));
            final Functions functions =
                    CalledFunctions.around(elf, List.of(0x401000L)).orElseThrow();
            assertThat(start(elf, functions, at.getOrDefault("follows", -1L))).isEqualTo(at.get("follows"));
            assertThat(start(elf, functions, at.getOrDefault("follows", -1L) - 1))
                    .isEqualTo(at.get("complete"));
            assertThat(start(elf, functions, at.getOrDefault("resumed", -1L))).isEqualTo(at.get("returns"));
        }
    }

    /** Where in the file the function begins that has something at an offset of the file. */
    private static long start(final ElfFile elf, final Functions functions, final long offset) throws IOException {
        final long moved = 0x401000L - elf.offset(0x401000L);
        return elf.offset(functions.containing(offset + moved).orElseThrow().start());
    }
}
