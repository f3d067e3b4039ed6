package io.fourthlog.operator.auditednamespace;

import io.fourthlog.api.AgentAuditPolicy;
import java.util.Collections;
import java.util.List;

/**
 * A policy and where it applies.
 *
 * @param policy as observed
 * @param namespaces in which it applies, sorted: its own, and those that its namespaceSelector selects
 */
record Applied(AgentAuditPolicy policy, List<String> namespaces) {

    Applied {
        namespaces = namespaces.stream().sorted().distinct().toList();
    }

    /** {@code NAMESPACE/NAME}. */
    String id() {
        return policy.getMetadata().getNamespace() + "/" + policy.getMetadata().getName();
    }

    /** Whether some pod can be selected by both. */
    boolean meets(Applied other) {
        return !Collections.disjoint(namespaces, other.namespaces)
                && policy.getSpec()
                        .podSelector()
                        .overlaps(other.policy.getSpec().podSelector());
    }
}
