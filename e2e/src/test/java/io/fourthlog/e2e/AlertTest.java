package io.fourthlog.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * From a file that is opened to a message on somebody's screen: a real sensor with its probes in the kernel, a real Prometheus with
 * the chart's rules, a real Alertmanager, and a receiver of its messages. All on loopback; needs root for the kernel.
 *
 * <pre>
 *  sh ─opens─► file ─ring─► fourthlog-sensor watch ◄─scrapes─ prometheus ─► alertmanager ─► receiver (this test)
 * </pre>
 */
final class AlertTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int UNAVAILABLE = 503; // while Prometheus reads what it has

    /** Ends a program when this test ends, even when it is killed: then the pipe to its standard input is closed. */
    private static final String GUARD = "\"$@\" & pid=$!; cat > /dev/null; kill $pid; wait $pid";

    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    private Path folder;

    private final List<Process> processes = new ArrayList<>();
    private final List<JsonNode> received = new CopyOnWriteArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void aDeniedActionIsOnAScreenAndGoesWhenItWasTheLast() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "the kernel's probes need root");
        final HttpServer receiver = receiver();
        try {
            final int sensor = freePort();
            final int prometheus = freePort();
            alertmanagerAndPrometheus(receiver.getAddress().getPort(), prometheus, sensor);
            final Path secret = Files.writeString(
                    Files.createDirectory(folder.resolve("secrets")).resolve("key"), "s");
            agent(sensor, secret);
            await().atMost(PATIENCE).until(() -> up(prometheus));
            assertThat(alerts("FourthlogAgentDenied")).isEmpty();

            Files.createFile(folder.resolve("go"));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(alerts("FourthlogAgentDenied"))
                            .as(Files.readString(folder.resolve("alertmanager.log")))
                            .extracting(alert -> alert.path("status").asText())
                            .startsWith("firing"));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(alerts("FourthlogAgentDenied"))
                            .extracting(alert -> alert.path("status").asText())
                            .containsExactly("firing", "resolved"));

            final JsonNode firing = alerts("FourthlogAgentDenied").getFirst();
            assertThat(firing.at("/labels/policy").asText()).endsWith("no-secrets");
            assertThat(firing.at("/labels/rule").asText()).isEqualTo("no-key");
            assertThat(firing.at("/labels/enforcement").asText()).isEqualTo("enforced");
            assertThat(firing.at("/annotations/summary").asText()).contains("no-key denied an action of an agent");
            assertThat(firing.at("/annotations/runbook_url").asText()).endsWith("/FourthlogAgentDenied.md");
            assertThat(folder.resolve("copy")).isEmptyFile();
            assertThat(alerts("FourthlogEnforcementFailed")).isEmpty();
            assertThat(unhealthyRules(prometheus)).isEmpty();
        } finally {
            receiver.stop(0);
        }
    }

    /** What Alertmanager posts to whoever is on duty. */
    private HttpServer receiver() throws IOException {
        final HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            JSON.readTree(exchange.getRequestBody()).path("alerts").forEach(received::add);
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    private List<JsonNode> alerts(final String name) {
        return received.stream()
                .filter(alert -> alert.at("/labels/alertname").asText().equals(name))
                .toList();
    }

    private void alertmanagerAndPrometheus(final int receiver, final int prometheus, final int sensor)
            throws Exception {
        final int alertmanager = freePort();
        Files.writeString(folder.resolve("alertmanager.yml"), """
                route: {receiver: screen, group_by: [...], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
                receivers:
                - name: screen
                  webhook_configs: [{url: 'http://127.0.0.1:%d/', send_resolved: true}]
                """.formatted(receiver));
        start(
                "alertmanager.log",
                find("prometheus-alertmanager"),
                "--config.file=alertmanager.yml",
                "--storage.path=alertmanager",
                "--cluster.listen-address=",
                "--web.listen-address=127.0.0.1:" + alertmanager);
        chartRules();
        Files.writeString(folder.resolve("prometheus.yml"), """
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: [rules.yaml]
                alerting: {alertmanagers: [{static_configs: [{targets: ['127.0.0.1:%d']}]}]}
                scrape_configs: [{job_name: sensor, static_configs: [{targets: ['127.0.0.1:%d']}]}]
                """.formatted(alertmanager, sensor));
        start(
                "prometheus.log",
                find("prometheus"),
                "--config.file=prometheus.yml",
                "--storage.tsdb.path=prometheus",
                "--web.listen-address=127.0.0.1:" + prometheus);
    }

    /** The rules as helm renders them, but that alerts about denials look back ten seconds. */
    private void chartRules() throws IOException, InterruptedException {
        final Path rendered = folder.resolve("chart.yaml");
        final Process helm = new ProcessBuilder(
                        find("helm"),
                        "template",
                        "fourthlog",
                        "charts/fourthlog",
                        "--kube-version=1.36.3",
                        "--set=monitoring.enabled=true,monitoring.window=10s",
                        "--show-only=templates/monitoring.yaml")
                .directory(ROOT.toFile())
                .redirectOutput(rendered.toFile())
                .redirectError(folder.resolve("helm.log").toFile())
                .start();
        assertThat(helm.waitFor())
                .as(Files.readString(folder.resolve("helm.log")))
                .isZero();
        final String chart = Files.readString(rendered);
        final String spec = chart.substring(chart.indexOf("\nspec:", chart.indexOf("kind: PrometheusRule")) + 6);
        Files.writeString(folder.resolve("rules.yaml"), spec.indent(-2));
    }

    /** An agent that waits to be told, then opens what its policy denies, and lives on. */
    private void agent(final int metrics, final Path secret) throws IOException {
        Files.writeString(folder.resolve("policy.yaml"), """
                apiVersion: fourthlog.io/v1alpha1
                kind: AgentAuditPolicy
                metadata: {name: no-secrets}
                spec:
                  podSelector: {}
                  redactionProfileRef: {name: default}
                  retentionTierRef: {name: standard}
                  validationActions: [Deny]
                  rules:
                  - name: no-key
                    on: [data_access]
                    when: "event.resource_uri.startsWith('file://%s/')"
                    decision: deny
                    enforce: terminate
                """.formatted(secret.getParent()));
        start(
                "sensor.log",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "io.fourthlog.sensor.SensorMain",
                "watch",
                "--policy=policy.yaml",
                "--state=state",
                "--metrics-port=" + metrics,
                "--",
                "/bin/sh",
                "-c",
                "wait_for() { n=0; until [ -e $1 ] || [ $n -gt 3000 ]; do sleep 0.1; n=$((n + 1)); done; };"
                        + " wait_for go; cat " + secret + " > copy; wait_for end");
    }

    private boolean up(final int prometheus) throws IOException, InterruptedException {
        return get(prometheus, "/api/v1/query?query=fourthlog_spool_size_bytes")
                        .at("/data/result")
                        .size()
                == 1;
    }

    private List<String> unhealthyRules(final int prometheus) throws IOException, InterruptedException {
        final JsonNode groups = get(prometheus, "/api/v1/rules").at("/data/groups");
        assertThat(groups.size()).isPositive();
        return StreamSupport.stream(groups.spliterator(), false)
                .flatMap(group -> StreamSupport.stream(group.path("rules").spliterator(), false))
                .filter(rule -> !rule.path("health").asText().equals("ok"))
                .map(JsonNode::toString)
                .toList();
    }

    private JsonNode get(final int port, final String path) throws IOException, InterruptedException {
        try {
            final HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() == UNAVAILABLE ? JSON.missingNode() : JSON.readTree(answer.body());
        } catch (final java.net.ConnectException _) {
            return JSON.missingNode(); // it is starting
        }
    }

    private void start(final String log, final String... command) throws IOException {
        final List<String> guarded = new ArrayList<>(List.of("/bin/sh", "-c", GUARD, "guard"));
        guarded.addAll(List.of(command));
        processes.add(new ProcessBuilder(guarded)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(log).toFile())
                .start());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** A program that {@code make setup} put into KUBE_BIN_DIR, or one on the PATH. */
    private static String find(final String program) {
        final Path binaries = Optional.ofNullable(System.getenv("KUBE_BIN_DIR"))
                .map(Path::of)
                .orElse(Path.of(System.getProperty("user.home"), ".cache/fourthlog/kube-1.36.3/bin"));
        final String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
        return Stream.concat(
                        Stream.of(binaries),
                        Stream.of(path.split(File.pathSeparator)).map(Path::of))
                .map(at -> at.resolve(program))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(program + " is missing: run \"make setup\""))
                .toString();
    }

    @AfterEach
    void end() throws IOException, InterruptedException {
        Files.writeString(folder.resolve("go"), ""); // if the test has not come so far
        Files.writeString(folder.resolve("end"), "");
        final Path sensor = folder.resolve("sensor.log");
        if (Files.exists(sensor)) { // it ends with the agent that it started, and removes its cgroup
            await().atMost(PATIENCE).until(() -> Files.readString(sensor).contains("fourthlog-sensor watch: "));
        }
        for (final Process process : processes.reversed()) {
            process.getOutputStream().close();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
    }
}
