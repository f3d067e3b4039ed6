package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.SqlStatement.Dialect;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * MySQL's protocol 10 (MySQL Internals, "Client/Server Protocol"; MariaDB, "Clients & Utilities, Protocol"): text and prepared
 * statements, several results, local files, compression by zlib.
 *
 * <p>Answers come in the order of the commands, which wait in one queue. Each answer's packets are told apart by what they are, not by
 * what was agreed on, so that a connection whose beginning was not seen is read as well. After a loss that the framing does not
 * allow to be skipped, what waits is cut, and it goes on with the next command, if the client never sends one before the last is answered.
 */
final class MySql implements DatabaseDecoder {
    private static final int CONNECT_WITH_DB = 1 << 3; // capabilities, include/mysql_com.h
    private static final int COMPRESS = 1 << 5;
    private static final int PROTOCOL_41 = 1 << 9;
    private static final int SSL = 1 << 11;
    private static final int SECURE_CONNECTION = 1 << 15;
    private static final int AUTH_LENGTH = 1 << 21;
    private static final int NO_METADATA = 1 << 25; // CLIENT_OPTIONAL_RESULTSET_METADATA
    private static final int ZSTD = 1 << 26;
    private static final int ATTRIBUTES = 1 << 27;
    private static final int MORE_RESULTS = 1 << 3; // of a server's status
    private static final int CURSOR = 1 << 6;

    private static final int QUIT = 0x01; // commands, enum_server_command
    private static final int INIT_DB = 0x02;
    private static final int QUERY = 0x03;
    private static final int FIELD_LIST = 0x04;
    private static final int PROCESS_INFO = 0x0a;
    private static final int CHANGE_USER = 0x11;
    private static final int BINLOG_DUMP = 0x12;
    private static final int TABLE_DUMP = 0x13;
    private static final int REGISTER_SLAVE = 0x15;
    private static final int PREPARE = 0x16;
    private static final int EXECUTE = 0x17;
    private static final int LONG_DATA = 0x18;
    private static final int CLOSE = 0x19;
    private static final int FETCH = 0x1c;
    private static final int BINLOG_DUMP_GTID = 0x1e;
    private static final int RESET_CONNECTION = 0x1f;
    private static final int LAST = 0x20;
    private static final int BULK_EXECUTE = 0xfa; // of MariaDB

    private static final int OK = 0x00; // first octets of an answer
    private static final int LOCAL_FILE = 0xfb;
    private static final int END = 0xfe; // or OK, of rows
    private static final int ERROR = 0xff;
    private static final int EOF_LENGTH = 5;
    private static final int PROGRESS = 0xffff; // an error that is none, of MariaDB

    private static final int SHORT =
            64 << 10; // octets of a text in which tables are looked for, if some are found in them
    private static final int LONG =
            1 << 20; // octets of a text in which they are looked for if not, and of what is prepared
    private static final int HANDSHAKE = 36; // octets of the client's first packet up to the user's name
    private static final int OUTSTANDING = 1024; // commands
    private static final int STATEMENTS = 1024; // prepared, by number and by name each
    private static final int COLUMNS = 4096; // of a result
    private static final int SIZE = 256; // octets, about, that one of any of those takes
    private static final int NAME = 128; // characters of a name
    private static final int LAST_PREPARED = -1; // its number, of MariaDB
    private static final byte[] NOTHING = {};

    private enum Phase {
        GREETING,
        LOGIN,
        AUTHENTICATION,
        COMMANDS
    }

    /** What is expected of the server's answer to a command. */
    private enum Expects {
        RESULT,
        COLUMNS,
        ROWS,
        DEFINITIONS, // of a statement that is prepared, or FIELD_LIST
        FILE, // of the client
        ONE_PACKET,
        AUTHENTICATION
    }

    private static final class Prepared {
        private final SqlStatement statement;
        private final ContentBuffer text;
        private int parameters;
        private int room; // bytes that all but its text may take
        private boolean closed;
        private byte[] types = NOTHING;
        private byte[] columnTypes = NOTHING;
        private List<String> columns = List.of();
        private @Nullable Running next; // begun by what was sent ahead of its execution

        private Prepared(final SqlStatement statement, final ContentBuffer text) {
            this.statement = statement;
            this.text = text;
        }
    }

    /** A command that is not answered yet. */
    private static final class Command {
        private final int type;
        private Expects expects;
        private List<Running> runs = List.of(); // one for each result
        private List<SqlStatement> statements = List.of();
        private int result;
        private @Nullable Prepared prepared;
        private int columnsLeft;
        private boolean afterColumns; // nothing came yet
        private List<String> columns = List.of();
        private byte[] columnTypes = NOTHING;
        private @Nullable String user;
        private @Nullable String database;

        private Command(final int type, final Expects expects) {
            this.type = type;
            this.expects = expects;
        }

        private @Nullable Running running() {
            return runs.isEmpty() ? null : runs.get(Math.min(result, runs.size() - 1));
        }

        private boolean isBinary() {
            return type == EXECUTE || type == FETCH || type == BULK_EXECUTE;
        }
    }

