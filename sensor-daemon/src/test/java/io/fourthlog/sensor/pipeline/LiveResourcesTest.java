package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fourthlog.sensor.kernel.KernelUnavailableException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Clients of an API over TLS, seen by the real kernel side: what they read and sent is what must be recorded. Needs root. */
class LiveResourcesTest {
    @TempDir
    static Path certificates;

    private LiveRun run;

    @BeforeAll
    static void certify() throws IOException, InterruptedException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        LiveRun.certify(certificates);
    }

    @BeforeEach
    void open(final TestInfo test) throws IOException, KernelUnavailableException {
        run = new LiveRun(test.getTestMethod().orElseThrow().getName());
    }

    @AfterEach
    void close() throws IOException {
        run.close();
    }

    private static Path certificate() {
        return certificates.resolve("certificate.pem");
    }

    private String serve() throws IOException {
        final int port = run.serve(
                certificates.resolve("server.log"), "node", LiveRun.SCRIPTS.resolve("resources.mjs"), certificates);
        return "https://localhost:" + port;
    }

    private List<String> seen(final String base) {
        return run.scene.accesses().stream()
                .filter(access -> access.resourceUri().startsWith("http"))
                .map(access -> access.resourceUri().replace(base, "") + " " + access.accessMode() + " "
                        + access.byteCount() + " " + access.sensitivityTagsResolved())
                .toList();
    }

    private void nothingIsWritten() {
        assertThat(run.scene.written()).doesNotContain("canary");
    }

    @Test
    void whatPythonReadsAndSendsIsRecorded() throws IOException, InterruptedException {
        final Path python = LiveClientsTest.venv("resources", "resources.txt").resolve("bin/python");
        final String base = serve();
        run.watchLoaded("exec " + python + " " + LiveRun.SCRIPTS.resolve("resources.py") + " " + base);
        assertThat(seen(base))
                .containsExactly(
                        "/customers read 3000 [PII:email]",
                        "/documents read_write 39 [PII:email]",
                        "/users/(PII:email) write 9 [PII:email]",
                        "/b/~none read 4 []",
                        "/dump read " + (4 << 20) + " []",
                        "/customers read 3000 [PII:email]",
                        "/documents read_write 38 [PII:email]",
                        "/documents/5 write 4 []");
        assertThat(run.scene.errors()).containsExactly("data.http.404");
        nothingIsWritten();
    }

    @Test
    void whatFetchReadsAndSendsIsRecorded() throws IOException {
        final String base = serve();
        run.watchLoaded("export NODE_EXTRA_CA_CERTS=" + certificate() + " && exec node "
                + LiveRun.SCRIPTS.resolve("resources-fetch.mjs") + " " + base);
        assertThat(seen(base))
                .containsExactly("/customers read 3000 [PII:email]", "/documents read_write 38 [PII:email]");
        assertThat(run.scene.errors()).isEmpty();
        nothingIsWritten();
    }
}
