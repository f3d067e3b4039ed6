package io.fourthlog.sensor.streams;

import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * Puts the captured chunks of one direction of a connection in order of position and hands them to a parser; a range
 * that did not come is handed over as a gap of its exact length.
 *
 * <p>A chunk that comes early waits, because the processors' records may overtake each other, until the missing range
 * comes, until too much waits, or until {@link #flush()} says that nothing older can still come.
 */
public final class StreamAssembler implements AutoCloseable {
    private static final int MAX_WAITING = 16; // chunks; records overtake each other by one or two

    /** Takes a stream in order. Data is valid during the call only. */
    public interface Sink {
        /**
         * The next bytes of the stream.
         *
         * @param chunkStart whether the data begins where a captured call (or a record of it) began
         */
        void data(byte[] bytes, int offset, int length, boolean chunkStart);

        /** {@code bytes} bytes of the stream were not captured. */
        void gap(long bytes);
    }

    private record Waiting(long position, ContentBuffer content) {}

    private final MemoryBudget budget;
    private final Sink sink;
    private final int maxWaitingBytes;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>(); // ascending by position
    private int waitingBytes;
    private long expected;

    public StreamAssembler(final MemoryBudget budget, final int maxWaitingBytes, final Sink sink) {
        this.budget = budget;
        this.maxWaitingBytes = maxWaitingBytes;
        this.sink = sink;
    }

    /** Takes a chunk whose first byte is the stream's byte number {@code position}, counted from 0. */
    public void accept(final long position, final byte[] bytes, final int offset, final int length) {
        if (position > expected) {
            hold(position, bytes, offset, length);
            return;
        }
        deliver(position, bytes, offset, length);
        deliverWaiting();
    }

    /** Gives up on what is missing: everything that waits is handed over, with the gaps between. */
    public void flush() {
        while (!waiting.isEmpty()) {
            sink.gap(skipTo(waiting.getFirst().position()));
            deliverWaiting();
        }
    }

    public boolean isWaiting() {
        return !waiting.isEmpty();
    }

    private long skipTo(final long position) {
        final long missing = position - expected;
        expected = position;
        return missing;
    }

    private void hold(final long position, final byte[] bytes, final int offset, final int length) {
        final ContentBuffer copy = new ContentBuffer(budget, length);
        final boolean held = waitingBytes + length <= maxWaitingBytes
                && waiting.size() < MAX_WAITING
                && copy.append(bytes, offset, length);
        if (held) {
            insert(new Waiting(position, copy));
            waitingBytes += length;
            return;
        }
        flush();
        if (position > expected) {
            sink.gap(skipTo(position));
        }
        deliver(position, bytes, offset, length);
    }

    private void insert(final Waiting chunk) {
        final ArrayDeque<Waiting> later = new ArrayDeque<>();
        for (final Iterator<Waiting> fromLast = waiting.descendingIterator(); fromLast.hasNext(); ) {
            final Waiting last = fromLast.next();
            if (last.position() <= chunk.position()) {
                break;
            }
            later.addFirst(last);
            fromLast.remove();
        }
        waiting.addLast(chunk);
        waiting.addAll(later);
    }

    private void deliverWaiting() {
        while (!waiting.isEmpty() && waiting.getFirst().position() <= expected) {
            final Waiting next = waiting.removeFirst();
            waitingBytes -= next.content().length();
            deliver(next.position(), next.content().array(), 0, next.content().length());
            next.content().close();
        }
    }

    private void deliver(final long position, final byte[] bytes, final int offset, final int length) {
        final long seen = expected - position; // a chunk may repeat what was handed over already
        if (seen >= length) {
            return;
        }
        expected = position + length;
        sink.data(bytes, offset + (int) seen, length - (int) seen, seen == 0);
    }

    /** Zeroes what still waits, without handing it over. */
    @Override
    public void close() {
        waiting.forEach(chunk -> chunk.content().close());
        waiting.clear();
        waitingBytes = 0;
    }
}
