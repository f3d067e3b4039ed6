package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.Statement.Mode;
import io.fourthlog.sensor.streams.GapCause;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The commands of a Redis client that are told as one, since they were sent before the first of them was answered. */
final class RedisGroups {
    /** Commands of one mode. */
    static final class Group {
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

        Running running() {
            return running;
        }
    }

    private final DatabaseListener listener;
    private @Nullable Group last;

    RedisGroups(final DatabaseListener listener) {
        this.listener = listener;
    }

    /** The group of another command: the last one, if that is of its mode, or a new one. */
    Group join(final Mode mode, final boolean unpaired) {
        final Group open = last;
        final Group joined;
        if (open != null && open.mode == mode && !open.answered && !open.closed) {
            joined = open;
        } else {
            if (unpaired && open != null) {
                open.running.cut(GapCause.STREAM, -1);
            }
            joined = new Group(mode, Running.of(listener, new Statement(mode, List.of())));
            last = joined;
        }
        joined.waiting++;
        return joined;
    }

    /** What follows is told on its own. */
    void close() {
        if (last != null) {
            last.closed = true;
        }
    }

    /**
     * One answer to one command of a group.
     *
     * @param rows that were read or written, -1 if that is not known
     * @param error its code; {@code null} of one that succeeded
     */
    void answered(final Group group, final long rows, final @Nullable String error) {
        group.answered = true;
        if (error != null) {
            group.failed = error;
        } else if (rows >= 0) {
            group.running.rows(rows);
        }
        if (--group.waiting > 0) {
            return;
        }
        if (group == last) {
            last = null;
        }
        if (group.failed == null) {
            group.running.done();
        } else {
            group.running.failed(group.failed);
        }
    }

    /** Of the last one, nothing more is told. Answers whether it was under way. */
    boolean cut(final GapCause cause, final long bytes) {
        final boolean cut = last != null && last.running.cut(cause, bytes);
        last = null;
        return cut;
    }
}
