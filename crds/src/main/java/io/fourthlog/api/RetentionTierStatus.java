package io.fourthlog.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.Condition;
import io.fourthlog.api.AgentAuditPolicySpec.EventKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of a RetentionTier.
 *
 * @param observedGeneration generation of the spec that the conditions speak of
 * @param conditions {@code Accepted}, {@code Ready}, {@code Stalled}
 * @param effective what is really kept how long, and what decided it; one entry for each type of event
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record RetentionTierStatus(
        @Nullable Long observedGeneration, List<Condition> conditions, List<Effective> effective) {

    public RetentionTierStatus {
        conditions = Required.list(conditions);
        effective = Required.list(effective);
    }

    /**
     * Retention of one type of event.
     *
     * @param eventType type of event
     * @param hot how long it can be searched at once
     * @param hotDecidedBy field of the spec or clause of a framework
     * @param cold how long it is kept at all
     * @param coldDecidedBy field of the spec or clause of a framework
     */
    public record Effective(
            EventKind eventType, Retention hot, String hotDecidedBy, Retention cold, String coldDecidedBy) {}
}
