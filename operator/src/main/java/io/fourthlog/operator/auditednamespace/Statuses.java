package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.Condition;
import io.fourthlog.api.AgentAuditPolicyStatus;
import io.fourthlog.operator.auditednamespace.Decider.Judged;
import io.fourthlog.operator.auditednamespace.Decision.StatusChange;
import io.fourthlog.operator.auditednamespace.Decision.Warning;
import io.fourthlog.operator.cluster.Conditions;
import io.fourthlog.operator.cluster.Fault;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Writes the status of each policy of a namespace from what was decided about it, and says what is new in it. */
final class Statuses {

    private static final String OVER_BUDGET = "RuleOverBudget";

    private final Observed observed;
    private final List<Judged> own;
    private final Map<String, Fit.LeftOut> leftOut;
    private final @Nullable String digest;
    private final @Nullable SensorReports reports;
    private final Map<String, Denials> denials = new LinkedHashMap<>(); // by policy id
    private @Nullable List<StatusChange> undisturbed; // by any failure, as is asked for twice
    private final Map<String, SensorReports> everywhere =
            new LinkedHashMap<>(); // by policy id, of those that are accepted

    /**
     * @param own the policies
     * @param leftOut those for which there is no room in the config, by id
     * @param digest of the config of these sensors; null when there is none
     * @param reports of these sensors about it; null when there is none
     */
    Statuses(
            Observed observed,
            List<Judged> own,
            Map<String, Fit.LeftOut> leftOut,
            @Nullable String digest,
            @Nullable SensorReports reports) {
        this.observed = observed;
        this.own = own;
        this.leftOut = leftOut;
        this.digest = digest;
        this.reports = reports;
        for (Judged one : own) {
            denials.put(
                    one.applied().id(),
                    Denials.of(
                            one.applied(),
                            Stream.concat(Stream.of(observed.sensors()), others(one).values().stream())
                                    .toList(),
                            one.applied().policy().getStatus(),
                            observed.now()));
            if (reports != null && one.accepted()) {
                Map<String, SensorReports> foreign = new LinkedHashMap<>();
                others(one)
                        .forEach((namespace, sensors) -> foreign.put(
                                namespace, SensorReports.ofForeign(sensors, one.nameAndGeneration(), observed.now())));
                everywhere.put(one.applied().id(), reports.and(foreign));
            }
        }
    }

    /** When figures that are held back are due, or sensors' answers to a new config; null when nothing is. */
    @Nullable
    Duration recheck() {
        return Stream.concat(
                        denials.values().stream().flatMap(one -> Stream.ofNullable(one.recheck())),
                        everywhere.values().stream()
                                .flatMap(one -> Stream.ofNullable(one.settled()))
                                .filter(observed.now()::isBefore)
                                .map(settled -> Duration.between(observed.now(), settled)))
                .min(Comparator.naturalOrder())
                .orElse(null);
    }

    /** The statuses that have to change, given what of the decision could not be done. */
    List<StatusChange> changes(List<Failure> failures) {
        if (!failures.isEmpty()) {
            return find(failures);
        }
        List<StatusChange> known = undisturbed;
        if (known == null) {
            known = find(failures);
            undisturbed = known;
        }
        return known;
    }

    private List<StatusChange> find(List<Failure> failures) {
        return own.stream()
                .map(one -> change(one, status(one, obstacle(one, failures))))
                .filter(change -> !change.status().equals(change.policy().getStatus()))
                .toList();
    }

    /** What keeps a policy from being in force: of another namespace's it is no matter. */
    private @Nullable Obstacle obstacle(Judged judged, List<Failure> failures) {
        Fit.LeftOut left = leftOut.get(judged.applied().id());
        return Obstacle.of(Stream.concat(
                                Stream.ofNullable(left).map(Fit.LeftOut::obstacle),
                                failures.stream()
                                        .filter(failure -> failure.namespace()
                                                        .equals(observed.config()
                                                                .systemNamespace())
                                                || judged.applied().namespaces().contains(failure.namespace()))
                                        .map(Failure::obstacle))
                        .toList())
                .orElse(null);
    }

    /** Sensors of other namespaces that shall run the policy, by their name. */
    private Map<String, Sensors> others(Judged judged) {
        Map<String, Sensors> others = new LinkedHashMap<>();
        for (String namespace : judged.applied().namespaces()) {
            Sensors sensors = observed.elsewhere().get(namespace);
            if (sensors != null) {
                others.put(namespace, sensors);
            }
        }
        return others;
    }

    private AgentAuditPolicyStatus status(Judged judged, @Nullable Obstacle obstacle) {
        Fit.LeftOut left = leftOut.get(judged.applied().id());
        boolean carried = left == null ? judged.carried() : left.instead() != null;
        long generation = judged.applied().policy().getMetadata().getGeneration();
        AgentAuditPolicyStatus old = judged.applied().policy().getStatus();
        Conditions conditions = new Conditions(old == null ? List.of() : old.conditions(), generation, observed.now());
        accepted(judged, conditions);
        SensorReports all = everywhere.get(judged.applied().id());
        AgentAuditPolicyStatus inForce = inForce(old, generation);
        AgentAuditPolicyStatus kept = all != null && obstacle == null && isSettling(all) ? inForce : null;
        if (!judged.accepted()) {
            notAccepted(judged, left, conditions);
        } else if (all == null || obstacle != null) {
            stopped(Objects.requireNonNull(obstacle, "what is accepted is in a config"), conditions);
        } else if (kept != null) {
            conditions
                    .keep(Conditions.PROGRAMMED)
                    .keep(Conditions.READY)
                    .keep(Conditions.RECONCILING)
                    .keep(Conditions.STALLED);
        } else {
            programmed(judged, all, conditions);
        }
        String digestInForce = inForce != null && isProgrammed(conditions.toList()) ? inForce.configDigest() : digest;
        Denials denied = denials.get(judged.applied().id());
        return new AgentAuditPolicyStatus(
                generation,
                conditions.toList(),
                carried ? digestInForce : null,
                kept != null
                        ? kept.sensors()
                        : all != null ? all.sensors() : reports == null ? null : reports.sensors(),
                Merges.of(judged.applied(), observed.neighbours()),
                denied == null ? null : denied.decisions(),
                denied == null ? List.of() : denied.recent());
    }

