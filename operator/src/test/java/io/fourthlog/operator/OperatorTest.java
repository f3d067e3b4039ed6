package io.fourthlog.operator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicyStatus;
import io.fourthlog.api.Names;
import io.fourthlog.api.RedactionProfile;
import io.fourthlog.api.RetentionTier;
import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.api.config.SensorConfig.Parsed;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The operator against a real API server. There is no node: the test takes the part of the DaemonSet controller, which counts nodes,
 * and of the sensor, which writes its Lease. Each test has a namespace of its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OperatorTest {

    private static final String SYSTEM = "fourthlog-system";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final KubeApiServer server = KubeApiServer.start();
    private final KubernetesClient client = server.client();
    private final OperatorConfig config = config(0);
    private FourthlogOperator operator = install();

    private FourthlogOperator install() {
        KubeApiServer.installCrds(client);
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(SYSTEM)
                        .endMetadata()
                        .build())
                .serverSideApply();
        FourthlogOperator started = new FourthlogOperator(server.client(), config, Clock.systemUTC());
        started.start();
        return started;
    }

    @BeforeAll
    void classesAndAuthority() throws Exception {
        server.startControllerManager();
        KeyPair pair = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        X500Name name = new X500Name("CN=fourthlog-ca");
        Instant now = Instant.now();
        byte[] certificate = new JcaX509v3CertificateBuilder(
                        name,
                        BigInteger.ONE,
                        Date.from(now.minusSeconds(60)),
                        Date.from(now.plus(Duration.ofDays(365))),
                        name,
                        pair.getPublic())
                .build(new JcaContentSignerBuilder("SHA256withRSA").build(pair.getPrivate()))
                .getEncoded();
        client.resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName("fourthlog-ca")
                        .withNamespace(SYSTEM)
                        .endMetadata()
                        .addToStringData("tls.crt", pem("CERTIFICATE", certificate))
                        .addToStringData(
                                "tls.key", pem("PRIVATE KEY", pair.getPrivate().getEncoded()))
                        .build())
                .create();
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
    }

    @AfterAll
    void stop() {
        operator.close();
        client.close();
        server.close();
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
        await().atMost(PATIENCE)
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
        await().atMost(PATIENCE).until(() -> !digest("typo").equals(digest));
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
        await().atMost(PATIENCE).until(() -> !digest("profiles").equals(before));
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
                "refused: sensor-refused-node1: policies[0].rules[0].when: no");
        assertThat(status("refused", "agents", "Programmed").getReason()).isEqualTo("ConfigRefused");
    }

    @Test
    void aRuleOverItsBudgetStallsItsPolicyUntilTheNextConfigIsAcknowledged() {
        namespace("budget");
        apply(policy("budget", "agents", "true"));
        apply(policy("budget", "other", "true"));
        String digest = scheduled("budget", 2);
        acknowledge("budget", "node1", digest, null);
        await().atMost(PATIENCE).until(() -> running("budget").policies().size() == 2);
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
        await().atMost(PATIENCE).until(() -> !digest("budget").equals(before));
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
        until("silent", "agents", "Ready", "False", "silent, so their nodes are not audited: sensor-silent-node1");
        assertThat(status("silent", "agents", "Programmed").getReason()).isEqualTo("SensorSilent");
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
        client.rbac().roles().inNamespace("drift").withName("sensor-drift").delete();
        await().atMost(PATIENCE).untilAsserted(() -> {
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
                            .withName("sensor-drift")
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
        await().atMost(PATIENCE).until(() -> get("idle", "other").getStatus() != null);
        client.resource(get("idle", "other")).delete();
        await().atMost(PATIENCE).until(() -> running("idle").policies().size() == 1);
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
        await().atMost(PATIENCE).until(() -> !digest("configs").equals(first));
        assertThat(configMaps("configs")).hasSize(2);
        scheduled("configs", 1);
        acknowledge("configs", "node1", digest("configs"), null);
        await().atMost(PATIENCE)
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
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(made("removed")).isEmpty());
    }

    @Test
    void aNamespaceGoesAtOnceAndTakesItsSensorWithItEvenWithoutTheOperator() {
        namespace("gone");
        apply(policy("gone", "agents", "true"));
        scheduled("gone", 1);
        operator.close();
        try {
            client.namespaces().withName("gone").delete();
            await().atMost(PATIENCE)
                    .until(() -> client.namespaces().withName("gone").get() == null);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(made("gone")).isEmpty());
        } finally {
            operator = install();
        }
    }

    @Test
    void sensorsGetACertificateOfTheirNamespaceFromTheAuthority() throws Exception {
        namespace("certified");
        apply(policy("certified", "agents", "true"));
        scheduled("certified", 1);
        Map<String, String> data = await().atMost(PATIENCE)
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
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(capabilities("capable")).contains("NET_ADMIN"));
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
    void aTierSaysWhichClauseDecided() {
        await().atMost(PATIENCE)
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
    void aBadProfileSaysWhichPattern() {
        apply("""
                apiVersion: fourthlog.io/v1alpha1
                kind: RedactionProfile
                metadata: {name: broken}
                spec: {detectors: {custom: [{name: ticket, tag: "PII:case_id", pattern: "CASE-[0-9"}]}}
                """);
        await().atMost(PATIENCE).untilAsserted(() -> {
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
    void theApiServerRefusesWhatTheSchemaCanSayWithTheRemedy() {
        namespace("schema");
        String good = policy("schema", "agents", "true");
        refused(good.replace("decision: deny", "decision: flag"), "set decision to deny, or enforce to none");
        refused(good.replace("enforce: terminate", "enforce: block"), "set enforce to terminate");
        refused(good.replace("[data_access]", "[policy_decision]"), "remove policy_decision from on");
        refused(
                good + "  exceptions: [{rule: other, when: \"true\", reason: x}]\n",
                "set exceptions[].rule to the name");
        refused(good + "  podSelector: {matchExpressions: [{key: a, operator: In}]}\n", "In and NotIn need values");
        refused(good.replace("when: \"true\"", "when: \"\""), "spec.rules[0].when");
        refused(profile("self", "secret:*").replace("spec: {", "spec: {extends: self, "), "cannot extend itself");
        refused(profile("tags", "no tag"), "spec.detectors.enable[0]");
        refused("""
                apiVersion: fourthlog.io/v1alpha1
                kind: RetentionTier
                metadata: {name: bad}
                spec: {hot: {default: forever}}
                """, "spec.hot.default");
    }

    @Test
    void metricsAndHealthAreServed() throws Exception {
        assertThat(http("/healthz")).isEqualTo("ok\n");
        assertThat(http("/readyz")).isEqualTo("ok\n");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(http("/metrics"))
                        .contains("fourthlog_operator_reconciliations_total{kind=\"Namespace\",result=\"success\"}"));
    }

    @Test
    void whatStatusesSayToPeopleMetricsSayToAlerts() {
        namespace("measured");
        apply(policy("measured", "good", "true"));
        apply(policy("measured", "wrong", "event.resource_url == 'x'"));
        acknowledge("measured", "node1", scheduled("measured", 2), null);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(http("/metrics"))
                        .contains("fourthlog_operator_policy_sensors{policy=\"measured/good\",state=\"desired\"} 2.0")
                        .contains("fourthlog_operator_policy_sensors{policy=\"measured/good\",state=\"ready\"} 1.0")
                        .contains("fourthlog_operator_policy_stalled{policy=\"measured/wrong\",reason=\"Invalid\"} 1.0")
                        .doesNotContain("fourthlog_operator_policy_stalled{policy=\"measured/good\""));
        client.resources(AgentAuditPolicy.class)
                .inNamespace("measured")
                .withName("wrong")
                .delete();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(http("/metrics")).doesNotContain("measured/wrong"));
    }

    @Test
    void aPortInUseIsSaidInOneLine() {
        assertThatThrownBy(() -> new FourthlogOperator(server.client(), config(operator.port()), Clock.systemUTC()))
                .isInstanceOf(StartException.class)
                .hasMessage("port " + operator.port() + " is in use: free it, or set metricsPort to another");
    }

    private static OperatorConfig config(int port) {
        return new OperatorConfig(
                SYSTEM,
                "test",
                URI.create("https://trail.fourthlog-system.svc:8443"),
                port,
                false,
                new OperatorConfig.Sensor(
                        "sensor:test", "Never", List.of(), "/var/lib/fourthlog", null, Map.of(), List.of(), null),
                SensorConfig.Capture.EVERYTHING);
    }

    private void restart() {
        operator.close();
        operator = new FourthlogOperator(server.client(), config, Clock.systemUTC());
        operator.start();
    }

    private static String policy(String namespace, String name, String when) {
        return """
                apiVersion: fourthlog.io/v1alpha1
                kind: AgentAuditPolicy
                metadata: {name: %s, namespace: %s}
                spec:
                  validationActions: [Deny]
                  rules: [{name: never, on: [data_access], when: "%s", decision: deny, enforce: terminate}]
                """.formatted(name, namespace, when);
    }

    private static String profile(String name, String tag) {
        return """
                apiVersion: fourthlog.io/v1alpha1
                kind: RedactionProfile
                metadata: {name: %s}
                spec: {detectors: {enable: ["%s"]}}
                """.formatted(name, tag);
    }

    private void apply(String yaml) {
        for (HasMetadata object :
                client.load(new ByteArrayInputStream(yaml.getBytes(UTF_8))).items()) {
            client.resource(object).fieldManager("test").forceConflicts().serverSideApply();
        }
    }

    private void refused(String yaml, String message) {
        assertThatThrownBy(() -> apply(yaml))
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining(message);
    }

    private void namespace(String name) {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
    }

    private AgentAuditPolicy get(String namespace, String name) {
        return client.resources(AgentAuditPolicy.class)
                .inNamespace(namespace)
                .withName(name)
                .require();
    }

    private Condition status(String namespace, String name, String type) {
        return Conditions.find(get(namespace, name).getStatus().conditions(), type)
                .orElseThrow();
    }

    private void until(String namespace, String name, String type, String status, String message) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            final AgentAuditPolicyStatus now = get(namespace, name).getStatus();
            assertThat(now).isNotNull();
            assertThat(Conditions.find(now.conditions(), type)).hasValueSatisfying(condition -> {
                assertThat(condition.getStatus()).isEqualTo(status);
                assertThat(condition.getMessage()).contains(message);
            });
        });
    }

    private DaemonSet daemonSet(String namespace) {
        return client.apps()
                .daemonSets()
                .inNamespace(SYSTEM)
                .withName("sensor-" + namespace)
                .require();
    }

    private String digest(String namespace) {
        return requireNonNull(
                daemonSet(namespace).getMetadata().getAnnotations().get(Names.CONFIG_DIGEST_ANNOTATION));
    }

    private SensorConfig running(String namespace) {
        ConfigMap map = client.configMaps()
                .inNamespace(SYSTEM)
                .withName(Names.configMap(namespace, digest(namespace)))
                .require();
        assertThat(map.getImmutable()).isTrue();
        Parsed parsed = SensorConfig.parse(
                requireNonNull(map.getData().get(Names.CONFIG_KEY)).getBytes(UTF_8));
        assertThat(parsed)
                .isInstanceOfSatisfying(
                        Parsed.Valid.class, valid -> assertThat(valid.digest()).isEqualTo(digest(namespace)));
        return ((Parsed.Valid) parsed).config();
    }

    private List<ConfigMap> configMaps(String namespace) {
        return client.configMaps()
                .inNamespace(SYSTEM)
                .withLabel(Names.NAMESPACE_LABEL, namespace)
                .list()
                .getItems();
    }

    private List<HasMetadata> made(String namespace) {
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
    private List<String> versions(String namespace) {
        return made(namespace).stream()
                .filter(object -> !(object instanceof Lease))
                .map(object -> object.getKind() + " " + object.getMetadata().getName() + " "
                        + object.getMetadata().getResourceVersion())
                .sorted()
                .toList();
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

    /** Plays the DaemonSet controller: counts nodes. */
    private String scheduled(String namespace, int nodes) {
        DaemonSet daemonSet = await().atMost(PATIENCE)
                .until(
                        () -> client.apps()
                                .daemonSets()
                                .inNamespace(SYSTEM)
                                .withName("sensor-" + namespace)
                                .get(),
                        found -> found != null);
        client.resource(daemonSet)
                .editStatus(found -> new DaemonSetBuilder(found)
                        .withNewStatus()
                        .withObservedGeneration(found.getMetadata().getGeneration())
                        .withDesiredNumberScheduled(nodes)
                        .withCurrentNumberScheduled(nodes)
                        .withNumberMisscheduled(0)
                        .withNumberReady(nodes)
                        .endStatus()
                        .build());
        return digest(namespace);
    }

    private void acknowledge(String namespace, String node, String digest, @Nullable String error) {
        lease(namespace, node, digest, error == null ? Map.of() : Map.of(Names.CONFIG_ERROR_ANNOTATION, error), 600);
    }

    /** Plays the sensor: reports on its Lease. */
    private void lease(String namespace, String node, String digest, Map<String, String> says, int seconds) {
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

    private static String pem(String type, byte[] der) {
        return "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END " + type + "-----\n";
    }
}
