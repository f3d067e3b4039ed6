package io.fourthlog.redaction.json;

import java.util.Arrays;

/**
 * Writes numbers as RFC 8785 wants them, which is as ECMAScript prints them: the shortest digits that read back as the same
 * double. No String is made of the number. Confined to one thread.
 */
public final class EcmaNumbers {

    /** Room that {@link #write} needs beyond a literal's own length. */
    public static final int MAX_LENGTH = 32;

    private static final long MAX_SAFE = (1L << 53) - 1;

    private final StringBuilder java = new StringBuilder(MAX_LENGTH);
    private final byte[] digits = new byte[MAX_LENGTH];

    /**
     * Writes the canonical form of a literal. One beyond the range of doubles, which RFC 8785 does not allow, stays as it is.
     *
     * @param target has room for {@link #MAX_LENGTH} bytes, or for the literal if that is longer
     * @return bytes written
     */
    public int write(byte[] source, int from, int to, byte[] target, int offset) {
        if (JsonNumbers.isLong(source, from, to)) {
            long value = JsonNumbers.toLong(source, from, to);
            if (value == 0) {
                target[offset] = '0';
                return 1;
            }
            if (value >= -MAX_SAFE && value <= MAX_SAFE) {
                System.arraycopy(source, from, target, offset, to - from);
                return to - from;
            }
        }
        double value = JsonNumbers.toDouble(source, from, to);
        if (Double.isInfinite(value)) {
            System.arraycopy(source, from, target, offset, to - from);
            return to - from;
        }
        if (value == 0) {
            target[offset] = '0';
            return 1;
        }
        int out = offset;
        if (value < 0) {
            target[out++] = '-';
        }
        out = writePositive(Math.abs(value), target, out);
        wipe();
        return out - offset;
    }

    /** ECMA-262, Number::toString: k digits, and n such that the value is 0.digits × 10ⁿ. */
    private int writePositive(double value, byte[] target, int offset) {
        java.append(value); // 1.0E10, 123.456 or 0.001: shortest, but for one digit
        int k = 0;
        int n = 0;
        int exponent = 0;
        boolean fraction = false;
        for (int i = 0; i < java.length(); i++) {
            char c = java.charAt(i);
            if (c == 'E') {
                exponent = exponentAt(i + 1);
                break;
            }
            if (c == '.') {
                fraction = true;
            } else if (k > 0 || c != '0') {
                digits[k++] = (byte) c;
                n += fraction ? 0 : 1;
            } else if (fraction) {
                n--;
            }
        }
        n += exponent;
        while (k > 1 && digits[k - 1] == '0') {
            k--;
        }
        if (k == 2 && isOneDigit(value, n)) {
            k = 1;
        }
        return place(k, n, target, offset);
    }

    /** Java prints at least two digits where ECMAScript may print one, as in 4.9E-324 and 5e-324. Keeps the one digit if so. */
    private boolean isOneDigit(double value, int n) {
        byte rounded = (byte) (digits[0] + (digits[1] >= '5' ? 1 : 0));
        if (rounded > '9') {
            return false;
        }
        byte[] literal = new byte[MAX_LENGTH];
        literal[0] = rounded;
        literal[1] = 'e';
        int end = exponent(n - 1, literal, 2);
        if (JsonNumbers.toDouble(literal, 0, end) != value) {
            return false;
        }
        digits[0] = rounded;
        return true;
    }

    private int place(int k, int n, byte[] target, int offset) {
        int out = offset;
        if (n > 21 || n < -5) {
            target[out++] = digits[0];
            if (k > 1) {
                target[out++] = '.';
                System.arraycopy(digits, 1, target, out, k - 1);
                out += k - 1;
            }
            target[out++] = 'e';
            if (n > 0) {
                target[out++] = '+';
            }
            return exponent(n - 1, target, out);
        }
        if (n <= 0) {
            target[out++] = '0';
            target[out++] = '.';
            for (int i = n; i < 0; i++) {
                target[out++] = '0';
            }
        }
        for (int i = 0; i < Math.max(k, n); i++) {
            if (i == n && n > 0) {
                target[out++] = '.';
            }
            target[out++] = i < k ? digits[i] : (byte) '0';
        }
        return out;
    }

    private int exponentAt(int index) {
        boolean negative = java.charAt(index) == '-';
        int value = 0;
        for (int i = negative ? index + 1 : index; i < java.length(); i++) {
            value = value * 10 + (java.charAt(i) - '0');
        }
        return negative ? -value : value;
    }

    private static int exponent(int value, byte[] target, int offset) {
        int out = offset;
        if (value < 0) {
            target[out++] = '-';
        }
        int rest = Math.abs(value);
        for (int unit = rest >= 100 ? 100 : rest >= 10 ? 10 : 1; unit > 0; unit /= 10) {
            target[out++] = (byte) ('0' + rest / unit % 10);
        }
        return out;
    }

    private void wipe() {
        for (int i = 0; i < java.length(); i++) {
            java.setCharAt(i, '\0');
        }
        java.setLength(0);
        Arrays.fill(digits, (byte) 0);
    }
}
