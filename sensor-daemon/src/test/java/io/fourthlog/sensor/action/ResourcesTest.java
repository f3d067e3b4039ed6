package io.fourthlog.sensor.action;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResourcesTest {
    private final RuntimeFiles files = new RuntimeFiles(List.of("/app/cache/**"));

    @ParameterizedTest
    @CsvSource({
        "/etc/secrets/key, file:///etc/secrets/key",
        "/tmp/../etc/./secrets//key, file:///etc/secrets/key",
        "/proc/self/root/etc/secrets/key, file:///etc/secrets/key",
        "/proc/17/task/18/root/proc/1/root/etc/x, file:///etc/x",
        "/proc/self/root, file:///",
        "/proc/self/rooted, file:///proc/self/rooted",
        "/data/a b%ü.csv, file:///data/a%20b%25%C3%BC.csv",
        "data.csv, file:data.csv",
        "/etc/secrets/..2026_11_25_22_11_01.2213948340/key, file:///etc/secrets/key",
        "/data/..2026/key, file:///data/..2026/key",
    })
    void everySpellingOfAPathIsOneResource(final String path, final String uri) {
        assertThat(Resources.fileUri(Resources.normalize(path))).isEqualTo(uri);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/proc/self/maps",
                "/usr/lib/x86_64-linux-gnu/libc.so.6",
                "/lib/ld-linux.so",
                "/app/node_modules/openai/package.json",
                "/usr/local/lib/python3.12/json/__init__.py",
                "/etc/ssl/certs/ca-certificates.crt",
                "/app/cache/x/y",
                "/node_modules/zod/index.js",
            })
    void aRuntimesOwnFilesAreNeverAnAgentsData(final String path) {
        assertThat(files.named(path).isRuntimes(false)).isTrue();
        assertThat(files.named(path).isRuntimes(true)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/app/agent.mjs", "/app/package.json", "/package.json", "/agent.js", "/srv/tsconfig.json"})
    void modulesAreARuntimesOwnWhileNoToolRuns(final String path) {
        assertThat(files.named(path).isRuntimes(false)).isTrue();
        assertThat(files.named(path).isRuntimes(true)).isFalse();
    }

    @Test
    void dataIsAnAgents() {
        assertThat(List.of("/data/customers.csv", "/etc/passwd", "/etc/secrets/key", "/home/a/.env", "/app/data.json"))
                .noneMatch(path -> files.named(path).isRuntimes(false));
    }

    @Test
    void whatIsKnownOfAFileDoesNotDependOnHowManyOthersThereAre() {
        final List<String> opened = IntStream.range(0, 5000)
                .mapToObj(i -> (i % 2 == 0 ? "/app/../data/" : "/usr/lib/python3/") + "x".repeat(i % 300) + i)
                .toList();

        for (int times = 0; times < 2; times++) {
            for (final String path : opened) {
                final RuntimeFiles.Named file = files.named(path);
                assertThat(file.path()).isEqualTo(path.replace("/app/../", "/"));
                assertThat(file.isRuntimes(true)).isEqualTo(path.startsWith("/usr/"));
            }
        }
    }
}