    /** The status, if it says that this generation is in force. */
    private static @Nullable AgentAuditPolicyStatus inForce(@Nullable AgentAuditPolicyStatus old, long generation) {
        return old != null
                        && Objects.equals(old.observedGeneration(), generation)
                        && old.configDigest() != null
                        && isProgrammed(old.conditions())
                ? old
                : null;
    }

    private static boolean isProgrammed(List<Condition> conditions) {
        return Conditions.find(conditions, Conditions.PROGRAMMED)
                .filter(condition -> condition.getStatus().equals("True"))
                .isPresent();
    }

    /**
     * Whether sensors only have not answered yet to a config that is new. For a policy that is in force in the old one and in the new one
     * this is no news: another policy or a profile was edited, and saying so in the status of each would be most of what an edit costs.
     */
    private boolean isSettling(SensorReports all) {
        return all.settled() != null && observed.now().isBefore(all.settled());
    }

    private static void notAccepted(Judged judged, Fit.@Nullable LeftOut left, Conditions conditions) {
        String reason = judged.specFaults().isEmpty() ? "RefNotUsable" : "Invalid";
        String inForce = left != null
                ? left.inForce()
                : judged.carried()
                        ? "Its last accepted spec stays in force."
                        : "None of its rules is in force: it was never accepted.";
        conditions
                .add(Conditions.PROGRAMMED, false, "NotAccepted", inForce)
                .add(Conditions.READY, false, reason, inForce)
                .add(Conditions.STALLED, true, reason, "Waiting for an edit of the policy or of what it refers to.");
    }

    private static void accepted(Judged judged, Conditions conditions) {
        if (judged.specFaults().isEmpty()) {
            conditions.add(
                    Conditions.ACCEPTED,
                    true,
                    "Accepted",
                    "The policy is correct." + Fault.toBeLookedAt(judged.warnings()));
        } else {
            conditions.add(Conditions.ACCEPTED, false, "Invalid", Fault.message(judged.specFaults()));
        }
        if (judged.refFaults().isEmpty()) {
            conditions.add(Conditions.RESOLVED_REFS, true, "Resolved", "Its profile and tier can be used.");
        } else {
            conditions.add(Conditions.RESOLVED_REFS, false, "RefNotUsable", Fault.message(judged.refFaults()));
        }
    }

    private static void stopped(Obstacle obstacle, Conditions conditions) {
        conditions
                .add(Conditions.PROGRAMMED, false, obstacle.reason(), obstacle.message())
                .add(Conditions.READY, false, obstacle.reason(), obstacle.message())
                .add(
                        obstacle.heals() ? Conditions.RECONCILING : Conditions.STALLED,
                        true,
                        obstacle.reason(),
                        obstacle.message());
    }

    private static void programmed(Judged judged, SensorReports all, Conditions conditions) {
        boolean programmed = all.programmed();
        Optional<String> overBudget = all.overBudget(judged.applied().id());
        conditions.add(Conditions.PROGRAMMED, programmed, all.reason(), all.message());
        if (programmed && overBudget.isPresent()) {
            conditions.add(Conditions.READY, false, OVER_BUDGET, overBudget.get());
        } else {
            conditions.add(Conditions.READY, programmed, all.reason(), all.message());
        }
        if (!programmed) {
            conditions.add(Conditions.RECONCILING, true, all.reason(), all.message());
        }
        overBudget.ifPresent(message -> conditions.add(Conditions.STALLED, true, OVER_BUDGET, message));
    }

    /** Faults are told once, and so are a sensor that fell silent and whatever stalls the policy. */
    private StatusChange change(Judged judged, AgentAuditPolicyStatus status) {
        AgentAuditPolicyStatus old = judged.applied().policy().getStatus();
        List<Condition> before = old == null ? List.of() : old.conditions();
        Warning warning = null;
        for (String type : List.of(Conditions.ACCEPTED, Conditions.RESOLVED_REFS, Conditions.PROGRAMMED)) {
            Condition now = Conditions.find(status.conditions(), type).orElseThrow();
            boolean known = Conditions.find(before, type)
                    .filter(condition -> now.getReason().equals(condition.getReason())
                            && (now.getMessage().equals(condition.getMessage()) || type.equals(Conditions.PROGRAMMED)))
                    .isPresent();
            boolean fault = now.getStatus().equals("False")
                    && (!type.equals(Conditions.PROGRAMMED) || SensorReports.WARNINGS.contains(now.getReason()));
            if (fault && !known && warning == null) {
                warning = new Warning(now.getReason(), now.getMessage());
            }
        }
        if (warning == null && judged.accepted()) {
            warning = Conditions.find(status.conditions(), Conditions.STALLED)
                    .filter(now -> Conditions.find(before, Conditions.STALLED)
                            .filter(told -> told.getMessage().equals(now.getMessage()))
                            .isEmpty())
                    .map(now -> new Warning(now.getReason(), now.getMessage()))
                    .orElse(null);
        }
        Denials denied = denials.get(judged.applied().id());
        return new StatusChange(judged.applied().policy(), status, warning, denied == null ? List.of() : denied.news());
    }
}
