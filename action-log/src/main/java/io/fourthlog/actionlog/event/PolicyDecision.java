package io.fourthlog.actionlog.event;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A policy decided about an event.
 *
 * @param policyId {@code NAMESPACE/NAME}
 * @param ruleFired the rule that decided; {@code null} when none fired
 * @param policyDigest {@code sha256:hex} of the configuration that the sensor held
 * @param message what the rule says to people
 * @param severity how bad the rule says it is
 * @param enforcementAction what was enforced, or failed to be: one of {@link #ENFORCEMENT_ACTIONS}
 * @param enforcementError why it failed
 */
public record PolicyDecision(
        Header header,
        String policyId,
        Decision decision,
        UUID evaluatedEventId,
        @Nullable String ruleFired,
        Enforcement enforcement,
        String policyDigest,
        @Nullable String message,
        @Nullable String severity,
        @Nullable String enforcementAction,
        @Nullable String enforcementError)
        implements Event {

    static final List<String> ENFORCEMENT_ACTIONS = List.of("reset", "block", "terminate");

    public PolicyDecision {
        policyId = Rules.text("policy_id", policyId);
        ruleFired = Rules.optionalText("rule_fired", ruleFired);
        Rules.labelledHash("policy_digest", policyDigest);
        message = Rules.optionalText("message", message);
        severity = Rules.optionalText("severity", severity);
        Rules.oneOf("enforcement_action", enforcementAction, ENFORCEMENT_ACTIONS);
        enforcementError = Rules.optionalText("enforcement_error", enforcementError);
        Rules.Unknowns.of(header).field("rule_fired", ruleFired).nothingElse(EventType.POLICY_DECISION);
    }

    @Override
    public EventType type() {
        return EventType.POLICY_DECISION;
    }
}
