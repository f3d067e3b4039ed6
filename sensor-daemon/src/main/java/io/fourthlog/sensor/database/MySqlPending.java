package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What a MySQL server has not answered yet, in the order in which it was asked, which is that of the answers. */
final class MySqlPending {
    private static final int OUTSTANDING = 1024; // commands
    private static final int SIZE = 256; // octets, about, that one takes
    private static final int NAME = MySqlCursor.NAME; // octets, about, that a column takes

    private final AbstractDecoder connection;
    private final ArrayDeque<MySqlCommand> waiting = new ArrayDeque<>();
    private boolean pipelined;

    MySqlPending(final AbstractDecoder connection) {
        this.connection = connection;
    }

    void add(final MySqlCommand command) {
        pipelined |= !waiting.isEmpty();
        if (waiting.size() < OUTSTANDING && connection.budget.take(SIZE)) {
            waiting.addLast(command);
        } else {
            command.runs.forEach(running -> running.cut(GapCause.SHED, -1));
            release(command);
            connection.giveUp(GapCause.SHED);
        }
    }

    /** What the next answer is to. */
    @Nullable
    MySqlCommand first() {
        return waiting.peekFirst();
    }

    /** What the bytes that the server sends are about, if that is told. */
    @Nullable
    Running running() {
        final MySqlCommand first = waiting.peekFirst();
        return first == null ? null : first.running();
    }

    /** The first one is answered. */
    void answered() {
        release(waiting.removeFirst());
        connection.budget.giveBack(SIZE);
    }

    /** Whether the client has ever sent a command before the last was answered. */
    boolean pipelined() {
        return pipelined;
    }

    /** Makes room for the columns of a result; answers whether there is any. */
    boolean hold(final MySqlCommand command, final int columns) {
        releaseColumns(command);
        final boolean may = connection.budget.take(columns * NAME);
        if (may) {
            command.held = columns * NAME;
            command.columnTypes = new byte[columns];
        }
        return may;
    }

    private void releaseColumns(final MySqlCommand command) {
        connection.budget.giveBack(command.held);
        command.held = 0;
        command.columnTypes = MySqlPackets.NOTHING;
    }

    private void release(final MySqlCommand command) {
        releaseColumns(command);
        if (command.type == MySqlCommand.PREPARE && command.prepared != null) {
            command.prepared.close();
            command.prepared = null;
        }
    }

    /** None of it will be answered. Answers whether anything was under way. */
    boolean cut(final GapCause cause, final long bytes) {
        boolean cut = false;
        for (final MySqlCommand each : waiting) {
            for (final Running running : each.runs) {
                cut |= running.cut(cause, cut ? -1 : bytes); // the bytes are told once
            }
            release(each);
        }
        connection.budget.giveBack(waiting.size() * SIZE);
        waiting.clear();
        return cut;
    }
}
