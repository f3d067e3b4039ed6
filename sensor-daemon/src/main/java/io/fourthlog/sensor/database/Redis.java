package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.RedisCommand.Rows;
import io.fourthlog.sensor.database.Statement.Mode;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Redis (RESP2 and RESP3, as Valkey, KeyDB, Dragonfly and others speak it): commands in a pipeline, transactions, what is published.
 *
 * <p>Answers come in the order of the commands and say nothing of them. So after a loss no answer is taken for one of a certain
 * command: what is asked is told, and cut, until PONG comes when nothing was asked after a PING, or some requests in a row were answered
 * before the next was sent, by a client that never did otherwise while that could be seen.
 */
final class Redis implements DatabaseDecoder {
    private static final int OUTSTANDING = 1024; // entries that wait; commands of one kind in a row are one
    private static final int SIZE = 128; // octets, about, that one takes
    private static final int DEPTH = 32; // of answers
    private static final int NAME = 128; // octets of a name
    private static final int FIRST = 48; // octets of a beginning
    private static final int LINE = 64 << 10; // octets of a command that is a line
    private static final int ROUND_TRIPS =
            16; // of a client that never asked before it was answered, after which that is its way
    private static final int ALTERNATIONS = 4; // after which its answers are paired again
    private static final byte[] PONG = {'+', 'P', 'O', 'N', 'G', '\r', '\n'};
    private static final String REQUESTS = "*$ ";
    private static final String ANSWERS = "+-:_,#($!=*%~>|";
    private static final byte[] NOTHING = {};

    private enum Kind {
        COMMAND,
        MULTI,
        EXEC,
        DISCARD,
        SELECT,
        HELLO,
        SUBSCRIBE,
        RESET
    }

    /** Commands of one mode that were sent before the first was answered. */
    private static final class Group {
        private final Mode mode;
        private final Running running;
        private int waiting;
        private boolean answered; // one of them
        private @Nullable String failed;
        private boolean closed; // no more join

        private Group(final Mode mode, final Running running) {
            this.mode = mode;
            this.running = running;
        }
    }

    /** Commands in a row of which the same is known. */
    private static final class Entry {
        private final Kind kind;
        private final @Nullable Group group;
        private final Rows rows;
        private final long written; // by each; -1 if the answer says it
        private int count = 1;
        private List<Entry> queued = List.of(); // of a transaction
        private @Nullable String before; // the database, of SELECT

        private Entry(final Kind kind, final @Nullable Group group, final Rows rows, final long written) {
            this.kind = kind;
            this.group = group;
            this.rows = rows;
            this.written = written;
        }

        private boolean joins(final Entry next) {
            return kind == Kind.COMMAND
                    && next.kind == Kind.COMMAND
                    && group == next.group
                    && rows == next.rows
                    && written == next.written;
        }
    }

    private final MemoryBudget budget;
    private final DatabaseListener listener;
    private final Client client;
    private final Server server;
    private RespReader fromClient;
    private RespReader fromServer;
    private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
    private List<Entry> queued = new ArrayList<>(); // of the transaction that is made
    private boolean inTransaction;
    private int entries; // of both
    private @Nullable Group last;
    private @Nullable String user;
    private @Nullable String database = "0";
    private boolean resp3;
    private boolean inPubSub; // of RESP2
    private boolean subscribed; // to anything
    private boolean overlaps; // the client asks before it is answered
    private boolean unpaired; // answers are not taken for a command's
    private boolean clientLost;
    private boolean answeredSince; // the last request
    private int asked; // commands since the last answer, while it is unpaired
    private int roundTrips;
    private int alternations;
    private boolean pinged; // by the last command, while answers are not paired
    private boolean over;

    private Redis(final MemoryBudget budget, final DatabaseListener listener, final boolean begins) {
        this.budget = budget;
        this.listener = listener;
        client = new Client();
        server = new Server();
        fromClient = new RespReader(REQUESTS, client);
        fromServer = new RespReader(ANSWERS, server);
        unpaired = !begins;
        if (!begins) {
            database = null;
        }
    }

