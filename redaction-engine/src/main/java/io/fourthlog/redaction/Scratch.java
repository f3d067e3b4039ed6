package io.fourthlog.redaction;

import java.util.Arrays;

/** A buffer for content on its way through the engine, kept between contents and wiped after each. */
final class Scratch {

    private static final int KEPT = 1 << 20; // bytes; a larger buffer is let go of after use

    private byte[] bytes = new byte[1024];
    private int dirty;

    /** An array with room for so many bytes, all of which will be wiped. What was in the buffer is still at its beginning. */
    byte[] reserve(int capacity) {
        if (capacity > bytes.length) {
            byte[] grown =
                    Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 8, Math.max(capacity, 2L * bytes.length)));
            wipe();
            bytes = grown;
        }
        dirty = Math.max(dirty, capacity);
        return bytes;
    }

    void wipe() {
        Arrays.fill(bytes, 0, dirty, (byte) 0);
        dirty = 0;
        if (bytes.length > KEPT) {
            bytes = new byte[1024];
        }
    }
}
