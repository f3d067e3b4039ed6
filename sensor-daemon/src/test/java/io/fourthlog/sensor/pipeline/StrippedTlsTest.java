package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.sensor.kernel.Kernel;
import io.fourthlog.sensor.kernel.KernelOptions;
import io.fourthlog.sensor.kernel.KernelUnavailableException;
import io.fourthlog.sensor.kernel.Sandbox;
import io.fourthlog.testing.Command;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/**
 * Agents whose TLS library is linked in and stripped, unchanged, against the scripted endpoint over TLS. Needs root, and the agents'
 * npm packages under the folder that the system property or environment variable {@code FOURTHLOG_AGENTS} names.
 */
class StrippedTlsTest {
    private static final Path SCRIPTS = Path.of("src/test/recording").toAbsolutePath();
    private static final String TEXT = "The first customer is Canary Answer, reachable at answer.canary@example.org;"
            + " naïve “quotes” and \ud83d\ude00 follow.";
    private static final String PROMPT = "Who is the first customer? Mail canary@example.org";
    private static final int RING = 16 << 20;
    private static final int RUNS = 100; // of a program until there are probes on it; some, as a rule

    @TempDir
    static Path certificates;

    @TempDir
    Path home;

    private Sandbox sandbox;
    private Kernel kernel;
    private final Scene scene = new Scene();

