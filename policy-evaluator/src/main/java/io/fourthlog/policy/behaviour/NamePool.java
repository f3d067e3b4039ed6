package io.fourthlog.policy.behaviour;

import org.jspecify.annotations.Nullable;

/**
 * Gives one object for the names that many traces have, of the thousands of equal ones that events bring along: a table
 * in which a name takes the place of whatever else falls on it.
 */
final class NamePool {

    private static final int SLOTS = 4_096;

    private final @Nullable String[] names = new @Nullable String[SLOTS];

    String one(String name) {
        final int hash = name.hashCode();
        final int slot = (hash ^ hash >>> 16) & SLOTS - 1;
        final String known = names[slot];
        if (known != null && known.equals(name)) {
            return known;
        }
        names[slot] = name;
        return name;
    }
}
