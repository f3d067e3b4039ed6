package io.fourthlog.policy;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.CompiledPolicy.Fired;
import io.fourthlog.policy.CompiledPolicy.Rule;
import io.fourthlog.policy.behaviour.Past;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Policies that decide together: what a sensor evaluates on each event of a pod. The verdict depends on nothing but the
 * policies, the event and the facts, so that a trail can be judged again later. Safe for use by several threads.
 */
public final class PolicySet {

    /** No policies: decides about nothing. */
    public static final PolicySet EMPTY = new PolicySet(List.of(), 0);

    private static final Comparator<Fired> MOST_SEVERE_FIRST = Comparator.<Fired, Decision>comparing(
                    fired -> fired.rule().decision())
            .thenComparing(fired -> fired.rule().enforce())
            .thenComparingInt(fired -> PolicyCompiler.severityRank(fired.rule().severity()))
            .reversed();

    private final List<CompiledPolicy> policies; // by id
    private final String digest;
    private final int variables;
    private final Map<EventType, ByType> byType = new EnumMap<>(EventType.class);
    private final Map<String, Stalled> stalled; // by POLICY/RULE; of all sets that this one is a part of
    private final ThreadLocal<Frame> frames;

    /** A rule, and its place in the order of policies and rules. */
    private record Ranked(CompiledPolicy policy, Rule rule, int rank) {}

    /** The rules on events of a type: those with one condition are one group, whose condition is evaluated once. */
    private record ByType(RuleIndex index, List<List<Ranked>> groups, Optional<Verdict> nothingFired) {}

    /** @param variables how many places the policies' variables have */
    PolicySet(List<CompiledPolicy> policies, int variables) {
        this(policies, variables, new ConcurrentHashMap<>());
    }

    private PolicySet(List<CompiledPolicy> policies, int variables, Map<String, Stalled> stalled) {
        this.policies = policies.stream()
                .sorted(Comparator.comparing(policy -> policy.source().id()))
                .toList();
        this.digest = PolicyDigest.of(
                this.policies.stream().map(CompiledPolicy::source).toList());
        this.variables = variables;
        this.stalled = stalled;
        int groups = 0;
        for (final EventType type : EventType.values()) {
            final Optional<ByType> rules = byType(type);
            rules.ifPresent(some -> byType.put(type, some));
            groups = Math.max(groups, rules.map(some -> some.groups().size()).orElse(0));
        }
        final int most = groups;
        this.frames = ThreadLocal.withInitial(() -> new Frame(variables, most));
    }

    private Optional<ByType> byType(EventType type) {
        final Map<Code, List<Ranked>> groups = new LinkedHashMap<>();
        final List<@Nullable Guard> guards = new ArrayList<>();
        String first = null;
        int rank = 0;
        for (final CompiledPolicy policy : policies) {
            for (final Rule rule : policy.rules()) {
                final Code when = rule.when().code().get(type);
                if (when != null) {
                    first = first == null ? policy.source().id() : first;
                    final List<Ranked> group = groups.computeIfAbsent(when, code -> {
                        guards.add(rule.when()
                                .guards()
                                .getOrDefault(type, Optional.empty())
                                .orElse(null));
                        return new ArrayList<>(1);
                    });
                    group.add(new Ranked(policy, rule, rank++));
                }
            }
        }
        if (first == null) {
            return Optional.empty();
        }
        return Optional.of(new ByType(
                new RuleIndex(List.copyOf(groups.keySet()), guards),
                List.copyOf(groups.values()),
                Optional.of(nothingFired(first, List.of()))));
    }

    private Verdict nothingFired(String policyId, Collection<String> ignored) {
        return new Verdict(
                Decision.ALLOW,
                policyId,
                null,
                List.of(),
                EnforceAction.NONE,
                new EnforceTarget.Nothing(),
                null,
                List.copyOf(ignored),
                digest);
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
        return new PolicySet(
                policies.stream()
                        .filter(policy -> ids.test(policy.source().id()))
                        .toList(),
                variables,
                stalled);
    }

