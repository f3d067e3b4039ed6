package io.fourthlog.redaction.json;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Values of JSON number literals, from the bytes of a {@link JsonReader}, without a String in between. */
final class JsonNumbers {

    /** A double is decided by at most this many significant digits and whether anything follows (767 for the worst one). */
    private static final int SIGNIFICANT_DIGITS = 800;

    private static final int LONG_DIGITS = 18; // decimal digits that always fit a long
    private static final BigInteger TEN_TO_THE_LONG_DIGITS = BigInteger.TEN.pow(LONG_DIGITS);
    private static final int MAX_EXPONENT = 1_000_000; // beyond any double, and beyond overflow of an int
    private static final long MAX_EXACT = 1L << 53; // integers up to here are doubles
    private static final double[] POWERS_OF_TEN = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22
    }; // exact

    private JsonNumbers() {}

    /** Whether the literal is an integer without fraction and exponent that fits a long. */
    static boolean isLong(byte[] bytes, int from, int to) {
        int first = bytes[from] == '-' ? from + 1 : from;
        long negated = 0;
        for (int i = first; i < to; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9 || negated < Long.MIN_VALUE / 10) {
                return false;
            }
            negated *= 10;
            if (negated < Long.MIN_VALUE + digit) {
                return false;
            }
            negated -= digit;
        }
        return first > from || negated != Long.MIN_VALUE;
    }

    /** The value of a literal that {@link #isLong}. */
    static long toLong(byte[] bytes, int from, int to) {
        int first = bytes[from] == '-' ? from + 1 : from;
        long negated = 0;
        for (int i = first; i < to; i++) {
            negated = negated * 10 - (bytes[i] - '0');
        }
        return first > from ? negated : -negated;
    }

    /**
     * The nearest double, ties to even; infinite beyond the range of doubles. Linear in the length of the literal. Digits are
     * gathered in binary, since BigDecimal would keep a copy of their characters.
     */
    static double toDouble(byte[] bytes, int from, int to) {
        boolean negative = bytes[from] == '-';
        BigInteger high = BigInteger.ZERO; // digits before those in low
        long low = 0;
        int lowCount = 0;
        int count = 0; // significant digits in high and low
        int scale = 0; // power of ten that the digits are multiplied by
        boolean fraction = false;
        boolean more = false; // a digit beyond SIGNIFICANT_DIGITS is not 0
        int i = negative ? from + 1 : from;
        for (; i < to && (bytes[i] | 0x20) != 'e'; i++) {
            if (bytes[i] == '.') {
                fraction = true;
                continue;
            }
            int digit = bytes[i] - '0';
            if (count == SIGNIFICANT_DIGITS) {
                more |= digit != 0;
                scale += fraction ? 0 : 1;
                continue;
            }
            scale -= fraction ? 1 : 0;
            if (count == 0 && digit == 0) {
                continue;
            }
            if (lowCount == LONG_DIGITS) {
                high = high.multiply(TEN_TO_THE_LONG_DIGITS).add(BigInteger.valueOf(low));
                low = 0;
                lowCount = 0;
            }
            low = low * 10 + digit;
            lowCount++;
            count++;
        }
        if (i < to) {
            scale = Math.clamp((long) scale + exponent(bytes, i + 1, to), -MAX_EXPONENT, MAX_EXPONENT);
        }
        double magnitude;
        if (count == 0) {
            magnitude = 0;
        } else if (count == lowCount && low <= MAX_EXACT && Math.abs(scale) < POWERS_OF_TEN.length) {
            magnitude = scale < 0 ? low / POWERS_OF_TEN[-scale] : low * POWERS_OF_TEN[scale];
        } else if (count + (long) scale > 310) {
            magnitude = Double.POSITIVE_INFINITY;
        } else if (count + (long) scale < -330) {
            magnitude = 0;
        } else {
            BigInteger digits = high.multiply(BigInteger.TEN.pow(lowCount)).add(BigInteger.valueOf(low));
            if (more) {
                digits = digits.multiply(BigInteger.TEN).add(BigInteger.ONE);
                scale--;
            }
            magnitude = new BigDecimal(digits, -scale).doubleValue();
        }
        return negative ? -magnitude : magnitude;
    }

    private static int exponent(byte[] bytes, int from, int to) {
        int i = bytes[from] == '-' || bytes[from] == '+' ? from + 1 : from;
        int value = 0;
        for (; i < to; i++) {
            value = Math.min(MAX_EXPONENT, value * 10 + (bytes[i] - '0'));
        }
        return bytes[from] == '-' ? -value : value;
    }
}