    /** From the beginning of a connection. */
    static Redis begun(final MemoryBudget budget, final DatabaseListener listener) {
        return new Redis(budget, listener, true);
    }

    /** From the first command that is seen of a connection that began before. */
    static Redis inTheMiddle(final MemoryBudget budget, final DatabaseListener listener) {
        return new Redis(budget, listener, false);
    }

    /** Whether a client's first bytes are a command: an array of texts, of which the first is letters. */
    static Begins begins(final byte[] bytes, final int offset, final int length) {
        final int end = offset + Math.min(length, FIRST);
        final Text text = new Text(bytes, offset, end);
        if (text.number('*') <= 0) {
            return text.ended(length);
        }
        final long size = text.number('$');
        if (size <= 0 || size > FIRST / 2) {
            return text.ended(length);
        }
        for (int i = 0; i < size; i++, text.at++) {
            if (text.at == end) {
                return length < FIRST ? Begins.UNDECIDED : Begins.NO;
            }
            if (!isLetter(bytes[text.at])) {
                return Begins.NO;
            }
        }
        return text.line() ? Begins.YES : text.ended(length);
    }

    /** Whether a client's call is a command that is known, and others, whole. */
    static boolean isRequest(final byte[] bytes, final int offset, final int length) {
        return commands(bytes, offset, length, true);
    }

    /** Whether a call is commands, the first of them known; the last may go on. */
    private static boolean commands(final byte[] bytes, final int offset, final int length, final boolean whole) {
        final int end = offset + length;
        final Text text = new Text(bytes, offset, end);
        boolean first = true;
        while (text.at < end) {
            final long count = text.number('*');
            for (long i = 0; i < count; i++) {
                final long size = text.number('$');
                if (size < 0) {
                    return !first && !whole && text.at == end;
                }
                final int from = text.at;
                if (size + 2 > end - from) {
                    return !first && !whole;
                }
                text.at += (int) size;
                if (first
                        && !RedisCommand.isKnown(
                                new String(bytes, from, (int) Math.min(size, FIRST), StandardCharsets.US_ASCII))) {
                    return false;
                }
                first = false;
                if (!text.line()) {
                    return false;
                }
            }
            if (count <= 0) {
                return !first && !whole && text.at == end;
            }
        }
        return !first;
    }

    /** Reads the lengths that commands are made of. */
    private static final class Text {
        private final byte[] bytes;
        private final int end;
        private int at;

        private Text(final byte[] bytes, final int at, final int end) {
            this.bytes = bytes;
            this.at = at;
            this.end = end;
        }

        /** The number of a line, -1 if there is none, or not all of it. */
        private long number(final char type) {
            if (at == end || bytes[at] != type) {
                return -1;
            }
            at++;
            long number = 0;
            final int from = at;
            while (at < end && bytes[at] >= '0' && bytes[at] <= '9' && at - from < 9) {
                number = number * 10 + (bytes[at++] - '0');
            }
            return at > from && line() ? number : -1;
        }

        private boolean line() {
            if (at < end && bytes[at] == '\r') {
                at++;
                if (at < end && bytes[at] == '\n') {
                    at++;
                    return true;
                }
            }
            return false;
        }

        private Begins ended(final int length) {
            return at == end && length < FIRST ? Begins.UNDECIDED : Begins.NO;
        }
    }

    private static boolean isLetter(final byte b) {
        return ((b | 0x20) >= 'a' && (b | 0x20) <= 'z') || b == '.' || b == '_';
    }

    @Override
    public void sent(final byte[] bytes, final int offset, final int length) {
        if (over || length == 0) {
            return;
        }
        if (!unpaired) {
            overlaps |= entries > 0;
            roundTrips += Math.min(1, Integer.MAX_VALUE - roundTrips);
        }
        if (unpaired && answeredSince) {
            alternated();
        }
        if (clientLost) {
            if (!commands(bytes, offset, length, false)) {
                return;
            }
            clientLost = false;
            client.restart();
            fromClient = new RespReader(REQUESTS, client);
        }
        answeredSince = false;
        fromClient.data(bytes, offset, length);
        if (fromClient.stopped() && !over) {
            giveUp(GapCause.PROTOCOL);
        }
    }

