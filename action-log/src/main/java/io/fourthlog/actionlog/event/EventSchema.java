package io.fourthlog.actionlog.event;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What each type of event consists of, for code that reads events by the names of their fields, such as policies: the
 * same names, kinds and meanings that the codec and the published schema go by.
 */
public final class EventSchema {

    /** What a value is, and the Java class that {@link EventField#read} gives for it. */
    public enum Kind {
        /** A {@code String}. */
        TEXT,
        /** A {@code String} out of a few. */
        CHOICE,
        /** A {@code Long}. */
        NUMBER,
        /** A {@code Boolean}. */
        BOOLEAN,
        /** An {@code Instant}. */
        TIME,
        /** Canonical JSON, as a {@code String}. */
        JSON,
        /** A {@code Map} from the name of a field to the reason why it is null. */
        REASONS,
        /** A {@code List} of {@code String}. */
        TEXTS,
        /** A record of this package; see {@link EventField#object}. */
        OBJECT,
        /** A {@code List} of such records. */
        OBJECTS
    }

    /**
     * One field.
     *
     * @param name as on the wire
     * @param required whether it is always there
     * @param nullable whether it can be there without a value: one that the sensor could not learn
     * @param meaning for people
     * @param object what the record of an {@link Kind#OBJECT}, or each of {@link Kind#OBJECTS}, consists of
     * @param read from the event, or from the record that has the field, to its value; {@code null} if it has none
     */
    public record EventField(
            String name,
            Kind kind,
            boolean required,
            boolean nullable,
            String meaning,
            @Nullable ObjectSchema object,
            Function<Object, @Nullable Object> read) {}

    /** An object: the name of its kind, and its fields in the order of the wire. */
    public record ObjectSchema(String name, List<EventField> fields) {
        public ObjectSchema {
            fields = List.copyOf(fields);
        }
    }

    private EventSchema() {}

    /** The fields of the events of a type; those of the header are among them. */
    public static ObjectSchema of(EventType type) {
        return schema(FieldCatalog.of(type));
    }

    private static <T> ObjectSchema schema(Shape<T> shape) {
        return new ObjectSchema(
                shape.name(), shape.fields().stream().map(EventSchema::field).toList());
    }

    @SuppressWarnings("unchecked") // whoever reads a field gives it what has the field
    private static <T> EventField field(Field<T, ?> field) {
        final Shape<?> inner = field.type().shape();
        return new EventField(
                field.name(),
                field.type().kind(),
                field.presence() != Field.Presence.EXTENSION,
                field.presence() == Field.Presence.NULLABLE,
                field.meaning(),
                inner == null ? null : schema(inner),
                owner -> field.plain((T) owner));
    }
}
