package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SurveyTest {

    @TempDir
    private Path root = Path.of("");

    @Test
    void librariesAreFoundWhereDistributionsPutThem() throws IOException {
        file("usr/lib/x86_64-linux-gnu/libssl.so.3");
        file("usr/lib/x86_64-linux-gnu/libc.so.6");
        file("usr/lib64/libgnutls.so.30.1");
        file("usr/local/lib/libssl3-custom.so");
        assertThat(Survey.of(root))
                .containsExactlyInAnyOrder(
                        "/usr/lib/x86_64-linux-gnu/libssl.so.3",
                        "/usr/lib64/libgnutls.so.30.1",
                        "/usr/local/lib/libssl3-custom.so");
    }

    @Test
    void linksAreNotFollowedOutOfTheRoot() throws IOException {
        final Path outside = Files.createDirectories(root.resolve("outside"));
        Files.writeString(outside.resolve("libssl.so.3"), "");
        final Path inside = Files.createDirectories(root.resolve("root/usr"));
        Files.createSymbolicLink(inside.resolve("lib"), outside);
        Files.createDirectory(inside.resolve("lib64"));
        Files.createSymbolicLink(inside.resolve("lib64/libssl.so.1.1"), outside.resolve("libssl.so.3"));
        Files.createSymbolicLink(inside.resolve("lib64/x86_64-linux-gnu"), outside);
        Files.createSymbolicLink(inside.resolve("local"), outside);
        assertThat(Survey.of(root.resolve("root"))).isEmpty();
    }

    private void file(final String path) throws IOException {
        final Path file = root.resolve(path);
        Files.createDirectories(file.resolveSibling("."));
        Files.writeString(file, "");
    }
}
