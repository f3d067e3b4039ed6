package io.fourthlog.policy.behaviour;

import java.util.Arrays;

/** The last 32 steps of a chain: what kind, of which name, when, and with which event. */
@SuppressWarnings("EnumOrdinal") // arrays by enum, in this process only
final class Steps {

    private static final int KEPT = 32; // a power of two
    private static final int FIRST = 1; // most traces are short, and there are thousands

    private byte[] kinds = new byte[FIRST];
    private String[] names = new String[FIRST];
    private long[] micros = new long[FIRST];
    private int[] events = new int[FIRST]; // number of the event in the chain
    private int added;

    void add(Step kind, String name, long at, int event) {
        if (added == kinds.length && added < KEPT) {
            kinds = Arrays.copyOf(kinds, 2 * added);
            names = Arrays.copyOf(names, 2 * added);
            micros = Arrays.copyOf(micros, 2 * added);
            events = Arrays.copyOf(events, 2 * added);
        }
        final int slot = added % kinds.length;
        kinds[slot] = (byte) kind.ordinal();
        names[slot] = name;
        micros[slot] = at;
        events[slot] = event;
        added++;
    }

    int size() {
        return Math.min(added, kinds.length);
    }

    /** The kind of a step, the latest being 0. */
    Step kind(int back) {
        return Step.at(kinds[slot(back)]);
    }

    String name(int back) {
        return names[slot(back)];
    }

    long micros(int back) {
        return micros[slot(back)];
    }

    int event(int back) {
        return events[slot(back)];
    }

    private int slot(int back) {
        return Math.floorMod(added - 1 - back, kinds.length);
    }
}
