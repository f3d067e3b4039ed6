package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;

/**
 * One direction of a MySQL connection, cut into packets, of which values are told as they come and little else is collected.
 *
 * <pre>
 *  0               3          4              4 + n
 * ┌───────────────┬──────────┬──────────────┐
 * │ n, little-end │ sequence │ n bytes      │   n = 0xffffff: goes on with the next one
 * └───────────────┴──────────┴──────────────┘
 * </pre>
 */
abstract class MySqlPackets extends FrameReader implements ValueSink {
    static final int HEADER = 4; // octets
    static final int LONGEST = 0xffffff; // octets
    static final int SHORT = 64 << 10; // octets of a packet that is read as a whole
    static final int LONG = 1 << 20; // octets of a text in which tables are looked for, and of what is prepared
    static final byte[] NOTHING = {};

    final AbstractDecoder connection;
    final ContentBuffer head;
    final MySqlValues values = new MySqlValues();
    private boolean goesOn; // what is read has parts before it, or behind it

    MySqlPackets(final AbstractDecoder connection) {
        super(HEADER);
        this.connection = connection;
        head = new ContentBuffer(connection.budget, LONG);
    }

    /** The length that a packet's header tells. */
    static int size(final byte[] bytes, final int at) {
        return (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff) << 16;
    }

    /** A packet begins, of this length, or its first part is. */
    abstract void packetBegins(int sequence, int length);

    abstract void packetEnds();

    @Override
    final int bodyLength(final byte[] header) {
        return size(header, 0);
    }

    @Override
    final void begins(final byte[] header, final int length) {
        final boolean continues = goesOn;
        goesOn = length == LONGEST;
        if (!continues) {
            packetBegins(header[3] & 0xff, length);
        }
    }

    @Override
    final void ends() {
        if (!goesOn) {
            packetEnds();
        }
    }

    @Override
    final void restart() {
        super.restart();
        goesOn = false;
    }

    final boolean collect(final byte[] bytes, final int offset, final int length) {
        final boolean collected = head.append(bytes, offset, length);
        if (!collected) {
            connection.giveUp(GapCause.SHED);
        }
        return collected;
    }

    /** Collects a packet that is read as a whole, which none is that is long. */
    final void collectWhole(final byte[] bytes, final int offset, final int length) {
        if (head.length() + length > SHORT) {
            connection.giveUp(GapCause.PROTOCOL);
        } else {
            collect(bytes, offset, length);
        }
    }

    /** What is read of a packet is not gone on with. */
    final void drop() {
        head.clear();
        restart();
    }

    final void close() {
        stop();
        head.close();
        values.clear();
    }
}
