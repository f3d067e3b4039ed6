package io.fourthlog.operator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicyStatus;
import io.fourthlog.api.Names;
import io.fourthlog.api.RedactionProfile;
import io.fourthlog.api.Retention;
import io.fourthlog.api.RetentionTier;
import io.fourthlog.api.RetentionTierSpec;
import io.fourthlog.api.RetentionTierSpec.Periods;
import io.fourthlog.api.RetentionTierSpec.SubjectKeys;
import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.operator.cluster.Conditions;
import io.fourthlog.operator.cluster.OperatorConfig.Isolation;
import io.fourthlog.operator.cluster.StartException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The operator against a real API server. There is no node: the test takes the part of the DaemonSet controller, which counts nodes,
 * and of the sensor, which writes its Lease. Each test has a namespace of its own.
 */
final class OperatorTest extends Scenario {

    OperatorTest() {
        super(config(Isolation.NAMESPACE, 0));
    }

    @Test
    void aPolicyIsProgrammedWhenEverySensorAcknowledgedItsDigest() {
        namespace("acknowledged");
        apply(policy("acknowledged", "agents", "true"));
        String digest = scheduled("acknowledged", 2);
        assertThat(status("acknowledged", "agents", "Programmed").getReason()).isIn("Deploying", "Pending");
        acknowledge("acknowledged", "node1", digest, null);
        until("acknowledged", "agents", "Programmed", "False", "1/2 sensors run this policy");
        acknowledge("acknowledged", "node2", digest, null);
        until("acknowledged", "agents", "Ready", "True", "2/2 sensors run this policy.");
        AgentAuditPolicyStatus status = get("acknowledged", "agents").getStatus();
        assertThat(status.configDigest()).isEqualTo(digest);
        assertThat(status.observedGeneration()).isEqualTo(1);
        assertThat(Conditions.find(status.conditions(), "Reconciling")).isEmpty();
        assertThat(running("acknowledged").policies())
                .singleElement()
                .satisfies(policy -> assertThat(policy.id()).isEqualTo("acknowledged/agents"));
    }

    @Test
    void aBadPolicyStopsNoOtherAndNamesItsFields() {
        namespace("bad");
        apply(policy("bad", "good", "true"));
        apply(policy("bad", "wrong", "event.resource_url == 'x'"));
        until("bad", "wrong", "Accepted", "False", "spec.rules[0].when: ");
        assertThat(status("bad", "wrong", "Stalled").getStatus()).isEqualTo("True");
        assertThat(status("bad", "wrong", "Programmed").getMessage()).contains("it was never accepted");
        acknowledge("bad", "node1", scheduled("bad", 1), null);
        until("bad", "good", "Ready", "True", "1/1");
        eventually()
                .untilAsserted(() -> assertThat(client.events()
                                .v1()
                                .events()
                                .inNamespace("bad")
                                .list()
                                .getItems())
                        .anySatisfy(event -> {
                            assertThat(event.getRegarding().getName()).isEqualTo("wrong");
                            assertThat(event.getReason()).isEqualTo("Invalid");
                            assertThat(event.getNote()).contains("spec.rules[0].when");
                        }));
    }

    @Test
    void aTypingErrorDoesNotSwitchADenialOff() {
        namespace("typo");
        apply(policy("typo", "agents", "true"));
        String digest = scheduled("typo", 1);
        apply(policy("typo", "agents", "tru"));
        until("typo", "agents", "Accepted", "False", "tru");
        assertThat(status("typo", "agents", "Programmed").getMessage())
                .isEqualTo("Its last accepted spec stays in force.");
        assertThat(digest("typo")).isEqualTo(digest);
        restart();
        apply(policy("typo", "another", "true"));
        eventually().until(() -> !digest("typo").equals(digest));
        assertThat(running("typo").policies())
                .extracting(SensorConfig.Policy::id)
                .containsExactly("typo/agents", "typo/another");
    }

