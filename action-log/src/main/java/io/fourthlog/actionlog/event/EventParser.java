package io.fourthlog.actionlog.event;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A JSON parser that knows which field of an event it is in, so that every failure has a name and a byte offset. Each
 * reading method takes the value that the parser stands on, and leaves it on that value's last token.
 */
final class EventParser implements AutoCloseable {

    private final JsonParser json;
    private final Deque<String> path = new ArrayDeque<>(); // the innermost first

    /** A parser that stands on the first token. */
    EventParser(byte[] bytes) throws EventFormatException {
        try {
            json = CanonicalJson.FACTORY.createParser(bytes);
        } catch (IOException e) {
            throw new EventFormatException("", 0, "not JSON: " + e.getMessage());
        }
        next();
    }

    @Override
    public void close() {
        try {
            json.close();
        } catch (IOException e) {
            throw new IllegalStateException("a parser over an array has nothing to close", e);
        }
    }

    /** Where the value that the parser stands on begins. */
    long offset() {
        return json.currentTokenLocation().getByteOffset();
    }

    boolean isNull() {
        return json.currentToken() == JsonToken.VALUE_NULL;
    }

    /** Enters an object, and returns where it begins. */
    long startObject() throws EventFormatException {
        expect(JsonToken.START_OBJECT, "an object");
        return offset();
    }

    /** Enters the next member of an object; {@code null} at its end. Call {@link #leave} after its value. */
    @Nullable
    String nextName() throws EventFormatException {
        if (next() == JsonToken.END_OBJECT) {
            return null;
        }
        final String name;
        try {
            name = json.currentName();
        } catch (IOException e) {
            throw syntax(e);
        }
        path.push(wellFormed(name));
        next();
        return name;
    }

    void leave() {
        path.pop();
    }

    void startArray() throws EventFormatException {
        expect(JsonToken.START_ARRAY, "an array");
    }

    /** Whether there is another element, which the parser then stands on. */
    boolean nextElement() throws EventFormatException {
        return next() != JsonToken.END_ARRAY;
    }

    /** Checks that nothing follows. */
    void end() throws EventFormatException {
        if (next() != null) {
            throw failure("something follows the event");
        }
    }

    String text() throws EventFormatException {
        expect(JsonToken.VALUE_STRING, "a string");
        try {
            return wellFormed(json.getText());
        } catch (IOException e) {
            throw syntax(e);
        }
    }

    boolean bool() throws EventFormatException {
        return switch (json.currentToken()) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case null, default -> throw failure("should be true or false");
        };
    }

    long integer(long min, long max) throws EventFormatException {
        expect(JsonToken.VALUE_NUMBER_INT, "an integer");
        try {
            final long value = json.getLongValue();
            if (value >= min && value <= max) {
                return value;
            }
        } catch (IOException e) {
            throw syntax(e);
        }
        throw failure("should be between " + min + " and " + max);
    }

    UUID uuid() throws EventFormatException {
        final String text = text();
        try {
            final UUID uuid = UUID.fromString(text);
            if (uuid.toString().equals(text)) {
                return uuid;
            }
        } catch (IllegalArgumentException e) {
            throw failure("should be a UUID: " + e.getMessage());
        }
        throw failure("should be a UUID in lower case, 8-4-4-4-12 digits");
    }

    Instant timestamp() throws EventFormatException {
        final String text = text();
        try {
            final Instant instant = Instant.parse(text);
            final CanonicalBuffer canonical = new CanonicalBuffer();
            canonical.timestamp(Rules.timestamp("", instant));
            if (canonical.toString().equals('"' + text + '"')) {
                return instant;
            }
        } catch (DateTimeException | IllegalArgumentException e) {
            throw failure("should be a time: " + e.getMessage());
        }
        throw failure("should be a time in UTC with microseconds, as in 2026-01-31T23:59:59.123456Z");
    }

    <V> V choice(List<V> values, Function<V, String> wire) throws EventFormatException {
        final String text = text();
        for (final V value : values) {
            if (wire.apply(value).equals(text)) {
                return value;
            }
        }
        throw failure(
                "\"" + text + "\" should be one of " + values.stream().map(wire).toList());
    }

    JsonFragment fragment() throws EventFormatException {
        try {
            return new JsonFragment(CanonicalJson.read(json));
        } catch (IOException e) {
            throw syntax(e);
        } catch (IllegalArgumentException e) {
            throw failure(String.valueOf(e.getMessage()));
        }
    }

    void skip() throws EventFormatException {
        try {
            json.skipChildren();
        } catch (IOException e) {
            throw syntax(e);
        }
    }

    /** A failure at the value that the parser stands on. */
    EventFormatException failure(String reason) {
        return new EventFormatException(joined(null), offset(), reason);
    }

    /** A failure of a field of the object that the parser is in. */
    EventFormatException failure(String field, long offset, String reason) {
        return new EventFormatException(joined(field), offset, reason);
    }

    private void expect(JsonToken token, String what) throws EventFormatException {
        if (json.currentToken() != token) {
            throw failure("should be " + what);
        }
    }

    private @Nullable JsonToken next() throws EventFormatException {
        try {
            return json.nextToken();
        } catch (IOException e) {
            throw syntax(e);
        }
    }

    private String wellFormed(String text) throws EventFormatException {
        if (!Rules.wellFormed(text).equals(text)) {
            throw failure("has a surrogate without its other half");
        }
        return text;
    }

    private EventFormatException syntax(IOException e) {
        final long offset = e instanceof JacksonException broken && broken.getLocation() != null
                ? broken.getLocation().getByteOffset()
                : offset();
        final String reason = e instanceof JacksonException broken ? broken.getOriginalMessage() : e.getMessage();
        return new EventFormatException(joined(null), offset, "not JSON: " + reason);
    }

    private String joined(@Nullable String field) {
        final StringBuilder joined = new StringBuilder();
        for (final Iterator<String> names = path.descendingIterator(); names.hasNext(); ) {
            joined.append(joined.isEmpty() ? "" : ".").append(names.next());
        }
        return field == null
                ? joined.toString()
                : joined.append(joined.isEmpty() ? "" : ".").append(field).toString();
    }
}
