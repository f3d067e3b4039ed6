package io.fourthlog.sensor.database;

import static io.fourthlog.sensor.database.PostgreSqlMessages.int16;
import static io.fourthlog.sensor.database.PostgreSqlMessages.int32;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL's protocol 3 (PostgreSQL's documentation, "Frontend/Backend Protocol"), simple and extended, which CockroachDB, Redshift,
 * PgBouncer and others speak as well.
 *
 * <p>Answers come in the order of what was asked, so what was asked waits in one queue. After a loss that the framing does not
 * allow to be skipped, all that waits is cut, and it goes on where the client asks again, if it has never asked before it was answered; where
 * some of a request was lost, once the server has said that it is ready for another.
 */
final class PostgreSql implements DatabaseDecoder {
    private static final int STARTUP = 8; // octets: length, and what is asked for
    private static final int MAX_STARTUP = 10_000; // octets, MAX_STARTUP_PACKET_LENGTH in PostgreSQL's libpq/pqcomm.h
    private static final int TLS_REQUEST = 80877103; // codes, the same place
    private static final int GSS_REQUEST = 80877104;
    private static final int CANCEL_REQUEST = 80877102;
    private static final int VERSION = 3; // the upper half of the code of a session
    private static final int MAX_MINOR = 9; // the lower half: 0 and 2 are defined
    private static final int SHORT =
            64 << 10; // octets of a statement in which its tables are looked for; of other messages
    private static final int LONG = 1 << 20; // octets of a statement that is prepared, and of what describes rows
    private static final int NAMED = 1024; // statements and portals, each
    private static final int OUTSTANDING = 4096; // answers that are waited for
    private static final int SIZE = 1 << 10; // bytes, about, that one of any of those takes
    private static final int DESCRIBED = 4; // bytes of memory, at most, for one of what describes rows
    private static final int NAME = 1024; // octets of a name that are told apart; servers have 63
    private static final int FIELD = 18; // octets of a column's description behind its name
    private static final String UNKNOWN_CODE = "unknown";
    private static final byte[] NOTHING = {};
    private static final SqlStatement NO_STATEMENT = new SqlStatement(SqlStatement.Kind.NONE, null, null);
    private static final String ASKS =
            "QPBDESHCFXdcfp"; // types of messages: PostgreSQL's documentation, "Message Formats"
    private static final String ENDS_REQUEST = "QSHF";
    private static final String ANSWERS = "RKSZTDCIENnstGHWdcAVv123";

    private enum Kind {
        DESCRIBE,
        EXECUTE,
        SYNC
    }

    /** What the server has not answered yet: an EXECUTE has what runs, and what of, if that is known; a DESCRIBE has one of them, or neither. */
    private record Waiting(
            Kind kind, @Nullable Running running, @Nullable Prepared prepared) {
        private static final Waiting SYNC = new Waiting(Kind.SYNC, null, null);
    }

    /** A statement with a name, and its text until the first execution has that. */
    private static final class Prepared {
        private final SqlStatement statement;
        private final ContentBuffer text;
        private final Columns columns;

        private Prepared(final SqlStatement statement, final ContentBuffer text, final MemoryBudget budget) {
            this.statement = statement;
            this.text = text;
            this.columns = new Columns(budget);
        }

        private void close() {
            text.close();
            columns.close();
        }
    }

    /** A statement that is bound to its parameters, and may be executed in parts. */
    private record Portal(Running running, @Nullable Prepared prepared) {}

    /** The names of the columns of rows. */
    private static final class Columns {
        private final MemoryBudget budget;
        private List<String> names = List.of();
        private int size;

        private Columns(final MemoryBudget budget) {
            this.budget = budget;
        }

        private void set(final byte[] message, final int length) {
            close();
            if (length > 2 && budget.take(length * DESCRIBED)) {
                size = length * DESCRIBED;
                final List<String> read = new ArrayList<>();
                int at = 2;
                while (at < length) {
                    read.add(text(message, at, length));
                    at = zero(message, at, length) + 1 + FIELD;
                }
                names = read;
            }
        }

