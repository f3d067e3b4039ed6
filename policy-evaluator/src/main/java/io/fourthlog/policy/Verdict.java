package io.fourthlog.policy;

import io.fourthlog.actionlog.event.Decision;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the policies say about one event.
 *
 * @param decision the most severe one of a rule that fired and is not overridden; {@code ALLOW} when there is none
 * @param policyId the policy of the deciding rule; the first that looked when no rule fired
 * @param deciding the rule that decided; an overridden one only when all that fired are
 * @param fired all rules that fired, the deciding one first
 * @param intent the strongest enforcement that a rule which denies asks for
 * @param target what that enforcement is to be done to
 * @param message the deciding rule's message for people; the exception's reason when it is overridden
 * @param ignored {@code POLICY/RULE: why} for each expression that failed and does not count: to be counted and recorded
 * @param digest of the policy set that decided, {@code sha256:hex}
 */
public record Verdict(
        Decision decision,
        String policyId,
        @Nullable FiredRule deciding,
        List<FiredRule> fired,
        EnforceAction intent,
        EnforceTarget target,
        @Nullable String message,
        List<String> ignored,
        String digest) {

    public Verdict {
        fired = List.copyOf(fired);
        ignored = List.copyOf(ignored);
    }

    /** Whether rules fired, and an exception took every one of them out of the decision. */
    public boolean overridden() {
        return deciding != null && deciding.overriddenBy() != null;
    }
}
