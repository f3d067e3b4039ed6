package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.RedisGroups.Group;
import io.fourthlog.sensor.database.RedisPending.Entry;
import io.fourthlog.sensor.database.RedisPending.Kind;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a Redis client sends: commands with their arguments, and what they make of the connection. */
final class RedisClient extends RespReader {
    private static final String TYPES = "*$ ";
    private static final int NAME = 128; // octets of a name
    private static final int LINE = 64 << 10; // octets of a command that is a line

    private final AbstractDecoder connection;
    private final RedisSession session;
    private final RedisPairing pairing;
    private final RedisGroups groups;
    private final RedisPending pending;
    private final ContentBuffer line;
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

    RedisClient(
            final AbstractDecoder connection,
            final RedisSession session,
            final RedisPairing pairing,
            final RedisGroups groups,
            final RedisPending pending) {
        super(TYPES);
        this.connection = connection;
        this.session = session;
        this.pairing = pairing;
        this.groups = groups;
        this.pending = pending;
        line = new ContentBuffer(connection.budget, LINE);
    }

    /** Whether no command is in the midst of coming. */
    boolean isBetween() {
        return left <= 0 && !inText && !inLine;
    }

    /** Of the command that is read, nothing more is told. */
    boolean cut(final GapCause cause, final long bytes) {
        final boolean cut = group != null && group.running().cut(cause, bytes);
        group = null;
        command = RedisCommand.of("PING");
        return cut;
    }

    @Override
    void restart() {
        super.restart();
        left = 0;
        inText = false;
        inLine = false;
        lostCommand = false;
        group = null;
    }

    @Override
    void opens(final char type, final long count) {
        if (left > 0) {
            stop();
        }
        left = count;
        index = 0;
    }

    @Override
    void begins(final char type) {
        inText = type == '$';
        inLine = !inText;
        if (inText != left > 0) { // texts only within an array, lines only outside of one
            stop();
        }
        keptLength = 0;
        line.clear();
    }

    @Override
    void piece(final byte[] bytes, final int offset, final int length) {
        if (inLine) {
            if (!line.append(bytes, offset, length)) {
                connection.giveUp(GapCause.TOO_LARGE);
            }
            return;
        }
        final int count = Math.min(length, kept.length - keptLength);
        System.arraycopy(bytes, offset, kept, keptLength, count);
        keptLength += count;
        if (index > 0 && group != null) {
            group.running().value(field, bytes, offset, length, false);
        }
    }

    @Override
    void lost(final int bytes) {
        if (group != null) {
            group.running().lose(bytes);
        } else {
            connection.listener.gap(GapCause.STREAM, bytes);
        }
        lostCommand |= index == 0 || command.mode() == null;
    }

    @Override
    void ends(final boolean isNull) {
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
                group = groups.join(command.mode(), pairing.isUnpaired());
            }
        } else if (group != null) {
            group.running().valueEnds(field);
            field = command.fields() && index >= 2 && index % 2 == 0 ? text : null;
        } else if (words.size() < 5) {
            words.add(text);
        }
        Arrays.fill(kept, 0, keptLength, (byte) 0);
        index++;
        left--;
        if (left == 0 && !connection.isOver()) {
            complete();
        }
    }

    private void complete() {
        pairing.asked(name.equals("PING") && index == 1 && !pending.inTransaction());
        final Group of = group;
        group = null;
        field = null;
        if (lostCommand) {
            if (of != null) {
                of.running().cut(GapCause.STREAM, -1);
            }
            connection.giveUp(GapCause.STREAM);
        } else if (of == null) {
            special();
        } else if (!pairing.isUnpaired()) {
            pending.add(Entry.of(of, command.rows(), command.written(index - 1)));
        }
    }

    private String word(final int number) {
        return number < words.size() ? words.get(number) : "";
    }

    /** A command that touches no data, but what is said on the connection. */
    private void special() {
        final String before = session.database();
        switch (name) {
            case "MONITOR", "SYNC", "PSYNC", "REPLCONF" -> connection.giveUp(GapCause.PROTOCOL);
            case "CLIENT" -> {
                if (word(0).equalsIgnoreCase("REPLY") && !word(1).equalsIgnoreCase("ON")) {
                    connection.giveUp(GapCause.PROTOCOL); // answers that do not come
                }
            }
            case "AUTH" -> {
                if (index > 2) {
                    session.login(word(0));
                } else {
                    session.login();
                }
            }
            case "HELLO" -> hello();
            case "SELECT" -> session.select(word(0));
            default -> {}
        }
        if (connection.isOver()) {
            return;
        }
        final Kind kind = kind();
        if (pairing.isUnpaired()) {
            unpaired(kind);
        } else if (pending.inTransaction() && !isEnd(kind)) {
            pending.add(Entry.of(Kind.COMMAND));
        } else {
            await(kind, before);
        }
    }

    private Kind kind() {
        return switch (name) {
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
    }

    /** Whether it ends a transaction. */
    private static boolean isEnd(final Kind kind) {
        return kind == Kind.EXEC || kind == Kind.DISCARD || kind == Kind.RESET;
    }

    private void hello() {
        for (int i = 0; i + 1 < words.size(); i++) {
            if (words.get(i).equalsIgnoreCase("AUTH")) {
                session.login(words.get(i + 1));
                return;
            }
        }
    }

    /** What no answer is taken for one to. */
    private void unpaired(final Kind kind) {
        groups.close();
        if (kind == Kind.MULTI) {
            pending.inTransaction(true);
        } else if (isEnd(kind)) {
            pending.inTransaction(false);
        } else if (kind == Kind.SUBSCRIBE) {
            connection.giveUp(GapCause.STREAM); // what is published cannot be told from answers
        }
    }

    /** What was sent waits for its answer. */
    private void await(final Kind kind, final @Nullable String before) {
        switch (kind) {
            case MULTI -> {
                pending.add(Entry.of(kind));
                pending.inTransaction(true);
            }
            case EXEC, DISCARD, RESET -> pending.endTransaction(kind);
            case HELLO -> {
                session.resp3(word(0).equals("3") || (session.isResp3() && word(0).isEmpty()));
                pending.add(Entry.of(kind));
            }
            case SUBSCRIBE -> {
                if (!session.inPubSub() && !session.isResp3()) {
                    pending.add(Entry.of(kind, Math.max(1, index - 1)));
                }
            }
            case SELECT -> pending.add(Entry.select(before));
            case COMMAND -> {
                if (!(session.inPubSub() && name.equals("PING"))) {
                    pending.add(Entry.of(kind));
                }
            }
        }
    }

    void close() {
        stop();
        line.close();
    }
}
