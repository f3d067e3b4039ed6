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

    /** One byte, or a letter in both cases; all that is beyond ASCII is alike. */
    static ByteSet of(byte b, boolean anyCase) {
        if (b < 0) {
            return new ByteSet(0, 0, true);
        }
        long bit = 1L << b;
        return b < 64
                ? new ByteSet(bit, 0, false)
                : new ByteSet(0, anyCase && Bytes.is(b, Bytes.LETTER) ? bit | 1L << (b ^ 0x20) : bit, false);
    }

    boolean has(byte b) {
        return b < 0 ? beyond : ((b < 64 ? low : high) >>> b & 1) != 0;
    }

    /** The bytes with bit 5 set, each once, as 0 to 255, in order. */
    int[] folded() {
        long folded = ((low | low << 32) >>> 32) | ((high | high << 32) & (-1L << 32));
        int[] bytes = new int[Long.bitCount(folded) + (beyond ? 64 : 0)];
        int count = 0;
        for (long left = folded; left != 0; left &= left - 1) {
            int bit = Long.numberOfTrailingZeros(left);
            bytes[count++] = bit < 32 ? 0x20 | bit : 0x40 | bit;
        }
        for (int b = 0x80; beyond && b < 0x100; b++) {
            if ((b & 0x20) != 0) {
                bytes[count++] = b;
            }
        }
        return bytes;
    }

    /** The characters of ASCII below 64, a bit each. */
    long low() {
        return low;
    }

    /** Those from 64 on. */
    long high() {
        return high;
    }

    /** Whether what is beyond ASCII is in it. */
    boolean beyond() {
        return beyond;
    }

    int size() {
        return Long.bitCount(low) + Long.bitCount(high) + (beyond ? 0x80 : 0);
    }
}