    @BeforeAll
    static void certificate() throws IOException, InterruptedException {
        assumeTrue(System.getProperty("user.name").equals("root"), "loading eBPF programs needs root");
        // rustls takes no certificate that signed itself for a server's
        Command.run(certificates, "sh", "-ec", """
                new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
                openssl req -x509 $new -days 2 -keyout ca.key -out ca.pem -subj /CN=test
                openssl req $new -keyout key.pem -out request.pem -subj /CN=localhost
                echo subjectAltName=DNS:localhost > names
                openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out certificate.pem
                """);
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

    /** The program of an npm package, which is in the package for this platform. */
    private static Path agent(final String program) throws IOException {
        final String folder = System.getProperty("FOURTHLOG_AGENTS", System.getenv("FOURTHLOG_AGENTS"));
        assumeTrue(folder != null, "FOURTHLOG_AGENTS names no folder with agents");
        try (Stream<Path> files = Files.walk(Path.of(Objects.requireNonNull(folder)), FileVisitOption.FOLLOW_LINKS)) {
            final List<Path> found = files.filter(file -> file.endsWith(program) && Files.isExecutable(file))
                    .toList();
            assumeTrue(!found.isEmpty(), program + " is not installed under " + folder);
            return found.getFirst();
        }
    }

    /** The command of Claude Code, with more options. */
    private String claude(final String options, final String prompt) throws IOException, InterruptedException {
        final Path claude = agent("claude-code-linux-x64/claude");
        meet(claude);
        return "exec env HOME=" + home + " ANTHROPIC_API_KEY=sk-canary-1 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1"
                + " ANTHROPIC_BASE_URL=https://localhost:$PORT NODE_EXTRA_CA_CERTS=" + certificates.resolve("ca.pem")
                + " " + claude + options + " -p '" + prompt + "'";
    }

    private String codex(final Path codex, final String options, final String prompt) {
        return "exec env HOME=" + home + " CODEX_HOME=" + home
                + " OPENAI_API_KEY=sk-canary-1 CODEX_CA_CERTIFICATE=" + certificates.resolve("ca.pem") + " " + codex
                + " exec --skip-git-repo-check" + options + " -c model_provider=scripted -c model=scripted-1"
                + " -c model_providers.scripted.name=scripted -c model_providers.scripted.env_key=OPENAI_API_KEY"
                + " -c model_providers.scripted.wire_api=responses"
                + " -c model_providers.scripted.base_url=https://localhost:$PORT/v1 '" + prompt + "'";
    }

    @Test
    void claudeCodeIsSeenThroughTheBoringSslOfBun() throws IOException, InterruptedException {
        final List<JsonNode> requests = record(claude("", PROMPT));
        counted(matches(requests, "/messages"));
    }

    @Test
    void codexIsSeenThroughRustls() throws IOException, InterruptedException {
        final Path codex = agent("x86_64-unknown-linux-musl/bin/codex");
        meet(codex);
        counted(matches(record(codex(codex, "", PROMPT)), "/responses"));
    }

    @Test
    void claudeCodeIsSeenWithTheFileThatItReads() throws IOException, InterruptedException {
        loops(record(claude(" --allowedTools Read", loop())), "/messages");
    }

    @Test
    void codexIsSeenWithTheFileThatItReads() throws IOException, InterruptedException {
        final Path codex = agent("x86_64-unknown-linux-musl/bin/codex");
        meet(codex);
        loops(record(codex(codex, " --dangerously-bypass-approvals-and-sandbox", loop())), "/responses");
    }

    /** A prompt for which the endpoint asks for a tool first, and a file to use it on. */
    private String loop() throws IOException {
        Files.writeString(home.resolve("customers.csv"), LiveAgents.TABLE);
        return PROMPT + " scenario-loop reading " + home + "/customers.csv";
    }

    /** The model asks for a tool, the agent reads the file, and asks with what was in it. */
    private void loops(final List<JsonNode> requests, final String path) {
        final List<JsonNode> asked = requests.stream()
                .filter(request -> request.path("path").asText().endsWith(path))
                .toList();
        assertThat(asked).hasSize(2);
        final JsonNode wanted = asked.getFirst().path("said").path("calls").path(0);
        final List<ModelInvocation> models = scene.models();
        assertThat(scene.errors()).noneMatch(error -> error.startsWith("sensor.gap"));
        assertThat(models).hasSize(2);
        assertThat(models.getFirst().toolsRequested()).singleElement().satisfies(tool -> {
            assertThat(tool.name()).isEqualTo(wanted.path("name").asText());
            assertThat(tool.callId()).isEqualTo(wanted.path("id").asText());
        });
        assertThat(models.getFirst().inputSensitivity()).doesNotContain("secret:aws-access-key");
        assertThat(models.getLast().inputSensitivity()).contains("secret:aws-access-key");
        assertThat(scene.accesses())
                .filteredOn(access -> access.resourceUri().equals("file://" + home + "/customers.csv"))
                .isNotEmpty()
                .anySatisfy(access -> assertThat(access.byteCount()).isEqualTo(LiveAgents.TABLE.length()))
                .allSatisfy(access -> assertThat(access.header().traceId())
                        .isEqualTo(models.getFirst().header().traceId()));
        assertThat(scene.cause(models.getLast())).isEqualTo(models.getFirst());
        counted(models);
        assertThat(scene.written()).doesNotContain("canary@").doesNotContain(Witness.SECRET);
    }

    private static void counted(final List<ModelInvocation> models) {
        assertThat(models).allSatisfy(model -> {
            assertThat(model.promptTokenCount()).isEqualTo(57);
            assertThat(model.outputTokenCount()).isEqualTo(41);
        });
    }

    /** Runs the program until the probes are on it: one that asks as soon as it starts can be faster the first time. */
    private void meet(final Path program) throws IOException, InterruptedException {
        run("sleep", "1"); // libraries that lie where distributions put them are probed with the first program
        final int others = kernel.counters().attachedFiles();
        for (int time = 0; kernel.counters().attachedFiles() == others; time++) {
            assertThat(time).as("runs of %s without probes on it", program).isLessThan(RUNS);
            run(program.toString(), "--version");
        }
    }

    private void run(final String... command) throws IOException, InterruptedException {
        final Process run = sandbox.start(command);
        scene.follow(sandbox.containerId());
        while (run.isAlive()) {
            kernel.poll(Duration.ofMillis(20), scene.pipeline);
        }
        kernel.settle(scene.pipeline);
    }

    /** Has the agent ask in a network of its own, and returns what the endpoint says that it was asked. */
    private List<JsonNode> record(final String script) throws IOException {
        final Process endpoint = new ProcessBuilder("unshare", "-n", "sh", "-ec", """
                ip link set lo up
                ip route add default dev lo
                exec node serve.mjs %s
                """.formatted(certificates))
                .directory(SCRIPTS.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader asked = endpoint.inputReader(StandardCharsets.UTF_8)) {
            final int port = Integer.parseInt(asked.readLine());
            final Process client = sandbox.start(
                    "nsenter",
                    "-t",
                    String.valueOf(endpoint.pid()),
                    "-n",
                    "sh",
                    "-c",
                    "cd " + home + " && PORT=" + port + "; " + script + " < /dev/null");
            scene.follow(sandbox.containerId());
            while (client.isAlive()) {
                kernel.poll(Duration.ofMillis(50), scene.pipeline);
                scene.pipeline.tick();
            }
            kernel.poll(Duration.ofMillis(200), scene.pipeline);
            final String said = Sandbox.output(client);
            assertThat(client.exitValue()).as(said).isZero();
            assertThat(said).contains(TEXT);
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

    /** Each answer of the endpoint is one event, whole; returns them. */
    private List<ModelInvocation> matches(final List<JsonNode> requests, final String path) {
        final byte[] text = TEXT.getBytes(StandardCharsets.UTF_8);
        final String hash = Scene.HMAC.keyedHash(text, 0, text.length); // there is an address in it
        final List<JsonNode> asked = requests.stream()
                .filter(request -> request.path("path").asText().endsWith(path))
                .toList();
        final List<ModelInvocation> models = scene.models();
        assertThat(asked).isNotEmpty();
        assertThat(models).as(scene.errors() + " for " + requests).hasSameSizeAs(asked);
        assertThat(scene.errors()).as(scene.written()).noneMatch(error -> error.startsWith("sensor.gap"));
        assertThat(models).allSatisfy(model -> {
            assertThat(model.outputHash()).isEqualTo(hash);
            assertThat(model.modelId()).isNotBlank();
            assertThat(model.httpStatus()).isEqualTo(200);
            assertThat(model.inputSensitivity()).contains("PII:email");
            assertThat(model.outputSensitivity()).contains("PII:email");
            assertThat(model.toolsRequested().stream().map(RequestedTool::name)).isEmpty();
            assertThat(model.header().completeness()).isEqualTo(Completeness.COMPLETE);
        });
        assertThat(scene.written())
                .doesNotContain("canary@")
                .doesNotContain("Canary Answer")
                .doesNotContain("sk-canary");
        return models;
    }
}
