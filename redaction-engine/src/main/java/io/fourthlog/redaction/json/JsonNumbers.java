package io.fourthlog.redaction.json;

import java.math.BigDecimal;
import java.util.Arrays;

/** Values of JSON number literals, from the bytes of a {@link JsonReader}, without a String in between. */
final class JsonNumbers {

    /** A double is decided by at most this many significant digits and whether anything follows (767 for the worst one). */
    private static final int SIGNIFICANT_DIGITS = 800;

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

    /** The nearest double, ties to even; infinite beyond the range of doubles. Linear in the length of the literal. */
    static double toDouble(byte[] bytes, int from, int to) {
        boolean negative = bytes[from] == '-';
        char[] digits = new char[Math.min(to - from, SIGNIFICANT_DIGITS) + 1];
        int count = 0;
        long mantissa = 0; // valid while count <= 18
        int scale = 0; // power of ten that the digits are multiplied by
        boolean fraction = false;
        boolean more = false; // a digit beyond SIGNIFICANT_DIGITS is not 0
        int i = negative ? from + 1 : from;
        for (; i < to && (bytes[i] | 0x20) != 'e'; i++) {
            if (bytes[i] == '.') {
                fraction = true;
                continue;
            }
            if (count < SIGNIFICANT_DIGITS) {
                if (count > 0 || bytes[i] != '0') {
                    digits[count++] = (char) bytes[i];
                    mantissa = mantissa * 10 + (bytes[i] - '0');
                }
                scale -= fraction ? 1 : 0;
            } else {
                more |= bytes[i] != '0';
                scale += fraction ? 0 : 1;
            }
        }
        if (i < to) {
            scale = Math.clamp((long) scale + exponent(bytes, i + 1, to), -MAX_EXPONENT, MAX_EXPONENT);
        }
        double magnitude;
        if (count == 0) {
            magnitude = 0;
        } else if (count <= 18 && mantissa <= MAX_EXACT && Math.abs(scale) < POWERS_OF_TEN.length) {
            magnitude = scale < 0 ? mantissa / POWERS_OF_TEN[-scale] : mantissa * POWERS_OF_TEN[scale];
        } else if (count + (long) scale > 310) {
            magnitude = Double.POSITIVE_INFINITY;
        } else if (count + (long) scale < -330) {
            magnitude = 0;
        } else {
            if (more) {
                digits[count++] = '1';
                scale--;
            }
            magnitude =
                    new BigDecimal(digits, 0, count).scaleByPowerOfTen(scale).doubleValue();
        }
        Arrays.fill(digits, '\0');
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
