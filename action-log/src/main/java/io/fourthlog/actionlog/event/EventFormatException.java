package io.fourthlog.actionlog.event;

import java.io.Serial;

/** Bytes that are not an event: which field is wrong, where, and why. */
public final class EventFormatException extends Exception {

    @Serial
    private static final long serialVersionUID = 1;

    private final String field;
    private final long offset;

    EventFormatException(String field, long offset, String reason) {
        super((field.isEmpty() ? "" : field + ", ") + "byte " + offset + ": " + reason);
        this.field = field;
        this.offset = offset;
    }

    /** The wire name of the field, with dots into nested objects; empty when it is the event as a whole. */
    public String field() {
        return field;
    }

    /** Where in the input the trouble was noticed, in bytes from its start. */
    public long offset() {
        return offset;
    }
}
