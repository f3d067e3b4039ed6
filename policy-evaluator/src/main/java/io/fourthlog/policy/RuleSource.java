package io.fourthlog.policy;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.EventType;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One rule of a policy, as its author wrote it.
 *
 * @param name unique in its policy
 * @param on the types of event that it looks at; {@code event} has the fields that all of them share
 * @param when CEL of type bool
 * @param decision what it says when it fires
 * @param enforce what it wants done when the policy denies
 * @param severity for people: {@code critical}, {@code high}, {@code medium}, {@code low} or {@code info}
 * @param messageExpression CEL of type string, for people
 */
public record RuleSource(
        String name,
        Set<EventType> on,
        String when,
        Decision decision,
        EnforceAction enforce,
        String severity,
        @Nullable String messageExpression) {

    public RuleSource {
        on = on.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(on));
    }
}
