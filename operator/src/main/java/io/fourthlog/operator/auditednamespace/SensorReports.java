package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetStatus;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fourthlog.api.AgentAuditPolicyStatus.Counts;
import io.fourthlog.api.Names;
import io.fourthlog.operator.auditednamespace.Sensors.Report;
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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What sensors say of themselves, each on its Lease, against what the DaemonSet wants.
 *
 * @param sensors counts for the status; null while the DaemonSet was not scheduled
 * @param reason of the condition Programmed
 * @param message of the condition Programmed
 * @param settled when sensors that only have not taken up a new config yet should have; null when that is not all
 * @param overBudget names of the rules that went over their budget on a sensor that runs this config, by id of their policy
 * @param abandoned Leases of nodes that are long gone, and those that have another name by now
 */
record SensorReports(
        @Nullable Counts sensors,
        String reason,
        String message,
        @Nullable Instant settled,
        Map<String, SortedSet<String>> overBudget,
        List<Lease> abandoned) {

    private static final String ACKNOWLEDGED = "Acknowledged";
    private static final String NO_NODES = "NoNodes";
    private static final String PENDING = "Pending";
    private static final String DEPLOYING = "Deploying";
    private static final String REFUSED = "ConfigRefused";
    private static final String SILENT = "SensorSilent";

    /** Reasons that people should hear of. */
    static final Set<String> WARNINGS = Set.of(REFUSED, SILENT);

    /** Of several sets of sensors the worst is the reason for all. */
    private static final List<String> WORST_FIRST =
            List.of(REFUSED, SILENT, DEPLOYING, PENDING, ACKNOWLEDGED, NO_NODES);

    /** From a config to its acknowledgement by a sensor that is well. */
    private static final Duration PROPAGATION = Duration.ofSeconds(3);

    static final Duration ABANDONED = Duration.ofMinutes(10); // after a sensor fell silent
    private static final int SHOWN = 5; // names in one message

    boolean programmed() {
        return reason.equals(ACKNOWLEDGED) || reason.equals(NO_NODES);
    }

    /** What sensors say that shall run the config with this digest. */
    static SensorReports of(Sensors sensors, String digest, Instant now) {
        List<String> refusals = new ArrayList<>();
        List<String> behind = new ArrayList<>();
        List<String> silent = new ArrayList<>();
        List<Lease> abandoned = new ArrayList<>();
        Map<String, SortedSet<String>> overBudget = new TreeMap<>();
        Set<String> superseded = sensors.superseded();
        int live = 0;
        int upToDate = 0;
        for (Report report : sensors.reports().stream()
                .sorted(Comparator.comparing(
                        report -> report.lease().getMetadata().getName()))
                .toList()) {
            Lease lease = report.lease();
            String name = lease.getMetadata().getName();
            if (superseded.contains(name)) {
                abandoned.add(lease);
                continue;
            }
            Map<String, String> annotations = lease.getMetadata().getAnnotations() == null
                    ? Map.of()
                    : lease.getMetadata().getAnnotations();
            if (!now.isBefore(report.until())) {
                if (now.isBefore(report.until().plus(ABANDONED))) {
                    silent.add(name);
                } else {
                    abandoned.add(lease);
                }
                continue;
            }
            live++;
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
        Optional<Integer> desired = sensors.daemonSet().flatMap(SensorReports::desired);
        if (desired.isEmpty()) {
            return new SensorReports(
                    null, DEPLOYING, "The sensors have not been scheduled yet.", null, overBudget, abandoned);
        }
        Counts counts = new Counts(desired.get(), live, upToDate);
        String run = counts.summary() + " sensors run this policy";
        String reason;
        String message;
        Instant settled = null;
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
            reason = PENDING;
            message = run
                    + (behind.isEmpty() ? missing(sensors.daemonSet().orElseThrow()) : "; not yet: " + list(behind));
            settled = since(sensors, digest, now).plus(PROPAGATION);
        }
        return new SensorReports(counts, reason, message, settled, overBudget, abandoned);
    }

    /** Why there are fewer reports than nodes: a pod that admission refuses is in no status but that of the DaemonSet. */
    private static String missing(DaemonSet daemonSet) {
        DaemonSetStatus status = daemonSet.getStatus();
        int made = Optional.ofNullable(status.getCurrentNumberScheduled()).orElse(0);
        return made >= status.getDesiredNumberScheduled()
                ? "; the others have not reported yet."
                : "; of the others not all pods could be made: \"kubectl -n "
                        + daemonSet.getMetadata().getNamespace() + " describe daemonset "
                        + daemonSet.getMetadata().getName()
                        + "\" says why, mostly that Pod Security does not let them in.";
    }

    /** When there first was this config; never, by a clock that is not ours. */
    private static Instant since(Sensors sensors, String digest, Instant now) {
        return sensors.config(digest)
                .map(config -> Instant.parse(config.getMetadata().getCreationTimestamp()))
                .map(created -> created.isAfter(now) ? Instant.MIN : created)
                .orElse(now); // it is about to be made
    }

    /** What sensors say of a policy of another namespace, which has to be in their config first. */
    static SensorReports ofForeign(Sensors sensors, String policyAndGeneration, Instant now) {
        boolean carried = sensors.daemonSet()
                .map(daemonSet -> daemonSet.getMetadata().getAnnotations())
                .map(annotations -> annotations.getOrDefault(Names.CLUSTER_POLICIES_ANNOTATION, ""))
                .filter(policies -> List.of(policies.split(",", -1)).contains(policyAndGeneration))
                .isPresent();
        return carried && sensors.digest().isPresent()
                ? of(sensors, sensors.digest().get(), now)
                : new SensorReports(null, PENDING, "the policy is not in its config yet", null, Map.of(), List.of());
    }

    /** These, and those of other namespaces by name. */
    SensorReports and(Map<String, SensorReports> others) {
        if (others.isEmpty()) {
            return this;
        }
        List<SensorReports> all =
                Stream.concat(Stream.of(this), others.values().stream()).toList();
        Counts sum = all.stream()
                .flatMap(reports -> Stream.ofNullable(reports.sensors))
                .reduce((one, other) -> new Counts(
                        one.desired() + other.desired(),
                        one.ready() + other.ready(),
                        one.upToDate() + other.upToDate()))
                .orElse(null);
        String worst = all.stream()
                .map(SensorReports::reason)
                .min(Comparator.comparingInt(WORST_FIRST::indexOf))
                .orElseThrow();
        List<String> lacking = others.entrySet().stream()
                .filter(other -> !other.getValue().programmed())
                .map(other -> other.getKey() + ": " + other.getValue().message())
                .toList();
        List<SensorReports> behind =
                all.stream().filter(reports -> !reports.programmed()).toList();
        Instant last = behind.stream().anyMatch(reports -> reports.settled == null)
                ? null
                : behind.stream()
                        .map(SensorReports::settled)
                        .max(Comparator.naturalOrder())
                        .orElse(null);
        String total =
                (sum == null ? "0/0" : sum.summary()) + " sensors in " + all.size() + " namespaces run this policy";
        Map<String, SortedSet<String>> rules = new TreeMap<>();
        all.forEach(reports -> reports.overBudget.forEach((policy, names) ->
                rules.computeIfAbsent(policy, one -> new TreeSet<>()).addAll(names)));
        return new SensorReports(
                sum,
                worst,
                total + (programmed() ? "" : "; here: " + message) + (lacking.isEmpty() ? "" : "; " + list(lacking))
                        + ".",
                last,
                rules,
                abandoned);
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
                        + ". The sensors try again: a rule over its time after a pause, any with the next config.");
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
