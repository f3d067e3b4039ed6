package io.fourthlog.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicyStatus;
import io.fourthlog.api.Names;
import io.fourthlog.api.RedactionProfile;
import io.fourthlog.operator.cluster.Conditions;
import io.fourthlog.operator.cluster.OperatorConfig.Isolation;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The operator behind a proxy that fails. */
final class FaultsTest extends Scenario {

    private static final FaultingProxy PROXY = new FaultingProxy(SharedApiServer.get(), 42);

    FaultsTest() {
        super(config(Isolation.NAMESPACE, 0), PROXY::client);
    }

    @AfterAll
    static void close() {
        PROXY.close();
    }

    @Test
    void aStormOfFailuresDelaysEverythingAndLosesNothing() {
        PROXY.fail(40, 409, 429, 500, 503);
        for (int i = 0; i < 4; i++) {
            namespace("storm-" + i);
            apply(policy("storm-" + i, "agents", "true"));
        }
        for (int i = 0; i < 4; i++) {
            acknowledge("storm-" + i, "node1", scheduled("storm-" + i, 1), null);
        }
        for (int i = 0; i < 4; i++) {
            until("storm-" + i, "agents", "Ready", "True", "1/1");
        }
        PROXY.fail(0, 500);
        assertThat(PROXY.faults()).isGreaterThan(5);
    }

    @Test
    void whatHappensWhileNoWatchRunsIsSeenAfterwards() throws IOException {
        namespace("watches");
        apply(policy("watches", "agents", "true"));
        String first = scheduled("watches", 1);
        acknowledge("watches", "node1", first, null);
        until("watches", "agents", "Ready", "True", "1/1");
        PROXY.endWatches();
        apply(policy("watches", "agents", "false"));
        eventually().until(() -> !digest("watches").equals(first));
        String second = digest("watches");
        acknowledge("watches", "node1", second, null);
        eventually().until(() -> configMaps("watches").size() == 1); // what no sensor runs any more is removed
        PROXY.expireWatches();
        apply(policy("watches", "other", "true"));
        eventually().until(() -> !digest("watches").equals(second));
        assertThat(running("watches").policies()).hasSize(2);
        acknowledge("watches", "node1", digest("watches"), null);
        eventually().until(() -> configMaps("watches").size() == 1);
    }

    @Test
    void anApiServerThatRestartsInTheMiddleOfItIsWaitedFor() throws IOException {
        namespace("restarts");
        apply(policy("restarts", "agents", "true"));
        acknowledge("restarts", "node1", scheduled("restarts", 1), null);
        until("restarts", "agents", "Ready", "True", "1/1");
        apply(policy("restarts", "agents", "false"));
        server.restartApiServer(() -> {});
        apply(policy("restarts", "other", "true"));
        eventually().until(() -> running("restarts").policies().size() == 2);
        acknowledge("restarts", "node1", scheduled("restarts", 1), null);
        until("restarts", "agents", "Ready", "True", "1/1");
        until("restarts", "other", "Ready", "True", "1/1");
    }

    @Test
    void aChangeCostsSixWritesAtMostAndIdlenessNone() {
        namespace("thrift");
        apply(policy("thrift", "agents", "true"));
        acknowledge("thrift", "node1", scheduled("thrift", 1), null);
        until("thrift", "agents", "Ready", "True", "1/1");
        String before = digest("thrift");
        PROXY.writes();
        apply(policy("thrift", "agents", "false"));
        eventually().until(() -> !digest("thrift").equals(before));
        acknowledge("thrift", "node1", scheduled("thrift", 1), null);
        until("thrift", "agents", "Ready", "True", "1/1");
        eventually().until(() -> configMaps("thrift").size() == 1);
        assertThat(PROXY.writes().stream().filter(write -> write.contains("thrift")))
                .as("a change")
                .hasSizeLessThanOrEqualTo(6);

        // Renewals, a new operator, and an event for every namespace.
        for (int i = 0; i < 3; i++) {
            acknowledge("thrift", "node1", digest("thrift"), null);
        }
        restart();
        apply(profile("thrift-unused", "secret:*"));
        eventually()
                .until(() -> client.resources(RedactionProfile.class)
                                .withName("thrift-unused")
                                .get()
                                .getStatus()
                        != null);
        assertThat(PROXY.writes().stream().filter(write -> write.contains("thrift")))
                .as("idle")
                .allSatisfy(write -> assertThat(write).contains("thrift-unused"));
    }