    @Test
    void anEditOfAProfileReachesThePoliciesThatUseAChildOfIt() {
        namespace("profiles");
        apply(profile("base", "secret:*"));
        apply(profile("child", "PII:*").replace("spec: {", "spec: {extends: base, "));
        apply(policy("profiles", "agents", "true").replace("spec:", "spec:\n  redactionProfileRef: {name: child}"));
        String before = scheduled("profiles", 1);
        apply(profile("base", "PCI:*"));
        eventually().until(() -> !digest("profiles").equals(before));
        assertThat(running("profiles").redactionProfiles())
                .hasEntrySatisfying(
                        "child",
                        merged -> assertThat(merged.detectors().enable()).containsExactly("PCI:*", "PII:*"));
    }

    @Test
    void aMissingProfileIsNamedWithTheRemedyAndHealsWhenItComes() {
        namespace("missing");
        apply(policy("missing", "agents", "true").replace("spec:", "spec:\n  redactionProfileRef: {name: later}"));
        until(
                "missing",
                "agents",
                "ResolvedRefs",
                "False",
                "spec.redactionProfileRef.name: there is no RedactionProfile");
        assertThat(client.apps()
                        .daemonSets()
                        .inNamespace(SYSTEM)
                        .withName("sensor-missing")
                        .get())
                .isNull();
        apply(profile("later", "secret:*"));
        until("missing", "agents", "ResolvedRefs", "True", "");
    }

    @Test
    void aSensorThatRefusesTheConfigIsQuoted() {
        namespace("refused");
        apply(policy("refused", "agents", "true"));
        scheduled("refused", 1);
        acknowledge("refused", "node1", "sha256:old", "policies[0].rules[0].when: no");
        until(
                "refused",
                "agents",
                "Programmed",
                "False",
                "refused: sensor-refused.node1: policies[0].rules[0].when: no");
        assertThat(status("refused", "agents", "Programmed").getReason()).isEqualTo("ConfigRefused");
    }

    @Test
    void aRuleOverItsBudgetStallsItsPolicyUntilTheNextConfigIsAcknowledged() {
        namespace("budget");
        apply(policy("budget", "agents", "true"));
        apply(policy("budget", "other", "true"));
        String digest = scheduled("budget", 2);
        acknowledge("budget", "node1", digest, null);
        eventually().until(() -> running("budget").policies().size() == 2);
        acknowledge("budget", "node1", digest("budget"), null);
        lease("budget", "node2", digest("budget"), Map.of(Names.STALLED_ANNOTATION, "budget/agents/never"), 600);
        until("budget", "agents", "Stalled", "True", "the failurePolicy decides in place of: never.");
        until("budget", "agents", "Ready", "False", "never");
        assertThat(status("budget", "agents", "Stalled").getReason()).isEqualTo("RuleOverBudget");
        assertThat(status("budget", "agents", "Programmed").getStatus()).isEqualTo("True");
        until("budget", "other", "Ready", "True", "2/2");
        assertThat(Conditions.find(get("budget", "other").getStatus().conditions(), "Stalled"))
                .isEmpty();

        String before = digest("budget");
        apply(policy("budget", "agents", "false"));
        eventually().until(() -> !digest("budget").equals(before));
        scheduled("budget", 2);
        acknowledge("budget", "node1", digest("budget"), null);
        acknowledge("budget", "node2", digest("budget"), null);
        until("budget", "agents", "Ready", "True", "2/2");
        assertThat(Conditions.find(get("budget", "agents").getStatus().conditions(), "Stalled"))
                .isEmpty();
    }

    @Test
    void anExceptionIsWarnedAboutFromTheMomentItExpires() {
        namespace("expired");
        Instant soon = Instant.now().plusSeconds(5);
        apply(policy("expired", "agents", "true")
                + "  exceptions: [{rule: never, when: \"true\", reason: r, expiresAt: \"" + soon + "\"}]\n");
        acknowledge("expired", "node1", scheduled("expired", 1), null);
        until("expired", "agents", "Accepted", "True", "The policy is correct.");
        until("expired", "agents", "Accepted", "True", "spec.exceptions[0].expiresAt: the exception has expired");
        until("expired", "agents", "Ready", "True", "1/1");
    }

