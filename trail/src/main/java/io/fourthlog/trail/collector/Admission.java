package io.fourthlog.trail.collector;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * How many batches are in memory at once: {@value #BODIES} while they come in, of which one namespace may have {@value
 * #BODIES_OF_A_NAMESPACE}, so that a slow or hostile one leaves room for others; and {@value #APPENDING} that are being
 * written, which takes three times the memory.
 */
final class Admission {

    private static final int BODIES = 8; // of at most Batch.MAX_BODY
    private static final int BODIES_OF_A_NAMESPACE = 4;
    private static final int APPENDING = 2;

    private final Map<String, Integer> bodies = new HashMap<>(); // by namespace; guarded by this
    private int total; // guarded by this
    private final Semaphore appending = new Semaphore(APPENDING, true);

    /** Takes a batch into a log. */
    @FunctionalInterface
    interface Append {
        Mirrors.Taken run() throws RefusedException, IOException;
    }

    /** A place for a batch. */
    final class Ticket implements AutoCloseable {

        private final String namespace;

        private Ticket(String namespace) {
            this.namespace = namespace;
        }

        Mirrors.Taken whenRoom(Append append) throws RefusedException, IOException {
            appending.acquireUninterruptibly();
            try {
                return append.run();
            } finally {
                appending.release();
            }
        }

        @Override
        public void close() {
            leave(namespace);
        }
    }

    /** A place for a batch of a namespace, to be given back. */
    synchronized Ticket enter(String namespace) throws RefusedException {
        final int own = bodies.getOrDefault(namespace, 0);
        if (total >= BODIES || own >= BODIES_OF_A_NAMESPACE) {
            throw new RefusedException(Refusal.BUSY, "too many batches come in at once: try again");
        }
        total++;
        bodies.put(namespace, own + 1);
        return new Ticket(namespace);
    }

    private synchronized void leave(String namespace) {
        total--;
        bodies.computeIfPresent(namespace, (name, own) -> own == 1 ? null : own - 1);
    }
}
