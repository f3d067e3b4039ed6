package io.fourthlog.sensor.kernel;

import java.util.LinkedHashMap;
import java.util.Map;

/** A map that forgets what was put into it, or last asked for, longest ago. Of one thread, unless it is wrapped. */
final class BoundedMap<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1L;

    private final int most;

    private BoundedMap(final int most, final boolean byUse) {
        super(16, 0.75f, byUse);
        this.most = most;
    }

    /** Forgets what was put first. */
    static <K, V> BoundedMap<K, V> byAge(final int most) {
        return new BoundedMap<>(most, false);
    }

    /** Forgets what was not asked for, or put, for longest. */
    static <K, V> BoundedMap<K, V> byUse(final int most) {
        return new BoundedMap<>(most, true);
    }

    @Override
    protected boolean removeEldestEntry(final Map.Entry<K, V> eldest) {
        return size() > most;
    }
}
