package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What statements of a MySQL connection do, and those of them that are prepared, by number and by name. */
final class MySqlStatements {
    private static final int PREPARED = 1024; // by number and by name each
    private static final int SIZE = 256; // octets, about, that one of any takes
    private static final int NAME = MySqlCursor.NAME; // octets, about, that a column takes
    private static final int LAST_PREPARED = -1; // its number, of MariaDB

    /** A statement that is prepared, and its text until the first execution has that. */
    static final class Prepared {
        private final MemoryBudget budget;
        private final SqlStatement statement;
        private final ContentBuffer text;
        private int parameters; // none until it is answered
        private int room; // bytes that all but its text may take
        private boolean closed;
        private byte[] types = MySqlPackets.NOTHING;
        private byte[] columnTypes = MySqlPackets.NOTHING;
        private List<String> columns = List.of();
        private @Nullable Running next; // begun by what was sent ahead of its execution

        Prepared(final SqlStatement statement, final ContentBuffer text, final MemoryBudget budget) {
            this.statement = statement;
            this.text = text;
            this.budget = budget;
        }

        int parameters() {
            return parameters;
        }

        /** The types of its parameters, as they were sent last. */
        byte[] types() {
            return types;
        }

        void types(final byte[] sent) {
            if (hold(parameters + columnTypes.length * NAME + sent.length)) {
                types = sent;
            }
        }

        /** The names of the columns of its rows, as they came last. */
        List<String> columns() {
            return columns;
        }

        byte[] columnTypes() {
            return columnTypes;
        }

        void columns(final List<String> names, final byte[] typesOfThem) {
            if (hold(parameters + typesOfThem.length * NAME)) {
                columns = List.copyOf(names);
                columnTypes = typesOfThem.clone();
            }
        }

        private boolean hold(final int bytes) {
            final boolean may = !closed && (bytes <= room || budget.take(bytes - room));
            if (may) {
                room = Math.max(room, bytes);
            }
            return may;
        }

        private boolean cutNext(final GapCause cause, final long bytes) {
            final boolean cut = next != null && next.cut(cause, bytes);
            next = null;
            return cut;
        }

        void close() {
            cutNext(GapCause.UNFINISHED, -1);
            text.close();
            budget.giveBack(room);
            room = 0;
            closed = true; // though it may be running
            columns = List.of();
            columnTypes = MySqlPackets.NOTHING;
            types = MySqlPackets.NOTHING;
        }
    }

    private final AbstractDecoder connection;
    private final MySqlSession session;
    private final Named<Integer, Prepared> numbered;
    private final Named<String, Statement> named;
    private @Nullable Prepared last;
    private boolean losses; // what was prepared before may not have been seen

    /** @param losses whether the beginning of the connection was not seen */
    MySqlStatements(final AbstractDecoder connection, final MySqlSession session, final boolean losses) {
        this.connection = connection;
        this.session = session;
        this.losses = losses;
        numbered = new Named<>(connection.budget, PREPARED, SIZE, Prepared::close);
        named = new Named<>(connection.budget, PREPARED, SIZE, _ -> {});
    }

    /** Something was not seen, which may have prepared one. */
    void lose() {
        losses = true;
    }

    @Nullable
    Prepared prepared(final int number) {
        return number == LAST_PREPARED ? last : numbered.get(number);
    }

    /** A statement is to be prepared, which a client of MariaDB may execute before it is answered; {@code null} if it was not seen. */
    void prepares(final @Nullable Prepared of) {
        last = of;
    }

    /** The server has given a statement its number; answers whether there is room to keep it. */
    boolean prepared(final int number, final int parameters, final Prepared of) {
        of.parameters = parameters;
        final boolean room = numbered.makeRoom(number);
        if (room) {
            numbered.put(number, of);
        } else {
            of.close();
        }
        return room;
    }

    void close(final int number) {
        numbered.forget(number);
    }

    /** Of a text: what each of its results is about, and of the whole if their number does not follow from it. */
    List<Running> run(final List<SqlStatement> statements) {
        boolean apart = true;
        boolean known = true;
        final Set<String> resources = new LinkedHashSet<>();
        for (final SqlStatement each : statements) {
            final Statement data = data(each);
            if (data != null) {
                apart &= data.mode() != Statement.Mode.READ_WRITE
                        || !data.resources().isEmpty();
                known &= data.known();
                resources.addAll(data.resources());
            }
        }
        if (statements.size() > 1 && !apart) {
            final Statement whole = new Statement(Statement.Mode.READ_WRITE, List.copyOf(resources), known);
            return List.of(Running.of(connection.listener, whole));
        }
        return statements.stream().map(this::run).toList();
    }

    private Running run(final SqlStatement statement) {
        final Statement data = data(statement);
        return losses && statement.kind() == SqlStatement.Kind.EXECUTE && Statement.UNKNOWN.equals(data)
                ? unknown()
                : Running.of(connection.listener, data);
    }

    /** A statement that was not seen. */
    Running unknown() {
        return Running.unknown(connection.listener);
    }

    /** Begins an execution, unless what was sent ahead of it has. */
    Running execute(final Prepared of) {
        final Running running = ahead(of);
        of.next = null;
        return running;
    }

    /** Begins the next execution with what is sent ahead of it. */
    Running ahead(final Prepared of) {
        Running running = of.next;
        if (running == null) {
            running = fetch(of);
            if (of.text.length() > 0) {
                running.text(of.text.array(), 0, of.text.length());
                of.text.clear(); // told once
            }
            of.next = running;
        }
        return running;
    }

    /** Rows of one that is executed. */
    Running fetch(final Prepared of) {
        return Running.of(connection.listener, data(of.statement));
    }

    private @Nullable Statement data(final SqlStatement statement) {
        return switch (statement.kind()) {
            case DATA -> session.local(statement.data());
            case EXECUTE -> executed(statement.name());
            case REST -> statement.data();
            case NONE, PREPARE, DEALLOCATE, DECLARE, FETCH, CLOSE, USE -> null;
        };
    }

    private Statement executed(final @Nullable String name) {
        final Statement known = name == null ? null : named.get(name);
        return known == null ? Statement.UNKNOWN : known;
    }

    /** Keeps what a statement names for others, or forgets it. */
    void keepNamed(final SqlStatement statement) {
        final String name = statement.name();
        if (name != null && statement.kind() == SqlStatement.Kind.PREPARE) {
            named.forget(name);
            final Statement data = session.local(statement.data());
            if (data != null && named.makeRoom(name)) {
                named.put(name, data);
            }
        } else if (statement.kind() == SqlStatement.Kind.DEALLOCATE) {
            named.forget(name);
        }
    }

    /** What was sent ahead is not executed. Answers whether there was any. */
    boolean cut(final GapCause cause, final long bytes) {
        boolean cut = false;
        for (final Prepared each : numbered.values()) {
            cut |= each.cutNext(cause, cut ? -1 : bytes);
        }
        return cut;
    }

    /** A number or a name that is known may be another's now. */
    void forgetAll() {
        numbered.clear();
        named.clear();
        last = null;
    }
}
