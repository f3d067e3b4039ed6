package io.fourthlog.sensor.streams;

import org.jspecify.annotations.Nullable;

/**
 * How many bytes of captured content, and of what waits for more of it, one pipeline may hold at a time, shared by all of its buffers.
 *
 * <p>A buffer that may not grow says so to whoever fills it, who sheds that whole stream and records the gap. Each stream has a
 * {@linkplain #share() share}, which knows what that stream holds. Confined to the pipeline's thread.
 */
public final class MemoryBudget implements AutoCloseable {
    private final long limit;
    private final @Nullable MemoryBudget whole; // that this is a share of
    private long used;
    private boolean closed;

    public MemoryBudget(final long limit) {
        this(limit, null);
    }

    private MemoryBudget(final long limit, final @Nullable MemoryBudget whole) {
        this.limit = limit;
        this.whole = whole;
    }

    /** What one stream takes of this budget; all of it is given back when the share is closed. */
    public MemoryBudget share() {
        return new MemoryBudget(limit, this);
    }

    /** Asks for {@code bytes} more; {@code false} if the limit would be passed, and then nothing was taken. */
    public boolean take(final int bytes) {
        if (closed || used + bytes > limit || (whole != null && !whole.take(bytes))) {
            return false;
        }
        used += bytes;
        return true;
    }

    public void giveBack(final int bytes) {
        if (!closed) {
            giveBack((long) bytes);
        }
    }

    private void giveBack(final long bytes) {
        used -= bytes;
        if (whole != null) {
            whole.giveBack(bytes);
        }
    }

    /** Bytes that are held now. */
    public long used() {
        return used;
    }

    /** Whoever had something of this share is gone: gives back what they did not. */
    @Override
    public void close() {
        giveBack(used);
        closed = true;
    }
}
