package io.fourthlog.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.operator.cluster.OperatorConfig.Isolation;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One DaemonSet for many namespaces. */
final class SharedSensorsTest extends Scenario {

    SharedSensorsTest() {
        super(config(Isolation.SHARED, 0));
    }

    @Test
    void oneDaemonSetRunsThePoliciesOfAllNamespacesAndMaySeeOnlyThose() {
        namespace("first");
        namespace("second");
        apply(policy("first", "agents", "true"));
        apply(policy("second", "agents", "true"));
        eventually()
                .until(() -> client.apps()
                                .daemonSets()
                                .inNamespace(SYSTEM)
                                .withName("sensor-" + SYSTEM)
                                .get()
                        != null);
        eventually()
                .untilAsserted(() -> assertThat(namespacesOf("first/agents", "second/agents"))
                        .containsExactly(List.of("first"), List.of("second")));
        assertThat(rights()).contains("first", "second");
        acknowledge(SYSTEM, "node1", scheduled(SYSTEM, 1), null);
        until("first", "agents", "Ready", "True", "1/1");
        until("second", "agents", "Ready", "True", "1/1");
        assertThat(client.apps()
                        .daemonSets()
                        .inNamespace(SYSTEM)
                        .withName("sensor-first")
                        .get())
                .isNull();

        client.namespaces().withName("second").delete();
        eventually().until(() -> client.namespaces().withName("second").get() == null);
        eventually().untilAsserted(() -> assertThat(rights()).doesNotContain("second"));

        // Each namespace its own again: what was shared goes.
        config = config(Isolation.NAMESPACE, 0);
        restart();
        eventually().untilAsserted(() -> {
            assertThat(running("first").policies()).hasSize(1);
            assertThat(made(SYSTEM)).isEmpty();
        });
    }

    private List<List<String>> namespacesOf(String... policies) {
        return running(SYSTEM).policies().stream()
                .filter(policy -> List.of(policies).contains(policy.id()))
                .map(SensorConfig.Policy::namespaces)
                .toList();
    }

    private List<String> rights() {
        return made(SYSTEM).stream()
                .filter(Role.class::isInstance)
                .map(role -> role.getMetadata().getNamespace())
                .toList();
    }
}
