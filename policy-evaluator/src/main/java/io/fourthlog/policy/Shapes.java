package io.fourthlog.policy;

import static dev.cel.common.types.SimpleType.BOOL;
import static dev.cel.common.types.SimpleType.DOUBLE;
import static dev.cel.common.types.SimpleType.DURATION;
import static dev.cel.common.types.SimpleType.INT;
import static dev.cel.common.types.SimpleType.STRING;
import static dev.cel.common.types.SimpleType.TIMESTAMP;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.StructTypeReference;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventSchema;
import io.fourthlog.actionlog.event.EventSchema.EventField;
import io.fourthlog.actionlog.event.EventSchema.Kind;
import io.fourthlog.actionlog.event.EventSchema.ObjectSchema;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.behaviour.Chain;
import io.fourthlog.policy.behaviour.Past;
import io.fourthlog.policy.behaviour.Window;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The structs that rules read: {@code event} for each type of event, with the fields of the event schema under their wire
 * names, and what is known beside it. A field of the schema that is unknown is an error when it is read and false to
 * {@code has()}.
 */
final class Shapes {

    static final String NAMESPACE = "fourthlog.";

    private static final String NOT_FOR_RULES = "previews"; // masked text: a rule could put it into its message

    private static final ListType STRINGS = ListType.create(STRING);

    /** Where an action went, with {@code external} false and empty names when it went nowhere. */
    record Place(String host, String address, long port, boolean external) {
        static final Place NOWHERE = new Place("", "", 0, false);

        static Place of(Destination destination) {
            return new Place(
                    destination.host(),
                    destination.address() == null ? "" : destination.address(),
                    destination.port(),
                    destination.external());
        }
    }

    static final Shape<Place> DESTINATION = Shape.<Place>named(NAMESPACE + "Destination")
            .field("host", STRING, "The name that the client asked for, or the address.", Place::host)
            .field("address", STRING, "The address that it connected to; empty if that was not seen.", Place::address)
            .field("port", INT, "The port.", Place::port)
            .field("external", BOOL, "Whether it is outside of the cluster and its private networks.", Place::external)
            .build();

    /** A trace or a session. */
    static final Shape<Chain> CHAIN = Shape.<Chain>named(NAMESPACE + "Chain")
            .field(
                    "sensitivity",
                    STRINGS,
                    "Tags of what its tools and models were given and answered, and of what it read.",
                    Chain::sensitivity)
            .field("tools", STRINGS, "The tools it called.", Chain::tools)
            .field("resources", STRINGS, "The URIs it read or wrote.", Chain::resources)
            .field("hosts", STRINGS, "The hosts it sent to.", Chain::hosts)
            .field("models", STRINGS, "The models it asked.", Chain::models)
            .field("denied", STRINGS, "The tools, resources and models that policies have denied it.", Chain::denied)
            .field(
                    "requested_not_run",
                    STRINGS,
                    "The tools that models asked for, before this event, and that have not run.",
                    Chain::requestedNotRun)
            .field(
                    "run_not_requested",
                    STRINGS,
                    "The tools that ran and that no model had asked for.",
                    Chain::runNotRequested)
            .field("events", INT, "How many events it has, with this one.", chain -> (long) chain.events())
            .field("depth", INT, "How many events led to this one, with this one.", chain -> (long) chain.depth())
            .field("bytes_in", INT, "Bytes it read from data, tools and models.", Chain::bytesIn)
            .field("bytes_out", INT, "Bytes it wrote to data and models.", Chain::bytesOut)
            .field(
                    "age",
                    DURATION,
                    "The time since its first event.",
                    chain -> Duration.of(chain.ageMicros(), ChronoUnit.MICROS))
            .build();

    static final Shape<Past> BASELINE = Shape.<Past>named(NAMESPACE + "Baseline")
            .field(
                    "learned",
                    BOOL,
                    "Whether the workload's period of learning is over.",
                    past -> past.baseline().learned())
            .field(
                    "frequency_drift",
                    DOUBLE,
                    "By how many standard deviations this hour's events are above the mean of the hours that were learned.",
                    past -> past.baseline().frequencyDrift())
            .field(
                    "sequence_drift",
                    DOUBLE,
                    "The share of the pairs of consecutive tools, of the trace's last nine, that were never seen; 0.0 to 1.0.",
                    past -> past.baseline().sequenceDrift(past.trace()))
            .field(
                    "shape_drift",
                    DOUBLE,
                    "The share of the names and types in this tool's parameters that were never seen with it; 0.0 to 1.0.",
                    past -> past.baseline().shapeDrift())
            .build();

    static final Shape<Window> WINDOW = Shape.<Window>named(NAMESPACE + "Window")
            .field(
                    "before",
                    StructTypeReference.create(NAMESPACE + "Window"),
                    "The window of the same length before this one.",
                    Window::before)
            .build();

