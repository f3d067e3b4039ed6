package io.fourthlog.fingerprint;

import static io.fourthlog.fingerprint.SipHash.WORD;

/**
 * Makes texts equal that differ only in white space, as after copying, wrapping or indenting: every run of ASCII white space
 * becomes one space, and there is none at the beginning and at the end.
 */
public final class Normalizer {

    private static final long EACH = 0x0101010101010101L; // byte of a word
    private static final long SIGNS = 0x8080808080808080L; // a condition of bytes is told by their first bits

    private Normalizer() {}

    /**
     * Writes the normalised text.
     *
     * @param target has room for {@code length} bytes
     * @return bytes written that count
     */
    public static int normalize(byte[] text, int length, byte[] target) {
        int out = 0;
        boolean white = true; // the byte before
        for (int i = 0; i < length; ) {
            if (i <= length - Long.BYTES) {
                long word = (long) WORD.get(text, i);
                long controls = controls(word);
                long spaces = equal(word, ' ') | controls;
                if ((spaces & (spaces << 8 | (white ? 0x80 : 0))) == 0) { // none beside another
                    long changed = (controls >>> 7) * 0xFF;
                    WORD.set(target, out, (word & ~changed) | (' ' * EACH & changed));
                    out += Long.BYTES;
                    i += Long.BYTES;
                    white = spaces < 0;
                    continue;
                }
            }
            for (int end = Math.min(length, i + Long.BYTES); i < end; i++) {
                boolean before = white;
                white = text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r');
                target[out] = white ? (byte) ' ' : text[i];
                out += white && before ? 0 : 1;
            }
        }
        return white && out > 0 ? out - 1 : out;
    }

    private static long equal(long word, int b) {
        long difference = word ^ b * EACH;
        return ~(((difference & ~SIGNS) + ~SIGNS) | difference) & SIGNS;
    }

    /** Bytes from tab to carriage return. */
    private static long controls(long word) {
        long low = word & ~SIGNS;
        return (low + (0x80 - '\t') * EACH) & ~(low + (0x80 - '\r' - 1) * EACH) & ~word & SIGNS;
    }
}