    /** A request follows an answer, while answers are not paired. */
    private void alternated() {
        final boolean all = server.answers == asked && fromServer.isBetween() && server.isBetween() && !clientLost;
        if (!all && server.answers >= 0) {
            overlaps = true;
        }
        alternations = all && !overlaps && !inTransaction && asked > 0 && client.isBetween() ? alternations + 1 : 0;
        asked = 0;
        closeUnpaired();
        server.restart();
        fromServer = new RespReader(ANSWERS, server);
        if (alternations >= ALTERNATIONS && roundTrips >= ROUND_TRIPS) {
            pair();
        }
    }

    private void pair() {
        unpaired = false;
        alternations = 0;
        pinged = false;
        server.restart();
        fromServer = new RespReader(ANSWERS, server);
    }

    @Override
    public void received(final byte[] bytes, final int offset, final int length) {
        if (over || length == 0) {
            return;
        }
        if (pinged && client.isBetween() && Arrays.equals(bytes, offset, offset + length, PONG, 0, PONG.length)) {
            closeUnpaired();
            pair(); // nothing else waits for an answer
            return;
        }
        answeredSince = true;
        closeUnpaired();
        fromServer.data(bytes, offset, length);
        if (fromServer.stopped() && !over && !unpaired) {
            giveUp(GapCause.PROTOCOL);
        }
    }

    /** While answers are not paired, what was asked together is told when the first of them comes. */
    private void closeUnpaired() {
        if (unpaired && last != null && !client.isReading()) {
            last.running.cut(GapCause.STREAM, -1);
            last = null;
        }
    }

    @Override
    public void gap(final boolean sent, final long bytes) {
        if (over || (sent ? !clientLost && fromClient.skip(bytes) : !unpaired && fromServer.skip(bytes))) {
            return;
        }
        if (subscribed) {
            giveUp(GapCause.STREAM);
            return;
        }
        lose(sent, bytes);
    }

    private void lose(final boolean sent, final long bytes) {
        boolean told = cutAll(GapCause.STREAM, bytes);
        if (client.isReading()) {
            told |= client.cut(GapCause.STREAM, told ? -1 : bytes);
        }
        if (!told) {
            listener.gap(GapCause.STREAM, bytes);
        }
        unpaired = true;
        answeredSince = false;
        asked = 0;
        alternations = 0;
        pinged = false;
        inTransaction = false;
        clientLost |= sent;
        if (sent) {
            client.restart();
        }
        server.restart();
        server.answers = -1; // not all of the answers to what was asked
        fromServer = new RespReader(ANSWERS, server);
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
        over = true;
        fromClient.stop();
        fromServer.stop();
        client.line.close();
        return cut;
    }

    private boolean cutAll(final GapCause cause, final long bytes) {
        boolean cut = false;
        for (final Entry each : waiting) {
            cut |= cut(each, cause, cut ? -1 : bytes);
            for (final Entry in : each.queued) {
                cut |= cut(in, cause, cut ? -1 : bytes);
            }
        }
        for (final Entry each : queued) {
            cut |= cut(each, cause, cut ? -1 : bytes);
        }
        if (last != null) {
            cut |= last.running.cut(cause, cut ? -1 : bytes);
            last = null;
        }
        server.drop(cause);
        waiting.clear();
        queued = new ArrayList<>();
        budget.giveBack(entries * SIZE);
        entries = 0;
        return cut;
    }

    private static boolean cut(final Entry entry, final GapCause cause, final long bytes) {
        return entry.group != null && entry.group.running.cut(cause, bytes);
    }

    /** What was sent waits for its answer. */
    private void await(final Entry entry) {
        if (!inTransaction) {
            add(entry, waiting.peekLast(), false);
            return;
        }
        add(new Entry(Kind.COMMAND, null, Rows.UNKNOWN, 0), waiting.peekLast(), false); // which is answered by QUEUED
        if (!over) {
            add(entry, queued.isEmpty() ? null : queued.getLast(), true);
        }
    }

