package io.fourthlog.operator.chart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fourthlog.api.AgentAuditPolicyStatus.Violation;
import io.fourthlog.api.Names;
import io.fourthlog.api.config.SensorDecisions;
import io.fourthlog.operator.KubeApiServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The chart installed by helm on a real API server; the operator as the chart configures it, in a process of its own with the rights
 * that the chart gives it and no other; and Flux's kustomize-controller, which applies policies from an archive.
 *
 * <p>There is no node: the test takes the part of the DaemonSet controller, which counts nodes, and of the sensor, which writes its Lease.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class InstalledTest {

    private static final String SYSTEM = "fourthlog-system";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private static Path folder = Path.of("");

    private final KubeApiServer server = KubeApiServer.start();
    private final KubernetesClient client = server.client();
    private final List<AutoCloseable> running = new ArrayList<>();
    private String notes = "";

    @BeforeAll
    void install() throws IOException {
        server.startControllerManager();
        kubeconfig("admin", Objects.requireNonNull(server.config("test").getOauthToken()));
        notes = admin(
                        "helm",
                        "install",
                        "fourthlog",
                        "charts/fourthlog",
                        "--namespace",
                        SYSTEM,
                        "--create-namespace",
                        "--set=reports.openreports.enabled=true,reports.openreports.seconds=1")
                .output();
        operator();
    }

    private void kubeconfig(String name, String token) throws IOException {
        Config config = server.config(token);
        Files.writeString(folder.resolve(name), """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "%s", certificate-authority: "%s"}}]
                users: [{name: u, user: {token: %s}}]
                contexts: [{name: x, context: {cluster: c, user: u}}]
                current-context: x
                """.formatted(config.getMasterUrl(), config.getCaCertFile(), token));
    }

    /** Kinds that others define, which the set-up has put beside its programs. */
    private void define(String kinds) {
        Path crds = Tool.find("kustomize-controller").resolveSibling(kinds);
        admin("kubectl", "apply", "--server-side", "-f", crds.toString()).output();
        admin("kubectl", "wait", "--for=condition=Established", "--timeout=60s", "-f", crds.toString())
                .output();
    }

    private Tool.Ran admin(String program, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--kubeconfig=" + folder.resolve("admin"));
        return Tool.run(Tool.ROOT, program, all);
    }

    private void operator() throws IOException {
        kubeconfig(
                "operator",
                admin("kubectl", "create", "token", "fourthlog-operator", "--namespace=" + SYSTEM)
                        .output()
                        .strip());
        String config = Objects.requireNonNull(client.configMaps()
                .inNamespace(SYSTEM)
                .withName("fourthlog-operator")
                .require()
                .getData()
                .get("operator.yaml"));
        assertThat(config).contains("metricsPort: 9464");
        Files.writeString(folder.resolve("operator.yaml"), config.replace("metricsPort: 9464", "metricsPort: 0"));
        running.add(Background.start(
                folder.resolve("operator.log"),
                Map.of("KUBECONFIG", folder.resolve("operator").toString(), "POD_NAME", "operator-0"),
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.fourthlog.operator.OperatorMain",
                        "--config=" + folder.resolve("operator.yaml"))));
    }

    @AfterAll
    void stop() throws Exception {
        for (AutoCloseable each : running.reversed()) {
            each.close();
        }
        client.close();
        server.close();
    }

    @Test
    void theNotesSayWhatToDoNextAndWhatIsMissing() {
        assertThat(notes)
                .contains("kubectl apply -k config/samples")
                .contains("kubectl -n fourthlog-system get secret fourthlog-reader-tls")
                .contains("Nobody is told of denials")
                .contains("Uninstalling removes every sensor, and keeps the CRDs with every policy, and the trail")
                .doesNotContain("WARNING", "crds.install");
    }

    @Test
    void theServerTakesEveryObjectAndKnowsEveryField() throws IOException {
        admin("kubectl", "create", "namespace", "elsewhere")
                .output(); // what is installed here already has fields that cannot change
        define("monitoring-crds.yaml");
        Path rendered = folder.resolve("rendered.yaml");
        Files.writeString(
                rendered,
                Chart.template(
                                "--values="
                                        + Path.of("src/test/resources/chart/all.yaml")
                                                .toAbsolutePath(),
                                "--namespace=elsewhere")
                        .output());
        accepts("-f", rendered.toString());
        accepts("-k", "config/default");
        accepts("-k", "config/classes");
        Path secrets = folder.resolve("secrets");
        Files.createDirectory(secrets);
        for (String file : List.of("make.sh", "kustomization.yaml")) {
            Files.copy(Tool.ROOT.resolve("config/secrets").resolve(file), secrets.resolve(file));
        }
        Tool.run(secrets, "bash", List.of("make.sh")).output();
        Tool.run(secrets, "openssl", List.of("verify", "-CAfile", "ca.crt", "trail.crt", "reader.crt"))
                .output();
        accepts("-k", secrets.toString());
        String first = Files.readString(secrets.resolve("hmac.key-id"));
        Tool.run(secrets, "env", List.of("ROTATE=hmac", "bash", "make.sh")).output();
        assertThat(Files.readString(secrets.resolve("hmac.key-id"))).isNotEqualTo(first);
        assertThat(Files.readString(secrets.resolve("hmac.retired"))).matches(first + " [A-Za-z0-9+/]{43}=\n");
        accepts("-k", secrets.toString());
    }

    @Test
    void anotherGenerationOfTheKeyIsMadeByAnUpgradeAndTheOneBeforeKept() {
        Map<String, String> first = upgraded("1");
        Map<String, String> second = upgraded("2");
        Map<String, String> again = upgraded("2");
        Map<String, String> third = upgraded("3");

        assertThat(first).containsOnlyKeys("key-id", "key");
        assertThat(again).isEqualTo(second);
        assertThat(List.of(first, second, third))
                .extracting(secret -> secret.get("key-id"))
                .doesNotHaveDuplicates();
        assertThat(List.of(first, second, third))
                .extracting(secret -> secret.get("key"))
                .doesNotHaveDuplicates();
        assertThat(decoded(second, "retired")).isEqualTo(line(first));
        assertThat(decoded(third, "retired")).isEqualTo(line(first) + line(second));
        assertThat(Base64.getDecoder().decode(third.get("key"))).hasSize(32);
    }

    /** What the Secret of the key has after an upgrade to a generation of it. */
    private Map<String, String> upgraded(String generation) {
        Tool.Ran ran = admin(
                "helm",
                "upgrade",
                "fourthlog",
                "charts/fourthlog",
                "--namespace",
                SYSTEM,
                "--set-string",
                "secrets.hmacGeneration=" + generation);
        assertThat(ran.code()).as(ran.err()).isZero();
        return client.secrets()
                .inNamespace(SYSTEM)
                .withName("fourthlog-hmac")
                .require()
                .getData();
    }

    private static String line(Map<String, String> secret) {
        return decoded(secret, "key-id") + " " + secret.get("key") + "\n";
    }

    private static String decoded(Map<String, String> secret, String item) {
        return new String(Base64.getDecoder().decode(secret.get(item)), UTF_8);
    }

    /** By the program that people do it with: it reads an older YAML than the libraries that tests like. */
    @Test
    void kubectlTakesEveryPolicyOfTheLibraryAndTheSamples() throws IOException {
        List<String> arguments =
                new ArrayList<>(List.of("apply", "--dry-run=server", "--validate=strict", "--namespace=default"));
        try (Stream<Path> files = Files.list(Tool.ROOT.resolve("config/samples/library"))) {
            files.filter(file -> !file.toString().endsWith(".test.yaml")).forEach(file -> arguments.add("-f=" + file));
        }
        Tool.Ran ran = admin("kubectl", arguments.toArray(String[]::new));
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.output().lines()).hasSizeGreaterThan(20);
        String sample = Files.readString(Tool.ROOT.resolve("config/samples/support-agents.yaml"));
        Path policy = folder.resolve("sample.yaml");
        Files.writeString(
                policy,
                sample.substring(sample.indexOf("---") + 4).replace("namespace: support", "namespace: default"));
        accepts("-f", policy.toString());
    }

    /** Makes a namespace with a policy of one rule. */
    private void auditedNamespace(String name, String when) throws IOException {
        Path policy = folder.resolve(name + ".yaml");
        Files.writeString(policy, """
                apiVersion: v1
                kind: Namespace
                metadata: {name: %s}
                ---
                apiVersion: fourthlog.io/v1alpha1
                kind: AgentAuditPolicy
                metadata: {name: agents, namespace: %s}
                spec:
                  rules: [{name: never, "on": [data_access], when: "%s", decision: deny}]
                """.formatted(name, name, when));
        admin("kubectl", "apply", "-f", policy.toString()).output();
    }

    private void accepts(String how, String what) {
        Tool.Ran ran = admin(
                "kubectl",
                "apply",
                "--server-side",
                "--force-conflicts",
                "--dry-run=server",
                "--validate=strict",
                how,
                what);
        assertThat(ran.code()).as(what + ": " + ran.err()).isZero();
    }

    @Test
    void fluxIsReadyWhenEverySensorRunsThePolicyAndWritesNothingAfterwards() throws Exception {
        String sample = Files.readString(Tool.ROOT.resolve("config/samples/support-agents.yaml"));
        flux().serve("samples", Map.of("support-agents.yaml", sample));
        DaemonSet sensors = eventually()
                .until(
                        () -> client.apps()
                                .daemonSets()
                                .inNamespace(SYSTEM)
                                .withName("sensor-support")
                                .get(),
                        Objects::nonNull);
        assertThat(ready("samples")).isNotEqualTo("True");
        scheduled(sensors);
        acknowledge(sensors);

        eventually().untilAsserted(() -> assertThat(ready("samples")).isEqualTo("True"));
        GenericKubernetesResource policy = policy("support", "support-agents");
        assertThat(condition(policy, "Programmed").path("status").asText()).isEqualTo("True");

        reconcileAgain("samples");
        assertThat(policy("support", "support-agents").getMetadata().getResourceVersion())
                .as("an idle reconciliation writes nothing")
                .isEqualTo(policy.getMetadata().getResourceVersion());
    }

    /** The timeout is ten minutes and this waits for one: it is Stalled that fails it. */
    @Test
    void aBadPolicyFailsTheKustomizationWithoutWaitingForItsTimeout() throws Exception {
        flux().serve("bad", Map.of("policy.yaml", """
                apiVersion: v1
                kind: Namespace
                metadata: {name: bad}
                ---
                apiVersion: fourthlog.io/v1alpha1
                kind: AgentAuditPolicy
                metadata: {name: typo, namespace: bad}
                spec:
                  rules: [{name: never, on: [data_access], when: "event.resource_url == 'x'", decision: deny}]
                """));

        eventually()
                .untilAsserted(() -> assertThat(
                                kustomization("bad", "Ready").path("reason").asText())
                        .isEqualTo("HealthCheckFailed"));
        assertThat(kustomization("bad", "Ready").path("message").asText())
                .contains("AgentAuditPolicy/bad/typo status: 'Failed'");
        assertThat(condition(policy("bad", "typo"), "Accepted").path("message").asText())
                .contains("spec.rules[0].when");
    }

    /** The kind comes later than the operator, and its rights are those of the chart. */
    @Test
    void aReportSumsUpWhatWasDeniedAndGoesWithTheLastPolicy() throws Exception {
        auditedNamespace("reported", "true");
        eventually()
                .untilAsserted(() -> assertThat(Files.readString(folder.resolve("operator.log")))
                        .contains("the CustomResourceDefinition reports.openreports.io is missing"));
        define("openreports-crds.yaml");

        denied(1, 2);
        eventually()
                .untilAsserted(() -> assertThat(
                                report().at("/results/0/properties/count").asText())
                        .isEqualTo("1"));
        JsonNode first = report();
        assertThat(first.path("summary")).isEqualTo(Chart.parse("fail: 1\nwarn: 1\n"));
        assertThat(first.at("/results/0/policy").asText()).isEqualTo("reported/agents");
        assertThat(first.at("/results/0/rule").asText()).isEqualTo("never");
        assertThat(first.at("/results/0/result").asText()).isEqualTo("fail");
        assertThat(first.at("/results/0/resources"))
                .isEqualTo(Chart.parse("- {apiVersion: v1, kind: Pod, namespace: reported, name: agent-1}"));
        assertThat(first.at("/results/1/result").asText()).isEqualTo("warn");

        denied(7, 2);
        eventually()
                .untilAsserted(() -> assertThat(
                                report().at("/results/0/properties/count").asText())
                        .isEqualTo("7"));
        assertThat(report().at("/metadata/uid")).as("it is the same object").isEqualTo(first.at("/metadata/uid"));

        admin("kubectl", "delete", "--namespace=reported", "agentauditpolicy/agents")
                .output();
        eventually()
                .untilAsserted(() -> assertThat(admin("kubectl", "get", "reports", "--namespace=reported", "-o=name")
                                .output())
                        .isEmpty());
    }

    private JsonNode report() {
        return Chart.parse(Chart.yaml(get("openreports.io/v1alpha1", "Report", "reported", "fourthlog")));
    }

    /** Plays the sensor of the namespace {@code reported}. */
    private void denied(int denied, int flagged) {
        Violation violation = new Violation(
                "reported",
                "agent-1",
                "never",
                "none",
                denied,
                "2026-11-26T10:00:00Z",
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                "0193671c-0000-7000-8000-000000000000");
        client.resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withName(Names.sensorLease("reported", "node-1"))
                        .withNamespace(SYSTEM)
                        .addToLabels(Names.NAMESPACE_LABEL, "reported")
                        .addToLabels(Names.COMPONENT_LABEL, Names.SENSOR_COMPONENT)
                        .addToAnnotations(
                                Names.DECISIONS_ANNOTATION,
                                new SensorDecisions(
                                                Map.of("reported/agents", new SensorDecisions.Totals(denied, flagged)),
                                                Map.of("reported/agents", List.of(violation)))
                                        .toJson())
                        .endMetadata()
                        .withNewSpec()
                        .withHolderIdentity("sensor-reported-node-1")
                        .withLeaseDurationSeconds(600)
                        .withRenewTime(Instant.now().atZone(ZoneOffset.UTC))
                        .endSpec()
                        .build())
                .fieldManager("sensor")
                .forceConflicts()
                .serverSideApply();
    }

    /** The operator's pod goes with its Deployment, before it could clean up: nothing here needs it. */
    @Test
    @Order(Integer.MAX_VALUE)
    void anUninstallationTakesTheSensorsWithItAndNeedsNoOperatorForThat() throws Exception {
        auditedNamespace("leaving", "false");
        eventually()
                .untilAsserted(() -> assertThat(made())
                        .contains(
                                "DaemonSet sensor-leaving",
                                "Role sensor-leaving",
                                "Role sensor-leaving.pods",
                                "Secret sensor-leaving-tls"));
        for (AutoCloseable each : running.reversed()) {
            each.close();
        }
        running.clear();
        admin("helm", "uninstall", "fourthlog", "--namespace", SYSTEM, "--wait").output();
        eventually().untilAsserted(() -> assertThat(made()).isEmpty());
        assertThat(client.leases()
                        .inNamespace(SYSTEM)
                        .withName("fourthlog-operator")
                        .get())
                .isNull();
        assertThat(policy("leaving", "agents").getMetadata().getName())
                .as("what people wrote stays")
                .isEqualTo("agents");
    }

    /** KIND NAME of each object that the operator made. */
    private List<String> made() {
        return admin(
                        "kubectl",
                        "get",
                        "configmaps,secrets,serviceaccounts,roles,rolebindings,daemonsets",
                        "--all-namespaces",
                        "--selector=app.kubernetes.io/managed-by=fourthlog-operator",
                        "--output=jsonpath={range .items[*]}{.kind} {.metadata.name}{\"\\n\"}{end}")
                .output()
                .lines()
                .toList();
    }

    private Flux flux() throws IOException {
        for (AutoCloseable each : running) {
            if (each instanceof Flux flux) {
                return flux;
            }
        }
        Flux flux = new Flux();
        running.add(flux);
        return flux;
    }

    /** Flux's kustomize-controller, and the server of archives that it takes for a source. */
    private final class Flux implements AutoCloseable {
        private final HttpServer archives;
        private final Background controller;

        Flux() throws IOException {
            define("flux-crds.yaml");
            admin("kubectl", "create", "namespace", "flux-system").output();
            archives = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            archives.start();
            controller = Background.start(
                    folder.resolve("flux.log"),
                    Map.of("KUBECONFIG", folder.resolve("admin").toString(), "RUNTIME_NAMESPACE", "flux-system"),
                    List.of(
                            Tool.find("kustomize-controller").toString(),
                            "--feature-gates=ExternalArtifact=true",
                            "--metrics-addr=0",
                            "--health-addr=127.0.0.1:" + freePort()));
        }

        /** Makes an archive of the files, an ExternalArtifact that points at it, and a Kustomization that applies it. */
        void serve(String name, Map<String, String> files) throws Exception {
            byte[] archive = tarGz(name, files);
            archives.createContext("/" + name + ".tar.gz", exchange -> {
                exchange.sendResponseHeaders(200, archive.length);
                exchange.getResponseBody().write(archive);
                exchange.close();
            });
            String digest = "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(archive));
            Path source = folder.resolve(name + "-source.yaml");
            Files.writeString(source, """
                    apiVersion: source.toolkit.fluxcd.io/v1
                    kind: ExternalArtifact
                    metadata: {name: %s, namespace: flux-system}
                    spec: {sourceRef: {apiVersion: v1, kind: ConfigMap, name: test}}
                    """.formatted(name));
            admin("kubectl", "apply", "--server-side", "-f", source.toString()).output();
            Files.writeString(source, """
                    apiVersion: source.toolkit.fluxcd.io/v1
                    kind: ExternalArtifact
                    metadata: {name: %1$s, namespace: flux-system}
                    status:
                      artifact:
                        url: http://127.0.0.1:%2$d/%1$s.tar.gz
                        path: %1$s.tar.gz
                        revision: "latest@%3$s"
                        digest: "%3$s"
                        size: %4$d
                        lastUpdateTime: "%5$s"
                      conditions:
                      - {type: Ready, status: "True", reason: Succeeded, message: served, lastTransitionTime: "%5$s"}
                    """.formatted(
                            name,
                            archives.getAddress().getPort(),
                            digest,
                            archive.length,
                            Instant.now().truncatedTo(java.time.temporal.ChronoUnit.SECONDS)));
            admin("kubectl", "apply", "--server-side", "--subresource=status", "-f", source.toString())
                    .output();
            Files.writeString(folder.resolve(name + ".yaml"), Chart.yaml(kustomization(name)));
            admin(
                            "kubectl",
                            "apply",
                            "--server-side",
                            "-f",
                            folder.resolve(name + ".yaml").toString())
                    .output();
        }

        /** The one of the documentation, with another source. */
        private JsonNode kustomization(String name) throws IOException {
            String page = Files.readString(Tool.ROOT.resolve("docs/gitops.md"));
            int start = page.indexOf("```yaml\n") + 8;
            ObjectNode documented = (ObjectNode) Chart.parse(page.substring(start, page.indexOf("```", start)));
            documented.withObject("/metadata").put("name", name);
            documented.withObject("/spec").put("timeout", "10m").put("path", "./");
            documented
                    .withObject("/spec/sourceRef")
                    .put("kind", "ExternalArtifact")
                    .put("name", name);
            return documented;
        }

        private byte[] tarGz(String name, Map<String, String> files) throws IOException {
            Path content = Files.createDirectory(folder.resolve(name));
            for (Map.Entry<String, String> file : files.entrySet()) {
                Files.writeString(content.resolve(file.getKey()), file.getValue());
            }
            Path archive = folder.resolve(name + ".tar.gz");
            Tool.run(content, "tar", List.of("-czf", archive.toString(), ".")).output();
            return Files.readAllBytes(archive);
        }

        @Override
        public void close() {
            controller.close();
            archives.stop(0);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void scheduled(DaemonSet sensors) {
        eventually()
                .until(() -> client.resource(sensors)
                                .editStatus(found -> new DaemonSetBuilder(found)
                                        .withNewStatus()
                                        .withObservedGeneration(
                                                found.getMetadata().getGeneration())
                                        .withDesiredNumberScheduled(1)
                                        .withCurrentNumberScheduled(1)
                                        .withNumberMisscheduled(0)
                                        .withNumberReady(1)
                                        .endStatus()
                                        .build())
                        != null);
    }

    /** Waits; what is not there yet, or is written by somebody else at the same time, is no failure. */
    private static ConditionFactory eventually() {
        return await().atMost(PATIENCE).ignoreExceptions();
    }

    /** Plays the sensor: it runs what the DaemonSet says. */
    private void acknowledge(DaemonSet sensors) {
        client.resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withName(Names.sensorLease("support", "node-1"))
                        .withNamespace(SYSTEM)
                        .addToLabels(Names.NAMESPACE_LABEL, "support")
                        .addToLabels(Names.COMPONENT_LABEL, Names.SENSOR_COMPONENT)
                        .addToAnnotations(
                                Names.CONFIG_DIGEST_ANNOTATION,
                                sensors.getMetadata().getAnnotations().get(Names.CONFIG_DIGEST_ANNOTATION))
                        .endMetadata()
                        .withNewSpec()
                        .withHolderIdentity("sensor-support-node-1")
                        .withLeaseDurationSeconds(600)
                        .withRenewTime(Instant.now().atZone(ZoneOffset.UTC))
                        .endSpec()
                        .build())
                .create();
    }

    private void reconcileAgain(String name) {
        String at = Instant.now().toString();
        admin(
                        "kubectl",
                        "annotate",
                        "--namespace=flux-system",
                        "kustomization.kustomize.toolkit.fluxcd.io/" + name,
                        "reconcile.fluxcd.io/requestedAt=" + at)
                .output();
        eventually()
                .untilAsserted(
                        () -> assertThat(get("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system", name)
                                        .<String>get("status", "lastHandledReconcileAt"))
                                .isEqualTo(at));
        eventually().untilAsserted(() -> assertThat(ready(name)).isEqualTo("True"));
    }

    private String ready(String name) {
        return kustomization(name, "Ready").path("status").asText();
    }

    private JsonNode kustomization(String name, String type) {
        return condition(get("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system", name), type);
    }

    private GenericKubernetesResource policy(String namespace, String name) {
        return get("fourthlog.io/v1alpha1", "AgentAuditPolicy", namespace, name);
    }

    private GenericKubernetesResource get(String version, String kind, String namespace, String name) {
        return client.genericKubernetesResources(version, kind)
                .inNamespace(namespace)
                .withName(name)
                .require();
    }

    private static JsonNode condition(GenericKubernetesResource object, String type) {
        JsonNode conditions = Chart.parse(Chart.yaml(object)).at("/status/conditions");
        return StreamSupport.stream(conditions.spliterator(), false)
                .filter(condition -> condition.path("type").asText().equals(type))
                .findFirst()
                .orElse(conditions.path(type));
    }
}
