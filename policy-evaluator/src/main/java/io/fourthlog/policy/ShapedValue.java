package io.fourthlog.policy;

import dev.cel.common.exceptions.CelAttributeNotFoundException;
import dev.cel.common.types.CelType;
import dev.cel.common.values.StructValue;
import io.fourthlog.actionlog.event.EventType;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A Java object as CEL's interpreter sees it, through its {@link Shape}. */
@SuppressWarnings("Immutable") // the planner evaluates on the caller's thread and keeps no value
final class ShapedValue<T> extends StructValue<String, Object> {

    private final Shape<T> shape;
    private final T object;
    private final EventType on;

    /** @param on the type of event that it is about */
    ShapedValue(Shape<T> shape, T object, EventType on) {
        this.shape = shape;
        this.object = object;
        this.on = on;
    }

    @Override
    public Object select(String name) {
        final Shape.Field<T> field = field(name);
        final Object value = field.read().apply(object);
        if (value != null) {
            return Interpreted.toCel(value, field.type(), on);
        }
        if (field.whenAbsent() != null) {
            return Interpreted.toCel(field.whenAbsent(), field.type(), on);
        }
        throw CelAttributeNotFoundException.of(name + " is unknown");
    }

    @Override
    public Optional<Object> find(String name) {
        final Shape.Field<T> field = field(name);
        return Optional.ofNullable(field.read().apply(object)).map(value -> Interpreted.toCel(value, field.type(), on));
    }

    /** The Java object. */
    T object() {
        return object;
    }

    private Shape.Field<T> field(String name) {
        final Shape.Field<T> field = shape.fields().get(name);
        if (field == null) {
            throw CelAttributeNotFoundException.forFieldResolution(name);
        }
        return field;
    }

    /** Itself: the value stays readable when the runtime unwraps it. */
    @Override
    public Object value() {
        return this;
    }

    @Override
    public boolean isZeroValue() {
        return false;
    }

    @Override
    public CelType celType() {
        return shape.type();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ShapedValue<?> value && value.object.equals(object);
    }

    @Override
    public int hashCode() {
        return object.hashCode();
    }
}
