package io.fourthlog.fingerprint;

import static io.fourthlog.fingerprint.Winnowing.GRAM;
import static io.fourthlog.fingerprint.Winnowing.WINDOW;

import java.util.Arrays;

/**
 * Finds the runs of a text that are least in some window of neighbouring runs, in the order of a rolling hash with a secret base.
 *
 * <p>The text is taken in blocks, and what is done with a block is done in loops without a branch, each of which the compiler makes
 * vectors of. What spans 2n bytes is made of two that span n: the hash of a run, the least order of each window, and the greatest of
 * those, over all windows that a run is in. That is the run's own order exactly if the run is the least of one of them.
 *
 * <p>Where windows are wider than is done so, the least of wide ones are among the least of narrow ones. A run is the least of one if there
 * is room for it between the next run to the left that is less and the next to the right that is not greater, which a stack of ascending
 * runs tells.
 *
 * <p>Confined to one thread.
 */
final class Selection {

    private static final int BLOCK = 1024; // runs: what is known of them stays in the first cache

    /** Runs; windows at least as wide are looked through by this width first, others by the least. */
    private static final int WIDE = 64;

    private static final int ORDERS = BLOCK + 2 * (WIDE - 1); // of the runs of a block and of those beside it
    private static final int HASHES = ORDERS + GRAM - 1;

    // In the second half of these is, for a moment, the first one moved: the compiler makes no good vectors of a loop
    // that takes neighbours.
    private final long[] hashes = new long[2 * HASHES]; // of runs, and at first of the bytes that they are of
    private final int[] extremes = new int[2 * ORDERS];
    private final int[] orders = new int[ORDERS];
    private final long base;
    private final Ascending ascending = new Ascending();
    private long[] selected = new long[BLOCK];
    private int count;

    Selection(long base) {
        this.base = base;
    }

    /**
     * Selects runs; those that are equal perhaps several times.
     *
     * @param length of the text, in which there is a window at least
     * @param window runs, not fewer than {@link Winnowing#WINDOW}
     * @return where they begin, {@link #count} of them, in no order; the caller's to overwrite until the next call
     */
    long[] select(byte[] text, int length, int window) {
        int runs = length - GRAM + 1;
        int width = window < WIDE ? WINDOW : WIDE;
        int beside = width - 1; // runs on each side of a block that share a window with its own
        count = 0;
        for (int from = 0; from < runs; from += BLOCK) {
            int block = Math.min(BLOCK, runs - from);
            int around = block + 2 * beside;
            order(text, from - beside, around, runs);
            System.arraycopy(orders, 0, extremes, 0, around);
            leastOfWindows(around, width);
            greatestAround(block + beside, width);
            if (window == width) {
                takeAll(from, block, beside);
            } else {
                takeWide(from, block, beside, window);
            }
        }
        while (ascending.size > 0) {
            leave(runs, window);
        }
        int used = Math.min(BLOCK, runs) + 2 * beside + GRAM - 1;
        Arrays.fill(hashes, 0, used, 0); // whoever knows the base knows the text by them
        Arrays.fill(hashes, HASHES, HASHES + used, 0);
        return selected;
    }

    int count() {
        return count;
    }

    /** Orders so many runs. Before the text and behind it all are less than any, so that no window with one of them selects another. */
    private void order(byte[] text, int from, int number, int runs) {
        int first = Math.max(0, -from);
        int end = Math.min(number, runs - from);
        for (int i = first; i < end + GRAM - 1; i++) {
            hashes[i] = text[from + i];
        }
        int left = end + GRAM - 1;
        long power = base;
        for (int span = 1; span < GRAM; span *= 2) {
            left -= span;
            System.arraycopy(hashes, span, hashes, HASHES, left);
            for (int i = first; i < left; i++) {
                hashes[i] = hashes[i] * power + hashes[HASHES + i];
            }
            power *= power;
        }
        for (int i = first; i < end; i++) {
            orders[i] = mix(hashes[i]);
        }
        Arrays.fill(orders, 0, first, Integer.MIN_VALUE);
        Arrays.fill(orders, end, number, Integer.MIN_VALUE);
    }

    private void leastOfWindows(int number, int width) {
        int left = number;
        for (int span = 1; span < width; span *= 2) {
            left -= span;
            System.arraycopy(extremes, span, extremes, ORDERS, left);
            for (int i = 0; i < left; i++) {
                extremes[i] = Math.min(extremes[i], extremes[ORDERS + i]);
            }
        }
    }

    private void greatestAround(int windows, int width) {
        int left = windows;
        for (int span = 1; span < width; span *= 2) {
            left -= span;
            System.arraycopy(extremes, span, extremes, ORDERS, left);
            for (int i = 0; i < left; i++) {
                extremes[i] = Math.max(extremes[i], extremes[ORDERS + i]);
            }
        }
    }

    private void takeAll(int from, int block, int beside) {
        reserve(block);
        int taken = count;
        int place = from;
        for (int i = 0; i < block; i++) {
            selected[taken] = place++;
            taken += extremes[i] == orders[i + beside] ? 1 : 0;
        }
        count = taken;
    }

    private void takeWide(int from, int block, int beside, int window) {
        for (int i = 0; i < block; i++) {
            int order = orders[i + beside];
            if (extremes[i] == order) {
                while (ascending.size > 0 && ascending.lastOrder() >= order) {
                    leave(from + i, window);
                }
                ascending.add(from + i, order);
            }
        }
    }

    /** Selects the last of the ascending runs if there is a window between the one before it and the next that is not greater. */
    private void leave(int next, int window) {
        int place = ascending.removeLast();
        if (next - ascending.lastPlace() - 1 >= window) {
            reserve(1);
            selected[count++] = place;
        }
    }

    /** Makes room for more, and for one that is written and not counted. */
    private void reserve(int more) {
        if (count + more >= selected.length) {
            selected = Arrays.copyOf(selected, 2 * (count + more));
        }
    }

    /**
     * Spreads the hash over all bits (the finaliser of MurmurHash3), since the low ones of a product know only the low ones before. The
     * high ones are the order: of two runs that are alike in them both may be selected, which is seldom and harms nothing.
     */
    private static int mix(long hash) {
        long h = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
        h = (h ^ h >>> 33) * 0xc4ceb9fe1a85ec53L;
        return (int) (h >>> 32);
    }

    /** Runs that none which is not greater has followed yet. */
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
