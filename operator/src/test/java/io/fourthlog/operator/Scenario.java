package io.fourthlog.operator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicyStatus;
import io.fourthlog.api.Names;
import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.api.config.SensorConfig.Parsed;
import io.fourthlog.operator.cluster.Conditions;
import io.fourthlog.operator.cluster.OperatorConfig;
import io.fourthlog.operator.cluster.OperatorConfig.Isolation;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

/**
 * An operator on the shared API server, and what a test does there. There is no node: the test takes the part of the DaemonSet
 * controller, which counts nodes, and of the sensor, which writes its Lease.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class Scenario {

    static final String SYSTEM = SharedApiServer.SYSTEM;
    static final Duration PATIENCE =
            Duration.ofSeconds(90); // of a machine that does much else; nothing is measured by it

    final KubeApiServer server = SharedApiServer.get();
    final KubernetesClient client = server.client();
    OperatorConfig config;
    FourthlogOperator operator;

    private final Supplier<KubernetesClient> operators;

    Scenario(OperatorConfig config) {
        this(config, () -> FourthlogOperator.client(SharedApiServer.get().config("test")));
    }

    /** @param operators makes the client of each operator */
    Scenario(OperatorConfig config, Supplier<KubernetesClient> operators) {
        this.config = config;
        this.operators = operators;
        this.operator = create();
        apply("""
                apiVersion: fourthlog.io/v1alpha1
                kind: RedactionProfile
                metadata: {name: default}
                spec: {detectors: {enable: ["secret:*"]}}
                """);
        apply("""
                apiVersion: fourthlog.io/v1alpha1
                kind: RetentionTier
                metadata: {name: standard}
                spec: {frameworks: [PCI-DSS-4.0]}
                """);
        operator.start();
    }

    @AfterAll
    void stop() {
        operator.close();
        client.close();
    }

    static OperatorConfig config(Isolation isolation, int port) {
        return config(isolation, port, false, null);
    }

    public static OperatorConfig config(
            Isolation isolation, int port, boolean leaderElection, OperatorConfig.@Nullable Webhook webhook) {
        return new OperatorConfig(
                SYSTEM,
                "test",
                URI.create("https://trail.fourthlog-system.svc:8443"),
                port,
                leaderElection,
                new OperatorConfig.Sensor(
                        isolation,
                        "sensor:test",
                        "Never",
                        List.of(),
                        "/var/lib/fourthlog",
                        null,
                        false,
                        Map.of(),
                        false,
                        List.of(),
                        null),
                SensorConfig.Capture.EVERYTHING,
                webhook,
                null);
    }

    /** Waits; what is not there yet is no failure. */
    static ConditionFactory eventually() {
        return await().atMost(PATIENCE).ignoreExceptions();
    }

    final void start() {
        operator = create();
        operator.start();
    }

    private FourthlogOperator create() {
        return new FourthlogOperator(operators.get(), config, Clock.systemUTC(), () -> {});
    }

    final void restart() {
        operator.close();
        start();
    }

    static String policy(String namespace, String name, String when) {
        return """
                apiVersion: fourthlog.io/v1alpha1
                kind: AgentAuditPolicy
                metadata: {name: %s, namespace: %s}
                spec:
                  validationActions: [Deny]
                  rules: [{name: never, on: [data_access], when: "%s", decision: deny, enforce: terminate}]
                """.formatted(name, namespace, when);
    }

    static String profile(String name, String tag) {
        return """
                apiVersion: fourthlog.io/v1alpha1
                kind: RedactionProfile
                metadata: {name: %s}
                spec: {detectors: {enable: ["%s"]}}
                """.formatted(name, tag);
    }

    final void apply(String yaml) {
        for (HasMetadata object :
                client.load(new ByteArrayInputStream(yaml.getBytes(UTF_8))).items()) {
            client.resource(object).fieldManager("test").forceConflicts().serverSideApply();
        }
    }

    final void namespace(String name) {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
    }

    final AgentAuditPolicy get(String namespace, String name) {
        return client.resources(AgentAuditPolicy.class)
                .inNamespace(namespace)
                .withName(name)
                .require();
    }

    final Condition status(String namespace, String name, String type) {
        return Conditions.find(get(namespace, name).getStatus().conditions(), type)
                .orElseThrow();
    }

    final void until(String namespace, String name, String type, String status, String message) {
        eventually().untilAsserted(() -> {
            final AgentAuditPolicyStatus now = get(namespace, name).getStatus();
            assertThat(now).isNotNull();
            assertThat(Conditions.find(now.conditions(), type)).hasValueSatisfying(condition -> {
                assertThat(condition.getStatus()).isEqualTo(status);
                assertThat(condition.getMessage()).contains(message);
            });
        });
    }

    final DaemonSet daemonSet(String namespace) {
        return client.apps()
                .daemonSets()
                .inNamespace(SYSTEM)
                .withName("sensor-" + namespace)
                .require();
    }

    final String digest(String namespace) {
        return requireNonNull(
                daemonSet(namespace).getMetadata().getAnnotations().get(Names.CONFIG_DIGEST_ANNOTATION));
    }

    final SensorConfig running(String namespace) {
        String digest = digest(namespace); // once: it can change meanwhile
        ConfigMap map = client.configMaps()
                .inNamespace(SYSTEM)
                .withName(Names.configMap(namespace, digest))
                .require();
        assertThat(map.getImmutable()).isTrue();
        Parsed parsed = SensorConfig.parse(
                requireNonNull(map.getData().get(Names.CONFIG_KEY)).getBytes(UTF_8));
        assertThat(parsed)
                .isInstanceOfSatisfying(
                        Parsed.Valid.class, valid -> assertThat(valid.digest()).isEqualTo(digest));
        return ((Parsed.Valid) parsed).config();
    }

    final List<ConfigMap> configMaps(String namespace) {
        return client.configMaps()
                .inNamespace(SYSTEM)
                .withLabel(Names.NAMESPACE_LABEL, namespace)
                .list()
                .getItems();
    }

    final List<HasMetadata> made(String namespace) {
        return List.<List<? extends HasMetadata>>of(
                        configMaps(namespace),
                        client.apps()
                                .daemonSets()
                                .inNamespace(SYSTEM)
                                .withLabel(Names.NAMESPACE_LABEL, namespace)
                                .list()
                                .getItems(),
                        client.secrets()
                                .inNamespace(SYSTEM)
                                .withLabel(Names.NAMESPACE_LABEL, namespace)
                                .list()
                                .getItems(),
                        client.serviceAccounts()
                                .inNamespace(SYSTEM)
                                .withLabel(Names.NAMESPACE_LABEL, namespace)
                                .list()
                                .getItems(),
                        client.leases()
                                .inNamespace(SYSTEM)
                                .withLabel(Names.NAMESPACE_LABEL, namespace)
                                .list()
                                .getItems(),
                        client.rbac()
                                .roles()
                                .inAnyNamespace()
                                .withLabel(Names.NAMESPACE_LABEL, namespace)
                                .list()
                                .getItems(),
                        client.rbac()
                                .roleBindings()
                                .inAnyNamespace()
                                .withLabel(Names.NAMESPACE_LABEL, namespace)
                                .list()
                                .getItems())
                .stream()
                .<HasMetadata>flatMap(List::stream)
                .toList();
    }

    /** Resource versions of everything that the operator writes for a namespace. */
    final List<String> versions(String namespace) {
        return made(namespace).stream()
                .filter(object -> !(object instanceof Lease))
                .map(object -> object.getKind() + " " + object.getMetadata().getName() + " "
                        + object.getMetadata().getResourceVersion())
                .sorted()
                .toList();
    }

    /** Plays the DaemonSet controller: counts nodes. */
    final String scheduled(String namespace, int nodes) {
        eventually() // it is refused when the operator writes at the same time
                .until(() -> client.resource(daemonSet(namespace))
                                .editStatus(found -> new DaemonSetBuilder(found)
                                        .withNewStatus()
                                        .withObservedGeneration(
                                                found.getMetadata().getGeneration())
                                        .withDesiredNumberScheduled(nodes)
                                        .withCurrentNumberScheduled(nodes)
                                        .withNumberMisscheduled(0)
                                        .withNumberReady(nodes)
                                        .endStatus()
                                        .build())
                        != null);
        return digest(namespace);
    }

    final void acknowledge(String namespace, String node, String digest, @Nullable String error) {
        lease(namespace, node, digest, error == null ? Map.of() : Map.of(Names.CONFIG_ERROR_ANNOTATION, error), 600);
    }

    /** Plays the sensor: reports on its Lease. */
    final void lease(String namespace, String node, String digest, Map<String, String> says, int seconds) {
        client.resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withName(Names.sensorLease(namespace, node))
                        .withNamespace(SYSTEM)
                        .addToLabels(Names.NAMESPACE_LABEL, namespace)
                        .addToLabels(Names.COMPONENT_LABEL, Names.SENSOR_COMPONENT)
                        .addToAnnotations(Names.CONFIG_DIGEST_ANNOTATION, digest)
                        .addToAnnotations(says)
                        .endMetadata()
                        .withNewSpec()
                        .withHolderIdentity("sensor-" + namespace + "-" + node)
                        .withLeaseDurationSeconds(seconds)
                        .withRenewTime(Instant.now().atZone(ZoneOffset.UTC))
                        .endSpec()
                        .build())
                .fieldManager("sensor")
                .forceConflicts()
                .serverSideApply();
    }
}
