package io.fourthlog.sensor.streams;

import java.util.Arrays;

/**
 * Captured content between the ring buffer and the redaction engine: grows within its own limit and the shared budget,
 * prints only its length, and is zeroed when it is cleared, outgrown or closed.
 */
public final class ContentBuffer implements AutoCloseable {
    private static final int SMALLEST = 256; // bytes; most heads and SSE events need one growth or none
    private static final int KEPT =
            4 << 10; // bytes; what grew beyond is given back when it is cleared, since a connection may live for days
    private static final byte[] EMPTY = new byte[0];

    private final MemoryBudget budget;
    private final int limit;
    private byte[] bytes = EMPTY;
    private int length;

    /** An empty buffer of at most {@code limit} bytes. */
    public ContentBuffer(final MemoryBudget budget, final int limit) {
        this.budget = budget;
        this.limit = limit;
    }

    /** Appends all of it, or nothing and answers {@code false}: the limit or the budget would be passed. */
    public boolean append(final byte[] source, final int offset, final int count) {
        if (!ensure(count)) {
            return false;
        }
        System.arraycopy(source, offset, bytes, length, count);
        length += count;
        return true;
    }

    /** Makes room for {@code count} more bytes behind {@link #length()}, to be filled through {@link #array()}. */
    public boolean ensure(final int count) {
        if (count > limit - length) {
            return false;
        }
        final int needed = length + count;
        if (needed <= bytes.length) {
            return true;
        }
        final int capacity = Math.min(limit, Math.max(needed, Math.max(SMALLEST, bytes.length * 2)));
        if (!budget.take(capacity - bytes.length)) {
            return false;
        }
        final byte[] grown = new byte[capacity];
        System.arraycopy(bytes, 0, grown, 0, length);
        Arrays.fill(bytes, 0, length, (byte) 0);
        bytes = grown;
        return true;
    }

    /** Counts bytes that were written to {@link #array()} after {@link #ensure}. */
    public void advance(final int count) {
        length += count;
    }

    /** Zeroes all behind the first {@code count} bytes. */
    public void truncate(final int count) {
        Arrays.fill(bytes, count, length, (byte) 0);
        length = count;
    }

    /** The content itself, valid up to {@link #length()} and until the next change; never to be kept. */
    public byte[] array() {
        return bytes;
    }

    public int length() {
        return length;
    }

    /** Zeroes the content and keeps the room, if that is small. */
    public void clear() {
        Arrays.fill(bytes, 0, length, (byte) 0);
        length = 0;
        if (bytes.length > KEPT) {
            close();
        }
    }

    @Override
    public void close() {
        Arrays.fill(bytes, 0, length, (byte) 0);
        length = 0;
        budget.giveBack(bytes.length);
        bytes = EMPTY;
    }

    @Override
    public String toString() {
        return "ContentBuffer[" + length + " bytes]";
    }
}
