package io.fourthlog.redaction.detect;

/** Check digits over the digits of a range of text, whatever separates them. */
final class CheckDigits {

    private static final int[][] VERHOEFF_MULTIPLY = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
        {3, 4, 0, 1, 2, 8, 9, 5, 6, 7}, {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
        {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3}, {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
        {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}
    };
    private static final int[][] VERHOEFF_PERMUTE = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}, {5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
        {8, 9, 1, 6, 0, 4, 3, 5, 2, 7}, {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
        {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}
    };

    private CheckDigits() {}

    /** The n-th digit of a range, from 0 on. */
    static int digit(byte[] text, int from, int n) {
        int i = from;
        int left = n;
        while (true) {
            if (Bytes.is(text[i], Bytes.DIGIT) && left-- == 0) {
                return text[i] - '0';
            }
            i++;
        }
    }

    /** Luhn (ISO/IEC 7812-1): every second digit from the right is doubled. */
    static boolean luhn(byte[] text, int from, int to) {
        int sum = 0;
        int digits = 0;
        for (int i = to - 1; i >= from; i--) {
            if (Bytes.is(text[i], Bytes.DIGIT)) {
                int value = (text[i] - '0') << (digits++ & 1);
                sum += value > 9 ? value - 9 : value;
            }
        }
        return sum % 10 == 0;
    }

    /** Sum of the first digits, each times the weight at its place. */
    static int weighted(byte[] text, int from, int... weights) {
        int sum = 0;
        int n = 0;
        for (int i = from; n < weights.length; i++) {
            if (Bytes.is(text[i], Bytes.DIGIT)) {
                sum += (text[i] - '0') * weights[n++];
            }
        }
        return sum;
    }

    /** Verhoeff (1969), as of Aadhaar. */
    static boolean verhoeff(byte[] text, int from, int to) {
        int check = 0;
        int digits = 0;
        for (int i = to - 1; i >= from; i--) {
            if (Bytes.is(text[i], Bytes.DIGIT)) {
                check = VERHOEFF_MULTIPLY[check][VERHOEFF_PERMUTE[digits++ % 8][text[i] - '0']];
            }
        }
        return check == 0;
    }

    /** ISO 7064, mod 11,10: the last of the digits is the check digit. */
    static boolean mod11And10(byte[] text, int from, int digits) {
        int product = 10;
        for (int n = 0; n < digits - 1; n++) {
            int sum = (digit(text, from, n) + product) % 10;
            product = 2 * (sum == 0 ? 10 : sum) % 11;
        }
        return (11 - product) % 10 == digit(text, from, digits - 1);
    }

    /** Whether all digits are the same, as in stand-ins that satisfy many checks. */
    static boolean same(byte[] text, int from, int to) {
        int first = -1;
        for (int i = from; i < to; i++) {
            if (Bytes.is(text[i], Bytes.DIGIT)) {
                if (first >= 0 && text[i] != first) {
                    return false;
                }
                first = text[i];
            }
        }
        return true;
    }
}
