package io.fourthlog.fingerprint;

import static io.fourthlog.fingerprint.SipHash.WORD;
import static io.fourthlog.fingerprint.Winnowing.GRAM;
import static io.fourthlog.fingerprint.Winnowing.WINDOW;

import java.util.Arrays;

/**
 * Finds the runs of a text that are least in some window of neighbouring runs, in the order of a keyed hash of their first bytes; of runs
 * that are equal in it the first is less.
 *
 * <p>The text is taken in blocks, and what is done with a block is done in loops without a branch. Where windows are wider than is
 * done so, the least of wide ones are among the least of narrow ones. A run is the least of one if there is room for it between the
 * next run to the left that is not greater and the next to the right that is less, which a stack of ascending runs tells.
 *
 * <p>Confined to one thread.
 */
final class Selection {

    private static final int BLOCK = 1024; // windows: what is known of their runs stays in the first cache

    /** Runs; windows at least as wide are looked through by this width first, others by the least. */
    private static final int WIDE = 64;

    private static final int PLACE = 2 * BLOCK - 1; // bits of an order that say which run of the block it is of

    private final int[] orders = new int[BLOCK + WIDE - 1];
    private final long base;
    private final Ascending ascending = new Ascending();
    private long[] selected = new long[BLOCK];
    private int count;

    Selection(long base) {
        this.base = base;
    }

    /**
     * Selects runs, each once.
     *
     * @param length of the text, in which there is a window at least
     * @param window runs: {@link Winnowing#WINDOW} times a power of two
     * @return where they begin, {@link #count} of them, in no order; the caller's to overwrite until the next call
     */
    long[] select(byte[] text, int length, int window) {
        int runs = length - GRAM + 1;
        int width = window < WIDE ? WINDOW : WIDE;
        int last = -1; // the least of the window before: of no run yet
        count = 0;
        for (int from = 0; from <= runs - width; from += BLOCK) {
            int windows = Math.min(BLOCK, runs - width + 1 - from);
            order(text, from, windows + width - 1);
            leastOfWindows(windows + width - 1, width);
            int leasts = distinct(windows, last);
            last = orders[leasts] - BLOCK;
            if (window == width) {
                take(from, leasts);
            } else {
                takeWide(from, leasts, window);
            }
        }
        while (ascending.size > 0) {
            leave(runs, window);
        }
        Arrays.fill(
                orders, 0, Math.min(runs, orders.length), 0); // whoever knows the base knows much of the text by them
        return selected;
    }

    int count() {
        return count;
    }

    /**
     * Orders so many runs by the high bits of a product (multiply-shift hashing: Dietzfelbinger, Hagerup, Katajainen and Penttonen, 1997),
     * and those that are alike in them by their places.
     */
    private void order(byte[] text, int from, int number) {
        for (int i = 0; i < number; i++) {
            int order = (int) (((long) WORD.get(text, from + i) * base) >>> Integer.SIZE);
            orders[i] = (order & ~PLACE) | i;
        }
    }

    /** Makes of each run's order the least of the window that begins with it. Neighbours have to be constants for vectors. */
    private void leastOfWindows(int number, int width) {
        int[] least = orders;
        for (int i = 0; i < number - 1; i++) {
            least[i] = Math.min(least[i], least[i + 1]);
        }
        for (int i = 0; i < number - 3; i++) {
            least[i] = Math.min(least[i], least[i + 2]);
        }
        for (int i = 0; i < number - 7; i++) {
            least[i] = Math.min(least[i], least[i + 4]);
        }
        for (int i = 0; i < number - 15; i++) {
            least[i] = Math.min(least[i], least[i + 8]);
        }
        if (width == WIDE) {
            for (int i = 0; i < number - 31; i++) {
                least[i] = Math.min(least[i], least[i + 16]);
            }
            for (int i = 0; i < number - 63; i++) {
                least[i] = Math.min(least[i], least[i + 32]);
            }
        }
    }

    /** Moves those that are not of the window before to the beginning; the last of all is behind them. */
    private int distinct(int windows, int last) {
        int before = last;
        int distinct = 0;
        for (int i = 0; i < windows; i++) {
            int least = orders[i];
            orders[distinct] = least;
            distinct += least == before ? 0 : 1;
            before = least;
        }
        orders[distinct] = before;
        return distinct;
    }

    private void take(int from, int leasts) {
        reserve(leasts);
        for (int i = 0; i < leasts; i++) {
            selected[count + i] = (long) from + (orders[i] & PLACE);
        }
        count += leasts;
    }

    private void takeWide(int from, int leasts, int window) {
        for (int i = 0; i < leasts; i++) {
            int order = orders[i] & ~PLACE;
            int place = from + (orders[i] & PLACE);
            while (ascending.size > 0 && ascending.lastOrder() > order) {
                leave(place, window);
            }
            ascending.add(place, order);
        }
    }

    /** Selects the last of the ascending runs if there is a window between the one before it and the next that is less. */
    private void leave(int next, int window) {
        int place = ascending.removeLast();
        if (next - ascending.lastPlace() - 1 >= window) {
            reserve(1);
            selected[count++] = place;
        }
    }

    private void reserve(int more) {
        if (count + more > selected.length) {
            selected = Arrays.copyOf(selected, 2 * (count + more));
        }
    }

    /** Runs that none which is less has followed yet. */
    private static final class Ascending {

        private int[] places = new int[64];
        private int[] orders = new int[64];
        private int size;

        void add(int place, int order) {
            if (size == places.length) {
                places = Arrays.copyOf(places, 2 * size);
                orders = Arrays.copyOf(orders, 2 * size);
            }
            places[size] = place;
            orders[size++] = order;
        }

        int removeLast() {
            return places[--size];
        }

        int lastOrder() {
            return orders[size - 1];
        }

        /** Where the last run is, or before the text if there is none. */
        int lastPlace() {
            return size == 0 ? -1 : places[size - 1];
        }
    }
}
