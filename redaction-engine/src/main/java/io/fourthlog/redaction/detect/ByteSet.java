package io.fourthlog.redaction.detect;

/** A set of ASCII characters, and maybe of every byte beyond ASCII. */
final class ByteSet {

    /** Stands for every byte beyond ASCII in the notation of {@link #of}. */
    static final char BEYOND = '\u0080';

    static final ByteSet ANY = of("^");

    private final long low;
    private final long high;
    private final boolean beyond;

    private ByteSet(long low, long high, boolean beyond) {
        this.low = low;
        this.high = high;
        this.beyond = beyond;
    }

    /**
     * Characters and ranges, as inside the brackets of a regular expression: {@code a-z0-9_-}; a hyphen comes last. {@code ^} at the
     * beginning makes it all others, with those beyond ASCII unless {@link #BEYOND} is named.
     */
    static ByteSet of(String ranges) {
        boolean others = ranges.startsWith("^");
        long low = 0;
        long high = 0;
        boolean beyond = false;
        for (int i = others ? 1 : 0; i < ranges.length(); i++) {
            char first = ranges.charAt(i);
            char last = first;
            if (i + 2 < ranges.length() && ranges.charAt(i + 1) == '-') {
                last = ranges.charAt(i + 2);
                i += 2;
            }
            if (first == BEYOND && last == BEYOND) {
                beyond = true;
                continue;
            }
            if (last < first || last > 0x7F) {
                throw new IllegalArgumentException("not a range of ASCII characters: " + ranges);
            }
            for (char c = first; c <= last; c++) {
                if (c < 64) {
                    low |= 1L << c;
                } else {
                    high |= 1L << c;
                }
            }
        }
        return others ? new ByteSet(~low, ~high, !beyond) : new ByteSet(low, high, beyond);
    }

    boolean has(byte b) {
        return b < 0 ? beyond : ((b < 64 ? low : high) >>> b & 1) != 0;
    }

    int size() {
        return Long.bitCount(low) + Long.bitCount(high) + (beyond ? 0x80 : 0);
    }
}
