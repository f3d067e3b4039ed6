package io.fourthlog.policy;

import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.policy.behaviour.Past;
import org.jspecify.annotations.Nullable;

/**
 * What a rule may know beside the event itself.
 *
 * @param past what happened before, from {@link io.fourthlog.policy.behaviour.Behaviour}, which was given the event first
 * @param destination where the action went, for {@code event.destination}; {@code null} when it left no connection
 */
public record Facts(Past past, @Nullable Destination destination) {

    /** Nothing beside the event. */
    public static final Facts NONE = new Facts(Past.NONE, null);
}
