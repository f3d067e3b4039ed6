package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.RedisCommand.Rows;
import io.fourthlog.sensor.database.RedisGroups.Group;
import io.fourthlog.sensor.streams.GapCause;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a Redis server has not answered yet, in the order in which it was asked, which is that of the answers. */
final class RedisPending {
    private static final int OUTSTANDING = 1024; // entries; commands of one kind in a row are one
    private static final int SIZE = 128; // octets, about, that one takes

    enum Kind {
        COMMAND,
        MULTI,
        EXEC,
        DISCARD,
        SELECT,
        HELLO,
        SUBSCRIBE,
        RESET
    }

    /** Commands in a row of which the same is known. */
    static final class Entry {
        private final Kind kind;
        private final @Nullable Group group;
        private final Rows rows;
        private final long written; // by each; -1 if the answer says it
        private int count;
        private List<Entry> queued = List.of(); // of a transaction
        private final @Nullable String before; // the database, of SELECT

        private Entry(
                final Kind kind,
                final @Nullable Group group,
                final Rows rows,
                final long written,
                final int count,
                final @Nullable String before) {
            this.kind = kind;
            this.group = group;
            this.rows = rows;
            this.written = written;
            this.count = count;
            this.before = before;
        }

        /** A command on data. */
        static Entry of(final Group group, final Rows rows, final long written) {
            return new Entry(Kind.COMMAND, group, rows, written, 1, null);
        }

        /** A command that touches no data. */
        static Entry of(final Kind kind) {
            return of(kind, 1);
        }

        /** The same, with so many answers. */
        static Entry of(final Kind kind, final int answers) {
            return new Entry(kind, null, Rows.UNKNOWN, 0, answers, null);
        }

        /** A change of the database that the connection is in. */
        static Entry select(final @Nullable String before) {
            return new Entry(Kind.SELECT, null, Rows.UNKNOWN, 0, 1, before);
        }

        Kind kind() {
            return kind;
        }

        @Nullable
        Running running() {
            return group == null ? null : group.running();
        }

        Rows rows() {
            return rows;
        }

        int count() {
            return count;
        }

        List<Entry> queued() {
            return queued;
        }

        @Nullable
        String before() {
            return before;
        }

        private boolean joins(final Entry next) {
            return kind == Kind.COMMAND
                    && next.kind == Kind.COMMAND
                    && group == next.group
                    && rows == next.rows
                    && written == next.written;
        }

        boolean cut(final GapCause cause, final long bytes) {
            return group != null && group.running().cut(cause, bytes);
        }

        /** It, and what it is a transaction of. */
        private boolean cutAll(final GapCause cause, final long bytes) {
            boolean cut = cut(cause, bytes);
            for (final Entry each : queued) {
                cut |= each.cut(cause, cut ? -1 : bytes);
            }
            return cut;
        }
    }

    private final AbstractDecoder connection;
    private final RedisGroups groups;
    private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
    private List<Entry> queued = new ArrayList<>(); // of the transaction that is made
    private boolean inTransaction;
    private int entries; // of both

    RedisPending(final AbstractDecoder connection, final RedisGroups groups) {
        this.connection = connection;
        this.groups = groups;
    }

    boolean isEmpty() {
        return entries == 0;
    }

    boolean inTransaction() {
        return inTransaction;
    }

    /** Whether commands are queued from now on, and answered together. */
    void inTransaction(final boolean is) {
        inTransaction = is;
    }

    void add(final Entry entry) {
        if (!inTransaction) {
            add(entry, waiting.peekLast(), false);
            return;
        }
        add(Entry.of(Kind.COMMAND), waiting.peekLast(), false); // which is answered by QUEUED
        if (!connection.isOver()) {
            add(entry, queued.isEmpty() ? null : queued.getLast(), true);
        }
    }

    /** The transaction ends, with what was queued for it. */
    void endTransaction(final Kind kind) {
        inTransaction = false;
        final Entry end = Entry.of(kind);
        end.queued = queued;
        queued = new ArrayList<>();
        groups.close();
        add(end);
    }

    private void add(final Entry entry, final @Nullable Entry before, final boolean inQueue) {
        if (before != null && before.joins(entry) && before.count < Integer.MAX_VALUE) {
            before.count++;
        } else if (entries < OUTSTANDING && connection.budget.take(SIZE)) {
            entries++;
            if (inQueue) {
                queued.add(entry);
            } else {
                waiting.addLast(entry);
            }
        } else {
            entry.cutAll(GapCause.SHED, -1);
            connection.giveUp(GapCause.SHED);
        }
    }

    /** What the next answer is to. */
    @Nullable
    Entry first() {
        return waiting.peekFirst();
    }

    /** One command of the first is answered. */
    void remove() {
        final Entry first = waiting.peekFirst();
        if (first != null && --first.count == 0) {
            waiting.removeFirst();
            final int gone = 1 + first.queued.size();
            entries -= gone;
            connection.budget.giveBack(gone * SIZE);
        }
    }

    /** One answer to one command of an entry. */
    void answered(final Entry entry, final long read, final @Nullable String error) {
        if (entry.group != null) {
            groups.answered(
                    entry.group,
                    switch (entry.rows) {
                        case REPLY, PAIRS, SCAN, NUMBER -> read;
                        case UNKNOWN -> -1;
                        default -> read == 0 ? 0 : entry.written; // nothing came back: it was not written
                    },
                    error);
        }
    }

    /** Nothing of it will be answered. Answers whether anything was under way. */
    boolean cut(final GapCause cause, final long bytes) {
        boolean cut = false;
        for (final Entry each : waiting) {
            cut |= each.cutAll(cause, cut ? -1 : bytes);
        }
        for (final Entry each : queued) {
            cut |= each.cut(cause, cut ? -1 : bytes);
        }
        waiting.clear();
        queued = new ArrayList<>();
        connection.budget.giveBack(entries * SIZE);
        entries = 0;
        return cut;
    }
}
