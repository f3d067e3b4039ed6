package io.fourthlog.sensor.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.UuidV7;
import io.fourthlog.actionlog.log.RetentionClass;
import io.fourthlog.api.AgentAuditPolicySpec;
import io.fourthlog.api.AgentAuditPolicySpec.EventKind;
import io.fourthlog.api.AgentAuditPolicySpec.ValidationAction;
import io.fourthlog.api.Names;
import io.fourthlog.api.PodSelector;
import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.api.Retention;
import io.fourthlog.api.RetentionTierSpec;
import io.fourthlog.api.RetentionTierSpec.Periods;
import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.policy.Facts;
import io.fourthlog.redaction.Hmac;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.RedactionEngine;
import io.fourthlog.sensor.action.Workload;
import io.fourthlog.sensor.kernel.JavaTls;
import io.fourthlog.sensor.pipeline.Rules;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigKeeperTest {

    private static final Periods YEAR = new Periods(new Retention("1y"), null, null, null, null, null, null);
    static final RetentionTierSpec TIER = new RetentionTierSpec(List.of(), YEAR, YEAR);

    private static final Periods YEARS = new Periods(
            null,
            new Retention("1y"),
            new Retention("1y"),
            new Retention("1y"),
            new Retention("1y"),
            new Retention("1y"),
            new Retention("1y"));

    @TempDir
    private Path state;

    private final List<ActiveConfig> applied = new ArrayList<>();

    private ConfigKeeper keeper() {
        return new ConfigKeeper(
                state, new ConfigCompiler("demo.support.node-1", Hmac.of("k1", new byte[32])), applied::add);
    }

    @Test
    void aWorkloadHasTheMostThatItsPoliciesWantOfJavasTls() {
        final String json = new String(config("true", "a", "b").canonicalJson(), UTF_8);
        final ConfigCompiler compiler = new ConfigCompiler("demo.support.node-1", Hmac.of("k1", new byte[32]));
        final byte[] mixed =
                json.replaceFirst("\"id\":", "\"javaTls\":\"Attach\",\"id\":").getBytes(UTF_8);
        assertThat(compiler.compile(mixed)).isInstanceOfSatisfying(ConfigCompiler.Result.Usable.class, usable -> {
            assertThat(usable.active().javaTls(workload("agent"))).isEqualTo(JavaTls.ATTACH);
            assertThat(usable.active().javaTls(workload("other"))).isEqualTo(JavaTls.OFF);
        });
    }

    private static Workload workload(String app) {
        return new Workload("k8s://demo/support/Pod/p/p/c", "support", "p", "default", Map.of("app", app), "/");
    }

    private static SensorConfig config(String when, String... profiles) {
        final List<SensorConfig.Policy> policies = new ArrayList<>();
        for (final String profile : profiles) {
            policies.add(new SensorConfig.Policy(
                    "support/" + profile,
                    List.of("support"),
                    new PodSelector(Map.of("app", "agent"), List.of()),
                    List.of(ValidationAction.Deny),
                    AgentAuditPolicySpec.FailurePolicy.Fail,
                    AgentAuditPolicySpec.JavaTls.Off,
                    List.of(),
                    List.of(new AgentAuditPolicySpec.Rule(
                            "no-secrets",
                            List.of(EventKind.DATA_ACCESS),
                            when,
                            AgentAuditPolicySpec.Decision.DENY,
                            AgentAuditPolicySpec.Enforce.TERMINATE,
                            AgentAuditPolicySpec.Severity.CRITICAL,
                            null)),
                    List.of(),
                    profile,
                    "standard"));
        }
        return new SensorConfig(
                "demo",
                "support",
                policies,
                Map.of("a", profile("secret:*"), "b", profile("PII:*")),
                Map.of("standard", TIER),
                new SensorConfig.Collector(URI.create("https://trail.fourthlog-system.svc:8443")),
                SensorConfig.Capture.EVERYTHING);
    }

    private static RedactionProfileSpec profile(String enable) {
        return new RedactionProfileSpec(
                null,
                new RedactionProfileSpec.Detectors(List.of(enable), List.of(), List.of(), List.of(), List.of()),
                RedactionProfileSpec.Shape.DEFAULT,
                RedactionProfileSpec.Hashing.DEFAULT,
                RedactionProfileSpec.PromptClasses.BUILTIN,
                RedactionProfileSpec.OnFailure.Drop,
                null);
    }

    @Test
    void aGoodConfigRunsAndIsThereAfterARestartWithoutAnApiServer() {
        final SensorConfig config = config("event.resource_uri == 'file:///x'", "a");

        assertThat(keeper().offer(config.canonicalJson(), config.digest())).isTrue();
        final ConfigKeeper restarted = keeper();
        restarted.restore();

        assertThat(applied).extracting(ActiveConfig::digest).containsExactly(config.digest(), config.digest());
        assertThat(restarted.active()).isPresent();
    }

    @Test
    void anotherKeyIsUsedByWhatRunsAndByWhatComes() {
        final ConfigKeeper keeper = keeper();
        final SensorConfig config = config("true", "a");
        final SensorConfig next = config("false", "a");
        keeper.offer(config.canonicalJson(), config.digest());

        keeper.use(Hmac.of("k2", new byte[32]));
        keeper.offer(next.canonicalJson(), next.digest());

        assertThat(applied)
                .extracting(active -> active.pipeline().hmac().keyId())
                .containsExactly("k1", "k2", "k2");
        assertThat(applied)
                .extracting(ActiveConfig::digest)
                .containsExactly(config.digest(), config.digest(), next.digest());
        assertThat(keeper.active()).contains(applied.getLast());
    }

    @Test
    void aBadConfigIsRefusedByNameAndTheLastGoodOneRunsOn() {
        final ConfigKeeper keeper = keeper();
        final SensorConfig good = config("true", "a");
        final SensorConfig bad = config("event.resource_uir == ''", "a");
        keeper.offer(good.canonicalJson(), good.digest());

        assertThat(keeper.offer(bad.canonicalJson(), bad.digest())).isFalse();

        assertThat(keeper.active()).map(ActiveConfig::digest).contains(good.digest());
        assertThat(keeper.error())
                .hasValueSatisfying(error -> assertThat(error)
                        .isEqualTo(bad.digest() + ": support/a: spec.rules[0].when: 1:6: event has no field "
                                + "\"resource_uir\"; did you mean \"resource_uri\"?"));
        keeper.offer(good.canonicalJson(), good.digest());
        assertThat(keeper.error()).isEmpty();
    }

    @Test
    void aDocumentThatIsNotWhatItsDigestSaysIsRefused() {
        final ConfigKeeper keeper = keeper();
        final SensorConfig config = config("true", "a");

        assertThat(keeper.offer(config.canonicalJson(), "sha256:" + "0".repeat(64)))
                .isFalse();
        assertThat(keeper.offer("{\"apiVersion\":".getBytes(UTF_8), config.digest()))
                .isFalse();

        assertThat(applied).isEmpty();
        assertThat(keeper.error()).hasValueSatisfying(error -> assertThat(error).contains("line 1"));
    }

    @Test
    void aPodGetsThePoliciesThatSelectItAndTheirStrictestRedaction() {
        final SensorConfig config = config("true", "a", "b");
        keeper().offer(config.canonicalJson(), config.digest());
        final ActiveConfig active = applied.getFirst();

        assertThat(active.selection().test("support", Map.of("app", "agent"))).isTrue();
        assertThat(active.selection().test("support", Map.of("app", "other"))).isFalse();
        assertThat(active.selection().test("elsewhere", Map.of("app", "agent"))).isFalse();
        final Rules rules = requireNonNull(active.pipeline().ruleBook().rulesFor(workload(Map.of("app", "agent"))));
        assertThat(rules.policies().ids()).containsExactly("support/a", "support/b");
        assertThat(rules.profile().name()).isEqualTo("a-b");
        assertThat(active.pipeline().ruleBook().rulesFor(workload(Map.of()))).isNull();
    }

    @Test
    void aPreviewIsMadeOnlyIfEveryProfileOfThePodAsksForIt() {
        final RedactionProfileSpec asks = everything(RedactionProfileSpec.Preview.MASKED);

        assertThat(previewed(Map.of("a", asks, "b", everything(null)), "a")).isTrue();
        assertThat(previewed(Map.of("a", asks, "b", asks), "a", "b")).isTrue();
        assertThat(previewed(Map.of("a", asks, "b", everything(null)), "a", "b"))
                .isFalse();
        assertThat(previewed(Map.of("a", asks, "b", profile("PII:*")), "a", "b"))
                .isFalse();
    }

    @Test
    void profilesMergeWhateverTheirAuthorsCallTheirDetectorsAndClasses() {
        final String name = "d".repeat(63);
        final Map<String, RedactionProfileSpec> profiles = Map.of(
                "a", own(name, "water", "storm damage of the roof"), "b", own(name, "fire", "smoke in the kitchen"));

        final Rules rules = rules(profiles, "a", "b");
        final byte[] prompt = "CASE-00012345: assess the claim about storm damage of the roof".getBytes(UTF_8);
        try (Plaintext text = Plaintext.copyOf(prompt, 0, prompt.length)) {
            final RedactionEngine engine = RedactionEngine.create(rules.profile(), Hmac.of("k1", new byte[32]));
            assertThat(engine.redact(text).sensitivity()).containsExactly("PII:case_a", "PII:case_b");
            assertThat(engine.classify(text)).contains("claims water");
        }
    }

    private static RedactionProfileSpec own(String name, String claims, String what) {
        final RedactionProfileSpec plain = profile("secret:*");
        return new RedactionProfileSpec(
                null,
                new RedactionProfileSpec.Detectors(
                        List.of("secret:*"),
                        List.of(),
                        List.of(),
                        List.of(new RedactionProfileSpec.CustomDetector(
                                name,
                                claims.equals("water") ? "PII:case_a" : "PII:case_b",
                                "CASE-[0-9]{8}",
                                List.of("CASE-00012345"),
                                List.of())),
                        List.of()),
                plain.shape(),
                plain.hashing(),
                new RedactionProfileSpec.PromptClasses(
                        RedactionProfileSpec.Taxonomy.BUILTIN,
                        null,
                        List.of(new RedactionProfileSpec.PromptClass(
                                "claims " + claims,
                                List.of(
                                        "Assess the claim about " + what,
                                        "Is " + what + " covered by this policy?",
                                        "Settle the claim for " + what + " with the insured")))),
                plain.onFailure(),
                null);
    }

    private boolean previewed(Map<String, RedactionProfileSpec> profiles, String... used) {
        final byte[] question = "mail jane@example.com".getBytes(UTF_8);
        try (Plaintext text = Plaintext.copyOf(question, 0, question.length)) {
            return RedactionEngine.create(rules(profiles, used).profile(), Hmac.of("k1", new byte[32]))
                    .preview(text)
                    .isPresent();
        }
    }

    /** What holds for a pod that a policy with each of these profiles selects. */
    private Rules rules(Map<String, RedactionProfileSpec> profiles, String... used) {
        final SensorConfig plain = config("true", used);
        final SensorConfig config = new SensorConfig(
                plain.cluster(),
                plain.namespace(),
                plain.policies(),
                profiles,
                plain.retentionTiers(),
                plain.collector(),
                plain.capture());
        assertThat(keeper().offer(config.canonicalJson(), config.digest())).isTrue();
        return requireNonNull(applied.getLast().pipeline().ruleBook().rulesFor(workload(Map.of("app", "agent"))));
    }

    private static RedactionProfileSpec everything(RedactionProfileSpec.@Nullable Preview preview) {
        return new RedactionProfileSpec(
                null,
                new RedactionProfileSpec.Detectors(
                        List.of("secret:*", "PII:*", "PCI:*", "PHI:*"), List.of(), List.of(), List.of(), List.of()),
                RedactionProfileSpec.Shape.DEFAULT,
                RedactionProfileSpec.Hashing.DEFAULT,
                RedactionProfileSpec.PromptClasses.BUILTIN,
                RedactionProfileSpec.OnFailure.Drop,
                preview);
    }

    @Test
    void anEventIsKeptForTheLongestTimeThatATierOfItsPodAsksFor() {
        final Periods pci = new Periods(
                null,
                new Retention("12mo"),
                new Retention("5y"),
                new Retention("90d"),
                new Retention("12mo"),
                new Retention("2y"),
                new Retention("30d"));
        final SensorConfig one = config("true", "a", "b");
        final SensorConfig two = new SensorConfig(
                "demo",
                "support",
                List.of(
                        one.policies().getFirst(),
                        new SensorConfig.Policy(
                                "support/b",
                                List.of("support"),
                                new PodSelector(Map.of("app", "agent"), List.of()),
                                List.of(ValidationAction.Deny),
                                AgentAuditPolicySpec.FailurePolicy.Fail,
                                AgentAuditPolicySpec.JavaTls.Off,
                                List.of(),
                                one.policies().getFirst().rules(),
                                List.of(),
                                "b",
                                "pci")),
                one.redactionProfiles(),
                Map.of(
                        "standard",
                        new RetentionTierSpec(List.of(), YEARS, YEARS),
                        "pci",
                        new RetentionTierSpec(List.of(), pci, pci)),
                one.collector(),
                one.capture());
        keeper().offer(two.canonicalJson(), two.digest());

        final Rules rules =
                requireNonNull(applied.getFirst().pipeline().ruleBook().rulesFor(workload(Map.of("app", "agent"))));
        assertThat(rules.retention().values().stream().map(RetentionClass::name).distinct())
                .containsExactlyInAnyOrder("pci-12mo", "pci-5y", "standard-1y", "pci-2y");
        assertThat(rules.retention())
                .containsEntry(
                        EventType.TOOL_INVOCATION,
                        new RetentionClass("pci-12mo")) // as long as a year, and first by name
                .containsEntry(EventType.MODEL_INVOCATION, new RetentionClass("pci-5y"))
                .containsEntry(EventType.DATA_ACCESS, new RetentionClass("standard-1y"))
                .containsEntry(EventType.ERROR, new RetentionClass("standard-1y"));
    }

    @Test
    void aRuleOverItsBudgetIsAcknowledgedByNameUntilTheNextConfig() {
        final String numbers = IntStream.range(0, 20).mapToObj(String::valueOf).collect(Collectors.joining(","));
        final ConfigKeeper keeper = keeper();
        final SensorConfig costly = config(
                "[%1$s].all(a, [%1$s].all(b, [%1$s].all(c, a + b + c + size(event.resource_uri) > 0)))"
                        .formatted(numbers),
                "a");
        keeper.offer(costly.canonicalJson(), costly.digest());
        assertThat(Acknowledgement.annotations(keeper, new DecisionCounts(), List.of("terminate")))
                .isEqualTo(Map.of(
                        Names.CONFIG_DIGEST_ANNOTATION, costly.digest(), Names.ENFORCEMENT_ANNOTATION, "terminate"));

        final Rules rules =
                requireNonNull(applied.getFirst().pipeline().ruleBook().rulesFor(workload(Map.of("app", "agent"))));
        assertThat(rules.policies().evaluate(read(), Facts.NONE)).isPresent();

        assertThat(Acknowledgement.annotations(keeper, new DecisionCounts(), List.of()))
                .containsEntry(Names.STALLED_ANNOTATION, "support/a/no-secrets");
        final SensorConfig next = config("true", "a");
        keeper.offer(next.canonicalJson(), next.digest());
        assertThat(Acknowledgement.annotations(keeper, new DecisionCounts(), List.of()))
                .doesNotContainKey(Names.STALLED_ANNOTATION);
    }

    private static Event read() {
        return new DataAccess(
                new Header(
                        UuidV7.next(Clock.systemUTC()),
                        "4bf92f3577b34da6a3ce929d0e0e4736",
                        Instant.now(),
                        "k8s://demo/support/Pod/p/p/c",
                        UuidV7.next(Clock.systemUTC()),
                        "demo.support.node-1",
                        Header.SCHEMA_VERSION,
                        Completeness.COMPLETE,
                        Evidence.OBSERVED,
                        new TreeMap<>(Map.of("row_count", "a file has no rows"))),
                "file:///data/a",
                "read",
                null,
                10L,
                List.of());
    }

    private static Workload workload(Map<String, String> labels) {
        return new Workload("k8s://demo/support/Pod/p/p/c", "support", "p", "default", labels, "/kubepods/pod1");
    }
}
