package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.log.RetentionClass;
import io.fourthlog.policy.PolicySet;
import io.fourthlog.redaction.Profile;
import java.util.Map;

/**
 * What holds for a workload: the policies that select it, the redaction profile that they ask for, and how long its events are kept.
 *
 * @param retention for each type of event; a type that is not there is kept for ever
 */
public record Rules(PolicySet policies, Profile profile, Map<EventType, RetentionClass> retention) {

    public Rules {
        retention = Map.copyOf(retention);
    }

    /** Where nobody says how long events are kept. */
    public Rules(PolicySet policies, Profile profile) {
        this(policies, profile, Map.of());
    }
}
