package io.fourthlog.sensor.database;

import static io.fourthlog.sensor.database.PostgreSqlFormat.text;
import static io.fourthlog.sensor.database.PostgreSqlFormat.zero;

import io.fourthlog.sensor.database.PostgreSqlPending.Kind;
import io.fourthlog.sensor.database.PostgreSqlPending.Request;
import org.jspecify.annotations.Nullable;

/** What a PostgreSQL server answers: rows and what describes them, how many it were, and errors. */
final class PostgreSqlServer extends PostgreSqlMessages {
    private static final String TYPES = "RKSZTDCIENnstGHdcAVv123"; // without W, which replication begins with
    private static final String UNKNOWN_CODE = "unknown";

    private final PostgreSqlStatements statements;
    private final PostgreSqlRowDescription columns; // that were told last, but for those of a prepared statement
    private @Nullable Running columnsOf;

    PostgreSqlServer(
            final AbstractDecoder connection, final PostgreSqlPending pending, final PostgreSqlStatements statements) {
        super(connection, pending);
        this.statements = statements;
        this.columns = new PostgreSqlRowDescription(connection.budget);
    }

    /** Whether bytes end with what says that a request is waited for. */
    static boolean endsReady(final byte[] bytes, final int end, final int length) {
        return length > 5
                && bytes[end - 6] == 'Z'
                && PostgreSqlFormat.int32(bytes, end - 5) == 5
                && "ITE".indexOf(bytes[end - 1]) >= 0;
    }

    @Override
    boolean isMessage(final char of, final int length) {
        return TYPES.indexOf(of) >= 0;
    }

    @Override
    Way begins() {
        return switch (type) {
            case 'T', 'C', 'E' -> Way.WHOLE;
            case 'D' -> Way.VALUES;
            case 'V' -> {
                values.one();
                yield Way.VALUES;
            }
            case 'd' -> Way.COPY;
            default -> Way.PASSED_OVER;
        };
    }

    @Override
    @Nullable
    Running running() {
        return pending.isNext(Kind.EXECUTE) || pending.isNext(Kind.REST) ? pending.running() : null;
    }

    @Override
    @Nullable
    String name(final int column) {
        final Request first = pending.first();
        if (first == null) {
            return null;
        }
        if (first.running() == columnsOf) {
            return columns.name(column);
        }
        return first.prepared() == null ? null : first.prepared().columns().name(column);
    }

    @Override
    void head(final byte[] bytes, final int length) {
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
    void unread() {
        switch (type) {
            case 'T' -> described(NOTHING, 0);
            case 'C' -> completed(-1);
            case 'E' -> failed(UNKNOWN_CODE);
            default -> throw new IllegalStateException("a message of type " + (int) type + " is not read whole");
        }
    }

    @Override
    void ends() {
        super.ends();
        switch (type) {
            case 'D' -> {
                final Running running = running();
                if (running != null) {
                    running.rows(1);
                }
            }
            case '1' -> parsed();
            case 'I' -> completed(-1);
            case 's' -> suspended();
            case 'n' -> described(NOTHING, 0);
            case 'Z' -> ready();
            default -> {}
        }
    }

    private void parsed() {
        if (pending.isNext(Kind.PARSE)) {
            pending.answered();
        }
    }

    private void described(final byte[] bytes, final int length) {
        final Request first = pending.first();
        if (first == null || first.kind() == Kind.SYNC) {
            return;
        }
        if (first.kind() == Kind.DESCRIBE && first.prepared() != null) {
            first.prepared().columns().set(bytes, length);
        } else {
            columns.set(bytes, length);
            columnsOf = first.running();
        }
        if (first.kind() == Kind.DESCRIBE) {
            pending.answered();
        }
    }

    private void suspended() {
        final Running running = running();
        if (running != null) {
            pending.answered();
            statements.leaveIfReplaced(running);
        }
    }

    private void completed(final long rows) {
        final Running running = running();
        if (running != null && pending.isNext(Kind.EXECUTE)) {
            running.done(rows);
            pending.answered();
        }
    }

    /** What was asked together with what failed is not done. */
    private void failed(final String code) {
        final Request first = pending.first();
        boolean executed = false;
        while (pending.isBeforeSync()) {
            final Running running = pending.running();
            if (running != null) {
                running.failed(code);
                executed = true;
            }
            pending.answered();
        }
        if (!executed && first != null && first.kind() == Kind.PARSE && first.prepared() != null) {
            statements.start(first.prepared()).failed(code);
        }
    }

    private void ready() {
        while (pending.isBeforeSync()) {
            final Running running = running();
            if (running != null) {
                running.done(-1); // of a statement that the server counts otherwise, or of several
            }
            pending.answered();
        }
        if (pending.first() != null) {
            pending.answered();
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

    @Override
    void close() {
        super.close();
        columns.close();
    }
}