    private void add(final Entry entry, final @Nullable Entry before, final boolean inQueue) {
        if (before != null && before.joins(entry) && before.count < Integer.MAX_VALUE) {
            before.count++;
        } else if (entries < OUTSTANDING && budget.take(SIZE)) {
            entries++;
            if (inQueue) {
                queued.add(entry);
            } else {
                waiting.addLast(entry);
            }
        } else {
            cut(entry, GapCause.SHED, -1);
            entry.queued.forEach(each -> cut(each, GapCause.SHED, -1));
            giveUp(GapCause.SHED);
        }
    }

    private void remove() {
        final Entry first = waiting.peekFirst();
        if (first != null && --first.count == 0) {
            waiting.removeFirst();
            entries -= 1 + first.queued.size();
            budget.giveBack((1 + first.queued.size()) * SIZE);
        }
    }

    private void goTo(final @Nullable String toUser, final @Nullable String toDatabase) {
        user = toUser;
        database = toDatabase;
        listener.login(user, database);
    }

    /** One answer to one command of an entry. */
    private void answered(final Entry entry, final long read, final @Nullable String error) {
        final Group group = entry.group;
        if (group == null) {
            return;
        }
        group.answered = true;
        if (error != null) {
            group.failed = error;
        } else {
            final long rows = switch (entry.rows) {
                case REPLY, PAIRS, SCAN, NUMBER -> read;
                case UNKNOWN -> -1;
                default -> read == 0 ? 0 : entry.written; // nothing came back: it was not written
            };
            if (rows >= 0) {
                group.running.rows(rows);
            }
        }
        if (--group.waiting == 0) {
            if (group == last) {
                last = null;
            }
            if (group.failed == null) {
                group.running.done();
            } else {
                group.running.failed(group.failed);
            }
        }
    }

    /** Reads commands. */
    private final class Client implements RespReader.Sink {
        private final ContentBuffer line = new ContentBuffer(budget, LINE);
        private final byte[] kept = new byte[NAME];
        private int keptLength;
        private long left; // arguments of the command that have not come, its name among them
        private int index; // of the argument
        private String name = "";
        private RedisCommand command = RedisCommand.of("PING");
        private final List<String> words = new ArrayList<>(); // the first arguments, of a command that touches no data
        private @Nullable Group group;
        private @Nullable String field;
        private boolean inText;
        private boolean inLine;
        private boolean lostCommand; // what was lost shows what it is

        boolean isReading() {
            return left > 0 || inText || inLine;
        }

        boolean isBetween() {
            return !isReading();
        }

        /** Of the command that is read, nothing more is told. */
        boolean cut(final GapCause cause, final long bytes) {
            final boolean cut = group != null && group.running.cut(cause, bytes);
            group = null;
            command = RedisCommand.of("PING");
            return cut;
        }

        void restart() {
            left = 0;
            inText = false;
            inLine = false;
            lostCommand = false;
            group = null;
        }

        @Override
        public void opens(final char type, final long count) {
            if (left > 0) {
                fromClient.stop();
            }
            left = count;
            index = 0;
        }

        @Override
        public void begins(final char type) {
            inText = type == '$';
            inLine = !inText;
            if (inText != left > 0) { // texts only within an array, lines only outside of one
                fromClient.stop();
            }
            keptLength = 0;
            line.clear();
        }

        @Override
        public void piece(final byte[] bytes, final int offset, final int length) {
            if (inLine) {
                if (!line.append(bytes, offset, length)) {
                    giveUp(GapCause.TOO_LARGE);
                }
                return;
            }
            final int count = Math.min(length, kept.length - keptLength);
            System.arraycopy(bytes, offset, kept, keptLength, count);
            keptLength += count;
            if (index > 0 && group != null) {
                group.running.value(field, bytes, offset, length, false);
            }
        }

        @Override
        public void lost(final int bytes) {
            if (group != null) {
                group.running.lose(bytes);
            } else {
                listener.gap(GapCause.STREAM, bytes);
            }
            lostCommand |= index == 0 || command.mode() == null;
        }

        @Override
        public void ends(final boolean isNull) {
            if (inLine) {
                inLine = false;
                line();
            } else if (inText) {
                inText = false;
                argument();
            }
        }

