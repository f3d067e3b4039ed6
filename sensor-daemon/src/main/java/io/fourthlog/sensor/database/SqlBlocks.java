package io.fourthlog.sensor.database;

/** The blocks of a routine that is defined, {@code BEGIN … END}, within which a semicolon ends no definition. */
final class SqlBlocks {
    private int open;
    private boolean ended; // the last one, unless the next word says of what the end is

    void reset() {
        open = 0;
        ended = false;
    }

    void begin() {
        open++;
    }

    void end() {
        ended = open > 0;
    }

    /** A word that may follow an end; answers whether it belongs to it. */
    boolean belongsToEnd(final String upper) {
        if (!ended) {
            return false;
        }
        ended = false;
        switch (upper) {
            case "IF", "LOOP", "WHILE", "REPEAT" -> {} // of which no beginning was counted
            default -> leave();
        }
        return upper.equals("CASE");
    }

    /** Whether a sign that comes is within a block. */
    boolean isWithin() {
        if (ended) {
            ended = false;
            leave();
        }
        return open > 0;
    }

    boolean isOutside() {
        return open == 0;
    }

    private void leave() {
        open = Math.max(0, open - 1);
    }
}
