package io.fourthlog.policy;

import io.fourthlog.actionlog.event.Destination;
import org.jspecify.annotations.Nullable;

/**
 * What a rule may know beside the event itself.
 *
 * @param trace the trace so far, this event included when {@link TraceState#observe} came first
 * @param destination where the action went, for {@code event.destination}; {@code null} when it left no connection
 */
public record Facts(TraceView trace, @Nullable Destination destination) {

    /** Nothing beside the event. */
    public static final Facts NONE = new Facts(TraceView.EMPTY, null);
}
