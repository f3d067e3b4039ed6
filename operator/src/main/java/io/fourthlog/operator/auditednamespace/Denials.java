package io.fourthlog.operator.auditednamespace;

import io.fourthlog.api.AgentAuditPolicyStatus;
import io.fourthlog.api.AgentAuditPolicyStatus.Decisions;
import io.fourthlog.api.AgentAuditPolicyStatus.Violation;
import io.fourthlog.api.Names;
import io.fourthlog.api.config.SensorDecisions;
import io.fourthlog.api.config.SensorDecisions.Totals;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the sensors decided for one policy, put together from their Leases. A storm of denials is one write of the status in
 * {@link #CADENCE}: in between the figures stay as they were.
 *
 * @param decisions figures for the status; null before anything was counted
 * @param recent the latest denials for the status
 * @param news those of {@code recent} that the status does not know yet
 * @param recheck when figures that are held back are due; null when there are none
 */
record Denials(
        @Nullable Decisions decisions,
        List<Violation> recent,
        List<Violation> news,
        @Nullable Duration recheck) {

    static final Duration CADENCE = Duration.ofSeconds(5);

    /**
     * Puts together.
     *
     * @param policy with all its namespaces
     * @param sensors that run it
     * @param known status that the policy has
     */
    static Denials of(
            Applied policy, Collection<Sensors> sensors, @Nullable AgentAuditPolicyStatus known, Instant now) {
        String policyId = policy.id();
        List<SensorDecisions> all = sensors.stream()
                .flatMap(group -> group.current().stream())
                .flatMap(report -> read(report).stream())
                .toList();
        Totals totals = all.stream()
                .map(decisions -> decisions.totals().getOrDefault(policyId, Totals.NONE))
                .reduce(Totals.NONE, Totals::plus);
        List<Violation> recent = all.stream()
                .flatMap(decisions -> decisions.recent().getOrDefault(policyId, List.of()).stream())
                .filter(violation ->
                        policy.namespaces().contains(violation.namespace())) // no sensor speaks of others' pods
                .sorted(Comparator.comparing(Violation::lastSeen)
                        .thenComparing(Violation::eventId)
                        .reversed())
                .limit(AgentAuditPolicyStatus.VIOLATIONS)
                .toList();
        Decisions before = known == null ? null : known.decisions();
        List<Violation> told = known == null ? List.of() : known.recentViolations();
        if (before == null ? totals.equals(Totals.NONE) : same(before, totals) && recent.equals(told)) {
            return new Denials(before, told, List.of(), null);
        }
        if (before != null) {
            Duration since = Duration.between(Instant.parse(before.observedAt()), now);
            if (!since.isNegative() && since.compareTo(CADENCE) < 0) {
                return new Denials(before, told, List.of(), CADENCE.minus(since));
            }
        }
        return new Denials(
                new Decisions(
                        totals.denied(),
                        totals.flagged(),
                        now.truncatedTo(ChronoUnit.SECONDS).toString()),
                recent,
                recent.stream().filter(violation -> !told.contains(violation)).toList(),
                null);
    }

    private static boolean same(Decisions before, Totals totals) {
        return before.denied() == totals.denied() && before.flagged() == totals.flagged();
    }

    private static Optional<SensorDecisions> read(Sensors.Report report) {
        Map<String, String> annotations = report.lease().getMetadata().getAnnotations();
        return Optional.ofNullable(annotations)
                .map(all -> all.get(Names.DECISIONS_ANNOTATION))
                .flatMap(SensorDecisions::parse);
    }
}
