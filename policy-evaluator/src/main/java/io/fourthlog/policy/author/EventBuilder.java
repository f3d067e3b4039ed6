package io.fourthlog.policy.author;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.EventSchema;
import io.fourthlog.actionlog.event.EventSchema.EventField;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.UuidV7;
import io.fourthlog.policy.Suggestions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes an event of what a test says of it: the fields that matter, under the names that rules have for them. The others
 * are as plain as they can be, or unknown.
 */
final class EventBuilder {

    private static final JsonFactory JSON = new JsonFactory();
    private static final DateTimeFormatter MICROS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    /** An event, and where it went. */
    record Built(Event event, @Nullable Destination destination) {}

    private EventBuilder() {}

    /** The event of {@code type} that {@code given} describes; {@code null}, with faults, if there is none. */
    static @Nullable Built build(EventType type, Tree given, Instant at, String workload) {
        final Map<String, Object> fields = new LinkedHashMap<>();
        final Map<String, String> unknown = new LinkedHashMap<>();
        final List<EventField> schema = EventSchema.of(type).fields();
        final Map<String, Object> header = Map.of(
                "event_type",
                type.wire(),
                "event_id",
                UuidV7.next(Clock.systemUTC()).toString(),
                "trace_id",
                "0af7651916cd43dd8448eb211c80319c",
                "ts",
                MICROS.format(at),
                "workload_id",
                workload,
                "sensor_id",
                "test",
                "schema_version",
                1,
                "completeness",
                "complete",
                "evidence",
                "observed");
        for (final EventField field : schema) {
            final String name = nameInRules(field);
            if (field.name().equals("unknown") || name.equals("destination")) {
                continue;
            }
            final Object value = given.find(name).orElse(header.get(field.name()));
            if (value != null) {
                fields.put(field.name(), value);
            } else if (field.nullable()) {
                fields.put(field.name(), null);
                unknown.put(field.name(), "not given in the test");
            } else if (field.required() && isList(field)) {
                fields.put(field.name(), List.of());
            } else if (field.required()) {
                given.fault(name, "a " + type.wire() + " needs this");
            }
        }
        fields.put("unknown", unknown);
        checkNames(given, schema);
        final Destination destination = destination(given);
        try {
            return new Built(EventCodec.decode(json(fields)), destination);
        } catch (EventFormatException e) {
            given.fault("", String.valueOf(e.getMessage()));
            return null;
        }
    }

    private static boolean isList(EventField field) {
        return field.kind() == EventSchema.Kind.TEXTS || field.kind() == EventSchema.Kind.OBJECTS;
    }

    /** {@code destination} is a place on all types; the program that a tool invocation called is {@code server}. */
    private static String nameInRules(EventField field) {
        return field.name().equals("destination") && field.kind() == EventSchema.Kind.TEXT ? "server" : field.name();
    }

    private static void checkNames(Tree given, List<EventField> schema) {
        final List<String> known =
                new ArrayList<>(schema.stream().map(EventBuilder::nameInRules).toList());
        known.add("destination");
        for (final Object name : given.names()) {
            if (!known.contains(String.valueOf(name))) {
                given.fault(
                        String.valueOf(name),
                        "the event has no such field" + Suggestions.didYouMean(String.valueOf(name), known));
            }
        }
    }

    private static @Nullable Destination destination(Tree given) {
        if (!given.has("destination")) {
            return null;
        }
        final Tree place = given.tree("destination").only("host", "port", "address", "external");
        try {
            return new Destination(
                    place.text("host"),
                    (int) place.number("port", 443),
                    place.has("address") ? place.text("address") : null,
                    Boolean.TRUE.equals(place.find("external").orElse(false)));
        } catch (IllegalArgumentException e) {
            place.fault("", String.valueOf(e.getMessage()));
            return null;
        }
    }

    private static byte[] json(Object value) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator out = JSON.createGenerator(bytes)) {
            write(value, out);
        } catch (IOException e) {
            throw new UncheckedIOException("an array takes everything", e);
        }
        return bytes.toByteArray();
    }

    private static void write(@Nullable Object value, JsonGenerator out) throws IOException {
        switch (value) {
            case null -> out.writeNull();
            case Map<?, ?> map -> {
                out.writeStartObject();
                for (final Map.Entry<?, ?> entry : map.entrySet()) {
                    out.writeFieldName(String.valueOf(entry.getKey()));
                    write(entry.getValue(), out);
                }
                out.writeEndObject();
            }
            case List<?> list -> {
                out.writeStartArray();
                for (final Object each : list) {
                    write(each, out);
                }
                out.writeEndArray();
            }
            case Boolean bool -> out.writeBoolean(bool);
            case Integer number -> out.writeNumber(number);
            case Long number -> out.writeNumber(number);
            case Double number -> out.writeNumber(number);
            default -> out.writeString(String.valueOf(value));
        }
    }
}