        /** A command as people type it. */
        private void line() {
            final byte[] bytes = line.array();
            final int end = line.length();
            final List<int[]> parts = new ArrayList<>();
            int from = 0;
            for (int at = 0; at <= end; at++) {
                if (at == end || bytes[at] == ' ' || bytes[at] == '\t') {
                    if (at > from) {
                        parts.add(new int[] {from, at - from});
                    }
                    from = at + 1;
                }
            }
            left = parts.size();
            index = 0;
            for (final int[] part : parts) {
                keptLength = 0;
                piece(bytes, part[0], part[1]);
                argument();
            }
            line.clear();
        }

        private void argument() {
            final String text = new String(kept, 0, keptLength, StandardCharsets.UTF_8);
            if (index == 0) {
                name = text.length() > 32 ? "" : text.toUpperCase(Locale.ROOT);
                command = RedisCommand.of(name);
                words.clear();
                field = null;
                if (command.mode() != null) {
                    join(command.mode());
                }
            } else if (group != null) {
                group.running.value(field, NOTHING, 0, 0, true);
                field = command.fields() && index >= 2 && index % 2 == 0 ? text : null;
            } else if (words.size() < 5) {
                words.add(text);
            }
            Arrays.fill(kept, 0, keptLength, (byte) 0);
            index++;
            left--;
            if (left == 0 && !over) {
                complete();
            }
        }

        private void join(final Mode mode) {
            final Group open = last;
            if (open != null && open.mode == mode && !open.answered && !open.closed) {
                group = open;
            } else {
                if (unpaired && open != null) {
                    open.running.cut(GapCause.STREAM, -1);
                }
                group = new Group(mode, Running.of(listener, new Statement(mode, List.of())));
                last = group;
            }
            group.waiting++;
        }

        private void complete() {
            asked++;
            final Group of = group;
            group = null;
            field = null;
            if (lostCommand) {
                if (of != null) {
                    of.running.cut(GapCause.STREAM, -1);
                }
                giveUp(GapCause.STREAM);
                return;
            }
            if (unpaired) {
                pinged = name.equals("PING") && index == 1 && !inTransaction;
                if (command.mode() == null) {
                    special();
                }
                if (last != null && of == null) {
                    last.closed = true;
                }
                return;
            }
            if (of != null) {
                Redis.this.await(new Entry(Kind.COMMAND, of, command.rows(), command.written(index - 1)));
            } else {
                special();
            }
        }

        private String word(final int number) {
            return number < words.size() ? words.get(number) : "";
        }

        /** A command that touches no data, but what is said on the connection. */
        private void special() {
            final Kind kind = switch (name) {
                case "MULTI" -> Kind.MULTI;
                case "EXEC" -> Kind.EXEC;
                case "DISCARD" -> Kind.DISCARD;
                case "SELECT" -> Kind.SELECT;
                case "HELLO" -> Kind.HELLO;
                case "RESET" -> Kind.RESET;
                case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE" ->
                    Kind.SUBSCRIBE;
                default -> Kind.COMMAND;
            };
            final Entry entry = new Entry(kind, null, Rows.UNKNOWN, 0);
            switch (name) {
                case "MONITOR", "SYNC", "PSYNC", "REPLCONF" -> {
                    giveUp(GapCause.PROTOCOL);
                    return;
                }
                case "CLIENT" -> {
                    if (word(0).equalsIgnoreCase("REPLY") && !word(1).equalsIgnoreCase("ON")) {
                        giveUp(GapCause.PROTOCOL); // answers that do not come
                        return;
                    }
                }
                case "AUTH" -> goTo(index > 2 ? word(0) : "default", database);
                case "HELLO" -> hello();
                case "SELECT" -> {
                    entry.before = database;
                    goTo(user, word(0));
                }
                default -> {}
            }
            if (over) {
                return;
            }
            if (!unpaired) {
                await(kind, entry);
            } else if (kind == Kind.MULTI) {
                inTransaction = true;
            } else if (kind == Kind.EXEC || kind == Kind.DISCARD || kind == Kind.RESET) {
                inTransaction = false;
            } else if (kind == Kind.SUBSCRIBE) {
                giveUp(GapCause.STREAM); // what is published cannot be told from answers
            }
        }

