package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a MongoDB server has not answered yet, by the number that its answer has. */
final class MongoPending {
    private static final int OUTSTANDING = 1024; // commands
    private static final int SIZE = 256; // octets, about, that one takes

    /** A command that is not answered yet; nothing runs if it touches no data. */
    record Command(@Nullable Running running, String name) {
        private boolean cut(final GapCause cause) {
            return running != null && running.cut(cause, -1);
        }
    }

    private final AbstractDecoder connection;
    private final Map<Integer, Command> waiting = new LinkedHashMap<>();

    MongoPending(final AbstractDecoder connection) {
        this.connection = connection;
    }

    void add(final int number, final Command command) {
        answered(number); // which a client gives again after all the others
        if (waiting.size() < OUTSTANDING && connection.budget.take(SIZE)) {
            waiting.put(number, command);
        } else {
            command.cut(GapCause.SHED);
            connection.giveUp(GapCause.SHED);
        }
    }

    @Nullable
    Command get(final int number) {
        return waiting.get(number);
    }

    boolean contains(final int number) {
        return waiting.containsKey(number);
    }

    /** Nothing more comes of it: it is cut if it is not done. */
    void answered(final int number) {
        final Command command = waiting.remove(number);
        if (command != null) {
            connection.budget.giveBack(SIZE);
            command.cut(GapCause.STREAM);
        }
    }

    /** What answers it goes on with a message, to which the next one is an answer. */
    void goesOn(final int number, final int with, final Command command) {
        waiting.remove(number);
        connection.budget.giveBack(SIZE);
        add(with, command);
    }

    /** A server answers one after the other: what was asked before what it answers was answered by what was lost. */
    void passed(final int number) {
        if (!waiting.containsKey(number)) {
            return;
        }
        final Iterator<Map.Entry<Integer, Command>> all = waiting.entrySet().iterator();
        while (all.hasNext()) {
            final Map.Entry<Integer, Command> each = all.next();
            if (each.getKey() == number) {
                return;
            }
            each.getValue().cut(GapCause.STREAM);
            all.remove();
            connection.budget.giveBack(SIZE);
        }
    }

    /** None of it will be answered. Answers whether anything was under way. */
    boolean cut(final GapCause cause) {
        boolean cut = false;
        for (final Command each : waiting.values()) {
            cut |= each.cut(cause);
        }
        connection.budget.giveBack(waiting.size() * SIZE);
        waiting.clear();
        return cut;
    }
}
