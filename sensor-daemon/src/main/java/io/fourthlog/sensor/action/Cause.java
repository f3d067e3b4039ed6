package io.fourthlog.sensor.action;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What an action follows from.
 *
 * @param traceId the trace it belongs to, 32 lower-case hex digits
 * @param eventId the event that led to it; {@code null} at the root of a trace
 * @param seenIn the trace that it would belong to if it named none itself, by which it is judged as well; {@code null} where
 *     nothing was seen in that one before
 */
public record Cause(
        String traceId, @Nullable UUID eventId, @Nullable String seenIn) {

    /** The root of a trace that begins here. */
    public static Cause begin(final String traceId) {
        return new Cause(traceId, null, null);
    }

    /** The root of a trace that other actions without a cause are in as well. */
    public static Cause in(final String traceId) {
        return new Cause(traceId, null, traceId);
    }

    /** The same trigger in the trace that the action names itself, if it names one. */
    public Cause inTrace(final @Nullable String named) {
        return named == null ? this : new Cause(named, eventId, seenIn);
    }

    /** The cause of what follows from the event with this id, which has this cause. */
    public Cause then(final UUID id) {
        return new Cause(traceId, id, seenIn == null ? traceId : seenIn);
    }
}