    /** What the macros {@code window} and {@code sequence} stand on; rules cannot name it. */
    static final Shape<Past> PAST = Shape.<Past>named(NAMESPACE + "Past").build();

    private static final Map<String, Shape<?>> OBJECTS = new LinkedHashMap<>();

    static {
        List.of(DESTINATION, CHAIN, BASELINE, WINDOW, PAST)
                .forEach(shape -> OBJECTS.put(shape.type().name(), shape));
    }

    private static final Map<EventType, Shape<Frame>> EVENTS = events(EventType.values());

    private Shapes() {}

    /** The shapes of {@code event}. */
    static Map<EventType, Shape<Frame>> events() {
        return EVENTS;
    }

    /** The types of what rules read, beside {@code event} itself. */
    static List<CelType> types() {
        return OBJECTS.values().stream().<CelType>map(Shape::type).toList();
    }

    /** The shapes of what rules read, beside {@code event} itself. */
    static Map<String, Shape<?>> objects() {
        return Map.copyOf(OBJECTS);
    }

    /** The shape of a struct type on events of a type. */
    static Shape<?> named(String name, EventType type) {
        final Shape<?> object = OBJECTS.get(name);
        final Shape<?> event = EVENTS.get(type);
        if (event == null) {
            throw new IllegalStateException("an event of no type");
        }
        return object == null ? event : object;
    }

    private static Map<EventType, Shape<Frame>> events(EventType[] types) {
        final Map<EventType, Shape<Frame>> shapes = new EnumMap<>(EventType.class);
        for (final EventType type : types) {
            shapes.put(type, event(type));
        }
        return shapes;
    }

    private static Shape<Frame> event(EventType type) {
        final Shape.Builder<Frame> shape = Shape.named(NAMESPACE + type.wire());
        for (final EventField field : EventSchema.of(type).fields()) {
            if (field.name().equals(NOT_FOR_RULES)) {
                continue;
            }
            if (!field.name().equals("destination")) {
                shape.put(field.name(), onEvent(field));
            } else if (field.kind() == Kind.TEXT) {
                shape.put("server", onEvent(field)); // of a tool; destination is a place on all types
            }
        }
        if (type == EventType.DATA_ACCESS) {
            shape.field(
                    "resource_type",
                    STRING,
                    "The scheme of `resource_uri`: `file`, `postgres`, …",
                    frame -> scheme(frame.event()));
        }
        return shape.optional(
                        "destination",
                        DESTINATION.type(),
                        "Where it went; `external` is false and the rest empty if it went nowhere.",
                        frame -> {
                            final Destination destination = frame.destination();
                            return destination == null ? null : Place.of(destination);
                        },
                        Place.NOWHERE)
                .build();
    }

    private static Shape.Field<Frame> onEvent(EventField field) {
        return new Shape.Field<>(
                type(field),
                frame -> field.read().apply(frame.event()),
                field.required() ? null : absent(field.kind()),
                field.kind() != Kind.CHOICE,
                field.meaning());
    }

    private static CelType type(EventField field) {
        return switch (field.kind()) {
            case TEXT, CHOICE, JSON -> STRING;
            case NUMBER -> INT;
            case BOOLEAN -> BOOL;
            case TIME -> TIMESTAMP;
            case TEXTS -> STRINGS;
            case REASONS -> MapType.create(STRING, STRING);
            case OBJECT -> object(field.object());
            case OBJECTS -> ListType.create(object(field.object()));
        };
    }

    /** The value of a field that may be left out, when it is; {@code null} where no value could be told from a real one. */
    private static @Nullable Object absent(Kind kind) {
        return switch (kind) {
            case TEXT, CHOICE, JSON -> "";
            case NUMBER -> 0L;
            case TEXTS, OBJECTS -> List.of();
            case BOOLEAN, TIME, REASONS, OBJECT -> null;
        };
    }

    private static CelType object(@Nullable ObjectSchema schema) {
        if (schema == null) {
            throw new IllegalStateException("an object without fields");
        }
        final String name = NAMESPACE + schema.name();
        if (!OBJECTS.containsKey(name)) {
            final Shape.Builder<Object> shape = Shape.named(name);
            for (final EventField field : schema.fields()) {
                shape.put(
                        field.name(),
                        new Shape.Field<>(
                                type(field),
                                field.read(),
                                field.required() ? null : absent(field.kind()),
                                field.kind() != Kind.CHOICE,
                                field.meaning()));
            }
            OBJECTS.put(name, shape.build());
        }
        return OBJECTS.get(name).type();
    }

    private static String scheme(Event event) {
        final String uri = ((DataAccess) event).resourceUri();
        final int colon = uri.indexOf(':');
        return colon < 0 ? "" : uri.substring(0, colon);
    }
}
