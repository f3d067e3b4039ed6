package io.fourthlog.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fourthlog.api.AgentAuditPolicyStatus.Merge;
import io.fourthlog.api.Names;
import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.operator.cluster.OperatorConfig.Isolation;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Several policies on one pod, of one namespace and of Fourthlog's own. */
final class MergingTest extends Scenario {

    MergingTest() {
        super(config(Isolation.NAMESPACE, 0));
    }

    @Test
    void policiesThatCanSelectOnePodSayWhatThenHolds() {
        namespace("merged");
        apply(profile("stricter", "PII:*"));
        apply(policy("merged", "everything", "true"));
        apply(policy("merged", "agents", "true")
                .replace("[Deny]", "[Audit]")
                .replace(
                        "spec:",
                        "spec:\n  podSelector: {matchLabels: {app: agent}}\n  redactionProfileRef: {name: stricter}"));
        apply(policy("merged", "others", "true").replace("spec:", "spec:\n  podSelector: {matchLabels: {app: other}}"));
        eventually().untilAsserted(() -> {
            assertThat(get("merged", "agents").getStatus().mergedWith())
                    .singleElement()
                    .satisfies(merge -> {
                        assertThat(merge.policy()).isEqualTo("merged/everything");
                        assertThat(merge.differences())
                                .containsExactly(
                                        "spec.redactionProfileRef: stricter here, default there: the strictest of both holds",
                                        "spec.validationActions: Audit here, Deny there: each policy's rules act as it says");
                    });
            assertThat(get("merged", "everything").getStatus().mergedWith())
                    .extracting(Merge::policy)
                    .containsExactly("merged/agents", "merged/others");
            assertThat(get("merged", "others").getStatus().mergedWith())
                    .extracting(Merge::policy)
                    .containsExactly("merged/everything");
        });
    }

    @Test
    void aPolicyOfFourthlogsOwnNamespaceAppliesWhereItSelectsAndATenantCannotWeakenIt() {
        namespace("tenant");
        label("tenant", "yes");
        apply(policy("tenant", "agents", "true").replace("[Deny]", "[Audit]"));
        apply(policy(SYSTEM, "everywhere", "true")
                .replace("spec:", "spec:\n  namespaceSelector: {matchLabels: {audited: \"yes\"}}"));
        eventually().until(() -> running("tenant").policies().size() == 2);
        assertThat(running("tenant").policies())
                .filteredOn(policy -> policy.id().equals(SYSTEM + "/everywhere"))
                .singleElement()
                .satisfies(policy -> {
                    assertThat(policy.namespaces()).containsExactly("tenant");
                    assertThat(policy.validationActions()).hasToString("[Deny]");
                });
        acknowledge("tenant", "node1", scheduled("tenant", 1), null);
        until("tenant", "agents", "Ready", "True", "1/1");
        until(SYSTEM, "everywhere", "Ready", "False", "");
        scheduled(SYSTEM, 0);
        until(SYSTEM, "everywhere", "Ready", "True", "1/1 sensors in 2 namespaces run this policy.");

        lease("tenant", "node1", digest("tenant"), Map.of(Names.CONFIG_ERROR_ANNOTATION, "no"), 1);
        until(SYSTEM, "everywhere", "Ready", "False", "tenant: ");
        assertThat(status(SYSTEM, "everywhere", "Programmed").getReason()).isEqualTo("SensorSilent");

        label("tenant", "no");
        eventually()
                .untilAsserted(() -> assertThat(running("tenant").policies())
                        .extracting(SensorConfig.Policy::id)
                        .containsExactly("tenant/agents"));
        until(SYSTEM, "everywhere", "Ready", "True", "No node can have a pod");

        apply(policy(SYSTEM, "everywhere", "tru")
                .replace("spec:", "spec:\n  namespaceSelector: {matchLabels: {audited: \"yes\"}}"));
        until(SYSTEM, "everywhere", "Accepted", "False", "tru");
        namespace("newcomer");
        label("newcomer", "yes");
        eventually()
                .untilAsserted(() -> assertThat(running("newcomer").policies())
                        .as("as it was last accepted")
                        .extracting(SensorConfig.Policy::id)
                        .containsExactly(SYSTEM + "/everywhere"));
        client.resource(get(SYSTEM, "everywhere")).delete();
        eventually().untilAsserted(() -> assertThat(made(SYSTEM)).isEmpty());
    }

    @Test
    void aTenantsPolicyDoesNotReachOtherNamespaces() {
        namespace("greedy");
        apply(policy("greedy", "agents", "true").replace("spec:", "spec:\n  namespaceSelector: {}"));
        until("greedy", "agents", "Accepted", "False", "spec.namespaceSelector: only a policy in " + SYSTEM);
    }

    private void label(String namespace, String audited) {
        client.namespaces()
                .withName(namespace)
                .edit(found -> new NamespaceBuilder(found)
                        .editMetadata()
                        .addToLabels("audited", audited)
                        .endMetadata()
                        .build());
    }
}
