package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.RedisCommand.Rows;
import io.fourthlog.sensor.database.RedisPending.Entry;
import io.fourthlog.sensor.database.RedisPending.Kind;
import io.fourthlog.sensor.database.Statement.Mode;
import io.fourthlog.sensor.streams.GapCause;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a Redis server sends: answers, each to the command that waits for longest, and what is published. */
final class RedisServer extends RespReader {
    private static final String TYPES = "+-:_,#($!=*%~>|";
    private static final int DEPTH = 32; // of answers
    private static final int NAME = 128; // octets of a name

    private final Redis redis;
    private final RedisSession session;
    private final RedisPairing pairing;
    private final RedisPending pending;
    private final long[] left = new long[DEPTH]; // elements of each aggregate that have not come
    private final boolean[] map = new boolean[DEPTH];
    private int depth;
    private int attribute; // depth of one, whose elements belong to no answer
    private boolean isWithin;
    private char leaf; // its type
    private final byte[] kept = new byte[NAME];
    private int keptLength;
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

    RedisServer(final Redis redis, final RedisSession session, final RedisPairing pairing, final RedisPending pending) {
        super(TYPES);
        this.redis = redis;
        this.session = session;
        this.pairing = pairing;
        this.pending = pending;
    }

    /** Whether no answer is in the midst of coming. */
    boolean isBetween() {
        return isBetweenElements() && depth == 0 && !isWithin;
    }

    /** Of what is published, and is being read, nothing more is told. */
    void drop(final GapCause cause) {
        if (message != null) {
            message.cut(cause, -1);
            message = null;
        }
    }

    @Override
    void restart() {
        super.restart();
        depth = 0;
        attribute = 0;
        isWithin = false;
        isPush = false;
        message = null;
        base = 0;
        entry = null;
    }

