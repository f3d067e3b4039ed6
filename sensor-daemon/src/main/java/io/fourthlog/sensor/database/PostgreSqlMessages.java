package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import org.jspecify.annotations.Nullable;

/** One direction of a PostgreSQL connection, cut into messages, of which values are told as they come and little else is collected. */
abstract class PostgreSqlMessages extends FrameReader implements ValueSink {
    private static final int SHORT = 64 << 10; // octets of a statement in which its tables are looked for
    static final int LONG = 1 << 20; // octets of a statement that is prepared, and of what describes rows
    static final byte[] NOTHING = {};

    /** How the bytes of a message are taken. */
    enum Way {
        /** All of them together. */
        WHOLE,
        /** A text, which is enough to know what it is once it is complete or {@link #SHORT}, and the rest as it comes. */
        TEXT,
        /** A head of names and formats, and values as they come. */
        BIND,
        VALUES,
        /** One value, or a piece of one. */
        COPY,
        PASSED_OVER
    }

    final AbstractDecoder connection;
    final PostgreSqlPending pending;
    private final ContentBuffer message;
    final PostgreSqlValues values = new PostgreSqlValues();
    char type;
    Way way = Way.PASSED_OVER;
    private boolean damaged; // of a message that is to be read as a whole, not all is there

    PostgreSqlMessages(final AbstractDecoder connection, final PostgreSqlPending pending) {
        super(PostgreSqlFormat.HEADER);
        this.connection = connection;
        this.pending = pending;
        message = new ContentBuffer(connection.budget, LONG);
    }

    /** Whether this side sends messages of that type. */
    abstract boolean isMessage(char of, int length);

    /** A message of {@link #type} begins. Answers how it is taken. */
    abstract Way begins();

    abstract void whole(byte[] bytes, int length);

    /** A message that is to be read as a whole could not be. */
    abstract void unread();

    /** More of the head of a message, or as much of a text as is looked at. */
    abstract void head(byte[] bytes, int length);

    /** What the bytes of the message are about, if that is told. */
    abstract @Nullable Running running();

    /** Of a value's column. */
    abstract @Nullable String name(int column);

    @Override
    final int bodyLength(final byte[] header) {
        final int length = PostgreSqlFormat.bodyLength(header, 0);
        return length >= 0 && isMessage((char) header[0], length) ? length : -1;
    }

    @Override
    final void malformed() {
        connection.giveUp(GapCause.PROTOCOL);
    }

    @Override
    final void begins(final byte[] header, final int length) {
        type = (char) header[0];
        damaged = false;
        message.clear();
        values.begin();
        way = begins();
    }

    @Override
    final void body(final byte[] bytes, final int offset, final int length) {
        switch (way) {
            case WHOLE -> {
                if (!message.append(bytes, offset, length)) {
                    unreadable();
                    connection.listener.gap(GapCause.TOO_LARGE, -1);
                }
            }
            case TEXT, BIND -> collect(bytes, offset, length);
            case VALUES, COPY -> content(bytes, offset, length);
            case PASSED_OVER -> {}
        }
    }

    private void collect(final byte[] bytes, final int offset, final int length) {
        if (!message.append(bytes, offset, length)) {
            connection.giveUp(GapCause.SHED);
        } else if (way == Way.BIND || message.length() >= SHORT) {
            head(message.array(), message.length());
        }
    }

    final void content(final byte[] bytes, final int offset, final int length) {
        final Running running = running();
        if (running == null) {
            return;
        }
        if (way == Way.VALUES) {
            values.data(bytes, offset, length, this);
        } else if (type == 'Q') {
            running.text(bytes, offset, length);
        } else {
            running.value(null, bytes, offset, length, false);
        }
    }

    @Override
    public final void value(
            final int column, final byte[] bytes, final int offset, final int length, final boolean ends) {
        final Running running = running();
        if (running != null) {
            running.value(name(column), bytes, offset, length, ends);
        }
    }

    private void unreadable() {
        damaged = true;
        way = Way.PASSED_OVER;
        message.clear();
    }

    @Override
    final void bodyLost(final int bytes) {
        if (way == Way.WHOLE || way == Way.TEXT || way == Way.BIND) {
            unreadable();
        }
        values.lose();
        connection.lost(running(), bytes);
    }

    @Override
    void ends() {
        if (damaged) {
            unread();
        } else if (way == Way.TEXT || way == Way.WHOLE) {
            whole(message.array(), message.length());
        } else if (way == Way.COPY && type != 'Q') {
            valueEnds();
        }
        message.clear();
    }

    private void valueEnds() {
        final Running running = running();
        if (running != null) {
            running.valueEnds(null);
        }
    }

    /** What is read of a message is not gone on with. */
    final void drop() {
        message.clear();
        restart();
    }

    void close() {
        stop();
        message.close();
    }
}
