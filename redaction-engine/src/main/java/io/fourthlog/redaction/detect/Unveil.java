package io.fourthlog.redaction.detect;

import static io.fourthlog.redaction.detect.Swar.HIGH_BITS;
import static io.fourthlog.redaction.detect.Swar.LOW_BITS;
import static io.fourthlog.redaction.detect.Swar.ONES;
import static io.fourthlog.redaction.detect.Swar.WORD;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites text into what a reader would see, so that detectors need to know one spelling only: takes back JSON, percent and HTML
 * escapes, folds the Unicode forms of ASCII characters (NFKC) and of digits, and drops characters that have no width. Comes before
 * every {@link Sweep}; the result is never longer than the input.
 *
 * <p>Input arrives in any pieces: what is cut off at the end of one waits for the next. An escape inside an escape is taken back as
 * well (a run of backslashes counts as one, {@code %2540} is {@code @}). Confined to one thread.
 */
final class Unveil {

    private static final long BACKSLASHES = '\\' * ONES;
    private static final long PERCENTS = '%' * ONES;
    private static final long AMPERSANDS = '&' * ONES;

    static final int LONGEST_ESCAPE = 12; // bytes: two \\uXXXX, or &#x0001F600;
    private static final int VEILED = 256; // bytes that are read one by one before it is tried again to copy many
    private static final int INCOMPLETE = -1;
    private static final int NONE = 0;
    private static final int CUT = -2; // digits of an escape that are not there yet

    private static final int DROP = -1;
    private static final int COPY = -2;

    /** Names of entities and the ASCII character that each stands for. */
    private static final String[] ENTITIES = {
        "amp;&",
        "lt;<",
        "gt;>",
        "quot;\"",
        "apos;'",
        "nbsp; ",
        "commat;@",
        "period;.",
        "colon;:",
        "sol;/",
        "bsol;\\",
        "equals;=",
        "hyphen;-",
        "dash;-",
        "lowbar;_",
        "plus;+",
        "num;#",
        "Tab; ",
        "NewLine;\n"
    };

    /** Bytes that are copied without looking at what follows: continuations of UTF-8, and leads of characters that are all kept. */
    private static final boolean[] IS_PLAIN = plain();

    private final byte[] pending = new byte[LONGEST_ESCAPE];
    private int pendingLength;
    private long read; // bytes taken in since reset, those pending included
    private @Nullable OffsetMap offsets;
    private Filter filter;

    // The next escape or character: what it stands for and how many bytes of input it took.
    private int codePoint;

    Unveil(Filter filter) {
        this.filter = filter;
    }

    /** Starts a new text, of which the filter copies what is plain. */
    void reset(@Nullable OffsetMap map, Filter plain) {
        wipe();
        filter = plain;
        read = 0;
        offsets = map;
    }

    void wipe() {
        Arrays.fill(pending, (byte) 0);
        pendingLength = 0;
    }

    /**
     * Rewrites a piece.
     *
     * @param last whether nothing follows, so that nothing is kept back
     * @param target has room for {@code to - from} bytes and {@link #LONGEST_ESCAPE} more; may be the source itself when {@code at <=
     *     from} and nothing is pending
     * @param position where {@code at} is in the whole result
     * @return index after the last byte written
     */
    int rewrite(byte[] source, int from, int to, boolean last, byte[] target, int at, long position) {
        int in = from;
        int out = at;
        while (to - in > VEILED) {
            if (pendingLength == 0) {
                int plain = filter.copyPlain(source, in, to, target, out);
                in += plain;
                out += plain;
                read += plain;
            }
            int end = Math.min(to, in + VEILED);
            out = rewriteVeiled(source, in, end, last && end == to, target, out, position + (out - at));
            in = end;
        }
        return in == to && !last ? out : rewriteVeiled(source, in, to, last, target, out, position + (out - at));
    }

