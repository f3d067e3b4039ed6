package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.streams.GapCause;
import org.jspecify.annotations.Nullable;

/** What an exchange is without: the first cause, and the bytes of all of them, as far as they are known. */
final class Missing {
    private @Nullable GapCause cause;
    private long bytes; // -1 if not known

    /** @param missing how many bytes; negative if that is not known */
    void add(final GapCause why, final long missing) {
        if (cause == null) {
            cause = why;
            bytes = missing;
        } else {
            bytes = bytes < 0 || missing < 0 ? -1 : bytes + missing;
        }
    }

    boolean isNothing() {
        return cause == null;
    }

    /** {@code null} if nothing is missing. */
    @Nullable
    GapCause cause() {
        return cause;
    }

    long bytes() {
        return bytes;
    }
}
