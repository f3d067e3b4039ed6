package io.fourthlog.actionlog.event;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * One field of an object on the wire: its name, its kind, where it is in the record, and what it means to people.
 *
 * @param <T> the record that has it
 * @param <V> the kind of its value
 */
final class Field<T, V> {

    /** Whether a field is there when it has no value. */
    enum Presence {
        /** It always has a value. */
        ALWAYS,
        /** It is always there; {@code null} needs a reason in {@code unknown}. */
        NULLABLE,
        /** It is left out when there is nothing to say. */
        EXTENSION
    }

    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

    private final String name;
    private final byte[] key; // "name":
    private final Presence presence;
    private final WireType<V> type;
    private final Function<T, @Nullable V> getter;
    private final @Nullable ToLongFunction<T> unboxed;
    private final String meaning;

    private Field(
            String name,
            Presence presence,
            WireType<V> type,
            Function<T, @Nullable V> getter,
            @Nullable ToLongFunction<T> unboxed,
            String meaning) {
        this.name = name;
        this.key = ('"' + name + "\":").getBytes(StandardCharsets.US_ASCII);
        this.presence = presence;
        this.type = type;
        this.getter = getter;
        this.unboxed = unboxed;
        this.meaning = meaning;
    }

    static <T, V> Field<T, V> always(String name, WireType<V> type, Function<T, @Nullable V> getter, String meaning) {
        return new Field<>(name, Presence.ALWAYS, type, getter, null, meaning);
    }

    /** A number that is always there, written without boxing it. */
    static <T> Field<T, Long> always(String name, WireType<Long> type, ToLongFunction<T> getter, String meaning) {
        return new Field<>(name, Presence.ALWAYS, type, getter::applyAsLong, getter, meaning);
    }

    /** A small number that is always there, written without boxing it. */
    static <T> Field<T, Integer> alwaysInt(
            String name, WireType<Integer> type, ToIntFunction<T> getter, String meaning) {
        return new Field<>(name, Presence.ALWAYS, type, getter::applyAsInt, getter::applyAsInt, meaning);
    }

    static <T, V> Field<T, V> nullable(String name, WireType<V> type, Function<T, @Nullable V> getter, String meaning) {
        return new Field<>(name, Presence.NULLABLE, type, getter, null, meaning);
    }

    static <T, V> Field<T, V> extension(
            String name, WireType<V> type, Function<T, @Nullable V> getter, String meaning) {
        return new Field<>(name, Presence.EXTENSION, type, getter, null, meaning);
    }

    /** A list that is left out when it is empty. */
    static <T, V> Field<T, List<V>> extensionList(
            String name, WireType<List<V>> type, Function<T, List<V>> getter, String meaning) {
        return extension(
                name,
                type,
                owner -> {
                    final List<V> values = getter.apply(owner);
                    return values.isEmpty() ? null : values;
                },
                meaning);
    }

    String name() {
        return name;
    }

    Presence presence() {
        return presence;
    }

    WireType<V> type() {
        return type;
    }

    String meaning() {
        return meaning;
    }

    /** The value as {@link EventSchema} gives it; {@code null} if there is none. */
    @Nullable
    Object plain(T owner) {
        final V value = getter.apply(owner);
        final Function<V, Object> plain = type.plain();
        return value == null || plain == null ? value : plain.apply(value);
    }

    /** Writes {@code separator}, the name and the value; nothing, and {@code false}, when the field is left out. */
    boolean write(T owner, char separator, CanonicalBuffer out) {
        if (unboxed != null) {
            start(separator, out);
            out.number(unboxed.applyAsLong(owner));
            return true;
        }
        final V value = getter.apply(owner);
        if (value == null && presence == Presence.EXTENSION) {
            return false;
        }
        start(separator, out);
        if (value == null) {
            out.raw(NULL);
        } else {
            type.writer().write(value, out);
        }
        return true;
    }

    private void start(char separator, CanonicalBuffer out) {
        out.ascii(separator);
        out.raw(key);
    }
}
