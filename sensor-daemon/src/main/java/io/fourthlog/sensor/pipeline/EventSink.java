package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Event;

/** Takes finished events, in the order in which they were completed; nothing in them is plaintext. */
@FunctionalInterface
public interface EventSink {
    void accept(Event event);
}
