package io.fourthlog.sensor.pipeline;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fourthlog.sensor.kernel.KernelUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** What tests of agents have in common that {@code make test-agents} installs: certificates, a file to read, and a run. */
@NeedsAgents
abstract class LiveAgents {
    static final Path SOURCES = Path.of("src/test/agents").toAbsolutePath();
    static final String TABLE =
            "name,email\nCanary File,file.canary@example.net\naws_access_key_id = " + Witness.SECRET + "\n";

    @TempDir
    static Path folder;

    static Path file;
    LiveRun run;

    @BeforeAll
    static void prepare() throws IOException, InterruptedException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        LiveRun.certify(folder);
        file = Files.writeString(Files.createDirectory(folder.resolve("data")).resolve("customers.csv"), TABLE);
    }

    static Path installed(final String part) {
        return Path.of(System.getenv("FOURTHLOG_AGENTS")).resolve(part);
    }

    @BeforeEach
    void open(final TestInfo test) throws IOException, KernelUnavailableException {
        run = new LiveRun(test.getTestMethod().orElseThrow().getName());
    }

    @AfterEach
    void close() throws IOException {
        run.close();
    }

    /** A command for a shell in which the test's certificate is believed. */
    static String command(final String words) {
        return "cd " + SOURCES + " && export PYTHONDONTWRITEBYTECODE=1 SSL_CERT_FILE="
                + folder.resolve("certificate.pem") + " && exec " + words;
    }

    /** What the last program printed. */
    Told told() throws IOException {
        return Told.of(run.printed());
    }

    /** Starts a server of tools, not seen by the sensor, and answers {@code HOST:PORT}; its standard error is {@link #log}. */
    String serve(final Object... command) throws IOException {
        return "localhost:" + run.serve(log(), command);
    }

    static Path log() {
        return folder.resolve("tools.log");
    }
}