    @Test
    void aSilentSensorMakesThePolicyUnready() {
        namespace("silent");
        apply(policy("silent", "agents", "true"));
        String digest = scheduled("silent", 1);
        lease("silent", "node1", digest, Map.of(), 2);
        until("silent", "agents", "Ready", "True", "1/1");
        until("silent", "agents", "Ready", "False", "silent, so their nodes are not audited: sensor-silent.node1");
        assertThat(status("silent", "agents", "Programmed").getReason()).isEqualTo("SensorSilent");
        eventually()
                .untilAsserted(() -> assertThat(client.events()
                                .v1()
                                .events()
                                .inNamespace("silent")
                                .list()
                                .getItems())
                        .anySatisfy(event -> assertThat(event.getReason()).isEqualTo("SensorSilent")));
        lease("silent", "node1", digest, Map.of(), 600);
        until("silent", "agents", "Ready", "True", "1/1");
    }

    @Test
    void whatSomebodyElseChangesIsPutBack() {
        namespace("drift");
        apply(policy("drift", "agents", "true"));
        scheduled("drift", 1);
        client.apps()
                .daemonSets()
                .inNamespace(SYSTEM)
                .withName("sensor-drift")
                .edit(daemonSet -> new DaemonSetBuilder(daemonSet)
                        .editSpec()
                        .editTemplate()
                        .editSpec()
                        .editFirstContainer()
                        .withImage("evil")
                        .endContainer()
                        .endSpec()
                        .endTemplate()
                        .endSpec()
                        .build());
        client.rbac().roles().inNamespace("drift").withName("sensor-drift.pods").delete();
        eventually().untilAsserted(() -> {
            assertThat(daemonSet("drift")
                            .getSpec()
                            .getTemplate()
                            .getSpec()
                            .getContainers()
                            .getFirst()
                            .getImage())
                    .isEqualTo("sensor:test");
            assertThat(client.rbac()
                            .roles()
                            .inNamespace("drift")
                            .withName("sensor-drift.pods")
                            .get())
                    .isNotNull();
        });
    }

    @Test
    void nothingIsWrittenWhenNothingChanged() {
        namespace("idle");
        apply(policy("idle", "agents", "true"));
        acknowledge("idle", "node1", scheduled("idle", 1), null);
        until("idle", "agents", "Ready", "True", "");
        List<String> before = versions("idle");
        // Renewals of the Lease are the only thing that happens to an idle namespace.
        for (int i = 0; i < 5; i++) {
            acknowledge("idle", "node1", digest("idle"), null);
        }
        restart();
        apply(policy("idle", "other", "true"));
        eventually().until(() -> get("idle", "other").getStatus() != null);
        client.resource(get("idle", "other")).delete();
        eventually().until(() -> running("idle").policies().size() == 1);
        acknowledge("idle", "node1", digest("idle"), null);
        until("idle", "agents", "Ready", "True", "");
        assertThat(versions("idle")).hasSameSizeAs(before);
    }

    @Test
    void oldConfigsGoWhenTheNewOneIsAcknowledged() {
        namespace("configs");
        apply(policy("configs", "agents", "true"));
        String first = scheduled("configs", 1);
        acknowledge("configs", "node1", first, null);
        until("configs", "agents", "Ready", "True", "");
        apply(policy("configs", "agents", "false"));
        eventually().until(() -> !digest("configs").equals(first));
        assertThat(configMaps("configs")).hasSize(2);
        scheduled("configs", 1);
        acknowledge("configs", "node1", digest("configs"), null);
        eventually()
                .untilAsserted(() -> assertThat(configMaps("configs"))
                        .singleElement()
                        .satisfies(map -> assertThat(map.getMetadata().getName())
                                .isEqualTo(Names.configMap("configs", digest("configs")))));
    }

    @Test
    void theLastPolicyTakesTheSensorWithIt() {
        namespace("removed");
        apply(policy("removed", "agents", "true"));
        acknowledge("removed", "node1", scheduled("removed", 1), null);
        client.resource(get("removed", "agents")).delete();
        eventually().untilAsserted(() -> assertThat(made("removed")).isEmpty());
    }

    @Test
    void aNamespaceGoesAtOnceAndTakesItsSensorWithIt() {
        audited("gone");
        delete("gone");
        eventually().untilAsserted(() -> assertThat(made("gone")).isEmpty());
    }

