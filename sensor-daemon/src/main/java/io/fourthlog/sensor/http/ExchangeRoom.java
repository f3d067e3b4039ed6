package io.fourthlog.sensor.http;

import io.fourthlog.sensor.streams.MemoryBudget;

/** The memory of a connection's requests under way, without their content; once taken it is kept for the next ones. */
final class ExchangeRoom {
    private static final int EXCHANGE = 4 << 10; // bytes, about, of each

    private final MemoryBudget budget;
    private int exchanges; // that there is room for

    ExchangeRoom(final MemoryBudget budget) {
        this.budget = budget;
    }

    /** Whether there is room for one more than so many. */
    boolean isBeside(final int open) {
        if (open < exchanges) {
            return true;
        }
        final boolean taken = budget.take(EXCHANGE);
        exchanges += taken ? 1 : 0;
        return taken;
    }

    void giveBack() {
        budget.giveBack(exchanges * EXCHANGE);
        exchanges = 0;
    }
}
