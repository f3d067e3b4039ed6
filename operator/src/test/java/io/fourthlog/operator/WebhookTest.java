package io.fourthlog.operator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fourthlog.operator.cluster.OperatorConfig;
import io.fourthlog.operator.cluster.OperatorConfig.Isolation;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A real API server asks the operator over TLS. */
final class WebhookTest extends Scenario {

    WebhookTest() {
        super(config(Isolation.NAMESPACE, 0));
    }

    /** The chart's configuration, but for its address: an API server outside of the cluster finds no Service. */
    @BeforeAll
    void ask() {
        operator.close();
        register(1); // it is there before the operator, as with the chart
        config = config(Isolation.NAMESPACE, 0, false, new OperatorConfig.Webhook(0, "fourthlog-operator"));
        start();
        String bundle =
                configuration().getWebhooks().getFirst().getClientConfig().getCaBundle();
        assertThat(bundle).isNotBlank();
        register(operator.webhookPort().orElseThrow());
        // The API server takes a moment to hear of it; from then on it asks for everything.
        AtomicInteger attempt = new AtomicInteger(); // of what is as it was nothing is asked
        eventually()
                .untilAsserted(() ->
                        refused(policy("default", "probe", "x" + attempt.incrementAndGet()), "spec.rules[0].when"));
    }

    private void register(int port) {
        client.resource(new ValidatingWebhookConfigurationBuilder()
                        .withNewMetadata()
                        .withName("fourthlog")
                        .endMetadata()
                        .addNewWebhook()
                        .withName("objects.fourthlog.io")
                        .withAdmissionReviewVersions("v1")
                        .withSideEffects("None")
                        .withFailurePolicy("Fail")
                        .withTimeoutSeconds(5)
                        .withNewClientConfig()
                        .withUrl("https://localhost:" + port + "/validate")
                        .endClientConfig()
                        .addNewRule()
                        .withApiGroups("fourthlog.io")
                        .withApiVersions("v1alpha1")
                        .withOperations("CREATE", "UPDATE")
                        .withResources("agentauditpolicies", "redactionprofiles", "retentiontiers")
                        .endRule()
                        .endWebhook()
                        .build())
                .fieldManager("chart")
                .serverSideApply();
    }

    private ValidatingWebhookConfiguration configuration() {
        return requireNonNull(client.admissionRegistration()
                .v1()
                .validatingWebhookConfigurations()
                .withName("fourthlog")
                .get());
    }

    @AfterAll
    void askNoMore() {
        try (var admin = server.client()) {
            admin.admissionRegistration()
                    .v1()
                    .validatingWebhookConfigurations()
                    .withName("fourthlog")
                    .delete();
        }
    }

    @Test
    void whatTheSchemaCannotSayIsRefusedWithTheField() {
        refused(policy("default", "rule", "event.resource_url == 'x'"), "spec.rules[0].when");
        refused(
                policy("default", "reach", "true").replace("spec:", "spec:\n  namespaceSelector: {}"),
                "spec.namespaceSelector");
        refused(
                profile("pattern", "PII:*")
                        .replace(
                                "{detectors: {",
                                "{detectors: {custom: [{name: t, tag: \"PII:t\", pattern: \"(?=x)\"}], "),
                "spec.detectors.custom[0].pattern");
        refused("""
                apiVersion: fourthlog.io/v1alpha1
                kind: RetentionTier
                metadata: {name: shorter}
                spec: {hot: {error: 1y}, cold: {error: 30d}}
                """, "spec.cold.error");
    }

    @Test
    void whatIsNotThereYetOnlyWarnsBecauseItMayComeInTheSameApply() {
        assertThatCode(() -> apply(policy("default", "early", "true")
                        .replace("spec:", "spec:\n  redactionProfileRef: {name: not-yet}")))
                .doesNotThrowAnyException();
        assertThatCode(() -> apply(profile("early", "PII:*").replace("spec: {", "spec: {extends: not-yet, ")))
                .doesNotThrowAnyException();
        client.resource(get("default", "early")).delete();
    }

    private void refused(String yaml, String path) {
        assertThatThrownBy(() -> apply(yaml))
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining("admission webhook")
                .hasMessageContaining(path);
    }
}
