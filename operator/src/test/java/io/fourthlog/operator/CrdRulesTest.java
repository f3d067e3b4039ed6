package io.fourthlog.operator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fourthlog.api.RetentionTierSpec;
import io.fourthlog.operator.retentiontier.TierResolution;
import io.fourthlog.operator.retentiontier.TierResolver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rule of the CRDs, asked of a real API server: one object that it lets pass, and one that it refuses with the remedy. */
final class CrdRulesTest {

    private static final KubernetesClient CLIENT = SharedApiServer.get().client();
    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    /**
     * A rule of a CRD.
     *
     * @param message how the rule's message begins
     * @param accepted spec (or a whole object with the name in question) that it lets pass
     * @param refused one that it does not
     */
    record Case(String kind, String message, String accepted, String refused) {
        @Override
        public String toString() {
            return message;
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                policy(
                        "metadata.name has more than 63 characters",
                        rules("data_access", "deny", "none"),
                        "NAME " + "a".repeat(64) + "\n" + rules("data_access", "deny", "none")),
                policy(
                        "an exception names a rule that this policy has not",
                        rules("data_access", "deny", "none") + "\nexceptions: [{rule: r, when: \"true\", reason: x}]",
                        rules("data_access", "deny", "none") + "\nexceptions: [{rule: s, when: \"true\", reason: x}]"),
                policy(
                        "In and NotIn need values",
                        rules("data_access", "deny", "none")
                                + "\npodSelector: {matchExpressions: [{key: a, operator: In, values: [b]}]}",
                        rules("data_access", "deny", "none")
                                + "\npodSelector: {matchExpressions: [{key: a, operator: In}]}"),
                policy(
                        "In and NotIn need values",
                        rules("data_access", "deny", "none")
                                + "\nnamespaceSelector: {matchExpressions: [{key: a, operator: Exists}]}",
                        rules("data_access", "deny", "none")
                                + "\nnamespaceSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}"),
                policy(
                        "only a denied event can be enforced upon",
                        rules("data_access", "deny", "terminate"),
                        rules("data_access", "flag", "terminate")),
                policy(
                        "only a model_invocation, tool_invocation or data_access has a destination",
                        rules("model_invocation", "deny", "block"),
                        rules("error", "deny", "block")),
                policy(
                        "decisions are what rules make",
                        rules("error", "flag", "none"),
                        rules("policy_decision", "flag", "none")),
                new Case("RedactionProfile", "a profile cannot extend itself", "extends: other", "extends: case"),
                new Case(
                        "RetentionTier",
                        "a period of spec.hot is shorter",
                        "frameworks: [PCI-DSS-4.0]\nhot: {default: 90d}",
                        "frameworks: [PCI-DSS-4.0]\nhot: {default: 90d, error: 89d}"),
                new Case(
                        "RetentionTier",
                        "a period of spec.cold is shorter",
                        "frameworks: [SOX]\ncold: {default: 7y}",
                        "frameworks: [SOX]\ncold: {default: 7y, error: 83mo}"),
                new Case(
                        "RetentionTier",
                        "spec.cold.default is shorter",
                        "hot: {default: 1y}\ncold: {default: 12mo}",
                        "hot: {default: 1y}\ncold: {default: 365d}"));
    }

    private static Case policy(String message, String accepted, String refused) {
        return new Case("AgentAuditPolicy", message, accepted, refused);
    }

    private static String rules(String on, String decision, String enforce) {
        return "rules: [{name: r, on: [%s], when: \"true\", decision: %s, enforce: %s}]"
                .formatted(on, decision, enforce);
    }

