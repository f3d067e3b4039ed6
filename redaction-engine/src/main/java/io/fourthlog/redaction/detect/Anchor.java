package io.fourthlog.redaction.detect;

import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;

/**
 * A cheap sign that a detector may have something here: two neighbouring bytes, each of a class, and perhaps a literal that they
 * begin. The text is taken to follow a line feed.
 */
final class Anchor {

    private static final byte[] NO_LITERAL = new byte[0];

    private final IntPredicate before;
    private final IntPredicate at;
    private final byte[] literal;

    private Anchor(IntPredicate before, IntPredicate at, byte[] literal) {
        this.before = before;
        this.at = at;
        this.literal = literal;
    }

    /** Every occurrence of a text of at least two ASCII characters; the anchor is its first byte. */
    static Anchor literal(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        if (bytes.length < 2) {
            throw new IllegalArgumentException("a literal anchor has at least two bytes: " + text);
        }
        return new Anchor(b -> b == bytes[0], b -> b == bytes[1], bytes);
    }

    /** Every occurrence of a character after a byte of a class; the anchor is the character. */
    static Anchor after(int classes, char c) {
        return new Anchor(b -> Bytes.is((byte) b, classes), b -> b == c, NO_LITERAL);
    }

    /** Every first byte of a run of bytes of a class. */
    static Anchor startOf(int classes) {
        return new Anchor(b -> !Bytes.is((byte) b, classes), b -> Bytes.is((byte) b, classes), NO_LITERAL);
    }

    boolean acceptsPair(int beforeByte, int atByte) {
        return before.test(beforeByte) && at.test(atByte);
    }

    /** Index of the anchor when its pair ends at {@code second}, or -1 when its literal is not there. */
    int locate(byte[] text, int from, int to, int second) {
        if (literal.length == 0) {
            return second;
        }
        int first = second - 1;
        return first >= from && Bytes.startsWith(text, first, to, literal) ? first : -1;
    }
}
