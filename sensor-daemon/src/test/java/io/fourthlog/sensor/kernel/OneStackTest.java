package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs on kernels before Linux 6.13, which give all functions of a program one stack of 512 bytes (maps.h, {@code ONE_STACK}). */
final class OneStackTest {
    private static final Path BUILD = Path.of("src/main/bpf/build.sh");

    @TempDir
    private Path folder;

    @Test
    void allProgramsLoad() throws IOException, InterruptedException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        final Path object = folder.resolve("sensor.bpf.o");
        final Process build = new ProcessBuilder(BUILD.toString(), object.toString(), "-DONE_STACK")
                .inheritIO()
                .start();
        assertThat(build.waitFor()).isZero();
        try (Arena arena = Arena.ofConfined()) {
            final byte[] bytes = Files.readAllBytes(object);
            final MemorySegment programs = arena.allocate(bytes.length, 8);
            MemorySegment.copy(bytes, 0, programs, ValueLayout.JAVA_BYTE, 0, bytes.length);
            assertThatCode(() -> Programs.load(programs, UprobeLinks.MULTI).close())
                    .doesNotThrowAnyException();
        }
    }
}