    /** The same, for text in which there is something to take back. */
    private int rewriteVeiled(byte[] source, int from, int to, boolean last, byte[] target, int at, long position) {
        int in = from;
        int out = at;
        while (pendingLength > 0) {
            int used = step(pending, 0, pendingLength, last && in == to);
            if (used == INCOMPLETE) {
                if (in == to) {
                    return out;
                }
                pending[pendingLength++] = source[in++];
                read++;
                continue;
            }
            out = put(pending, 0, used, target, out, position + (out - at), read - pendingLength);
            pendingLength -= used;
            System.arraycopy(pending, used, pending, 0, pendingLength);
        }
        while (in < to) {
            int plain = copyWords(source, in, to, target, out);
            in += plain;
            out += plain;
            read += plain;
            if (in == to) {
                break;
            }
            byte b = source[in];
            if (IS_PLAIN[b & 0xFF]) {
                target[out++] = b;
                in++;
                read++;
                continue;
            }
            int used = step(source, in, to, last);
            if (used == INCOMPLETE) {
                int rest = to - in;
                System.arraycopy(source, in, pending, 0, rest);
                pendingLength = rest;
                read += rest;
                return out;
            }
            out = put(source, in, used, target, out, position + (out - at), read);
            in += used;
            read += used;
        }
        return out;
    }

    /**
     * Copies whole words as long as nothing in them is veiled.
     *
     * @return bytes that were copied
     */
    static int copyWords(byte[] source, int from, int to, byte[] target, int at) {
        int in = from;
        int out = at;
        while (to - in >= Long.BYTES) {
            long word = (long) WORD.get(source, in);
            if (isVeiled(word)) {
                break;
            }
            WORD.set(target, out, word);
            in += Long.BYTES;
            out += Long.BYTES;
        }
        return in - from;
    }

    /** Whether one of eight bytes is a backslash, a percent sign, an ampersand, or beyond ASCII. */
    private static boolean isVeiled(long word) {
        long x = word & LOW_BITS;
        long notBackslash = (x ^ BACKSLASHES) + LOW_BITS;
        long notPercent = (x ^ PERCENTS) + LOW_BITS;
        long notAmpersand = (x ^ AMPERSANDS) + LOW_BITS;
        return ((notBackslash & notPercent & notAmpersand & ~word) & HIGH_BITS) != HIGH_BITS;
    }

    /**
     * Looks at what begins here, which is one of the veiled bytes or anything pending, and sets {@link #codePoint}: a character, -1
     * to drop the bytes, or -2 to copy them.
     *
     * @return bytes that it takes, or {@link #INCOMPLETE}
     */
    private int step(byte[] text, int at, int to, boolean last) {
        int used = switch (text[at]) {
            case '\\' -> backslash(text, at, to);
            case '%' -> percent(text, at, to);
            case '&' -> entity(text, at, to);
            default -> text[at] < 0 ? character(text, at, to) : NONE;
        };
        if (used == NONE || (used == INCOMPLETE && last)) {
            codePoint = COPY;
            return 1;
        }
        return used;
    }

    private int put(byte[] text, int in, int used, byte[] target, int at, long position, long start) {
        int out = at;
        if (codePoint == COPY) {
            for (int i = 0; i < used; i++) {
                target[out++] = text[in + i];
            }
            return out;
        }
        if (codePoint != DROP) {
            out = encode(codePoint, target, out);
        }
        OffsetMap map = offsets;
        if (map != null) {
            map.add(position, start, out - at, used);
        }
        return out;
    }

    private int backslash(byte[] text, int at, int to) {
        if (at + 1 == to) {
            return INCOMPLETE;
        }
        switch (text[at + 1]) {
            case '\\' -> codePoint = DROP;
            case 'n' -> codePoint = '\n';
            case 'r' -> codePoint = '\r';
            case 't' -> codePoint = '\t';
            case '"', '\'', '/' -> codePoint = text[at + 1];
            case 'u' -> {
                return unicodeEscape(text, at, to);
            }
            case 'x' -> {
                return hexEscape(text, at, to);
            }
            default -> {
                return NONE;
            }
        }
        return codePoint == DROP ? 1 : 2;
    }

