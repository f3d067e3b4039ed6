package io.fourthlog.sensor.database;

import static io.fourthlog.sensor.database.MySqlCommand.BINLOG_DUMP;
import static io.fourthlog.sensor.database.MySqlCommand.BINLOG_DUMP_GTID;
import static io.fourthlog.sensor.database.MySqlCommand.BULK_EXECUTE;
import static io.fourthlog.sensor.database.MySqlCommand.CHANGE_USER;
import static io.fourthlog.sensor.database.MySqlCommand.CLOSE;
import static io.fourthlog.sensor.database.MySqlCommand.EXECUTE;
import static io.fourthlog.sensor.database.MySqlCommand.FETCH;
import static io.fourthlog.sensor.database.MySqlCommand.FIELD_LIST;
import static io.fourthlog.sensor.database.MySqlCommand.INIT_DB;
import static io.fourthlog.sensor.database.MySqlCommand.LAST;
import static io.fourthlog.sensor.database.MySqlCommand.LONG_DATA;
import static io.fourthlog.sensor.database.MySqlCommand.PREPARE;
import static io.fourthlog.sensor.database.MySqlCommand.PROCESS_INFO;
import static io.fourthlog.sensor.database.MySqlCommand.QUERY;
import static io.fourthlog.sensor.database.MySqlCommand.QUIT;
import static io.fourthlog.sensor.database.MySqlCommand.REGISTER_SLAVE;
import static io.fourthlog.sensor.database.MySqlCommand.TABLE_DUMP;

import io.fourthlog.sensor.database.MySqlCommand.Expects;
import io.fourthlog.sensor.database.MySqlStatements.Prepared;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a MySQL client sends: its login, commands, parameters, and files that the server asks for. */
final class MySqlClient extends MySqlPackets {
    private static final SqlStatement NO_STATEMENT = new SqlStatement(SqlStatement.Kind.NONE, null, null);

    /** How the bytes of a packet are taken. */
    private enum Way {
        UNDECIDED, // of a command whose type has not come
        PASSED_OVER,
        WHOLE,
        TEXT,
        REST, // of a text, or of a value that is told as it comes
        PARAMETERS,
        VALUES,
        FILE
    }

    private final MySqlHandshake handshake;
    private final MySqlSession session;
    private final MySqlStatements statements;
    private final MySqlPending pending;
    private Way way = Way.PASSED_OVER;
    private int type;
    private boolean empty; // the packet, so far
    private boolean damaged; // of its head, not all is there
    private int tried = SHORT; // octets at which tables are looked for, or the head of an execution
    private @Nullable Running running; // that the packet is about
    private @Nullable MySqlCommand begun;

    MySqlClient(
            final AbstractDecoder connection,
            final MySqlHandshake handshake,
            final MySqlSession session,
            final MySqlStatements statements,
            final MySqlPending pending) {
        super(connection);
        this.handshake = handshake;
        this.session = session;
        this.statements = statements;
        this.pending = pending;
    }

    /** Nothing more of the packet comes. Answers whether it was about anything that nobody waits for. */
    boolean cut(final GapCause cause, final long bytes) {
        final boolean cut = begun == null && running != null && running.cut(cause, bytes);
        running = null;
        return cut;
    }

    /** Whether a packet goes on after some of it is lost. */
    boolean canLose() {
        return handshake.isOver() && way != Way.UNDECIDED && way != Way.WHOLE;
    }

    @Override
    void packetBegins(final int sequence, final int size) {
        head.clear();
        damaged = false;
        running = null;
        begun = null;
        empty = true;
        tried = SHORT;
        type = 0;
        final MySqlCommand first = pending.first();
        if (handshake.awaitsLogin()) {
            way = Way.WHOLE;
        } else if (!handshake.isOver() || (first != null && first.expects == Expects.AUTHENTICATION)) {
            way = Way.PASSED_OVER;
        } else if (first != null && first.expects == Expects.FILE) {
            way = Way.FILE;
            running = first.running();
            begun = first;
        } else {
            way = Way.UNDECIDED;
            if (sequence != 0 || size == 0) {
                connection.giveUp(GapCause.PROTOCOL);
            }
        }
    }

    @Override
    void body(final byte[] bytes, final int offset, final int count) {
        empty = false;
        int at = offset;
        int left = count;
        if (way == Way.UNDECIDED) {
            type = bytes[at++] & 0xff;
            way = way();
            left--;
        }
        if (left == 0 || connection.isOver()) {
            return;
        }
        switch (way) {
            case WHOLE -> collectWhole(bytes, at, left);
            case TEXT -> collectText(bytes, at, left);
            case PARAMETERS -> {
                if (collect(bytes, at, left)) {
                    parameters(false);
                }
            }
            case VALUES -> values.data(bytes, at, left, this);
            case REST, FILE -> tell(bytes, at, left);
            case UNDECIDED, PASSED_OVER -> {}
        }
    }

