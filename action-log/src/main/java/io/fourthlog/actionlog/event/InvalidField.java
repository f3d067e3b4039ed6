package io.fourthlog.actionlog.event;

import java.io.Serial;

/** A value that a field must not have; the codec turns it into an {@link EventFormatException} with a place. */
final class InvalidField extends IllegalArgumentException {

    @Serial
    private static final long serialVersionUID = 1;

    private final String field;
    private final String reason;

    /**
     * @param field the wire name, with dots into nested objects
     * @param reason what is wrong, to be read after the name
     */
    InvalidField(String field, String reason) {
        super(field + " " + reason);
        this.field = field;
        this.reason = reason;
    }

    String field() {
        return field;
    }

    String reason() {
        return reason;
    }
}
