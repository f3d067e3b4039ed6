package io.fourthlog.trail.reading;

import io.fourthlog.actionlog.event.Event;
import java.time.Instant;
import java.util.Comparator;
import java.util.UUID;

/**
 * An event and where it is.
 *
 * @param log the name of the log
 * @param leaf its index in the log
 * @param json as it stands in the log
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, never changed
public record LoggedEvent(String log, long leaf, byte[] json, Event event) {

    /** By time; then by id, which sorts by time as well. */
    public static final Comparator<LoggedEvent> BY_TIME =
            Comparator.comparing(LoggedEvent::ts).thenComparing(LoggedEvent::id);

    public UUID id() {
        return event.header().eventId();
    }

    public Instant ts() {
        return event.header().ts();
    }
}
