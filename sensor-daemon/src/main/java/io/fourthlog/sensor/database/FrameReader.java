package io.fourthlog.sensor.database;

import java.util.Arrays;

/**
 * One direction of a connection, cut into frames, the same for every way in which the bytes come: a header of one length, from which
 * follows how long the body behind it is.
 */
abstract class FrameReader {
    private static final int BETWEEN = -1;

    private final byte[] header;
    private int headerLength;
    private int remaining = BETWEEN; // octets of the body that is read
    private boolean stopped;

    /** @param headerSize octets */
    FrameReader(final int headerSize) {
        header = new byte[headerSize];
    }

    /** Octets of the body behind a header; -1 for what is no header, and then nothing is told but {@linkplain #malformed() that}. */
    abstract int bodyLength(byte[] head);

    /** What came is no header. */
    void malformed() {}

    /** A frame begins. */
    abstract void begins(byte[] head, int length);

    /** Bytes of its body; valid during the call only. */
    abstract void body(byte[] bytes, int offset, int length);

    /** Bytes of its body that were not captured. */
    abstract void bodyLost(int bytes);

    /** The frame is complete. */
    abstract void ends();

    /** The next header lacks its first octets, which are read as zeros. */
    final void omit(final int octets) {
        Arrays.fill(header, 0, octets, (byte) 0);
        headerLength = octets;
    }

    /** A frame begins with the next byte. */
    void restart() {
        remaining = BETWEEN;
        headerLength = 0;
    }

    /** Nothing more is told. */
    final void stop() {
        stopped = true;
    }

    final void data(final byte[] bytes, final int offset, final int length) {
        final int end = offset + length;
        int at = offset;
        while (at < end && !stopped) {
            if (remaining == BETWEEN) {
                header[headerLength++] = bytes[at++];
                if (headerLength == header.length) {
                    begin();
                }
            } else {
                final int count = Math.min(remaining, end - at);
                remaining -= count;
                body(bytes, at, count);
                at += count;
                endIfComplete();
            }
        }
    }

    private void begin() {
        headerLength = 0;
        remaining = bodyLength(header);
        if (remaining < 0) {
            stop();
            malformed();
            return;
        }
        begins(header, remaining);
        endIfComplete();
    }

    private void endIfComplete() {
        if (remaining == 0 && !stopped) {
            remaining = BETWEEN;
            ends();
        }
    }

    /** Passes over what was not captured; {@code false} if where the next frame begins is not known then. */
    final boolean skip(final long bytes) {
        if (remaining == BETWEEN || bytes > remaining) {
            return false;
        }
        remaining -= (int) bytes;
        bodyLost((int) bytes);
        endIfComplete();
        return true;
    }
}
