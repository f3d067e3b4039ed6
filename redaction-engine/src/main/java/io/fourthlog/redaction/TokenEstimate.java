package io.fourthlog.redaction;

import static io.fourthlog.redaction.detect.Swar.HIGH_BITS;
import static io.fourthlog.redaction.detect.Swar.LOW_BITS;
import static io.fourthlog.redaction.detect.Swar.ONES;
import static io.fourthlog.redaction.detect.Swar.WORD;
import static io.fourthlog.redaction.detect.Swar.equal;
import static io.fourthlog.redaction.detect.Swar.gather;

/**
 * How many tokens a model's tokenizer would make of a text, about: counted in one pass from the kinds of characters and the lengths of
 * words. Against the cl100k and o200k vocabularies it is within a fifth for English prose, code and JSON, and within a half for other
 * languages, of which the vocabularies themselves differ that much; it is an estimate and is to be marked as one.
 *
 * <p>A run of letters, of digits, or of punctuation and line breaks, which go together in code and JSON, is a token, and another for each
 * few that it has beyond a first few. So are two spaces or more, as a single one belongs to the word behind it. Characters of three and
 * four bytes are about a token each; those of two are letters mostly.
 *
 * <p>Kinds are told of 64 bytes at once, a bit for each.
 */
public final class TokenEstimate {

    private static final int BLOCK = Long.SIZE; // bytes
    private static final int LETTERS = 6; // that are another token, behind eight
    private static final int DIGITS = 3;
    private static final int SIGNS = 2;

    private static final long CASE_BITS = 0x20 * ONES;
    private static final long FROM_A = (0x80 - 'a') * ONES; // carries into the high bit from 'a' on
    private static final long BEYOND_Z = (0x80 - 'z' - 1) * ONES;
    private static final long DIGIT_ZEROS = '0' * ONES;
    private static final long NOT_DIGIT = (0x80 - 10) * ONES;

    // Of the block before: what is of a kind, and what has so many of it before it.
    private long letters;
    private long letters2;
    private long letters4;
    private long digits;
    private long digits2;
    private long spaces;
    private long signs;
    private long three; // characters of three bytes or more, their first ones
    private long four;

    private TokenEstimate() {}

    /**
     * Estimates.
     *
     * @throws IllegalStateException if the text is closed
     */
    public static long of(Plaintext text) {
        return of(text.bytes(), text.length());
    }

    static long of(byte[] text, int length) {
        TokenEstimate estimate = new TokenEstimate();
        long tokens = 0;
        for (int block = 0; block < length; block += BLOCK) {
            tokens += estimate.block(text, block, Math.min(BLOCK, length - block));
        }
        return tokens;
    }

    private int block(byte[] text, int from, int length) {
        long letter = 0;
        long digit = 0;
        long space = 0;
        long all = 0;
        for (int i = 0; i < length; i += Long.BYTES) {
            long word = word(text, from + i, length - i);
            long low = word & LOW_BITS;
            long folded = low | CASE_BITS;
            letter |= gather(((folded + FROM_A) ^ (folded + BEYOND_Z)) & ~word) << i;
            digit |= gather(~(((low ^ DIGIT_ZEROS) + NOT_DIGIT) | word)) << i;
            space |= gather(equal(word, ' ')) << i;
            all |= word;
        }
        long wide = 0;
        long widest = 0;
        for (int i = 0; i < length && (all & HIGH_BITS) != 0; i += Long.BYTES) { // not ASCII
            long word = word(text, from + i, length - i);
            long beyond = word & (word << 1) & (word << 2); // from 0xE0 on
            letter |= gather(word & ~beyond) << i;
            wide |= gather(beyond) << i;
            widest |= gather(beyond & (word << 3)) << i;
        }
        long continued = after(wide, three, 1) | after(wide, three, 2) | after(widest, four, 3);
        letter &= ~continued;
        three = wide;
        four = widest;
        long sign = (-1L >>> (BLOCK - length)) & ~(letter | digit | space | wide | continued);
        return Long.bitCount(wide) + letters(letter) + digits(digit) + spaces(space) + signs(sign);
    }

    /** Eight bytes, or as many as there are. */
    private static long word(byte[] text, int from, int left) {
        if (left >= Long.BYTES) {
            return (long) WORD.get(text, from);
        }
        long word = 0;
        for (int i = 0; i < left; i++) {
            word |= (text[from + i] & 0xFFL) << (i * Byte.SIZE);
        }
        return word;
    }

    private int letters(long letter) {
        long two = letter & after(letter, letters, 1);
        long four = two & after(two, letters2, 2);
        long eight = four & after(four, letters4, 4);
        int tokens = Long.bitCount(letter & ~two) + runs(eight & after(letter, letters, 8), LETTERS);
        letters = letter;
        letters2 = two;
        letters4 = four;
        return tokens;
    }

    private int digits(long digit) {
        long two = digit & after(digit, digits, 1);
        int tokens = Long.bitCount(digit & ~two) + runs(two & after(two, digits2, 2), DIGITS);
        digits = digit;
        digits2 = two;
        return tokens;
    }

    private int spaces(long space) {
        long two = space & after(space, spaces, 1);
        int tokens = Long.bitCount(two & ~after(two, spaces & (spaces << 1), 1));
        spaces = space;
        return tokens;
    }

    private int signs(long sign) {
        long two = sign & after(sign, signs, 1);
        int tokens = Long.bitCount(sign & ~two) + runs(two & after(sign, signs, 2), SIGNS);
        signs = sign;
        return tokens;
    }

    /** What has such a one so many bytes before it. */
    private static long after(long mask, long before, int bytes) {
        return (mask << bytes) | (before >>> (Long.SIZE - bytes));
    }

    /** A token for each so many of a run. One that spans blocks is one in each. */
    private static int runs(long mask, int each) {
        int tokens = 0;
        long left = mask;
        while (left != 0) {
            int length = Long.numberOfTrailingZeros(~(left >>> Long.numberOfTrailingZeros(left)));
            tokens += (length + each - 1) / each;
            left &= left + (left & -left); // without its lowest run
        }
        return tokens;
    }
}