    /** The rules that went over their budget since the policies were compiled, by policy and rule. */
    public List<Stalled> stalled() {
        return stalled.values().stream()
                .sorted(Comparator.comparing(Stalled::policyId).thenComparing(Stalled::rule))
                .toList();
    }

    /** What the policies say about an event; empty if no rule is on events of its type. */
    public Optional<Verdict> evaluate(Event event, Facts facts) {
        final ByType rules = byType.get(event.type());
        if (rules == null) {
            return Optional.empty();
        }
        final Frame frame = frames.get();
        final Past seenIn = facts.past().seenIn();
        try {
            frame.begin(event, facts);
            rules.index().evaluate(frame);
            if (frame.hits() == 0 && seenIn == null) {
                return rules.nothingFired();
            }
            final Set<String> ignored = new LinkedHashSet<>();
            final List<Fired> fired = fired(frame, rules, ignored::add);
            if (seenIn != null) {
                frame.begin(event, new Facts(seenIn, facts.destination()));
                rules.index().evaluate(frame);
                fired(frame, rules, ignored::add).forEach(there -> join(fired, there));
            }
            return Optional.of(verdict(frame, rules, fired, ignored));
        } finally {
            frame.end();
        }
    }

    /** Adds a rule that fired with another past; one that fired with both counts as it counts for more. */
    private static void join(List<Fired> fired, Fired there) {
        for (int i = 0; i < fired.size(); i++) {
            final FiredRule here = fired.get(i).rule();
            if (here.policyId().equals(there.rule().policyId())
                    && here.rule().equals(there.rule().rule())) {
                if (weight(there.rule()) > weight(here)) {
                    fired.set(i, there);
                }
                return;
            }
        }
        fired.add(there);
    }

    /** An exception takes a rule out of the decision; one that failed may not hold once all is known. */
    private static int weight(FiredRule rule) {
        return rule.overriddenBy() != null ? 0 : rule.failure() != null ? 1 : 2;
    }

    private List<Fired> fired(Frame frame, ByType rules, Consumer<String> ignored) {
        record Hit(Ranked rule, @Nullable Failure failure) {}
        final List<Hit> hits = new ArrayList<>();
        for (int i = 0; i < frame.hits(); i++) {
            final Failure failure = frame.failure(i);
            rules.groups().get(frame.hit(i)).forEach(rule -> hits.add(new Hit(rule, failure)));
        }
        hits.sort(Comparator.comparingInt(hit -> hit.rule().rank()));
        final List<Fired> fired = new ArrayList<>();
        for (final Hit hit : hits) {
            if (hit.failure() != null && hit.failure().isOverBudget()) {
                stall(hit.rule(), hit.failure().message(frame.event()));
            }
            hit.rule()
                    .policy()
                    .fire(hit.rule().rule(), hit.failure(), frame, ignored)
                    .ifPresent(fired::add);
        }
        return fired;
    }

    private Verdict verdict(Frame frame, ByType rules, List<Fired> fired, Set<String> ignored) {
        if (fired.isEmpty()) {
            return nothingFired(rules.nothingFired().orElseThrow().policyId(), ignored);
        }
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
        final Fired deciding = ranked.getFirst();
        final EnforceAction intent =
                valid.isEmpty() ? EnforceAction.NONE : valid.getFirst().rule().enforce();
        return new Verdict(
                valid.isEmpty() ? Decision.ALLOW : valid.getFirst().rule().decision(),
                deciding.rule().policyId(),
                deciding.rule(),
                ranked.stream().map(Fired::rule).toList(),
                intent,
                EnforceTarget.of(intent, frame.event(), frame.destination()),
                deciding.message(),
                List.copyOf(ignored),
                digest);
    }

    private void stall(Ranked rule, String reason) {
        final String policy = rule.policy().source().id();
        final String name = rule.rule().source().name();
        stalled.merge(
                policy + "/" + name,
                new Stalled(policy, name, 1, reason),
                (before, now) -> new Stalled(policy, name, before.times() + 1, reason));
    }
}
