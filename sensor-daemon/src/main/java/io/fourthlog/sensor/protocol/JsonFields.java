package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.redaction.json.JsonReader;
import io.fourthlog.redaction.json.JsonReader.Token;
import io.fourthlog.sensor.streams.ContentBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where the members of one JSON object are that a decoder asks for: a reusable view of a captured message, read only once
 * the whole object is known to be valid. Of a repeated name the last one counts, as it does for the agents' own parsers.
 */
final class JsonFields {
    /** Takes the elements of an array. */
    @FunctionalInterface
    interface Elements {
        /** One element, container or not, as the range of its JSON. */
        void element(int from, int to);
    }

    private static final long MAX_COUNT = (1L << 53) - 1; // the largest that the record can hold exactly
    private static final int MAX_NAME = 256; // bytes of a model, tool or call id; published ones are below 100

    private final JsonNames names;
    private final JsonReader reader;
    private final Token[] tokens;
    private final int[] starts;
    private final int[] ends;
    private final boolean strict;
    private boolean ambiguous;
    private byte[] bytes = new byte[0];

    JsonFields(final int maxDepth, final String... names) {
        this(false, maxDepth, names);
    }

    private JsonFields(final boolean strict, final int maxDepth, final String... names) {
        this.strict = strict;
        this.names = JsonNames.of(names);
        this.reader = new JsonReader(maxDepth);
        this.tokens = new Token[names.length];
        this.starts = new int[names.length];
        this.ends = new int[names.length];
    }

    /** Such that {@link #isAmbiguous} says whether parsers may differ in what is read. A name in another case counts as the name. */
    static JsonFields strict(final int maxDepth, final String... names) {
        return new JsonFields(true, maxDepth, names);
    }

    /** Whether a name came twice, or in another case. */
    boolean isAmbiguous() {
        return ambiguous;
    }

    /** Reads {@code json[from, to)}; answers whether it is one valid object. */
    boolean read(final byte[] json, final int from, final int to) {
        bytes = json;
        ambiguous = false;
        Arrays.fill(tokens, Token.NULL);
        reader.reset(json, from, to - from);
        if (reader.next() != Token.OBJECT_START) {
            return false;
        }
        while (reader.next() == Token.FIELD_NAME) {
            final int exactly = reader.nameIn(names);
            final int name = exactly >= 0 || !strict ? exactly : reader.nameInAnyCase(names);
            final Token first = reader.next();
            final int start = first == Token.STRING ? reader.start() - 1 : reader.start();
            reader.skipValue();
            if (name >= 0) {
                ambiguous |= strict && (exactly < 0 || has(name));
                tokens[name] = first;
                starts[name] = start;
                ends[name] = reader.position();
            }
        }
        return reader.token() == Token.OBJECT_END && reader.next() == Token.END;
    }

    /** The kind of the member: the first token of its value, {@link Token#NULL} if there is none. */
    Token token(final int name) {
        return tokens[name];
    }

    boolean has(final int name) {
        return tokens[name] != Token.NULL;
    }

    boolean isTrue(final int name) {
        return tokens[name] == Token.TRUE;
    }

    /** Index of the first byte of the member's JSON, quotes included. */
    int start(final int name) {
        return starts[name];
    }

    /** Index after the last byte of the member's JSON. */
    int end(final int name) {
        return ends[name];
    }

    /** Whether the member is this string. */
    boolean is(final int name, final byte[] utf8) {
        return tokens[name] == Token.STRING && at(name) == Token.STRING && reader.contentEquals(utf8);
    }

    /** An integer, {@code null} if the member is none. */
    @Nullable
    Long integer(final int name) {
        return tokens[name] == Token.NUMBER && at(name) == Token.NUMBER && reader.isLong() ? reader.longValue() : null;
    }

    /** A non-negative integer, or -1. */
    long count(final int name) {
        final Long value = integer(name);
        return value == null || value < 0 || value > MAX_COUNT ? -1 : value;
    }

    /**
     * A name that the record may show, without control characters; one of more than 256 bytes is replaced by its length.
     * {@code null} if the member is no string or an empty one.
     */
    @Nullable
    String name(final int name) {
        if (tokens[name] != Token.STRING || at(name) != Token.STRING || reader.start() == reader.end()) {
            return null;
        }
        final int length = reader.end() - reader.start();
        if (length > MAX_NAME) {
            return "(a name of " + length + " bytes)";
        }
        final byte[] utf8 = new byte[length];
        final String text = new String(utf8, 0, reader.unescape(utf8, 0), StandardCharsets.UTF_8);
        final StringBuilder printable = new StringBuilder(text.length());
        text.codePoints()
                .map(point -> Character.isISOControl(point) ? 0xFFFD : point)
                .forEach(printable::appendCodePoint);
        return printable.toString();
    }

    /** Appends the member's content, unescaped, as UTF-8; {@code false} if it is no string or does not fit. */
    boolean text(final int name, final ContentBuffer target) {
        return tokens[name] == Token.STRING && text(starts[name], ends[name], target);
    }

    /** Appends the content of the JSON string {@code [from, to)}; {@code false} if it is none or does not fit. */
    boolean text(final int from, final int to, final ContentBuffer target) {
        reader.reset(bytes, from, to - from);
        if (reader.next() != Token.STRING || !target.ensure(reader.end() - reader.start())) {
            return false;
        }
        target.advance(reader.unescape(target.array(), target.length()));
        return true;
    }

    /** Hands over the elements of a member that is an array; none if it is not. */
    void elements(final int name, final Elements elements) {
        if (tokens[name] == Token.ARRAY_START) {
            elements(starts[name], ends[name], elements);
        }
    }

    private void elements(final int from, final int to, final Elements elements) {
        final JsonReader array = new JsonReader();
        array.reset(bytes, from, to - from);
        array.next();
        for (Token token = array.next(); token != Token.ARRAY_END && !token.isLast(); token = array.next()) {
            final int start = token == Token.STRING ? array.start() - 1 : array.start();
            array.skipValue();
            elements.element(start, array.position());
        }
    }

    /** Takes the members of an object: where the JSON of each one's name and of its value is. */
    interface Members {
        void member(int nameFrom, int nameTo, int from, int to);
    }

    /** Hands over the members of a member that is an object; none if it is not. */
    void members(final int name, final Members members) {
        if (tokens[name] != Token.OBJECT_START) {
            return;
        }
        final JsonReader object = new JsonReader();
        object.reset(bytes, starts[name], ends[name] - starts[name]);
        object.next();
        while (object.next() == Token.FIELD_NAME) {
            final int nameFrom = object.start() - 1;
            final int nameTo = object.end() + 1;
            final int start = object.next() == Token.STRING ? object.start() - 1 : object.start();
            object.skipValue();
            members.member(nameFrom, nameTo, start, object.position());
        }
    }

    private Token at(final int name) {
        reader.reset(bytes, starts[name], ends[name] - starts[name]);
        return reader.next();
    }
}
