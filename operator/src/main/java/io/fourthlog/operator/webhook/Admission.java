package io.fourthlog.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fourthlog.api.AgentAuditPolicySpec;
import io.fourthlog.api.RedactionProfile;
import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.api.RetentionTier;
import io.fourthlog.api.RetentionTierSpec;
import io.fourthlog.operator.auditednamespace.PolicyCheck;
import io.fourthlog.operator.cluster.Fault;
import io.fourthlog.operator.redactionprofile.ProfileResolution;
import io.fourthlog.operator.redactionprofile.ProfileResolver;
import io.fourthlog.operator.retentiontier.TierResolution;
import io.fourthlog.operator.retentiontier.TierResolver;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Judges one object with the checks that its status has as well. What the object refers to and is not there yet only warns: it may be
 * in the same {@code kubectl apply}, and the order of that must not matter; the policy is unready until it comes.
 */
final class Admission {

    private final KubernetesClient client;
    private final KubernetesSerialization serialization;
    private final String systemNamespace;
    private final Clock clock;
    private final PolicyCheck check = new PolicyCheck();

    Admission(KubernetesClient client, String systemNamespace, Clock clock) {
        this.client = client;
        this.serialization = client.getKubernetesSerialization();
        this.systemNamespace = systemNamespace;
        this.clock = clock;
    }

    /**
     * Judges.
     *
     * @param object as it shall be
     * @param before as it is; missing when it is new
     */
    Verdict judge(JsonNode object, JsonNode before) {
        JsonNode spec = object.path("spec");
        if (spec.equals(before.path("spec"))) {
            return Verdict.TAKEN; // a label or a finalizer: what is wrong since long must still be deletable
        }
        String name = object.path("metadata").path("name").asText();
        String kind = object.path("kind").asText();
        return switch (kind) {
            case "AgentAuditPolicy" ->
                policy(
                        object.path("metadata").path("namespace").asText() + "/" + name,
                        serialization.convertValue(spec, AgentAuditPolicySpec.class));
            case "RedactionProfile" -> profile(name, serialization.convertValue(spec, RedactionProfileSpec.class));
            case "RetentionTier" -> tier(serialization.convertValue(spec, RetentionTierSpec.class));
            default -> new Verdict(List.of(new Fault("kind", "\"" + kind + "\" is none of ours")), List.of());
        };
    }

    private Verdict policy(String id, AgentAuditPolicySpec spec) {
        PolicyCheck.Checked checked = check.check(id, spec, systemNamespace, clock.instant());
        List<Fault> warnings = new ArrayList<>(checked.warnings());
        String profile = spec.redactionProfileRef().name();
        if (client.resources(RedactionProfile.class).withName(profile).get() == null) {
            warnings.add(PolicyCheck.noProfile(profile));
        }
        String tier = spec.retentionTierRef().name();
        if (client.resources(RetentionTier.class).withName(tier).get() == null) {
            warnings.add(PolicyCheck.noTier(tier));
        }
        return new Verdict(checked.faults(), warnings);
    }

    private Verdict profile(String name, RedactionProfileSpec spec) {
        AtomicBoolean missing = new AtomicBoolean();
        ProfileResolution resolution = ProfileResolver.resolve(name, ancestor -> {
            if (ancestor.equals(name)) {
                return spec;
            }
            RedactionProfile found =
                    client.resources(RedactionProfile.class).withName(ancestor).get();
            if (found == null) {
                missing.set(true);
                return null;
            }
            return found.getSpec();
        });
        return switch (resolution) {
            case ProfileResolution.Resolved resolved -> new Verdict(List.of(), resolved.warnings());
            case ProfileResolution.Refused refused ->
                missing.get() ? new Verdict(List.of(), refused.faults()) : new Verdict(refused.faults(), List.of());
        };
    }

    private static Verdict tier(RetentionTierSpec spec) {
        return switch (TierResolver.resolve(spec)) {
            case TierResolution.Resolved resolved -> Verdict.TAKEN;
            case TierResolution.Refused refused -> new Verdict(refused.faults(), List.of());
        };
    }
}
