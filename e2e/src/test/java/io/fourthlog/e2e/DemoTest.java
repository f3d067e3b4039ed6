package io.fourthlog.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The demo, run once on a real node and looked at from every side; needs root. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DemoTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path DEMO = Path.of("/var/lib/fourthlog-demo-test");
    private static final String HELPDESK = "k8s://demo/support/Pod/helpdesk/helpdesk/agent";
    private static final String CURIOUS = "k8s://demo/support/Pod/curious/curious/agent";
    private static final String WANDERER = "k8s://demo/support/Pod/wanderer/wanderer/agent";
    private static final int CHUNK = 1 << 20; // of a file that is searched

    private String shown = "";
    private final List<JsonNode> events = new ArrayList<>();

    private record Ran(int code, String output) {}

    private static Ran run(final String... command) throws IOException, InterruptedException {
        final Path output = Files.createTempFile("demo", ".out"); // not a pipe: what stays up would hold it open
        try {
            final ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(ROOT.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().put("DEMO_DIR", DEMO.toString());
            builder.environment().put("KEEP", "1");
            final int code = builder.start().waitFor();
            return new Ran(code, Files.readString(output));
        } finally {
            Files.delete(output);
        }
    }

    @BeforeAll
    void demo() throws IOException, InterruptedException {
        assumeTrue(System.getProperty("user.name").equals("root"), "a node needs root");
        final Ran demo = run("demo/run.sh");
        assertThat(demo.code()).as(demo.output()).isZero();
        shown = demo.output();
        final Ran trace = run("dist/bin/fourthlog", "trace", "--limit", "0", "-o", "json", "--trail", DEMO + "/trail");
        assertThat(trace.code()).as(trace.output()).isZero();
        for (final JsonNode found : new JsonMapper().readTree(trace.output()).path("traces")) {
            found.path("events").forEach(each -> events.add(each.path("event")));
        }
    }

    private Stream<JsonNode> of(final String workload, final String type) {
        return events.stream()
                .filter(event -> text(event, "workload_id").equals(workload))
                .filter(event -> text(event, "event_type").equals(type));
    }

    private static String text(final JsonNode event, final String field) {
        return event.path(field).asText();
    }

    private static String cause(final JsonNode event) {
        return text(event, "triggering_event_id");
    }

    private static List<String> texts(final JsonNode event, final String field) {
        return StreamSupport.stream(event.path(field).spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    @Test
    void allSixTypesAreInTheTrail() {
        assertThat(events.stream().map(event -> text(event, "event_type")))
                .contains(
                        "tool_invocation",
                        "model_invocation",
                        "data_access",
                        "policy_decision",
                        "identity_assertion",
                        "error");
    }

    @Test
    void theTrailIsAGraphFromThePromptToTheAnswer() {
        final List<JsonNode> models = of(HELPDESK, "model_invocation").toList();
        final JsonNode tool = of(HELPDESK, "tool_invocation").findFirst().orElseThrow();
        final JsonNode file = of(HELPDESK, "data_access")
                .filter(access -> text(access, "resource_uri").equals("file:///data/customers.csv"))
                .findFirst()
                .orElseThrow();

        assertThat(models).hasSize(2);
        assertThat(text(models.getFirst().path("tools_requested").get(0), "name"))
                .isEqualTo("read_file");
        assertThat(cause(tool)).isEqualTo(text(models.getFirst(), "event_id"));
        assertThat(text(tool, "tool_name")).isEqualTo("read_file");
        assertThat(cause(file)).isEqualTo(text(tool, "event_id"));
        assertThat(file.path("byte_count").asLong())
                .isEqualTo(tool.path("return_size").asLong());
        assertThat(cause(models.getLast())).isEqualTo(text(tool, "event_id"));
        assertThat(texts(models.getLast(), "input_sensitivity")).contains("PII:email", "PCI:pan");
        assertThat(models)
                .allSatisfy(model -> assertThat(text(model, "model_id")).isEqualTo("approved-model"));
        assertThat(Stream.of(models.getFirst(), models.getLast(), tool, file).map(event -> text(event, "trace_id")))
                .containsOnly(text(tool, "trace_id"));
    }

    @Test
    void theFileThatIsDeniedWasOpenedAndNotRead() {
        final JsonNode file = of(CURIOUS, "data_access")
                .filter(access -> text(access, "resource_uri").equals("file:///etc/secrets/database.env"))
                .findFirst()
                .orElseThrow();
        assertThat(file.path("byte_count").asLong(-1)).isZero();
        assertThat(of(CURIOUS, "policy_decision"))
                .filteredOn(decision -> text(decision, "decision").equals("deny"))
                .singleElement()
                .satisfies(decision -> assertThat(text(decision, "rule_fired")).isEqualTo("no-secret-files"))
                .satisfies(decision -> assertThat(text(decision, "enforcement")).isEqualTo("enforced"))
                .satisfies(decision ->
                        assertThat(text(decision, "evaluated_event_id")).isEqualTo(text(file, "event_id")));
        assertThat(of(CURIOUS, "error").map(error -> text(error, "error_class")))
                .contains("tool.no_answer");
        assertThat(of(CURIOUS, "identity_assertion").map(each -> text(each, "service_account")))
                .contains("system:serviceaccount:support:support-agent");
        assertThat(shown).contains("agent: stopped: -32000");
    }

    @Test
    void theDestinationThatIsDeniedIsRefusedFromThenOn() {
        assertThat(of(WANDERER, "model_invocation")).hasSize(1);
        assertThat(of(WANDERER, "policy_decision"))
                .filteredOn(decision -> text(decision, "decision").equals("deny"))
                .singleElement()
                .satisfies(decision -> assertThat(text(decision, "rule_fired")).isEqualTo("approved-models-only"))
                .satisfies(decision -> assertThat(text(decision, "enforcement")).isEqualTo("enforced"));
        assertThat(of(WANDERER, "error").map(error -> text(error, "error_class")))
                .contains("connection.refused_by_policy");
        assertThat(shown).contains("EPERM");
    }

    /** What the sensor decided while it happened follows from the trail alone. */
    @Test
    void aReplayDecidesWhatWasDecided() throws IOException, InterruptedException {
        final Ran replay = run(
                "dist/bin/fourthlog",
                "policy",
                "replay",
                "config/samples/support-agents.yaml",
                "--trail",
                DEMO + "/trail");
        assertThat(replay.code()).as(replay.output()).isZero();
        assertThat(replay.output())
                .contains(
                        "no-secret-files", "approved-models-only", "Against the decisions in the trail: none changes");
    }

    /** What a pod's security context and the container runtime's filter of system calls leave it. */
    @Test
    void theSensorCanEnforceAllThatRulesAskFor() throws Exception {
        assertThat(kubectl(
                        "-n",
                        "fourthlog-system",
                        "get",
                        "leases",
                        "-l=fourthlog.io/namespace=support",
                        "-o=jsonpath={.items[*].metadata.annotations.fourthlog\\.io/enforcement}"))
                .isEqualTo("block,reset,terminate");
    }

    /** The operator's pod behind its Service, as the chart installs it; a restart gives it another key, which the API server trusts as well. */
    @Test
    void theWebhookRefusesWhatCannotWorkAndGoesOnWithAnotherCertificate() throws Exception {
        assertThat(shown)
                .contains(
                        "admission webhook \"objects.fourthlog.io\" denied the request: spec.rules[0].when: ",
                        "resource_url");
        final String address = kubectl(
                "-n", "fourthlog-system", "get", "service", "fourthlog-operator", "-o=jsonpath={.spec.clusterIP}");
        final X509Certificate before = served(address);
        before.verify(trusted().getPublicKey());
        kubectl("-n", "fourthlog-system", "rollout", "restart", "deployment/fourthlog-operator");
        kubectl("-n", "fourthlog-system", "rollout", "status", "deployment/fourthlog-operator", "--timeout=120s");
        await().atMost(Duration.ofSeconds(60)).ignoreExceptions().untilAsserted(() -> {
            final X509Certificate now = served(address);
            assertThat(now.getSerialNumber()).isNotEqualTo(before.getSerialNumber());
            now.verify(trusted().getPublicKey());
        });
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            final Ran refused = run(kubectlCommand("apply", "--dry-run=server", "-f", "demo/manifests/mistaken.yaml"));
            assertThat(refused.output()).contains("denied the request: spec.rules[0].when: ");
            assertThat(refused.code()).isNotZero();
        });
    }

    private static String[] kubectlCommand(final String... arguments) {
        final Path binaries = Optional.ofNullable(System.getenv("KUBE_BIN_DIR"))
                .map(Path::of)
                .orElse(Path.of(Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                                .orElse(System.getProperty("user.home") + "/.cache"))
                        .resolve("fourthlog/kube-1.36.3/bin"));
        return Stream.concat(
                        Stream.of(
                                binaries.resolve("kubectl").toString(),
                                "--kubeconfig=" + DEMO.resolve("cluster/admin.kubeconfig")),
                        Stream.of(arguments))
                .toArray(String[]::new);
    }

    private static String kubectl(final String... arguments) throws IOException, InterruptedException {
        final Ran ran = run(kubectlCommand(arguments));
        assertThat(ran.code()).as(ran.output()).isZero();
        return ran.output();
    }

    /** The certificate that the Service shows, whoever it is from. */
    private static X509Certificate served(final String address) throws IOException, GeneralSecurityException {
        final SSLContext anybody = SSLContext.getInstance("TLS");
        anybody.init(null, new TrustManager[] {new Anybody()}, null);
        try (SSLSocket socket = (SSLSocket) anybody.getSocketFactory().createSocket()) {
            socket.connect(new InetSocketAddress(address, 443), 5000);
            socket.setSoTimeout(5000);
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    /** The authority that the API server asks with. */
    private static X509Certificate trusted() throws IOException, InterruptedException, GeneralSecurityException {
        final String bundle = kubectl(
                "get",
                "validatingwebhookconfiguration",
                "fourthlog",
                "-o=jsonpath={.webhooks[0].clientConfig.caBundle}");
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(
                        new ByteArrayInputStream(Base64.getDecoder().decode(bundle.strip())));
    }

    /** The test verifies what it is shown by itself. */
    private static final class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(final X509Certificate[] chain, final String type, final Socket socket) {}

        @Override
        public void checkServerTrusted(final X509Certificate[] chain, final String type, final Socket socket) {}

        @Override
        public void checkClientTrusted(final X509Certificate[] chain, final String type, final SSLEngine engine) {}

        @Override
        public void checkServerTrusted(final X509Certificate[] chain, final String type, final SSLEngine engine) {}

        @Override
        public void checkClientTrusted(final X509Certificate[] chain, final String type) {}

        @Override
        public void checkServerTrusted(final X509Certificate[] chain, final String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    @Test
    void theDemoShowsWhatAPersonWantsToSee() {
        assertThat(shown)
                .contains("support-agents")
                .contains("Acknowledged")
                .contains("asks for read_file{path: string}")
                .contains("decision=\"deny\",enforcement=\"enforced\"")
                .contains("result   holds")
                .contains("result   DOES NOT HOLD")
                .containsPattern("FOUND .* leaf \\d+")
                .contains("1. What triggered it?")
                .contains("is the document, byte for byte")
                .contains("5. Under which identity?");
    }

    @Test
    void noWordOfWhatWasSaidIsOnADisk() throws IOException {
        final List<String> canaries = Files.readAllLines(DEMO.resolve("canaries"));
        assertThat(canaries).hasSize(5);
        final Set<Path> searched = new TreeSet<>();
        final Set<String> found = new TreeSet<>();
        search(DEMO, canaries, searched, found);
        assertThat(searched.stream().map(Path::toString))
                .anyMatch(file -> file.contains("/etcd/"))
                .anyMatch(file -> file.contains("/var/log/pods/"))
                .anyMatch(file -> file.contains("/sensors/"))
                .anyMatch(file -> file.contains("/trail/"));
        assertThat(found).allMatch(file -> file.startsWith(DEMO.resolve("input") + "/"));
        assertThat(found).hasSizeGreaterThanOrEqualTo(5); // it would find them
    }

    /** Files that hold one of the words, as it is or in base64. */
    private static void search(
            final Path below, final List<String> words, final Set<Path> searched, final Set<String> found)
            throws IOException {
        final List<byte[]> patterns = new ArrayList<>();
        for (final String word : words) {
            patterns.add(word.getBytes(StandardCharsets.UTF_8));
            for (int shift = 0; shift < 3; shift++) { // whatever stands before it: the middle is the same
                final byte[] shifted = (" ".repeat(shift) + word).getBytes(StandardCharsets.UTF_8);
                final String encoded = Base64.getEncoder().encodeToString(shifted);
                patterns.add(encoded.substring(4, encoded.length() - 4).getBytes(StandardCharsets.US_ASCII));
            }
        }
        Files.walkFileTree(below, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(final Path file, final BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile() && !file.getFileName().toString().equals("canaries")) {
                    searched.add(file);
                    if (holds(file, patterns)) {
                        found.add(file.toString());
                    }
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(final Path file, final IOException e) {
                return FileVisitResult.CONTINUE; // a file of a running cluster, gone meanwhile
            }
        });
    }

    private static boolean holds(final Path file, final List<byte[]> patterns) throws IOException {
        try (var in = Files.newInputStream(file)) {
            String carried = "";
            for (byte[] chunk = in.readNBytes(CHUNK); chunk.length > 0; chunk = in.readNBytes(CHUNK)) {
                final String text = carried + new String(chunk, StandardCharsets.ISO_8859_1);
                for (final byte[] pattern : patterns) {
                    if (text.contains(new String(pattern, StandardCharsets.ISO_8859_1))) {
                        return true;
                    }
                }
                carried = text.substring(Math.max(0, text.length() - 256));
            }
            return false;
        } catch (final java.nio.file.NoSuchFileException _) {
            return false;
        }
    }

    @AfterAll
    void down() throws IOException, InterruptedException {
        final Ran down = run("demo/run.sh", "down");
        assertThat(down.code()).as(down.output()).isZero();
        assertThat(DEMO).doesNotExist();
        assertThat(ProcessHandle.allProcesses().flatMap(process -> process.info().commandLine().stream()))
                .noneMatch(line -> line.contains(DEMO.toString()));
        assertThat(Path.of("/run/fourthlog-node")).doesNotExist();
    }
}
