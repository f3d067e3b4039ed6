package io.fourthlog.sensor.action;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What an action follows from.
 *
 * @param traceId the trace it belongs to, 32 lower-case hex digits
 * @param eventId the event that led to it; {@code null} at the root of a trace
 */
public record Cause(String traceId, @Nullable UUID eventId) {
    /** The same trigger in the trace that the action names itself, if it names one. */
    public Cause inTrace(final @Nullable String named) {
        return named == null ? this : new Cause(named, eventId);
    }

    /** The cause of what follows from the event with this id, which has this cause. */
    public Cause then(final UUID id) {
        return new Cause(traceId, id);
    }
}
