package io.fourthlog.policy.author;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.policy.Facts;
import io.fourthlog.policy.FiredRule;
import io.fourthlog.policy.PolicySet;
import io.fourthlog.policy.Verdict;
import io.fourthlog.policy.behaviour.Behaviour;
import io.fourthlog.policy.behaviour.Limits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Judges what was recorded by policies that were not there then: what they would have denied and flagged, and what that
 * changes against other policies, or against what was decided at the time. Events are to be in the order of their time.
 */
public final class Replay {

    private static final int EXAMPLES = 3; // of each rule
    private static final int OPEN = 65_536; // events whose recorded decision may still follow

    /** An event that a rule fired on. */
    public record Example(UUID eventId, String traceId, Instant ts, String workloadId, String message) {}

    /**
     * One rule.
     *
     * @param deny events on which it says deny
     * @param flag events on which it says flag
     * @param allow events on which it says allow
     * @param overridden events on which an exception takes it out
     * @param failed of all these, events on which it could not be evaluated
     * @param added events on which it fires and the live policy's rule of this name does not
     * @param removed events on which it is the other way round
     */
    public record Row(
            String policyId,
            String rule,
            long deny,
            long flag,
            long allow,
            long overridden,
            long failed,
            long added,
            long removed,
            List<Example> examples) {
        public Row {
            examples = List.copyOf(examples);
        }
    }

    /** How many events are decided {@code now}, that were decided {@code before}. */
    public record Change(Decision before, Decision now, long events) {}

    /**
     * What came of a replay.
     *
     * @param events how many were judged
     * @param denied of these, how many are denied
     * @param newlyDenied of these, how many no recorded decision denied
     * @param rows one for each rule that fires, in the order of policies and rules
     * @param againstLive decisions of the live policies that change; empty if there are none
     * @param againstRecord recorded decisions that change: those in the trail about these events
     */
    public record Report(
            long events,
            long denied,
            long newlyDenied,
            List<Row> rows,
            List<Change> againstLive,
            List<Change> againstRecord) {
        public Report {
            rows = List.copyOf(rows);
            againstLive = List.copyOf(againstLive);
            againstRecord = List.copyOf(againstRecord);
        }
    }

