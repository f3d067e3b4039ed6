package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import org.jspecify.annotations.Nullable;

/** What the client of a PostgreSQL connection has given names: statements that are prepared, portals and cursors. */
final class PostgreSqlStatements {
    private static final int NAMED = 1024; // of each kind
    private static final int SIZE = 1 << 10; // bytes, about, that one takes

    /** A statement with a name, and its text until the first execution has that. */
    static final class Prepared {
        private final SqlStatement statement;
        private final ContentBuffer text;
        private final PostgreSqlRowDescription columns;

        Prepared(final SqlStatement statement, final ContentBuffer text, final MemoryBudget budget) {
            this.statement = statement;
            this.text = text;
            this.columns = new PostgreSqlRowDescription(budget);
        }

        PostgreSqlRowDescription columns() {
            return columns;
        }

        private void close() {
            text.close();
            columns.close();
        }
    }

    /** A statement that is bound to its parameters, and may be executed in parts. */
    record Portal(Running running, @Nullable Prepared prepared) {}

    private final AbstractDecoder connection;
    private final PostgreSqlPending pending;
    private final Named<String, Prepared> statements;
    private final Named<String, Portal> portals;
    private final Named<String, Statement> cursors;

    PostgreSqlStatements(final AbstractDecoder connection, final PostgreSqlPending pending) {
        this.connection = connection;
        this.pending = pending;
        statements = new Named<>(connection.budget, NAMED, SIZE, Prepared::close);
        portals = new Named<>(connection.budget, NAMED, SIZE, this::leave);
        cursors = new Named<>(connection.budget, NAMED, SIZE, _ -> {});
    }

    @Nullable
    Prepared statement(final String name) {
        return statements.get(name);
    }

    @Nullable
    Portal portal(final String name) {
        return portals.get(name);
    }

    Prepared prepare(final String name, final SqlStatement statement, final ContentBuffer text) {
        final Prepared prepared = new Prepared(statement, text, connection.budget);
        if (statements.makeRoom(name)) {
            statements.put(name, prepared);
        } else {
            connection.giveUp(GapCause.SHED);
            prepared.close();
        }
        return prepared;
    }

    /** Begins what a statement does with the parameters that follow; {@code null} if there is no room for it. */
    @Nullable
    Running bind(final String name, final @Nullable Prepared prepared) {
        if (!portals.makeRoom(name)) {
            connection.giveUp(GapCause.SHED);
            return null;
        }
        final Running running = prepared == null ? unknown() : start(prepared);
        portals.put(name, new Portal(running, prepared));
        if (prepared != null) {
            keepNamed(prepared.statement);
        }
        return running;
    }

    /** Begins what a prepared statement does, with its text if nothing has had that yet. */
    Running start(final Prepared prepared) {
        final Running running = run(prepared.statement);
        running.text(prepared.text.array(), 0, prepared.text.length());
        prepared.text.close();
        return running;
    }

    /** A statement that was not seen. */
    Running unknown() {
        return Running.of(connection.listener, Statement.UNKNOWN);
    }

    Running run(final SqlStatement statement) {
        final String name = statement.name();
        final Statement data = switch (statement.kind()) {
            case DATA, REST -> statement.data();
            case FETCH -> fetched(name);
            case EXECUTE -> executed(name);
            case NONE, PREPARE, DEALLOCATE, DECLARE, CLOSE, USE -> null;
        };
        return Running.of(connection.listener, data);
    }

    private Statement fetched(final @Nullable String cursor) {
        final Statement known = cursor == null ? null : cursors.get(cursor);
        return known == null ? Statement.UNKNOWN : known;
    }

    private @Nullable Statement executed(final @Nullable String name) {
        final Prepared prepared = name == null ? null : statements.get(name);
        return prepared == null ? Statement.UNKNOWN : prepared.statement.data();
    }

    /** Keeps what a statement names for others, or forgets it. */
    void keepNamed(final SqlStatement statement) {
        final String name = statement.name();
        switch (statement.kind()) {
            case DECLARE -> {
                if (name != null && statement.data() != null) {
                    declare(name, statement.data());
                }
            }
            case PREPARE -> {
                if (name != null) {
                    prepare(name, statement, new ContentBuffer(connection.budget, 0));
                }
            }
            case CLOSE -> cursors.forget(name);
            case DEALLOCATE -> statements.forget(name);
            case DATA, NONE, EXECUTE, FETCH, USE, REST -> {}
        }
    }

    private void declare(final String cursor, final Statement data) {
        if (cursors.makeRoom(cursor)) {
            cursors.put(cursor, data);
        } else {
            connection.giveUp(GapCause.SHED);
        }
    }

    void forgetStatement(final String name) {
        statements.forget(name);
    }

    void forgetPortal(final String name) {
        portals.forget(name);
    }

    private void leave(final Portal portal) {
        if (!pending.isExecuted(portal.running())) {
            portal.running().done(0); // suspended, or never executed
        }
    }

    /** A portal whose name another one has by now is not executed any more. */
    void leaveIfReplaced(final Running suspended) {
        if (portals.values().stream().noneMatch(each -> each.running() == suspended)
                && !pending.isExecuted(suspended)) {
            suspended.done(0);
        }
    }

    /** What was lost may have been about any of the portals. */
    void doubtPortals() {
        portals.values().forEach(each -> each.running().doubt());
    }

    /** Portals are executed no further. Answers whether anything of them was under way. */
    boolean cutPortals(final GapCause cause, final long bytes) {
        boolean cut = false;
        for (final Portal portal : portals.values()) { // suspended, or never executed
            if (cause == GapCause.STREAM) {
                cut |= portal.running().cut(cause, cut ? -1 : bytes); // or it was, and that is what was lost
            } else {
                portal.running().done(0);
            }
        }
        portals.clear();
        return cut;
    }

    /** A name that is known may be another's now. */
    void forgetAll() {
        statements.clear();
        cursors.clear();
    }
}