    private int unicodeEscape(byte[] text, int at, int to) {
        int unit = hex(text, at + 2, at + 6, to);
        if (unit < 0) {
            return unit == CUT ? INCOMPLETE : NONE;
        }
        if (!Character.isSurrogate((char) unit)) {
            codePoint = fold(unit);
            return 6;
        }
        if (Character.isHighSurrogate((char) unit)) {
            if (at + 6 == to || (text[at + 6] == '\\' && at + 7 == to)) {
                return INCOMPLETE;
            }
            if (text[at + 6] == '\\' && text[at + 7] == 'u') {
                int low = hex(text, at + 8, at + 12, to);
                if (low == CUT) {
                    return INCOMPLETE;
                }
                if (low >= 0 && Character.isLowSurrogate((char) low)) {
                    codePoint = fold(Character.toCodePoint((char) unit, (char) low));
                    return 12;
                }
            }
        }
        codePoint = '?';
        return 6;
    }

    private int hexEscape(byte[] text, int at, int to) {
        int value = hex(text, at + 2, at + 4, to);
        if (value < 0) {
            return value == CUT ? INCOMPLETE : NONE;
        }
        codePoint = fold(value);
        return 4;
    }

    /** One byte, or the bytes of one UTF-8 sequence, each behind a percent sign. */
    private int percent(byte[] text, int at, int to) {
        int used = 1;
        int value = hex(text, at + 1, at + 3, to);
        while (value == '%' && used < 5) { // %25 40 is %40, is @
            used += 2;
            int inner = hex(text, at + used, at + used + 2, to);
            if (inner < 0) {
                if (inner == CUT) {
                    return INCOMPLETE;
                }
                codePoint = '%';
                return used;
            }
            value = inner;
        }
        if (value < 0) {
            return value == CUT ? INCOMPLETE : NONE;
        }
        used += 2;
        if (value < ' ' && value != '\n' && value != '\r' && value != '\t') {
            return NONE; // a percent sign of the text itself
        }
        if (value < 0x80) {
            codePoint = value;
            return used;
        }
        int length = sequenceLength(value);
        if (length == 0 || used > 3) {
            return NONE;
        }
        int point = value & (0x7F >> length);
        for (int i = 1; i < length; i++, used += 3) {
            if (at + used < to && text[at + used] != '%') {
                return NONE;
            }
            int next = hex(text, at + used + 1, at + used + 3, to);
            if (next < 0 || (next & 0xC0) != 0x80) {
                return next == CUT ? INCOMPLETE : NONE;
            }
            point = point << 6 | (next & 0x3F);
        }
        codePoint = fold(point);
        return used;
    }

    private int entity(byte[] text, int at, int to) {
        if (at + 1 == to) {
            return INCOMPLETE;
        }
        if (text[at + 1] == '#') {
            return numericEntity(text, at, to);
        }
        if (!Bytes.is(text[at + 1], Bytes.LETTER)) {
            return NONE;
        }
        boolean cut = false;
        for (String entity : ENTITIES) {
            int length = entity.length() - 1;
            int matched = 0;
            while (matched < length && at + 1 + matched < to && text[at + 1 + matched] == entity.charAt(matched)) {
                matched++;
            }
            if (matched == length) {
                codePoint = entity.charAt(length);
                return 1 + length;
            }
            cut |= at + 1 + matched == to;
        }
        return cut ? INCOMPLETE : NONE;
    }

    private int numericEntity(byte[] text, int at, int to) {
        boolean hexadecimal = at + 2 < to && (text[at + 2] | 0x20) == 'x';
        int i = at + (hexadecimal ? 3 : 2);
        int value = 0;
        int digits = 0;
        while (i < to && i < at + LONGEST_ESCAPE - 1) {
            int digit = Character.digit(text[i], hexadecimal ? 16 : 10);
            if (digit < 0) {
                break;
            }
            value = Math.min(value * (hexadecimal ? 16 : 10) + digit, Character.MAX_CODE_POINT + 1);
            digits++;
            i++;
        }
        if (i == to && i < at + LONGEST_ESCAPE - 1) {
            return INCOMPLETE;
        }
        if (digits == 0 || i == to || text[i] != ';' || value > Character.MAX_CODE_POINT) {
            return NONE;
        }
        codePoint = fold(value);
        return i + 1 - at;
    }

