package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a MySQL connection with {@code CLIENT_COMPRESS}: packets of packets, each compressed by itself.
 *
 * <pre>
 *  0               3          4                  7              7 + n
 * ┌───────────────┬──────────┬──────────────────┬──────────────┐
 * │ n, little-end │ sequence │ m, uncompressed  │ n bytes      │   m = 0: they are not compressed
 * └───────────────┴──────────┴──────────────────┴──────────────┘
 * </pre>
 */
final class MySqlInflater extends FrameReader implements Zlib.Sink {
    private static final int HEADER = 7; // octets
    private static final int STORED = -1; // not compressed

    private final MySqlPackets packets;
    private final Zlib zlib;
    private int uncompressed = STORED; // octets that may still come out of the packet
    private @Nullable GapCause failure;

    MySqlInflater(final MemoryBudget budget, final MySqlPackets packets) {
        super(HEADER);
        this.packets = packets;
        this.zlib = new Zlib(budget);
    }

    /** Why nothing more can be read, {@code null} while it can. */
    @Nullable
    GapCause failure() {
        return failure;
    }

    private void fail(final GapCause cause) {
        failure = cause;
        stop();
    }

    @Override
    int bodyLength(final byte[] header) {
        return MySqlPackets.size(header, 0);
    }

    @Override
    void begins(final byte[] header, final int length) {
        uncompressed = MySqlPackets.size(header, 4);
        if (uncompressed == 0) {
            uncompressed = STORED;
        } else if (!zlib.begin()) {
            fail(GapCause.SHED);
        }
    }

    @Override
    void body(final byte[] bytes, final int offset, final int length) {
        if (uncompressed == STORED) {
            packets.data(bytes, offset, length);
        } else if (!zlib.inflate(bytes, offset, length, this)) {
            fail(GapCause.ENCODING);
        }
    }

    @Override
    public boolean inflated(final byte[] bytes, final int offset, final int length) {
        uncompressed -= length;
        if (uncompressed < 0) {
            fail(GapCause.ENCODING); // more than it said
        } else {
            packets.data(bytes, offset, length);
        }
        return failure == null;
    }

    @Override
    void bodyLost(final int bytes) {
        throw new IllegalStateException("a compressed packet cannot go on after a loss");
    }

    @Override
    void ends() {
        if (uncompressed > 0) {
            fail(GapCause.ENCODING); // less than it said
        }
    }

    void close() {
        zlib.close();
        fail(GapCause.UNFINISHED);
    }
}
