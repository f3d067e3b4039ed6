package io.fourthlog.policy.behaviour;

import java.util.Arrays;

/** The last 32 steps of a chain: what kind, of which name, when, and with which event. */
@SuppressWarnings("EnumOrdinal") // arrays by enum, in this process only
final class Steps {

    private static final int KEPT = 32; // a power of two
    private static final int FIRST = 1; // most traces are short, and there are thousands
    private static final int KIND = 4; // bits

    private String[] names = new String[FIRST];
    private long[] steps = new long[2 * FIRST]; // microseconds with the kind in the last bits, then its event's number
    private int added;

    void add(Step kind, String name, long at, int event) {
        if (added == names.length && added < KEPT) {
            names = Arrays.copyOf(names, 2 * added);
            steps = Arrays.copyOf(steps, 4 * added);
        }
        final int slot = added % names.length;
        names[slot] = name;
        steps[2 * slot] = at << KIND | kind.ordinal();
        steps[2 * slot + 1] = event;
        added++;
    }

    int size() {
        return Math.min(added, names.length);
    }

    /** The kind of a step, the latest being 0. */
    Step kind(int back) {
        return Step.at((int) steps[2 * slot(back)] & (1 << KIND) - 1);
    }

    String name(int back) {
        return names[slot(back)];
    }

    long micros(int back) {
        return steps[2 * slot(back)] >> KIND;
    }

    int event(int back) {
        return (int) steps[2 * slot(back) + 1];
    }

    private int slot(int back) {
        return Math.floorMod(added - 1 - back, names.length);
    }
}