    /** A character beyond ASCII as UTF-8; bytes that are none are copied. */
    private int character(byte[] text, int at, int to) {
        int lead = text[at] & 0xFF;
        int length = sequenceLength(lead);
        if (length == 0) {
            return NONE;
        }
        int point = lead & (0x7F >> length);
        for (int i = 1; i < length; i++) {
            if (at + i == to) {
                return INCOMPLETE;
            }
            if ((text[at + i] & 0xC0) != 0x80) {
                return NONE;
            }
            point = point << 6 | (text[at + i] & 0x3F);
        }
        int folded = fold(point);
        codePoint = folded == point ? COPY : folded;
        return length;
    }

    /** Bytes of the UTF-8 sequence that begins with a byte, or 0 if none does. */
    static int sequenceLength(int lead) {
        return lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    }

    /** The value of the hexadecimal digits in a range, -1 if there are others, {@link #CUT} if they end too early. */
    private static int hex(byte[] text, int from, int end, int to) {
        int value = 0;
        for (int i = from; i < end; i++) {
            if (i >= to) {
                return CUT;
            }
            int digit = Bytes.hexValue(text[i]);
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    /** The ASCII character that a character is a form of, {@link #DROP} for one without width, else the character itself. */
    static int fold(int c) {
        if (c < 0x80) {
            return c;
        }
        if (c < 0x2000) {
            return foldLow(c);
        }
        if (c < 0x3000) {
            return foldPunctuation(c);
        }
        if (c == 0xFB29) {
            return '+';
        }
        if (c >= 0xFE00) {
            return foldHigh(c);
        }
        return c == 0x3000 ? ' ' : c >= 0xA640 && c < 0xAC00 ? Subscripts.fold(c) : c;
    }

    private static int foldLow(int c) {
        return switch (c) {
            case 0xA0, 0x1680 -> ' ';
            case 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180E -> DROP;
            case 0xAA -> 'a';
            case 0xBA -> 'o';
            case 0xB2, 0xB3 -> c - 0xB2 + '2';
            case 0xB9 -> '1';
            case 0x17F -> 's';
            case 0x37E -> ';';
            case 0x1FEF -> '`';
            default -> {
                if (c >= 0x660 && Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER) {
                    yield '0' + Character.digit(c, 10);
                }
                yield Subscripts.fold(c);
            }
        };
    }

    private static int foldPunctuation(int c) {
        if (c <= 0x200A) {
            return ' ';
        }
        if (c <= 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F)) {
            return DROP;
        }
        if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212) {
            return '-';
        }
        return switch (c) {
            case 0x2018, 0x2019 -> '\'';
            case 0x201C, 0x201D -> '"';
            case 0x2028, 0x2029 -> '\n';
            case 0x202F, 0x205F -> ' ';
            case 0x2024 -> '.';
            case 0x2044, 0x2215 -> '/';
            default -> Subscripts.fold(c);
        };
    }

