package io.fourthlog.operator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fourthlog.api.AgentAuditPolicyStatus.Violation;
import io.fourthlog.api.Names;
import io.fourthlog.api.config.SensorDecisions;
import io.fourthlog.api.config.SensorDecisions.Totals;
import io.fourthlog.operator.cluster.OperatorConfig.Isolation;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** From what sensors say of their decisions to what kubectl shows of them. */
final class DenialsTest extends Scenario {

    DenialsTest() {
        super(config(Isolation.NAMESPACE, 0));
    }

    @Test
    void aDenialIsAnEventOfThePodAndThePolicyWithACountAndInTheStatus() {
        namespace("denials");
        client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("agent")
                        .withNamespace("denials")
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("main")
                        .withImage("none")
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
        apply(policy("denials", "agents", "true"));
        String digest = scheduled("denials", 2);
        says("node1", digest, 1, "agent", "2026-11-26T10:00:00Z");
        eventually().untilAsserted(() -> {
            assertThat(events("Pod")).singleElement().satisfies(event -> {
                assertThat(event.getReason()).isEqualTo("Denied");
                assertThat(event.getRegarding().getUid()).isNotBlank();
                assertThat(event.getSeries()).isNull();
            });
            assertThat(events("AgentAuditPolicy")).hasSize(1);
            assertThat(denied()).isEqualTo(1);
        });
        says("node2", digest, 4, "elsewhere", "2026-11-26T10:00:01Z");
        says("node1", digest, 7, "agent", "2026-11-26T10:00:02Z");
        eventually().untilAsserted(() -> {
            assertThat(denied()).isEqualTo(11);
            assertThat(get("denials", "agents").getStatus().recentViolations())
                    .extracting(Violation::pod)
                    .containsExactly("agent", "elsewhere");
            assertThat(events("Pod"))
                    .singleElement()
                    .satisfies(event -> assertThat(event.getSeries().getCount()).isEqualTo(7));
            assertThat(events("AgentAuditPolicy")).hasSize(2);
        });
    }

    private long denied() {
        return requireNonNull(get("denials", "agents").getStatus().decisions()).denied();
    }

    private List<Event> events(String kind) {
        return client.events().v1().events().inNamespace("denials").list().getItems().stream()
                .filter(event -> event.getRegarding().getKind().equals(kind))
                .toList();
    }

    private void says(String node, String digest, long count, String pod, String last) {
        SensorDecisions decisions = new SensorDecisions(
                Map.of("denials/agents", new Totals(count, 0)),
                Map.of(
                        "denials/agents",
                        List.of(new Violation(
                                "denials",
                                pod,
                                "never",
                                "enforced",
                                count,
                                "2026-11-26T10:00:00Z",
                                last,
                                "0193-" + node))));
        lease("denials", node, digest, Map.of(Names.DECISIONS_ANNOTATION, decisions.toJson()), 600);
    }
}