    /** A team that may do what it likes in its namespace; which role a binding is of cannot be changed, and this one cannot even be deleted. */
    @ParameterizedTest
    @ValueSource(strings = {"[]", "[example.org/stays]"})
    void aBindingThatATeamPutInThePlaceOfOursKeepsNoSensorsAway(String finalizers) {
        String namespace = finalizers.equals("[]") ? "spoiled" : "spoiled-for-good";
        namespace(namespace);
        apply("""
                apiVersion: rbac.authorization.k8s.io/v1
                kind: RoleBinding
                metadata: {name: sensor-NS.pods, namespace: NS, finalizers: FINALIZERS}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
                """.replace("NS", namespace).replace("FINALIZERS", finalizers));
        apply(policy(namespace, "agents", "true"));
        acknowledge(namespace, "node1", scheduled(namespace, 1), null);
        eventually()
                .until(() -> client.secrets()
                                .inNamespace(SYSTEM)
                                .withName("sensor-" + namespace + "-tls")
                                .get()
                        != null);
        String first = digest(namespace);
        apply(policy(namespace, "agents", "false"));
        eventually().until(() -> !digest(namespace).equals(first));
        acknowledge(namespace, "node1", scheduled(namespace, 1), null);
        eventually().until(() -> configMaps(namespace).size() == 1); // what no sensor runs any more is removed
        if (finalizers.equals("[]")) {
            eventually()
                    .until(() -> client.rbac()
                            .roleBindings()
                            .inNamespace(namespace)
                            .withName(Names.sensorPods(namespace))
                            .get()
                            .getRoleRef()
                            .getKind()
                            .equals("Role"));
        } else {
            until(namespace, "agents", "Stalled", "True", "cannot change roleRef");
        }
    }

    @Test
    void whatTheApiServerRefusesForGoodStallsThePolicyInItsWordsAndIsNotTriedInALoop() {
        namespace("forbidden");
        apply("""
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingAdmissionPolicy
                metadata: {name: no-sensors-here}
                spec:
                  failurePolicy: Fail
                  matchConstraints:
                    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [daemonsets]}]
                  validations: [{expression: "object.metadata.name != 'sensor-forbidden'", message: not on my cluster}]
                """);
        apply("""
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingAdmissionPolicyBinding
                metadata: {name: no-sensors-here}
                spec: {policyName: no-sensors-here, validationActions: [Deny]}
                """);
        try {
            // The API server takes a moment to hear of it, and only the making of a DaemonSet is refused.
            eventually().until(() -> !mayMakeSensors("forbidden"));
            apply(policy("forbidden", "agents", "event.byte_count > 1"));
            eventually()
                    .untilAsserted(() -> assertThat(
                                    status("forbidden", "agents", "Stalled").getMessage())
                            .startsWith("The API server refuses")
                            .contains("not on my cluster"));
            assertThat(status("forbidden", "agents", "Ready").getReason()).isEqualTo("ApiServerRefuses");
            assertThat(Conditions.find(get("forbidden", "agents").getStatus().conditions(), "Reconciling"))
                    .isEmpty();
        } finally {
            client.admissionRegistration()
                    .v1()
                    .validatingAdmissionPolicyBindings()
                    .withName("no-sensors-here")
                    .delete();
        }
        eventually().until(() -> mayMakeSensors("forbidden"));
        apply(policy("forbidden", "agents", "event.byte_count > 2"));
        eventually().untilAsserted(() -> assertThat(daemonSet("forbidden")).isNotNull());
    }

    /** Whether the API server would let anybody make the namespace's DaemonSet at this moment. */
    private boolean mayMakeSensors(String namespace) {
        DaemonSet sensors = new DaemonSetBuilder()
                .withNewMetadata()
                .withName("sensor-" + namespace)
                .withNamespace(SYSTEM)
                .endMetadata()
                .withNewSpec()
                .withNewSelector()
                .addToMatchLabels("app", "none")
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .addToLabels("app", "none")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("none")
                .withImage("none")
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build();
        try {
            client.resource(sensors).dryRun().create();
            return true;
        } catch (KubernetesClientException refused) {
            assertThat(refused.getMessage()).contains("not on my cluster");
            return false;
        }
    }

