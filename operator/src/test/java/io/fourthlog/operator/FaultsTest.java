package io.fourthlog.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.api.Names;
import io.fourthlog.operator.OperatorConfig.Isolation;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

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
        PROXY.endWatches();
        apply(policy("watches", "agents", "false"));
        eventually().until(() -> !digest("watches").equals(first));
        String second = digest("watches");
        PROXY.expireWatches();
        apply(policy("watches", "other", "true"));
        eventually().until(() -> !digest("watches").equals(second));
        assertThat(running("watches").policies()).hasSize(2);
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
        assertThat(PROXY.writes()).as("a change").hasSizeLessThanOrEqualTo(6);

        // Renewals, a new operator, and an event for every namespace.
        for (int i = 0; i < 3; i++) {
            acknowledge("thrift", "node1", digest("thrift"), null);
        }
        restart();
        apply(profile("thrift-unused", "secret:*"));
        eventually()
                .until(() -> client.resources(io.fourthlog.api.RedactionProfile.class)
                                .withName("thrift-unused")
                                .get()
                                .getStatus()
                        != null);
        assertThat(PROXY.writes())
                .as("idle")
                .allSatisfy(write -> assertThat(write).contains("thrift-unused"));
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
            // The API server takes a moment to hear of it.
            eventually().untilAsserted(() -> {
                apply(policy("forbidden", "agents", "event.byte_count > " + System.nanoTime()));
                assertThat(status("forbidden", "agents", "Stalled").getMessage())
                        .startsWith("The API server refuses")
                        .contains("not on my cluster");
            });
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
        eventually().untilAsserted(() -> {
            apply(policy("forbidden", "agents", "event.byte_count > " + System.nanoTime()));
            assertThat(daemonSet("forbidden")).isNotNull();
        });
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