        private @Nullable String name(final int column) {
            return column < names.size() ? names.get(column) : null;
        }

        private void close() {
            names = List.of();
            budget.giveBack(size);
            size = 0;
        }
    }

    private final MemoryBudget budget;
    private final DatabaseListener listener;
    private final Client client;
    private final Server server;
    private final PostgreSqlMessages fromClient;
    private final PostgreSqlMessages fromServer;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final Map<String, Prepared> statements = new LinkedHashMap<>();
    private final Map<String, Portal> portals = new LinkedHashMap<>();
    private final Map<String, Statement> cursors = new LinkedHashMap<>();
    private boolean asksForTls; // or for GSS encryption: one octet answers
    private boolean started;
    private int unready; // requests after which the server has not said yet that it is ready for the next
    private boolean pipelined; // the client has asked before it was answered
    private boolean lost;
    private boolean lostSent; // while it is lost: what the client sends next may be the rest of a request
    private boolean ready; // while it is lost: the server has said last that it waits for a request
    private boolean over;

    private PostgreSql(final MemoryBudget budget, final DatabaseListener listener, final boolean begins) {
        this.budget = budget;
        this.listener = listener;
        this.started = !begins;
        this.lost = !begins;
        client = new Client();
        server = new Server();
        fromClient = new PostgreSqlMessages(client);
        fromServer = new PostgreSqlMessages(server);
        if (begins) {
            fromClient.nextIsUntyped();
        }
    }

    /** From the beginning of a connection. */
    static PostgreSql begun(final MemoryBudget budget, final DatabaseListener listener) {
        return new PostgreSql(budget, listener, true);
    }

    /** From the first request that is seen of a connection that began before. */
    static PostgreSql inTheMiddle(final MemoryBudget budget, final DatabaseListener listener) {
        return new PostgreSql(budget, listener, false);
    }

    /** Whether a client's first bytes ask for a session, or for TLS before it. */
    static Begins begins(final byte[] bytes, final int offset, final int length) {
        if ((length > 0 && bytes[offset] != 0) || (length > 1 && bytes[offset + 1] != 0)) {
            return Begins.NO; // longer than any
        }
        if (length < STARTUP) {
            return Begins.UNDECIDED;
        }
        final int size = int32(bytes, offset);
        final int code = int32(bytes, offset + 4);
        return isEncryptionRequest(size, code) || (isSession(code) && size > STARTUP && size <= MAX_STARTUP)
                ? Begins.YES
                : Begins.NO;
    }

    private static boolean isEncryptionRequest(final int size, final int code) {
        return size == STARTUP && (code == TLS_REQUEST || code == GSS_REQUEST);
    }

    private static boolean isSession(final int code) {
        return code >>> Short.SIZE == VERSION && (code & 0xffff) <= MAX_MINOR;
    }

    /** Whether a client's call is a request, whole, which what is in the middle of one hardly ever looks like. */
    static boolean isRequest(final byte[] bytes, final int offset, final int length) {
        return PostgreSqlMessages.areWhole(bytes, offset, length, ASKS, ENDS_REQUEST);
    }

    private static boolean endsReady(final byte[] bytes, final int end, final int length) {
        return length > 5 && bytes[end - 6] == 'Z' && int32(bytes, end - 5) == 5 && "ITE".indexOf(bytes[end - 1]) >= 0;
    }

    @Override
    public void sent(final byte[] bytes, final int offset, final int length) {
        if (lost) {
            lost = (lostSent && !ready) || !isRequest(bytes, offset, length);
            lostSent = lost;
            ready = false;
        }
        if (!lost && !over) {
            fromClient.data(bytes, offset, length);
            checkMessages();
        }
    }

    @Override
    public void received(final byte[] bytes, final int offset, final int length) {
        if (lost) {
            ready = endsReady(bytes, offset + length, length);
        }
        if (lost || over || length == 0) {
            return;
        }
        int at = offset;
        if (asksForTls) {
            asksForTls = false;
            if (bytes[at] == 'S' || bytes[at] == 'G') {
                finish();
                listener.encrypts();
                return;
            }
            if (bytes[at] == 'N') {
                at++;
            }
            fromClient.nextIsUntyped();
        }
        fromServer.data(bytes, at, offset + length - at);
        checkMessages();
    }