    /**
     * Applies, edits, deletes, operators that end and requests that fail, in a random order; then the objects that are left are deleted
     * and applied again in peace, and the same comes of it. A spec that is not accepted is left out of what is left: of such a policy
     * the last accepted spec stays in force, which is history by intention.
     */
    @ParameterizedTest
    @ValueSource(longs = {7, 11})
    void theEndDependsOnTheLastObjectsOnly(long seed) {
        Random random = new Random(seed);
        String namespace = "chaos-" + seed;
        namespace(namespace);
        Map<String, String> last = new TreeMap<>();
        for (int step = 0; step < 24; step++) {
            String name = "policy-" + random.nextInt(3);
            switch (random.nextInt(8)) {
                case 0 -> {
                    if (last.remove(name) != null) {
                        client.resource(get(namespace, name)).delete();
                    }
                }
                case 1 -> apply(profile("chaos", random.nextBoolean() ? "secret:*" : "PII:*"));
                case 2 -> PROXY.fail(random.nextInt(60), 409, 429, 500);
                case 3 -> {
                    if (step % 3 == 0) {
                        restart();
                    }
                }
                default -> {
                    String policy = policy(
                                    namespace,
                                    name,
                                    List.of("true", "false", "tru").get(random.nextInt(3)))
                            .replace(
                                    "spec:",
                                    random.nextBoolean()
                                            ? "spec:\n  podSelector: {matchLabels: {app: a}}"
                                            : "spec:\n  redactionProfileRef: {name: chaos}");
                    apply(policy);
                    last.put(name, policy);
                }
            }
        }
        apply(profile("chaos", "PCI:*"));
        last.putIfAbsent("policy-0", policy(namespace, "policy-0", "true"));
        last.replaceAll((name, policy) -> policy.replace("\"tru\"", "\"true\""));
        last.values().forEach(this::apply);
        PROXY.fail(0, 500);
        Map<String, Object> stormy = settled(namespace, last.keySet());

        last.keySet().forEach(name -> client.resource(get(namespace, name)).delete());
        eventually().untilAsserted(() -> assertThat(made(namespace)).isEmpty());
        last.values().forEach(this::apply);
        assertThat(settled(namespace, last.keySet())).isEqualTo(stormy);
    }

    /** What there is once every policy says that all sensors, of which there are none, run it. */
    private Map<String, Object> settled(String namespace, Set<String> policies) {
        eventually().untilAsserted(() -> {
            assertThat(running(namespace).policies()).hasSameSizeAs(policies);
            scheduled(namespace, 0);
            for (String name : policies) {
                AgentAuditPolicy policy = get(namespace, name);
                assertThat(policy.getStatus().observedGeneration())
                        .isEqualTo(policy.getMetadata().getGeneration());
                assertThat(policy.getStatus().configDigest()).startsWith("sha256:");
                assertThat(status(namespace, name, "Ready").getStatus()).isEqualTo("True");
                assertThat(running(namespace).redactionProfiles().values())
                        .allMatch(profile -> !profile.detectors().enable().contains("PII:*"));
            }
            assertThat(configMaps(namespace)).hasSize(1);
        });
        Map<String, Object> state = new TreeMap<>();
        state.put("digest", digest(namespace));
        state.put(
                "objects",
                made(namespace).stream()
                        .map(object -> object.getKind() + " "
                                + object.getMetadata().getNamespace() + "/"
                                + object.getMetadata().getName())
                        .sorted()
                        .toList());
        state.put("pods", daemonSet(namespace).getSpec().getTemplate().getSpec());
        for (String name : policies) {
            AgentAuditPolicyStatus status = get(namespace, name).getStatus();
            state.put(
                    name,
                    status.conditions().stream()
                                    .map(condition ->
                                            condition.getType() + condition.getStatus() + condition.getMessage())
                                    .toList()
                            + " " + status.mergedWith());
        }
        return state;
    }

    @Test
    void somebodyElsesFieldsStayAndOursArePutBack() {
        namespace("shared-fields");
        apply(policy("shared-fields", "agents", "true"));
        scheduled("shared-fields", 1);
        apply("""
                apiVersion: apps/v1
                kind: DaemonSet
                metadata:
                  name: sensor-shared-fields
                  namespace: %s
                  annotations: {example.org/theirs: stays, %s: "sha256:forged"}
                """.formatted(SYSTEM, Names.CONFIG_DIGEST_ANNOTATION));
        eventually().untilAsserted(() -> {
            Map<String, String> annotations =
                    daemonSet("shared-fields").getMetadata().getAnnotations();
            assertThat(annotations).containsEntry("example.org/theirs", "stays");
            assertThat(annotations.get(Names.CONFIG_DIGEST_ANNOTATION)).isNotEqualTo("sha256:forged");
        });
        assertThat(daemonSet("shared-fields").getMetadata().getManagedFields())
                .extracting(fields -> fields.getManager())
                .containsAll(List.of("fourthlog-operator", "test"));
    }
}