    @Test
    void aNamespaceThatGoesWhileNoOperatorRunsTakesItsSensorWithItWhenOneDoes() {
        audited("gone-before");
        operator.close();
        try {
            delete("gone-before");
            assertThat(made("gone-before")).isNotEmpty();
        } finally {
            start();
        }
        eventually().untilAsserted(() -> assertThat(made("gone-before")).isEmpty());
    }

    private void audited(String namespace) {
        namespace(namespace);
        apply(policy(namespace, "agents", "true"));
        acknowledge(namespace, "node1", scheduled(namespace, 1), null);
        until(namespace, "agents", "Ready", "True", "1/1");
    }

    private void delete(String namespace) {
        client.namespaces().withName(namespace).delete();
        eventually().until(() -> client.namespaces().withName(namespace).get() == null);
    }

    @Test
    void sensorsGetACertificateOfTheirNamespaceFromTheAuthority() throws Exception {
        namespace("certified");
        apply(policy("certified", "agents", "true"));
        scheduled("certified", 1);
        Map<String, String> data = eventually()
                .until(
                        () -> client.secrets()
                                .inNamespace(SYSTEM)
                                .withName("sensor-certified-tls")
                                .get(),
                        secret -> secret != null)
                .getData();
        X509Certificate certificate = certificate(data.get("tls.crt"));
        assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=sensor:certified");
        assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
        certificate.verify(certificate(data.get("ca.crt")).getPublicKey());
    }

    @Test
    void theSensorIsNotPrivilegedAndGetsNetAdminOnlyForThePoliciesThatNeedIt() {
        namespace("capable");
        apply(policy("capable", "agents", "true"));
        scheduled("capable", 1);
        assertThat(capabilities("capable")).containsExactly("BPF", "PERFMON", "SYS_PTRACE", "KILL");
        apply(policy("capable", "network", "true")
                .replace("[data_access]", "[model_invocation]")
                .replace("enforce: terminate", "enforce: block"));
        eventually().untilAsserted(() -> assertThat(capabilities("capable")).contains("NET_ADMIN"));
        assertThat(daemonSet("capable")
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getSecurityContext()
                        .getPrivileged())
                .isFalse();
    }

    @Test
    void theSensorMayOpenFilesOfOthersOnlyWhereAPolicyHasAnAgentLoadedIntoJvms() {
        namespace("jvms");
        apply(policy("jvms", "agents", "true").replace("spec:\n", "spec:\n  javaTls: Option\n"));
        scheduled("jvms", 1);
        assertThat(capabilities("jvms")).doesNotContain("DAC_OVERRIDE");
        apply(policy("jvms", "agents", "true").replace("spec:\n", "spec:\n  javaTls: Attach\n"));
        eventually().untilAsserted(() -> assertThat(capabilities("jvms")).contains("DAC_OVERRIDE"));
    }

    @Test
    void aTierSaysWhichClauseDecided() {
        eventually()
                .untilAsserted(() -> assertThat(client.resources(RetentionTier.class)
                                .withName("standard")
                                .get()
                                .getStatus()
                                .effective())
                        .allSatisfy(effective -> {
                            assertThat(effective.cold().text()).isEqualTo("12mo");
                            assertThat(effective.coldDecidedBy()).isEqualTo("PCI DSS 4.0 requirement 10.5.1");
                        }));
    }

    @Test
    void theCollectorIsToldWhatTheTiersAskForUntilTheyAreGone() throws Exception {
        RetentionTier tier = new RetentionTier();
        tier.setMetadata(new ObjectMetaBuilder().withName("on-hold").build());
        tier.setSpec(new RetentionTierSpec(
                List.of("NYDFS-500"),
                new Periods(new Retention("30d"), null, null, null, null, null, null),
                new Periods(null, new Retention("7y"), null, null, null, null, null),
                new RetentionTierSpec.Erasure(SubjectKeys.NONE, true)));
        client.resource(tier).create();
        eventually().untilAsserted(() -> {
            JsonNode on = retention("on-hold");
            assertThat(on.path("legalHold").asBoolean()).isTrue();
            assertThat(on.at("/cold/tool_invocation/days").asInt()).isEqualTo(7 * 366);
            assertThat(on.at("/cold/tool_invocation/decidedBy").asText()).isEqualTo("spec.cold.tool_invocation");
            assertThat(on.at("/cold/error/days").asInt()).isEqualTo(5 * 366);
            assertThat(on.at("/cold/error/decidedBy").asText()).isEqualTo("23 NYCRR 500.06(b)");
        });
        assertThat(retention("standard").path("legalHold").asBoolean(true)).isFalse();

        client.resource(tier).delete();
        eventually()
                .untilAsserted(
                        () -> assertThat(retention("on-hold").isMissingNode()).isTrue());
        assertThat(retention("standard").isMissingNode()).isFalse();
    }

