package io.fourthlog.sensor.database;

/**
 * One direction of a MySQL connection, cut into packets, the same for every way in which the bytes come.
 *
 * <pre>
 *  0               3          4              4 + n
 * ┌───────────────┬──────────┬──────────────┐
 * │ n, little-end │ sequence │ n bytes      │   n = 0xffffff: goes on with the next one
 * └───────────────┴──────────┴──────────────┘
 * </pre>
 */
final class MySqlPackets {
    /** Takes the packets; what goes on with the next one is told as one. */
    interface Sink {
        /** A packet begins, of this length, or its first part is. */
        void begins(int sequence, int length);

        /** Bytes of it; valid during the call only. */
        void body(byte[] bytes, int offset, int length);

        /** Bytes of it that were not captured. */
        void bodyLost(int bytes);

        void ends();
    }

    static final int LONGEST = 0xffffff; // octets
    private static final int HEADER = 4; // octets

    private final Sink sink;
    private final byte[] header = new byte[HEADER];
    private int headerLength;
    private int remaining = -1; // octets of the part that is read; -1 between parts
    private boolean goesOn; // what is read has parts before it
    private boolean stopped;

    MySqlPackets(final Sink sink) {
        this.sink = sink;
    }

    /** A packet begins with the next byte. */
    void restart() {
        remaining = -1;
        headerLength = 0;
        goesOn = false;
    }

    /** Nothing more is told. */
    void stop() {
        stopped = true;
    }

    boolean isBetween() {
        return remaining < 0 && headerLength == 0 && !goesOn;
    }

    void data(final byte[] bytes, final int offset, final int length) {
        final int end = offset + length;
        int at = offset;
        while (at < end && !stopped) {
            if (remaining < 0) {
                header[headerLength++] = bytes[at++];
                if (headerLength == HEADER) {
                    begin();
                }
            } else {
                final int count = Math.min(remaining, end - at);
                remaining -= count;
                sink.body(bytes, at, count);
                at += count;
                endIfComplete();
            }
        }
    }

    private void begin() {
        headerLength = 0;
        remaining = size(header, 0);
        final boolean continued = goesOn;
        goesOn = remaining == LONGEST;
        if (!continued) {
            sink.begins(header[3] & 0xff, remaining);
        }
        endIfComplete();
    }

    private void endIfComplete() {
        if (remaining == 0 && !stopped) {
            remaining = -1;
            if (!goesOn) {
                sink.ends();
            }
        }
    }

    /** Whether what was not captured is part of the packet that is read. */
    boolean covers(final long bytes) {
        return remaining >= 0 && bytes <= remaining;
    }

    /** Passes over what was not captured. */
    void skip(final int bytes) {
        remaining -= bytes;
        sink.bodyLost(bytes);
        endIfComplete();
    }

    /** The length that a packet's header tells. */
    static int size(final byte[] bytes, final int at) {
        return (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff) << 16;
    }
}