    private final MemoryBudget budget;
    private final DatabaseListener listener;
    private final Client client;
    private final Server server;
    private final MySqlPackets fromClient;
    private final MySqlPackets fromServer;
    private final MySqlInflater clientInflater;
    private final MySqlInflater serverInflater;
    private final ArrayDeque<Command> waiting = new ArrayDeque<>();
    private final Map<Integer, Prepared> prepared = new LinkedHashMap<>();
    private final Map<String, Statement> named = new LinkedHashMap<>();
    private @Nullable Prepared lastPrepared;
    private Phase phase;
    private Dialect dialect =
            Dialect.MARIADB; // and every comment is read that any server executes, until it is known which
    private int version;
    private int capabilities;
    private boolean capabilitiesKnown;
    private boolean compressed;
    private @Nullable String user;
    private @Nullable String database;
    private boolean pipelined; // the client has sent a command before the last was answered
    private boolean resumed; // the next answer is to be the first that follows
    private boolean losses; // what was made before may not have been seen
    private boolean lost;
    private boolean over;

    private MySql(final MemoryBudget budget, final DatabaseListener listener, final Phase phase) {
        this.budget = budget;
        this.listener = listener;
        this.phase = phase;
        this.lost = phase == Phase.COMMANDS;
        this.losses = lost;
        client = new Client();
        server = new Server();
        fromClient = new MySqlPackets(client);
        fromServer = new MySqlPackets(server);
        clientInflater = new MySqlInflater(budget, fromClient);
        serverInflater = new MySqlInflater(budget, fromServer);
    }

    /** From the beginning of a connection, or of what is said inside TLS. */
    static MySql begun(final MemoryBudget budget, final DatabaseListener listener) {
        return new MySql(budget, listener, Phase.GREETING);
    }

    /** From the first command that is seen of a connection that began before. */
    static MySql inTheMiddle(final MemoryBudget budget, final DatabaseListener listener) {
        return new MySql(budget, listener, Phase.COMMANDS);
    }

    /** Whether a server's first bytes are a greeting: protocol 10, and a version. */
    static Begins greets(final byte[] bytes, final int offset, final int length) {
        for (int i = 0; i < Math.min(length, 8); i++) {
            final int b = bytes[offset + i] & 0xff;
            final boolean fits = switch (i) {
                case 0 -> true;
                case 1 -> b <= 4;
                case 2, 3 -> b == 0;
                case 4 -> b == 10;
                case 5 -> isDigit(b);
                default -> isDigit(b) || b == '.';
            };
            if (!fits) {
                return Begins.NO;
            }
        }
        return length < 8 ? Begins.UNDECIDED : Begins.YES;
    }

    /** Whether a client's first bytes are a login, or ask for TLS before it. */
    static Begins begins(final byte[] bytes, final int offset, final int length) {
        for (int i = 0; i < Math.min(length, HANDSHAKE); i++) {
            final int b = bytes[offset + i] & 0xff;
            final boolean fits = switch (i) {
                case 2 -> b == 0;
                case 3 -> b == 1 || b == 2;
                case 5 -> (b & PROTOCOL_41 >> 8) != 0;
                default -> i < 13 || i > 31 || b == 0;
            };
            if (!fits) {
                return Begins.NO;
            }
        }
        if (length < HANDSHAKE) {
            return Begins.UNDECIDED;
        }
        return MySqlPackets.size(bytes, offset) >= HANDSHAKE - 4 ? Begins.YES : Begins.NO;
    }

    /** Whether a client's call is a command, whole, which what is in the middle of one hardly ever looks like. */
    static boolean isRequest(final byte[] bytes, final int offset, final int length) {
        if (length < 5 || bytes[offset + 3] != 0 || MySqlPackets.size(bytes, offset) != length - 4) {
            return false;
        }
        final int text = offset + 5;
        return switch (bytes[offset + 4] & 0xff) {
            case QUERY, PREPARE ->
                length > 5 && (isText(bytes[text]) || (length > 7 && bytes[text] == 0 && isText(bytes[text + 2])));
            case EXECUTE ->
                length >= 14
                        && bytes[text + 5] == 1
                        && bytes[text + 6] == 0
                        && bytes[text + 7] == 0
                        && bytes[text + 8] == 0;
            default -> false;
        };
    }

    /** Whether a call is a chain of packets that begins with a command. */
    private static boolean isCommand(final byte[] bytes, final int offset, final int length) {
        if (length < 5 || bytes[offset + 3] != 0) {
            return false;
        }
        final int type = bytes[offset + 4] & 0xff;
        final int size = MySqlPackets.size(bytes, offset);
        return type > 0
                && (type < LAST || type == BULK_EXECUTE)
                && (size == length - 4 || (size > length - 4 && size == MySqlPackets.LONGEST));
    }

    private static boolean isText(final byte b) {
        return ((b | 0x20) >= 'a' && (b | 0x20) <= 'z') || b == '(' || b == '/' || b == '-' || b == ' ' || b == '\n';
    }

    private static boolean isDigit(final int b) {
        return b >= '0' && b <= '9';
    }

    @Override
    public void sent(final byte[] bytes, final int offset, final int length) {
        if (lost && !over && isCommand(bytes, offset, length)) {
            lost = false;
            resumed = true;
            fromClient.restart();
            fromServer.restart();
        }
        if (lost || over) {
            return;
        }
        if (compressed) {
            clientInflater.data(bytes, offset, length);
            check(clientInflater);
        } else {
            fromClient.data(bytes, offset, length);
        }
    }

    @Override
    public void received(final byte[] bytes, final int offset, final int length) {
        if (lost || over) {
            return;
        }
        if (compressed) {
            serverInflater.data(bytes, offset, length);
            check(serverInflater);
        } else {
            fromServer.data(bytes, offset, length);
        }
    }

    private void check(final MySqlInflater inflater) {
        final GapCause failure = inflater.failure();
        if (failure != null && !over) {
            giveUp(failure);
        }
    }