    /** How a command is taken. */
    private Way way() {
        return switch (type) {
            case QUERY, PREPARE -> Way.TEXT;
            case EXECUTE, BULK_EXECUTE, LONG_DATA -> {
                tried = 0;
                yield Way.PARAMETERS;
            }
            case INIT_DB, CHANGE_USER, CLOSE, FETCH -> Way.WHOLE;
            case BINLOG_DUMP, TABLE_DUMP, REGISTER_SLAVE, BINLOG_DUMP_GTID, LAST -> {
                connection.giveUp(GapCause.PROTOCOL); // replication
                yield Way.PASSED_OVER;
            }
            default -> {
                if (type > LAST) {
                    connection.giveUp(GapCause.PROTOCOL);
                }
                yield Way.PASSED_OVER;
            }
        };
    }

    private void tell(final byte[] bytes, final int offset, final int length) {
        if (running == null) {
            return;
        }
        if (type == QUERY) {
            running.text(bytes, offset, length);
        } else {
            running.value(null, bytes, offset, length, false);
        }
    }

    private void valueEnds() {
        if (running != null) {
            running.valueEnds(null);
        }
    }

    private void collectText(final byte[] bytes, final int offset, final int count) {
        if (!head.append(bytes, offset, count)) {
            text();
            if (type == QUERY && running != null) {
                running.text(bytes, offset, count);
            }
        } else if (type == QUERY && head.length() >= tried) {
            tried *= 2;
            final int from = behindAttributes();
            final boolean found = session.statements(head.array(), from, head.length() - from).stream()
                    .anyMatch(each ->
                            each.data() != null && !each.data().resources().isEmpty());
            if (found) {
                text();
            }
        }
    }

    @Override
    void bodyLost(final int bytes) {
        empty = false;
        if (way == Way.TEXT || way == Way.PARAMETERS) {
            head.clear();
            way = Way.PASSED_OVER;
            damaged = true;
        }
        values.lose();
        connection.lost(running, bytes);
    }

    @Override
    public void value(final int column, final byte[] bytes, final int offset, final int count, final boolean ends) {
        if (running != null) {
            running.value(null, bytes, offset, count, ends); // parameters have numbers
        }
    }

    @Override
    void packetEnds() {
        switch (way) {
            case WHOLE -> whole(head.array(), head.length());
            case TEXT -> text();
            case PARAMETERS -> parameters(true);
            case REST -> {
                if (type != QUERY) {
                    valueEnds();
                }
            }
            case FILE -> {
                if (empty && begun != null) { // as what follows the last one is
                    valueEnds();
                    begun.expects = Expects.RESULT;
                }
            }
            case PASSED_OVER -> passed();
            case UNDECIDED, VALUES -> {}
        }
        if (way != Way.TEXT) {
            head.clear();
        }
        running = null;
    }

    private void passed() {
        if (!handshake.isOver() || type == 0) {
            return;
        }
        if (damaged) {
            damaged();
            return;
        }
        switch (type) {
            case QUIT -> {}
            case FIELD_LIST -> pending.add(new MySqlCommand(type, Expects.DEFINITIONS));
            case PROCESS_INFO -> pending.add(new MySqlCommand(type, Expects.RESULT));
            default -> pending.add(new MySqlCommand(type, Expects.ONE_PACKET));
        }
    }

    /** A command of which the head was lost. */
    private void damaged() {
        switch (type) {
            case QUERY, EXECUTE, BULK_EXECUTE -> {
                final MySqlCommand command = new MySqlCommand(type, Expects.RESULT);
                command.runs = List.of(statements.unknown());
                pending.add(command);
            }
            case PREPARE -> {
                statements.prepares(null);
                pending.add(new MySqlCommand(type, Expects.RESULT));
            }
            default -> statements.forgetAll(); // long data, of one of them
        }
    }

    private void whole(final byte[] bytes, final int end) {
        if (!handshake.isOver()) {
            handshake.login(bytes, end);
            return;
        }
        final MySqlCursor at = new MySqlCursor(bytes, 0, end);
        switch (type) {
            case INIT_DB -> {
                final MySqlCommand command = new MySqlCommand(type, Expects.ONE_PACKET);
                command.database = MySqlCursor.orNull(at.rest());
                pending.add(command);
            }
            case CHANGE_USER -> {
                final MySqlCommand command = new MySqlCommand(type, Expects.AUTHENTICATION);
                command.user = MySqlCursor.orNull(at.zeroEnded());
                at.skip(at.next());
                command.database = MySqlCursor.orNull(at.zeroEnded());
                pending.add(command);
            }
            case CLOSE -> statements.close((int) at.next(4));
            case FETCH -> fetch(statements.prepared((int) at.next(4)));
            default -> throw new IllegalStateException("command " + type + " is not read whole");
        }
    }

