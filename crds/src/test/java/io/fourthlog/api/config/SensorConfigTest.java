package io.fourthlog.api.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.api.AgentAuditPolicySpec.Decision;
import io.fourthlog.api.AgentAuditPolicySpec.Enforce;
import io.fourthlog.api.AgentAuditPolicySpec.EventKind;
import io.fourthlog.api.AgentAuditPolicySpec.FailurePolicy;
import io.fourthlog.api.AgentAuditPolicySpec.JavaTls;
import io.fourthlog.api.AgentAuditPolicySpec.Rule;
import io.fourthlog.api.AgentAuditPolicySpec.RuleException;
import io.fourthlog.api.AgentAuditPolicySpec.Severity;
import io.fourthlog.api.AgentAuditPolicySpec.ValidationAction;
import io.fourthlog.api.AgentAuditPolicySpec.Variable;
import io.fourthlog.api.PodSelector;
import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.api.RedactionProfileSpec.Classifier;
import io.fourthlog.api.RedactionProfileSpec.Detectors;
import io.fourthlog.api.RedactionProfileSpec.Hashing;
import io.fourthlog.api.RedactionProfileSpec.OnFailure;
import io.fourthlog.api.RedactionProfileSpec.PromptClasses;
import io.fourthlog.api.RedactionProfileSpec.Shape;
import io.fourthlog.api.RedactionProfileSpec.Taxonomy;
import io.fourthlog.api.Retention;
import io.fourthlog.api.RetentionTierSpec;
import io.fourthlog.api.RetentionTierSpec.Erasure;
import io.fourthlog.api.RetentionTierSpec.Periods;
import io.fourthlog.api.RetentionTierSpec.SubjectKeys;
import io.fourthlog.api.config.SensorConfig.Parsed;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SensorConfigTest {

    @Test
    void whatIsWrittenIsReadBack() {
        SensorConfig config = config(Map.of("app", "agent"));
        assertThat(SensorConfig.parse(config.canonicalJson())).isEqualTo(new Parsed.Valid(config, config.digest()));
    }

    /** As the first operator wrote it: sensors refuse a member that they do not know, and this one is known to all that there ever were. */
    @Test
    void aConfigThatAsksForNothingNewIsWrittenInTheFirstFormat() throws IOException {
        assertThat(json()).isEqualTo(firstFormat());
    }

    @Test
    void theFirstFormatIsReadAndHasTheDigestOfItsBytes() throws IOException {
        assertThat(parse(firstFormat()))
                .isEqualTo(new Parsed.Valid(
                        config(Map.of("app", "agent")),
                        SensorConfig.digest(firstFormat().getBytes(UTF_8))));
    }

    /** Another version may write the same config with other bytes, which its digest is of. */
    @Test
    void theDigestIsThatOfTheBytesThatWereRead() {
        String spaced = json() + "\n";
        assertThat(parse(spaced))
                .isEqualTo(
                        new Parsed.Valid(config(Map.of("app", "agent")), SensorConfig.digest(spaced.getBytes(UTF_8))));
    }

    @Test
    void whatIsNewIsWrittenWhereItIsAskedFor() {
        assertThat(json(new PromptClasses(Taxonomy.BUILTIN, Classifier.MINILM, List.of()), JavaTls.Attach, "elsewhere"))
                .contains(
                        "\"promptClasses\":{\"classifier\":\"minilm\",\"taxonomy\":\"builtin\"}",
                        "\"javaTls\":\"Attach\"",
                        "\"namespaces\":[\"elsewhere\"]");
    }

    private static String firstFormat() throws IOException {
        try (InputStream golden = SensorConfigTest.class.getResourceAsStream("/config/first-format.json")) {
            return new String(requireNonNull(golden).readAllBytes(), UTF_8);
        }
    }

    private static String json(PromptClasses classes, JavaTls javaTls, String namespace) {
        SensorConfig plain = config(Map.of("app", "agent"));
        SensorConfig.Policy policy = plain.policies().getFirst();
        RedactionProfileSpec profile = requireNonNull(plain.redactionProfiles().get("strict"));
        SensorConfig changed = new SensorConfig(
                plain.cluster(),
                plain.namespace(),
                List.of(new SensorConfig.Policy(
                        policy.id(),
                        List.of(namespace),
                        policy.podSelector(),
                        policy.validationActions(),
                        policy.failurePolicy(),
                        javaTls,
                        policy.variables(),
                        policy.rules(),
                        policy.exceptions(),
                        policy.redaction(),
                        policy.tier())),
                Map.of(
                        "strict",
                        new RedactionProfileSpec(
                                null,
                                profile.detectors(),
                                profile.shape(),
                                profile.hashing(),
                                classes,
                                profile.onFailure(),
                                null)),
                plain.retentionTiers(),
                plain.collector(),
                plain.capture());
        assertThat(parse(new String(changed.canonicalJson(), UTF_8)))
                .isEqualTo(new Parsed.Valid(changed, changed.digest()));
        return new String(changed.canonicalJson(), UTF_8);
    }

    @Test
    void theDigestDoesNotDependOnTheOrderOfLabels() {
        Map<String, String> forth = new LinkedHashMap<>();
        forth.put("a", "1");
        forth.put("b", "2");
        Map<String, String> back = new LinkedHashMap<>();
        back.put("b", "2");
        back.put("a", "1");
        assertThat(config(forth).digest()).isEqualTo(config(back).digest()).startsWith("sha256:");
    }

    @Test
    void theDigestDependsOnEveryRule() {
        assertThat(config(Map.of()).digest())
                .isNotEqualTo(config(Map.of("app", "agent")).digest());
    }

    @Test
    void aNamespaceIsSealedWhenATierOfItSaysSoAndHeldWhenOneDoes() {
        assertThat(config(Map.of("app", "agent")).sealedNamespaces()).isEmpty();
        assertThat(withTier(new Erasure(SubjectKeys.NONE, true)).sealedNamespaces())
                .isEmpty();
        final SensorConfig sealed = withTier(new Erasure(SubjectKeys.PER_WORKLOAD, false));
        assertThat(sealed.sealedNamespaces()).containsExactly(Map.entry("support", false));
        assertThat(withTier(new Erasure(SubjectKeys.PER_WORKLOAD, true)).sealedNamespaces())
                .containsExactly(Map.entry("support", true));
        assertThat(new String(sealed.canonicalJson(), UTF_8))
                .contains("\"erasure\":{\"legalHold\":false,\"subjectKeys\":\"per-workload\"}");
        assertThat(SensorConfig.parse(sealed.canonicalJson())).isEqualTo(new Parsed.Valid(sealed, sealed.digest()));
        assertThat(new String(config(Map.of("app", "agent")).canonicalJson(), UTF_8))
                .doesNotContain("erasure");
    }

    private static SensorConfig withTier(Erasure erasure) {
        final SensorConfig plain = config(Map.of("app", "agent"));
        final RetentionTierSpec tier = requireNonNull(plain.retentionTiers().get("standard"));
        return new SensorConfig(
                plain.cluster(),
                plain.namespace(),
                plain.policies(),
                plain.redactionProfiles(),
                Map.of("standard", new RetentionTierSpec(tier.frameworks(), tier.hot(), tier.cold(), erasure)),
                plain.collector(),
                plain.capture());
    }

    @Test
    void anUnknownMemberIsNamedWithItsPlace() {
        String json = json().replace("\"severity\":\"critical\"", "\"severity\":\"critical\",\n\"sevrity\":1");
        assertThat(parse(json)).isInstanceOfSatisfying(Parsed.Invalid.class, invalid -> {
            assertThat(invalid.path()).isEqualTo("policies[0].rules[0].sevrity");
            assertThat(invalid.line()).isEqualTo(2);
        });
    }

    @Test
    void aMissingMemberIsNamed() {
        assertThat(parse(json().replace("\"decision\":\"deny\",", "")))
                .isInstanceOfSatisfying(
                        Parsed.Invalid.class,
                        invalid -> assertThat(invalid.toString())
                                .startsWith("policies[0].rules[0]: decision is required (line 1, column "));
    }

    @Test
    void anotherVersionIsRefused() {
        assertThat(parse(json().replace("v1alpha1", "v9")))
                .isInstanceOfSatisfying(
                        Parsed.Invalid.class,
                        invalid -> assertThat(invalid.message())
                                .isEqualTo("apiVersion is fourthlog.io/v9; this sensor reads fourthlog.io/v1alpha1"));
    }

    @Test
    void aPolicyMayNotUseAProfileThatIsNotThere() {
        assertThat(parse(json().replace("\"redaction\":\"strict\"", "\"redaction\":\"lax\"")))
                .isInstanceOfSatisfying(
                        Parsed.Invalid.class,
                        invalid -> assertThat(invalid.message())
                                .isEqualTo(
                                        "policy support/agents uses the redaction profile lax, which is not in redactionProfiles"));
    }

    @Test
    void whatIsNotOneJsonDocumentIsRefused() {
        for (String json :
                List.of("", "null", "{", "[]", json() + "x", json().replaceFirst("\\{", "{\"kind\":\"a\","))) {
            assertThat(parse(json)).isInstanceOf(Parsed.Invalid.class);
        }
    }

    private static Parsed parse(String json) {
        return SensorConfig.parse(json.getBytes(UTF_8));
    }

    private static String json() {
        return new String(config(Map.of("app", "agent")).canonicalJson(), UTF_8);
    }

    private static SensorConfig config(Map<String, String> labels) {
        SensorConfig.Policy policy = new SensorConfig.Policy(
                "support/agents",
                List.of("support"),
                new PodSelector(labels, List.of()),
                List.of(ValidationAction.Deny),
                FailurePolicy.Fail,
                JavaTls.Off,
                List.of(new Variable("always", "true")),
                List.of(new Rule(
                        "never",
                        List.of(EventKind.DATA_ACCESS),
                        "true",
                        Decision.DENY,
                        Enforce.TERMINATE,
                        Severity.CRITICAL,
                        null)),
                List.of(new RuleException("never", "true", "because", "2027-01-31T00:00:00Z")),
                "strict",
                "standard");
        Retention quarter = new Retention("90d");
        Periods periods = new Periods(null, quarter, quarter, quarter, quarter, quarter, quarter);
        return new SensorConfig(
                "demo",
                "support",
                List.of(policy),
                Map.of(
                        "strict",
                        new RedactionProfileSpec(
                                null,
                                Detectors.NONE,
                                Shape.DEFAULT,
                                Hashing.DEFAULT,
                                PromptClasses.BUILTIN,
                                OnFailure.Drop,
                                null)),
                Map.of("standard", new RetentionTierSpec(List.of(), periods, periods)),
                new SensorConfig.Collector(URI.create("https://trail.fourthlog-system.svc:8443")),
                SensorConfig.Capture.EVERYTHING);
    }
}
