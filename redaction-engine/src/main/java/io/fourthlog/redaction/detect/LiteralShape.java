package io.fourthlog.redaction.detect;

import java.util.Collection;
import java.util.function.IntFunction;

/**
 * What each of four bytes of a literal can be, of one or of several: a set of ASCII, in which control characters also stand for what is
 * beyond it. Immutable.
 */
final class LiteralShape {

    static final int PLACES = 4;

    /** What is left of a byte beyond ASCII, so that it looks like a control character, of which a text has few, and not like a letter. */
    static final byte BEYOND_ASCII = 0x1F;

    private static final int VALUES = 1 << 7;
    private static final long CONTROLS = 0xFFFF_FFFFL; // what may be left of those

    /** Letters from frequent to rare. */
    private static final String LETTERS = "etaoinsrhldcumfpgwybvkxjqz";

    /** How many of a thousand bytes of English text, JSON and code are each of those, roughly. */
    private static final int[] PER_MILLE = {
        90, 66, 62, 58, 58, 56, 52, 50, 34, 36, 30, 28, 26, 22, 16, 18, 16, 12, 14, 12, 8, 7, 3, 2, 1, 1
    };

    private static final double[] FREQUENCY = frequency();

    private final long[] low; // by place: values below 64
    private final long[] high;

    private LiteralShape(long[] low, long[] high) {
        this.low = low;
        this.high = high;
    }

    /** What can be at each of the four places. */
    static LiteralShape of(IntFunction<ByteSet> places) {
        long[] low = new long[PLACES];
        long[] high = new long[PLACES];
        for (int place = 0; place < PLACES; place++) {
            ByteSet bytes = places.apply(place);
            low[place] = bytes.low() | (bytes.beyond() ? CONTROLS : 0);
            high[place] = bytes.high();
        }
        return new LiteralShape(low, high);
    }

    static LiteralShape union(Collection<LiteralShape> shapes) {
        LiteralShape union = new LiteralShape(new long[PLACES], new long[PLACES]);
        for (LiteralShape shape : shapes) {
            union = union.with(shape);
        }
        return union;
    }

    LiteralShape with(LiteralShape other) {
        long[] bothLow = low.clone();
        long[] bothHigh = high.clone();
        for (int i = 0; i < PLACES; i++) {
            bothLow[i] |= other.low[i];
            bothHigh[i] |= other.high[i];
        }
        return new LiteralShape(bothLow, bothHigh);
    }

    /** How often four bytes of a text fit, if each of them were there independently. */
    double chance() {
        double chance = 1;
        for (int i = 0; i < PLACES; i++) {
            chance *= sum(low[i], 0) + sum(high[i], Long.SIZE);
        }
        return chance;
    }

    boolean has(int place, int value) {
        return ((value < Long.SIZE ? low : high)[place] >>> value & 1) != 0;
    }

    private static double sum(long set, int first) {
        double sum = 0;
        for (long left = set; left != 0; left &= left - 1) {
            sum += FREQUENCY[first + Long.numberOfTrailingZeros(left)];
        }
        return sum;
    }

    private static double[] frequency() {
        double[] frequency = new double[VALUES];
        for (int b = 0; b < VALUES; b++) {
            int letter = LETTERS.indexOf(Character.toLowerCase(b));
            boolean digit = b >= '0' && b <= '9';
            boolean control = b < ' ' && b != '\n';
            double lower = letter < 0 ? 3 : PER_MILLE[letter];
            double perMille = letter >= 0 && b < 'a' ? 1 + lower / 12 : lower;
            frequency[b] = (digit || b == '\n' ? 8 : control ? 0.1 : perMille) / 1000;
        }
        frequency[' '] = 0.15;
        frequency['"'] = 0.03;
        frequency[','] = 0.015;
        frequency['.'] = 0.012;
        frequency[':'] = 0.012;
        return frequency;
    }
}
