package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What a PostgreSQL server has not answered yet, in the order in which it was asked, which is that of the answers. */
final class PostgreSqlPending {
    private static final int OUTSTANDING = 4096; // answers that are waited for
    private static final int SIZE = 1 << 10; // bytes, about, that one takes

    enum Kind {
        PARSE,
        DESCRIBE,
        EXECUTE,
        /** Several executions, of which the number is not known. */
        REST,
        SYNC
    }

    /** An EXECUTE or a REST has what runs, and what of, if that is known; a DESCRIBE one of them, or neither; a PARSE what it prepares, or nothing. */
    record Request(Kind kind, @Nullable Running running, PostgreSqlStatements.@Nullable Prepared prepared) {
        private static final Request SYNC = new Request(Kind.SYNC, null, null);
    }

    private final AbstractDecoder connection;
    private final ArrayDeque<Request> waiting = new ArrayDeque<>();
    private int syncs; // after which the server has not said yet that it is ready for the next request

    PostgreSqlPending(final AbstractDecoder connection) {
        this.connection = connection;
    }

    void parse(final PostgreSqlStatements.@Nullable Prepared prepared) {
        add(new Request(Kind.PARSE, null, prepared));
    }

    void execute(final Running running, final PostgreSqlStatements.@Nullable Prepared prepared) {
        add(new Request(Kind.EXECUTE, running, prepared));
    }

    void rest(final Running running) {
        add(new Request(Kind.REST, running, null));
    }

    void describe(final @Nullable Running running, final PostgreSqlStatements.@Nullable Prepared prepared) {
        add(new Request(Kind.DESCRIBE, running, prepared));
    }

    void sync() {
        syncs++;
        add(Request.SYNC);
    }

    private void add(final Request request) {
        if (!connection.isOver() && waiting.size() < OUTSTANDING && connection.budget.take(SIZE)) {
            waiting.addLast(request);
            return;
        }
        if (request.running() != null) {
            request.running().cut(GapCause.SHED, -1);
        }
        if (!connection.isOver()) {
            connection.giveUp(GapCause.SHED);
        }
    }

    /** What the next answer is to. */
    @Nullable
    Request first() {
        return waiting.peekFirst();
    }

    boolean isNext(final Kind kind) {
        final Request first = waiting.peekFirst();
        return first != null && first.kind() == kind;
    }

    /** What the next answer is about, {@code null} if that is not known, or to no data. */
    @Nullable
    Running running() {
        final Request first = waiting.peekFirst();
        return first == null ? null : first.running();
    }

    /** The first one is answered. */
    void answered() {
        if (waiting.removeFirst().kind() == Kind.SYNC) {
            syncs--;
        }
        connection.budget.giveBack(SIZE);
    }

    /** Whether anything waits before the server is to say that it is ready. */
    boolean isBeforeSync() {
        return !waiting.isEmpty() && !isNext(Kind.SYNC);
    }

    /** Whether the server has not said yet that it is ready for another request. */
    boolean isBusy() {
        return syncs > 0;
    }

    /** Whether an execution of it has no answer yet. */
    boolean isExecuted(final Running running) {
        return waiting.stream().anyMatch(each -> each.kind() == Kind.EXECUTE && each.running() == running);
    }

    /** Nothing of it will be answered. Answers whether anything was under way. */
    boolean cut(final GapCause cause, final long bytes) {
        boolean cut = false;
        for (final Request each : waiting) {
            cut |= each.running() != null && each.running().cut(cause, cut ? -1 : bytes); // the bytes are told once
        }
        connection.budget.giveBack(waiting.size() * SIZE);
        waiting.clear();
        syncs = 0;
        return cut;
    }
}