    @AfterAll
    static void close() {
        CLIENT.close();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void oneIsAcceptedAndOneRefusedWithTheRemedy(Case rule) {
        assertThatCode(() -> apply(rule.kind(), rule.accepted())).doesNotThrowAnyException();
        refused(rule.kind(), rule.refused(), rule.message());
    }

    @Test
    void noRuleIsWithoutACase() throws IOException {
        Set<String> messages = new TreeSet<>();
        for (String file : List.of("agentauditpolicies", "redactionprofiles", "retentiontiers")) {
            Path crd = KubeApiServer.root().resolve("config/crd/" + file + ".yaml");
            collect(YAML.unmarshal(Files.readString(crd), JsonNode.class), messages);
        }
        assertThat(messages)
                .hasSizeGreaterThan(8)
                .allSatisfy(message ->
                        assertThat(cases()).as(message).anyMatch(rule -> message.startsWith(rule.message())));
    }

    private static void collect(JsonNode schema, Set<String> messages) {
        schema.path("x-kubernetes-validations")
                .forEach(rule -> messages.add(rule.path("message").asText()));
        schema.forEach(child -> collect(child, messages));
    }

    /** The API server's arithmetic and the operator's are written twice; here they are held to each other, at each floor. */
    @ParameterizedTest
    @CsvSource({
        "PCI-DSS-4.0, 12mo, 365d, PCI DSS 4.0 requirement 10.5.1",
        "HIPAA, 6y, 71mo, 45 CFR 164.316(b)(2)(i)",
        "NYDFS-500, 5y, 1829d, 23 NYCRR 500.06(b)",
        "EU-AI-Act, 6mo, 185d, Regulation (EU) 2024/1689 Articles 19(1) and 26(6)",
        "SOX, 7y, 6y, 17 CFR 210.2-06(a)"
    })
    void aPeriodBelowAFloorIsRefusedByBothWithTheClause(String framework, String floor, String below, String clause) {
        String spec = "frameworks: [" + framework + "]\nhot: {default: 90d}\ncold: {data_access: %s}";
        assertThatCode(() -> apply("RetentionTier", spec.formatted(floor))).doesNotThrowAnyException();
        refused("RetentionTier", spec.formatted(below), clause);
        assertThat(resolve(spec.formatted(floor))).isInstanceOf(TierResolution.Resolved.class);
        assertThat(resolve(spec.formatted(below)))
                .isInstanceOfSatisfying(
                        TierResolution.Refused.class,
                        faults -> assertThat(faults.faults())
                                .singleElement()
                                .satisfies(fault -> assertThat(fault.message()).contains(clause)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "AgentAuditPolicy | rules: [{name: r, on: [error], when: '', decision: flag}]       | spec.rules[0].when",
                "AgentAuditPolicy | rules: []                                                      | spec.rules",
                "AgentAuditPolicy | 'rules: [{name: r, on: [error], when: x, decision: flag}]\nexceptions: [{rule: r, when: x, reason: x, expiresAt: \"2027-01-31T00:00:00\"}]' | expiresAt",
                "RedactionProfile | detectors: {enable: [no tag]}                                  | spec.detectors.enable[0]",
                "RetentionTier    | hot: {default: forever}                                        | spec.hot.default",
            })
    void whatTypesAndBoundsRefuseNamesTheField(String kind, String spec, String path) {
        refused(kind, spec, path);
    }

    @Test
    void everySampleIsAccepted() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String folder : List.of("config/samples", "config/samples/library", "charts/fourthlog/files/classes")) {
            try (Stream<Path> found = Files.list(KubeApiServer.root().resolve(folder))) {
                found.filter(file -> file.toString().endsWith(".yaml"))
                        .filter(file -> !file.toString().endsWith(".test.yaml"))
                        .filter(file -> !file.endsWith("kustomization.yaml"))
                        .forEach(files::add);
            }
        }
        assertThat(files).hasSizeGreaterThan(25);
        for (Path file : files) {
            for (HasMetadata object : CLIENT.load(Files.newInputStream(file)).items()) {
                if (object.getKind().equals("AgentAuditPolicy")) {
                    object.getMetadata().setNamespace("default"); // a dry run makes no namespace
                }
                assertThatCode(() -> CLIENT.resource(object).dryRun().serverSideApply())
                        .as("%s", file)
                        .doesNotThrowAnyException();
            }
        }
    }

    private static TierResolution resolve(String spec) {
        return TierResolver.resolve(YAML.unmarshal(spec, RetentionTierSpec.class));
    }

    private static void refused(String kind, String spec, String message) {
        assertThatThrownBy(() -> apply(kind, spec))
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining(message);
    }

    /** Asks, and keeps nothing: a dry run goes through the same validation. */
    private static void apply(String kind, String spec) {
        String name = "case";
        String text = spec;
        if (spec.startsWith("NAME ")) {
            name = spec.substring(5, spec.indexOf('\n'));
            text = spec.substring(spec.indexOf('\n') + 1);
        }
        ObjectNode object = YAML.unmarshal(
                """
                apiVersion: fourthlog.io/v1alpha1
                kind: %s
                metadata: {name: %s%s}
                """.formatted(kind, name, kind.equals("AgentAuditPolicy") ? ", namespace: default" : ""),
                ObjectNode.class);
        object.set("spec", YAML.unmarshal(text, JsonNode.class));
        CLIENT.load(new ByteArrayInputStream(YAML.asYaml(object).getBytes(UTF_8)))
                .dryRun()
                .serverSideApply();
    }
}
