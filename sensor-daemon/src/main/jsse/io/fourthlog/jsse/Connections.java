package io.fourthlog.jsse;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Numbers the engines and sockets of TLS, by their identity, for as long as the program keeps them. */
final class Connections {
    private static final Map<Object, Numbered> ALL = new ConcurrentHashMap<>();
    private static final ReferenceQueue<Object> GONE = new ReferenceQueue<>();
    private static final AtomicLong LAST = new AtomicLong();

    private Connections() {}

    /** What is kept of a connection. */
    private static final class Numbered extends WeakReference<Object> {
        private final int hash;
        private final long number = LAST.incrementAndGet();

        private Numbered(final Object connection) {
            super(connection, GONE);
            hash = System.identityHashCode(connection);
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(final Object other) {
            return this == other;
        }
    }

    /** What is looked for: equal to what is kept of the same connection. */
    private static final class Sought {
        private final Object connection;

        private Sought(final Object connection) {
            this.connection = connection;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(connection);
        }

        @Override
        public boolean equals(final Object other) {
            return other instanceof Numbered && ((Numbered) other).get() == connection;
        }
    }

    static long number(final Object connection) {
        final Sought sought = new Sought(connection);
        final Numbered known = ALL.get(sought);
        if (known != null) {
            return known.number;
        }
        synchronized (ALL) { // both directions may come at once
            for (Object gone = GONE.poll(); gone != null; gone = GONE.poll()) {
                ALL.remove(gone);
                Handover.closed(((Numbered) gone).number);
            }
            final Numbered again = ALL.get(sought);
            if (again != null) {
                return again.number;
            }
            final Numbered fresh = new Numbered(connection);
            ALL.put(fresh, fresh);
            return fresh.number;
        }
    }
}