    private void checkMessages() {
        if (!over && (fromClient.stopped() || fromServer.stopped())) {
            giveUp(GapCause.PROTOCOL);
        }
    }

    @Override
    public void gap(final boolean sent, final long bytes) {
        if (lost && !over) {
            lostSent |= sent;
            ready = false;
            listener.gap(GapCause.STREAM, bytes);
        }
        if (over || lost || (sent ? fromClient : fromServer).skip(bytes)) {
            return;
        }
        final boolean told = cutAll(GapCause.STREAM, bytes);
        if (sent) {
            forgetStatements(); // one of a name that is known may be another now
        }
        if (!started || pipelined) {
            finish();
            listener.gap(GapCause.STREAM, told ? -1 : bytes);
        } else {
            lost = true;
            lostSent = sent;
            ready = false;
            unready = 0;
            client.message.clear();
            server.message.clear();
            fromClient.restart();
            fromServer.restart();
            if (!told) {
                listener.gap(GapCause.STREAM, bytes);
            }
        }
    }

    @Override
    public boolean isOver() {
        return over;
    }

    private void giveUp(final GapCause cause) {
        if (!end(cause)) {
            listener.gap(cause, -1);
        }
    }

    @Override
    public boolean end(final GapCause cause) {
        final boolean cut = cutAll(cause, -1);
        finish();
        return cut;
    }

    private void finish() {
        over = true;
        fromClient.stop();
        fromServer.stop();
        forgetStatements();
        client.message.close();
        server.message.close();
        server.columns.close();
    }

    /** Whether anything was under way. */
    private boolean cutAll(final GapCause cause, final long bytes) {
        boolean cut = false;
        for (final Waiting each : waiting) {
            cut |= each.running() != null && each.running().cut(cause, cut ? -1 : bytes); // the bytes are told once
        }
        budget.giveBack(waiting.size() * SIZE);
        waiting.clear();
        for (final Portal portal : portals.values()) { // suspended, or never executed
            if (cause == GapCause.STREAM) {
                cut |= portal.running().cut(cause, cut ? -1 : bytes); // or it was, and that is what was lost
            } else {
                portal.running().done(0);
            }
        }
        budget.giveBack(portals.size() * SIZE);
        portals.clear();
        return cut;
    }

    private void forgetStatements() {
        statements.values().forEach(Prepared::close);
        budget.giveBack((statements.size() + cursors.size()) * SIZE);
        statements.clear();
        cursors.clear();
    }

    private void await(final Waiting answer) {
        if (!over && waiting.size() < OUTSTANDING && budget.take(SIZE)) {
            waiting.addLast(answer);
            return;
        }
        if (answer.running() != null) {
            answer.running().cut(GapCause.SHED, -1);
        }
        if (!over) {
            giveUp(GapCause.SHED);
        }
    }

    private void answered() {
        waiting.removeFirst();
        budget.giveBack(SIZE);
    }

    /** What the next answer is about, {@code null} if that is not an execution's. */
    private @Nullable Running front() {
        final Waiting first = waiting.peekFirst();
        return first == null ? null : first.running();
    }

    /** Whether an execution of it has no answer yet. */
    private boolean isExecuted(final Running running) {
        return waiting.stream().anyMatch(each -> each.kind() == Kind.EXECUTE && each.running() == running);
    }

    private boolean isNext(final Kind kind) {
        final Waiting first = waiting.peekFirst();
        return first != null && first.kind() == kind;
    }

    /** Makes room for one of a name that is not there; answers whether there is any. */
    private boolean mayKeep() {
        final boolean may = budget.take(SIZE);
        if (!may) {
            giveUp(GapCause.SHED);
        }
        return may;
    }

    /** The one that is there for longest, if they are as many as may be. */
    private <V> @Nullable V crowdedOut(final Map<String, V> named) {
        return named.size() < NAMED
                ? null
                : forget(named, named.keySet().iterator().next());
    }

