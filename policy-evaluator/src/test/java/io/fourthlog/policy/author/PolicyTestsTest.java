package io.fourthlog.policy.author;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.policy.PolicyError;
import io.fourthlog.policy.PolicySource;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PolicyTestsTest {

    private static final List<PolicySource> POLICIES = PolicyReader.read("""
                    apiVersion: fourthlog.io/v1alpha1
                    kind: AgentAuditPolicy
                    metadata: {name: agents, namespace: support}
                    spec:
                      validationActions: [Deny]
                      rules:
                      - {name: reads, on: [data_access], when: "event.resource_uri == 'file:///x'", decision: deny, enforce: terminate}
                      - {name: rows, on: [data_access], when: "event.row_count > 3", decision: flag}
                    """).sources();

    @Test
    void aTestThatFailsSaysWhatItGot() {
        final PolicyTests.Report report = PolicyTests.run("""
                tests:
                - name: wrong
                  when: {data_access: {resource_uri: "file:///x", access_mode: read, row_count: 1}}
                  expect: {decision: allow, rules: [rows], overridden: [reads], enforce: none, message: nothing}
                """, POLICIES);

        assertThat(report.passed()).isFalse();
        assertThat(report.outcomes())
                .singleElement()
                .satisfies(outcome -> assertThat(outcome.failures())
                        .containsExactly(
                                "decision: expected allow, got deny",
                                "rules: expected [rows], got [reads]",
                                "overridden: expected [reads], got []",
                                "enforce: expected none, got terminate",
                                "message: expected something with \"nothing\", got \"rule reads of support/agents\""));
    }

    @Test
    void aRuleThatCouldNotBeEvaluatedFailsTheTest() {
        final PolicyTests.Report report = PolicyTests.run("""
                tests:
                - name: rows are not given
                  when: {data_access: {resource_uri: "file:///y", access_mode: read}}
                  expect: {decision: flag}
                """, POLICIES);

        assertThat(report.outcomes().getFirst().failures())
                .containsExactly("rule rows could not be evaluated: row_count is unknown: not given in the test");
    }

    @Test
    void whatIsWrongWithATestIsSaidWithItsPath() {
        assertThat(PolicyTests.run("""
                                tests:
                                - name: a
                                  when: {data_access: {resource_url: "file:///y", access_mode: read}}
                                  expect: {decision: flag}
                                - name: b
                                  given: [{tool_invocation: {}, after: soon}]
                                  when: {data_acces: {}}
                                  expect: {decision: flag}
                                """, POLICIES).errors())
                .extracting(PolicyError::toString)
                .contains(
                        "tests: tests[0].when.data_access.resource_url: the event has no such field; did you mean \"resource_uri\"?",
                        "tests: tests[0].when.data_access.resource_uri: a data_access needs this",
                        "tests: tests[1].given[0].after: this should be a period, as 30s, 5m, 24h or 7d is",
                        "tests: tests[1].given[0].tool_invocation.tool_name: a tool_invocation needs this");
    }
}
