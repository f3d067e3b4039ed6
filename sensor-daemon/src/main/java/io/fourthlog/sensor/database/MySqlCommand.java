package io.fourthlog.sensor.database;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A command of a MySQL client that is not answered yet, and how far its answer is. */
final class MySqlCommand {
    static final int QUIT = 0x01; // enum_server_command
    static final int INIT_DB = 0x02;
    static final int QUERY = 0x03;
    static final int FIELD_LIST = 0x04;
    static final int PROCESS_INFO = 0x0a;
    static final int CHANGE_USER = 0x11;
    static final int BINLOG_DUMP = 0x12;
    static final int TABLE_DUMP = 0x13;
    static final int REGISTER_SLAVE = 0x15;
    static final int PREPARE = 0x16;
    static final int EXECUTE = 0x17;
    static final int LONG_DATA = 0x18;
    static final int CLOSE = 0x19;
    static final int FETCH = 0x1c;
    static final int BINLOG_DUMP_GTID = 0x1e;
    static final int RESET_CONNECTION = 0x1f;
    static final int LAST = 0x20;
    static final int BULK_EXECUTE = 0xfa; // of MariaDB

    /** What is expected of the server's answer. */
    enum Expects {
        RESULT,
        COLUMNS,
        ROWS,
        DEFINITIONS, // of a statement that is prepared, or FIELD_LIST
        FILE, // of the client
        ONE_PACKET,
        AUTHENTICATION
    }

    final int type;
    Expects expects;
    List<Running> runs = List.of(); // one for each result
    List<SqlStatement> statements = List.of();
    int result;
    MySqlStatements.@Nullable Prepared prepared;
    int number; // that the server gave to what is prepared
    int columnsLeft;
    boolean afterColumns; // nothing came yet
    List<String> columns = List.of();
    byte[] columnTypes = MySqlPackets.NOTHING;
    int held; // octets, for its columns; none for those that are a statement's

    @Nullable
    String user;

    @Nullable
    String database;

    MySqlCommand(final int type, final Expects expects) {
        this.type = type;
        this.expects = expects;
    }

    /** What the result that comes is about. */
    @Nullable
    Running running() {
        return runs.isEmpty() ? null : runs.get(Math.min(result, runs.size() - 1));
    }

    /** Whether its rows are of the binary protocol. */
    boolean isBinary() {
        return type == EXECUTE || type == FETCH || type == BULK_EXECUTE;
    }

    /** Of a column of its rows. */
    @Nullable
    String name(final int column) {
        return column < columns.size() ? columns.get(column) : null;
    }

    /** Whether a client's call is a command, whole, which what is in the middle of one hardly ever looks like. */
    static boolean isWhole(final byte[] bytes, final int offset, final int length) {
        if (length < 5 || bytes[offset + 3] != 0 || MySqlPackets.size(bytes, offset) != length - 4) {
            return false;
        }
        final int text = offset + 5;
        return switch (bytes[offset + 4] & 0xff) {
            case QUERY, PREPARE ->
                length > 5 && (isText(bytes[text]) || (length > 7 && bytes[text] == 0 && isText(bytes[text + 2])));
            case EXECUTE ->
                length >= 14
                        && bytes[text + 5] == 1
                        && bytes[text + 6] == 0
                        && bytes[text + 7] == 0
                        && bytes[text + 8] == 0;
            default -> false;
        };
    }

    private static boolean isText(final byte b) {
        return ((b | 0x20) >= 'a' && (b | 0x20) <= 'z') || b == '(' || b == '/' || b == '-' || b == ' ' || b == '\n';
    }

    /** Whether a call is a chain of packets that begins with a command. */
    static boolean begins(final byte[] bytes, final int offset, final int length) {
        if (length < 5 || bytes[offset + 3] != 0) {
            return false;
        }
        final int type = bytes[offset + 4] & 0xff;
        final int size = MySqlPackets.size(bytes, offset);
        return type > 0
                && (type < LAST || type == BULK_EXECUTE)
                && (size == length - 4 || (size > length - 4 && size == MySqlPackets.LONGEST));
    }
}
