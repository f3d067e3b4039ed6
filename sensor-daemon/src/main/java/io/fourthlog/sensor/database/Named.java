package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a client has given names or numbers, as long as it may use them again: so many at most, of which the oldest makes room for a new
 * one, each at the expense of the budget.
 */
final class Named<K, V> {
    private final MemoryBudget budget;
    private final int most;
    private final int size; // bytes, about, that one takes besides its own
    private final Consumer<V> forgotten;
    private final Map<K, V> all = new LinkedHashMap<>();

    /** @param forgotten takes what is not kept any more */
    Named(final MemoryBudget budget, final int most, final int size, final Consumer<V> forgotten) {
        this.budget = budget;
        this.most = most;
        this.size = size;
        this.forgotten = forgotten;
    }

    @Nullable
    V get(final K name) {
        return all.get(name);
    }

    Collection<V> values() {
        return all.values();
    }

    /** Forgets what has the name, and the oldest if they are as many as may be; answers whether the budget has room for another. */
    boolean makeRoom(final K name) {
        forget(name);
        if (all.size() == most) {
            forget(all.keySet().iterator().next());
        }
        return budget.take(size);
    }

    /** Keeps one that there is {@linkplain #makeRoom room} for. */
    void put(final K name, final V value) {
        all.put(name, value);
    }

    void forget(final @Nullable K name) {
        final V removed = name == null ? null : all.remove(name);
        if (removed != null) {
            budget.giveBack(size);
            forgotten.accept(removed);
        }
    }

    void clear() {
        all.values().forEach(forgotten);
        budget.giveBack(all.size() * size);
        all.clear();
    }
}
