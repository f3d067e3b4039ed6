package io.fourthlog.operator.auditednamespace;

import io.fourthlog.api.AgentAuditPolicySpec;
import io.fourthlog.api.AgentAuditPolicyStatus;
import io.fourthlog.api.AgentAuditPolicyStatus.Merge;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Finds which policies can select the same pod as one, and says what then holds; docs/policies.md has the rules. */
final class Merges {

    private Merges() {}

    static List<Merge> of(Applied policy, Collection<Applied> neighbours) {
        return neighbours.stream()
                .filter(other -> !other.id().equals(policy.id()))
                .filter(policy::meets)
                .sorted(Comparator.comparing(Applied::id))
                .limit(AgentAuditPolicyStatus.MERGES)
                .map(other -> new Merge(
                        other.id(),
                        differences(policy.policy().getSpec(), other.policy().getSpec())))
                .toList();
    }

    private static List<String> differences(AgentAuditPolicySpec here, AgentAuditPolicySpec there) {
        List<String> differences = new ArrayList<>();
        add(
                differences,
                "redactionProfileRef",
                here.redactionProfileRef().name(),
                there.redactionProfileRef().name(),
                "the strictest of both holds");
        add(
                differences,
                "retentionTierRef",
                here.retentionTierRef().name(),
                there.retentionTierRef().name(),
                "the longest period of each type holds");
        add(differences, "validationActions", actions(here), actions(there), "each policy's rules act as it says");
        add(
                differences,
                "failurePolicy",
                here.failurePolicy().name(),
                there.failurePolicy().name(),
                "each policy's rules count as it says");
        add(
                differences,
                "javaTls",
                here.javaTls().name(),
                there.javaTls().name(),
                "a pod that both select has Attach if one of them says so, else Option");
        return differences;
    }

    private static void add(List<String> differences, String field, String here, String there, String holds) {
        if (!here.equals(there)) {
            differences.add("spec." + field + ": " + here + " here, " + there + " there: " + holds);
        }
    }

    private static String actions(AgentAuditPolicySpec spec) {
        return spec.validationActions().stream().map(Enum::name).sorted().collect(Collectors.joining("+"));
    }
}