    private <V> @Nullable V forget(final Map<String, V> named, final @Nullable String name) {
        final V removed = named.remove(name);
        if (removed != null) {
            budget.giveBack(SIZE);
        }
        return removed;
    }

    private Running unknown() {
        return Running.of(listener, Statement.UNKNOWN);
    }

    private Running run(final SqlStatement statement) {
        final String name = statement.name();
        final Statement data = switch (statement.kind()) {
            case DATA -> statement.data();
            case FETCH -> name == null ? Statement.UNKNOWN : cursors.getOrDefault(name, Statement.UNKNOWN);
            case EXECUTE -> executed(name);
            case NONE, PREPARE, DEALLOCATE, DECLARE, CLOSE, USE -> null;
        };
        return Running.of(listener, data);
    }

    private @Nullable Statement executed(final @Nullable String name) {
        final Prepared prepared = name == null ? null : statements.get(name);
        return prepared == null ? Statement.UNKNOWN : prepared.statement.data();
    }

    /** A name up to a zero. */
    private static String text(final byte[] bytes, final int from, final int end) {
        final int length = zero(bytes, from, end) - from;
        return new String(bytes, from, Math.min(length, NAME), StandardCharsets.UTF_8);
    }

    /** Where the next zero is, {@code end} if there is none. */
    private static int zero(final byte[] bytes, final int from, final int end) {
        int at = from;
        while (at < end && bytes[at] != 0) {
            at++;
        }
        return at;
    }

    /** How the bytes of a message are taken. */
    private enum Way {
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

    /** What both directions have. */
    private abstract class Side implements PostgreSqlMessages.Sink, PostgreSqlValues.Sink {
        final ContentBuffer message = new ContentBuffer(budget, LONG);
        final PostgreSqlValues values = new PostgreSqlValues();
        char type;
        Way way = Way.PASSED_OVER;
        boolean damaged; // of a message that is to be read as a whole, not all is there

        abstract void whole(byte[] bytes, int length);

        /** A message that is to be read as a whole could not be. */
        abstract void unread();

        abstract void enough(byte[] bytes, int length);

        abstract @Nullable Running running();

        /** Of a value's column. */
        abstract @Nullable String name(int column);

        final void begin(final char begun, final Way taken) {
            type = begun;
            way = taken;
            damaged = false;
            message.clear();
            values.begin();
        }

        @Override
        public void body(final byte[] bytes, final int offset, final int length) {
            switch (way) {
                case WHOLE -> {
                    if (!message.append(bytes, offset, length)) {
                        unreadable();
                        listener.gap(GapCause.TOO_LARGE, -1);
                    }
                }
                case TEXT, BIND -> head(bytes, offset, length);
                case VALUES, COPY -> content(bytes, offset, length);
                case PASSED_OVER -> {}
            }
        }

        private void head(final byte[] bytes, final int offset, final int length) {
            if (!message.append(bytes, offset, length)) {
                giveUp(GapCause.SHED);
            } else if (way == Way.BIND || message.length() >= SHORT) {
                enough(message.array(), message.length());
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
                running.value(-1, bytes, offset, length, false);
            }
        }

        @Override
        public void value(
                final int column, final byte[] bytes, final int offset, final int length, final boolean ends) {
            final Running running = running();
            if (running != null) {
                running.named(column < 0 ? null : name(column), bytes, offset, length, ends);
            }
        }

        private void unreadable() {
            damaged = true;
            way = Way.PASSED_OVER;
            message.clear();
        }

        @Override
        public void bodyLost(final int bytes) {
            if (way == Way.WHOLE || way == Way.TEXT || way == Way.BIND) {
                unreadable();
            }
            values.lose();
            final Running running = running();
            if (running != null && running.isTold()) {
                running.lose(bytes);
            } else {
                listener.gap(GapCause.STREAM, bytes);
            }
        }

