package io.fourthlog.sensor.database;

import static io.fourthlog.sensor.database.PostgreSqlFormat.int32;
import static io.fourthlog.sensor.database.PostgreSqlFormat.text;
import static io.fourthlog.sensor.database.PostgreSqlFormat.zero;

import io.fourthlog.sensor.streams.GapCause;

/** How a PostgreSQL connection begins: encryption that may be asked for, and who logs in to which database. */
final class PostgreSqlStartup {
    static final int MAX = 10_000; // octets, MAX_STARTUP_PACKET_LENGTH in PostgreSQL's libpq/pqcomm.h
    private static final int TLS_REQUEST = 80877103; // codes, the same place
    private static final int GSS_REQUEST = 80877104;
    private static final int CANCEL_REQUEST = 80877102;
    private static final int VERSION = 3; // the upper half of the code of a session
    private static final int MAX_MINOR = 9; // the lower half: 0 and 2 are defined
    private static final int SHORTEST = 8; // octets: length, and what is asked for

    private final AbstractDecoder connection;
    private final PostgreSqlPending pending;
    private boolean encryptionAsked; // TLS's or GSS's: one octet answers
    private boolean isOver;

    /** @param isOver whether the beginning of the connection was not seen */
    PostgreSqlStartup(final AbstractDecoder connection, final PostgreSqlPending pending, final boolean isOver) {
        this.connection = connection;
        this.pending = pending;
        this.isOver = isOver;
    }

    /** Whether a client's first bytes ask for a session, or for TLS before it. */
    static Begins begins(final byte[] bytes, final int offset, final int length) {
        if ((length > 0 && bytes[offset] != 0) || (length > 1 && bytes[offset + 1] != 0)) {
            return Begins.NO; // longer than any
        }
        if (length < SHORTEST) {
            return Begins.UNDECIDED;
        }
        final int size = int32(bytes, offset);
        final int code = int32(bytes, offset + 4);
        if (isEncryptionRequest(size, code)) {
            return Begins.YES;
        }
        if (!isSession(code) || size <= SHORTEST || size > MAX) {
            return Begins.NO;
        }
        if (length == SHORTEST) {
            return Begins.UNDECIDED;
        }
        return bytes[offset + SHORTEST] == 0
                ? Begins.NO
                : Begins.YES; // no parameter: Kafka's Metadata begins so, with its number after it
    }

    private static boolean isEncryptionRequest(final int size, final int code) {
        return size == SHORTEST && (code == TLS_REQUEST || code == GSS_REQUEST);
    }

    private static boolean isSession(final int code) {
        return code >>> Short.SIZE == VERSION && (code & 0xffff) <= MAX_MINOR;
    }

    /** Whether a session has been asked for. */
    boolean isOver() {
        return isOver;
    }

    /** Whether encryption was asked for, which is answered once. */
    boolean takeEncryptionAsked() {
        final boolean asked = encryptionAsked;
        encryptionAsked = false;
        return asked;
    }

    /** Takes a message, from the code on that says what is asked for. */
    void message(final byte[] bytes, final int length) {
        final int code = length < 4 ? 0 : int32(bytes, 0);
        if (code == CANCEL_REQUEST) {
            connection.finish();
        } else if (isEncryptionRequest(length + 4, code)) {
            encryptionAsked = true;
        } else if (isSession(code)) {
            session(bytes, length);
        } else {
            connection.giveUp(GapCause.PROTOCOL);
        }
    }

    private void session(final byte[] bytes, final int length) {
        String user = null;
        String database = null;
        int at = 4;
        while (at < length && bytes[at] != 0) {
            final String name = text(bytes, at, length);
            at = Math.min(length, zero(bytes, at, length) + 1);
            final String value = text(bytes, at, length);
            at = Math.min(length, zero(bytes, at, length) + 1);
            if (name.equals("user")) {
                user = value;
            } else if (name.equals("database")) {
                database = value;
            }
        }
        isOver = true;
        pending.sync();
        connection.listener.login(user, database == null || database.isEmpty() ? user : database);
    }
}