        private void hello() {
            for (int i = 0; i + 1 < words.size(); i++) {
                if (words.get(i).equalsIgnoreCase("AUTH")) {
                    goTo(words.get(i + 1), database);
                    return;
                }
            }
        }

        private void await(final Kind kind, final Entry entry) {
            if (inTransaction && kind != Kind.EXEC && kind != Kind.DISCARD && kind != Kind.RESET) {
                Redis.this.await(new Entry(Kind.COMMAND, null, Rows.UNKNOWN, 0));
                return;
            }
            switch (kind) {
                case MULTI -> {
                    Redis.this.await(entry);
                    inTransaction = true;
                }
                case EXEC, DISCARD, RESET -> {
                    inTransaction = false;
                    entry.queued = queued;
                    queued = new ArrayList<>();
                    if (last != null) {
                        last.closed = true;
                    }
                    Redis.this.await(entry);
                }
                case HELLO -> {
                    resp3 = word(0).equals("3") || (resp3 && word(0).isEmpty());
                    Redis.this.await(entry);
                }
                case SUBSCRIBE -> {
                    if (!inPubSub && !resp3) {
                        entry.count = Math.max(1, index - 1);
                        Redis.this.await(entry);
                    }
                }
                case COMMAND, SELECT -> {
                    if (!(inPubSub && name.equals("PING"))) {
                        Redis.this.await(entry);
                    }
                }
            }
        }
    }

    /** Reads answers. */
    private final class Server implements RespReader.Sink {
        private final long[] left = new long[DEPTH]; // elements of each aggregate that have not come
        private final boolean[] map = new boolean[DEPTH];
        private int depth;
        private int attribute; // depth of one, whose elements belong to no answer
        private boolean isWithin;
        private char leaf; // its type
        private final byte[] kept = new byte[NAME];
        private int keptLength;
        private int answers; // complete, while they are not paired; -1 if some may be missing
        private boolean isPush; // what is read is no answer
        private @Nullable Running message;
        private int element; // of a push
        private int base; // depth at which the answer to a command is: 1 within that to EXEC
        private int queue; // number of the entry within a transaction
        private int ofEntry; // commands of it that are answered
        private @Nullable Entry entry;
        private long read;
        private @Nullable String error;
        private @Nullable String field;
        private boolean pairs;
        private boolean counts; // elements that are no nulls
        private String word = ""; // what is pushed
        private long channels;
        private boolean queuedInstead;

        boolean isBetween() {
            return depth == 0 && !isWithin;
        }

        void drop(final GapCause cause) {
            if (message != null) {
                message.cut(cause, -1);
                message = null;
            }
        }

        void restart() {
            depth = 0;
            attribute = 0;
            isWithin = false;
            answers = 0;
            isPush = false;
            message = null;
            base = 0;
            entry = null;
        }

        @Override
        public void opens(final char type, final long count) {
            start(type);
            if (type == '|') {
                attribute = attribute == 0 ? depth + 1 : attribute;
            } else if (depth == 0 && base == 1 && !unpaired) {
                checkTransaction(count);
            } else if (isRead()) {
                final int level = depth - base;
                if (level == 0) {
                    pairs = pairs || type == '%';
                    counts = !pairs && entry != null && entry.rows != Rows.SCAN;
                    read = pairs ? count / 2 : 0;
                } else if (level == 1) {
                    read = entry != null && entry.rows == Rows.SCAN ? count : counts ? read + 1 : read;
                }
            }
            if (depth == DEPTH) {
                giveUp(GapCause.PROTOCOL);
            } else if (count == 0 && type != '|') {
                complete();
            } else if (count > 0) {
                left[depth] = count;
                map[depth++] = type == '%';
            } else {
                attribute = 0;
            }
        }

