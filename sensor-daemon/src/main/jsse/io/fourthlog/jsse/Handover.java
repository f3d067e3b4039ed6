package io.fourthlog.jsse;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Gives plaintext to the sensor by writing it to {@code /dev/null}, which throws it away: the sensor reads it from the arguments of the
 * call ({@code java.h}). No method throws; what cannot be given is said to be missing.
 *
 * <pre>
 * 0        8            16     20       24
 * ┌────────┬────────────┬──────┬────────┬──────
 * │ mark   │ connection │ kind │ length │ bytes   little endian
 * └────────┴────────────┴──────┴────────┴──────
 * </pre>
 */
final class Handover {
    static final int SENT = 0;
    static final int RECEIVED = 1;
    private static final int MISSING = 2; // added to a direction: there are no bytes, only how many there were
    private static final int CLOSED = 4;
    private static final int INCOMPLETE = 8;

    private static final long MARK = 0x45_53_53_4a_6c_68_74_34L; // "4thlJSSE"
    private static final int HEADER = 24;
    private static final int MOST = 16 << 10; // bytes a call, as in a record of TLS

    private static volatile FileOutputStream sink;

    private Handover() {}

    static void open() throws IOException {
        sink = new FileOutputStream("/dev/null");
    }

    static void moved(
            final Object connection,
            final int direction,
            final ByteBuffer[] buffers,
            final int offset,
            final int[] before,
            final int moved) {
        int left = moved;
        try {
            for (int i = 0; left > 0; i++) { // what moved is behind the positions, from buffer to buffer
                final ByteBuffer buffer = buffers[offset + i].duplicate();
                final int end = Math.min(buffer.position(), before[i] + left);
                for (int at = before[i]; at < end; ) {
                    final int length = Math.min(end - at, MOST);
                    final ByteBuffer record = record(connection, direction, length);
                    buffer.limit(at + length);
                    buffer.position(at);
                    record.put(buffer);
                    write(record);
                    at += length;
                    left -= length;
                }
            }
        } catch (final Throwable fault) {
            missing(connection, direction, left);
        }
    }

    static void moved(
            final Object connection, final int direction, final byte[] bytes, final int offset, final int moved) {
        int left = moved;
        try {
            while (left > 0) {
                final int length = Math.min(left, MOST);
                final ByteBuffer record = record(connection, direction, length);
                record.put(bytes, offset + moved - left, length);
                write(record);
                left -= length;
            }
        } catch (final Throwable fault) {
            missing(connection, direction, left);
        }
    }

    static void closed(final Object connection) {
        try {
            closed(Connections.number(connection));
        } catch (final Throwable fault) {
            incomplete();
        }
    }

    static void closed(final long connection) {
        say(connection, CLOSED, 0);
    }

    /** JSSE is not as this agent expects it, or the agent could not do all of its work. */
    static void incomplete() {
        say(0, INCOMPLETE, 0);
    }

    private static void missing(final Object connection, final int direction, final int length) {
        try {
            say(Connections.number(connection), direction | MISSING, length);
        } catch (final Throwable fault) {
            incomplete();
        }
    }

    private static void say(final long connection, final int kind, final int length) {
        try {
            write(record(connection, kind, length, 0));
        } catch (final Throwable fault) {
            // Not even these bytes can be written: the sensor sees the connection at its socket, and misses it here.
        }
    }

    private static ByteBuffer record(final Object connection, final int direction, final int length) {
        return record(Connections.number(connection), direction, length, length);
    }

    private static ByteBuffer record(final long connection, final int kind, final int length, final int bytes) {
        return ByteBuffer.allocate(HEADER + bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(MARK)
                .putLong(connection)
                .putInt(kind)
                .putInt(length);
    }

    private static void write(final ByteBuffer record) throws IOException {
        sink.write(record.array(), 0, record.position()); // in one call, whatever its length
    }
}
