package io.fourthlog.policy.behaviour;

import io.fourthlog.actionlog.event.EventType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What a chain consists of, in the order in which it happened: the events, and two things that are not events of their own. */
public enum Step {
    TOOL_INVOCATION(EventType.TOOL_INVOCATION.wire()),
    MODEL_INVOCATION(EventType.MODEL_INVOCATION.wire()),
    DATA_ACCESS(EventType.DATA_ACCESS.wire()),
    IDENTITY_ASSERTION(EventType.IDENTITY_ASSERTION.wire()),
    ERROR(EventType.ERROR.wire()),
    /** A model asked for a tool. */
    TOOL_REQUESTED("tool_requested"),
    /** A policy denied an event. */
    DENIED("denied");

    private static final Step[] VALUES = values();

    private final String text;

    Step(String text) {
        this.text = text;
    }

    /** As rules write it. */
    public String text() {
        return text;
    }

    /** All that rules can write. */
    public static List<String> texts() {
        return Arrays.stream(VALUES).map(Step::text).toList();
    }

    /** The step of this name. */
    public static Optional<Step> of(String text) {
        return Arrays.stream(VALUES).filter(step -> step.text.equals(text)).findFirst();
    }

    static Step at(int ordinal) {
        return VALUES[ordinal];
    }
}
