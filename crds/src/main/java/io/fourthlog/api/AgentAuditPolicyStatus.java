package io.fourthlog.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of an AgentAuditPolicy.
 *
 * @param observedGeneration generation of the spec that the conditions speak of
 * @param conditions {@code Accepted}, {@code ResolvedRefs}, {@code Programmed}, {@code Ready}, {@code Reconciling}, {@code Stalled}
 * @param configDigest digest of the SensorConfig with which the sensors took up this generation, or shall; null when it is in none
 * @param sensors how many nodes have a sensor and run that config
 * @param mergedWith policies that can select the same pod, at most {@value #MERGES}
 * @param decisions what the sensors counted; null before they counted anything
 * @param recentViolations the latest denials, the newest first, at most {@value #VIOLATIONS}
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record AgentAuditPolicyStatus(
        @Nullable Long observedGeneration,
        List<Condition> conditions,
        @Nullable String configDigest,
        @Nullable Counts sensors,
        List<Merge> mergedWith,
        @Nullable Decisions decisions,
        List<Violation> recentViolations) {

    public static final int MERGES = 32;
    public static final int VIOLATIONS = 10;

    public AgentAuditPolicyStatus {
        conditions = Required.list(conditions);
        mergedWith = Required.list(mergedWith);
        recentViolations = Required.list(recentViolations);
    }

    /**
     * Another policy that can select the same pod.
     *
     * @param policy {@code NAMESPACE/NAME}
     * @param differences in what the two differ, and what then holds
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Merge(String policy, List<String> differences) {
        public Merge {
            Required.field("policy", policy);
            differences = Required.list(differences);
        }
    }

    /**
     * What the sensors counted, each since the policy first ran on its node.
     *
     * @param denied events denied
     * @param flagged events flagged
     * @param observedAt when these figures were taken, in RFC 3339
     */
    public record Decisions(long denied, long flagged, String observedAt) {
        public Decisions {
            Required.field("observedAt", observedAt);
        }
    }

    /**
     * A rule that denied what a pod did.
     *
     * @param namespace of the pod
     * @param pod name
     * @param rule name
     * @param enforcement what came of it the last time
     * @param count how often
     * @param firstSeen when first, in RFC 3339
     * @param lastSeen when last, in RFC 3339
     * @param eventId id of the last decision's event in the trail
     */
    public record Violation(
            String namespace,
            String pod,
            String rule,
            String enforcement,
            long count,
            String firstSeen,
            String lastSeen,
            String eventId) {
        public Violation {
            Required.field("namespace", namespace);
            Required.field("pod", pod);
            Required.field("rule", rule);
            Required.field("enforcement", enforcement);
            Required.field("firstSeen", firstSeen);
            Required.field("lastSeen", lastSeen);
            Required.field("eventId", eventId);
        }
    }

    /**
     * Sensors of the namespace.
     *
     * @param desired nodes that shall have one
     * @param ready nodes whose sensor is running and reporting
     * @param upToDate nodes whose sensor acknowledged the config
     * @param summary {@code upToDate/desired}, for a column of {@code kubectl get}
     */
    public record Counts(int desired, int ready, int upToDate, String summary) {
        public Counts(int desired, int ready, int upToDate) {
            this(desired, ready, upToDate, upToDate + "/" + desired);
        }
    }
}
