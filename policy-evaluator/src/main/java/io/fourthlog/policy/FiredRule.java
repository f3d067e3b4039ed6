package io.fourthlog.policy;

import io.fourthlog.actionlog.event.Decision;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A rule that fired on an event.
 *
 * @param decision what it said; a denying rule of a policy that only audits says {@code FLAG}
 * @param enforce what it wants done; {@code NONE} unless it denies
 * @param overriddenBy the reason of the exception that took it out of the decision, or {@code null}
 * @param overrideExpires when that exception ceases to hold; {@code null} if it never does, or there is none
 * @param failure why it could not be evaluated, when it fired for that ({@link FailurePolicy#FAIL}), or {@code null}
 */
public record FiredRule(
        String policyId,
        String rule,
        Decision decision,
        EnforceAction enforce,
        String severity,
        @Nullable String overriddenBy,
        @Nullable Instant overrideExpires,
        @Nullable String failure) {}
