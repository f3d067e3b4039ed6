package io.fourthlog.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.RedactionProfile;
import io.fourthlog.operator.cluster.OperatorConfig.Isolation;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The order in which things come and go, and an API that was another one when they came. */
final class LifecycleTest extends Scenario {

    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    LifecycleTest() {
        super(config(Isolation.NAMESPACE, 0));
    }

    @Test
    void aPolicyThatSomebodyElsesFinalizerHoldsIsOverAllTheSame() {
        namespace("held");
        apply(policy("held", "agents", "true")
                .replace("namespace: held", "namespace: held, finalizers: [example.org/hold]"));
        scheduled("held", 1);
        client.resource(get("held", "agents")).delete();
        eventually().untilAsserted(() -> assertThat(made("held")).isEmpty());
        assertThat(get("held", "agents").getMetadata().getDeletionTimestamp()).isNotNull();
        client.resource(get("held", "agents")).edit(policy -> {
            policy.getMetadata().setFinalizers(List.of());
            return policy;
        });
        eventually()
                .untilAsserted(() -> assertThat(client.resources(AgentAuditPolicy.class)
                                .inNamespace("held")
                                .withName("agents")
                                .get())
                        .isNull());
    }

    @Test
    void aProfileThatGoesFirstSwitchesNothingOff() {
        namespace("order");
        apply(profile("order-profile", "secret:*"));
        apply(policy("order", "agents", "true")
                .replace("spec:", "spec:\n  redactionProfileRef: {name: order-profile}"));
        scheduled("order", 1);
        String digest = digest("order");
        client.resources(RedactionProfile.class).withName("order-profile").delete();
        until("order", "agents", "ResolvedRefs", "False", "there is no RedactionProfile");
        assertThat(status("order", "agents", "Programmed").getMessage())
                .isEqualTo("Its last accepted spec stays in force.");
        assertThat(digest("order")).isEqualTo(digest);
        client.resource(get("order", "agents")).delete();
        eventually().untilAsserted(() -> assertThat(made("order")).isEmpty());
    }

    @Test
    void whatAnOlderApiTookGoesOnUntilItIsEdited() throws IOException {
        namespace("older");
        operator.close();
        CustomResourceDefinition older = YAML.convertValue(older(), CustomResourceDefinition.class);
        client.resource(older).forceConflicts().serverSideApply();
        String tookOnce = policy("older", "agents", "true").replace("decision: deny", "decision: flag");
        eventually().untilAsserted(() -> assertThatCode(() -> apply(tookOnce)).doesNotThrowAnyException());
        KubeApiServer.installCrds(client);
        start();
        eventually().until(() -> get("older", "agents").getStatus() != null);
        assertThat(get("older", "agents").getStatus().observedGeneration()).isEqualTo(1);
        until("older", "agents", "Accepted", "True", ""); // a flagged event is not enforced upon, whatever enforce says
        eventually()
                .untilAsserted(() -> assertThatThrownBy(() -> apply(tookOnce.replace("\"true\"", "\"false\"")))
                        .hasMessageContaining("set decision to deny, or enforce to none"));
        apply(policy("older", "agents", "false"));
        eventually()
                .untilAsserted(
                        () -> assertThat(get("older", "agents").getStatus().observedGeneration())
                                .isEqualTo(2));
    }

    /** The CRD of before there were rules, selectors of namespaces, merges and decisions. */
    private static JsonNode older() throws IOException {
        ObjectNode crd = YAML.unmarshal(
                Files.readString(KubeApiServer.root().resolve("config/crd/agentauditpolicies.yaml")), ObjectNode.class);
        JsonNode properties = crd.at("/spec/versions/0/schema/openAPIV3Schema/properties");
        ((ObjectNode) properties.at("/spec/properties")).remove("namespaceSelector");
        ((ObjectNode) properties.at("/status/properties"))
                .remove(List.of("mergedWith", "decisions", "recentViolations"));
        removeRules(crd);
        return crd;
    }

    private static void removeRules(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.remove("x-kubernetes-validations");
        }
        node.forEach(LifecycleTest::removeRules);
    }
}