        @Override
        public void ends() {
            if (damaged) {
                unread();
            } else if (way == Way.TEXT || way == Way.WHOLE) {
                whole(message.array(), message.length());
            } else if (way == Way.COPY && type != 'Q') {
                value(-1, NOTHING, 0, 0, true);
            }
            message.clear();
        }
    }

    private final class Client extends Side {
        private @Nullable Running bound; // by the message that is read

        @Override
        @Nullable
        String name(final int column) {
            return null; // parameters have numbers
        }

        @Override
        public boolean begins(final char begun, final int length) {
            if (begun != 0 && ASKS.indexOf(begun) < 0) {
                return false;
            }
            if (started && unready > 0 && "QPBF".indexOf(begun) >= 0) {
                pipelined = true;
            }
            bound = null;
            begin(
                    begun,
                    switch (begun) {
                        case 0, 'P', 'D', 'E', 'C' -> Way.WHOLE;
                        case 'Q' -> Way.TEXT;
                        case 'B' -> Way.BIND;
                        case 'd' -> Way.COPY;
                        default -> Way.PASSED_OVER;
                    });
            return begun != 0 || length <= MAX_STARTUP;
        }

        @Override
        @Nullable
        Running running() {
            return type == 'd' ? front() : bound;
        }

        @Override
        void enough(final byte[] bytes, final int length) {
            if (type == 'Q') {
                query(bytes, length);
                way = Way.COPY; // what is left of the text
            } else {
                bind(bytes, length);
            }
        }

        @Override
        void whole(final byte[] bytes, final int length) {
            switch (type) {
                case 0 -> startup(bytes, length);
                case 'Q' -> query(bytes, length);
                case 'P' -> parse(bytes, length);
                case 'D' -> describe(bytes, length);
                case 'E' -> execute(text(bytes, 0, length));
                case 'C' -> close(bytes, length);
                default -> throw new IllegalStateException("a message of type " + (int) type + " is not read whole");
            }
        }

        @Override
        public void ends() {
            super.ends();
            if (over) {
                return;
            }
            if ("QSF".indexOf(type) >= 0) {
                unready++;
                await(Waiting.SYNC);
            }
        }

        @Override
        void unread() {
            switch (type) {
                case 0 -> giveUp(GapCause.STREAM);
                case 'Q' -> await(new Waiting(Kind.EXECUTE, unknown(), null));
                case 'E' -> {
                    portals.values().forEach(each -> each.running().doubt()); // it is one of these, or not
                    await(new Waiting(Kind.EXECUTE, unknown(), null));
                }
                case 'B' -> portals.values().forEach(each -> each.running().doubt());
                case 'P', 'C' -> {
                    portals.values().forEach(each -> each.running().doubt());
                    forgetStatements(); // one of a name that is known may be another now
                }
                case 'D' -> await(new Waiting(Kind.DESCRIBE, null, null));
                default -> throw new IllegalStateException("a message of type " + (int) type + " is not read whole");
            }
        }

