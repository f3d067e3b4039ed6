package io.fourthlog.redaction.detect;

import static io.fourthlog.redaction.detect.Swar.HIGH_BITS;
import static io.fourthlog.redaction.detect.Swar.LOW_BITS;
import static io.fourthlog.redaction.detect.Swar.ONES;

/** Classes of bytes and the small questions that verifiers ask about ranges of them. */
final class Bytes {

    static final int DIGIT = 1;
    static final int UPPER = 1 << 1;
    static final int LOWER = 1 << 2;
    static final int UNDERSCORE = 1 << 3;
    static final int HYPHEN = 1 << 4;
    static final int SPACE = 1 << 5; // ASCII white space
    static final int BASE64 = 1 << 6; // plus, slash, equals
    static final int NON_ASCII = 1 << 7;
    static final int LETTER = UPPER | LOWER;
    static final int ALNUM = LETTER | DIGIT;
    static final int WORD = ALNUM | UNDERSCORE;
    static final int BASE64URL = WORD | HYPHEN;

    private static final long FROM_A = (0x80 - 'A') * ONES; // carries into the high bit from 'A' on
    private static final long BEYOND_Z = (0x80 - 'Z' - 1) * ONES;
    private static final long FROM_C3 = (0x80 - 0x43) * ONES; // without the high bit
    private static final long BEYOND_C9 = (0x80 - 0x49 - 1) * ONES;

    private static final byte[] CLASSES = classes();
    private static final byte[] HEX = hexadecimal();

    private Bytes() {}

    static boolean is(byte b, int classes) {
        return (CLASSES[b & 0xFF] & classes) != 0;
    }

    /** Whether the byte at an index, if there is one, is of a class. */
    static boolean is(byte[] text, int from, int to, int at, int classes) {
        return at >= from && at < to && is(text[at], classes);
    }

    /** Whether the byte at an index, if there is one, is this one. */
    static boolean has(byte[] text, int from, int to, int at, char c) {
        return at >= from && at < to && text[at] == c;
    }

    /** Index after the run of bytes of a class that starts at an index. */
    static int runEnd(byte[] text, int at, int to, int classes) {
        int i = at;
        while (i < to && is(text[i], classes)) {
            i++;
        }
        return i;
    }

    /** Index of the first capital of a Latin alphabet from an index on, or the limit. */
    static int capital(byte[] text, int at, int limit) {
        int i = at;
        while (limit - i >= Long.BYTES) {
            long word = (long) Swar.WORD.get(text, i);
            long low = word & LOW_BITS;
            long ascii = ((low + FROM_A) ^ (low + BEYOND_Z)) & ~word;
            long beyond = ((low + FROM_C3) ^ (low + BEYOND_C9)) & word;
            long capitals = (ascii | beyond) & HIGH_BITS;
            if (capitals != 0) {
                return i + (Long.numberOfTrailingZeros(capitals) >>> 3);
            }
            i += Long.BYTES;
        }
        while (i < limit && !is(text[i], UPPER) && !((text[i] & 0xFF) >= 0xC3 && (text[i] & 0xFF) <= 0xC9)) {
            i++;
        }
        return i;
    }

    static boolean startsWith(byte[] text, int at, int to, byte[] literal) {
        if (to - at < literal.length) {
            return false;
        }
        for (int i = 0; i < literal.length; i++) {
            if (text[at + i] != literal[i]) {
                return false;
            }
        }
        return true;
    }

    static boolean startsWith(byte[] text, int at, int to, String literal) {
        if (to - at < literal.length()) {
            return false;
        }
        for (int i = 0; i < literal.length(); i++) {
            if (text[at + i] != literal.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    static boolean startsWithIgnoreCase(byte[] text, int at, int to, String literal) {
        return to - at >= literal.length() && equalsIgnoreCase(text, at, at + literal.length(), literal);
    }

    /** Whether a range has a lower-case ASCII literal in it, in any case. */
    static boolean containsIgnoreCase(byte[] text, int from, int to, String literal) {
        for (int i = from; i + literal.length() <= to; i++) {
            if (equalsIgnoreCase(text, i, i + literal.length(), literal)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a range is a lower-case ASCII literal, in any case. */
    static boolean equalsIgnoreCase(byte[] text, int from, int to, String literal) {
        if (to - from != literal.length()) {
            return false;
        }
        for (int i = 0; i < literal.length(); i++) {
            int b = text[from + i];
            if ((b >= 'A' && b <= 'Z' ? b | 0x20 : b) != literal.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether a token of a class can begin at an index: what is before it is not of the class. */
    static boolean beginsAt(byte[] text, int from, int at, int classes) {
        return at == from || !is(text[at - 1], classes);
    }

    /** Value of a hexadecimal digit, or -1. */
    static int hexValue(byte b) {
        return HEX[b & 0xFF];
    }

    /**
     * Whether a token could have come from a random generator and is not a placeholder: it has a letter and a digit, at least
     * eight different characters, no character five times in a row, and does not say "example".
     */
    static boolean looksRandom(byte[] text, int from, int to) {
        long low = 0; // characters seen, up to '?'
        long high = 0; // from '@' on
        int kinds = 0;
        int repeated = 1;
        for (int i = from; i < to; i++) {
            byte b = text[i];
            if (b < 64) {
                low |= 1L << b;
            } else {
                high |= 1L << (b - 64);
            }
            kinds |= CLASSES[b & 0xFF];
            repeated = i > from && text[i - 1] == b ? repeated + 1 : 1;
            if (repeated == 5) {
                return false;
            }
        }
        return (kinds & DIGIT) != 0
                && (kinds & LETTER) != 0
                && Long.bitCount(low) + Long.bitCount(high) >= 8
                && !containsIgnoreCase(text, from, to, "example");
    }

    private static byte[] hexadecimal() {
        byte[] values = new byte[256];
        for (int b = 0; b < 256; b++) {
            values[b] = (byte) (b < 0x80 ? Character.digit(b, 16) : -1);
        }
        return values;
    }

    private static byte[] classes() {
        byte[] classes = new byte[256];
        for (int b = 0; b < 256; b++) {
            int of = b >= 0x80 ? NON_ASCII : 0;
            of |= b >= '0' && b <= '9' ? DIGIT : 0;
            of |= b >= 'A' && b <= 'Z' ? UPPER : 0;
            of |= b >= 'a' && b <= 'z' ? LOWER : 0;
            of |= b == '_' ? UNDERSCORE : 0;
            of |= b == '-' ? HYPHEN : 0;
            of |= b == ' ' || (b >= '\t' && b <= '\r') ? SPACE : 0;
            of |= b == '+' || b == '/' || b == '=' ? BASE64 : 0;
            classes[b] = (byte) of;
        }
        return classes;
    }
}
