package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.sensor.kernel.Kernel;
import io.fourthlog.sensor.kernel.KernelOptions;
import io.fourthlog.sensor.kernel.KernelUnavailableException;
import io.fourthlog.sensor.kernel.Sandbox;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
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
    private static final Path SCRIPTS = Path.of("src/test/recording").toAbsolutePath();
    private static final String TEXT = "The first customer is Canary Answer, reachable at answer.canary@example.org;"
            + " naïve “quotes” and \ud83d\ude00 follow.";
    private static final int RING = 16 << 20;

    @TempDir
    static Path certificates;

    private Sandbox sandbox;
    private Kernel kernel;
    private final Scene scene = new Scene();

    @BeforeAll
    static void install() throws IOException, InterruptedException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        if (!Files.exists(SCRIPTS.resolve("node_modules/.package-lock.json"))) {
            run(SCRIPTS, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
        }
        run(
                certificates,
                ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout key.pem"
                                + " -out certificate.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost")
                        .split(" ", -1));
    }

    private static void run(final Path folder, final String... command) throws IOException, InterruptedException {
        final Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        final String said = Sandbox.output(process);
        assertThat(process.waitFor()).as(said).isZero();
    }

    @BeforeEach
    void open(final TestInfo test) throws IOException, KernelUnavailableException {
        sandbox = new Sandbox(test.getTestMethod().orElseThrow().getName());
        final KernelOptions defaults = KernelOptions.defaults();
        kernel = Kernel.open(new KernelOptions(RING, defaults.proc(), defaults.cgroups()));
        kernel.track(sandbox.pod());
    }

    @AfterEach
    void close() throws IOException {
        kernel.close();
        sandbox.close();
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
    void aClientOnNodeIsSeenThroughTls(final String client) throws IOException, NoSuchAlgorithmException {
        matches(record(true, "node", "ask.mjs", client));
    }

    @Test
    void theClientsOnPythonAreSeenThroughTls() throws IOException, InterruptedException, NoSuchAlgorithmException {
        final Path python = venv().resolve("bin/python");
        matches(record(
                true, "env", "SSL_CERT_FILE=" + certificates.resolve("certificate.pem"), python.toString(), "ask.py"));
    }

    /** A virtual environment with the pinned clients, made once. */
    private static Path venv() throws IOException, InterruptedException {
        final Path venv = Path.of("target/clients").toAbsolutePath();
        if (!Files.exists(venv.resolve("ready"))) {
            run(SCRIPTS, "python3", "-m", "venv", venv.toString());
            run(SCRIPTS, venv + "/bin/pip", "install", "-q", "--disable-pip-version-check", "-r", "requirements.txt");
            Files.createFile(venv.resolve("ready"));
        }
        return venv;
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai-chat", "ollama"})
    void aClientOnNodeIsSeenWithoutTls(final String client) throws IOException, NoSuchAlgorithmException {
        matches(record(false, "node", "ask.mjs", client));
    }

    /** Has the client ask, and returns what the endpoint says that it was asked. */
    private List<JsonNode> record(final boolean tls, final String... command) throws IOException {
        final List<String> serve = new ArrayList<>(List.of("node", "serve.mjs"));
        if (tls) {
            serve.add(certificates.toString());
        }
        final Process endpoint = new ProcessBuilder(serve)
                .directory(SCRIPTS.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader asked = endpoint.inputReader(StandardCharsets.UTF_8)) {
            final int port = Integer.parseInt(asked.readLine());
            final String words = String.join(" ", command) + (tls ? " https" : " http") + "://localhost:" + port;
            final Process client = sandbox.shell("cd " + SCRIPTS + " && export NODE_EXTRA_CA_CERTS="
                    + certificates.resolve("certificate.pem") + " && exec " + words);
            scene.follow(sandbox.containerId());
            while (client.isAlive()) {
                kernel.poll(Duration.ofMillis(50), scene.pipeline);
                scene.pipeline.tick();
            }
            kernel.poll(Duration.ofMillis(200), scene.pipeline);
            assertThat(client.exitValue()).as(Sandbox.output(client)).isZero();
            endpoint.getOutputStream().close();
            final List<JsonNode> requests = new ArrayList<>();
            for (String line = asked.readLine(); line != null; line = asked.readLine()) {
                requests.add(new JsonMapper().readTree(line));
            }
            return requests;
        } finally {
            endpoint.destroyForcibly();
        }
    }

    private void matches(final List<JsonNode> requests) throws NoSuchAlgorithmException {
        final String hash = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(TEXT.getBytes(StandardCharsets.UTF_8)));
        final List<ModelInvocation> models = scene.models();
        // A client hangs up on an answer that turns into an error midway: then its end is missing, and is said to be.
        final int midway = count(requests, "midway");
        assertThat(scene.errors().stream().filter(error -> error.startsWith("sensor.gap")))
                .allMatch("sensor.gap.unfinished"::equals)
                .hasSizeLessThanOrEqualTo(midway);
        assertThat(models).hasSameSizeAs(requests);
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
        assertThat(scene.written())
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
