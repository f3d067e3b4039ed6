package io.fourthlog.sensor.database;

import io.fourthlog.sensor.database.SqlStatement.Dialect;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What both ends of a MySQL connection know: who the other one is, what was agreed on, and in which database it is. */
final class MySqlSession {
    static final int CONNECT_WITH_DB = 1 << 3; // capabilities, include/mysql_com.h
    static final int COMPRESS = 1 << 5;
    static final int PROTOCOL_41 = 1 << 9;
    static final int SSL = 1 << 11;
    static final int SECURE_CONNECTION = 1 << 15;
    static final int AUTH_LENGTH = 1 << 21;
    static final int NO_METADATA = 1 << 25; // CLIENT_OPTIONAL_RESULTSET_METADATA
    static final int ZSTD = 1 << 26;
    static final int ATTRIBUTES = 1 << 27; // CLIENT_QUERY_ATTRIBUTES

    private final DatabaseListener listener;
    private Dialect dialect =
            Dialect.MARIADB; // and every comment is read that any server executes, until it is known which
    private int version;
    private int capabilities;
    private boolean capabilitiesKnown;
    private @Nullable String user;
    private @Nullable String database;

    MySqlSession(final DatabaseListener listener) {
        this.listener = listener;
    }

    /** The server says its version, and what it is capable of. */
    void greeted(final String serverVersion, final int offered) {
        dialect = serverVersion.contains("MariaDB") ? Dialect.MARIADB : Dialect.MYSQL;
        version = number(serverVersion.startsWith("5.5.5-") ? serverVersion.substring(6) : serverVersion);
        capabilities = offered;
    }

    /** {@code 8.0.36} is 80036. */
    private static int number(final String version) {
        final int[] parts = new int[3];
        int part = 0;
        for (int i = 0; i < version.length(); i++) {
            final char c = version.charAt(i);
            if (c >= '0' && c <= '9' && parts[part] < 1000) {
                parts[part] = parts[part] * 10 + (c - '0');
            } else if (c != '.' || ++part == parts.length) {
                break;
            }
        }
        return parts[0] * 10_000 + Math.min(parts[1], 99) * 100 + Math.min(parts[2], 99);
    }

    /** @param greeted whether the server has said what it is capable of */
    void agree(final int wanted, final boolean greeted) {
        capabilities = greeted ? wanted & capabilities : wanted;
        capabilitiesKnown = true;
    }

    boolean has(final int capability) {
        return (capabilities & capability) != 0;
    }

    /** Whether it may have been agreed on. */
    boolean mayHave(final int capability) {
        return !capabilitiesKnown || has(capability);
    }

    boolean capabilitiesKnown() {
        return capabilitiesKnown;
    }

    void goTo(final @Nullable String toUser, final @Nullable String toDatabase) {
        user = toUser;
        goTo(toDatabase);
    }

    void goTo(final @Nullable String toDatabase) {
        database = toDatabase;
        listener.login(user, database);
    }

    List<SqlStatement> statements(final byte[] sql, final int offset, final int length) {
        final SqlReader reader = new SqlReader(dialect, version);
        reader.accept(sql, offset, length);
        return reader.end();
    }

    /** Tables of the database that the connection is in are named without it. */
    @Nullable
    Statement local(final @Nullable Statement data) {
        if (data == null || database == null) {
            return data;
        }
        final String prefix = database.replace(".", "%2E") + ".";
        return new Statement(
                data.mode(),
                data.resources().stream()
                        .map(name -> name.startsWith(prefix) ? name.substring(prefix.length()) : name)
                        .distinct()
                        .toList(),
                data.known());
    }
}
