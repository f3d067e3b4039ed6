package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.log.RetentionClass;
import org.jspecify.annotations.Nullable;

/** Takes finished events, in the order in which they were completed; nothing in them is plaintext. */
@FunctionalInterface
public interface EventSink {
    void accept(Event event);

    /**
     * Takes an event that is to be kept for as long as its class says.
     *
     * @param kept {@code null} when nobody says: then for ever
     */
    default void accept(Event event, @Nullable RetentionClass kept) {
        accept(event);
    }
}