    private static int foldHigh(int c) {
        if (c <= 0xFE0F || c == 0xFEFF) {
            return DROP;
        }
        if (c >= 0xFF01 && c <= 0xFF5E) {
            return c - 0xFF01 + '!';
        }
        if (c >= 0x1D400 && c <= 0x1D6A3) {
            int letter = (c - 0x1D400) % 52;
            return letter < 26 ? 'A' + letter : 'a' + letter - 26;
        }
        if (c >= 0x1D7CE && c <= 0x1D7FF) {
            return '0' + (c - 0x1D7CE) % 10;
        }
        if (c >= 0x1CCD6 && c <= 0x1CCF9) {
            return c < 0x1CCF0 ? c - 0x1CCD6 + 'A' : c - 0x1CCF0 + '0';
        }
        if (c >= 0x1F130 && c <= 0x1F149) {
            return c - 0x1F130 + 'A';
        }
        if (c >= 0x1FBF0 && c <= 0x1FBF9) {
            return '0' + (c - 0x1FBF0);
        }
        if (c >= 0xE0000 && c <= 0xE01EF) { // tags repeat ASCII, selectors mean nothing
            return c >= 0xE0020 && c <= 0xE007E ? c - 0xE0000 : DROP;
        }
        return switch (c) {
            case 0x107A5 -> 'q';
            case 0x1F12B -> 'C';
            case 0x1F12C -> 'R';
            default -> Subscripts.fold(c);
        };
    }

    private static boolean[] plain() {
        boolean[] plain = new boolean[256];
        for (int b = 0; b < 256; b++) {
            plain[b] = b < 0xC2 ? b != '\\' && b != '%' && b != '&' : isLeadOfKept(b);
        }
        return plain;
    }

    private static boolean isLeadOfKept(int lead) {
        int shift = lead < 0xE0 ? 6 : lead < 0xF0 ? 12 : 18;
        int first = (lead & (0x7F >> sequenceLength(lead))) << shift;
        for (int c = first; c < first + (1 << shift) && sequenceLength(lead) > 0; c++) {
            if (c >= 0x80 && fold(c) != c) {
                return false;
            }
        }
        return true;
    }

    private static int encode(int c, byte[] target, int at) {
        int out = at;
        if (c < 0x80) {
            target[out++] = (byte) c;
        } else if (c < 0x800) {
            target[out++] = (byte) (0xC0 | c >> 6);
            target[out++] = (byte) (0x80 | (c & 0x3F));
        } else if (c < 0x10000) {
            target[out++] = (byte) (0xE0 | c >> 12);
            target[out++] = (byte) (0x80 | (c >> 6 & 0x3F));
            target[out++] = (byte) (0x80 | (c & 0x3F));
        } else {
            target[out++] = (byte) (0xF0 | c >> 18);
            target[out++] = (byte) (0x80 | (c >> 12 & 0x3F));
            target[out++] = (byte) (0x80 | (c >> 6 & 0x3F));
            target[out++] = (byte) (0x80 | (c & 0x3F));
        }
        return out;
    }

    /** The remaining single characters whose compatibility form is one ASCII character, from the Unicode database of the JDK. */
    private static final class Subscripts {

        private static final char FIRST = 0x2B0; // nothing below is left
        private static final int[] HYPHENS = {0x2010, 0x2011, 0x2012, 0x2013, 0x2212}; // which NFKC leaves
        private static final byte[] ASCII = table();

        static int fold(int c) {
            if (c < FIRST || c >= FIRST + ASCII.length) {
                return c;
            }
            byte ascii = ASCII[c - FIRST];
            return ascii == 0 ? c : ascii;
        }

        private static byte[] table() {
            byte[] table = new byte[0xFE6C - FIRST];
            fill(table, 0x2B0, 0x2E4);
            fill(table, 0x1D2C, 0x1DBF);
            fill(table, 0x2024, 0x209C);
            fill(table, 0x2100, 0x2149);
            fill(table, 0x2160, 0x217F);
            fill(table, 0x2460, 0x24EA);
            fill(table, 0x2C7C, 0x2C7D);
            fill(table, 0xA69C, 0xA7F9);
            fill(table, 0xAB5C, 0xAB69);
            fill(table, 0xFE10, 0xFE6B);
            for (int hyphen : HYPHENS) {
                table[hyphen - FIRST] = '-';
            }
            return table;
        }

        private static void fill(byte[] table, int first, int last) {
            for (int c = first; c <= last; c++) {
                byte[] form = Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKC)
                        .getBytes(StandardCharsets.UTF_8);
                table[c - FIRST] = form.length == 1 ? form[0] : 0;
            }
        }
    }
}
