package io.fourthlog.redaction.detect;

/** Numbers that stand for themselves: not inside a word, a decimal fraction or a hyphenated id. */
final class Digits {

    private Digits() {}

    static boolean beginAt(byte[] text, int from, int at) {
        if (!Bytes.beginsAt(text, from, at, Bytes.WORD)) {
            return false;
        }
        // A comma joins nothing: it parts the columns of a table, and thousands only in groups of three, which no
        // number here is.
        boolean joined = Bytes.has(text, from, at, at - 1, '.') || Bytes.has(text, from, at, at - 1, '-');
        return !joined || !Bytes.is(text, from, at, at - 2, Bytes.ALNUM);
    }

    static boolean endAt(byte[] text, int to, int end) {
        if (Bytes.is(text, 0, to, end, Bytes.WORD)) {
            return false;
        }
        boolean joined = Bytes.has(text, 0, to, end, '.') || Bytes.has(text, 0, to, end, '-');
        return !joined || !Bytes.is(text, 0, to, end + 1, Bytes.ALNUM);
    }

    /**
     * Index after so many digits that begin at an index, with at most one of some separators between two of them, or -1 if there are fewer
     * or the number goes on.
     */
    static int end(byte[] text, int to, int at, int count, String separators) {
        int i = at;
        int digits = 0;
        while (i < to) {
            if (Bytes.is(text[i], Bytes.DIGIT)) {
                if (digits == count) {
                    return -1;
                }
                digits++;
            } else if (digits == 0
                    || digits == count
                    || !isOneOf(separators, text[i])
                    || !Bytes.is(text, at, to, i + 1, Bytes.DIGIT)) {
                break;
            }
            i++;
        }
        return digits == count && endAt(text, to, i) ? i : -1;
    }

    private static boolean isOneOf(String characters, byte b) {
        for (int i = 0; i < characters.length(); i++) {
            if (characters.charAt(i) == b) {
                return true;
            }
        }
        return false;
    }

    /** The value of so many digits at an index, or -1 if one of them is something else. */
    static int number(byte[] text, int to, int at, int digits) {
        if (at < 0 || at + digits > to) {
            return -1;
        }
        int value = 0;
        for (int i = at; i < at + digits; i++) {
            if (!Bytes.is(text[i], Bytes.DIGIT)) {
                return -1;
            }
            value = value * 10 + (text[i] - '0');
        }
        return value;
    }
}
