package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.redaction.json.JsonReader;
import io.fourthlog.redaction.json.JsonReader.Token;
import io.fourthlog.sensor.http.Traceparent;
import io.fourthlog.sensor.streams.ContentBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Walks a captured JSON document once, from its first byte to its last, and copies out of it what a decoder asks for. What
 * the decoder does not enter or take is skipped, so it only says where it wants to go:
 *
 * <pre>{@code
 * final int depth = json.enter();
 * for (int name = json.member(depth, NAMES); name != END; name = json.member(depth, NAMES)) {
 *     switch (name) { case MODEL -> model = json.name(); case CHOICES -> choices(json); }
 * }
 * }</pre>
 *
 * Values are handed on before it is known that the rest is valid, so that {@link #finish()} has the last word.
 */
final class JsonCursor {
    /** No member or element is left. */
    static final int END = -2;

    /** The depth of what has no members and no elements. */
    static final int NOTHING = Integer.MAX_VALUE;

    private static final long MAX_COUNT = (1L << 53) - 1; // the largest that the record can hold exactly
    private static final int MAX_NAME = 256; // bytes of a model, tool or call id; published ones are below 100

    /** The most scalars of which it is known where they are that nobody asked for. */
    static final int UNREAD = 6;

    private final JsonReader reader;
    private final int[] unread = new int[2 * UNREAD]; // begin and end of each, strings without their quotes
    private int unreadNumber; // beyond UNREAD: unknown
    private final long[] met; // of the container at each depth that was entered: names, by their index
    private boolean strict;
    private boolean ambiguous;
    private byte[] bytes = new byte[0];
    private int from;
    private int limit;

    JsonCursor(final int maxDepth) {
        reader = new JsonReader(maxDepth);
        met = new long[maxDepth + 1];
    }

    /** Goes to the value that begins at {@code offset}; answers whether it is an object. */
    boolean begin(final byte[] json, final int offset, final int length) {
        bytes = json;
        from = offset;
        limit = offset + length;
        unreadNumber = 0;
        strict = false;
        ambiguous = false;
        reader.reset(json, offset, length);
        return reader.next() == Token.OBJECT_START;
    }

    /**
     * From here on {@link #isAmbiguous} says whether parsers may differ in what a document says. A name in another case counts as the name,
     * as it does for Go's; all others pass over it.
     */
    void strictly() {
        strict = true;
    }

    /** Whether a name that was looked for came twice in an object, or in another case. */
    boolean isAmbiguous() {
        return ambiguous;
    }

    /** Goes back to the beginning of the document, to read it once more. */
    void again() {
        unreadNumber = UNREAD + 1;
        reader.reset(bytes, from, limit - from);
        reader.next();
    }

    /** Whether the document, read to its end, was valid. Lets go of it. */
    boolean finish() {
        while (!reader.token().isLast()) {
            reader.next();
        }
        final boolean valid = reader.token() == Token.END;
        reader.clear();
        return valid;
    }

    /** What the current value is, by its first token. */
    Token token() {
        return reader.token();
    }

    boolean isObject() {
        return reader.token() == Token.OBJECT_START;
    }

    boolean isArray() {
        return reader.token() == Token.ARRAY_START;
    }

    boolean isString() {
        return reader.token() == Token.STRING;
    }

    boolean isTrue() {
        return reader.token() == Token.TRUE;
    }

    /** Goes into the current value; of one that is no container nothing comes. */
    int enter() {
        if (!isObject() && !isArray()) {
            return NOTHING;
        }
        met[reader.depth()] = 0;
        return reader.depth();
    }

    /** The index of the next member's name, whose value is then the current one; other names are skipped; or {@link #END}. */
    int member(final int depth, final JsonNames names) {
        while (leave(depth) && reader.next() == Token.FIELD_NAME) {
            final int name = strict ? strictly(depth, names) : reader.nameIn(names);
            reader.next();
            if (name >= 0) {
                return name;
            }
            passOver();
        }
        return END;
    }

    private int strictly(final int depth, final JsonNames names) {
        final int exactly = reader.nameIn(names);
        final int name = exactly >= 0 ? exactly : reader.nameInAnyCase(names);
        if (name >= 0) {
            ambiguous |= exactly < 0 || (met[depth] & 1L << name) != 0;
            met[depth] |= 1L << name;
        }
        return name;
    }

    /** Goes to the value of the next member, whatever its name is; {@code false} if there is none. */
    boolean member(final int depth) {
        if (leave(depth) && reader.next() == Token.FIELD_NAME) {
            reader.next();
            return true;
        }
        return false;
    }

    private void passOver() {
        if (isString() || reader.token() == Token.NUMBER) {
            if (unreadNumber < UNREAD) {
                unread[2 * unreadNumber] = reader.start();
                unread[2 * unreadNumber + 1] = reader.end();
            }
            unreadNumber++;
        }
    }

    /** How many strings and numbers were members that nobody asked for; beyond {@link #UNREAD} it is not known which. */
    int unread() {
        return unreadNumber;
    }

    int unreadStart(final int index) {
        return unread[2 * index];
    }

    int unreadEnd(final int index) {
        return unread[2 * index + 1];
    }

    /** Index in the document's array of the current value's first byte, after the quote of a string. */
    int start() {
        return reader.start();
    }

    int end() {
        return reader.end();
    }

    /** Goes to the next element; {@code false} if there is none. */
    boolean element(final int depth) {
        return leave(depth)
                && reader.next() != Token.ARRAY_END
                && !reader.token().isLast();
    }

    /** Skips what was not read of the container's current member or element. */
    private boolean leave(final int depth) {
        if (depth == NOTHING) {
            return false;
        }
        while (reader.depth() > depth && !reader.token().isLast()) {
            reader.next();
        }
        return !reader.token().isLast();
    }

    /** Whether the current value is this string. */
    boolean is(final byte[] utf8) {
        return isString() && reader.contentEquals(utf8);
    }

    /** The index of the current value, a string, in a table; -1 if it is none of them. */
    int in(final JsonNames names) {
        return isString() ? reader.nameIn(names) : -1;
    }

    /** An integer, {@code null} if the current value is none. */
    @Nullable
    Long integer() {
        return reader.isLong() ? reader.longValue() : null;
    }

    /** A non-negative integer, or -1. */
    long count() {
        if (!reader.isLong()) {
            return -1;
        }
        final long value = reader.longValue();
        return value < 0 || value > MAX_COUNT ? -1 : value;
    }

    /** The same as an index in {@code [0, limit)}, for anything else 0. */
    int index(final int limit) {
        final long value = count();
        return value < 0 || value >= limit ? 0 : (int) value;
    }

    /**
     * A name that the record may show, without control characters; one of more than 256 bytes is replaced by its length.
     * {@code null} if the current value is no string or an empty one.
     */
    @Nullable
    String name() {
        if (!isString() || reader.start() == reader.end()) {
            return null;
        }
        final int length = reader.end() - reader.start();
        if (length > MAX_NAME) {
            return "(a name of " + length + " bytes)";
        }
        final byte[] utf8 = new byte[length];
        final String text = new String(utf8, 0, reader.unescape(utf8, 0), StandardCharsets.UTF_8);
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                return printable(text);
            }
        }
        return text;
    }

    private static String printable(final String text) {
        final StringBuilder printable = new StringBuilder(text.length());
        text.codePoints()
                .map(point -> Character.isISOControl(point) ? 0xFFFD : point)
                .forEach(printable::appendCodePoint);
        return printable.toString();
    }

    /** Appends the current value, a string, unescaped as UTF-8; {@code false} if it does not fit. Nothing if it is none. */
    boolean text(final ContentBuffer target) {
        if (!isString()) {
            return true;
        }
        if (!target.ensure(reader.end() - reader.start())) {
            return false;
        }
        target.advance(reader.unescape(target.array(), target.length()));
        return true;
    }

    /** Appends the JSON of the current value as it stands, and goes to its end; {@code false} if it does not fit. */
    boolean raw(final ContentBuffer target) {
        final int start = isString() ? reader.start() - 1 : reader.start();
        reader.skipValue();
        return reader.token().isFailure() || target.append(bytes, start, reader.position() - start);
    }

    /** The trace id in a string that is a {@code traceparent}. */
    @Nullable
    String traceId() {
        return isString() ? Traceparent.traceId(bytes, reader.start(), reader.end()) : null;
    }
}