    @Override
    public void gap(final boolean sent, final long bytes) {
        if (over || lost) {
            return;
        }
        final MySqlPackets packets = sent ? fromClient : fromServer;
        if (!compressed && packets.covers(bytes) && (sent ? client.canLose() : server.canLose())) {
            packets.skip((int) bytes);
            return;
        }
        lose(sent, bytes);
    }

    private void lose(final boolean sent, final long bytes) {
        losses = true;
        final boolean told = cutAll(GapCause.STREAM, bytes);
        if (sent) {
            forgetStatements();
        }
        if (phase != Phase.COMMANDS || pipelined || compressed) {
            finish();
            listener.gap(GapCause.STREAM, told ? -1 : bytes);
            return;
        }
        lost = true;
        client.head.clear();
        server.head.clear();
        fromClient.restart();
        fromServer.restart();
        if (!told) {
            listener.gap(GapCause.STREAM, bytes);
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
        clientInflater.close();
        serverInflater.close();
        forgetStatements();
        client.close();
        server.close();
    }

    private boolean cutAll(final GapCause cause, final long bytes) {
        boolean cut = client.cut(cause, bytes);
        for (final Command each : waiting) {
            for (final Running running : each.runs) {
                cut |= running.cut(cause, cut ? -1 : bytes); // the bytes are told once
            }
            server.giveBack(each);
        }
        budget.giveBack(waiting.size() * SIZE);
        waiting.clear();
        for (final Prepared each : prepared.values()) {
            if (each.next != null) {
                cut |= each.next.cut(cause, cut ? -1 : bytes);
                each.next = null;
            }
        }
        return cut;
    }

    private void forgetStatements() {
        prepared.values().forEach(this::close);
        budget.giveBack((prepared.size() + named.size()) * SIZE);
        prepared.clear();
        named.clear();
        lastPrepared = null;
    }

    private void close(final @Nullable Prepared statement) {
        if (statement != null) {
            if (statement.next != null) {
                statement.next.cut(GapCause.UNFINISHED, -1);
                statement.next = null;
            }
            statement.text.close();
            budget.giveBack(statement.room);
            statement.room = 0;
            statement.closed = true; // though it may be running
            statement.columns = List.of();
            statement.columnTypes = NOTHING;
            statement.types = NOTHING;
        }
    }

    private static int room(final Prepared statement, final int columns) {
        return statement.parameters + columns * NAME;
    }

    private boolean hold(final Prepared statement, final int bytes) {
        final boolean may = !statement.closed && (bytes <= statement.room || budget.take(bytes - statement.room));
        if (may) {
            statement.room = Math.max(statement.room, bytes);
        }
        return may;
    }

    private <K, V> @Nullable V forget(final Map<K, V> map, final @Nullable K key) {
        final V removed = key == null ? null : map.remove(key);
        if (removed != null) {
            budget.giveBack(SIZE);
        }
        return removed;
    }

    /** Keeps one that is not there yet; answers whether there was room. */
    private <K, V> boolean keep(final Map<K, V> map, final K key, final V value) {
        if (map.size() == STATEMENTS) {
            final V oldest = forget(map, map.keySet().iterator().next());
            if (oldest instanceof final Prepared statement) {
                close(statement);
            }
        }
        if (!budget.take(SIZE)) {
            return false;
        }
        map.put(key, value);
        return true;
    }

    private void await(final Command command) {
        pipelined |= !waiting.isEmpty();
        if (waiting.size() < OUTSTANDING && budget.take(SIZE)) {
            waiting.addLast(command);
        } else {
            command.runs.forEach(running -> running.cut(GapCause.SHED, -1));
            server.giveBack(command);
            giveUp(GapCause.SHED);
        }
    }

    private void answered() {
        server.giveBack(waiting.removeFirst());
        budget.giveBack(SIZE);
    }

    private void goTo(final @Nullable String toUser, final @Nullable String toDatabase) {
        user = toUser;
        database = toDatabase;
        listener.login(user, database);
    }

    /** Tables of the database that the connection is in are named without it. */
    private @Nullable Statement local(final @Nullable Statement data) {
        if (data == null || database == null) {
            return data;
        }
        final String prefix = database.replace(".", "%2E") + ".";
        return new Statement(
                data.mode(),
                data.resources().stream()
                        .map(name -> name.startsWith(prefix) ? name.substring(prefix.length()) : name)
                        .distinct()
                        .toList());
    }

    private List<SqlStatement> read(final byte[] bytes, final int offset, final int length) {
        final SqlReader reader = new SqlReader(dialect, version);
        reader.accept(bytes, offset, length);
        return reader.end();
    }

    /** Of a text: what each of its results is about, and of the whole if their number does not follow from it. */
    private List<Running> run(final List<SqlStatement> statements) {
        boolean apart = statements.size() < SqlReader.STATEMENTS;
        final Set<String> resources = new LinkedHashSet<>();
        for (final SqlStatement each : statements) {
            final Statement data = data(each);
            if (data != null) {
                apart &= data.mode() != Statement.Mode.READ_WRITE
                        || !data.resources().isEmpty();
                resources.addAll(data.resources());
            }
        }
        if (statements.size() > 1 && !apart) {
            return List.of(Running.of(listener, new Statement(Statement.Mode.READ_WRITE, List.copyOf(resources))));
        }
        return statements.stream().map(each -> begin(each, data(each))).toList();
    }

    private Running begin(final SqlStatement statement, final @Nullable Statement data) {
        return losses && statement.kind() == SqlStatement.Kind.EXECUTE && Statement.UNKNOWN.equals(data)
                ? Running.unknown(listener)
                : Running.of(listener, data);
    }

    private @Nullable Statement data(final SqlStatement statement) {
        return switch (statement.kind()) {
            case DATA -> local(statement.data());
            case EXECUTE ->
                statement.name() == null ? Statement.UNKNOWN : named.getOrDefault(statement.name(), Statement.UNKNOWN);
            case NONE, PREPARE, DEALLOCATE, DECLARE, FETCH, CLOSE, USE -> null;
        };
    }

    private void name(final SqlStatement statement) {
        final String name = statement.name();
        if (name != null && statement.kind() == SqlStatement.Kind.PREPARE) {
            forget(named, name);
            final Statement data = local(statement.data());
            if (data != null) {
                keep(named, name, data);
            }
        } else if (statement.kind() == SqlStatement.Kind.DEALLOCATE) {
            forget(named, name);
        }
    }

    private static String text(final byte[] bytes, final int from, final int end) {
        final String text = new String(bytes, from, end - from, StandardCharsets.UTF_8);
        return text.length() <= NAME ? text : text.substring(0, NAME);
    }

    private static int zero(final byte[] bytes, final int from, final int end) {
        int at = from;
        while (at < end && bytes[at] != 0) {
            at++;
        }
        return at;
    }

    private static @Nullable String orNull(final String text) {
        return text.isEmpty() ? null : text;
    }

    /** Reads numbers and texts that tell their length out of what was collected; past its end there are zeros. */
    private static final class Cursor {
        private final byte[] bytes;
        private final int end;
        private int at;

        private Cursor(final byte[] bytes, final int at, final int end) {
            this.bytes = bytes;
            this.at = at;
            this.end = end;
        }

        private int next() {
            return at < end ? bytes[at++] & 0xff : 0;
        }

        private long next(final int octets) {
            long value = 0;
            for (int i = 0; i < octets; i++) {
                value |= (long) next() << (Byte.SIZE * i);
            }
            return value;
        }

        private long length() {
            final int first = next();
            final int more = MySqlValues.more(first);
            return more == 0 ? first : next(more);
        }

        private void skip(final long octets) {
            at = octets < 0 || octets > end - at ? end : at + (int) octets;
        }

        private String text() {
            final long length = length();
            final int from = at;
            skip(length);
            return MySql.text(bytes, from, at);
        }

        private String zeroEnded() {
            final int from = at;
            at = zero(bytes, from, end);
            final String text = MySql.text(bytes, from, at);
            skip(1);
            return text;
        }

        private boolean isOver() {
            return at == end;
        }
    }

    /** What both directions have. */
    private abstract class Side implements MySqlPackets.Sink, MySqlValues.Sink {
        final ContentBuffer head = new ContentBuffer(budget, LONG);
        final MySqlValues values = new MySqlValues();
        boolean damaged;

        final boolean collect(final byte[] bytes, final int offset, final int length) {
            if (head.append(bytes, offset, length)) {
                return true;
            }
            giveUp(GapCause.SHED);
            return false;
        }

        final void close() {
            head.close();
            values.clear();
        }
    }

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

    private final class Client extends Side {
        private Way way = Way.PASSED_OVER;
        private int type;
        private int length; // octets of the packet so far
        private int tried = SHORT; // octets at which tables are looked for
        private @Nullable Running running; // that the packet is about
        private @Nullable Command begun;

        boolean cut(final GapCause cause, final long bytes) {
            final boolean cut = begun == null && running != null && running.cut(cause, bytes);
            running = null;
            return cut;
        }

        /** Whether a packet goes on after some of it is lost. */
        boolean canLose() {
            return phase == Phase.COMMANDS && way != Way.UNDECIDED && way != Way.WHOLE;
        }

        @Override
        public void begins(final int sequence, final int size) {
            head.clear();
            damaged = false;
            running = null;
            begun = null;
            length = 0;
            tried = SHORT;
            final Command first = waiting.peekFirst();
            if (phase == Phase.GREETING || phase == Phase.LOGIN) {
                way = Way.WHOLE;
                type = 0;
            } else if (phase == Phase.AUTHENTICATION || (first != null && first.expects == Expects.AUTHENTICATION)) {
                way = Way.PASSED_OVER;
                type = 0;
            } else if (first != null && first.expects == Expects.FILE) {
                way = Way.FILE;
                running = first.running();
                begun = first;
            } else {
                way = Way.UNDECIDED;
                if (sequence != 0 || size == 0) {
                    giveUp(GapCause.PROTOCOL);
                }
            }
        }

        @Override
        public void body(final byte[] bytes, final int offset, final int count) {
            int at = offset;
            int left = count;
            length += count;
            if (way == Way.UNDECIDED) {
                command(bytes[at++] & 0xff);
                left--;
            }
            if (left == 0 || over) {
                return;
            }
            switch (way) {
                case WHOLE -> {
                    if (head.length() + left > SHORT) {
                        giveUp(GapCause.PROTOCOL);
                    } else {
                        collect(bytes, at, left);
                    }
                }
                case TEXT -> {
                    if (!collectText(bytes, at, left)) {
                        return;
                    }
                }
                case PARAMETERS -> {
                    if (collect(bytes, at, left)) {
                        parameters(false);
                    }
                }
                case VALUES -> values.data(bytes, at, left, this);
                case REST, FILE -> {
                    if (running != null && type == QUERY && way == Way.REST) {
                        running.text(bytes, at, left);
                    } else if (running != null) {
                        running.value(-1, bytes, at, left, false);
                    }
                }
                case UNDECIDED, PASSED_OVER -> {}
            }
        }

        private boolean collectText(final byte[] bytes, final int offset, final int count) {
            if (!head.append(bytes, offset, count)) {
                text();
                if (type == QUERY && running != null) {
                    running.text(bytes, offset, count);
                }
                return false;
            }
            if (type == QUERY && head.length() >= tried) {
                tried *= 2;
                final int from = behindAttributes();
                final boolean found = read(head.array(), from, head.length() - from).stream()
                        .anyMatch(each ->
                                each.data() != null && !each.data().resources().isEmpty());
                if (found) {
                    text();
                }
            }
            return true;
        }

        private void command(final int b) {
            type = b;
            way = switch (b) {
                case QUERY, PREPARE -> Way.TEXT;
                case EXECUTE, BULK_EXECUTE, LONG_DATA -> {
                    tried = 0;
                    yield Way.PARAMETERS;
                }
                case INIT_DB, CHANGE_USER, CLOSE, FETCH -> Way.WHOLE;
                case BINLOG_DUMP, TABLE_DUMP, REGISTER_SLAVE, BINLOG_DUMP_GTID, LAST -> {
                    giveUp(GapCause.PROTOCOL); // replication
                    yield Way.PASSED_OVER;
                }
                default -> {
                    if (b > LAST) {
                        giveUp(GapCause.PROTOCOL);
                    }
                    yield Way.PASSED_OVER;
                }
            };
        }

        @Override
        public void bodyLost(final int bytes) {
            length += bytes;
            if (way == Way.TEXT || way == Way.PARAMETERS) {
                head.clear();
                way = Way.PASSED_OVER;
                damaged = true;
            }
            values.lose();
            if (running != null && running.isTold()) {
                running.lose(bytes);
            } else {
                listener.gap(GapCause.STREAM, bytes);
            }
        }

        @Override
        public void value(final int column, final byte[] bytes, final int offset, final int count, final boolean ends) {
            if (running != null) {
                running.value(-1, bytes, offset, count, ends);
            }
        }

        @Override
        public void ends() {
            switch (way) {
                case WHOLE -> whole(head.array(), head.length());
                case TEXT -> text();
                case PARAMETERS -> parameters(true);
                case REST -> {
                    if (running != null && type != QUERY) {
                        running.value(-1, NOTHING, 0, 0, true);
                    }
                }
                case FILE -> {
                    if (length == 0 && begun != null) {
                        if (running != null) {
                            running.value(-1, NOTHING, 0, 0, true);
                        }
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
            if (phase != Phase.COMMANDS || type == 0) {
                return;
            }
            if (damaged) {
                damaged();
                return;
            }
            switch (type) {
                case QUIT -> {}
                case FIELD_LIST -> await(new Command(type, Expects.DEFINITIONS));
                case PROCESS_INFO -> await(new Command(type, Expects.RESULT));
                default -> await(new Command(type, Expects.ONE_PACKET));
            }
        }

        /** A command of which the head was lost. */
        private void damaged() {
            switch (type) {
                case QUERY, EXECUTE, BULK_EXECUTE -> {
                    final Command command = new Command(type, Expects.RESULT);
                    command.runs = List.of(Running.unknown(listener));
                    await(command);
                }
                case PREPARE -> await(new Command(type, Expects.RESULT));
                default -> forgetStatements(); // long data, of one of them
            }
        }

        private void whole(final byte[] bytes, final int end) {
            if (phase != Phase.COMMANDS) {
                login(bytes, end);
                return;
            }
            final Command command =
                    new Command(type, type == CHANGE_USER ? Expects.AUTHENTICATION : Expects.ONE_PACKET);
            final Cursor at = new Cursor(bytes, 0, end);
            switch (type) {
                case INIT_DB -> {
                    command.database = orNull(MySql.text(bytes, 0, end));
                    await(command);
                }
                case CHANGE_USER -> {
                    command.user = orNull(at.zeroEnded());
                    at.skip(at.next());
                    command.database = orNull(at.zeroEnded());
                    await(command);
                }
                case CLOSE -> MySql.this.close(forget(prepared, (int) at.next(4)));
                case FETCH -> fetch((int) at.next(4));
                default -> throw new IllegalStateException("command " + type + " is not read whole");
            }
        }

        private void fetch(final int number) {
            final Prepared of = prepared.get(number);
            final Command command = new Command(type, Expects.ROWS);
            final Running rows = of == null ? Running.unknown(listener) : Running.of(listener, data(of.statement));
            if (of != null) {
                command.columns = of.columns;
                command.columnTypes = of.columnTypes;
                rows.columns(of.columns);
            }
            command.runs = List.of(rows);
            await(command);
        }

        private void login(final byte[] bytes, final int end) {
            final Cursor at = new Cursor(bytes, 0, end);
            final int flags = (int) at.next(4);
            if (end < HANDSHAKE - 4 || (flags & PROTOCOL_41) == 0) {
                giveUp(GapCause.PROTOCOL);
                return;
            }
            if ((flags & SSL) != 0 && end == HANDSHAKE - 4) {
                finish();
                listener.encrypts();
                return;
            }
            capabilities = phase == Phase.LOGIN ? flags & capabilities : flags;
            capabilitiesKnown = true;
            at.skip(HANDSHAKE - 8);
            final String name = at.zeroEnded();
            if ((flags & AUTH_LENGTH) != 0) {
                at.skip(at.length());
            } else if ((flags & SECURE_CONNECTION) != 0) {
                at.skip(at.next());
            } else {
                at.zeroEnded();
            }
            final String to = (flags & CONNECT_WITH_DB) != 0 ? at.zeroEnded() : "";
            phase = Phase.AUTHENTICATION;
            goTo(orNull(name), orNull(to));
        }

        /** Where a text begins behind the attributes that a query may have. */
        private int behindAttributes() {
            final byte[] bytes = head.array();
            final int end = head.length();
            final boolean has = capabilitiesKnown
                    ? (capabilities & ATTRIBUTES) != 0
                    : end > 1 && bytes[0] >= 0 && bytes[0] < '\t' && bytes[1] == 1;
            if (type != QUERY || !has) {
                return 0;
            }
            final Cursor at = new Cursor(bytes, 0, end);
            final long count = at.length();
            at.length(); // sets, always one
            if (count > 0 && count <= SHORT) {
                skipAttributes(at, (int) count);
            }
            return at.at;
        }

        private void skipAttributes(final Cursor at, final int count) {
            final int nulls = at.at;
            at.skip((count + 7) / 8);
            at.next();
            final int[] types = new int[count];
            for (int i = 0; i < count; i++) {
                types[i] = (int) at.next(2) & 0xff;
                at.skip(at.length());
            }
            for (int i = 0; i < count && !at.isOver(); i++) {
                if ((at.bytes[nulls + i / 8] >> (i % 8) & 1) == 0) {
                    final int fixed = MySqlValues.fixed(types[i]);
                    at.skip(fixed >= 0 ? fixed : at.length());
                }
            }
        }

        /** A text is complete, or as much of it as is read for its tables. */
        private void text() {
            final int from = Math.min(behindAttributes(), head.length());
            final int size = head.length() - from;
            final List<SqlStatement> statements = read(head.array(), from, size);
            final Command command = new Command(type, Expects.RESULT);
            if (type == QUERY) {
                command.statements = statements;
                command.runs = run(statements);
                statements.forEach(MySql.this::name);
                running = command.runs.stream()
                        .filter(Running::isTold)
                        .findFirst()
                        .orElse(null);
                way = Way.REST;
                if (running != null && from > 0) {
                    running.value(-1, head.array(), 0, from, true);
                }
                if (running != null) {
                    running.text(head.array(), from, size);
                }
                head.clear();
            } else {
                final ContentBuffer text = new ContentBuffer(budget, LONG);
                if (!text.append(head.array(), from, size)) {
                    giveUp(GapCause.SHED);
                    return;
                }
                command.prepared = new Prepared(
                        statements.size() == 1
                                ? statements.getFirst()
                                : new SqlStatement(SqlStatement.Kind.NONE, null, null),
                        text);
                way = Way.REST;
                head.clear();
            }
            begun = command;
            await(command);
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
                    giveUp(GapCause.PROTOCOL);
                }
                return;
            }
            final Cursor at = new Cursor(bytes, 0, end);
            final int number = (int) at.next(4);
            final Prepared of = number == LAST_PREPARED ? lastPrepared : prepared.get(number);
            if (type == LONG_DATA) {
                longData(of, bytes, end);
                return;
            }
            final boolean attributes = (at.next() & 8) != 0 && (!capabilitiesKnown || (capabilities & ATTRIBUTES) != 0);
            at.skip(type == EXECUTE ? 4 : 1);
            int count = of == null ? 0 : of.parameters;
            if (of != null && type == EXECUTE && (count > 0 || attributes)) {
                if (attributes) {
                    count = (int) Math.min(at.length(), 0xffff);
                }
                final int nulls = at.at;
                at.skip((count + 7) / 8);
                final boolean typed = count > 0 && at.next() == 1;
                final byte[] types = typed ? new byte[count] : of.types;
                for (int i = 0; typed && i < count; i++) {
                    types[i] = (byte) at.next(2);
                    if (attributes || (capabilities & ATTRIBUTES) != 0) {
                        at.skip(at.length());
                    }
                }
                if (at.isOver() && !complete) {
                    tried = 2 * end; // the head is not complete yet
                    return;
                }
                if (typed && hold(of, room(of, of.columnTypes.length) + count)) {
                    of.types = types;
                }
                if (count == 0 || types.length == count) {
                    values.parameters(types, Arrays.copyOfRange(bytes, nulls, Math.min(end, nulls + (count + 7) / 8)));
                    way = Way.VALUES;
                } else {
                    way = Way.REST; // values of types that are not known
                }
            } else {
                way = Way.REST; // what it is made of is not known
            }
            execute(of);
            if (way == Way.VALUES) {
                values.data(bytes, at.at, end - at.at, this);
            } else if (running != null && at.at < end) {
                running.value(-1, bytes, at.at, end - at.at, complete);
            }
            head.clear();
        }

        private void execute(final @Nullable Prepared of) {
            final Command command = new Command(type, Expects.RESULT);
            if (of == null) {
                running = Running.unknown(listener);
            } else {
                running = of.next != null ? of.next : begin(of);
                of.next = null;
                running.columns(of.columns);
            }
            command.runs = List.of(running);
            command.prepared = of;
            begun = command;
            await(command);
        }

        private Running begin(final Prepared of) {
            final Running begins = Running.of(listener, data(of.statement));
            if (of.text.length() > 0) {
                begins.text(of.text.array(), 0, of.text.length());
                of.text.clear(); // told once
            }
            return begins;
        }

        private void longData(final @Nullable Prepared of, final byte[] bytes, final int end) {
            way = Way.REST;
            if (of != null) {
                if (of.next == null) {
                    of.next = begin(of);
                }
                running = of.next;
                running.value(-1, bytes, 6, end - 6, false);
                begun = new Command(type, Expects.ONE_PACKET); // which is not answered
            }
            head.clear();
        }
    }

    private final class Server extends Side {
        private Way way = Way.UNDECIDED;
        private int size; // octets of the packet's first part
        private int first; // its first octet, -1 before it
        private int sequence;

        boolean canLose() {
            return way == Way.VALUES || way == Way.PASSED_OVER;
        }

        void giveBack(final Command command) {
            budget.giveBack(command.type == FETCH ? 0 : command.columnTypes.length * NAME);
            command.columnTypes = NOTHING;
            if (command.type == PREPARE) {
                MySql.this.close(command.prepared);
                command.prepared = null;
            }
        }

        @Override
        public void begins(final int number, final int length) {
            size = length;
            sequence = number;
            first = -1;
            damaged = false;
            way = Way.UNDECIDED;
            head.clear();
            if (resumed) {
                resumed = false;
                if (number != 1) {
                    lose(false, -1); // of an answer whose question was lost
                }
            }
        }

        @Override
        public void body(final byte[] bytes, final int offset, final int length) {
            if (lost || over) {
                return;
            }
            if (first < 0) {
                first = bytes[offset] & 0xff;
                decide();
            }
            switch (way) {
                case WHOLE -> {
                    if (head.length() + length > SHORT) {
                        giveUp(GapCause.PROTOCOL);
                    } else {
                        collect(bytes, offset, length);
                    }
                }
                case VALUES -> values.data(bytes, offset, length, this);
                default -> {}
            }
        }

        private void decide() {
            way = Way.PASSED_OVER;
            final Command command = waiting.peekFirst();
            if (phase != Phase.COMMANDS || (command != null && command.expects == Expects.AUTHENTICATION)) {
                way = phase == Phase.GREETING ? Way.WHOLE : Way.PASSED_OVER;
                return;
            }
            if (command == null) {
                if (first != ERROR && !isEof()) { // of a connection that the server ends
                    giveUp(GapCause.PROTOCOL);
                }
                return;
            }
            if (first == ERROR) {
                way = Way.WHOLE;
                return;
            }
            switch (command.expects) {
                case RESULT -> {
                    if (first == LOCAL_FILE) {
                        command.expects = Expects.FILE;
                    } else if (!(isEof() && sequence != 1)) {
                        way = Way.WHOLE;
                    }
                }
                case COLUMNS, DEFINITIONS -> way = Way.WHOLE;
                case ROWS -> rows(command);
                case FILE, ONE_PACKET, AUTHENTICATION -> {}
            }
        }

        private boolean isEof() {
            return first == END && size == EOF_LENGTH;
        }

        private void rows(final Command command) {
            if (first == END && size < MySqlPackets.LONGEST) {
                way = Way.WHOLE;
                return;
            }
            way = Way.VALUES;
            command.afterColumns = false;
            if (!command.isBinary()) {
                values.text(command.columns.size());
            } else {
                values.row(command.columnTypes);
            }
        }

        @Override
        public void bodyLost(final int bytes) {
            values.lose();
            final Command command = waiting.peekFirst();
            final Running running = command == null ? null : command.running();
            if (running != null && running.isTold()) {
                running.lose(bytes);
            } else {
                listener.gap(GapCause.STREAM, bytes);
            }
        }

        @Override
        public void value(
                final int column, final byte[] bytes, final int offset, final int length, final boolean ends) {
            final Command command = waiting.peekFirst();
            final Running running = command == null ? null : command.running();
            if (running != null) {
                running.value(column, bytes, offset, length, ends);
            }
        }

        @Override
        public void ends() {
            if (lost || over || first < 0) {
                return;
            }
            if (phase != Phase.COMMANDS) {
                connect();
                return;
            }
            final Command command = waiting.peekFirst();
            if (command == null) {
                return;
            }
            if (command.expects == Expects.AUTHENTICATION) {
                changeUser(command);
            } else if (way == Way.VALUES) {
                final Running running = command.running();
                if (running != null) {
                    running.rows(1);
                }
            } else if (way == Way.WHOLE) {
                whole(command, new Cursor(head.array(), 0, head.length()));
            } else if (command.expects == Expects.ONE_PACKET) {
                simple(command);
            }
            head.clear();
        }

        private void connect() {
            if (phase == Phase.GREETING) {
                if (first == ERROR) {
                    finish();
                    return;
                }
                greeting(new Cursor(head.array(), 1, head.length()));
                phase = Phase.LOGIN;
            } else if (first == ERROR) {
                finish(); // no entry
            } else if (first == OK && phase == Phase.AUTHENTICATION) {
                phase = Phase.COMMANDS;
                if ((capabilities & ZSTD) != 0 && (capabilities & COMPRESS) == 0) {
                    giveUp(GapCause.PROTOCOL);
                }
                compressed = (capabilities & COMPRESS) != 0;
            }
            head.clear();
        }

        private void greeting(final Cursor at) {
            final String told = at.zeroEnded();
            dialect = told.contains("MariaDB") ? Dialect.MARIADB : Dialect.MYSQL;
            version = number(told.startsWith("5.5.5-") ? told.substring(6) : told);
            at.skip(4 + 8 + 1); // the connection's number, a salt
            capabilities = (int) at.next(2);
            at.skip(1 + 2);
            capabilities |= (int) at.next(2) << 16;
        }

        /** {@code 8.0.36} is 80036. */
        private static int number(final String version) {
            final int[] parts = new int[3];
            int part = 0;
            for (int i = 0; i < version.length(); i++) {
                final char c = version.charAt(i);
                if (isDigit(c) && parts[part] < 1000) {
                    parts[part] = parts[part] * 10 + (c - '0');
                } else if (c != '.' || ++part == parts.length) {
                    break;
                }
            }
            return parts[0] * 10_000 + Math.min(parts[1], 99) * 100 + Math.min(parts[2], 99);
        }

        private void changeUser(final Command command) {
            if (first == OK) {
                forgetStatements();
                goTo(command.user, command.database);
                answered();
            } else if (first == ERROR) {
                answered();
            }
        }

        private void simple(final Command command) {
            if (first == OK && command.type == INIT_DB) {
                goTo(user, command.database);
            } else if (command.type == RESET_CONNECTION) {
                forgetStatements();
            }
            answered();
        }

        private void whole(final Command command, final Cursor at) {
            if (first == ERROR) {
                at.skip(1);
                final int code = (int) at.next(2);
                if (code != PROGRESS) {
                    command.runs.forEach(running -> running.failed(Integer.toString(code)));
                    answered();
                }
                return;
            }
            switch (command.expects) {
                case RESULT -> {
                    if (command.type == PREPARE) {
                        prepared(command, at);
                    } else if (first == OK) {
                        at.skip(1);
                        final long affected = at.length();
                        at.length();
                        final Running running = command.running();
                        if (running != null) {
                            running.rows(affected);
                        }
                        resultEnds(command, (int) at.next(2));
                    } else if (first == END) {
                        resultEnds(command, 0);
                    } else {
                        columns(command, at);
                    }
                }
                case COLUMNS -> column(command, at);
                case DEFINITIONS -> definition(command);
                case ROWS -> {
                    final int status = status(at);
                    if (command.afterColumns && size == EOF_LENGTH && (status & CURSOR) == 0) {
                        command.afterColumns = false; // older versions end the columns as well
                    } else {
                        resultEnds(command, status);
                    }
                }
                case FILE, ONE_PACKET, AUTHENTICATION -> {}
            }
        }

        private int status(final Cursor at) {
            at.skip(1);
            if (size == EOF_LENGTH) {
                at.skip(2);
            } else {
                at.length();
                at.length();
            }
            return (int) at.next(2);
        }

        private void columns(final Command command, final Cursor at) {
            final boolean flagged = (capabilities & NO_METADATA) != 0;
            final boolean follow = !flagged || at.next() == 1;
            final long count = at.length();
            final boolean cached = !at.isOver() && at.next() == 0; // MariaDB's metadata, which the client has
            giveBack(command);
            if (count > COLUMNS || count == 0 || !budget.take((int) count * NAME)) {
                giveUp(count > COLUMNS || count == 0 ? GapCause.PROTOCOL : GapCause.SHED);
                return;
            }
            command.columnTypes = new byte[(int) count];
            command.columns = new ArrayList<>();
            command.columnsLeft = (int) count;
            command.expects = Expects.COLUMNS;
            if (!follow || cached) {
                final Prepared of = command.prepared;
                if (of != null && of.columnTypes.length == count) {
                    command.columns = new ArrayList<>(of.columns);
                    System.arraycopy(of.columnTypes, 0, command.columnTypes, 0, (int) count);
                }
                command.columnsLeft = 0;
                described(command);
            }
        }

        private void column(final Command command, final Cursor at) {
            final int type = head.length() - 6; // from the end, since MariaDB may have more before it
            if (type < 0) {
                giveUp(GapCause.PROTOCOL);
                return;
            }
            for (int i = 0; i < 4; i++) {
                at.skip(at.length()); // catalog, schema, table, its name
            }
            command.columns.add(at.text());
            command.columnTypes[command.columnTypes.length - command.columnsLeft] = head.array()[type];
            command.columnsLeft--;
            if (command.columnsLeft == 0) {
                described(command);
            }
        }

        private void described(final Command command) {
            final Running running = command.running();
            if (running != null) {
                running.columns(List.copyOf(command.columns));
            }
            if (command.prepared != null
                    && hold(command.prepared, room(command.prepared, command.columnTypes.length))) {
                command.prepared.columns = List.copyOf(command.columns);
                command.prepared.columnTypes = command.columnTypes.clone();
            }
            command.expects = Expects.ROWS;
            command.afterColumns = true;
        }

        private void prepared(final Command command, final Cursor at) {
            if (first != OK) {
                giveUp(GapCause.PROTOCOL);
                return;
            }
            at.skip(1);
            final int number = (int) at.next(4);
            final int columns = (int) at.next(2);
            final int parameters = (int) at.next(2);
            final Prepared of = command.prepared;
            if (of != null) {
                of.parameters = parameters;
                lastPrepared = of;
                MySql.this.close(forget(prepared, number));
                if (!keep(prepared, number, of)) {
                    MySql.this.close(of);
                    giveUp(GapCause.SHED);
                    return;
                }
                command.prepared = null;
            }
            command.columnsLeft = columns + parameters;
            command.expects = Expects.DEFINITIONS;
            if (command.columnsLeft == 0) {
                answered();
            }
        }

        private void definition(final Command command) {
            if (command.type == FIELD_LIST) {
                if (first == END) {
                    answered();
                }
            } else if (!isEof()) {
                command.columnsLeft--;
                if (command.columnsLeft == 0) {
                    answered();
                }
            }
        }

        private void resultEnds(final Command command, final int status) {
            final boolean more = (status & MORE_RESULTS) != 0;
            if (command.result < command.statements.size()
                    && command.statements.get(command.result).kind() == SqlStatement.Kind.USE) {
                goTo(user, command.statements.get(command.result).name());
            }
            if (more) {
                if (command.result < command.runs.size() - 1) {
                    command.runs.get(command.result).done();
                }
                command.result++;
                command.expects = Expects.RESULT;
            } else {
                command.runs.forEach(Running::done);
                answered();
            }
        }
    }
}
