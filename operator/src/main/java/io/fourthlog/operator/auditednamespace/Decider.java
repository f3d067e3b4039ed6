package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicySpec;
import io.fourthlog.api.AgentAuditPolicyStatus;
import io.fourthlog.api.Names;
import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.api.RetentionTierSpec;
import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.operator.Conditions;
import io.fourthlog.operator.Fault;
import io.fourthlog.operator.auditednamespace.Decision.StatusChange;
import io.fourthlog.operator.auditednamespace.Decision.Warning;
import io.fourthlog.operator.redactionprofile.ProfileResolution;
import io.fourthlog.operator.retentiontier.TierResolution;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Decides what shall become of a namespace; a pure function of what was observed.
 *
 * <p>A policy with a fault never stops another. If it was accepted before, the sensors go on with its last accepted spec, because a
 * typing error must not switch a denial off; that spec is read from the config that the sensors run, so a restart of the operator
 * changes nothing. Deleting the policy ends it.
 */
final class Decider {

    private static final String OVER_BUDGET = "RuleOverBudget";

    private final PolicyCheck check;

    Decider(PolicyCheck check) {
        this.check = check;
    }

    /**
     * A policy and what is wrong with it.
     *
     * @param policy as observed
     * @param id NAMESPACE/NAME
     * @param checked what the compiler finds of its spec
     * @param refFaults what it refers to and cannot use
     * @param compiled what sensors shall run of it: itself, or its last accepted spec; null when it never was accepted
     */
    private record Judged(
            AgentAuditPolicy policy,
            String id,
            PolicyCheck.Checked checked,
            List<Fault> refFaults,
            SensorConfig.@Nullable Policy compiled) {

        List<Fault> specFaults() {
            return checked.faults();
        }

        boolean accepted() {
            return specFaults().isEmpty() && refFaults.isEmpty();
        }
    }

    Decision decide(Observed observed) {
        Optional<SensorConfig> running = observed.running();
        List<Judged> judged = observed.policies().stream()
                .filter(policy -> policy.getMetadata().getDeletionTimestamp() == null)
                .sorted(Comparator.comparing(policy -> policy.getMetadata().getName()))
                .map(policy -> judge(policy, observed, running))
                .toList();
        List<SensorConfig.Policy> policies = judged.stream()
                .map(Judged::compiled)
                .flatMap(Stream::ofNullable)
                .toList();
        if (policies.isEmpty()) {
            List<HasMetadata> all = new ArrayList<>(observed.objects());
            all.addAll(observed.leases());
            return new Decision(List.of(), false, all, statuses(judged, observed, null, null), null);
        }
        SensorConfig config = compile(observed, policies, running);
        String digest = config.digest();
        SensorReports reports = SensorReports.of(observed, digest);
        List<HasMetadata> obsolete = new ArrayList<>(reports.abandoned());
        if (reports.programmed()) {
            observed.all(ConfigMap.class).stream()
                    .filter(map -> !map.getMetadata().getName().equals(Names.configMap(observed.name(), digest)))
                    .forEach(obsolete::add);
        }
        Optional<Duration> renewal = observed.certificate()
                .flatMap(SensorCertificate::of)
                .map(certificate -> Duration.between(observed.now(), certificate.renewAt()));
        boolean issue = renewal.isEmpty() || !renewal.get().isPositive();
        return new Decision(
                SensorObjects.of(observed, config, digest),
                issue,
                obsolete,
                statuses(judged, observed, digest, reports),
                Stream.concat(
                                Stream.of(reports.nextExpiry(), issue ? Optional.<Duration>empty() : renewal)
                                        .flatMap(Optional::stream),
                                judged.stream()
                                        .flatMap(one ->
                                                Stream.ofNullable(one.checked().until()))
                                        .map(until -> Duration.between(observed.now(), until)))
                        .min(Comparator.naturalOrder())
                        .orElse(null));
    }

    private Judged judge(AgentAuditPolicy policy, Observed observed, Optional<SensorConfig> running) {
        String id = observed.name() + "/" + policy.getMetadata().getName();
        AgentAuditPolicySpec spec = policy.getSpec();
        List<Fault> refFaults = new ArrayList<>();
        String profile = spec.redactionProfileRef().name();
        switch (observed.profiles().get(profile)) {
            case null ->
                refFaults.add(new Fault(
                        "spec.redactionProfileRef.name",
                        "there is no RedactionProfile \"" + profile
                                + "\": \"kubectl get rdp\" lists those that there are"));
            case ProfileResolution.Refused refused ->
                refFaults.add(new Fault(
                        "spec.redactionProfileRef.name",
                        "the RedactionProfile \"" + profile + "\" is not accepted: "
                                + Fault.message(refused.faults())));
            case ProfileResolution.Resolved resolved -> {}
        }
        String tier = spec.retentionTierRef().name();
        switch (observed.tiers().get(tier)) {
            case null ->
                refFaults.add(new Fault(
                        "spec.retentionTierRef.name",
                        "there is no RetentionTier \"" + tier + "\": \"kubectl get rtt\" lists those that there are"));
            case TierResolution.Refused refused ->
                refFaults.add(new Fault(
                        "spec.retentionTierRef.name",
                        "the RetentionTier \"" + tier + "\" is not accepted: " + Fault.message(refused.faults())));
            case TierResolution.Resolved resolved -> {}
        }
        PolicyCheck.Checked checked = check.check(id, spec, observed.now());
        SensorConfig.Policy compiled = checked.faults().isEmpty() && refFaults.isEmpty()
                ? new SensorConfig.Policy(
                        id,
                        spec.podSelector(),
                        spec.validationActions(),
                        spec.failurePolicy(),
                        spec.variables(),
                        spec.rules(),
                        spec.exceptions(),
                        profile,
                        tier)
                : running.stream()
                        .flatMap(config -> config.policies().stream())
                        .filter(last -> last.id().equals(id))
                        .findFirst()
                        .orElse(null);
        return new Judged(policy, id, checked, refFaults, compiled);
    }