        /** Answers that are not as many as the commands are not taken for theirs. */
        private void checkTransaction(final long count) {
            final Entry exec = waiting.peekFirst();
            if (exec != null
                    && exec.queued.stream().mapToLong(each -> each.count).sum() != count) {
                exec.queued.forEach(each -> cut(each, GapCause.PROTOCOL, -1));
            }
        }

        @Override
        public void begins(final char type) {
            start(type);
            leaf = type;
            keptLength = 0;
        }

        /** Whether what comes is part of a command's answer. */
        private boolean isRead() {
            return attribute == 0 && !unpaired && !isPush && entry != null;
        }

        private void start(final char type) {
            isWithin = true;
            if (attribute > 0) {
                return;
            }
            if (depth == 0) {
                if (type != '|') {
                    first(type);
                }
            } else if (depth == base && !isPush) {
                inExec();
            }
        }

        /** An answer begins, or what is pushed. */
        private void first(final char type) {
            base = 0;
            element = 0;
            clear(null);
            isPush = type == '>' || (inPubSub && type == '*');
            if (isPush || unpaired) {
                return;
            }
            final Entry next = waiting.peekFirst();
            if (next == null) {
                giveUp(GapCause.PROTOCOL);
            } else if (next.kind == Kind.SUBSCRIBE && type == '*') {
                isPush = true;
            } else if (next.kind == Kind.EXEC && type == '*') {
                base = 1;
                queue = 0;
                ofEntry = 0;
            }
            clear(next);
        }

        private void clear(final @Nullable Entry next) {
            entry = next;
            pairs = next != null && next.rows == Rows.PAIRS;
            counts = false;
            read = 0;
            error = null;
            field = null;
        }

        /** The answer to the next command of a transaction begins. */
        private void inExec() {
            final Entry exec = waiting.peekFirst();
            clear(exec != null && queue < exec.queued.size() ? exec.queued.get(queue) : null);
        }

        @Override
        public void piece(final byte[] bytes, final int offset, final int length) {
            final int count = Math.min(length, kept.length - keptLength);
            System.arraycopy(bytes, offset, kept, keptLength, count);
            keptLength += count;
            if (message != null && isPush && element > 0) {
                message.value(null, bytes, offset, length, false);
            } else if (isRead() && isContent() && entry != null && entry.group != null) {
                entry.group.running.value(field, bytes, offset, length, false);
            }
        }

        /** Whether the element is told: no state, no error, and no name of what follows. */
        private boolean isContent() {
            return switch (leaf) {
                case '$', '=', ',', '(', ':' -> !isField();
                case '+' -> depth > base; // else a state
                default -> false;
            };
        }

        private boolean isField() {
            return depth > base && (map[depth - 1] || (pairs && depth == base + 1)) && left[depth - 1] % 2 == 0;
        }

        @Override
        public void lost(final int bytes) {
            if (isPush && (element == 0 || message == null)) {
                giveUp(GapCause.STREAM); // it is not known what it is
            } else if (message != null) {
                message.lose(bytes);
            } else if (entry != null && entry.group != null) {
                entry.group.running.lose(bytes);
            } else {
                listener.gap(GapCause.STREAM, bytes);
            }
        }

        @Override
        public void ends(final boolean isNull) {
            if (over) {
                return;
            }
            if (message != null && isPush && element > 0) {
                message.value(null, NOTHING, 0, 0, true);
            } else if (isPush && attribute == 0 && !unpaired && depth == 1) {
                pushed();
            } else if (isRead()) {
                answer(isNull);
            } else if (unpaired && depth == 0 && leaf == '+' && keptIs("QUEUED")) {
                inTransaction = true; // whose beginning was not seen
            }
            Arrays.fill(kept, 0, keptLength, (byte) 0);
            complete();
        }

        private boolean keptIs(final String text) {
            return kept().equals(text);
        }

        private String kept() {
            return new String(kept, 0, keptLength, StandardCharsets.UTF_8);
        }

