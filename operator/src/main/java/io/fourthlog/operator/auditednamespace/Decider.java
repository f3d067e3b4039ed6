package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fourthlog.api.AgentAuditPolicySpec;
import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.api.RetentionTierSpec;
import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.operator.cluster.Fault;
import io.fourthlog.operator.cluster.Wanted;
import io.fourthlog.operator.redactionprofile.ProfileResolution;
import io.fourthlog.operator.retentiontier.TierResolution;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Decides what shall become of the sensors of a namespace; a pure function of what was observed, which remembers what it found last.
 *
 * <p>A policy with a fault never stops another. If it was accepted before, the sensors go on with its last accepted spec, because a
 * typing error must not switch a denial off; that spec is read from the config that the sensors run, so a restart of the operator
 * changes nothing. Deleting the policy ends it.
 */
final class Decider {

    private static final int KEPT = 16384; // documents' digests

    private final PolicyCheck check;
    private final Function<ConfigMap, Optional<SensorConfig>> read;
    private final Map<String, Document> documents = Collections.synchronizedMap(
            new LinkedHashMap<>() { // by namespace
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Document> eldest) {
                    return size() > KEPT;
                }
            });

    /** @param read what is in a config of which only the metadata is observed; always the same, because it is immutable */
    Decider(PolicyCheck check, Function<ConfigMap, Optional<SensorConfig>> read) {
        this.check = check;
        this.read = read;
    }

    Decision decide(Observed observed) {
        Running running = new Running(observed, read);
        Map<String, Judged> judged = new TreeMap<>();
        Stream.concat(observed.own().stream(), observed.applied().stream()) // own ones with all their namespaces
                .forEach(policy -> judged.computeIfAbsent(policy.id(), id -> judge(policy, observed, running)));
        List<SensorConfig.Policy> carried = observed.applied().stream()
                .sorted(Comparator.comparing(Applied::id))
                .map(policy -> Objects.requireNonNull(judged.get(policy.id())).compiled(policy.namespaces()))
                .flatMap(Stream::ofNullable)
                .toList();
        List<Judged> own = observed.own().stream()
                .map(policy -> Objects.requireNonNull(judged.get(policy.id())))
                .toList();
        if (carried.isEmpty()) {
            return nothing(observed, own, Map.of());
        }
        Document document = document(observed, judged, carried, running);
        List<SensorConfig.Policy> policies = Fit.in(carried, document.leftOut());
        if (policies.isEmpty()) {
            return nothing(observed, own, document.leftOut());
        }
        String digest = document.digest();
        SensorReports reports = SensorReports.of(observed.sensors(), digest, observed.now());
        Statuses statuses = new Statuses(observed, own, document.leftOut(), digest, reports);
        List<Wanted> objects = SensorObjects.of(
                observed,
                document.needs(),
                () -> compile(observed, policies, running).canonicalJson(),
                digest,
                clusterPolicies(observed, judged, document.leftOut().keySet()));
        Optional<Duration> renewal = observed.sensors()
                .certificate()
                .flatMap(SensorCertificate::of)
                .map(certificate -> Duration.between(observed.now(), certificate.renewAt()));
        boolean issue = renewal.isEmpty() || !renewal.get().isPositive();
        return new Decision(
                objects,
                issue,
                obsolete(observed, objects, reports),
                statuses::changes,
                Stream.concat(
                                Stream.concat(
                                        issue ? Stream.empty() : renewal.stream(),
                                        Stream.ofNullable(statuses.recheck())),
                                judged.values().stream()
                                        .flatMap(one ->
                                                Stream.ofNullable(one.checked().until()))
                                        .map(until -> Duration.between(observed.now(), until)))
                        .min(Comparator.naturalOrder())
                        .orElse(null));
    }

    /** No sensors. */
    private static Decision nothing(Observed observed, List<Judged> own, Map<String, Fit.LeftOut> leftOut) {
        List<HasMetadata> all = new ArrayList<>(observed.sensors().objects());
        observed.sensors().reports().forEach(report -> all.add(report.lease()));
        Statuses statuses = new Statuses(observed, own, leftOut, null, null);
        return new Decision(List.of(), false, all, statuses::changes, statuses.recheck());
    }

    /**
     * What the policies of a namespace compile to. A sensor's report changes nothing of it, and so it is compiled again only when a policy, or
     * what one refers to, is another one.
     *
     * @param from what it was compiled from
     * @param leftOut policies for which there was no room, by id
     * @param digest of the canonical bytes
     * @param needs what it asks of the objects around it
     */
    private record Document(
            List<@Nullable Object> from, Map<String, Fit.LeftOut> leftOut, String digest, SensorObjects.Needs needs) {}

    private Document document(
            Observed observed, Map<String, Judged> judged, List<SensorConfig.Policy> carried, Running running) {
        List<@Nullable Object> from = new ArrayList<>();
        Optional<DaemonSet> daemonSet = observed.sensors().daemonSet();
        from.add(daemonSet.isPresent());
        for (Applied policy : observed.applied()) {
            Judged one = Objects.requireNonNull(judged.get(policy.id()));
            AgentAuditPolicySpec spec = policy.policy().getSpec();
            from.add(policy.policy().getMetadata().getUid());
            from.add(policy.policy().getMetadata().getGeneration());
            from.add(policy.namespaces());
            from.add(one.accepted() ? null : one.last());
            from.add(observed.profiles().get(spec.redactionProfileRef().name()));
            from.add(observed.tiers().get(spec.retentionTierRef().name()));
        }
        Document known = documents.get(observed.name());
        if (known != null && known.from().equals(from)) {
            return known;
        }
        SensorConfig config = compile(observed, carried, running);
        byte[] canonical = config.canonicalJson();
        Map<String, Fit.LeftOut> leftOut = Map.of();
        if (canonical.length > Fit.CONFIG_BYTES) {
            leftOut = Fit.leftOut(
                    carried,
                    observed.config().systemNamespace(),
                    policies -> compile(observed, policies, running),
                    running::policy);
            config = compile(observed, Fit.in(carried, leftOut), running);
            canonical = config.canonicalJson();
        }
        Set<String> kept = new HashSet<>();
        daemonSet.map(SensorObjects::capabilities).ifPresent(kept::addAll);
        if (daemonSet.isPresent() && known != null) { // what was written last may not be observed yet
            kept.addAll(known.needs().capabilities());
        }
        Document next =
                new Document(from, leftOut, SensorConfig.digest(canonical), SensorObjects.Needs.of(config, kept));
        documents.put(observed.name(), next);
        return next;
    }

    /** Leases of nodes that are gone, configs that no sensor runs any more, rights in namespaces that are not audited any more. */
    private static List<HasMetadata> obsolete(Observed observed, List<Wanted> wanted, SensorReports reports) {
        List<HasMetadata> obsolete = new ArrayList<>(reports.abandoned());
        observed.sensors().objects().stream()
                .filter(object -> object instanceof Role
                        || object instanceof RoleBinding
                        || (object instanceof ConfigMap && reports.programmed()))
                .filter(object -> wanted.stream().noneMatch(one -> one.isOf(object)))
                .forEach(obsolete::add);
        return obsolete;
    }

    /** Policies of Fourthlog's own namespace that other sensors run: by these entries they show that they do. */
    private static String clusterPolicies(Observed observed, Map<String, Judged> judged, Set<String> leftOut) {
        return observed.applied().stream()
                .filter(policy -> policy.policy()
                        .getMetadata()
                        .getNamespace()
                        .equals(observed.config().systemNamespace()))
                .map(policy -> Objects.requireNonNull(judged.get(policy.id())))
                .filter(Judged::accepted)
                .filter(policy -> !leftOut.contains(policy.applied().id()))
                .map(Judged::nameAndGeneration)
                .sorted()
                .collect(Collectors.joining(","));
    }

    /**
     * What the sensors run now, and where they are new what those of Fourthlog's own namespace do, which run every policy of it. It is read only
     * if somebody asks: what is accepted does not depend on it.
     */
    private record Running(Observed observed, Function<ConfigMap, Optional<SensorConfig>> read) {

        private Stream<SensorConfig> configs() {
            return Stream.concat(observed.sensors().running().stream(), Stream.ofNullable(observed.systemConfig()))
                    .flatMap(map -> read.apply(map).stream());
        }

        SensorConfig.@Nullable Policy policy(String id) {
            return configs()
                    .flatMap(config -> config.policies().stream())
                    .filter(policy -> policy.id().equals(id))
                    .findFirst()
                    .orElse(null);
        }

        RedactionProfileSpec profile(String name) {
            return configs()
                    .flatMap(config ->
                            Stream.ofNullable(config.redactionProfiles().get(name)))
                    .findFirst()
                    .orElseThrow();
        }

        RetentionTierSpec tier(String name) {
            return configs()
                    .flatMap(config -> Stream.ofNullable(config.retentionTiers().get(name)))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private Judged judge(Applied applied, Observed observed, Running running) {
        AgentAuditPolicySpec spec = applied.policy().getSpec();
        List<Fault> refFaults = new ArrayList<>();
        String profile = spec.redactionProfileRef().name();
        switch (observed.profiles().get(profile)) {
            case null -> refFaults.add(PolicyCheck.noProfile(profile));
            case ProfileResolution.Refused refused ->
                refFaults.add(new Fault(
                        "spec.redactionProfileRef.name",
                        "the RedactionProfile \"" + profile + "\" is not accepted: "
                                + Fault.message(refused.faults())));
            case ProfileResolution.Resolved resolved -> {}
        }
        String tier = spec.retentionTierRef().name();
        switch (observed.tiers().get(tier)) {
            case null -> refFaults.add(PolicyCheck.noTier(tier));
            case TierResolution.Refused refused ->
                refFaults.add(new Fault(
                        "spec.retentionTierRef.name",
                        "the RetentionTier \"" + tier + "\" is not accepted: " + Fault.message(refused.faults())));
            case TierResolution.Resolved resolved -> {}
        }
        List<Fault> warnings = new ArrayList<>();
        if (observed.profiles().get(profile) instanceof ProfileResolution.Resolved(RedactionProfileSpec merged)) {
            warnings.addAll(SoughtTags.missing(spec, profile, merged));
            if (merged.previews()) {
                warnings.add(previews(profile, observed.tiers().get(tier)));
            }
        }
        PolicyCheck.Checked checked =
                check.check(applied.policy(), observed.config().systemNamespace(), observed.now());
        warnings.addAll(0, checked.warnings());
        Judged judged = new Judged(applied, checked, warnings, refFaults, null);
        return judged.accepted()
                ? judged
                : new Judged(applied, checked, warnings, refFaults, running.policy(applied.id()));
    }

    /** What a policy's author should know of a profile with previews, given the tier beside it. */
    private static Fault previews(String profile, @Nullable TierResolution tier) {
        boolean sealed = tier instanceof TierResolution.Resolved resolved
                && resolved.merged().sealed();
        return new Fault(
                "spec.redactionProfileRef.name",
                "the RedactionProfile \"" + profile + "\" has preview: masked: "
                        + (sealed
                                ? "the beginning of what was asked and answered is kept, and what detectors miss is in it in the clear"
                                : "none is kept unless another policy here has a RetentionTier that seals events (erasure.subjectKeys: per-workload)"));
    }

    /**
     * A policy and what is wrong with it.
     *
     * @param applied the policy
     * @param checked what the compiler finds of its spec
     * @param warnings what is not wrong and should be known, of its spec and of what it refers to
     * @param refFaults what it refers to and cannot use
     * @param last what the sensors run of it now; null when they do not, or when it is accepted
     */
    record Judged(
            Applied applied,
            PolicyCheck.Checked checked,
            List<Fault> warnings,
            List<Fault> refFaults,
            SensorConfig.@Nullable Policy last) {

        List<Fault> specFaults() {
            return checked.faults();
        }

        boolean accepted() {
            return specFaults().isEmpty() && refFaults.isEmpty();
        }

        /** Whether sensors run it, or its last accepted spec. */
        boolean carried() {
            return accepted() || last != null;
        }

        String nameAndGeneration() {
            return applied.policy().getMetadata().getName() + ":"
                    + applied.policy().getMetadata().getGeneration();
        }

        /** What sensors shall run of it in these namespaces; null when it never was accepted. */
        SensorConfig.@Nullable Policy compiled(List<String> namespaces) {
            if (!accepted()) {
                return last == null ? null : last.in(namespaces);
            }
            AgentAuditPolicySpec spec = applied.policy().getSpec();
            return new SensorConfig.Policy(
                    applied.id(),
                    namespaces,
                    spec.podSelector(),
                    spec.validationActions(),
                    spec.failurePolicy(),
                    spec.javaTls(),
                    spec.variables(),
                    spec.rules(),
                    spec.exceptions(),
                    spec.redactionProfileRef().name(),
                    spec.retentionTierRef().name());
        }
    }

    private static SensorConfig compile(Observed observed, List<SensorConfig.Policy> policies, Running running) {
        Map<String, RedactionProfileSpec> profiles = new TreeMap<>();
        Map<String, RetentionTierSpec> tiers = new TreeMap<>();
        for (SensorConfig.Policy policy : policies) {
            // What cannot be resolved now belongs to a last accepted spec, and is in the config that it comes from.
            if (observed.profiles().get(policy.redaction()) instanceof ProfileResolution.Resolved resolved) {
                profiles.put(policy.redaction(), resolved.merged());
            } else {
                profiles.put(policy.redaction(), running.profile(policy.redaction()));
            }
            if (observed.tiers().get(policy.tier()) instanceof TierResolution.Resolved resolved) {
                tiers.put(policy.tier(), resolved.merged());
            } else {
                tiers.put(policy.tier(), running.tier(policy.tier()));
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
}
