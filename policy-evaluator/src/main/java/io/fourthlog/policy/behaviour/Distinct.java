package io.fourthlog.policy.behaviour;

/**
 * How many different names came up lately, in one kilobyte: linear counting (Whang, Vander-Zanden and Taylor, 1990) over
 * the time at which each of 256 cells was hit last, so that one array answers for windows of any length. The standard
 * error is 4 % at 128 names, 5 % at 256 and 9 % at 768; it does not count beyond 1,420.
 */
final class Distinct {

    private static final int CELLS = 256;

    private final int[] seconds = new int[CELLS]; // of the last hit, since 1970; 0 for never

    void add(long micros, long hash) {
        final int cell = (int) (hash >>> 48) & CELLS - 1;
        seconds[cell] = Math.max(seconds[cell], (int) (micros / 1_000_000));
    }

    /** The names between two times, the first excluded. */
    long count(long fromMicros, long toMicros) {
        final int from = (int) (fromMicros / 1_000_000);
        final int to = (int) (toMicros / 1_000_000);
        int free = 0;
        for (final int second : seconds) {
            free += second > from && second <= to ? 0 : 1;
        }
        return Math.round(CELLS * Math.log((double) CELLS / Math.max(1, free)));
    }
}