        private void answer(final boolean isNull) {
            final int level = depth - base;
            if (isContent() && !isNull && entry != null && entry.group != null) {
                entry.group.running.value(field, NOTHING, 0, 0, true);
            }
            field = isField() ? kept() : null;
            if (level == 1 && counts && !isNull) {
                read++;
            } else if (level == 0 && (leaf == '-' || leaf == '!')) {
                error = code();
            } else if (level == 0) {
                queuedInstead = leaf == '+' && keptIs("QUEUED");
                read = isNull ? 0 : entry != null && entry.rows == Rows.NUMBER ? number() : 1;
            }
        }

        /** The first word of an error, if it is a code. */
        private String code() {
            int at = 0;
            while (at < keptLength && kept[at] >= 'A' && kept[at] <= 'Z') {
                at++;
            }
            final boolean is = at >= 2 && at <= 32 && (at == keptLength || kept[at] == ' ');
            return is ? new String(kept, 0, at, StandardCharsets.US_ASCII) : "ERR";
        }

        private long number() {
            long number = 0;
            for (int i = 0; i < keptLength && i < 18; i++) {
                if (kept[i] < '0' || kept[i] > '9') {
                    return 1; // of another form
                }
                number = number * 10 + (kept[i] - '0');
            }
            return number;
        }

        /** An element of what is pushed, which the first says what it is. */
        private void pushed() {
            if (element == 0) {
                word = kept();
                if (word.equals("message") || word.equals("pmessage") || word.equals("smessage")) {
                    message = Running.of(listener, new Statement(Mode.READ, List.of()));
                }
            } else if (leaf == ':') {
                channels = number();
            }
        }

        private void pushEnds() {
            final Running read = message;
            if (read != null) {
                message = null;
                read.rows(1);
                read.done();
                return;
            }
            final Entry next = waiting.peekFirst();
            if (word.endsWith("subscribe")) {
                if (next != null && next.kind == Kind.SUBSCRIBE) {
                    remove();
                }
                subscribed = channels > 0;
                inPubSub = subscribed && !resp3;
            } else if (word.equals("pong") && next != null && next.kind == Kind.COMMAND && next.group == null) {
                remove();
            }
        }

        /** An element is complete, and what it may have been the last one of. */
        private void complete() {
            while (!over) {
                if (depth == 0) {
                    isWithin = false;
                    answerEnds();
                    return;
                }
                if (attribute == 0 && isPush && depth == 1) {
                    element++;
                } else if (attribute == 0 && depth == base && !isPush && !unpaired) {
                    inExecEnds();
                }
                if (--left[depth - 1] > 0) {
                    return;
                }
                depth--;
                if (attribute == depth + 1) {
                    attribute = 0; // what it belongs to follows
                    return;
                }
            }
        }

        private void inExecEnds() {
            if (entry == null) {
                return;
            }
            answered(entry, read, error);
            if (++ofEntry == entry.count) {
                ofEntry = 0;
                queue++;
            }
        }

        private void answerEnds() {
            if (isPush) {
                isPush = false;
                if (!unpaired) {
                    pushEnds();
                }
                return;
            }
            if (unpaired) {
                answers += answers < 0 ? 0 : 1;
                return;
            }
            final Entry next = waiting.peekFirst();
            if (next == null) {
                return;
            }
            switch (next.kind) {
                case COMMAND -> {
                    if (next.group != null && leaf == '+' && queuedInstead) {
                        queuedInstead = false;
                        lose(false, -1); // a transaction whose beginning was lost
                        return;
                    }
                    answered(next, read, error);
                }
                case EXEC, DISCARD, RESET -> transactionEnds(next);
                case SELECT -> {
                    if (error != null) {
                        goTo(user, next.before);
                    }
                }
                case HELLO -> resp3 &= error == null;
                case MULTI, SUBSCRIBE -> {}
            }
            remove();
        }

        /** What of it was not answered within is not done. */
        private void transactionEnds(final Entry exec) {
            if (exec.kind == Kind.RESET) {
                resp3 = false;
                subscribed = false;
                inPubSub = false;
                goTo("default", "0");
            }
            for (int i = base == 1 ? queue : 0; i < exec.queued.size(); i++) {
                final Entry each = exec.queued.get(i);
                for (int n = i == queue && base == 1 ? ofEntry : 0; n < each.count; n++) {
                    answered(each, 0, error);
                }
            }
        }
    }
}
