package io.fourthlog.policy;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where a rule does not apply, and why; recorded as {@code overridden} when it is used.
 *
 * @param rule the rule's name
 * @param when CEL of type bool over the rule's events
 * @param reason what the record says
 * @param expiresAt events at or after this time are no longer excepted; {@code null} never expires
 */
public record ExceptionSource(
        String rule, String when, String reason, @Nullable Instant expiresAt) {}
