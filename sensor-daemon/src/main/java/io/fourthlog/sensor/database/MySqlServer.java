package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.MySqlCommand.Expects;
import io.fourthlog.sensor.streams.GapCause;

/** What a MySQL server answers: the packets of results, told apart by what they are, not by what was agreed on. */
final class MySqlServer extends MySqlPackets {
    static final int OK = 0x00; // first octets of an answer
    static final int ERROR = 0xff;
    static final int END = 0xfe; // or OK, of rows
    private static final int LOCAL_FILE = 0xfb;
    private static final int END_LENGTH = 5;
    private static final int PROGRESS = 0xffff; // an error that is none, of MariaDB

    /** How the bytes of a packet are taken. */
    private enum Way {
        UNDECIDED, // of a packet whose first octet has not come
        PASSED_OVER,
        WHOLE,
        VALUES
    }

    private final MySql mySql;
    private final MySqlHandshake handshake;
    private final MySqlSession session;
    private final MySqlStatements statements;
    private final MySqlPending pending;
    private final MySqlResults results;
    private Way way = Way.UNDECIDED;
    private int size; // octets of the packet's first part
    private int first; // its first octet, -1 before it
    private int sequence;
    private boolean resumed; // the next answer is to be the first that follows

    MySqlServer(
            final MySql mySql,
            final MySqlHandshake handshake,
            final MySqlSession session,
            final MySqlStatements statements,
            final MySqlPending pending) {
        super(mySql);
        this.mySql = mySql;
        this.handshake = handshake;
        this.session = session;
        this.statements = statements;
        this.pending = pending;
        this.results = new MySqlResults(mySql, session, statements, pending);
    }

    /** What follows is to answer what the client sends next. */
    void resume() {
        restart();
        resumed = true;
    }

    boolean canLose() {
        return way == Way.VALUES || way == Way.PASSED_OVER;
    }

    @Override
    void packetBegins(final int number, final int length) {
        size = length;
        sequence = number;
        first = -1;
        way = Way.UNDECIDED;
        head.clear();
        if (resumed) {
            resumed = false;
            if (number != 1) {
                mySql.lose(false, -1); // of an answer whose question was lost
            }
        }
    }

    @Override
    void body(final byte[] bytes, final int offset, final int length) {
        if (mySql.isLost() || connection.isOver()) {
            return;
        }
        if (first < 0) {
            first = bytes[offset] & 0xff;
            way = way();
        }
        switch (way) {
            case WHOLE -> collectWhole(bytes, offset, length);
            case VALUES -> values.data(bytes, offset, length, this);
            case UNDECIDED, PASSED_OVER -> {}
        }
    }

    /** How a packet is taken, by its first octet. */
    private Way way() {
        final MySqlCommand command = pending.first();
        if (!handshake.isOver()) {
            return handshake.awaitsGreeting() ? Way.WHOLE : Way.PASSED_OVER;
        }
        if (command == null) {
            if (first != ERROR && !isEnd()) { // of a connection that the server ends
                connection.giveUp(GapCause.PROTOCOL);
            }
            return Way.PASSED_OVER;
        }
        if (command.expects == Expects.AUTHENTICATION) {
            return Way.PASSED_OVER;
        }
        if (first == ERROR) {
            return Way.WHOLE;
        }
        return switch (command.expects) {
            case RESULT -> {
                if (first == LOCAL_FILE) {
                    command.expects = Expects.FILE;
                    yield Way.PASSED_OVER;
                }
                yield isEnd() && sequence != 1 ? Way.PASSED_OVER : Way.WHOLE;
            }
            case COLUMNS, DEFINITIONS -> Way.WHOLE;
            case ROWS -> row(command);
            case FILE, ONE_PACKET, AUTHENTICATION -> Way.PASSED_OVER;
        };
    }

    private boolean isEnd() {
        return first == END && size == END_LENGTH;
    }

    private Way row(final MySqlCommand command) {
        if (first == END && size < LONGEST) {
            return Way.WHOLE;
        }
        command.afterColumns = false;
        if (command.isBinary()) {
            values.row(command.columnTypes);
        } else {
            values.text(command.columns.size());
        }
        return Way.VALUES;
    }

    @Override
    void bodyLost(final int bytes) {
        values.lose();
        connection.lost(pending.running(), bytes);
    }

    @Override
    public void value(final int column, final byte[] bytes, final int offset, final int length, final boolean ends) {
        final MySqlCommand command = pending.first();
        final Running running = pending.running();
        if (command != null && running != null) {
            running.value(command.name(column), bytes, offset, length, ends);
        }
    }

    @Override
    void packetEnds() {
        if (mySql.isLost() || connection.isOver() || first < 0) {
            return;
        }
        final MySqlCommand command = pending.first();
        if (!handshake.isOver()) {
            handshake.received(first, head.array(), head.length());
        } else if (command != null) {
            answers(command);
        }
        head.clear();
    }

    private void answers(final MySqlCommand command) {
        if (command.expects == Expects.AUTHENTICATION) {
            changeUser(command);
        } else if (way == Way.VALUES) {
            results.row(command);
        } else if (way == Way.WHOLE && first == ERROR) {
            failed(command);
        } else if (way == Way.WHOLE) {
            results.packet(command, first, isEnd(), head);
        } else if (command.expects == Expects.ONE_PACKET) {
            simple(command);
        }
    }

    private void changeUser(final MySqlCommand command) {
        if (first == OK) {
            statements.forgetAll();
            session.goTo(command.user, command.database);
            pending.answered();
        } else if (first == ERROR) {
            pending.answered();
        }
    }

    private void simple(final MySqlCommand command) {
        if (first == OK && command.type == MySqlCommand.INIT_DB) {
            session.goTo(command.database);
        } else if (command.type == MySqlCommand.RESET_CONNECTION) {
            statements.forgetAll();
        }
        pending.answered();
    }

    private void failed(final MySqlCommand command) {
        final MySqlCursor at = new MySqlCursor(head.array(), 1, head.length());
        final int code = (int) at.next(2);
        if (code != PROGRESS) {
            command.runs.forEach(running -> running.failed(Integer.toString(code)));
            if (command.type == MySqlCommand.PREPARE && command.prepared != null) {
                statements.execute(command.prepared).failed(Integer.toString(code));
            }
            pending.answered();
        }
    }
}
