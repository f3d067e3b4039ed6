package io.fourthlog.operator.auditednamespace;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicySpec;
import io.fourthlog.api.config.EngineSources;
import io.fourthlog.api.config.SensorConfig;
import io.fourthlog.operator.cluster.Fault;
import io.fourthlog.policy.Compiled;
import io.fourthlog.policy.PolicyCompiler;
import io.fourthlog.policy.PolicyError;
import io.fourthlog.policy.PolicySource;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the faults of a policy with the compiler that sensors use. Checking costs milliseconds, every event of a namespace asks again, and
 * many policies of a cluster have the same rules: so what was found about the rules seen last is kept, under their digest; neither they nor
 * the compiled programs are.
 */
public final class PolicyCheck {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int KEPT = 16384; // digests with a short list each, which is a quarter of a KiB

    /**
     * What was found about a policy.
     *
     * @param faults why it cannot be used
     * @param warnings what is not right and does no harm
     * @param until when its next exception expires, and it has to be looked at again; null when none will
     */
    public record Checked(
            List<Fault> faults,
            List<Fault> warnings,
            @Nullable Instant until) {

        boolean isOver(Instant now) {
            return until != null && !now.isBefore(until);
        }
    }

    private final Map<String, Checked> byRules = lru(); // under the digest of the rules
    private final Map<String, Checked> byGeneration =
            lru(); // under NAMESPACE/NAME/UID/GENERATION, which costs no digest

    private static Map<String, Checked> lru() {
        return Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Checked> eldest) {
                return size() > KEPT;
            }
        });
    }

    /** Checks a policy of the cluster, whose generation changes with each edit. */
    Checked check(AgentAuditPolicy policy, String systemNamespace, Instant now) {
        ObjectMeta metadata = policy.getMetadata();
        String key = metadata.getNamespace() + "/" + metadata.getName() + "/" + metadata.getUid() + "/"
                + metadata.getGeneration();
        Checked known = byGeneration.get(key);
        if (known == null || known.isOver(now)) {
            known = check(metadata.getNamespace() + "/" + metadata.getName(), policy.getSpec(), systemNamespace, now);
            byGeneration.put(key, known);
        }
        return known;
    }

    /**
     * Checks one policy.
     *
     * @param id {@code NAMESPACE/NAME}
     * @param systemNamespace Fourthlog's own, whose policies may select others
     */
    public Checked check(String id, AgentAuditPolicySpec spec, String systemNamespace, Instant now) {
        Checked checked = compiled(id, spec, now);
        if (spec.namespaceSelector() == null || id.startsWith(systemNamespace + "/")) {
            return checked;
        }
        Fault selector = new Fault(
                "spec.namespaceSelector",
                "only a policy in " + systemNamespace
                        + " can apply in other namespaces: move it there, or remove the selector");
        return new Checked(
                Stream.concat(Stream.of(selector), checked.faults().stream()).toList(),
                checked.warnings(),
                checked.until());
    }

    public static Fault noProfile(String name) {
        return new Fault(
                "spec.redactionProfileRef.name",
                "there is no RedactionProfile \"" + name + "\": \"kubectl get rdp\" lists those that there are");
    }

    public static Fault noTier(String name) {
        return new Fault(
                "spec.retentionTierRef.name",
                "there is no RetentionTier \"" + name + "\": \"kubectl get rtt\" lists those that there are");
    }

    private Checked compiled(String id, AgentAuditPolicySpec spec, Instant now) {
        PolicySource source = EngineSources.policy(id, spec);
        String key = digest(spec);
        Checked known = byRules.get(key);
        if (known != null && !known.isOver(now)) {
            return known;
        }
        Compiled compiled = PolicyCompiler.compile(List.of(source), now);
        Instant until = spec.exceptions().stream()
                .map(AgentAuditPolicySpec.RuleException::expiry)
                .flatMap(Stream::ofNullable)
                .filter(now::isBefore)
                .min(Comparator.naturalOrder())
                .orElse(null);
        Checked checked = new Checked(faults(compiled.errors()), faults(compiled.warnings()), until);
        byRules.put(key, checked);
        return checked;
    }

    /** Of everything that is compiled, and so not of the names and selectors by which policies with the same rules differ. */
    private static String digest(AgentAuditPolicySpec spec) {
        try {
            return SensorConfig.digest(JSON.writeValueAsBytes(List.of(
                    spec.validationActions(),
                    spec.failurePolicy(),
                    spec.variables(),
                    spec.rules(),
                    spec.exceptions())));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("what was read from JSON can be written", e);
        }
    }

    private static List<Fault> faults(List<PolicyError> errors) {
        return errors.stream()
                .map(error -> new Fault(error.path(), error.message()))
                .toList();
    }
}
