package io.fourthlog.sensor.database;

/** One direction of a PostgreSQL connection, cut into messages, the same for every way in which the bytes come. */
final class PostgreSqlMessages {
    /** Takes the messages. */
    interface Sink {
        /** A message begins. Answers whether it can be one; if not, nothing more is told. */
        boolean begins(char type, int length);

        /** Bytes of the message; valid during the call only. */
        void body(byte[] bytes, int offset, int length);

        /** Bytes of the message that were not captured. */
        void bodyLost(int bytes);

        void ends();
    }

    private static final int HEADER = 5; // octets: the type, and the length of itself and what follows
    private static final int MAX = 1 << 30; // octets of a message, MaxAllocSize in PostgreSQL's utils/memutils.h

    private final Sink sink;
    private final byte[] header = new byte[HEADER];
    private int headerLength;
    private int untyped; // octets at the front of the header that the next message does not have
    private int remaining; // octets of the body that is read; -1 between messages
    private boolean stopped;

    PostgreSqlMessages(final Sink sink) {
        this.sink = sink;
        restart();
    }

    /** The next message has no type, as the first of a client. */
    void nextIsUntyped() {
        untyped = 1;
        headerLength = 1;
        header[0] = 0;
    }

    /** A message begins with the next byte. */
    void restart() {
        remaining = -1;
        headerLength = untyped;
    }

    /** Nothing more is told. */
    void stop() {
        stopped = true;
    }

    boolean stopped() {
        return stopped;
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
        final int size = int32(header, 1);
        final char type = (char) header[0];
        untyped = 0;
        headerLength = 0;
        if (size < 4 || size > MAX || !sink.begins(type, size - 4)) {
            stopped = true;
            return;
        }
        remaining = size - 4;
        endIfComplete();
    }

    private void endIfComplete() {
        if (remaining == 0 && !stopped) {
            remaining = -1;
            sink.ends();
        }
    }

    /** Passes over what was not captured; {@code false} if it is not known then where the next message begins. */
    boolean skip(final long bytes) {
        if (remaining < 0 || bytes > remaining) {
            return false;
        }
        remaining -= (int) bytes;
        sink.bodyLost((int) bytes);
        endIfComplete();
        return true;
    }

    /** Whether the bytes are whole messages, all of types in {@code types}, the last of one in {@code last}. */
    static boolean areWhole(
            final byte[] bytes, final int offset, final int length, final String types, final String last) {
        final int end = offset + length;
        long at = offset;
        char type = 0;
        while (at + HEADER <= end) {
            type = (char) bytes[(int) at];
            final int size = int32(bytes, (int) at + 1);
            if (types.indexOf(type) < 0 || size < 4 || size > MAX) {
                return false;
            }
            at += 1L + size;
        }
        return at == end && last.indexOf(type) >= 0;
    }

    static int int16(final byte[] bytes, final int at) {
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }

    static int int32(final byte[] bytes, final int at) {
        return int16(bytes, at) << 16 | int16(bytes, at + 2);
    }
}
