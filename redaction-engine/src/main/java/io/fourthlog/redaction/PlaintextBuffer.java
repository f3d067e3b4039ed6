package io.fourthlog.redaction;

import java.util.Arrays;
import java.util.Objects;

/**
 * Collects the chunks of one text part, such as the deltas of a streamed answer, and seals them into a {@link Plaintext}.
 *
 * <p>Bounded: what does not fit is counted in {@link #discarded()} and not kept, so that the caller can record the gap.
 * Confined to one thread at a time.
 */
public final class PlaintextBuffer implements AutoCloseable {

    private static final int INITIAL_CAPACITY = 256; // bytes
    private static final byte[] NOTHING = new byte[0];

    private final int limit;
    private byte[] bytes = NOTHING;
    private int length;
    private long discarded;

    /**
     * An empty buffer.
     *
     * @param limit most bytes kept; at least 0
     */
    public PlaintextBuffer(int limit) {
        if (limit < 0) {
            throw new IllegalArgumentException("limit: " + limit);
        }
        this.limit = limit;
    }

    /**
     * Appends a chunk.
     *
     * @return whether all of it was kept
     */
    public boolean append(byte[] chunk, int offset, int count) {
        Objects.checkFromIndexSize(offset, count, chunk.length);
        int kept = Math.min(count, limit - length);
        ensure(length + kept);
        System.arraycopy(chunk, offset, bytes, length, kept);
        length += kept;
        discarded += count - kept;
        return kept == count;
    }

    /** Bytes kept so far. */
    public int length() {
        return length;
    }

    /** Bytes that were appended and did not fit. */
    public long discarded() {
        return discarded;
    }

    /** Hands the content over and is empty again; {@link #discarded()} starts at 0 again. */
    public Plaintext seal() {
        Plaintext sealed = new Plaintext(bytes, length);
        bytes = NOTHING;
        length = 0;
        discarded = 0;
        return sealed;
    }

    /** Zeroes what was not sealed; the buffer is empty and can be used again. */
    @Override
    public void close() {
        Arrays.fill(bytes, (byte) 0);
        bytes = NOTHING;
        length = 0;
        discarded = 0;
    }

    /** The length, never the content. */
    @Override
    public String toString() {
        return "PlaintextBuffer[" + length + " of " + limit + " bytes]";
    }

    private void ensure(int capacity) {
        if (capacity <= bytes.length) {
            return;
        }
        int doubled = (int) Math.min(limit, Math.max(INITIAL_CAPACITY, 2L * bytes.length));
        byte[] grown = Arrays.copyOf(bytes, Math.max(capacity, doubled));
        Arrays.fill(bytes, (byte) 0);
        bytes = grown;
    }
}
