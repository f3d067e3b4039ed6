package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;
import org.jspecify.annotations.Nullable;

/** One direction of a MongoDB connection, cut into messages, which are found again after a loss where a call begins with one. */
abstract class MongoMessages extends FrameReader implements MongoMessage.Sink {
    final AbstractDecoder connection;
    final MongoPending pending;
    final MongoMessage message;
    private boolean lost; // where the next message begins is not known
    boolean damaged; // not all of the message is there
    int number;
    int answers; // the number of what it answers

    MongoMessages(final AbstractDecoder connection, final MongoPending pending) {
        super(MongoHeader.SIZE);
        this.connection = connection;
        this.pending = pending;
        message = new MongoMessage(connection.budget, this);
    }

    abstract void messageBegins();

    /** The message is complete, with what of it was lost. */
    abstract void messageEnds();

    /** Nothing more of the message comes. */
    abstract boolean cut(GapCause cause);

    /** Whether bytes of a chain of messages may be this side's. */
    abstract boolean isBeginning(byte[] bytes, int offset);

    abstract @Nullable Running running();

    final void take(final byte[] bytes, final int offset, final int length) {
        if (lost
                && length >= MongoHeader.SIZE
                && MongoHeader.chain(bytes, offset, length) >= 0
                && isBeginning(bytes, offset)) {
            lost = false;
        }
        if (!lost) {
            data(bytes, offset, length);
        }
    }

    @Override
    final int bodyLength(final byte[] header) {
        return MongoHeader.bodyLength(header, 0);
    }

    @Override
    final void malformed() {
        connection.giveUp(GapCause.PROTOCOL);
    }

    @Override
    final void begins(final byte[] header, final int length) {
        number = MongoHeader.number(header, 0);
        answers = MongoHeader.answers(header, 0);
        damaged = false;
        message.begin(MongoHeader.opcode(header, 0), length);
        messageBegins();
    }

    @Override
    final void body(final byte[] bytes, final int offset, final int length) {
        message.data(bytes, offset, length);
    }

    @Override
    final void ends() {
        message.end();
        if (message.failure() != null) {
            damaged = true;
            connection.listener.gap(message.failure(), -1);
        }
        messageEnds();
    }

    @Override
    final void bodyLost(final int bytes) {
        message.lose();
        damaged = true;
        final Running running = running();
        if (running != null) {
            running.lose(bytes);
        } else {
            connection.listener.gap(GapCause.STREAM, bytes);
        }
    }

    /** Bytes that were not captured. */
    final void lose(final long bytes) {
        if (!lost && skip(bytes)) {
            return;
        }
        if (!lost) {
            lost = true;
            message.lose();
            restart();
            cut(GapCause.STREAM);
        }
        connection.listener.gap(GapCause.STREAM, bytes);
    }

    void close() {
        stop();
        message.close();
    }
}
