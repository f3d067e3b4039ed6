package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.MySqlCommand.Expects;
import io.fourthlog.sensor.database.MySqlStatements.Prepared;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import java.util.ArrayList;

/** The results of a MySQL command, one after the other: how many rows were written, or columns and rows, or what was prepared. */
final class MySqlResults {
    private static final int MORE_RESULTS = 1 << 3; // of a server's status
    private static final int CURSOR = 1 << 6;
    private static final int COLUMNS = 4096; // of a result

    private final AbstractDecoder connection;
    private final MySqlSession session;
    private final MySqlStatements statements;
    private final MySqlPending pending;

    MySqlResults(
            final AbstractDecoder connection,
            final MySqlSession session,
            final MySqlStatements statements,
            final MySqlPending pending) {
        this.connection = connection;
        this.session = session;
        this.statements = statements;
        this.pending = pending;
    }

    void row(final MySqlCommand command) {
        final Running running = command.running();
        if (running != null) {
            running.rows(1);
        }
    }

    /**
     * Takes a packet that is no row, and no error.
     *
     * @param first its first octet
     * @param isShortEnd whether it is the end of something, without an OK
     */
    void packet(final MySqlCommand command, final int first, final boolean isShortEnd, final ContentBuffer packet) {
        final MySqlCursor at = new MySqlCursor(packet.array(), 0, packet.length());
        switch (command.expects) {
            case RESULT -> begins(command, first, at);
            case COLUMNS -> column(command, at, packet);
            case DEFINITIONS -> definition(command, first, isShortEnd, at, packet);
            case ROWS -> rowsEnd(command, isShortEnd, at);
            case FILE, ONE_PACKET, AUTHENTICATION -> {}
        }
    }

    private void begins(final MySqlCommand command, final int first, final MySqlCursor at) {
        if (command.type == MySqlCommand.PREPARE) {
            prepared(command, first, at);
        } else if (first == MySqlServer.OK) {
            at.skip(1);
            final long affected = at.length();
            at.length();
            final Running running = command.running();
            if (running != null) {
                running.rows(affected);
            }
            ends(command, (int) at.next(2));
        } else if (first == MySqlServer.END) {
            ends(command, 0);
        } else {
            columns(command, at);
        }
    }

    private void columns(final MySqlCommand command, final MySqlCursor at) {
        final boolean flagged = session.has(MySqlSession.NO_METADATA);
        final boolean follow = !flagged || at.next() == 1;
        final long count = at.length();
        final boolean cached = !at.isOver() && at.next() == 0; // MariaDB's metadata, which the client has
        if (count > COLUMNS || count == 0) {
            connection.giveUp(GapCause.PROTOCOL);
            return;
        }
        if (!pending.hold(command, (int) count)) {
            connection.giveUp(GapCause.SHED);
            return;
        }
        command.columns = new ArrayList<>();
        command.columnsLeft = (int) count;
        command.expects = Expects.COLUMNS;
        if (!follow || cached) {
            final Prepared of = command.prepared;
            final Running running = command.running();
            if (of != null && of.columnTypes().length == count) {
                command.columns = of.columns();
                System.arraycopy(of.columnTypes(), 0, command.columnTypes, 0, (int) count);
            } else if (running != null) {
                running.doubt(); // what its rows are made of is not known
            }
            command.columnsLeft = 0;
            described(command);
        }
    }

    private void column(final MySqlCommand command, final MySqlCursor at, final ContentBuffer packet) {
        if (describe(command, at, packet) && command.columnsLeft == 0) {
            described(command);
        }
    }

    /** Takes the name and type of the next column; answers whether the packet has them. */
    private boolean describe(final MySqlCommand command, final MySqlCursor at, final ContentBuffer packet) {
        final int type = packet.length() - 6; // from the end, since MariaDB may have more before it
        if (type < 0) {
            connection.giveUp(GapCause.PROTOCOL);
            return false;
        }
        for (int i = 0; i < 4; i++) {
            at.skip(at.length()); // catalog, schema, table, its name
        }
        command.columns.add(at.text());
        command.columnTypes[command.columnTypes.length - command.columnsLeft] = packet.array()[type];
        command.columnsLeft--;
        return true;
    }

    private void described(final MySqlCommand command) {
        if (command.prepared != null) {
            command.prepared.columns(command.columns, command.columnTypes);
        }
        command.expects = Expects.ROWS;
        command.afterColumns = true;
    }

    private void prepared(final MySqlCommand command, final int first, final MySqlCursor at) {
        if (first != MySqlServer.OK) {
            connection.giveUp(GapCause.PROTOCOL);
            return;
        }
        at.skip(1);
        final int number = (int) at.next(4);
        final int columns = (int) at.next(2);
        final int parameters = (int) at.next(2);
        final Prepared of = command.prepared;
        if (of != null) {
            command.prepared = null;
            if (!statements.prepared(number, parameters, of)) {
                connection.giveUp(GapCause.SHED);
                return;
            }
        }
        if (columns > 0 && columns <= COLUMNS && pending.hold(command, columns)) {
            command.columns = new ArrayList<>(); // a server of MariaDB does not send them again with the rows
        }
        command.number = number;
        command.columnsLeft = columns + parameters;
        command.expects = Expects.DEFINITIONS;
        if (command.columnsLeft == 0) {
            pending.answered();
        }
    }

    private void definition(
            final MySqlCommand command,
            final int first,
            final boolean isShortEnd,
            final MySqlCursor at,
            final ContentBuffer packet) {
        if (command.type == MySqlCommand.FIELD_LIST) {
            if (first == MySqlServer.END) {
                pending.answered();
            }
        } else if (!isShortEnd) {
            if (command.columnsLeft > command.columnTypes.length) {
                command.columnsLeft--; // a parameter, which come first
            } else if (!describe(command, at, packet)) {
                return;
            }
            if (command.columnsLeft == 0) {
                final Prepared of = statements.prepared(command.number);
                if (of != null) {
                    of.columns(command.columns, command.columnTypes);
                }
                pending.answered();
            }
        }
    }

    private void rowsEnd(final MySqlCommand command, final boolean isShortEnd, final MySqlCursor at) {
        at.skip(1);
        if (isShortEnd) {
            at.skip(2);
        } else {
            at.length();
            at.length();
        }
        final int status = (int) at.next(2);
        if (command.afterColumns && isShortEnd && (status & CURSOR) == 0) {
            command.afterColumns = false; // older versions end the columns as well
        } else {
            final Running running = command.running();
            if (running != null && (status & CURSOR) == 0) {
                running.rows(0); // it may have none
            }
            ends(command, status);
        }
    }

    private void ends(final MySqlCommand command, final int status) {
        if (command.result < command.statements.size()) {
            final SqlStatement statement = command.statements.get(command.result);
            if (statement.kind() == SqlStatement.Kind.USE) {
                session.goTo(statement.name());
            }
        }
        if ((status & MORE_RESULTS) == 0) {
            command.runs.forEach(Running::done);
            pending.answered();
            return;
        }
        if (command.result < command.runs.size() - 1) {
            command.runs.get(command.result).done();
        }
        command.result++;
        command.expects = Expects.RESULT;
    }
}
