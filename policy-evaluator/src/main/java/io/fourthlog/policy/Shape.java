package io.fourthlog.policy;

import com.google.common.collect.ImmutableSet;
import dev.cel.common.types.CelType;
import dev.cel.common.types.StructType;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A CEL struct type over Java objects of one class: its fields, their types, and how each is read. Rules are checked
 * against it when they are compiled and read the object through it when they run; nothing is copied into maps.
 *
 * @param <T> the class of the objects
 */
final class Shape<T> {

    /**
     * @param whenAbsent what stands for {@code null}; {@code null} here means that reading it is an error, because the
     *     value is unknown and is never guessed
     * @param telling whether its values tell one event from another, as names do and a choice of three does not
     * @param meaning for people
     */
    record Field<T>(
            CelType type,
            Function<T, ? extends @Nullable Object> read,
            @Nullable Object whenAbsent,
            boolean telling,
            String meaning) {}

    private final Map<String, Field<T>> fields;
    private final StructType type;

    @SuppressWarnings("Immutable") // nothing changes the fields once the builder is done
    private Shape(String name, Map<String, Field<T>> fields) {
        this.fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        this.type = StructType.create(
                name,
                ImmutableSet.copyOf(fields.keySet()),
                field -> Optional.ofNullable(fields.get(field)).map(Field::type));
    }

    static <T> Builder<T> named(String name) {
        return new Builder<>(name);
    }

    /** A shape with those fields of the shapes that all of them have with one type; for checking only. */
    static <T> Shape<T> shared(String name, Collection<Shape<T>> shapes) {
        final Builder<T> shared = new Builder<>(name);
        shapes.iterator().next().fields.forEach((field, first) -> {
            if (shapes.stream().allMatch(shape -> {
                final Field<T> other = shape.fields.get(field);
                return other != null && other.type().equals(first.type());
            })) {
                shared.fields.put(field, first);
            }
        });
        return shared.build();
    }

    /** The same shape with one more field. */
    Shape<T> with(String field, CelType fieldType, Function<T, Object> read) {
        final Builder<T> more = new Builder<>(type.name());
        more.fields.putAll(fields);
        return more.field(field, fieldType, "", read).build();
    }

    StructType type() {
        return type;
    }

    Map<String, Field<T>> fields() {
        return fields;
    }

    /** Collects the fields of a shape. */
    static final class Builder<T> {
        private final String name;
        private final Map<String, Field<T>> fields = new LinkedHashMap<>();

        private Builder(String name) {
            this.name = name;
        }

        /** A field whose {@code null} is an unknown value: reading it fails, {@code has()} is false. */
        Builder<T> field(String field, CelType type, String meaning, Function<T, ? extends @Nullable Object> read) {
            return put(field, new Field<>(type, read, null, true, meaning));
        }

        /** A field whose {@code null} means that there is none: reading it gives {@code whenAbsent}, {@code has()} is false. */
        Builder<T> optional(
                String field,
                CelType type,
                String meaning,
                Function<T, ? extends @Nullable Object> read,
                Object whenAbsent) {
            return put(field, new Field<>(type, read, whenAbsent, true, meaning));
        }

        Builder<T> put(String field, Field<T> what) {
            fields.put(field, what);
            return this;
        }

        Shape<T> build() {
            return new Shape<>(name, fields);
        }
    }
}
