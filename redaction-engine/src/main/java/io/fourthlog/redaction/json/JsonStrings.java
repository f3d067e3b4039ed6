package io.fourthlog.redaction.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;

/** Content of JSON strings that a {@link JsonReader} found well-formed: the bytes between the quotes in, UTF-8 out. */
final class JsonStrings {

    /** The input ends inside the sequence. */
    static final int CUT = 0;

    /** No continuation makes the sequence valid. */
    static final int INVALID = -1;

    private static final int REPLACEMENT = 0xFFFD;

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long SPACES = ' ' * ONES;
    private static final long QUOTES = '"' * ONES;
    private static final long BACKSLASHES = '\\' * ONES;

    private JsonStrings() {}

    /**
     * Writes the content of a string as UTF-8; an escaped surrogate without its other half becomes U+FFFD.
     *
     * @param from first byte after the opening quote
     * @param to the closing quote
     * @param target has room for {@code to - from} bytes, which is never too little
     * @return bytes written
     */
    static int unescape(byte[] source, int from, int to, byte[] target, int offset) {
        Objects.checkFromToIndex(from, to, source.length);
        int out = offset;
        int i = from;
        while (i < to) {
            byte b = source[i];
            if (b != '\\') {
                int end = plain(source, i + 1, to);
                System.arraycopy(source, i, target, out, end - i);
                out += end - i;
                i = end;
                continue;
            }
            int codePoint = escapedAt(source, i, to);
            out = encode(codePoint, target, out);
            i += escapeLength(source, i, codePoint);
        }
        return out - offset;
    }

    /** The first place from {@code at} on that is not ASCII as it is in a string, or one shortly before the limit. */
    static int plain(byte[] bytes, int at, int limit) {
        int i = at;
        for (; i <= limit - Long.BYTES; i += Long.BYTES) {
            long word = (long) WORD.get(bytes, i);
            // In each byte the highest bit if it is below a space, a quote, a backslash, or beyond ASCII; exact up to
            // the first.
            long others =
                    ((word - SPACES) | ((word ^ QUOTES) - ONES) | ((word ^ BACKSLASHES) - ONES) | word) & HIGH_BITS;
            if (others != 0) {
                return i + Long.numberOfTrailingZeros(others) / Byte.SIZE;
            }
        }
        return i;
    }

    static boolean unescapedEquals(byte[] source, int from, int to, byte[] utf8) {
        byte[] one = new byte[4];
        int at = 0;
        int i = from;
        while (i < to) {
            int length = 1;
            int consumed = 1;
            one[0] = source[i];
            if (source[i] == '\\') {
                int codePoint = escapedAt(source, i, to);
                length = encode(codePoint, one, 0);
                consumed = escapeLength(source, i, codePoint);
            }
            if (at + length > utf8.length) {
                return false;
            }
            for (int k = 0; k < length; k++) {
                if (utf8[at++] != one[k]) {
                    return false;
                }
            }
            i += consumed;
        }
        return at == utf8.length;
    }

    static boolean isShortEscape(byte b) {
        return switch (b) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> true;
            default -> false;
        };
    }

    /** Length of the UTF-8 sequence that starts with a byte from 0x80 on, or {@link #CUT}, or {@link #INVALID}. */
    static int sequenceLength(byte[] bytes, int at, int limit) {
        int lead = bytes[at] & 0xFF;
        int length = lead < 0xC2 ? INVALID : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : INVALID;
        int low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        int high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        for (int i = 1; i < length; i++) {
            if (at + i == limit) {
                return CUT;
            }
            int b = bytes[at + i] & 0xFF;
            if (b < low || b > high) {
                return INVALID;
            }
            low = 0x80;
            high = 0xBF;
        }
        return length;
    }

    private static int escapedAt(byte[] source, int at, int to) {
        return switch (source[at + 1]) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicodeAt(source, at, to);
            default -> source[at + 1];
        };
    }

    private static int unicodeAt(byte[] source, int at, int to) {
        int unit = unitAt(source, at);
        if (!Character.isSurrogate((char) unit)) {
            return unit;
        }
        if (Character.isHighSurrogate((char) unit)
                && at + 12 <= to
                && source[at + 6] == '\\'
                && source[at + 7] == 'u') {
            int low = unitAt(source, at + 6);
            if (Character.isLowSurrogate((char) low)) {
                return Character.toCodePoint((char) unit, (char) low);
            }
        }
        return REPLACEMENT;
    }

    private static int unitAt(byte[] source, int at) {
        int unit = 0;
        for (int i = at + 2; i < at + 6; i++) {
            unit = unit << 4 | Character.digit(source[i], 16);
        }
        return unit;
    }

    private static int escapeLength(byte[] source, int at, int codePoint) {
        if (source[at + 1] != 'u') {
            return 2;
        }
        return Character.isSupplementaryCodePoint(codePoint) ? 12 : 6;
    }

    private static int encode(int codePoint, byte[] target, int at) {
        int out = at;
        if (codePoint < 0x80) {
            target[out++] = (byte) codePoint;
        } else if (codePoint < 0x800) {
            target[out++] = (byte) (0xC0 | codePoint >> 6);
            target[out++] = continuation(codePoint);
        } else if (codePoint < 0x10000) {
            target[out++] = (byte) (0xE0 | codePoint >> 12);
            target[out++] = continuation(codePoint >> 6);
            target[out++] = continuation(codePoint);
        } else {
            target[out++] = (byte) (0xF0 | codePoint >> 18);
            target[out++] = continuation(codePoint >> 12);
            target[out++] = continuation(codePoint >> 6);
            target[out++] = continuation(codePoint);
        }
        return out;
    }

    private static byte continuation(int bits) {
        return (byte) (0x80 | (bits & 0x3F));
    }
}
