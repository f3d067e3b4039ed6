package io.fourthlog.redaction.detect;

/** A set of ASCII characters. */
final class ByteSet {

    private final long low;
    private final long high;

    private ByteSet(long low, long high) {
        this.low = low;
        this.high = high;
    }

    /** Characters and ranges, as inside the brackets of a regular expression: {@code a-z0-9_-}; a hyphen comes last. */
    static ByteSet of(String ranges) {
        long low = 0;
        long high = 0;
        for (int i = 0; i < ranges.length(); i++) {
            char first = ranges.charAt(i);
            char last = first;
            if (i + 2 < ranges.length() && ranges.charAt(i + 1) == '-') {
                last = ranges.charAt(i + 2);
                i += 2;
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
        return new ByteSet(low, high);
    }

    boolean has(byte b) {
        return b >= 0 && ((b < 64 ? low : high) >>> b & 1) != 0;
    }

    int size() {
        return Long.bitCount(low) + Long.bitCount(high);
    }
}
