package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
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
final class MySqlInflater {
    private static final int HEADER = 7; // octets
    private static final int OUT = 16 << 10; // octets inflated at a time
    private static final int ZLIB = 44 << 10; // octets that zlib takes to inflate, outside of the heap

    private final MemoryBudget budget;
    private final MySqlPackets packets;
    private final byte[] header = new byte[HEADER];
    private int headerLength;
    private int remaining; // octets of the packet that is read
    private int uncompressed; // octets that may still come out of it; -1 if it is not compressed
    private @Nullable Inflater inflater;
    private byte[] out = new byte[0];
    private @Nullable GapCause failure;

    MySqlInflater(final MemoryBudget budget, final MySqlPackets packets) {
        this.budget = budget;
        this.packets = packets;
    }

    /** Why nothing more can be read, {@code null} while it can. */
    @Nullable
    GapCause failure() {
        return failure;
    }

    void data(final byte[] bytes, final int offset, final int length) {
        final int end = offset + length;
        int at = offset;
        while (at < end && failure == null) {
            if (remaining == 0) {
                header[headerLength++] = bytes[at++];
                if (headerLength == HEADER) {
                    begin();
                }
            } else {
                final int count = Math.min(remaining, end - at);
                remaining -= count;
                if (uncompressed < 0) {
                    packets.data(bytes, at, count);
                } else {
                    inflate(bytes, at, count);
                }
                at += count;
            }
        }
    }

    private void begin() {
        headerLength = 0;
        remaining = MySqlPackets.size(header, 0);
        uncompressed = MySqlPackets.size(header, 4);
        if (uncompressed == 0) {
            uncompressed = -1;
            return;
        }
        if (inflater == null) {
            if (!budget.take(ZLIB + OUT)) {
                failure = GapCause.SHED;
                return;
            }
            inflater = new Inflater();
            out = new byte[OUT];
        }
        inflater.reset();
    }

    private void inflate(final byte[] bytes, final int offset, final int length) {
        final Inflater zlib = inflater;
        if (zlib == null) {
            return;
        }
        zlib.setInput(bytes, offset, length);
        try {
            int count = zlib.inflate(out);
            while (count > 0 && failure == null) {
                uncompressed -= count;
                if (uncompressed < 0) {
                    failure = GapCause.ENCODING; // more than it said
                    return;
                }
                packets.data(out, 0, count);
                count = inflater == null ? 0 : zlib.inflate(out);
            }
            if (remaining == 0 && uncompressed > 0) {
                failure = GapCause.ENCODING;
            }
        } catch (final DataFormatException _) {
            failure = GapCause.ENCODING;
        }
    }

    void close() {
        if (inflater != null) {
            inflater.end();
            inflater = null;
            Arrays.fill(out, (byte) 0);
            budget.giveBack(ZLIB + OUT);
        }
        failure = GapCause.UNFINISHED;
    }
}
