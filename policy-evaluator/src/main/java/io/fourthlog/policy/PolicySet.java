package io.fourthlog.policy;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.policy.CompiledPolicy.Fired;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Policies that decide together: what a sensor evaluates on each event of a pod. The verdict depends on nothing but the
 * policies, the event and the facts, so that a trail can be judged again later. Safe for use by several threads.
 */
public final class PolicySet {

    /** No policies: decides about nothing. */
    public static final PolicySet EMPTY = new PolicySet(List.of());

    private static final Comparator<Fired> MOST_SEVERE_FIRST = Comparator.<Fired, Decision>comparing(
                    fired -> fired.rule().decision())
            .thenComparing(fired -> fired.rule().enforce())
            .thenComparingInt(fired -> PolicyCompiler.severityRank(fired.rule().severity()))
            .reversed();

    private final List<CompiledPolicy> policies; // by id
    private final String digest;

    PolicySet(List<CompiledPolicy> policies) {
        this.policies = policies.stream()
                .sorted(Comparator.comparing(policy -> policy.source().id()))
                .toList();
        this.digest = PolicyDigest.of(
                this.policies.stream().map(CompiledPolicy::source).toList());
    }

    /** {@code sha256:hex} over the policies as written; their order does not matter. */
    public String digest() {
        return digest;
    }

    /** The ids of the policies, sorted. */
    public List<String> ids() {
        return policies.stream().map(policy -> policy.source().id()).toList();
    }

    /** Those of the policies whose ids pass, for a pod that not all select. */
    public PolicySet only(Predicate<String> ids) {
        return new PolicySet(policies.stream()
                .filter(policy -> ids.test(policy.source().id()))
                .toList());
    }

    /** What the policies say about an event; empty if no rule is on events of its type. */
    public Optional<Verdict> evaluate(Event event, Facts facts) {
        final List<CompiledPolicy> covering =
                policies.stream().filter(policy -> policy.covers(event.type())).toList();
        if (covering.isEmpty()) {
            return Optional.empty();
        }
        final List<String> ignored = new ArrayList<>();
        final List<Fired> fired = covering.stream()
                .flatMap(policy -> policy.evaluate(event, facts, ignored::add).stream())
                .toList();
        final List<Fired> valid = fired.stream()
                .filter(rule -> rule.rule().overriddenBy() == null)
                .sorted(MOST_SEVERE_FIRST)
                .toList();
        final List<Fired> overridden = fired.stream()
                .filter(rule -> rule.rule().overriddenBy() != null)
                .sorted(MOST_SEVERE_FIRST)
                .toList();
        final List<Fired> ranked =
                Stream.concat(valid.stream(), overridden.stream()).toList();
        final Optional<Fired> deciding = ranked.stream().findFirst();
        return Optional.of(new Verdict(
                valid.isEmpty() ? Decision.ALLOW : valid.getFirst().rule().decision(),
                deciding.map(rule -> rule.rule().policyId())
                        .orElse(covering.getFirst().source().id()),
                deciding.map(Fired::rule).orElse(null),
                ranked.stream().map(Fired::rule).toList(),
                valid.isEmpty() ? EnforceAction.NONE : valid.getFirst().rule().enforce(),
                deciding.map(Fired::message).orElse(null),
                ignored));
    }
}
