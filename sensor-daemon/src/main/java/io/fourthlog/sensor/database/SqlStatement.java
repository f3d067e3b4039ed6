package io.fourthlog.sensor.database;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One statement of an SQL text, as far as its words tell it.
 *
 * @param kind what is to be done with it
 * @param name of the prepared statement or cursor that it makes, uses or drops, or of the database that it goes to; of
 *     {@code CLOSE ALL} and {@code DEALLOCATE ALL}, {@code null}
 * @param data what it does, or {@code null} if it touches no data
 */
record SqlStatement(
        Kind kind, @Nullable String name, @Nullable Statement data) {
    enum Kind {
        /** Reads or writes. */
        DATA,
        /** {@code BEGIN}, {@code SET}, {@code SHOW} and the like. */
        NONE,
        /** {@code PREPARE name}: {@link #data} is what {@code EXECUTE} will do; {@code null} if the text does not show it. */
        PREPARE,
        EXECUTE,
        DEALLOCATE,
        /** {@code DECLARE name CURSOR}: {@link #data} is what {@code FETCH} will do. */
        DECLARE,
        FETCH,
        CLOSE,
        /** MySQL's {@code USE name}. */
        USE,
        /** All behind the statements of a text that are read. */
        REST
    }

    static final SqlStatement REST = new SqlStatement(Kind.REST, null, Statement.UNKNOWN);

    /** How a server reads its SQL. */
    enum Dialect {
        POSTGRESQL,
        MYSQL,
        MARIADB;

        boolean isMySql() {
            return this != POSTGRESQL;
        }
    }

    /** The statements of a text in their order, without the empty ones; {@link #REST} is behind {@link SqlReader#STATEMENTS}. */
    static List<SqlStatement> statements(final byte[] sql, final int offset, final int length, final Dialect dialect) {
        final SqlReader reader = new SqlReader(dialect, 0);
        reader.accept(sql, offset, length);
        return reader.end();
    }
}
