package io.fourthlog.redaction.detect;

import static io.fourthlog.redaction.detect.Swar.FOUR;
import static io.fourthlog.redaction.detect.Swar.HIGH_BITS;
import static io.fourthlog.redaction.detect.Swar.LOW_BITS;
import static io.fourthlog.redaction.detect.Swar.ONES;
import static io.fourthlog.redaction.detect.Swar.WORD;

/** Finds places with arithmetic on eight bytes at once and no branch, and literals with a lookup for every second byte. */
final class ScalarFilter extends Filter {

    private static final long CASE_BITS = 0x20 * ONES;
    private static final long DIGIT_ZEROS = '0' * ONES;
    private static final long AFTER_QUOTE =
            (0x80 - '"' - 1) * ONES; // carries after the quotation mark: neither that nor white space
    private static final long NOT_DIGIT = (0x80 - 10) * ONES; // carries into the high bit from 10 on
    private static final long FROM_A = (0x80 - 'A') * ONES;
    private static final long BEYOND_Z = (0x80 - 'Z' - 1) * ONES;
    private static final long DENSE = (0x80 - '+') * ONES; // carries from '+' on: no white space, no quotes

    private final long[] marks;

    ScalarFilter(LiteralTable table) {
        super(table);
        marks = table.marks();
    }

    @Override
    void scan(byte[] text, int from, int blocks) {
        for (int i = 0; i < blocks; i++) {
            block(text, marks, from + i * BLOCK, i);
        }
    }

    private void block(byte[] text, long[] bits, int block, int index) {
        long digitPlaces = 0;
        long signPlaces = 0;
        long literalPlaces = 0;
        long denseWords = 0;
        long before = (long) WORD.get(text, block - Long.BYTES); // of which the last byte matters
        long digitsBefore = ~((((before & LOW_BITS) ^ DIGIT_ZEROS) + NOT_DIGIT) | before) & HIGH_BITS;
        long spacesBefore = ~(((before & LOW_BITS) + AFTER_QUOTE) | before) & HIGH_BITS;
        for (int j = 0; j < BLOCK; j += Long.BYTES) {
            long word = (long) WORD.get(text, block + j);
            int last = (int) FOUR.get(text, block + j + 6);
            long folded = word | CASE_BITS;
            long here = LiteralTable.isMarked(bits, (int) folded)
                    | (LiteralTable.isMarked(bits, (int) (folded >>> 16)) << 2)
                    | (LiteralTable.isMarked(bits, (int) (folded >>> 32)) << 4)
                    | (LiteralTable.isMarked(bits, last | LiteralTable.FOLD) << 6);
            long low = word & LOW_BITS;
            long digits = ~(((low ^ DIGIT_ZEROS) + NOT_DIGIT) | word) & HIGH_BITS;
            long spaces = ~((low + AFTER_QUOTE) | word) & HIGH_BITS;
            long atSigns = Swar.equal(word, '@');
            long capitals = ((low + FROM_A) ^ (low + BEYOND_Z)) & ~word & HIGH_BITS;
            long numbers = digits & ~((digits << 8) | (digitsBefore >>> 56));
            long signs = atSigns | (capitals & ((spaces << 8) | (spacesBefore >>> 56)));
            digitPlaces |= Swar.gather(numbers) << j;
            signPlaces |= Swar.gather(signs) << j;
            literalPlaces |= here << j;
            denseWords |= ((((low + DENSE) & ~word & HIGH_BITS) == HIGH_BITS) ? 1L : 0) << (j >>> 3);
            digitsBefore = digits;
            spacesBefore = spaces;
        }
        this.digits[index] = digitPlaces;
        this.signs[index] = signPlaces;
        this.literals[index] = literalPlaces;
        setDense(index, denseWords);
    }

    @Override
    int list(long[] kind, int blocks) {
        short[] list = places;
        int count = 0;
        for (int i = 0; i < blocks; i++) {
            for (long left = kind[i]; left != 0; left &= left - 1) {
                list[count++] = (short) (i * BLOCK + Long.numberOfTrailingZeros(left));
            }
        }
        return count;
    }

    @Override
    int copyPlain(byte[] source, int from, int to, byte[] target, int at) {
        return Unveil.copyWords(source, from, to, target, at);
    }
}
