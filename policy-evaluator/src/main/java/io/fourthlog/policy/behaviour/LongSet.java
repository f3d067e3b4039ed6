package io.fourthlog.policy.behaviour;

import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Hashes that were seen, at most so many, of which those that were not seen for longest are shed: two generations, of
 * which the older is dropped when the younger is full, and what is hit in the older moves to the younger. Two names are
 * taken for one with a probability of size / 2^64.
 */
final class LongSet {

    private static final int SMALLEST = 16;

    private final int limit; // of a generation
    private Generation young = new Generation();
    private Generation old = new Generation();

    LongSet(int limit) {
        this.limit = limit / 2;
    }

    boolean contains(long hash) {
        return young.contains(hash) || old.contains(hash);
    }

    /** Whether adding the hash would change nothing. */
    boolean isFresh(long hash) {
        return young.contains(hash);
    }

    /** Adds a hash; returns how many others were shed for it. */
    int add(long hash) {
        if (young.contains(hash)) {
            return 0;
        }
        int shed = 0;
        if (young.size == limit) {
            shed = old.size;
            for (final long known : young.slots) {
                shed -= known != 0 && old.contains(known) ? 1 : 0;
            }
            old = young;
            young = new Generation();
        }
        young.add(hash);
        return shed;
    }

    void forEach(LongConsumer each) {
        Arrays.stream(old.slots)
                .filter(hash -> hash != 0 && !young.contains(hash))
                .forEach(each);
        Arrays.stream(young.slots).filter(hash -> hash != 0).forEach(each);
    }

    int size() {
        final int[] size = {0};
        forEach(hash -> size[0]++);
        return size[0];
    }

    /** Open addressing; 0 is a free slot, and the hash 0 is kept as 1. */
    private static final class Generation {
        private long[] slots = new long[SMALLEST];
        private int size;

        boolean contains(long hash) {
            return slots[find(hash == 0 ? 1 : hash)] != 0;
        }

        void add(long hash) {
            final long kept = hash == 0 ? 1 : hash;
            if (4 * size >= 3 * slots.length) {
                final long[] full = slots;
                slots = new long[2 * full.length];
                for (final long each : full) {
                    if (each != 0) {
                        slots[find(each)] = each;
                    }
                }
            }
            final int slot = find(kept);
            size += slots[slot] == 0 ? 1 : 0;
            slots[slot] = kept;
        }

        private int find(long hash) {
            int slot = (int) (hash ^ hash >>> 32) & slots.length - 1;
            while (slots[slot] != 0 && slots[slot] != hash) {
                slot = slot + 1 & slots.length - 1;
            }
            return slot;
        }
    }
}
