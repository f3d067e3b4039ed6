package io.fourthlog.policy;

import dev.cel.common.exceptions.CelAttributeNotFoundException;
import dev.cel.common.types.CelType;
import dev.cel.common.values.StructValue;
import java.util.Optional;
import java.util.function.Function;

/** A Java object as CEL sees it, through its {@link Shape}. */
@SuppressWarnings("Immutable") // the planner evaluates on the caller's thread and keeps no value
final class ShapedValue<T> extends StructValue<String, Object> {

    private final Shape<T> shape;
    private final T object;
    private final Function<String, String> whyUnknown;

    /** @param whyUnknown from the name of a field that is {@code null} to the reason, for the error */
    ShapedValue(Shape<T> shape, T object, Function<String, String> whyUnknown) {
        this.shape = shape;
        this.object = object;
        this.whyUnknown = whyUnknown;
    }

    /** Of an object without unknown fields. */
    ShapedValue(Shape<T> shape, T object) {
        this(shape, object, field -> "not set");
    }

    @Override
    public Object select(String name) {
        final Shape.Field<T> field = field(name);
        final Object value = field.read().apply(object);
        if (value != null) {
            return value;
        }
        if (field.whenAbsent() != null) {
            return field.whenAbsent();
        }
        throw CelAttributeNotFoundException.of(name + " is unknown: " + whyUnknown.apply(name));
    }

    @Override
    public Optional<Object> find(String name) {
        return Optional.ofNullable(field(name).read().apply(object));
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
}
