package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fourthlog.api.AgentAuditPolicyStatus.Sensors;
import io.fourthlog.api.Names;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the sensors of a namespace say of themselves, each on its Lease, against what the DaemonSet wants.
 *
 * @param sensors counts for the status; null while the DaemonSet was not scheduled
 * @param reason of the condition Programmed
 * @param message of the condition Programmed
 * @param overBudget names of the rules that went over their budget on a sensor that runs this config, by id of their policy
 * @param nextExpiry when the next Lease runs out unless it is renewed
 * @param abandoned Leases of nodes that are long gone
 */
record SensorReports(
        @Nullable Sensors sensors,
        String reason,
        String message,
        Map<String, SortedSet<String>> overBudget,
        Optional<Duration> nextExpiry,
        List<Lease> abandoned) {

    private static final String ACKNOWLEDGED = "Acknowledged";
    private static final String NO_NODES = "NoNodes";
    private static final String REFUSED = "ConfigRefused";
    private static final String SILENT = "SensorSilent";

    /** Reasons that people should hear of. */
    static final Set<String> WARNINGS = Set.of(REFUSED, SILENT);

    private static final Duration DEFAULT_LEASE = Duration.ofSeconds(15);
    private static final Duration ABANDONED = Duration.ofMinutes(10);
    private static final int SHOWN = 5; // names in one message

    boolean programmed() {
        return reason.equals(ACKNOWLEDGED) || reason.equals(NO_NODES);
    }

    static SensorReports of(Observed observed, String digest) {
        List<String> refusals = new ArrayList<>();
        List<String> behind = new ArrayList<>();
        List<String> silent = new ArrayList<>();
        List<Lease> abandoned = new ArrayList<>();
        Map<String, SortedSet<String>> overBudget = new TreeMap<>();
        Optional<Duration> nextExpiry = Optional.empty();
        int live = 0;
        int upToDate = 0;
        for (Lease lease : observed.leases().stream()
                .sorted(Comparator.comparing(lease -> lease.getMetadata().getName()))
                .toList()) {
            String name = lease.getMetadata().getName();
            Map<String, String> annotations = lease.getMetadata().getAnnotations() == null
                    ? Map.of()
                    : lease.getMetadata().getAnnotations();
            Duration left = Duration.between(observed.now(), expiry(lease));
            if (!left.isPositive()) {
                if (left.abs().compareTo(ABANDONED) > 0) {
                    abandoned.add(lease);
                } else {
                    silent.add(name);
                }
                continue;
            }
            live++;
            if (nextExpiry.isEmpty() || left.compareTo(nextExpiry.get()) < 0) {
                nextExpiry = Optional.of(left);
            }
            String error = annotations.get(Names.CONFIG_ERROR_ANNOTATION);
            if (digest.equals(annotations.get(Names.CONFIG_DIGEST_ANNOTATION))) {
                upToDate++;
                addOverBudget(annotations.get(Names.STALLED_ANNOTATION), overBudget);
            } else if (error != null) {
                refusals.add(name + ": " + error);
            } else {
                behind.add(name);
            }
        }
        Optional<Integer> desired = observed.daemonSet().flatMap(SensorReports::desired);
        if (desired.isEmpty()) {
            return new SensorReports(
                    null, "Deploying", "The sensors have not been scheduled yet.", overBudget, nextExpiry, abandoned);
        }
        Sensors sensors = new Sensors(desired.get(), live, upToDate);
        String run = sensors.summary() + " sensors run this policy";
        String reason;
        String message;
        if (!refusals.isEmpty()) {
            reason = REFUSED;
            message = run + "; refused: " + list(refusals);
        } else if (upToDate >= desired.get() && behind.isEmpty()) {
            reason = desired.get() == 0 ? NO_NODES : ACKNOWLEDGED;
            message = desired.get() == 0 ? "No node can have a pod of this namespace." : run + ".";
        } else if (!silent.isEmpty()) {
            reason = SILENT;
            message = run + "; silent, so their nodes are not audited: " + list(silent);
        } else {
            reason = "Pending";
            message = run + (behind.isEmpty() ? "; the others have not reported yet." : "; not yet: " + list(behind));
        }
        return new SensorReports(sensors, reason, message, overBudget, nextExpiry, abandoned);
    }

    /** What a sensor wrote, {@code NAMESPACE/POLICY/RULE} with commas between. */
    private static void addOverBudget(@Nullable String annotation, Map<String, SortedSet<String>> overBudget) {
        if (annotation == null) {
            return;
        }
        for (String named : annotation.split(",", -1)) {
            int slash = named.lastIndexOf('/');
            if (slash > 0) {
                overBudget
                        .computeIfAbsent(named.substring(0, slash), policy -> new TreeSet<>())
                        .add(named.substring(slash + 1));
            }
        }
    }

    /** The message of a policy with rules that went over their budget; empty when it has none. */
    Optional<String> overBudget(String policyId) {
        return Optional.ofNullable(overBudget.get(policyId))
                .map(rules -> "Over budget, so that the failurePolicy decides in place of: " + list(List.copyOf(rules))
                        + ". The sensors try again with the next config.");
    }

    /** When a Lease runs out; one that was never renewed already has. */
    static Instant expiry(Lease lease) {
        if (lease.getSpec() == null || lease.getSpec().getRenewTime() == null) {
            return Instant.EPOCH;
        }
        Integer seconds = lease.getSpec().getLeaseDurationSeconds();
        return lease.getSpec()
                .getRenewTime()
                .toInstant()
                .plus(seconds == null ? DEFAULT_LEASE : Duration.ofSeconds(seconds));
    }

    private static Optional<Integer> desired(DaemonSet daemonSet) {
        return Optional.ofNullable(daemonSet.getStatus())
                .filter(status -> daemonSet.getMetadata().getGeneration().equals(status.getObservedGeneration()))
                .map(status ->
                        Optional.ofNullable(status.getDesiredNumberScheduled()).orElse(0));
    }

    private static String list(List<String> names) {
        String shown = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
        return names.size() <= SHOWN ? shown : shown + " and " + (names.size() - SHOWN) + " more";
    }
}
