package io.fourthlog.sensor.streams;

/**
 * How many bytes of captured content one pipeline may hold at a time, shared by all of its buffers.
 *
 * <p>A buffer that may not grow says so to whoever fills it, who sheds that whole stream and records the gap. Confined
 * to the pipeline's thread.
 */
public final class MemoryBudget {
    private final long limit;
    private long used;

    public MemoryBudget(final long limit) {
        this.limit = limit;
    }

    /** Asks for {@code bytes} more; {@code false} if the limit would be passed, and then nothing was taken. */
    public boolean take(final int bytes) {
        if (used + bytes > limit) {
            return false;
        }
        used += bytes;
        return true;
    }

    public void giveBack(final int bytes) {
        used -= bytes;
    }

    /** Bytes of content buffers that are held now. */
    public long used() {
        return used;
    }
}
