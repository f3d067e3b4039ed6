package io.fourthlog.policy.author;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.policy.EnforceAction;
import io.fourthlog.policy.FailurePolicy;
import io.fourthlog.policy.PolicyError;
import io.fourthlog.policy.PolicySource;
import org.junit.jupiter.api.Test;

final class PolicyReaderTest {

    @Test
    void aPolicyHasTheDefaultsOfItsKind() {
        final PolicySource policy = PolicyReader.read("""
                        apiVersion: fourthlog.io/v1alpha1
                        kind: AgentAuditPolicy
                        metadata: {name: agents, namespace: support}
                        spec:
                          rules:
                          - {name: r, on: [data_access], when: "true", decision: deny}
                        """).sources().getFirst();

        assertThat(policy.id()).isEqualTo("support/agents");
        assertThat(policy.deny()).isFalse();
        assertThat(policy.failurePolicy()).isEqualTo(FailurePolicy.FAIL);
        assertThat(policy.rules().getFirst().decision()).isEqualTo(Decision.DENY);
        assertThat(policy.rules().getFirst().enforce()).isEqualTo(EnforceAction.NONE);
        assertThat(policy.rules().getFirst().severity()).isEqualTo("medium");
    }

    @Test
    void everyFaultHasItsPathAndWhatWasProbablyMeant() {
        assertThat(PolicyReader.read("""
                        apiVersion: v1
                        kind: AgentAuditPolicy
                        metadata: {name: agents, namespace: support}
                        spec:
                          failurepolicy: Fail
                          rules:
                          - {name: r, on: [data_acess], when: "true", decision: dney}
                          - {name: s, on: [error], wen: "true", decision: flag, enforce: block}
                          exceptions:
                          - {rule: r, when: "true", reason: x, expiresAt: tomorrow}
                        """).errors())
                .extracting(PolicyError::toString)
                .containsExactlyInAnyOrder(
                        "support/agents: apiVersion: this should be fourthlog.io/v1alpha1",
                        "support/agents: spec.failurepolicy: there is no such field; did you mean \"failurePolicy\"?",
                        "support/agents: spec.rules[0].on: \"data_acess\" is none of [tool_invocation, model_invocation, data_access, policy_decision, identity_assertion, error]",
                        "support/agents: spec.rules[0].decision: \"dney\" is none of [allow, flag, deny]; did you mean \"deny\"?",
                        "support/agents: spec.rules[1].wen: there is no such field; did you mean \"when\"?",
                        "support/agents: spec.rules[1].enforce: only a denied event can be enforced upon: set decision to deny, or enforce to none",
                        "support/agents: spec.rules[1].enforce: only a model_invocation, tool_invocation or data_access has a destination: set enforce to terminate, or take the other types out of on",
                        "support/agents: spec.rules[1].when: this is missing",
                        "support/agents: spec.exceptions[0].expiresAt: this should be a time, as 2027-01-31T00:00:00Z is");
    }

    @Test
    void aBadPolicyStopsNoOtherInTheFile() {
        final PolicyReader.Result result = PolicyReader.read("""
                kind: AgentAuditPolicy
                ---
                kind: Namespace
                ---
                apiVersion: fourthlog.io/v1alpha1
                kind: AgentAuditPolicy
                metadata: {name: good}
                spec: {rules: [{name: r, on: [error], when: "true", decision: flag}]}
                """);

        assertThat(result.sources()).extracting(PolicySource::id).containsExactly("default/good");
        assertThat(result.errors()).isNotEmpty();
    }

    @Test
    void whatIsNotYamlOrHasNoPolicyIsAnError() {
        assertThat(PolicyReader.read("a: [").errors())
                .singleElement()
                .satisfies(error -> assertThat(error.message()).startsWith("not YAML: 1:"));
        assertThat(PolicyReader.read("a: 1\na: 2").errors())
                .singleElement()
                .satisfies(error -> assertThat(error.message()).contains("duplicate"));
        assertThat(PolicyReader.read("kind: Namespace").errors())
                .extracting(PolicyError::message)
                .containsExactly("there is no AgentAuditPolicy in it");
    }
}
