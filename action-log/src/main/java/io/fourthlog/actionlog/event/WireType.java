package io.fourthlog.actionlog.event;

import io.fourthlog.actionlog.event.EventSchema.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How one kind of value stands on the wire: the canonical bytes that it becomes, how it is read back, and how the
 * published schema describes it.
 *
 * @param kind what it is to readers outside of this package
 * @param plain from a value to what {@link EventSchema} gives for it; {@code null} if that is the value itself
 * @param schema its JSON Schema (2020-12), as JSON text
 * @param shape the shape of the objects in it, if there are any
 */
record WireType<V>(
        Kind kind,
        @Nullable Function<V, Object> plain,
        String schema,
        @Nullable Shape<?> shape,
        Writer<V> writer,
        Reader<V> reader) {

    /** Writes a value's canonical bytes. */
    @FunctionalInterface
    interface Writer<V> {
        void write(V value, CanonicalBuffer out);
    }

    /** Reads the value that the parser stands on; leaves it on the value's last token. */
    @FunctionalInterface
    interface Reader<V> {
        V read(EventParser in) throws EventFormatException;
    }

    static final WireType<String> TEXT = text("{\"type\":\"string\",\"minLength\":1}");
    static final WireType<String> TRACE_ID = text(pattern("^(?!0{32})[0-9a-f]{32}$"));
    static final WireType<String> WORKLOAD_ID = text(pattern("^(k8s|proc)://"));
    static final WireType<String> SHA_256 = text(pattern("^[0-9a-f]{64}$"));
    static final WireType<String> LABELLED_HASH = text(pattern("^.+:[0-9a-f]{64}$"));
    static final WireType<String> CONTENT_HASH = text(pattern("^(.+:)?[0-9a-f]{64}$"));

    static final WireType<UUID> UUID_V7 = of(
            Kind.TEXT,
            UUID::toString,
            pattern("^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"),
            (value, out) -> out.uuid(value),
            EventParser::uuid);
    static final WireType<UUID> EVENT_ID = of(
            Kind.TEXT,
            UUID::toString,
            pattern("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
            (value, out) -> out.uuid(value),
            EventParser::uuid);
    static final WireType<Instant> TIMESTAMP = of(
            Kind.TIME,
            null,
            pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\\\.[0-9]{6}Z$"),
            (value, out) -> out.timestamp(value),
            EventParser::timestamp);

    static final WireType<Long> COUNT = of(
            Kind.NUMBER,
            null,
            "{\"type\":\"integer\",\"minimum\":0,\"maximum\":" + Rules.MAX_COUNT + "}",
            (value, out) -> out.number(value),
            in -> in.integer(0, Rules.MAX_COUNT));
    static final WireType<Boolean> BOOLEAN = of(
            Kind.BOOLEAN,
            null,
            "{\"type\":\"boolean\"}",
            (value, out) -> out.verbatim(value ? "true" : "false"),
            EventParser::bool);
    static final WireType<Boolean> COMPLETENESS = choice(List.of(false, true), Completeness::wire);
    static final WireType<JsonFragment> FRAGMENT = of(
            Kind.JSON,
            JsonFragment::json,
            "{\"type\":\"object\"}",
            (value, out) -> out.verbatim(value.json()),
            EventParser::fragment);
    static final WireType<SortedMap<String, String>> REASONS = of(
            Kind.REASONS,
            null,
            "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\",\"minLength\":1}}",
            (reasons, out) -> out.members(reasons),
            WireType::readReasons);

    static <V> WireType<V> of(
            Kind kind, @Nullable Function<V, Object> plain, String schema, Writer<V> writer, Reader<V> reader) {
        return new WireType<>(kind, plain, schema, null, writer, reader);
    }

    static WireType<String> text(String schema) {
        return of(Kind.TEXT, null, schema, (value, out) -> out.string(value), EventParser::text);
    }

    static WireType<Integer> integer(int min, int max) {
        return of(
                Kind.NUMBER,
                Integer::longValue,
                "{\"type\":\"integer\",\"minimum\":" + min + ",\"maximum\":" + max + "}",
                (value, out) -> out.number(value),
                in -> (int) in.integer(min, max));
    }

    /** A string out of a few. */
    static WireType<String> oneOf(List<String> values) {
        return choice(values, value -> value);
    }

    /** One of a few values, each with a name on the wire. */
    static <V> WireType<V> choice(List<V> values, Function<V, String> wire) {
        return of(
                Kind.CHOICE,
                wire::apply,
                values.stream()
                        .map(value -> '"' + wire.apply(value) + '"')
                        .collect(Collectors.joining(",", "{\"enum\":[", "]}")),
                (value, out) -> out.string(wire.apply(value)),
                in -> in.choice(values, wire));
    }

    static <E extends Enum<E>> WireType<E> choice(E[] values, Function<E, String> wire) {
        return choice(Arrays.asList(values), wire);
    }

    static <V> WireType<V> object(Shape<V> shape) {
        return new WireType<>(
                Kind.OBJECT, null, "{\"$ref\":\"#/$defs/" + shape.name() + "\"}", shape, shape::write, shape::read);
    }

    WireType<List<V>> list() {
        return new WireType<>(
                many(), null, "{\"type\":\"array\",\"items\":" + schema + "}", shape, this::writeList, this::readList);
    }

    /** A list that is a set: sorted, without doubles. */
    WireType<List<V>> set() {
        return new WireType<>(
                many(),
                null,
                "{\"type\":\"array\",\"uniqueItems\":true,\"items\":" + schema + "}",
                shape,
                this::writeList,
                this::readList);
    }

    /** The kind of a list of these: of texts or of objects, which are plain as they are. */
    private Kind many() {
        return switch (kind) {
            case TEXT -> Kind.TEXTS;
            case OBJECT -> Kind.OBJECTS;
            case CHOICE, NUMBER, BOOLEAN, TIME, JSON, REASONS, TEXTS, OBJECTS ->
                throw new IllegalStateException("no event has a list of " + kind);
        };
    }

    private static String pattern(String regex) {
        return "{\"type\":\"string\",\"pattern\":\"" + regex + "\"}";
    }

    private void writeList(List<V> values, CanonicalBuffer out) {
        out.ascii('[');
        for (int i = 0; i < values.size(); i++) {
            if (i > 0) {
                out.ascii(',');
            }
            writer.write(values.get(i), out);
        }
        out.ascii(']');
    }

    private List<V> readList(EventParser in) throws EventFormatException {
        in.startArray();
        final List<V> values = new ArrayList<>();
        while (in.nextElement()) {
            values.add(reader.read(in));
        }
        return Collections.unmodifiableList(values);
    }

    private static SortedMap<String, String> readReasons(EventParser in) throws EventFormatException {
        in.startObject();
        final SortedMap<String, String> reasons = new TreeMap<>();
        for (String field = in.nextName(); field != null; field = in.nextName()) {
            if (reasons.put(field, in.text()) != null) {
                throw in.failure("stands twice");
            }
            in.leave();
        }
        return reasons;
    }
}
