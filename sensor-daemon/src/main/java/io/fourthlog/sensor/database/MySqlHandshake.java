package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;

/** How a MySQL connection begins: the server's greeting, the client's login, which may ask for TLS first, and what proves it. */
final class MySqlHandshake {
    private static final int LOGIN = 36; // octets of the client's first packet up to the user's name
    private static final int VERSION = 10; // of the protocol

    private enum Phase {
        GREETING,
        LOGIN,
        AUTHENTICATION,
        COMMANDS
    }

    private final AbstractDecoder connection;
    private final MySqlSession session;
    private Phase phase;

    /** @param isOver whether the beginning of the connection was not seen */
    MySqlHandshake(final AbstractDecoder connection, final MySqlSession session, final boolean isOver) {
        this.connection = connection;
        this.session = session;
        this.phase = isOver ? Phase.COMMANDS : Phase.GREETING;
    }

    /** Whether a server's first bytes are a greeting: protocol 10, and a version. */
    static Begins greets(final byte[] bytes, final int offset, final int length) {
        for (int i = 0; i < Math.min(length, 8); i++) {
            final int b = bytes[offset + i] & 0xff;
            final boolean fits = switch (i) {
                case 0 -> true;
                case 1 -> b <= 4;
                case 2, 3 -> b == 0;
                case 4 -> b == VERSION;
                case 5 -> isDigit(b);
                default -> isDigit(b) || b == '.';
            };
            if (!fits) {
                return Begins.NO;
            }
        }
        return length < 8 ? Begins.UNDECIDED : Begins.YES;
    }

    private static boolean isDigit(final int b) {
        return b >= '0' && b <= '9';
    }

    /** Whether a client's first bytes are a login, or ask for TLS before it. */
    static Begins begins(final byte[] bytes, final int offset, final int length) {
        for (int i = 0; i < Math.min(length, LOGIN); i++) {
            final int b = bytes[offset + i] & 0xff;
            final boolean fits = switch (i) {
                case 2 -> b == 0;
                case 3 -> b == 1 || b == 2;
                case 5 -> (b & MySqlSession.PROTOCOL_41 >> 8) != 0;
                default -> i < 13 || i > 31 || b == 0;
            };
            if (!fits) {
                return Begins.NO;
            }
        }
        if (length < LOGIN) {
            return Begins.UNDECIDED;
        }
        return MySqlPackets.size(bytes, offset) >= LOGIN - MySqlPackets.HEADER ? Begins.YES : Begins.NO;
    }

    /** Whether commands follow. */
    boolean isOver() {
        return phase == Phase.COMMANDS;
    }

    boolean awaitsGreeting() {
        return phase == Phase.GREETING;
    }

    /** Whether the client's next packet is its login, whether the greeting was seen or not. */
    boolean awaitsLogin() {
        return phase == Phase.GREETING || phase == Phase.LOGIN;
    }

    /** Takes the greeting, or what the server says about the login. */
    void received(final int first, final byte[] packet, final int end) {
        if (first == MySqlServer.ERROR) {
            connection.finish(); // no entry
        } else if (phase == Phase.GREETING) {
            greeting(new MySqlCursor(packet, 1, end));
            phase = Phase.LOGIN;
        } else if (first == MySqlServer.OK && phase == Phase.AUTHENTICATION) {
            phase = Phase.COMMANDS;
            if (session.has(MySqlSession.ZSTD) && !session.has(MySqlSession.COMPRESS)) {
                connection.giveUp(GapCause.PROTOCOL);
            }
        }
    }

    private void greeting(final MySqlCursor at) {
        final String version = at.zeroEnded();
        at.skip(4 + 8 + 1); // the connection's number, a salt
        final int lower = (int) at.next(2);
        at.skip(1 + 2);
        session.greeted(version, lower | (int) at.next(2) << 16);
    }

    /** Takes the client's login. */
    void login(final byte[] packet, final int end) {
        final MySqlCursor at = new MySqlCursor(packet, 0, end);
        final int flags = (int) at.next(4);
        if (end < LOGIN - MySqlPackets.HEADER || (flags & MySqlSession.PROTOCOL_41) == 0) {
            connection.giveUp(GapCause.PROTOCOL);
            return;
        }
        if ((flags & MySqlSession.SSL) != 0 && end == LOGIN - MySqlPackets.HEADER) {
            connection.finish();
            connection.listener.encrypts();
            return;
        }
        session.agree(flags, phase == Phase.LOGIN);
        at.skip(LOGIN - 8);
        final String user = at.zeroEnded();
        if ((flags & MySqlSession.AUTH_LENGTH) != 0) {
            at.skip(at.length());
        } else if ((flags & MySqlSession.SECURE_CONNECTION) != 0) {
            at.skip(at.next());
        } else {
            at.zeroEnded();
        }
        final String database = (flags & MySqlSession.CONNECT_WITH_DB) != 0 ? at.zeroEnded() : "";
        phase = Phase.AUTHENTICATION;
        session.goTo(MySqlCursor.orNull(user), MySqlCursor.orNull(database));
    }
}
