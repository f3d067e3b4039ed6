package io.fourthlog.redaction.json;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The few member names that a decoder knows, so that {@link JsonReader#nameIn} can tell which one it is at without making a
 * String. Immutable; made once per decoder.
 */
public final class JsonNames {

    private final byte[][] names;

    private JsonNames(byte[][] names) {
        this.names = names;
    }

    /** Names in the order of the indexes that {@link JsonReader#nameIn} returns. */
    public static JsonNames of(String... names) {
        return new JsonNames(List.of(names).stream()
                .map(name -> name.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new));
    }

    int indexOf(JsonReader reader) {
        for (int i = 0; i < names.length; i++) {
            if (reader.contentEquals(names[i])) {
                return i;
            }
        }
        return -1;
    }
}
