package io.fourthlog.policy.behaviour;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.RandomAccess;

/**
 * Distinct names in the order of their arrival, the first so many: a list to rules, a set to whoever adds. A handful, as
 * there mostly is, is searched one by one; more get a table of positions, open addressing.
 */
final class Names extends AbstractList<String> implements RandomAccess {

    /** For who has none. */
    static final Names NONE = new Names(0);

    private static final String[] NO_VALUES = {};
    private static final short[] NO_TABLE = {};
    private static final int SCANNED = 8; // names that are faster to go through than to look up
    private static final int PER_SLOT = 4; // slots for each name: short probes, at two bytes a slot

    private final int limit;
    private String[] values = NO_VALUES;
    private short[] table = NO_TABLE; // position + 1; 0 is free
    private int size;

    Names(int limit) {
        this.limit = limit;
    }

    /** A list of one name, for many. */
    static Names shared(String name) {
        final Names alone = new Names(0);
        alone.values = new String[] {name};
        alone.size = 1;
        return alone;
    }

    /** Whether it is many's, who take a list of their own to add to. */
    boolean isShared() {
        return limit == 0;
    }

    /** Adds a name; false if there is no room for it. */
    boolean put(String name, NamePool pool) {
        if (contains(name)) {
            return true;
        }
        if (size == limit) {
            return false;
        }
        if (size == values.length) {
            values = Arrays.copyOf(values, Math.min(limit, Math.max(1, size * 2)));
        }
        values[size++] = pool.one(name);
        if (size > SCANNED) {
            index();
        }
        return true;
    }

    private void index() {
        if (size * PER_SLOT / 2 > table.length) {
            table = new short[Integer.highestOneBit(size) * PER_SLOT * 2];
            for (int i = 0; i < size; i++) {
                insert(i);
            }
        } else {
            insert(size - 1);
        }
    }

    private void insert(int position) {
        int slot = slot(values[position]);
        while (table[slot] != 0) {
            slot = slot + 1 & table.length - 1;
        }
        table[slot] = (short) (position + 1);
    }

    private int slot(String name) {
        final int hash = name.hashCode()
                * 0x9E3779B9; // Fibonacci hashing: the low bits of hashCode are those of the last letters
        return hash >>> 16 & table.length - 1;
    }

    @Override
    public boolean contains(Object name) {
        if (!(name instanceof String text)) {
            return false;
        }
        if (size <= SCANNED) {
            for (int i = 0; i < size; i++) {
                if (values[i].equals(text)) {
                    return true;
                }
            }
            return false;
        }
        for (int slot = slot(text); table[slot] != 0; slot = slot + 1 & table.length - 1) {
            if (values[table[slot] - 1].equals(text)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String get(int index) {
        if (index >= size) {
            throw new IndexOutOfBoundsException(index);
        }
        return values[index];
    }

    @Override
    public int size() {
        return size;
    }
}
