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
 * @param configDigest digest of the SensorConfig of the namespace that this policy is part of; null when it is in none
 * @param sensors how many nodes have a sensor and run that config
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record AgentAuditPolicyStatus(
        @Nullable Long observedGeneration,
        List<Condition> conditions,
        @Nullable String configDigest,
        @Nullable Sensors sensors) {

    public AgentAuditPolicyStatus {
        conditions = Required.list(conditions);
    }

    /**
     * Sensors of the namespace.
     *
     * @param desired nodes that shall have one
     * @param ready nodes whose sensor is running and reporting
     * @param upToDate nodes whose sensor acknowledged the config
     * @param summary {@code upToDate/desired}, for a column of {@code kubectl get}
     */
    public record Sensors(int desired, int ready, int upToDate, String summary) {
        public Sensors(int desired, int ready, int upToDate) {
            this(desired, ready, upToDate, upToDate + "/" + desired);
        }
    }
}
