package io.fourthlog.policy;

import static io.fourthlog.actionlog.event.EventType.DATA_ACCESS;
import static io.fourthlog.actionlog.event.EventType.MODEL_INVOCATION;
import static io.fourthlog.actionlog.event.EventType.POLICY_DECISION;
import static io.fourthlog.actionlog.event.EventType.TOOL_INVOCATION;
import static io.fourthlog.policy.Given.on;
import static io.fourthlog.policy.Given.policy;
import static io.fourthlog.policy.Given.rule;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.EventType;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class PolicyCompilerTest {

    static Stream<Arguments> faults() {
        return Stream.of(
                fault(
                        DATA_ACCESS,
                        "event.resource_uir == 'x'",
                        "1:6: event has no field \"resource_uir\"; did you mean \"resource_uri\"?"),
                fault(
                        MODEL_INVOCATION,
                        "event.row_count > 3",
                        "1:6: event has no field \"row_count\" on model_invocation; only on data_access"),
                fault(
                        DATA_ACCESS,
                        "true &&\n  trace.sensitivty.size() > 0",
                        "2:8: trace has no field \"sensitivty\"; did you mean \"sensitivity\"?"),
                fault(
                        MODEL_INVOCATION,
                        "event.destination.extrenal",
                        "1:18: event.destination has no field \"extrenal\"; did you mean \"external\"?"),
                fault(DATA_ACCESS, "evnt.resource_uri == ''", "1:1: there is no \"evnt\"; did you mean \"event\"?"),
                fault(DATA_ACCESS, "event.resource_uri", "1:1: this is of type string, where bool is needed"),
                fault(DATA_ACCESS, "variables.x", "1:10: variables has no field \"x\""),
                fault(DATA_ACCESS, "fourthlog.Destination{host: 'x'}.external", "a rule cannot make messages"),
                fault(
                        DATA_ACCESS,
                        "[1, 'a'].size() == 2",
                        "all elements of a list, and all keys and values of a map, have to be of one type"),
                fault(DATA_ACCESS, "[[[[[1]]]]] == [[[[[1]]]]]", "lists and maps are nested more than 4 deep"));
    }

    private static Arguments fault(EventType on, String when, String message) {
        return Arguments.of(on, when, message);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void aFaultNamesItsPlaceAndWhatWasProbablyMeant(EventType type, String when, String message) {
        final Compiled compiled = PolicyCompiler.compile(List.of(policy(on(Set.of(type), when))));

        assertThat(compiled.errors()).containsExactly(new PolicyError("support/agents", "spec.rules[0].when", message));
        assertThat(compiled.set().ids()).isEmpty();
    }

    @Test
    void aRuleOnSeveralTypesSeesWhatTheyShare() {
        final Set<EventType> both = Set.of(TOOL_INVOCATION, MODEL_INVOCATION);

        assertThat(PolicyCompiler.compile(
                                List.of(policy(on(both, "event.destination.external && has(event.agent_session_id)"))))
                        .errors())
                .isEmpty();
        assertThat(PolicyCompiler.compile(List.of(policy(on(both, "event.tool_name == 'x'"))))
                        .errors())
                .extracting(PolicyError::message)
                .containsExactly(
                        "1:6: event has no field \"tool_name\" on tool_invocation and model_invocation; only on tool_invocation");
    }

    @Test
    void aSyntaxErrorHasALineAndAColumn() {
        assertThat(PolicyCompiler.compile(List.of(policy(on(Set.of(DATA_ACCESS), "event.resource_uri =="))))
                        .errors())
                .singleElement()
                .satisfies(error -> assertThat(error.message()).startsWith("1:22: mismatched input '<EOF>'"));
    }

    @Test
    void aBadPolicyStopsNoOther() {
        final PolicySource bad = new PolicySource(
                "support/bad",
                true,
                FailurePolicy.FAIL,
                List.of(),
                List.of(rule("r", DATA_ACCESS, "nonsense", Decision.DENY)),
                List.of());

        final Compiled compiled =
                PolicyCompiler.compile(List.of(bad, policy(rule("r", DATA_ACCESS, "true", Decision.DENY))));

        assertThat(compiled.set().ids()).containsExactly("support/agents");
        assertThat(compiled.errors()).extracting(PolicyError::policyId).containsExactly("support/bad");
    }

    @Test
    void whatIsNotCelIsHeldAsWell() {
        final PolicySource source = policy(
                FailurePolicy.FAIL,
                List.of(new VariableSource("not an identifier", "true")),
                List.of(new ExceptionSource("no-secretz", "true", "why not", null)),
                new RuleSource("no-secrets", Set.of(), "true", Decision.DENY, EnforceAction.NONE, "critcal", null),
                rule("no-secrets", POLICY_DECISION, "true", Decision.DENY));

        assertThat(PolicyCompiler.compile(List.of(source)).errors())
                .extracting(error -> error.path() + ": " + error.message())
                .containsExactly(
                        "spec.variables[0].name: \"not an identifier\" is not a CEL identifier",
                        "spec.rules[0].severity: \"critcal\" is none of [info, low, medium, high, critical]; did you mean \"critical\"?",
                        "spec.rules[0].on: names no type of event",
                        "spec.rules[1].name: another rule of this policy is called \"no-secrets\"",
                        "spec.rules[1].on: policy_decision is what rules make, not what they look at",
                        "spec.exceptions[0].rule: this policy has no rule \"no-secretz\"; did you mean \"no-secrets\"?");
    }

    @Test
    void aVariableIsAtFaultOnlyWhereItIsReadAndCannotBe() {
        final List<VariableSource> variables =
                List.of(new VariableSource("secrets", "event.resource_uri.startsWith('file:///etc/secrets')"));
        final RuleSource file = rule("file", DATA_ACCESS, "variables.secrets", Decision.DENY);
        final RuleSource model = rule("model", MODEL_INVOCATION, "event.destination.external", Decision.FLAG);
        final RuleSource wrong = rule("wrong", MODEL_INVOCATION, "variables.secrets", Decision.FLAG);

        assertThat(PolicyCompiler.compile(List.of(policy(FailurePolicy.FAIL, variables, List.of(), file, model)))
                        .errors())
                .isEmpty();
        assertThat(PolicyCompiler.compile(List.of(policy(FailurePolicy.FAIL, variables, List.of(), file, wrong)))
                        .errors())
                .containsExactly(new PolicyError(
                        "support/agents",
                        "spec.rules[1].when",
                        "1:10: variables.secrets cannot be evaluated on model_invocation: "
                                + "1:6: event has no field \"resource_uri\" on model_invocation; only on data_access"));
        assertThat(PolicyCompiler.compile(List.of(policy(FailurePolicy.FAIL, variables, List.of(), model)))
                        .errors())
                .extracting(PolicyError::path)
                .containsExactly("spec.variables[0].expression");
    }

    @Test
    void anExpressionThatIsTooLongOrTooDeepIsRefused() {
        final String tooLong = "event.resource_uri == '" + "x".repeat(Budget.EXPRESSION) + "'";
        final String tooDeep = "(".repeat(2_000) + "true" + ")".repeat(2_000);

        assertThat(PolicyCompiler.compile(List.of(policy(on(Set.of(DATA_ACCESS), tooLong))))
                        .errors())
                .singleElement()
                .satisfies(error -> assertThat(error.message()).contains("4096"));
        assertThat(PolicyCompiler.compile(List.of(policy(on(Set.of(DATA_ACCESS), tooDeep))))
                        .errors())
                .hasSize(1);
    }
}