    /** What the collector reads of a tier. */
    private JsonNode retention(String tier) throws IOException {
        ConfigMap map = client.configMaps()
                .inNamespace(SYSTEM)
                .withName("fourthlog-retention")
                .require();
        for (JsonNode each :
                new JsonMapper().readTree(map.getData().get("retention.json")).path("tiers")) {
            if (each.path("name").asText().equals(tier)) {
                return each;
            }
        }
        return MissingNode.getInstance();
    }

    @Test
    void aBadProfileSaysWhichPattern() {
        apply("""
                apiVersion: fourthlog.io/v1alpha1
                kind: RedactionProfile
                metadata: {name: broken}
                spec: {detectors: {custom: [{name: ticket, tag: "PII:case_id", pattern: "CASE-[0-9"}]}}
                """);
        eventually().untilAsserted(() -> {
            RedactionProfile broken =
                    client.resources(RedactionProfile.class).withName("broken").get();
            assertThat(broken.getStatus()).isNotNull();
            assertThat(Conditions.find(broken.getStatus().conditions(), "Accepted")
                            .orElseThrow()
                            .getMessage())
                    .contains("spec.detectors.custom[0].pattern");
        });
    }

    @Test
    void metricsAndHealthAreServed() throws Exception {
        assertThat(http("/healthz")).isEqualTo("ok\n");
        assertThat(http("/readyz")).isEqualTo("ok\n");
        eventually()
                .untilAsserted(() -> assertThat(http("/metrics"))
                        .contains("fourthlog_operator_reconciliations_total{kind=\"Namespace\",result=\"success\"}"));
    }

    @Test
    void whatStatusesSayToPeopleMetricsSayToAlerts() {
        namespace("measured");
        apply(policy("measured", "good", "true"));
        apply(policy("measured", "wrong", "event.resource_url == 'x'"));
        acknowledge("measured", "node1", scheduled("measured", 2), null);
        eventually()
                .untilAsserted(() -> assertThat(http("/metrics"))
                        .contains("fourthlog_operator_policy_sensors{policy=\"measured/good\",state=\"desired\"} 2.0")
                        .contains("fourthlog_operator_policy_sensors{policy=\"measured/good\",state=\"ready\"} 1.0")
                        .contains("fourthlog_operator_policy_stalled{policy=\"measured/wrong\",reason=\"Invalid\"} 1.0")
                        .doesNotContain("fourthlog_operator_policy_stalled{policy=\"measured/good\""));
        client.resources(AgentAuditPolicy.class)
                .inNamespace("measured")
                .withName("wrong")
                .delete();
        eventually().untilAsserted(() -> assertThat(http("/metrics")).doesNotContain("measured/wrong"));
    }

    @Test
    void aPortInUseIsSaidInOneLine() {
        assertThatThrownBy(() -> new FourthlogOperator(
                        server.client(), config(Isolation.NAMESPACE, operator.port()), Clock.systemUTC(), () -> {}))
                .isInstanceOf(StartException.class)
                .hasMessage("port " + operator.port() + " is in use: free it, or set metricsPort to another");
    }

    private List<String> capabilities(String namespace) {
        return daemonSet(namespace)
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getSecurityContext()
                .getCapabilities()
                .getAdd();
    }

    private String http(String path) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + operator.port() + path))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private static X509Certificate certificate(@Nullable String base64) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(
                        new ByteArrayInputStream(Base64.getDecoder().decode(requireNonNull(base64))));
    }
}
