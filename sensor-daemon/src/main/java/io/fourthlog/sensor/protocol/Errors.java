package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import org.jspecify.annotations.Nullable;

/** What model APIs write in an {@code error} member: a text, or an object that names the error in one of a few members. */
final class Errors {
    private static final JsonNames NAMES = JsonNames.of("type", "status", "code");
    private static final int NAMES_TYPE = 0;

    private Errors() {}

    /** Reads the current value; {@code null} is no error. */
    static void read(final JsonCursor json, final AnswerBuilder answer) {
        if (json.isString()) {
            answer.error(null); // the text is a message to a person, which may quote the prompt
        } else if (json.isObject()) {
            answer.error(name(json));
        }
    }

    private static @Nullable String name(final JsonCursor json) {
        String type = null;
        String other = null;
        final int depth = json.enter();
        for (int name = json.member(depth, NAMES); name != JsonCursor.END; name = json.member(depth, NAMES)) {
            if (name == NAMES_TYPE) {
                type = json.name();
            } else if (json.name() != null) {
                other = json.name();
            }
        }
        return type != null ? type : other;
    }
}
