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

    /** The index of a name, without escapes. */
    int indexInAnyCase(byte[] text, int from, int to) {
        for (int i = 0; i < names.length; i++) {
            if (equalsInAnyCase(text, from, to, names[i])) {
                return i;
            }
        }
        return -1;
    }

    /** As Go's encoding/json compares names: the letters ſ and K fold to ASCII as well. */
    private static boolean equalsInAnyCase(byte[] text, int from, int to, byte[] name) {
        int at = from;
        for (byte b : name) {
            int c = at < to ? text[at++] : -1;
            if (c == (byte) 0xC5 && at < to && text[at] == (byte) 0xBF) {
                c = 's';
                at++;
            } else if (c == (byte) 0xE2 && at + 1 < to && text[at] == (byte) 0x84 && text[at + 1] == (byte) 0xAA) {
                c = 'k';
                at += 2;
            }
            if (lowerCase(c) != lowerCase(b)) {
                return false;
            }
        }
        return at == to;
    }

    private static int lowerCase(int c) {
        return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    }
}
