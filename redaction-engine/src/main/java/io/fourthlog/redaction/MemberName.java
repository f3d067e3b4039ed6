package io.fourthlog.redaction;

import java.util.Arrays;

/**
 * Tells names of members that a schema gave from names that are data or say something: {@code user_id}, {@code $ref}, {@code x-trace-id},
 * {@code application/ld+json} and {@code filter[name]} from sentences, accounts, dates, keys and passwords. It goes by ASCII characters
 * alone: a name in another script can be a sentence without a space.
 */
final class MemberName {

    private static final int LONGEST = 64; // bytes
    private static final int MOST_DIGITS = 5; // in a row, or in a name without letters; six can be a date or an account
    private static final int RANDOM = 8; // letters and digits in a row that can be a key
    private static final int MOST_CHANGES = 3; // between letters and digits in such a row, as in base64Sha256
    private static final int MOST_HEX_DIGITS = 1; // 0 to 9 in such a row of hexadecimal digits
    private static final int LONG_RANDOM = 16; // letters in a row that can be a key without digits

    private static final byte LETTER = 1;
    private static final byte DIGIT = 2;
    private static final byte SIGN = 3;
    private static final byte MARK = 4; // not behind a letter or a digit: of a keyword, not of an account or a password
    private static final byte[] KINDS = kinds(); // by byte; 0 is of no identifier

    private MemberName() {}

    static boolean isIdentifier(byte[] text, int from, int to) {
        if (to - from > LONGEST) {
            return false;
        }
        int letters = 0;
        int digits = 0;
        byte previous = SIGN;
        for (int i = from; i < to; i++) {
            byte kind = kind(text[i]);
            if (kind == 0 || (kind == MARK && previous <= DIGIT)) {
                return false;
            }
            letters += kind == LETTER ? 1 : 0;
            digits += kind == DIGIT ? 1 : 0;
            previous = kind;
        }
        boolean ofShortWords = digits == 0 && letters < LONG_RANDOM;
        return ofShortWords || ((letters > 0 || digits <= MOST_DIGITS) && !hasRandomRun(text, from, to));
    }

    private static boolean hasRandomRun(byte[] text, int from, int to) {
        int begin = from;
        for (int i = from; i < to; i++) {
            if (kind(text[i]) > DIGIT) {
                if (isRandom(text, begin, i)) {
                    return true;
                }
                begin = i + 1;
            }
        }
        return isRandom(text, begin, to);
    }

    /** Whether a run of letters and digits is a number, of hexadecimal digits, or changes too often for words. */
    private static boolean isRandom(byte[] text, int from, int to) {
        int digits = 0;
        int inARow = 0;
        int changes = 0; // between letters and digits
        int changesOfKind = 0; // and between capitals and small letters
        boolean hex = true;
        for (int i = from; i < to; i++) {
            byte b = text[i];
            boolean digit = kind(b) == DIGIT;
            digits += digit ? 1 : 0;
            inARow = digit ? inARow + 1 : 0;
            if (inARow > MOST_DIGITS) {
                return true;
            }
            hex &= digit || (b | 0x20) <= 'f';
            if (i > from) {
                boolean change = digit != (kind(text[i - 1]) == DIGIT);
                changes += change ? 1 : 0;
                changesOfKind += change || ((b ^ text[i - 1]) & 0x20) != 0 ? 1 : 0;
            }
        }
        int length = to - from;
        return (length >= RANDOM && (changes > MOST_CHANGES || (hex && digits > MOST_HEX_DIGITS)))
                || (length >= LONG_RANDOM && changesOfKind * 20 >= length * 9);
    }

    private static byte kind(byte b) {
        return KINDS[b & 0xFF];
    }

    private static byte[] kinds() {
        byte[] kinds = new byte[1 << Byte.SIZE];
        Arrays.fill(kinds, '0', '9' + 1, DIGIT);
        Arrays.fill(kinds, 'A', 'Z' + 1, LETTER);
        Arrays.fill(kinds, 'a', 'z' + 1, LETTER);
        "_-./:*+[]{}".chars().forEach(sign -> kinds[sign] = SIGN);
        "$@#".chars().forEach(mark -> kinds[mark] = MARK);
        return kinds;
    }
}