        private void startup(final byte[] bytes, final int length) {
            final int code = length < 4 ? 0 : int32(bytes, 0);
            if (code == CANCEL_REQUEST) {
                finish();
            } else if (isEncryptionRequest(length + 4, code)) {
                asksForTls = true;
            } else if (isSession(code)) {
                session(bytes, length);
            } else {
                giveUp(GapCause.PROTOCOL);
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
            started = true;
            unready = 1;
            await(Waiting.SYNC);
            listener.login(user, database == null || database.isEmpty() ? user : database);
        }

        private void query(final byte[] bytes, final int length) {
            final int end = zero(bytes, 0, length);
            final List<SqlStatement> all = SqlStatement.statements(bytes, 0, end, SqlStatement.Dialect.POSTGRESQL);
            for (final SqlStatement each : all) {
                final Running running = run(each);
                name(each);
                await(new Waiting(Kind.EXECUTE, running, null));
                if (bound == null && running.isTold()) {
                    bound = running;
                    running.text(bytes, 0, end); // all of it, as that of several together is not told apart
                }
            }
        }

        /** Keeps what a statement names for others, or forgets it. */
        private void name(final SqlStatement statement) {
            final String name = statement.name();
            switch (statement.kind()) {
                case DECLARE -> {
                    if (name != null && statement.data() != null) {
                        forget(cursors, name);
                        crowdedOut(cursors);
                        if (mayKeep()) {
                            cursors.put(name, statement.data());
                        }
                    }
                }
                case PREPARE -> {
                    if (name != null) {
                        prepare(name, new Prepared(statement, new ContentBuffer(budget, 0), budget));
                    }
                }
                case CLOSE -> forget(cursors, name);
                case DEALLOCATE -> close(forget(statements, name));
                case DATA, NONE, EXECUTE, FETCH, USE -> {}
            }
        }

        private void prepare(final String name, final Prepared prepared) {
            close(forget(statements, name));
            close(crowdedOut(statements));
            if (mayKeep()) {
                statements.put(name, prepared);
            } else {
                close(prepared);
            }
        }

        private void parse(final byte[] bytes, final int length) {
            final int named = zero(bytes, 0, length);
            final int from = Math.min(length, named + 1);
            final int end = zero(bytes, from, length);
            final List<SqlStatement> parsed =
                    SqlStatement.statements(bytes, from, end - from, SqlStatement.Dialect.POSTGRESQL);
            final String name = text(bytes, 0, length);
            final ContentBuffer text = new ContentBuffer(budget, LONG);
            if (text.append(bytes, from, end - from)) {
                prepare(name, new Prepared(parsed.isEmpty() ? NO_STATEMENT : parsed.getFirst(), text, budget));
            } else {
                giveUp(GapCause.SHED);
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
            final Prepared prepared = statements.get(text(bytes, portalEnd + 1, length));
            final String portal = text(bytes, 0, length);
            leave(forget(portals, portal));
            leave(crowdedOut(portals));
            if (!mayKeep()) {
                return;
            }
            final Running running = prepared == null ? unknown() : run(prepared.statement);
            bound = running;
            portals.put(portal, new Portal(running, prepared));
            if (prepared != null) {
                name(prepared.statement);
                running.text(prepared.text.array(), 0, prepared.text.length());
                prepared.text.close();
            }
            way = Way.VALUES;
            content(bytes, at, length - at);
        }

        private void describe(final byte[] bytes, final int length) {
            if (length < 1) {
                return;
            }
            final String name = text(bytes, 1, length);
            final boolean statement = bytes[0] == 'S';
            final Prepared prepared = statement ? statements.get(name) : null;
            final Portal portal = statement ? null : portals.get(name);
            await(new Waiting(Kind.DESCRIBE, portal == null ? null : portal.running(), prepared));
        }

        private void execute(final String name) {
            final Portal portal = portals.get(name);
            await(
                    portal == null
                            ? new Waiting(Kind.EXECUTE, unknown(), null)
                            : new Waiting(Kind.EXECUTE, portal.running(), portal.prepared()));
        }

        private void close(final byte[] bytes, final int length) {
            if (length > 0 && bytes[0] == 'S') {
                close(forget(statements, text(bytes, 1, length)));
            } else if (length > 0) {
                leave(forget(portals, text(bytes, 1, length)));
            }
        }

        private static void close(final @Nullable Prepared prepared) {
            if (prepared != null) {
                prepared.close();
            }
        }

        private void leave(final @Nullable Portal portal) {
            if (portal != null && !isExecuted(portal.running())) {
                portal.running().done(0); // suspended, or never executed
            }
        }
    }

    private final class Server extends Side {
        private final Columns columns =
                new Columns(budget); // that were told last, but for those of a prepared statement
        private @Nullable Running columnsOf;

        @Override
        public boolean begins(final char begun, final int length) {
            begin(
                    begun,
                    switch (begun) {
                        case 'T', 'C', 'E' -> Way.WHOLE;
                        case 'D' -> Way.VALUES;
                        case 'd' -> Way.COPY;
                        default -> Way.PASSED_OVER;
                    });
            return ANSWERS.indexOf(begun) >= 0 && begun != 'W'; // which replication begins with
        }

        @Override
        @Nullable
        Running running() {
            return isNext(Kind.EXECUTE) ? front() : null;
        }

        @Override
        void enough(final byte[] bytes, final int length) {
            throw new IllegalStateException("a server's messages have no head");
        }

        @Override
        void whole(final byte[] bytes, final int length) {
            switch (type) {
                case 'T' -> described(bytes, length);
                case 'C' -> completed(rows(bytes, length));
                case 'E' -> failed(code(bytes, length));
                default -> throw new IllegalStateException("a message of type " + (int) type + " is not read whole");
            }
        }

        @Override
        public void ends() {
            super.ends();
            final Running running = running();
            switch (type) {
                case 'D' -> {
                    if (running != null) {
                        running.rows(1);
                    }
                }
                case 'I' -> completed(-1);
                case 's' -> {
                    if (running != null) {
                        answered();
                        leaveIfReplaced(running);
                    }
                }
                case 'n' -> described(NOTHING, 0);
                case 'Z' -> ready();
                default -> {}
            }
        }

        @Override
        void unread() {
            switch (type) {
                case 'T' -> described(NOTHING, 0);
                case 'C' -> completed(-1);
                case 'E' -> failed(UNKNOWN_CODE);
                default -> throw new IllegalStateException("a message of type " + (int) type + " is not read whole");
            }
        }

        private void described(final byte[] bytes, final int length) {
            final Waiting first = waiting.peekFirst();
            if (first == null || first.kind() == Kind.SYNC) {
                return;
            }
            if (first.kind() == Kind.DESCRIBE && first.prepared() != null) {
                first.prepared().columns.set(bytes, length);
            } else {
                columns.set(bytes, length);
                columnsOf = first.running();
            }
            if (first.kind() == Kind.DESCRIBE) {
                answered();
            }
        }

        @Override
        @Nullable
        String name(final int column) {
            final Waiting first = waiting.peekFirst();
            if (first == null) {
                return null;
            }
            if (first.running() == columnsOf) {
                return columns.name(column);
            }
            return first.prepared() == null ? null : first.prepared().columns.name(column);
        }

        /** A portal whose name another one has by now is not executed any more. */
        private void leaveIfReplaced(final Running suspended) {
            if (portals.values().stream().noneMatch(each -> each.running() == suspended) && !isExecuted(suspended)) {
                suspended.done(0);
            }
        }

        private void completed(final long rows) {
            final Running running = running();
            if (running != null) {
                running.done(rows);
                answered();
            }
        }

        /** What was asked together with what failed is not done. */
        private void failed(final String code) {
            while (!waiting.isEmpty() && !isNext(Kind.SYNC)) {
                final Running running = front();
                if (running != null) {
                    running.failed(code);
                }
                answered();
            }
        }

        private void ready() {
            while (!waiting.isEmpty() && !isNext(Kind.SYNC)) {
                completed(-1); // of a statement that the server counts otherwise
                if (isNext(Kind.DESCRIBE)) {
                    answered();
                }
            }
            if (!waiting.isEmpty()) {
                answered();
                unready--;
            }
        }

        /** The last number of a tag ({@code INSERT 0 5}), -1 if it has none. */
        private static long rows(final byte[] bytes, final int length) {
            final int end = zero(bytes, 0, length);
            long rows = 0;
            long unit = 1;
            int at = end;
            while (at > 0 && bytes[at - 1] >= '0' && bytes[at - 1] <= '9' && end - at < Long.SIZE / 4) {
                at--;
                rows += unit * (bytes[at] - '0');
                unit *= 10;
            }
            return at == end ? -1 : rows;
        }

        /** SQLSTATE, the field {@code C}. */
        private static String code(final byte[] bytes, final int length) {
            int at = 0;
            while (at < length && bytes[at] != 0) {
                if (bytes[at] == 'C') {
                    final String code = text(bytes, at + 1, length);
                    return isCode(code) ? code : UNKNOWN_CODE;
                }
                at = zero(bytes, at, length) + 1;
            }
            return UNKNOWN_CODE;
        }

        private static boolean isCode(final String code) {
            return code.length() == 5 && code.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'));
        }
    }
}