    private static SensorConfig compile(
            Observed observed, List<SensorConfig.Policy> policies, Optional<SensorConfig> running) {
        Map<String, RedactionProfileSpec> profiles = new TreeMap<>();
        Map<String, RetentionTierSpec> tiers = new TreeMap<>();
        for (SensorConfig.Policy policy : policies) {
            // What cannot be resolved now belongs to a last accepted spec, and is in the config that it comes from.
            if (observed.profiles().get(policy.redaction()) instanceof ProfileResolution.Resolved resolved) {
                profiles.put(policy.redaction(), resolved.merged());
            } else {
                profiles.put(
                        policy.redaction(),
                        running.orElseThrow().redactionProfiles().get(policy.redaction()));
            }
            if (observed.tiers().get(policy.tier()) instanceof TierResolution.Resolved resolved) {
                tiers.put(policy.tier(), resolved.merged());
            } else {
                tiers.put(policy.tier(), running.orElseThrow().retentionTiers().get(policy.tier()));
            }
        }
        return new SensorConfig(
                observed.config().cluster(),
                observed.name(),
                policies,
                profiles,
                tiers,
                new SensorConfig.Collector(observed.config().collectorUrl()),
                observed.config().capture());
    }

    private static List<StatusChange> statuses(
            List<Judged> judged, Observed observed, @Nullable String digest, @Nullable SensorReports reports) {
        return judged.stream()
                .map(one -> change(one, status(one, observed, digest, reports)))
                .filter(change -> !change.status().equals(change.policy().getStatus()))
                .toList();
    }

    private static AgentAuditPolicyStatus status(
            Judged judged, Observed observed, @Nullable String digest, @Nullable SensorReports reports) {
        long generation = judged.policy().getMetadata().getGeneration();
        AgentAuditPolicyStatus old = judged.policy().getStatus();
        Conditions conditions = new Conditions(old == null ? List.of() : old.conditions(), generation, observed.now());
        boolean carried = judged.compiled() != null;
        boolean programmed = reports != null && reports.programmed();
        String ready;
        if (judged.specFaults().isEmpty()) {
            List<Fault> warnings = judged.checked().warnings();
            conditions.add(
                    Conditions.ACCEPTED,
                    true,
                    "Accepted",
                    "The policy is correct."
                            + (warnings.isEmpty() ? "" : " To be looked at: " + Fault.message(warnings)));
        } else {
            conditions.add(Conditions.ACCEPTED, false, "Invalid", Fault.message(judged.specFaults()));
        }
        if (judged.refFaults().isEmpty()) {
            conditions.add(Conditions.RESOLVED_REFS, true, "Resolved", "Its profile and tier can be used.");
        } else {
            conditions.add(Conditions.RESOLVED_REFS, false, "RefNotUsable", Fault.message(judged.refFaults()));
        }
        if (!judged.accepted() || reports == null) {
            ready = judged.specFaults().isEmpty() ? "RefNotUsable" : "Invalid";
            String inForce = carried
                    ? "Its last accepted spec stays in force."
                    : "None of its rules is in force: it was never accepted.";
            conditions
                    .add(Conditions.PROGRAMMED, false, "NotAccepted", inForce)
                    .add(Conditions.READY, false, ready, inForce)
                    .add(Conditions.STALLED, true, ready, "Waiting for an edit of the policy or of what it refers to.");
        } else {
            Optional<String> overBudget = reports.overBudget(judged.id());
            conditions.add(Conditions.PROGRAMMED, programmed, reports.reason(), reports.message());
            if (programmed && overBudget.isPresent()) {
                conditions.add(Conditions.READY, false, OVER_BUDGET, overBudget.get());
            } else {
                conditions.add(Conditions.READY, programmed, reports.reason(), reports.message());
            }
            if (!programmed) {
                conditions.add(Conditions.RECONCILING, true, reports.reason(), reports.message());
            }
            overBudget.ifPresent(message -> conditions.add(Conditions.STALLED, true, OVER_BUDGET, message));
        }
        return new AgentAuditPolicyStatus(
                generation,
                conditions.toList(),
                carried ? digest : null,
                reports == null ? null : reports.sensors(),
                List.of(),
                null,
                List.of());
    }

    /** Faults are told once, and so are a sensor that fell silent and a rule that went over its budget. */
    private static StatusChange change(Judged judged, AgentAuditPolicyStatus status) {
        AgentAuditPolicyStatus old = judged.policy().getStatus();
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
        if (warning == null) {
            warning = Conditions.find(status.conditions(), Conditions.STALLED)
                    .filter(now -> now.getReason().equals(OVER_BUDGET))
                    .filter(now -> Conditions.find(before, Conditions.STALLED)
                            .filter(told -> told.getMessage().equals(now.getMessage()))
                            .isEmpty())
                    .map(now -> new Warning(now.getReason(), now.getMessage()))
                    .orElse(null);
        }
        return new StatusChange(judged.policy(), status, warning);
    }
}
