package io.fourthlog.actionlog.event;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one kind of object, in the order of its canonical bytes, and the record that they make: what the writer,
 * the reader and the published schema all go by.
 *
 * <p>Events are open: names that this version does not know are kept as extensions. The objects inside of them are
 * closed, and change only with the schema version.
 *
 * @param <T> the record
 */
final class Shape<T> {

    /** Makes the record from what was read. */
    @FunctionalInterface
    interface Constructor<T> {
        T construct(Values values);
    }

    private final String name;
    private final List<Field<? super T, ?>> fields;
    private final Map<String, Integer> slots = new HashMap<>();
    private final Constructor<T> constructor;
    private final @Nullable Function<T, SortedMap<String, JsonFragment>> extensions;

    /** @param extensions gives the extensions of an open object; {@code null} for a closed one */
    Shape(
            String name,
            List<Field<? super T, ?>> fields,
            Constructor<T> constructor,
            @Nullable Function<T, SortedMap<String, JsonFragment>> extensions) {
        this.name = name;
        this.fields = fields.stream().sorted(Comparator.comparing(Field::name)).toList();
        for (final Field<? super T, ?> field : this.fields) {
            if (slots.put(field.name(), slots.size()) != null) {
                throw new IllegalStateException(name + " has two fields " + field.name());
            }
        }
        this.constructor = constructor;
        this.extensions = extensions;
    }

    String name() {
        return name;
    }

    List<Field<? super T, ?>> fields() {
        return fields;
    }

    boolean has(String field) {
        return slots.containsKey(field);
    }

    void write(T value, CanonicalBuffer out) {
        final SortedMap<String, JsonFragment> extra = extensions == null ? null : extensions.apply(value);
        if (extra != null && !extra.isEmpty()) {
            writeMerged(value, extra, out);
            return;
        }
        char separator = '{';
        for (int i = 0; i < fields.size(); i++) {
            if (fields.get(i).write(value, separator, out)) {
                separator = ',';
            }
        }
        out.ascii('}');
    }

    private void writeMerged(T value, SortedMap<String, JsonFragment> extra, CanonicalBuffer out) {
        char separator = '{';
        final Iterator<Map.Entry<String, JsonFragment>> rest = extra.entrySet().iterator();
        Map.Entry<String, JsonFragment> next = rest.next();
        for (final Field<? super T, ?> field : fields) {
            while (next != null && next.getKey().compareTo(field.name()) < 0) {
                writeExtension(next, separator, out);
                separator = ',';
                next = rest.hasNext() ? rest.next() : null;
            }
            if (field.write(value, separator, out)) {
                separator = ',';
            }
        }
        while (next != null) {
            writeExtension(next, separator, out);
            next = rest.hasNext() ? rest.next() : null;
        }
        out.ascii('}');
    }

    private static void writeExtension(Map.Entry<String, JsonFragment> entry, char separator, CanonicalBuffer out) {
        out.ascii(separator);
        out.string(entry.getKey());
        out.ascii(':');
        out.verbatim(entry.getValue().json());
    }

    T read(EventParser in) throws EventFormatException {
        final long start = in.startObject();
        final Values values = new Values(slots, start);
        for (String name = in.nextName(); name != null; name = in.nextName()) {
            final Integer slot = slots.get(name);
            if (slot != null) {
                readField(fields.get(slot), slot, values, in);
            } else if (extensions == null) {
                throw in.failure("is not a field of " + this.name);
            } else if (values.extensions.put(name, in.fragment()) != null) {
                throw in.failure("stands twice");
            }
            in.leave();
        }
        for (int slot = 0; slot < fields.size(); slot++) {
            final Field<? super T, ?> field = fields.get(slot);
            if (values.offsets[slot] < 0 && field.presence() != Field.Presence.EXTENSION) {
                throw in.failure(field.name(), start, "is missing");
            }
        }
        try {
            return constructor.construct(values);
        } catch (InvalidField e) {
            final String field = e.field().substring(e.field().lastIndexOf('.') + 1);
            throw in.failure(field, values.offset(field), e.reason());
        }
    }

    private void readField(Field<? super T, ?> field, int slot, Values values, EventParser in)
            throws EventFormatException {
        if (values.offsets[slot] >= 0) {
            throw in.failure("stands twice");
        }
        values.offsets[slot] = in.offset();
        if (!in.isNull()) {
            values.values[slot] = field.type().reader().read(in);
        } else if (field.presence() != Field.Presence.NULLABLE) {
            throw in.failure(field.presence() == Field.Presence.ALWAYS ? "is null" : "is null and should be left out");
        }
    }

    /** What was read of one object. */
    static final class Values {

        private final Map<String, Integer> slots;
        private final @Nullable Object[] values;
        private final long[] offsets; // of each value, -1 where there is none
        private final long start;
        private final SortedMap<String, JsonFragment> extensions = new TreeMap<>();

        private Values(Map<String, Integer> slots, long start) {
            this.slots = slots;
            this.values = new @Nullable Object[slots.size()];
            this.offsets = new long[slots.size()];
            this.start = start;
            Arrays.fill(offsets, -1);
        }

        /** The value of a field that is never null. */
        <V> V get(Field<?, V> field) {
            return requireNonNull(find(field));
        }

        @SuppressWarnings("unchecked") // the reader of this very field has put it there
        <V> @Nullable V find(Field<?, V> field) {
            return (V) values[requireNonNull(slots.get(field.name()))];
        }

        <V> List<V> list(Field<?, List<V>> field) {
            final List<V> list = find(field);
            return list == null ? List.of() : list;
        }

        SortedMap<String, JsonFragment> extensions() {
            return extensions;
        }

        private long offset(String field) {
            final Integer slot = slots.get(field);
            return slot == null || offsets[slot] < 0 ? start : offsets[slot];
        }
    }
}
