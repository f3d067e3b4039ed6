package io.fourthlog.sensor.config;

import static java.util.Objects.requireNonNull;

import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.log.RetentionClass;
import io.fourthlog.api.AgentAuditPolicySpec.EventKind;
import io.fourthlog.api.Retention;
import io.fourthlog.api.config.EngineSources;
import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.policy.Compiled;
import io.fourthlog.policy.PolicyCompiler;
import io.fourthlog.policy.PolicyError;
import io.fourthlog.policy.PolicySet;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.redaction.Hmac;
import io.fourthlog.redaction.Profile;
import io.fourthlog.redaction.ProfileCompiler;
import io.fourthlog.redaction.ProfileSource;
import io.fourthlog.sensor.action.Workload;
import io.fourthlog.sensor.pipeline.PipelineConfig;
import io.fourthlog.sensor.pipeline.Rules;
import io.fourthlog.sensor.streams.Limits;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes a SensorConfig runnable: its policies by the policy evaluator, its profiles by the redaction engine; all or nothing. */
public final class ConfigCompiler {

    private final String sensorId;
    private volatile Hmac hmac;

    public ConfigCompiler(String sensorId, Hmac hmac) {
        this.sensorId = sensorId;
        this.hmac = hmac;
    }

    /** Has what is compiled from now on make keyed hashes with another key. */
    void use(Hmac key) {
        hmac = key;
    }

    /** What came of a document. */
    public sealed interface Result {

        /** It can be run. */
        record Usable(ActiveConfig active) implements Result {}

        /** It cannot, for this reason, which names the policy or profile and the field. */
        record Refused(String reason) implements Result {}
    }

    /** What the pipeline runs before there is a config: it records nothing. */
    public PipelineConfig nothing() {
        return new PipelineConfig(
                sensorId, "sha256:" + "0".repeat(64), hmac, workload -> null, List.of(), Limits.DEFAULT);
    }

    /** Reads and compiles a document. */
    public Result compile(byte[] document) {
        return switch (SensorConfig.parse(document)) {
            case SensorConfig.Parsed.Invalid invalid -> new Result.Refused(invalid.toString());
            case SensorConfig.Parsed.Valid valid -> compile(valid.config(), valid.digest());
        };
    }

    private Result compile(SensorConfig config, String digest) {
        final List<String> faults = new ArrayList<>();
        final List<PolicySource> sources =
                config.policies().stream().map(EngineSources::policy).toList();
        final Compiled policies = PolicyCompiler.compile(sources);
        policies.errors().stream().map(PolicyError::toString).forEach(faults::add);
        config.redactionProfiles()
                .forEach((name, profile) ->
                        faults.addAll(faults(ProfileCompiler.compile(EngineSources.profile(name, profile)), name)));
        if (!faults.isEmpty()) {
            return new Result.Refused(String.join("; ", faults));
        }
        return new Result.Usable(new ActiveConfig(
                config,
                digest,
                new PipelineConfig(
                        sensorId,
                        digest,
                        hmac,
                        new Book(config, policies.set())::rulesFor,
                        config.capture().dataAccess().exclude(),
                        Limits.DEFAULT),
                policies.set(),
                HeldPaths.of(sources),
                HeldPaths.enforces(sources)));
    }

    private static List<String> faults(ProfileCompiler.Result result, String profile) {
        return switch (result) {
            case ProfileCompiler.Result.Compiled compiled -> List.of();
            case ProfileCompiler.Result.Refused refused ->
                refused.errors().stream()
                        .map(error -> "RedactionProfile " + profile + ": " + error.path() + ": " + error.message())
                        .toList();
        };
    }

    /** Which policies select a workload, and how strictly it is redacted. */
    private static final class Book {

        private final SensorConfig config;
        private final PolicySet policies;
        private final Map<Set<String>, Rules> byPolicies = new ConcurrentHashMap<>();

        private Book(SensorConfig config, PolicySet policies) {
            this.config = config;
            this.policies = policies;
        }

        @Nullable
        Rules rulesFor(Workload workload) {
            final Set<String> ids = config.policies().stream()
                    .filter(policy -> policy.selects(workload.namespace(), workload.labels()))
                    .map(SensorConfig.Policy::id)
                    .collect(Collectors.toSet());
            return ids.isEmpty() ? null : byPolicies.computeIfAbsent(ids, this::rules);
        }

        private Rules rules(Set<String> ids) {
            final Set<String> profiles = config.policies().stream()
                    .filter(policy -> ids.contains(policy.id()))
                    .map(SensorConfig.Policy::redaction)
                    .collect(Collectors.toSet());
            final ProfileSource strictest = Strictest.of(config.redactionProfiles().entrySet().stream()
                    .filter(profile -> profiles.contains(profile.getKey()))
                    .sorted(Map.Entry.comparingByKey())
                    .map(profile -> EngineSources.profile(profile.getKey(), profile.getValue()))
                    .toList());
            return switch (ProfileCompiler.compileTogether(strictest)) {
                case ProfileCompiler.Result.Compiled(Profile profile) ->
                    new Rules(policies.only(ids::contains), profile, retention(ids));
                case ProfileCompiler.Result.Refused refused ->
                    throw new IllegalStateException("profiles that compile, but not together: " + refused.errors());
            };
        }

        /** For each type of event, the class of the tier that asks for the longest time. */
        private Map<EventType, RetentionClass> retention(Set<String> ids) {
            final Map<EventType, RetentionClass> classes = new EnumMap<>(EventType.class);
            final Set<String> tiers = config.policies().stream()
                    .filter(policy -> ids.contains(policy.id()))
                    .map(SensorConfig.Policy::tier)
                    .collect(Collectors.toCollection(TreeSet::new));
            for (final EventKind kind : EventKind.values()) {
                for (final String tier : tiers) {
                    final Retention asked = requireNonNull(
                                    config.retentionTiers().get(tier))
                            .cold()
                            .own(kind);
                    if (asked != null) { // the operator has merged in a period for each type
                        classes.merge(
                                EngineSources.type(kind),
                                RetentionClass.of(tier, asked.text()),
                                (a, b) -> b.days() > a.days() ? b : a);
                    }
                }
            }
            return classes;
        }
    }
}
