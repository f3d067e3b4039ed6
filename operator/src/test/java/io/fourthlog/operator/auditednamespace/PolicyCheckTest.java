package io.fourthlog.operator.auditednamespace;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.fourthlog.api.AgentAuditPolicy;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class PolicyCheckTest {
    private final PolicyCheck check = new PolicyCheck();

    /** As a record that holds records writes itself. */
    @Test
    void aPolicyThatReadsLikeAnotherIsCheckedItself() {
        assertThat(check("[{name: a, expression: '\"x], VariableSource[name=b, expression=y\"'}]")
                        .faults())
                .isEmpty();
        assertThat(check("[{name: a, expression: '\"x'}, {name: b, expression: 'y\"'}]")
                        .faults())
                .isNotEmpty();
    }

    private PolicyCheck.Checked check(String variables) {
        AgentAuditPolicy policy = Serialization.unmarshal("""
                apiVersion: fourthlog.io/v1alpha1
                kind: AgentAuditPolicy
                metadata: {name: agents, namespace: support}
                spec:
                  validationActions: [Audit]
                  variables: VARIABLES
                  rules:
                    - {name: all, on: [data_access], when: 'true', decision: flag}
                """.replace("VARIABLES", variables), AgentAuditPolicy.class);
        return check.check("support/agents", policy.getSpec(), "fourthlog-system", Instant.EPOCH);
    }
}