    private final PolicySet candidate;
    private final PolicySet live;
    private final Predicate<Event> asked;
    private final Behaviour candidatePast = new Behaviour(Limits.DEFAULT);
    private final Behaviour livePast = new Behaviour(Limits.DEFAULT);
    private final Map<String, Counts> rules = new TreeMap<>();
    private final Map<List<Decision>, Long> liveChanges = new LinkedHashMap<>();
    private final Map<List<Decision>, Long> recordChanges = new LinkedHashMap<>();
    private final Map<UUID, Decision> open = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Decision> eldest) {
            return size() > OPEN;
        }
    };
    private long events;
    private long denied;
    private long deniedBefore;

    /**
     * Begins without a past.
     *
     * @param live what to compare with; {@link PolicySet#EMPTY} compares with the record alone
     * @param asked the events to judge; the others are only the past of these
     */
    public Replay(PolicySet candidate, PolicySet live, Predicate<Event> asked) {
        this.candidate = candidate;
        this.live = live;
        this.asked = asked;
    }

    /** Judges events, all of them. */
    public static Report run(PolicySet candidate, PolicySet live, Iterable<? extends Event> events) {
        final Replay replay = new Replay(candidate, live, event -> true);
        events.forEach(replay::take);
        return replay.report();
    }

    /** The events of a namespace, which are those that a policy in it is about; and the decisions about them. */
    public static Predicate<Event> inNamespace(String namespace) {
        return event -> {
            final String[] parts = event.header().workloadId().split("/", 5); // k8s: "" CLUSTER NAMESPACE …
            return parts.length > 3 && parts[0].equals("k8s:") && parts[3].equals(namespace);
        };
    }

    /** Takes the next event, or the recorded decision about one that was taken. */
    public void take(Event event) {
        if (event instanceof PolicyDecision decision) {
            final Decision now = open.remove(decision.evaluatedEventId());
            if (now != null) {
                change(recordChanges, decision.decision(), now);
                deniedBefore += now == Decision.DENY && decision.decision() == Decision.DENY ? 1 : 0;
            }
            return;
        }
        final Destination destination = event instanceof ModelInvocation model ? model.destination() : null;
        final Verdict now = judge(candidate, candidatePast, event, destination);
        final Verdict before = live.ids().isEmpty() ? null : judge(live, livePast, event, destination);
        if (!asked.test(event)) {
            return;
        }
        events++;
        denied += decision(now) == Decision.DENY ? 1 : 0;
        open.put(event.header().eventId(), decision(now));
        if (now != null) {
            now.fired().forEach(fired -> count(fired, now, event));
        }
        if (!live.ids().isEmpty()) {
            change(liveChanges, decision(before), decision(now));
            compare(fired(before), fired(now));
        }
    }

    private static @Nullable Verdict judge(
            PolicySet policies, Behaviour past, Event event, @Nullable Destination destination) {
        final Verdict verdict = policies.evaluate(event, new Facts(past.observe(event, destination), destination))
                .orElse(null);
        if (verdict != null && verdict.decision() == Decision.DENY) {
            past.denied(event);
        }
        return verdict;
    }

    private static Decision decision(@Nullable Verdict verdict) {
        return verdict == null ? Decision.ALLOW : verdict.decision();
    }

    private static List<FiredRule> fired(@Nullable Verdict verdict) {
        return verdict == null ? List.of() : verdict.fired();
    }

    private void count(FiredRule fired, Verdict verdict, Event event) {
        final Counts counts = counts(fired);
        counts.failed += fired.failure() == null ? 0 : 1;
        if (fired.overriddenBy() != null) {
            counts.overridden++;
        } else {
            switch (fired.decision()) {
                case DENY -> counts.deny++;
                case FLAG -> counts.flag++;
                case ALLOW -> counts.allow++;
            }
        }
        if (counts.examples.size() < EXAMPLES) {
            final boolean decides = fired.equals(verdict.deciding());
            counts.examples.add(new Example(
                    event.header().eventId(),
                    event.header().traceId(),
                    event.header().ts(),
                    event.header().workloadId(),
                    decides && verdict.message() != null ? verdict.message() : "rule " + fired.rule()));
        }
    }

    private void compare(List<FiredRule> before, List<FiredRule> now) {
        for (final FiredRule fired : now) {
            counts(fired).added += holds(before, fired) ? 0 : 1;
        }
        for (final FiredRule fired : before) {
            counts(fired).removed += holds(now, fired) ? 0 : 1;
        }
    }

    private static boolean holds(List<FiredRule> rules, FiredRule like) {
        return rules.stream()
                .anyMatch(rule -> rule.policyId().equals(like.policyId())
                        && rule.rule().equals(like.rule())
                        && (rule.overriddenBy() == null) == (like.overriddenBy() == null));
    }

    private Counts counts(FiredRule fired) {
        return rules.computeIfAbsent(
                fired.policyId() + " " + fired.rule(), key -> new Counts(fired.policyId(), fired.rule()));
    }

    private static void change(Map<List<Decision>, Long> changes, Decision before, Decision now) {
        if (before != now) {
            changes.merge(List.of(before, now), 1L, Long::sum);
        }
    }

    /** What came of the events so far. */
    public Report report() {
        return new Report(
                events,
                denied,
                denied - deniedBefore,
                rules.values().stream().map(Counts::row).toList(),
                changes(liveChanges),
                changes(recordChanges));
    }

    private static List<Change> changes(Map<List<Decision>, Long> changes) {
        return changes.entrySet().stream()
                .map(each -> new Change(each.getKey().getFirst(), each.getKey().getLast(), each.getValue()))
                .sorted(Comparator.comparingLong(Change::events).reversed())
                .toList();
    }

    private static final class Counts {
        private final String policyId;
        private final String rule;
        private final List<Example> examples = new ArrayList<>();
        private long deny;
        private long flag;
        private long allow;
        private long overridden;
        private long failed;
        private long added;
        private long removed;

        private Counts(String policyId, String rule) {
            this.policyId = policyId;
            this.rule = rule;
        }

        private Row row() {
            return new Row(policyId, rule, deny, flag, allow, overridden, failed, added, removed, examples);
        }
    }
}