    @Override
    void opens(final char type, final long count) {
        start(type);
        if (type == '|') {
            attribute = attribute == 0 ? depth + 1 : attribute;
        } else if (depth == 0 && base == 1 && !pairing.isUnpaired()) {
            checkTransaction(count);
        } else if (isRead()) {
            final int level = depth - base;
            if (level == 0) {
                pairs = pairs || type == '%';
                counts = !pairs && entry != null && entry.rows() != Rows.SCAN;
                read = pairs ? count / 2 : 0;
            } else if (level == 1) {
                read = entry != null && entry.rows() == Rows.SCAN ? count : counts ? read + 1 : read;
            }
        }
        if (depth == DEPTH) {
            redis.giveUp(GapCause.PROTOCOL);
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
        final Entry exec = pending.first();
        if (exec != null
                && exec.queued().stream().mapToLong(each -> each.count()).sum() != count) {
            exec.queued().forEach(each -> each.cut(GapCause.PROTOCOL, -1));
        }
    }

    @Override
    void begins(final char type) {
        start(type);
        leaf = type;
        keptLength = 0;
    }

    /** Whether what comes is part of a command's answer. */
    private boolean isRead() {
        return attribute == 0 && !pairing.isUnpaired() && !isPush && entry != null;
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
        isPush = type == '>' || (session.inPubSub() && type == '*');
        if (isPush || pairing.isUnpaired()) {
            return;
        }
        final Entry next = pending.first();
        if (next == null) {
            redis.giveUp(GapCause.PROTOCOL);
        } else if (next.kind() == Kind.SUBSCRIBE && type == '*') {
            isPush = true;
        } else if (next.kind() == Kind.EXEC && type == '*') {
            base = 1;
            queue = 0;
            ofEntry = 0;
        }
        clear(next);
    }

    private void clear(final @Nullable Entry next) {
        entry = next;
        pairs = next != null && next.rows() == Rows.PAIRS;
        counts = false;
        read = 0;
        error = null;
        field = null;
    }

    /** The answer to the next command of a transaction begins. */
    private void inExec() {
        final Entry exec = pending.first();
        clear(exec != null && queue < exec.queued().size() ? exec.queued().get(queue) : null);
    }

    @Override
    void piece(final byte[] bytes, final int offset, final int length) {
        final int count = Math.min(length, kept.length - keptLength);
        System.arraycopy(bytes, offset, kept, keptLength, count);
        keptLength += count;
        if (message != null && isPush && element > 0) {
            message.value(null, bytes, offset, length, false);
        } else if (isRead() && isContent()) {
            tell(bytes, offset, length);
        }
    }

    /** What the answer that comes is about, if that is told. */
    private @Nullable Running running() {
        return entry == null ? null : entry.running();
    }

    private void tell(final byte[] bytes, final int offset, final int length) {
        final Running running = running();
        if (running != null) {
            running.value(field, bytes, offset, length, false);
        }
    }

    private void valueEnds() {
        final Running running = running();
        if (running != null) {
            running.valueEnds(field);
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
    void lost(final int bytes) {
        if (isPush && (element == 0 || message == null)) {
            redis.giveUp(GapCause.STREAM); // it is not known what it is
        } else if (message != null) {
            message.lose(bytes);
        } else {
            final Running running = running();
            if (running != null) {
                running.lose(bytes);
            } else {
                redis.listener.gap(GapCause.STREAM, bytes);
            }
        }
    }

    @Override
    void ends(final boolean isNull) {
        if (redis.isOver()) {
            return;
        }
        if (message != null && isPush && element > 0) {
            message.valueEnds(null);
        } else if (isPush && attribute == 0 && !pairing.isUnpaired() && depth == 1) {
            pushed();
        } else if (isRead()) {
            answer(isNull);
        } else if (pairing.isUnpaired() && depth == 0 && leaf == '+' && keptIs("QUEUED")) {
            pending.inTransaction(true); // whose beginning was not seen
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
        if (isContent() && !isNull) {
            valueEnds();
        }
        field = isField() ? kept() : null;
        if (level == 1 && counts && !isNull) {
            read++;
        } else if (level == 0 && (leaf == '-' || leaf == '!')) {
            error = code();
        } else if (level == 0) {
            queuedInstead = leaf == '+' && keptIs("QUEUED");
            read = isNull ? 0 : entry != null && entry.rows() == Rows.NUMBER ? number() : 1;
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
                message = Running.of(redis.listener, new Statement(Mode.READ, List.of()));
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
        final Entry next = pending.first();
        if (word.endsWith("subscribe")) {
            if (next != null && next.kind() == Kind.SUBSCRIBE) {
                pending.remove();
            }
            session.subscribed(channels > 0);
        } else if (word.equals("pong") && next != null && next.kind() == Kind.COMMAND && next.running() == null) {
            pending.remove();
        }
    }

    /** An element is complete, and what it may have been the last one of. */
    private void complete() {
        while (!redis.isOver()) {
            if (depth == 0) {
                isWithin = false;
                answerEnds();
                return;
            }
            if (attribute == 0 && isPush && depth == 1) {
                element++;
            } else if (attribute == 0 && depth == base && !isPush && !pairing.isUnpaired()) {
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
        pending.answered(entry, read, error);
        if (++ofEntry == entry.count()) {
            ofEntry = 0;
            queue++;
        }
    }

    private void answerEnds() {
        if (isPush) {
            isPush = false;
            if (!pairing.isUnpaired()) {
                pushEnds();
            }
            return;
        }
        if (pairing.isUnpaired()) {
            pairing.answered();
            return;
        }
        final Entry next = pending.first();
        if (next == null) {
            return;
        }
        switch (next.kind()) {
            case COMMAND -> {
                if (next.running() != null && leaf == '+' && queuedInstead) {
                    queuedInstead = false;
                    redis.lose(-1); // a transaction whose beginning was lost
                    return;
                }
                pending.answered(next, read, error);
            }
            case EXEC, DISCARD, RESET -> transactionEnds(next);
            case SELECT -> {
                if (error != null) {
                    session.select(next.before());
                }
            }
            case HELLO -> session.resp3(session.isResp3() && error == null);
            case MULTI, SUBSCRIBE -> {}
        }
        pending.remove();
    }

    /** What of it was not answered within is not done. */
    private void transactionEnds(final Entry exec) {
        if (exec.kind() == Kind.RESET) {
            session.reset();
        }
        for (int i = base == 1 ? queue : 0; i < exec.queued().size(); i++) {
            final Entry each = exec.queued().get(i);
            for (int n = i == queue && base == 1 ? ofEntry : 0; n < each.count(); n++) {
                pending.answered(each, 0, error);
            }
        }
    }

    void close() {
        stop();
    }
}
