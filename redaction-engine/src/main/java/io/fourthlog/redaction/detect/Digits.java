package io.fourthlog.redaction.detect;

/** Where a number that stands for itself begins and ends: not inside a word, a decimal fraction or a hyphenated id. */
final class Digits {

    private Digits() {}

    static boolean beginAt(byte[] text, int from, int at) {
        if (!Bytes.beginsAt(text, from, at, Bytes.ALNUM)) {
            return false;
        }
        boolean joined = Bytes.has(text, from, at, at - 1, '.')
                || Bytes.has(text, from, at, at - 1, '-')
                || Bytes.has(text, from, at, at - 1, ',');
        return !joined || !Bytes.is(text, from, at, at - 2, Bytes.DIGIT);
    }

    static boolean endAt(byte[] text, int to, int end) {
        if (Bytes.is(text, 0, to, end, Bytes.WORD)) {
            return false;
        }
        boolean joined = Bytes.has(text, 0, to, end, '.') || Bytes.has(text, 0, to, end, '-');
        return !joined || !Bytes.is(text, 0, to, end + 1, Bytes.DIGIT);
    }
}
