package io.fourthlog.policy;

import static io.fourthlog.policy.Given.policy;
import static io.fourthlog.policy.Given.rule;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.cel.common.types.SimpleType;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad policies are values with a place, and stop nothing else. */
final class BadPolicyTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "event.resource_uri.matches('(?=x)') ; 1:28: not a regular expression of RE2: ",
                "event.resource_uri.matches('(a{1000}){1000}') ; 1:28: ",
                "glob(event.resource_uri, '{a') ; 1:26: glob \"{a\" has no } for its {",
                "glob(event.resource_uri, event.access_mode) ; 1:31: glob needs a literal here",
                "cidr('10.0.0.1', '10.0.0.1/8') ; 1:18: \"10.0.0.1/8\" has bits set behind its prefix",
                "cidr('10.0.0.1', ['10.0.0.0/8', 'x']) ; 1:18: \"x\" is no block of addresses",
                "host('a', 'a.*') ; 1:11: host \"a.*\" is neither a name nor *.NAME",
                "byteSize('10 MB') > 1 ; 1:10: \"10 MB\" is not a size",
                "byteSize('99999999TiB') > 1 ; 1:10: \"99999999TiB\" does not fit in 64 bits",
                "window('6m').count() > 1 ; 1:8: there is no window \"6m\"; did you mean \"5m\"?; there are 5m, 24h",
                "window('5m').count('tool_invocatoin') > 1 ; 1:20: there is no type of event \"tool_invocatoin\"; did you mean \"tool_invocation\"?",
                "window('5m').distinct('tools') > 1 ; 1:23: there is no kind of names \"tools\"; did you mean \"tool\"?",
                "sequence(['tool_invocatoin']) ; 1:10: there is no step \"tool_invocatoin\"; did you mean \"tool_invocation\"?",
                "sequence(['!error', 'data_access']) ; 1:10: a sequence begins with a step that was",
                "baselin.tool('x') ; 1:1: there is no \"baselin\"; did you mean \"baseline\"?",
                "baseline.tol('x') ; 1:13: there is no \"tol\"; did you mean \"tool\"?",
                "baseline.lerned ; 1:9: baseline has no field \"lerned\"; did you mean \"learned\"?",
                "session.tol.size() > 1 ; 1:8: session has no field \"tol\"",
                "event.byte_count.startsWith('1') ; 1:28: startsWith cannot be applied to int.(string)",
                "event ; 1:1: this is of type fourthlog.data_access, where bool is needed",
            })
    void aFaultHasAPlaceAndAReason(String when, String message) {
        assertThat(PolicyCompiler.compile(List.of(policy(rule("r", EventType.DATA_ACCESS, when, Decision.DENY))))
                        .errors())
                .singleElement()
                .satisfies(error -> {
                    assertThat(error.path()).isEqualTo("spec.rules[0].when");
                    assertThat(error.message()).startsWith(message);
                });
    }

    @Test
    void aVariableThatReadsItselfOrALaterOneIsRefused() {
        final PolicySource cyclic = policy(
                FailurePolicy.FAIL,
                List.of(
                        new VariableSource("a", "variables.b"),
                        new VariableSource("b", "variables.a"),
                        new VariableSource("c", "variables.c || true")),
                List.of(),
                rule("r", EventType.DATA_ACCESS, "event.byte_count > 1", Decision.DENY));

        assertThat(PolicyCompiler.compile(List.of(cyclic)).errors())
                .extracting(PolicyError::path, PolicyError::message)
                .satisfiesExactlyInAnyOrder(
                        fault -> assertThat(fault.toList())
                                .containsExactly(
                                        "spec.variables[0].expression",
                                        "1:10: variables.b can only be read by what stands after it: a variable cannot read itself, nor a later one"),
                        fault -> assertThat(fault.toList()).first().isEqualTo("spec.variables[1].expression"),
                        fault -> assertThat(fault.toList())
                                .containsExactly(
                                        "spec.variables[2].expression",
                                        "1:10: variables.c can only be read by what stands after it: a variable cannot read itself, nor a later one"));
    }

    @Test
    void aBadLiteralInAVariableIsAFaultWhereItIsUsed() {
        assertThat(PolicyCompiler.compile(List.of(policy(
                                FailurePolicy.FAIL,
                                List.of(new VariableSource("secrets", "glob(event.resource_uri, '{')")),
                                List.of(),
                                rule("r", EventType.DATA_ACCESS, "variables.secrets", Decision.DENY))))
                        .errors())
                .extracting(PolicyError::toString)
                .containsExactly(
                        "support/agents: spec.rules[0].when: 1:10: variables.secrets: 1:26: glob \"{\" has no } for its {");
    }

    @Test
    void aHugePolicyIsRefusedOrCompiledAndStopsNoOther() {
        final String big = "event.byte_count == 1"
                + IntStream.range(0, 150)
                        .mapToObj(i -> " || event.byte_count == " + i)
                        .collect(Collectors.joining());
        final PolicySource huge = new PolicySource(
                "support/huge",
                true,
                FailurePolicy.FAIL,
                IntStream.range(0, 65)
                        .mapToObj(i -> new VariableSource("v" + i, "true"))
                        .toList(),
                List.of(rule("r", EventType.DATA_ACCESS, big, Decision.DENY)),
                List.of());
        final Compiled compiled =
                PolicyCompiler.compile(List.of(huge, policy(rule("r", EventType.DATA_ACCESS, big, Decision.DENY))));

        assertThat(compiled.errors())
                .extracting(PolicyError::policyId)
                .contains("support/huge")
                .doesNotContain("support/agents");
        assertThat(compiled.set().ids()).containsExactly("support/agents");
    }

    static Stream<Arguments> searches() {
        final String uri = "file:///home/agent/projects/portal/".repeat(8).substring(0, 250);
        final String dear = "(.?){245}0";
        return Stream.of(
                Arguments.of(uri, "event.resource_uri.matches('" + dear + "')", 96),
                Arguments.of(uri, "regex.extract(event.resource_uri, '" + dear + "').hasValue()", 60),
                Arguments.of(uri, "regex.extractAll(event.resource_uri, '" + dear + "').size() > 0", 60),
                Arguments.of(uri, "event.resource_uri.matches('" + dear + "' + '')", 80),
                Arguments.of(uri, "regex.extract(event.resource_uri, '" + dear + "' + '').hasValue()", 50),
                Arguments.of(uri.repeat(16) + "f", "event.resource_uri.matches('" + dear + "')", 96),
                Arguments.of(uri.repeat(16) + "f", "glob(event.resource_uri, '" + "*a".repeat(150) + "?')", 1),
                Arguments.of(uri, "event.resource_uri.matches('" + "(.?){500}".repeat(40) + "' + '')", 1));
    }

    @ParameterizedTest
    @MethodSource("searches")
    void theSearchesOfARuleAreInItsBudget(String uri, String search, int times) {
        final String when = String.join("||", Collections.nCopies(times, search));
        final PolicySet policies = Given.compiled(policy(rule("slow", EventType.DATA_ACCESS, when, Decision.DENY)));

        for (int i = 0; i < 3; i++) {
            policies.evaluate(Given.read(uri), Facts.NONE);
        }

        assertThat(when).hasSizeLessThanOrEqualTo(Budget.EXPRESSION);
        assertThat(policies.stalled()).extracting(Stalled::rule, Stalled::times).containsExactly(tuple("slow", 3L));
    }

    @Test
    void searchesOfAllThatABusyTraceReadAreWithinTheBudget() throws Scope.ExpressionException {
        final Event[] reads = IntStream.range(0, 300)
                .mapToObj(i -> Given.read("file:///home/agent/projects/customer-portal/src/main/resources/" + i))
                .toArray(Event[]::new);
        final Frame frame = new Frame(0, 0, () -> 0);
        frame.begin(reads[299], Given.after(reads));

        for (final String when : List.of(
                "trace.resources.exists(uri, uri.matches('(?i)\\\\.(pem|key|p12|pfx|jks)$'))",
                "trace.resources.exists(uri, uri.matches('(?i)(password|secret|token|credential|apikey)'))",
                "trace.resources.exists(uri, glob(uri, ['file:///home/*/.ssh/**', '**/*.env', '**/id_{rsa,ed25519}']))",
                "trace.resources.exists(uri, regex.extract(uri, '/resources/([a-z]+)').hasValue())")) {
            final Code code = new Scope(Set.of(EventType.DATA_ACCESS), List.of(), new Scope.Slots())
                    .compile(when, SimpleType.BOOL)
                    .code()
                    .get(EventType.DATA_ACCESS);
            assertThat(code)
                    .isNotNull()
                    .satisfies(some -> assertThat(frame.run(some)).as(when).isEqualTo(Code.FALSE));
        }
    }

    @Test
    void aRuleOverItsBudgetIsCountedAndNamed() {
        final PolicySource policy = policy(
                FailurePolicy.IGNORE,
                List.of(),
                List.of(),
                rule(
                        "slow",
                        EventType.DATA_ACCESS,
                        "trace.resources.all(a, [0,1,2,3,4,5,6,7,8,9].all(b, [0,1,2,3,4,5,6,7,8,9].all(c, [0,1,2,3,4,5,6,7,8,9].all(d, [0,1,2,3,4,5,6,7,8,9].all(e, a.size() > 0 || b + c + d + e >= 0)))))",
                        Decision.DENY),
                rule("quick", EventType.DATA_ACCESS, "event.byte_count > 1", Decision.FLAG));
        final PolicySet policies = Given.compiled(policy);
        final var event = Given.read("file:///x");

        final Verdict first = policies.evaluate(event, Given.after(event)).orElseThrow();
        policies.evaluate(event, Given.after(event));

        assertThat(first.fired()).extracting(FiredRule::rule).containsExactly("quick");
        assertThat(first.ignored())
                .singleElement()
                .asString()
                .matches(
                        "support/agents/slow: (loops and searches take more than 4096 steps|over 5 ms).*"); // on a slow
        // machine
        assertThat(policies.stalled()).singleElement().satisfies(stalled -> {
            assertThat(stalled.rule()).isEqualTo("slow");
            assertThat(stalled.times()).isEqualTo(2);
        });
        assertThat(policies.only(id -> true).stalled()).hasSize(1);
    }
}
