package io.fourthlog.sensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fourthlog.testing.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** The kernel side, and a cgroup that it follows, for real programs; needs root. */
abstract class KernelFixture {
    static final int RING = 16 << 20;

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    final Observed seen = new Observed();
    Kernel kernel;
    Sandbox sandbox;

    @BeforeAll
    static void certificate() throws IOException, InterruptedException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        Command.run(
                shared,
                ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
                                + " -days 2 -keyout key.pem -out certificate.pem -subj /CN=localhost"
                                + " -addext subjectAltName=DNS:localhost")
                        .split(" ", -1));
    }

    @BeforeEach
    void open(final TestInfo test) throws IOException, KernelUnavailableException {
        sandbox = new Sandbox(test.getTestMethod().orElseThrow().getName());
        kernel = Kernel.open(options(RING));
        kernel.track(sandbox.pod());
    }

    static KernelOptions options(final int ringBytes) {
        final KernelOptions defaults = KernelOptions.defaults();
        return new KernelOptions(ringBytes, defaults.proc(), defaults.cgroups());
    }

    @AfterEach
    void close() throws IOException {
        kernel.close();
        sandbox.close();
    }

    /** What was sent over the one TLS connection that there was. */
    String sent() {
        return text("SENT");
    }

    String received() {
        return text("RECEIVED");
    }

    private String text(final String direction) {
        final var streams = seen.tls.entrySet().stream()
                .filter(stream -> stream.getKey().startsWith(direction))
                .toList();
        assertThat(streams).as(direction + " in " + seen.order).hasSize(1);
        return streams.getFirst().getValue().text();
    }

    /** Builds a program in Go, without symbols. */
    Path strippedGoProgram(final String source) throws IOException, InterruptedException {
        Files.writeString(folder.resolve("go.mod"), "module client\n\ngo 1.22\n");
        Files.writeString(folder.resolve("main.go"), source);
        Command.run(folder, "go", "build", "-ldflags", "-s -w", "-o", "client", ".");
        return folder.resolve("client");
    }

    /** Has the libraries probed that lie where distributions put them. */
    void survey(final Observed observed) throws IOException, InterruptedException {
        final Process running = sandbox.start("sleep", "100");
        observed.until(kernel, "its program", () -> observed.started.containsKey((int) running.pid()));
        kernel.settle(observed);
    }
}
