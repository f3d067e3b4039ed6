package io.fourthlog.sensor.database;

import static io.fourthlog.sensor.database.PostgreSqlFormat.int16;
import static io.fourthlog.sensor.database.PostgreSqlFormat.text;
import static io.fourthlog.sensor.database.PostgreSqlFormat.zero;

import io.fourthlog.sensor.database.PostgreSqlStatements.Portal;
import io.fourthlog.sensor.database.PostgreSqlStatements.Prepared;
import io.fourthlog.sensor.database.SqlStatement.Dialect;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a PostgreSQL client sends: queries, statements that are parsed, bound, described and executed, and calls of functions. */
final class PostgreSqlClient extends PostgreSqlMessages {
    private static final String TYPES = "QPBDESHCFXdcfp"; // of messages: PostgreSQL's documentation, "Message Formats"
    private static final String ASKS = "QPBF"; // for something new
    private static final String SYNCS = "QSF"; // after which the server says that it is ready
    private static final String ENDS_REQUEST = "QSHF";
    private static final SqlStatement NO_STATEMENT = new SqlStatement(SqlStatement.Kind.NONE, null, null);

    private final PostgreSqlStartup startup;
    private final PostgreSqlStatements statements;
    private @Nullable Running bound; // by the message that is read
    private boolean pipelines;

    PostgreSqlClient(
            final AbstractDecoder connection,
            final PostgreSqlPending pending,
            final PostgreSqlStartup startup,
            final PostgreSqlStatements statements) {
        super(connection, pending);
        this.startup = startup;
        this.statements = statements;
    }

    /** Whether a call is a request, whole, which what is in the middle of one hardly ever looks like. */
    static boolean isRequest(final byte[] bytes, final int offset, final int length) {
        return PostgreSqlFormat.areWhole(bytes, offset, length, TYPES, ENDS_REQUEST);
    }

    /** The next message has no type, as all before a session have none. */
    void nextIsStartup() {
        omit(1);
    }

    /** Whether it has asked before it was answered. */
    boolean pipelines() {
        return pipelines;
    }

    @Override
    boolean isMessage(final char of, final int length) {
        return of == 0 ? length <= PostgreSqlStartup.MAX : TYPES.indexOf(of) >= 0;
    }

    @Override
    Way begins() {
        pipelines |= startup.isOver() && pending.isBusy() && ASKS.indexOf(type) >= 0;
        bound = null;
        return switch (type) {
            case 0, 'P', 'D', 'E', 'C' -> Way.WHOLE;
            case 'Q' -> Way.TEXT;
            case 'B' -> Way.BIND;
            case 'F' -> {
                bound = statements.unknown(); // a function is known by its number only
                pending.execute(bound, null);
                yield Way.BIND;
            }
            case 'd' -> Way.COPY;
            default -> Way.PASSED_OVER;
        };
    }

    @Override
    @Nullable
    Running running() {
        return type == 'd' ? pending.running() : bound;
    }

    @Override
    @Nullable
    String name(final int column) {
        return null; // parameters have numbers
    }

    @Override
    void head(final byte[] bytes, final int length) {
        switch (type) {
            case 'Q' -> {
                query(bytes, length);
                way = Way.COPY; // what is left of the text
            }
            case 'F' -> call(bytes, length);
            default -> bind(bytes, length);
        }
    }

    @Override
    void whole(final byte[] bytes, final int length) {
        switch (type) {
            case 0 -> startup.message(bytes, length);
            case 'Q' -> query(bytes, length);
            case 'P' -> parse(bytes, length);
            case 'D' -> describe(bytes, length);
            case 'E' -> execute(text(bytes, 0, length));
            case 'C' -> close(bytes, length);
            default -> throw new IllegalStateException("a message of type " + (int) type + " is not read whole");
        }
    }

    @Override
    void ends() {
        super.ends();
        if (!connection.isOver() && SYNCS.indexOf(type) >= 0) {
            pending.sync();
        }
    }

