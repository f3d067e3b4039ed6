package io.fourthlog.sensor.database;

import static io.fourthlog.sensor.database.PostgreSqlFormat.text;
import static io.fourthlog.sensor.database.PostgreSqlFormat.zero;

import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The names of the columns of rows, as the message RowDescription says them. */
final class PostgreSqlRowDescription {
    private static final int DESCRIBED = 4; // bytes of memory, at most, for one of the message
    private static final int FIELD = 18; // octets of a column's description behind its name

    private final MemoryBudget budget;
    private List<String> names = List.of();
    private int size;

    PostgreSqlRowDescription(final MemoryBudget budget) {
        this.budget = budget;
    }

    void set(final byte[] message, final int length) {
        close();
        if (length > 2 && budget.take(length * DESCRIBED)) {
            size = length * DESCRIBED;
            final List<String> read = new ArrayList<>();
            int at = 2;
            while (at < length) {
                read.add(text(message, at, length));
                at = zero(message, at, length) + 1 + FIELD;
            }
            names = read;
        }
    }

    @Nullable
    String name(final int column) {
        return column < names.size() ? names.get(column) : null;
    }

    void close() {
        names = List.of();
        budget.giveBack(size);
        size = 0;
    }
}
