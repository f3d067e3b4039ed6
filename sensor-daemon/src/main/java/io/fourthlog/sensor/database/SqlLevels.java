package io.fourthlog.sensor.database;

import java.util.Arrays;

/** What is known of each level of parentheses in a statement. */
final class SqlLevels {
    static final int QUERY = 1; // FROM names tables here
    static final int LIST = 1 << 1; // a comma goes on with tables
    static final int TARGETS = 1 << 2; // those of the list are written, and no functions
    static final int JOINED = 1 << 3; // USING names columns
    static final int START = 1 << 4; // nothing came yet
    static final int BODY = 1 << 5; // of a CTE or of COPY: may be any statement
    static final int WITH = 7 << 6; // how far a list of CTEs is
    static final int WITH_NAME = 1 << 6;
    static final int WITH_AS = 2 << 6;
    static final int WITH_BODY = 3 << 6;
    static final int WITH_NEXT = 4 << 6;
    static final int RECURSIVE = 1 << 9;
    static final int ENDED = 1 << 10; // the list, by the word before, unless that is an alias
    static final int INSERT = 1 << 11;
    static final int UPDATE = 1 << 12;
    static final int DELETE = 1 << 13;
    static final int MERGE = 1 << 14;
    static final int WRITING = INSERT | UPDATE | DELETE | MERGE;
    static final int DELETING = 1 << 15; // FROM names the table that rows are deleted of
    private static final int DEPTH = 1 << 15; // levels; servers refuse deeper ones

    private int[] levels = new int[16];
    private int depth;
    private int overflow; // levels that are not kept apart

    SqlLevels() {
        reset();
    }

    /** A statement begins. */
    void reset() {
        depth = 0;
        overflow = 0;
        levels[0] = START;
    }

    int depth() {
        return depth;
    }

    boolean isOutermost() {
        return depth == 0;
    }

    /** All of the innermost level. */
    int get() {
        return levels[depth];
    }

    /** Whether the innermost level has any of them. */
    boolean has(final int any) {
        return (levels[depth] & any) != 0;
    }

    void add(final int flags) {
        levels[depth] |= flags;
    }

    void remove(final int flags) {
        levels[depth] &= ~flags;
    }

    /** The same of the statement, whatever level is the innermost. */
    void addToStatement(final int flags) {
        levels[0] |= flags;
    }

    /** How far the list of CTEs of the innermost level is; 0 where there is none. */
    int with() {
        return levels[depth] & WITH;
    }

    void with(final int phase) {
        levels[depth] = (levels[depth] & ~WITH) | phase;
    }

    void open(final int inside) {
        if (depth + 1 == DEPTH) {
            overflow++;
            return;
        }
        depth++;
        if (depth == levels.length) {
            levels = Arrays.copyOf(levels, depth * 2);
        }
        levels[depth] = inside;
    }

    /** Answers whether the level before is the innermost again. */
    boolean close() {
        if (overflow > 0) {
            overflow--;
            return false;
        }
        if (depth == 0) {
            return false;
        }
        depth--;
        return true;
    }
}
