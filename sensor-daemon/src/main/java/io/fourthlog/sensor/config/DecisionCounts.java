package io.fourthlog.sensor.config;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.api.AgentAuditPolicyStatus.Violation;
import io.fourthlog.api.config.SensorDecisions;
import io.fourthlog.api.config.SensorDecisions.Totals;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Counts what was denied and flagged, for the Lease: what kubectl shows within seconds, while the trail has it all. Takes events
 * on the pipeline's thread and is asked on the config follower's.
 */
public final class DecisionCounts {

    private static final int POD = 6; // of k8s://CLUSTER/NAMESPACE/KIND/NAME/POD/CONTAINER, split at slashes
    private static final int NAMESPACE = 3;

    private record Key(String policy, String namespace, String pod, String rule) {}

    private final Map<String, Totals> totals = new HashMap<>(); // by policy; guarded by this, as all below
    private final LinkedHashMap<Key, Violation> recent =
            new LinkedHashMap<>(16, 0.75f, true) { // the latest is the last
                @Override
                protected boolean removeEldestEntry(Map.Entry<Key, Violation> eldest) {
                    return size() > SensorDecisions.VIOLATIONS;
                }
            };

    /** An event was recorded. */
    public void recorded(Event event) {
        if (event instanceof PolicyDecision decision && decision.decision() != Decision.ALLOW) {
            count(decision);
        }
    }

    private synchronized void count(PolicyDecision decision) {
        final boolean denied = decision.decision() == Decision.DENY;
        totals.merge(decision.policyId(), new Totals(denied ? 1 : 0, denied ? 0 : 1), Totals::plus);
        final String[] workload = decision.header().workloadId().split("/", -1);
        final String rule = decision.ruleFired();
        if (!denied || rule == null || workload.length <= POD) {
            return;
        }
        final Key key = new Key(decision.policyId(), workload[NAMESPACE], workload[POD], rule);
        final Violation before = recent.get(key);
        final String now =
                decision.header().ts().truncatedTo(ChronoUnit.SECONDS).toString();
        recent.put(
                key,
                new Violation(
                        key.namespace(),
                        key.pod(),
                        rule,
                        decision.enforcement().wire(),
                        before == null ? 1 : before.count() + 1,
                        before == null ? now : before.firstSeen(),
                        now,
                        decision.header().eventId().toString()));
    }

    /** Goes on from what the Lease said when the sensor last ran. */
    synchronized void restore(SensorDecisions before) {
        before.totals().forEach((policy, counts) -> totals.merge(policy, counts, Totals::plus));
        before.recent()
                .forEach((policy, violations) -> violations.reversed().forEach(violation -> {
                    final Key key = new Key(policy, violation.namespace(), violation.pod(), violation.rule());
                    recent.putIfAbsent(key, violation);
                }));
    }

    /** What was decided for these policies; what was counted for others is forgotten. */
    synchronized SensorDecisions of(Set<String> policies) {
        totals.keySet().retainAll(policies);
        recent.keySet().removeIf(key -> !policies.contains(key.policy()));
        final Map<String, Totals> kept = new TreeMap<>();
        totals.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .limit(SensorDecisions.POLICIES)
                .forEach(entry -> kept.put(entry.getKey(), entry.getValue()));
        final Map<String, List<Violation>> latest = new TreeMap<>();
        recent.sequencedEntrySet()
                .reversed()
                .forEach(entry ->
                        latest.merge(entry.getKey().policy(), List.of(entry.getValue()), DecisionCounts::append));
        return new SensorDecisions(kept, latest);
    }

    private static List<Violation> append(List<Violation> violations, List<Violation> older) {
        return Stream.concat(violations.stream(), older.stream()).toList();
    }
}
