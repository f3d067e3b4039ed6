package io.fourthlog.trail.reading;

import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.log.KeySuccession;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.trail.UsageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hands out the events of all logs of a trail as they came about: each log in its own order, which is that in which its sensor
 * judged, and the logs among each other by time. Holds one event of each log, however long they are.
 */
public final class TrailStream {

    private static final long PROGRESS_STEP = 1_000; // entries

    /** Is told how many of all entries were read. */
    @FunctionalInterface
    public interface Progress {
        void at(long done, long of);
    }

    private final Trail trail;
    private final List<String> unreadable = new ArrayList<>();
    private final Map<String, Integer> sealed = new TreeMap<>();

    private TrailStream(Trail trail) {
        this.trail = trail;
    }

    /**
     * What was passed over.
     *
     * @param unreadable leaves that are no events: whatever they were is not known
     * @param sealed why events stay closed, and how many
     */
    public record Passed(List<String> unreadable, Map<String, Integer> sealed) {

        public Passed {
            unreadable = List.copyOf(unreadable);
            sealed = Collections.unmodifiableMap(new TreeMap<>(sealed));
        }
    }

    /**
     * Reads a trail from end to end.
     *
     * @return what was passed over
     * @throws UsageException when a log cannot be read
     */
    public static Passed read(Trail trail, Consumer<Event> consumer, Progress progress) throws UsageException {
        final TrailStream stream = new TrailStream(trail);
        stream.forEach(consumer, progress);
        return new Passed(stream.unreadable, stream.sealed);
    }

    private void forEach(Consumer<Event> consumer, Progress progress) throws UsageException {
        final PriorityQueue<Cursor> cursors = new PriorityQueue<>(Comparator.comparing(Cursor::head, Cursor.BY_TIME));
        long size = 0;
        for (final TrailLog log : trail.logs()) {
            final Cursor cursor = new Cursor(log);
            size += cursor.size;
            if (cursor.advance()) {
                cursors.add(cursor);
            }
        }
        long done = 0;
        for (Cursor first = cursors.poll(); first != null; first = cursors.poll()) {
            consumer.accept(first.head());
            if (first.advance()) {
                cursors.add(first);
            }
            if (++done % PROGRESS_STEP == 0) {
                progress.at(done, size);
            }
        }
    }

    /** A place in a log. */
    private final class Cursor {
        private static final Comparator<Event> BY_TIME =
                Comparator.comparing(event -> event.header().ts());

        private final TrailLog log;
        private final LogReader reader;
        private final long size;
        private long next;
        private @Nullable Event head;

        Cursor(TrailLog log) throws UsageException {
            this.log = log;
            try {
                this.reader = LogReader.open(log.directory());
            } catch (IOException e) {
                throw trail.unreadable(log, e);
            }
            this.size = reader.size();
            this.next = reader.firstIndex();
        }

        Event head() {
            if (head == null) {
                throw new IllegalStateException("it was advanced, and was not at the end");
            }
            return head;
        }

        /** Goes to the next event; false at the end of the log. */
        boolean advance() throws UsageException {
            while (next < size) {
                final long leaf = next++;
                try {
                    final byte[] entry = reader.entry(leaf);
                    if (KeySuccession.parse(entry).isPresent()) {
                        continue;
                    }
                    switch (trail.subjects().read(entry)) {
                        case Subjects.Open open -> {
                            head = EventCodec.decode(open.json());
                            return true;
                        }
                        case Subjects.Closed closed -> sealed.merge(closed.why(), 1, Integer::sum);
                    }
                } catch (EventFormatException e) {
                    unreadable.add(log.name() + ", leaf " + leaf + ": " + e.getMessage());
                } catch (IOException e) {
                    throw trail.unreadable(log, e);
                }
            }
            return false;
        }
    }
}
