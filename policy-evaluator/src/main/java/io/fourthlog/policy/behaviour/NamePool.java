package io.fourthlog.policy.behaviour;

import org.jspecify.annotations.Nullable;

/**
 * Gives one object for the names that many traces have, of the thousands of equal ones that events bring along: a table
 * in which a name takes the place of whatever else falls on it.
 */
final class NamePool {

    private static final int SLOTS = 4_096;

    private final @Nullable Names[] names = new @Nullable Names[SLOTS]; // of one name each

    String one(String name) {
        return alone(name).getFirst();
    }

    /** A list of this name alone, for many: most traces ask one model of one host. */
    Names alone(String name) {
        final int hash = name.hashCode();
        final int slot = (hash ^ hash >>> 16) & SLOTS - 1;
        final Names known = names[slot];
        if (known != null && known.contains(name)) {
            return known;
        }
        final Names made = Names.shared(name);
        names[slot] = made;
        return made;
    }
}