    @Override
    void unread() {
        switch (type) {
            case 0 -> connection.giveUp(GapCause.STREAM);
            case 'Q' -> pending.execute(statements.unknown(), null);
            case 'E' -> {
                statements.doubtPortals(); // it is one of these, or not
                pending.execute(statements.unknown(), null);
            }
            case 'B' -> statements.doubtPortals();
            case 'F' -> {} // it can do anything
            case 'P' -> {
                statements.doubtPortals();
                statements.forgetAll();
                pending.parse(null);
            }
            case 'C' -> {
                statements.doubtPortals();
                statements.forgetAll();
            }
            case 'D' -> pending.describe(null, null);
            default -> throw new IllegalStateException("a message of type " + (int) type + " is not read whole");
        }
    }

    private void query(final byte[] bytes, final int length) {
        final int end = zero(bytes, 0, length);
        final List<SqlStatement> all = SqlStatement.statements(bytes, 0, end, Dialect.POSTGRESQL);
        for (final SqlStatement each : all) {
            final Running running = statements.run(each);
            statements.keepNamed(each);
            if (each.kind() == SqlStatement.Kind.REST) {
                pending.rest(running);
            } else {
                pending.execute(running, null);
            }
            if (bound == null && running.isTold()) {
                bound = running;
                running.text(bytes, 0, end); // all of it, as that of several together is not told apart
            }
        }
    }

    private void parse(final byte[] bytes, final int length) {
        final int from = Math.min(length, zero(bytes, 0, length) + 1);
        final int end = zero(bytes, from, length);
        final List<SqlStatement> parsed = SqlStatement.statements(bytes, from, end - from, Dialect.POSTGRESQL);
        final ContentBuffer text = new ContentBuffer(connection.budget, LONG);
        if (text.append(bytes, from, end - from)) {
            final SqlStatement statement = parsed.isEmpty() ? NO_STATEMENT : parsed.getFirst();
            pending.parse(statements.prepare(text(bytes, 0, length), statement, text));
        } else {
            connection.giveUp(GapCause.SHED);
        }
    }

    /** Takes the head of a message as soon as it is complete; what is left are values. */
    private void bind(final byte[] bytes, final int length) {
        final int portalEnd = zero(bytes, 0, length);
        final int nameEnd = portalEnd == length ? length : zero(bytes, portalEnd + 1, length);
        if (nameEnd + 3 > length) {
            return;
        }
        final int at = nameEnd + 3 + 2 * int16(bytes, nameEnd + 1); // behind the formats
        if (at > length) {
            return;
        }
        final Prepared prepared = statements.statement(text(bytes, portalEnd + 1, length));
        bound = statements.bind(text(bytes, 0, length), prepared);
        if (bound != null) {
            way = Way.VALUES;
            content(bytes, at, length - at);
        }
    }

    /** The same of a function's call. */
    private void call(final byte[] bytes, final int length) {
        final int formats = 4; // behind the number of the function
        final int at = length < formats + 2 ? length + 1 : formats + 2 + 2 * int16(bytes, formats);
        if (at <= length) {
            way = Way.VALUES;
            content(bytes, at, length - at);
        }
    }

    private void describe(final byte[] bytes, final int length) {
        if (length < 1) {
            return;
        }
        final String name = text(bytes, 1, length);
        if (bytes[0] == 'S') {
            pending.describe(null, statements.statement(name));
        } else {
            final Portal portal = statements.portal(name);
            pending.describe(portal == null ? null : portal.running(), null);
        }
    }

    private void execute(final String name) {
        final Portal portal = statements.portal(name);
        if (portal == null) {
            pending.execute(statements.unknown(), null);
        } else {
            pending.execute(portal.running(), portal.prepared());
        }
    }

    private void close(final byte[] bytes, final int length) {
        if (length > 0 && bytes[0] == 'S') {
            statements.forgetStatement(text(bytes, 1, length));
        } else if (length > 0) {
            statements.forgetPortal(text(bytes, 1, length));
        }
    }
}
