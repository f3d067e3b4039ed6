package io.fourthlog.policy;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Event;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What an {@link EnforceAction} is to be done to, as far as the event tells. The evaluator never acts: the sensor does. */
public sealed interface EnforceTarget {

    /** Nothing is to be done. */
    record Nothing() implements EnforceTarget {}

    /** The connection that this event went over. */
    record Connection(String workloadId, UUID eventId, Destination destination) implements EnforceTarget {}

    /** Every connection of the workload to this host, from now on. */
    record Host(String workloadId, Destination destination) implements EnforceTarget {}

    /** The process that did this. */
    record Actor(String workloadId, UUID eventId) implements EnforceTarget {}

    /** The event has nothing that this could be done to: enforcement fails, for this reason. */
    record Missing(String reason) implements EnforceTarget {}

    /** What {@code action} is to be done to after {@code event}, which went to {@code destination}. */
    static EnforceTarget of(EnforceAction action, Event event, @Nullable Destination destination) {
        final String workload = event.header().workloadId();
        final UUID id = event.header().eventId();
        return switch (action) {
            case NONE -> new Nothing();
            case TERMINATE -> new Actor(workload, id);
            case RESET -> destination == null ? missing(event) : new Connection(workload, id, destination);
            case BLOCK -> destination == null ? missing(event) : new Host(workload, destination);
        };
    }

    private static Missing missing(Event event) {
        return new Missing(
                event instanceof DataAccess
                        ? "the data_access went to no host"
                        : "where the " + event.type().wire() + " went was not seen");
    }
}
