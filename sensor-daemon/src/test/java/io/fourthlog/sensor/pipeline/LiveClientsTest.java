package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.sensor.kernel.KernelUnavailableException;
import io.fourthlog.testing.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Official clients, unchanged, seen by the real kernel side; what the endpoint was asked is what must be recorded. Needs root. */
class LiveClientsTest {
    private static final String TEXT = "The first customer is Canary Answer, reachable at answer.canary@example.org;"
            + " naïve “quotes” and \ud83d\ude00 follow.";

    @TempDir
    static Path certificates;

    private LiveRun run;

    @BeforeAll
    static void install() throws IOException, InterruptedException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        if (!Files.exists(LiveRun.SCRIPTS.resolve("node_modules/.package-lock.json"))) {
            Command.run(LiveRun.SCRIPTS, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
        }
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "openai-chat",
                "openai-responses",
                "anthropic-messages",
                "bedrock-converse",
                "bedrock-invoke",
                "gemini",
                "ollama",
                "cohere"
            })
    void aClientOnNodeIsSeenThroughTls(final String client) throws IOException {
        matches(ask(true, "node ask.mjs " + client + " BASE"));
    }

    @Test
    void theClientsOnPythonAreSeenThroughTls() throws IOException, InterruptedException {
        final Path python = venv("clients", "requirements.txt").resolve("bin/python");
        matches(ask(
                true, "env SSL_CERT_FILE=" + certificates.resolve("certificate.pem") + " " + python + " ask.py BASE"));
    }

    /** A virtual environment with pinned clients, made once. */
    static Path venv(final String name, final String requirements) throws IOException, InterruptedException {
        final Path venv = Path.of("target", name).toAbsolutePath();
        if (!Files.exists(venv.resolve("ready"))) {
            Command.run(LiveRun.SCRIPTS, "python3", "-m", "venv", venv.toString());
            Command.run(
                    LiveRun.SCRIPTS,
                    venv + "/bin/pip",
                    "install",
                    "-q",
                    "--disable-pip-version-check",
                    "-r",
                    requirements);
            Files.createFile(venv.resolve("ready"));
        }
        return venv;
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai-chat", "ollama"})
    void aClientOnNodeIsSeenWithoutTls(final String client) throws IOException {
        matches(ask(false, "node ask.mjs " + client + " BASE"));
    }

    private List<JsonNode> ask(final boolean tls, final String command) throws IOException {
        return run.ask(
                tls ? certificates : null,
                "cd " + LiveRun.SCRIPTS + " && export NODE_EXTRA_CA_CERTS=" + certificates.resolve("certificate.pem")
                        + " && exec " + command);
    }

    private void matches(final List<JsonNode> requests) {
        final byte[] text = TEXT.getBytes(StandardCharsets.UTF_8);
        final String hash = Scene.HMAC.keyedHash(text, 0, text.length); // there is an address in it
        final List<ModelInvocation> models = run.scene.models();
        // A client hangs up on an answer that turns into an error midway: then its end is missing, and is said to be.
        final int midway = count(requests, "midway");
        assertThat(run.scene.errors().stream().filter(error -> error.startsWith("sensor.gap")))
                .allMatch("sensor.gap.unfinished"::equals)
                .hasSizeLessThanOrEqualTo(midway);
        run.witness().asked(requests);
        assertThat(models.stream().filter(model -> hash.equals(model.outputHash())))
                .as("answers with the text that was sent")
                .hasSizeBetween(
                        count(requests, "plain"), count(requests, "plain") + midway); // one fails after all its text
        assertThat(models.stream().filter(model -> !model.toolsRequested().isEmpty()))
                .hasSize(count(requests, "tools"))
                .allSatisfy(model -> assertThat(model.toolsRequested().stream().map(RequestedTool::name))
                        .contains("read_file"));
        assertThat(models.stream().filter(model -> model.httpStatus() != null && model.httpStatus() >= 400))
                .hasSize((int) requests.stream()
                        .filter(request -> request.path("status").asInt() >= 400)
                        .count());
        assertThat(models).allSatisfy(model -> {
            assertThat(model.modelId()).isNotBlank();
            assertThat(model.inputSensitivity()).contains("PII:email");
        });
        assertThat(run.scene.written())
                .doesNotContain("canary@")
                .doesNotContain("Canary Answer")
                .doesNotContain("customers.csv")
                .doesNotContain("sk-canary");
    }

    private static int count(final List<JsonNode> requests, final String scenario) {
        return (int) requests.stream()
                .filter(request -> request.path("scenario").asText().equals(scenario))
                .filter(request -> request.path("status").asInt() == 200)
                .count();
    }
}