    private void fetch(final @Nullable Prepared of) {
        final MySqlCommand command = new MySqlCommand(type, Expects.ROWS);
        if (of == null) {
            command.runs = List.of(statements.unknown());
        } else {
            command.runs = List.of(statements.fetch(of));
            command.columns = of.columns();
            command.columnTypes = of.columnTypes();
        }
        pending.add(command);
    }

    private int behindAttributes() {
        return type == QUERY ? Math.min(MySqlAttributes.end(session, head.array(), head.length()), head.length()) : 0;
    }

    /** A text is complete, or as much of it as is read for its tables. */
    private void text() {
        final int from = behindAttributes();
        final int size = head.length() - from;
        final List<SqlStatement> read = session.statements(head.array(), from, size);
        final MySqlCommand command = new MySqlCommand(type, Expects.RESULT);
        if (type == QUERY) {
            query(command, read, from);
        } else {
            final ContentBuffer text = new ContentBuffer(connection.budget, LONG);
            if (!text.append(head.array(), from, size)) {
                connection.giveUp(GapCause.SHED);
                return;
            }
            command.prepared = new Prepared(read.size() == 1 ? read.getFirst() : NO_STATEMENT, text, connection.budget);
            statements.prepares(command.prepared);
        }
        way = Way.REST;
        head.clear();
        begun = command;
        pending.add(command);
    }

    private void query(final MySqlCommand command, final List<SqlStatement> read, final int from) {
        command.statements = read;
        command.runs = statements.run(read);
        read.forEach(statements::keepNamed);
        running = command.runs.stream().filter(Running::isTold).findFirst().orElse(null);
        if (running != null && from > 0) {
            running.value(null, head.array(), 0, from, true);
        }
        if (running != null) {
            running.text(head.array(), from, head.length() - from);
        }
    }

    /** Takes the head of an execution as soon as it is complete; what is left are values. */
    private void parameters(final boolean complete) {
        final byte[] bytes = head.array();
        final int end = head.length();
        if (end < tried && !complete) {
            return;
        }
        if (end < (type == EXECUTE ? 9 : 6)) {
            if (complete) {
                connection.giveUp(GapCause.PROTOCOL);
            }
            return;
        }
        final MySqlCursor at = new MySqlCursor(bytes, 0, end);
        final Prepared of = statements.prepared((int) at.next(4));
        if (type == LONG_DATA) {
            longData(of, bytes, end);
            return;
        }
        final boolean attributes = (at.next() & 8) != 0 && session.mayHave(MySqlSession.ATTRIBUTES);
        at.skip(type == EXECUTE ? 4 : 1);
        if (of == null || type != EXECUTE || (of.parameters() == 0 && !attributes)) {
            way = Way.REST; // what it is made of is not known
        } else if (!described(of, at, attributes, complete)) {
            tried = 2 * end;
            return;
        }
        execute(of);
        if (way == Way.VALUES) {
            values.data(bytes, at.at(), end - at.at(), this);
        } else if (running != null && !at.isOver()) {
            running.value(null, bytes, at.at(), end - at.at(), complete);
        }
        head.clear();
    }
    /** Takes which parameters are NULL, and what types they are of; answers whether all of that has come. */
    private boolean described(
            final Prepared of, final MySqlCursor at, final boolean attributes, final boolean complete) {
        final int count = attributes ? (int) Math.min(at.length(), 0xffff) : of.parameters();
        final int nulls = at.at();
        at.skip((count + 7) / 8);
        final boolean typed = count > 0 && at.next() == 1;
        final byte[] types = typed ? new byte[count] : of.types();
        for (int i = 0; typed && i < count; i++) {
            types[i] = (byte) at.next(2);
            if (attributes || session.has(MySqlSession.ATTRIBUTES)) {
                at.skip(at.length());
            }
        }
        if (at.isOver() && !complete) {
            return false;
        }
        if (typed) {
            of.types(types);
        }
        if (count == 0 || types.length == count) {
            final int end = Math.min(head.length(), nulls + (count + 7) / 8);
            values.parameters(types, Arrays.copyOfRange(head.array(), nulls, end));
            way = Way.VALUES;
        } else {
            way = Way.REST; // values of types that are not known
        }
        return true;
    }

    private void execute(final @Nullable Prepared of) {
        final MySqlCommand command = new MySqlCommand(type, Expects.RESULT);
        running = of == null ? statements.unknown() : statements.execute(of);
        command.runs = List.of(running);
        command.prepared = of;
        begun = command;
        pending.add(command);
    }

    private void longData(final @Nullable Prepared of, final byte[] bytes, final int end) {
        way = Way.REST;
        if (of != null) {
            running = statements.ahead(of);
            running.value(null, bytes, 6, end - 6, false);
            begun = new MySqlCommand(type, Expects.ONE_PACKET); // which is not answered
        }
        head.clear();
    }
}
