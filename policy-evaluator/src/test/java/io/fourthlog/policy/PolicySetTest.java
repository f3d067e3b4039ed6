package io.fourthlog.policy;

import static io.fourthlog.actionlog.event.EventType.DATA_ACCESS;
import static io.fourthlog.actionlog.event.EventType.MODEL_INVOCATION;
import static io.fourthlog.actionlog.event.EventType.TOOL_INVOCATION;
import static io.fourthlog.policy.Given.NOON;
import static io.fourthlog.policy.Given.after;
import static io.fourthlog.policy.Given.compiled;
import static io.fourthlog.policy.Given.model;
import static io.fourthlog.policy.Given.on;
import static io.fourthlog.policy.Given.policy;
import static io.fourthlog.policy.Given.read;
import static io.fourthlog.policy.Given.rule;
import static io.fourthlog.policy.Given.tool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.behaviour.Past;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class PolicySetTest {

    private static final Destination OUTSIDE = new Destination("api.example.com", 443, "203.0.113.7", true);
    private static final Event SECRET_FILE = read("file:///etc/secrets/token", "filesystem-sensitive");

    static Stream<Arguments> expressions() {
        return Stream.of(
                Arguments.of(SECRET_FILE, "event.resource_uri.startsWith('file:///etc/secrets')", true),
                Arguments.of(SECRET_FILE, "event.resource_type == 'file' && event.byte_count == 4096", true),
                Arguments.of(SECRET_FILE, "'filesystem-sensitive' in event.sensitivity_tags_resolved", true),
                Arguments.of(SECRET_FILE, "has(event.row_count) && event.row_count > 1", false),
                Arguments.of(SECRET_FILE, "event.ts < timestamp('2026-06-01T12:00:01Z')", true),
                Arguments.of(SECRET_FILE, "event.ts.getHours() == 12", true),
                Arguments.of(SECRET_FILE, "event.workload_id.contains('/Deployment/agent/')", true),
                Arguments.of(SECRET_FILE, "event.destination.external || has(event.destination)", false),
                Arguments.of(SECRET_FILE, "event.evidence == 'observed' && event.completeness == 'complete'", true),
                Arguments.of(SECRET_FILE, "event.resource_uri.matches('^file:///etc/secrets/[a-z]+$')", true),
                Arguments.of(SECRET_FILE, "sets.intersects(trace.resources, ['file:///etc/secrets/token'])", true),
                Arguments.of(SECRET_FILE, "math.greatest(event.byte_count, 5) == 4096", true),
                Arguments.of(SECRET_FILE, "trace.sensitivity.exists(s, s.startsWith('secret:'))", false),
                Arguments.of(model(OUTSIDE, "read_file"), "event.destination.external", true),
                Arguments.of(model(OUTSIDE, "read_file"), "event.destination.host.endsWith('.example.com')", true),
                Arguments.of(
                        model(OUTSIDE, "read_file"), "event.tools_requested.exists(t, t.name == 'read_file')", true),
                Arguments.of(model(OUTSIDE, "read_file"), "event.tools_requested[0].name == 'rm'", false),
                Arguments.of(model(OUTSIDE), "'api.example.com' in trace.hosts", true),
                Arguments.of(tool("run", "secret:github"), "'run' in trace.tools", true),
                Arguments.of(
                        tool("run", "secret:github"), "trace.sensitivity.exists(s, s.startsWith('secret:'))", true));
    }

    @ParameterizedTest
    @MethodSource("expressions")
    void aRuleReadsTheEventAndItsTrace(Event event, String when, boolean fires) {
        final PolicySet policies =
                compiled(policy(FailurePolicy.IGNORE, List.of(), List.of(), on(Set.of(event.type()), when)));

        final Verdict verdict = policies.evaluate(event, after(event)).orElseThrow();

        assertThat(verdict.decision()).isEqualTo(fires ? Decision.DENY : Decision.ALLOW);
        assertThat(verdict.ignored()).isEmpty();
    }

    @Test
    void thereIsNoVerdictOnTypesThatNoRuleIsOn() {
        assertThat(compiled(policy(rule("r", DATA_ACCESS, "true", Decision.DENY)))
                        .evaluate(tool("run"), Facts.NONE))
                .isEmpty();
    }

    @Test
    void anUnknownFieldFiresOrNotByTheFailurePolicy() {
        final RuleSource rows = rule("rows", DATA_ACCESS, "event.row_count > 1000", Decision.DENY);

        final Verdict fail =
                compiled(policy(rows)).evaluate(SECRET_FILE, Facts.NONE).orElseThrow();
        final Verdict ignore = compiled(policy(FailurePolicy.IGNORE, List.of(), List.of(), rows))
                .evaluate(SECRET_FILE, Facts.NONE)
                .orElseThrow();

        assertThat(fail.decision()).isEqualTo(Decision.DENY);
        assertThat(fail.message()).contains("row_count is unknown: a file has no rows");
        assertThat(ignore.decision()).isEqualTo(Decision.ALLOW);
        assertThat(ignore.ignored())
                .singleElement()
                .satisfies(why -> assertThat(why).startsWith("support/agents/rows: "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "unknown; tagMatches(event.param_sensitivity, 'secret:*')",
                "unknown; tagMatches(event.param_sensitivity, ['secret:*', 'unknown:x'])",
                "unknown; !tagMatches(trace.sensitivity, 'secret:*')",
                "unknown; 'secret:github' in event.param_sensitivity",
                "unknown; !('secret:github' in session.sensitivity)",
                "unknown; trace.sensitivity.exists(tag, tag.startsWith('secret:'))",
                "unknown; trace.sensitivity.exists(tag, tag == 'secret:a' || tag == 'unknown:b')",
                "unknown; trace.sensitivity.all(tag, !tag.startsWith('secret:'))",
                "unknown; variables.seen.exists(tag, tag.startsWith('secret:'))",
                "unknown; 'secret:github' in (trace.sensitivity + variables.seen)",
                "unknown; trace.sensitivity.filter(tag, tag != 'PII:email').exists(tag, tag == 'secret:a')",
                "unknown; [trace.sensitivity].exists(tags, tagMatches(tags, 'secret:*'))",
                "unknown; tagMatches(event.param_sensitivity, 'secret:*') || event.tool_name == 'walk'",
                "true; tagMatches(event.param_sensitivity, 'secret:*') || event.tool_name == 'run'",
                "true; tagMatches(event.param_sensitivity, 'PII:*')",
                "true; 'PII:email' in trace.sensitivity",
                "true; tagMatches(event.param_sensitivity, 'unknown:*')",
                "true; 'unknown:over-budget' in event.param_sensitivity",
                "true; trace.sensitivity.exists(tag, tag.startsWith('unknown:'))",
                "true; 'run' in trace.tools",
                "false; tagMatches(event.param_sensitivity, 'secret:*') && event.tool_name == 'walk'",
                "false; tagMatches(event.param_sensitivity, 'unknown:compressed')",
                "false; 'unknown:compressed' in event.param_sensitivity",
                "false; trace.sensitivity.exists(tag, tag == 'unknown:a' || tag.startsWith('unknown:b'))",
                "false; trace.sensitivity.all(tag, tag.startsWith('PII:'))",
                "false; 'walk' in trace.tools || trace.tools.exists(tool, tool == 'walk')"
            })
    void aTagThatIsNotThereIsUnknownWhereNotAllWasLookedThrough(String is, String when) {
        final Event event = tool("run", "PII:email", "unknown:over-budget");
        final PolicySet policies = compiled(policy(
                FailurePolicy.FAIL,
                List.of(new VariableSource("seen", "event.param_sensitivity")),
                List.of(),
                on(Set.of(TOOL_INVOCATION), when)));

        final Verdict verdict = policies.evaluate(event, after(event)).orElseThrow();

        assertThat(verdict.decision()).isEqualTo(is.equals("false") ? Decision.ALLOW : Decision.DENY);
        assertThat(verdict.fired().stream().map(FiredRule::failure).filter(Objects::nonNull))
                .isEqualTo(
                        is.equals("unknown") ? List.of("not all was looked through: unknown:over-budget") : List.of());
    }

    @Test
    void whatIsNoJsonWasLookedThroughAsText() {
        final Event event = tool("run", "unknown:malformed-json");

        assertThat(compiled(policy(on(Set.of(TOOL_INVOCATION), "tagMatches(event.param_sensitivity, 'secret:*')")))
                        .evaluate(event, after(event))
                        .orElseThrow()
                        .fired())
                .isEmpty();
    }

    static Stream<String> bombs() {
        return Stream.of(
                "[event.resource_uri]" + ".map(x, x + x)".repeat(40) + ".size() == 1",
                "[0,1,2,3,4,5,6,7,8,9].all(a, [0,1,2,3,4,5,6,7,8,9].all(b, [0,1,2,3,4,5,6,7,8,9].all(c, "
                        + "[0,1,2,3,4,5,6,7,8,9].all(d, a + b + c + d < 1000))))",
                "[[1]]" + ".map(x, x + x)".repeat(40) + ".size() == 1");
    }

    @ParameterizedTest
    @MethodSource("bombs")
    void aRuleOverItsBudgetCountsByTheFailurePolicy(String bomb) {
        final Verdict verdict = compiled(policy(on(Set.of(DATA_ACCESS), bomb)))
                .evaluate(SECRET_FILE, Facts.NONE)
                .orElseThrow();

        assertThat(verdict.decision()).isEqualTo(Decision.DENY);
        assertThat(verdict.deciding()).isNotNull();
        assertThat(verdict.fired().getFirst().failure()).containsAnyOf("at most", "budget");
    }

    @Test
    void variablesReadVariablesAndAreSharedByRulesAndMessages() {
        final PolicySet policies = compiled(policy(
                FailurePolicy.FAIL,
                List.of(
                        new VariableSource("path", "event.resource_uri.substring(7)"),
                        new VariableSource("secret", "variables.path.startsWith('/etc/secrets')")),
                List.of(),
                new RuleSource(
                        "no-secrets",
                        Set.of(DATA_ACCESS),
                        "variables.secret",
                        Decision.DENY,
                        EnforceAction.TERMINATE,
                        "critical",
                        "'read of ' + variables.path")));

        final Verdict verdict = policies.evaluate(SECRET_FILE, Facts.NONE).orElseThrow();

        assertThat(verdict.message()).isEqualTo("read of /etc/secrets/token");
        assertThat(verdict.intent()).isEqualTo(EnforceAction.TERMINATE);
        assertThat(verdict.policyId()).isEqualTo("support/agents");
    }

    @Test
    void anExceptionOverridesUntilItExpiresAndIsRecorded() {
        final ExceptionSource rotation = new ExceptionSource(
                "no-secrets", "event.workload_id.contains('/Deployment/agent/')", "key rotation", NOON);
        final PolicySet policies = compiled(policy(
                FailurePolicy.FAIL,
                List.of(),
                List.of(rotation),
                new RuleSource(
                        "no-secrets",
                        Set.of(DATA_ACCESS),
                        "true",
                        Decision.DENY,
                        EnforceAction.TERMINATE,
                        "critical",
                        null)));

        final Verdict before = verdictAt(policies, NOON.minusMillis(1));
        final Verdict after = verdictAt(policies, NOON);

        assertThat(before.decision()).isEqualTo(Decision.ALLOW);
        assertThat(before.overridden()).isTrue();
        assertThat(before.message()).isEqualTo("key rotation");
        assertThat(before.intent()).isEqualTo(EnforceAction.NONE);
        assertThat(before.fired()).extracting(FiredRule::overrideExpires).containsExactly(NOON);
        assertThat(before.fired()).extracting(FiredRule::rule).containsExactly("no-secrets");
        assertThat(after.decision()).isEqualTo(Decision.DENY);
        assertThat(after.overridden()).isFalse();
    }

    private static Verdict verdictAt(PolicySet policies, Instant ts) {
        return policies.evaluate(read(ts, "file:///x"), Facts.NONE).orElseThrow();
    }

    static Stream<Arguments> targets() {
        return Stream.of(
                Arguments.of(EnforceAction.TERMINATE, null, EnforceTarget.Actor.class),
                Arguments.of(EnforceAction.RESET, OUTSIDE, EnforceTarget.Connection.class),
                Arguments.of(EnforceAction.BLOCK, OUTSIDE, EnforceTarget.Host.class),
                Arguments.of(EnforceAction.BLOCK, null, EnforceTarget.Missing.class),
                Arguments.of(EnforceAction.NONE, OUTSIDE, EnforceTarget.Nothing.class));
    }

    @ParameterizedTest
    @MethodSource("targets")
    void whatEnforcementIsDoneToComesFromTheEvent(
            EnforceAction action, @Nullable Destination destination, Class<? extends EnforceTarget> target) {
        final PolicySet policies = compiled(policy(
                new RuleSource("r", Set.of(TOOL_INVOCATION), "true", Decision.DENY, action, "high", null),
                new RuleSource(
                        "milder",
                        Set.of(TOOL_INVOCATION),
                        "true",
                        Decision.DENY,
                        EnforceAction.NONE,
                        "critical",
                        null)));

        final Verdict verdict = policies.evaluate(tool("run"), new Facts(Past.NONE, destination))
                .orElseThrow();

        assertThat(verdict.intent()).isEqualTo(action);
        assertThat(verdict.target()).isInstanceOf(target);
        assertThat(verdict.digest()).isEqualTo(policies.digest());
    }

    @Test
    void rulesWithOneConditionAreEvaluatedOnceAndAllFire() {
        final PolicySource other = new PolicySource(
                "support/other",
                true,
                FailurePolicy.FAIL,
                List.of(),
                List.of(rule("b", DATA_ACCESS, "event.byte_count > 1", Decision.FLAG)),
                List.of());

        assertThat(compiled(policy(rule("a", DATA_ACCESS, "event.byte_count > 1", Decision.DENY)), other)
                        .evaluate(SECRET_FILE, Facts.NONE)
                        .orElseThrow()
                        .fired())
                .extracting(FiredRule::policyId, FiredRule::rule)
                .containsExactly(tuple("support/agents", "a"), tuple("support/other", "b"));
    }

    @Test
    void aPolicyThatOnlyAuditsFlagsWhatItWouldDeny() {
        final PolicySource audit = new PolicySource(
                "support/audit",
                false,
                FailurePolicy.FAIL,
                List.of(),
                List.of(new RuleSource(
                        "r", Set.of(DATA_ACCESS), "true", Decision.DENY, EnforceAction.TERMINATE, "high", null)),
                List.of());

        final Verdict verdict =
                compiled(audit).evaluate(SECRET_FILE, Facts.NONE).orElseThrow();

        assertThat(verdict.decision()).isEqualTo(Decision.FLAG);
        assertThat(verdict.intent()).isEqualTo(EnforceAction.NONE);
    }

    @Property(tries = 200)
    void theMostSevereFiredRuleDecides(@ForAll("rules") List<RuleSource> rules) {
        final List<PolicySource> policies = new ArrayList<>();
        for (int i = 0; i < rules.size(); i++) {
            policies.add(new PolicySource(
                    "support/p" + i, true, FailurePolicy.FAIL, List.of(), List.of(rules.get(i)), List.of()));
        }

        final Verdict verdict = compiled(policies.toArray(PolicySource[]::new))
                .evaluate(SECRET_FILE, Facts.NONE)
                .orElseThrow();

        final List<RuleSource> fired =
                rules.stream().filter(rule -> rule.when().equals("true")).toList();
        assertThat(verdict.decision())
                .isEqualTo(fired.stream()
                        .map(RuleSource::decision)
                        .max(Comparator.naturalOrder())
                        .orElse(Decision.ALLOW));
        assertThat(verdict.intent())
                .isEqualTo(fired.stream()
                        .filter(rule -> rule.decision() == Decision.DENY)
                        .map(RuleSource::enforce)
                        .max(Comparator.naturalOrder())
                        .orElse(EnforceAction.NONE));
        assertThat(verdict.fired()).hasSameSizeAs(fired);
        assertThat(verdict.deciding() == null).isEqualTo(fired.isEmpty());
    }

    @Provide
    Arbitrary<List<RuleSource>> rules() {
        return Combinators.combine(
                        Arbitraries.of("true", "false"),
                        Arbitraries.of(Decision.class),
                        Arbitraries.of(EnforceAction.class),
                        Arbitraries.of(PolicyCompiler.SEVERITIES))
                .as((when, decision, enforce, severity) ->
                        new RuleSource("r", Set.<EventType>of(DATA_ACCESS), when, decision, enforce, severity, null))
                .list()
                .ofMinSize(1)
                .ofMaxSize(5);
    }

    @Test
    void theDigestIsOfThePoliciesAndNotOfTheirOrder() {
        final PolicySource one = policy(rule("r", DATA_ACCESS, "true", Decision.DENY));
        final PolicySource two = new PolicySource(
                "support/two",
                true,
                FailurePolicy.FAIL,
                List.of(),
                List.of(rule("r", TOOL_INVOCATION, "true", Decision.FLAG)),
                List.of());

        assertThat(compiled(one, two).digest())
                .isEqualTo(compiled(two, one).digest())
                .matches("sha256:[0-9a-f]{64}")
                .isNotEqualTo(compiled(one).digest())
                .isNotEqualTo(compiled(policy(rule("r", MODEL_INVOCATION, "true", Decision.DENY)), two)
                        .digest());
        assertThat(compiled(one, two).only("support/agents"::equals).digest())
                .isEqualTo(compiled(one).digest());
    }
}
