package io.fourthlog.api;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the compact constructors of the API's records share. Reading a document can leave any component null. */
public final class Required {

    private Required() {}

    /** Refuses a component that a document left out. */
    public static void field(String name, @Nullable Object value) {
        if (value == null) {
            throw new IllegalArgumentException(name + " is required");
        }
    }

    /** The value, or what its absence means. */
    public static <T> T orDefault(@Nullable T value, T absent) {
        return value == null ? absent : value;
    }

    /** An unmodifiable copy; a list that was left out is empty. */
    public static <T> List<T> list(@Nullable List<T> list) {
        return list == null ? List.of() : List.copyOf(list);
    }

    /** A sorted copy; a map that was left out is empty. */
    public static <V> SortedMap<String, V> map(@Nullable Map<String, V> map) {
        return map == null ? new TreeMap<>() : new TreeMap<>(map);
    }
}
