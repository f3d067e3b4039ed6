package io.fourthlog.redaction.json;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON (RFC 8259, strictly) from a range of a byte array, one token a call, without making a String of a value; the
 * sensor's decoders and the redaction engine read every message with it.
 *
 * <pre>{@code
 * reader.reset(bytes, offset, length);
 * for (Token token = reader.next(); !token.isLast(); token = reader.next()) { ... }
 * }</pre>
 *
 * <p>Input comes from outside, so a bad one is a token and not an exception: {@link Token#MALFORMED}, {@link Token#TRUNCATED}
 * (more bytes could still make it valid) and {@link Token#TOO_DEEP}, each with {@link #problem()} and {@link #problemOffset()}.
 * Strings must be well-formed UTF-8 (Unicode, table 3-7). Member names may repeat. Time is linear in the input and memory is
 * bounded by the depth. Reused by {@link #reset}; confined to one thread at a time.
 */
public final class JsonReader {

    /** Containers in containers, unless the constructor says otherwise. */
    public static final int DEFAULT_MAX_DEPTH = 256;

    /** What {@link #next()} found. */
    public enum Token {
        OBJECT_START,
        OBJECT_END,
        ARRAY_START,
        ARRAY_END,
        FIELD_NAME,
        STRING,
        NUMBER,
        TRUE,
        FALSE,
        NULL,
        /** One whole value was read and nothing but whitespace follows. */
        END,
        /** The input ends inside a value: it is the beginning of a valid document. */
        TRUNCATED,
        /** No continuation of the input is valid JSON. */
        MALFORMED,
        /** More containers in containers than allowed. */
        TOO_DEEP;

        /** Whether no other token follows. */
        public boolean isLast() {
            return this == END || isFailure();
        }

        /** Whether the input is not one whole value. */
        public boolean isFailure() {
            return this == TRUNCATED || this == MALFORMED || this == TOO_DEEP;
        }
    }

    private enum Expect {
        VALUE,
        VALUE_OR_ARRAY_END,
        NAME_OR_OBJECT_END,
        NAME,
        COMMA_OR_END,
        NOTHING
    }

    private static final byte[] EMPTY = new byte[0];

    private final int maxDepth;
    private final long[] objects; // bit d: the container at depth d + 1 is an object

    private byte[] bytes = EMPTY;
    private int origin;
    private int limit;
    private int position;
    private int depth;
    private Expect expect = Expect.NOTHING;
    private Token token = Token.END;
    private int start;
    private int end;
    private boolean escaped;
    private @Nullable String problem;

    public JsonReader() {
        this(DEFAULT_MAX_DEPTH);
    }

    /**
     * A reader of nothing, until it is {@link #reset}.
     *
     * @param maxDepth most containers in containers; at least 1
     */
    public JsonReader(int maxDepth) {
        if (maxDepth < 1) {
            throw new IllegalArgumentException("maxDepth: " + maxDepth);
        }
        this.maxDepth = maxDepth;
        this.objects = new long[(maxDepth + 63) / 64];
    }

    /**
     * Starts at the beginning of a range, which must not change while it is read.
     *
     * @return this
     */
    public JsonReader reset(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        this.bytes = bytes;
        origin = offset;
        limit = offset + length;
        position = offset;
        depth = 0;
        expect = Expect.VALUE;
        token = Token.NULL;
        start = offset;
        end = offset;
        escaped = false;
        problem = null;
        return this;
    }

    /** Lets go of the input. */
    public void clear() {
        reset(EMPTY, 0, 0);
        expect = Expect.NOTHING;
        token = Token.END;
    }

    /** Reads the next token. Once it {@linkplain Token#isLast is last}, it stays. */
    public Token next() {
        if (token.isLast()) {
            return token;
        }
        skipWhitespace();
        if (position == limit) {
            return expect == Expect.NOTHING ? at(Token.END, limit, limit) : truncated();
        }
        byte b = bytes[position];
        return switch (expect) {
            case VALUE -> value(b);
            case VALUE_OR_ARRAY_END -> b == ']' ? close() : value(b);
            case NAME_OR_OBJECT_END -> b == '}' ? close() : name(b);
            case NAME -> name(b);
            case COMMA_OR_END -> afterValue(b);
            case NOTHING -> malformed("something follows the value");
        };
    }

    /** The token that {@link #next()} returned last. */
    public Token token() {
        return token;
    }

    /**
     * Skips what the current token begins: the value of a name, or the rest of a container. Does nothing at another token.
     *
     * @return the last token of the value, or a failure
     */
    public Token skipValue() {
        if (token == Token.FIELD_NAME) {
            next();
        }
        if (token == Token.OBJECT_START || token == Token.ARRAY_START) {
            int outside = depth - 1;
            while (depth > outside && !token.isLast()) {
                next();
            }
        }
        return token;
    }

    /** Containers that are open. */
    public int depth() {
        return depth;
    }

    /** Index in the array of the current token's first byte; for a name or a string, of the first byte between the quotes. */
    public int start() {
        return start;
    }

    /** Index in the array after the current token's last byte; for a name or a string, of the closing quote. */
    public int end() {
        return end;
    }

    /** Index in the array after the current token, closing quote included. */
    public int position() {
        return position;
    }

    /** Whether the current name or string has escapes, so that its bytes are not its content. */
    public boolean escaped() {
        return escaped;
    }

    /**
     * Writes the content of the current name or string as UTF-8; an escaped surrogate without its other half becomes U+FFFD.
     *
     * @param target has room for {@code end() - start()} bytes, which is never too little
     * @return bytes written
     */
    public int unescape(byte[] target, int offset) {
        requireText();
        return JsonStrings.unescape(bytes, start, end, target, offset);
    }

    /** Index of the first byte from {@code from} on, before the limit, that is not ASCII which stands for itself in a string. */
    public static int endOfPlain(byte[] bytes, int from, int limit) {
        int i = JsonStrings.plain(bytes, from, limit);
        while (i < limit && bytes[i] >= ' ' && bytes[i] != '"' && bytes[i] != '\\') {
            i++;
        }
        return i;
    }

    /** Whether the content of the current name or string, unescaped, is this UTF-8. */
    public boolean contentEquals(byte[] utf8) {
        requireText();
        if (escaped) {
            return JsonStrings.unescapedEquals(bytes, start, end, utf8);
        }
        int length = end - start;
        if (length != utf8.length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (bytes[start + i] != utf8[i]) {
                return false;
            }
        }
        return true;
    }

    /** Whether the current token is the name of a member, and this one. */
    public boolean fieldNameEquals(byte[] utf8) {
        return token == Token.FIELD_NAME && contentEquals(utf8);
    }

    /** Index of the current name or string in the table, or -1. */
    public int nameIn(JsonNames names) {
        requireText();
        return names.indexOf(this);
    }

    /** The same whatever the case of its letters is, as some parsers take a name. */
    public int nameInAnyCase(JsonNames names) {
        requireText();
        if (!escaped) {
            return names.indexInAnyCase(bytes, start, end);
        }
        byte[] name = new byte[end - start];
        return names.indexInAnyCase(name, 0, unescape(name, 0));
    }

    /** Whether the current number has no fraction, no exponent, and fits a long. */
    public boolean isLong() {
        return token == Token.NUMBER && JsonNumbers.isLong(bytes, start, end);
    }

    /**
     * The value of the current number.
     *
     * @throws IllegalStateException unless {@link #isLong()}
     */
    public long longValue() {
        if (!isLong()) {
            throw new IllegalStateException("not a long: " + this);
        }
        return JsonNumbers.toLong(bytes, start, end);
    }

    /**
     * The double nearest to the current number, infinite if it is beyond all of them.
     *
     * @throws IllegalStateException unless the current token is a number
     */
    public double doubleValue() {
        if (token != Token.NUMBER) {
            throw new IllegalStateException("not a number: " + this);
        }
        return JsonNumbers.toDouble(bytes, start, end);
    }

    /**
     * What is wrong with the input, without any of it.
     *
     * @throws IllegalStateException unless the current token {@linkplain Token#isFailure is a failure}
     */
    public String problem() {
        if (problem == null) {
            throw new IllegalStateException("no problem: " + this);
        }
        return problem;
    }

    /** Where the problem is, in bytes from the beginning of the range. */
    public int problemOffset() {
        return start - origin;
    }

    /** The token and its place, never content. */
    @Override
    public String toString() {
        return "JsonReader[" + token + " at byte " + (start - origin) + "]";
    }

    private Token value(byte b) {
        return switch (b) {
            case '{' -> open(Token.OBJECT_START, true, Expect.NAME_OR_OBJECT_END);
            case '[' -> open(Token.ARRAY_START, false, Expect.VALUE_OR_ARRAY_END);
            case '"' -> string(Token.STRING);
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            case 't' -> literal(Token.TRUE, "true");
            case 'f' -> literal(Token.FALSE, "false");
            case 'n' -> literal(Token.NULL, "null");
            default -> malformed("expected a value");
        };
    }

    private Token name(byte b) {
        return b == '"' ? string(Token.FIELD_NAME) : malformed("expected a name in quotes");
    }

    private Token afterValue(byte b) {
        boolean object = inObject();
        if (b == (object ? '}' : ']')) {
            return close();
        }
        if (b != ',') {
            return malformed(object ? "expected ',' or '}'" : "expected ',' or ']'");
        }
        position++;
        expect = object ? Expect.NAME : Expect.VALUE;
        return next();
    }

    private Token open(Token opened, boolean object, Expect inside) {
        if (depth == maxDepth) {
            return fail(Token.TOO_DEEP, position, "more than " + maxDepth + " containers in containers");
        }
        long bit = 1L << depth;
        objects[depth >>> 6] = object ? objects[depth >>> 6] | bit : objects[depth >>> 6] & ~bit;
        depth++;
        expect = inside;
        position++;
        return at(opened, position - 1, position);
    }

    private Token close() {
        Token closed = inObject() ? Token.OBJECT_END : Token.ARRAY_END;
        depth--;
        position++;
        valueEnded();
        return at(closed, position - 1, position);
    }

    private boolean inObject() {
        return (objects[(depth - 1) >>> 6] >>> (depth - 1) & 1) != 0;
    }

    private void valueEnded() {
        expect = depth == 0 ? Expect.NOTHING : Expect.COMMA_OR_END;
    }

    private Token literal(Token found, String text) {
        int from = position;
        for (int i = 0; i < text.length(); i++, position++) {
            if (position == limit) {
                return truncated();
            }
            if (bytes[position] != text.charAt(i)) {
                return malformed("expected " + text);
            }
        }
        valueEnded();
        return at(found, from, position);
    }

    private Token number() {
        int from = position;
        if (bytes[position] == '-') {
            position++;
        }
        if (position < limit && bytes[position] == '0') {
            position++;
        } else if (!digits()) {
            return digitsMissing();
        }
        if (position < limit && bytes[position] == '.') {
            position++;
            if (!digits()) {
                return digitsMissing();
            }
        }
        if (position < limit && (bytes[position] | 0x20) == 'e') {
            position++;
            if (position < limit && (bytes[position] == '+' || bytes[position] == '-')) {
                position++;
            }
            if (!digits()) {
                return digitsMissing();
            }
        }
        valueEnded();
        return at(Token.NUMBER, from, position);
    }

    private boolean digits() {
        int from = position;
        while (position < limit && bytes[position] >= '0' && bytes[position] <= '9') {
            position++;
        }
        return position > from;
    }

    private Token digitsMissing() {
        return position == limit ? truncated() : malformed("expected a digit");
    }

    private Token string(Token found) {
        int from = position + 1;
        boolean escapes = false;
        int i = from;
        while (i < limit) {
            byte b = bytes[i];
            if (b == '"') {
                position = i + 1;
                if (found == Token.FIELD_NAME) {
                    return colonAfter(from, i, escapes);
                }
                valueEnded();
                escaped = escapes;
                return at(found, from, i);
            }
            int size;
            if (b == '\\') {
                escapes = true;
                size = escapeLength(i);
            } else if (b >= 0x20) {
                size = JsonStrings.plain(bytes, i + 1, limit) - i;
            } else if (b >= 0) {
                position = i;
                return malformed("control character in a string");
            } else {
                size = JsonStrings.sequenceLength(bytes, i, limit);
            }
            if (size <= 0) {
                position = i;
                return size == JsonStrings.CUT ? truncated() : malformed(b == '\\' ? "not an escape" : "not UTF-8");
            }
            i += size;
        }
        return truncated();
    }

    /** A name is returned only when its colon is there, so that a value is all that can follow it. */
    private Token colonAfter(int from, int to, boolean escapes) {
        skipWhitespace();
        if (position == limit) {
            return truncated();
        }
        if (bytes[position] != ':') {
            return malformed("expected ':'");
        }
        position++;
        expect = Expect.VALUE;
        escaped = escapes;
        return at(Token.FIELD_NAME, from, to);
    }

    private int escapeLength(int at) {
        if (at + 1 == limit) {
            return JsonStrings.CUT;
        }
        if (bytes[at + 1] != 'u') {
            return JsonStrings.isShortEscape(bytes[at + 1]) ? 2 : JsonStrings.INVALID;
        }
        for (int i = at + 2; i < at + 6; i++) {
            if (i == limit) {
                return JsonStrings.CUT;
            }
            if (Character.digit(bytes[i], 16) < 0) {
                return JsonStrings.INVALID;
            }
        }
        return 6;
    }

    private void skipWhitespace() {
        while (position < limit
                && (bytes[position] == ' '
                        || bytes[position] == '\n'
                        || bytes[position] == '\r'
                        || bytes[position] == '\t')) {
            position++;
        }
    }

    private Token at(Token found, int from, int to) {
        token = found;
        start = from;
        end = to;
        return found;
    }

    private Token truncated() {
        return fail(Token.TRUNCATED, limit, "the input ends inside a value");
    }

    private Token malformed(String message) {
        return fail(Token.MALFORMED, position, message);
    }

    private Token fail(Token failure, int offset, String message) {
        problem = message;
        return at(failure, offset, offset);
    }

    private void requireText() {
        if (token != Token.STRING && token != Token.FIELD_NAME) {
            throw new IllegalStateException("not a name or a string: " + this);
        }
    }
}
