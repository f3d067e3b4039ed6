package io.fourthlog.actionlog.event;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Something failed, or was not seen: a blind spot is an event.
 *
 * @param errorClass dotted, from the general to the special: {@code sensor.gap.ring}, {@code tool.timeout}
 * @param originatingEventId the event that failed
 * @param recoveryAction what was done about it
 * @param gap what a {@code sensor.gap.*} error did not see
 */
public record ErrorEvent(
        Header header,
        String errorClass,
        @Nullable UUID originatingEventId,
        @Nullable String recoveryAction,
        @Nullable Gap gap)
        implements Event {

    public ErrorEvent {
        errorClass = Rules.text("error_class", errorClass);
        recoveryAction = Rules.optionalText("recovery_action", recoveryAction);
        Rules.Unknowns.of(header)
                .field("originating_event_id", originatingEventId)
                .field("recovery_action", recoveryAction)
                .nothingElse(EventType.ERROR);
    }

    @Override
    public EventType type() {
        return EventType.ERROR;
    }
}
