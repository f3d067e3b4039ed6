package io.fourthlog.sensor.database;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads numbers and texts that tell their length out of what was collected of a MySQL packet; past its end there are zeros. */
final class MySqlCursor {
    static final int NAME = 128; // characters of a name

    private final byte[] bytes;
    private final int end;
    private int at;

    MySqlCursor(final byte[] bytes, final int at, final int end) {
        this.bytes = bytes;
        this.at = at;
        this.end = end;
    }

    int at() {
        return at;
    }

    boolean isOver() {
        return at == end;
    }

    int next() {
        return at < end ? bytes[at++] & 0xff : 0;
    }

    long next(final int octets) {
        long value = 0;
        for (int i = 0; i < octets; i++) {
            value |= (long) next() << (Byte.SIZE * i);
        }
        return value;
    }

    /** A number of one octet, or of as many as that says. */
    long length() {
        final int first = next();
        final int more = MySqlValues.more(first);
        return more == 0 ? first : next(more);
    }

    void skip(final long octets) {
        at = octets < 0 || octets > end - at ? end : at + (int) octets;
    }

    /** A text behind its length. */
    String text() {
        final long length = length();
        final int from = at;
        skip(length);
        return text(from);
    }

    String zeroEnded() {
        final int from = at;
        while (at < end && bytes[at] != 0) {
            at++;
        }
        final String text = text(from);
        skip(1);
        return text;
    }

    /** All that is left. */
    String rest() {
        final int from = at;
        at = end;
        return text(from);
    }

    private String text(final int from) {
        final String text = new String(bytes, from, at - from, StandardCharsets.UTF_8);
        return text.length() <= NAME ? text : text.substring(0, NAME);
    }

    static @Nullable String orNull(final String text) {
        return text.isEmpty() ? null : text;
    }
}
