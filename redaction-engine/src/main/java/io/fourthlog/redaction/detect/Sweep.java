package io.fourthlog.redaction.detect;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One pass over unveiled text, whatever pieces it comes in, that shows detectors the places of their anchors. Sixty-four bytes at a
 * time are reduced to a set of places with arithmetic on eight bytes at once and no branch; only those places are looked at.
 *
 * <pre>
 * buffer   | context, BEHIND or more | decided … | not decided yet, AHEAD or fewer | room |
 *                                      scanned ┘                             filled ┘
 * </pre>
 *
 * <p>A place is decided when AHEAD bytes from it on are there, or the text has ended, so that a detector always sees the same bytes. Text
 * that is encoded in the text is decoded and swept by {@link #inner}. Confined to one thread.
 */
final class Sweep {

    /** Bytes before an anchor that a detector may look at. */
    static final int BEHIND = 192;

    /** Bytes from an anchor on that a detector may look at. */
    static final int AHEAD = 512;

    /** Smallest buffer in which text advances by a useful amount. */
    static final int LEAST = 960;

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle GRAM = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int BLOCK = 64; // bytes
    private static final int PAD = 8; // bytes before the text, which look like white space
    private static final int SLACK = 80; // bytes after the text that are read and not used
    private static final int REACH = 64; // a literal begins at most so many bytes before the place where it is noticed

    private static final long ONES = 0x0101010101010101L;
    private static final long LOW_BITS = 0x7F * ONES;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long CASE_BITS = 0x20 * ONES;
    private static final long DIGIT_ZEROS = '0' * ONES;
    private static final long AT_SIGNS = '@' * ONES;
    private static final long AFTER_QUOTE =
            (0x80 - '"' - 1) * ONES; // carries after the quotation mark: neither that nor white space
    private static final long NOT_DIGIT = (0x80 - 10) * ONES; // carries into the high bit from 10 on
    private static final long FROM_A = (0x80 - 'A') * ONES;
    private static final long BEYOND_Z = (0x80 - 'Z' - 1) * ONES;
    private static final long DENSE = (0x80 - '+') * ONES; // carries from '+' on: no white space, no quotes
    private static final long GATHER = 0x0102040810204080L; // high bits to the top byte

    private final DetectorSet detectors;
    private final Detector[] verifiers;
    private final LiteralTable table;
    private final NumberTable numbers;
    private final long[] marks;
    private final byte[] buffer;
    private final @Nullable Encoded inner;
    private int start; // of the context
    private int scanned;
    private int filled;
    private long base; // position in the text of buffer[0]
    private long dense; // words of the block, a bit each
    private long literals; // places of the block, a bit each

    /**
     * A sweep of nothing, until it is {@link #reset}.
     *
     * @param inner decodes what is encoded in the text; null when that is deep enough
     * @param capacity bytes of the buffer, at least {@link #LEAST}
     */
    Sweep(DetectorSet detectors, @Nullable Encoded inner, int capacity) {
        this.detectors = detectors;
        this.verifiers = detectors.array();
        this.table = detectors.literals();
        this.numbers = detectors.numbers();
        this.marks = table.marks();
        this.inner = inner;
        this.buffer = new byte[capacity + SLACK];
        reset();
    }

    void reset() {
        Arrays.fill(buffer, 0, PAD, (byte) '\n');
        start = PAD;
        scanned = PAD;
        filled = PAD;
        base = -PAD;
    }

    /** Zeroes what was in the buffer. */
    void wipe() {
        Arrays.fill(buffer, PAD, filled, (byte) 0);
        reset();
    }

    /** Room for text, after everything that can be decided was decided; at least 64 bytes. */
    int room() {
        int room = buffer.length - SLACK - filled;
        if (room >= BLOCK) {
            return room;
        }
        int shift = (scanned - BEHIND - REACH) & -BLOCK; // the grid of eight bytes stays where it is
        System.arraycopy(buffer, shift, buffer, 0, filled - shift);
        Arrays.fill(buffer, filled - shift, filled, (byte) 0);
        start = 0;
        scanned -= shift;
        filled -= shift;
        base += shift;
        return buffer.length - SLACK - filled;
    }

    /** Where text is to be written, up to {@link #room} bytes of it. */
    byte[] buffer() {
        return buffer;
    }

    /** Index after the text so far. */
    int filled() {
        return filled;
    }

    /** Position in the text of what will be written next. */
    long position() {
        return base + filled;
    }

    /** Takes in what was written and decides what can be decided. */
    void extend(int newFilled, Scanner.Sink sink) {
        filled = newFilled;
        advance(filled - AHEAD, sink);
    }

    /** Decides the rest. */
    void finish(Scanner.Sink sink) {
        Arrays.fill(buffer, filled, Math.min(buffer.length, filled + SLACK), (byte) 0);
        advance(filled, sink);
    }

    private void advance(int limit, Scanner.Sink sink) {
        for (int block = scanned & -Long.BYTES; block < limit; block += BLOCK) {
            long signs = signs(buffer, marks, block);
            long decided = block < scanned ? -1L << (scanned - block) : -1L;
            if (limit - block < BLOCK) {
                decided &= (1L << (limit - block)) - 1;
            }
            for (long left = signs & decided; left != 0; left &= left - 1) {
                sign(block + Long.numberOfTrailingZeros(left), sink);
            }
            for (long left = literals & decided; left != 0; left &= left - 1) {
                literals(block + Long.numberOfTrailingZeros(left), sink);
            }
            if (dense != 0 && inner != null) {
                encoded(inner, dense, block, limit, sink);
            }
        }
        scanned = Math.max(scanned, limit);
    }

    /**
     * Places of a block that have to be looked at, a bit each: where digits begin, at signs, capitals behind white space or a quotation mark.
     * Sets {@link #literals} to the places where a literal may be, and {@link #dense} to the words that have neither white space nor quotes
     * in them.
     */
    private long signs(byte[] text, long[] bits, int block) {
        long places = 0;
        long literalPlaces = 0;
        long denseWords = 0;
        long before = (long) WORD.get(text, block - Long.BYTES); // of which the last byte matters
        long digitsBefore = ~((((before & LOW_BITS) ^ DIGIT_ZEROS) + NOT_DIGIT) | before) & HIGH_BITS;
        long spacesBefore = ~(((before & LOW_BITS) + AFTER_QUOTE) | before) & HIGH_BITS;
        for (int j = 0; j < BLOCK; j += Long.BYTES) {
            long word = (long) WORD.get(text, block + j);
            int last = (int) GRAM.get(text, block + j + 6);
            long folded = word | CASE_BITS;
            long here = LiteralTable.isMarked(bits, (int) folded)
                    | (LiteralTable.isMarked(bits, (int) (folded >>> 16)) << 2)
                    | (LiteralTable.isMarked(bits, (int) (folded >>> 32)) << 4)
                    | (LiteralTable.isMarked(bits, last | LiteralTable.FOLD) << 6);
            long low = word & LOW_BITS;
            long digits = ~(((low ^ DIGIT_ZEROS) + NOT_DIGIT) | word) & HIGH_BITS;
            long spaces = ~((low + AFTER_QUOTE) | word) & HIGH_BITS;
            long atSigns = ~(((low ^ AT_SIGNS) + LOW_BITS) | word) & HIGH_BITS;
            long capitals = ((low + FROM_A) ^ (low + BEYOND_Z)) & ~word & HIGH_BITS;
            long signs = (digits & ~((digits << 8) | (digitsBefore >>> 56)))
                    | atSigns
                    | (capitals & ((spaces << 8) | (spacesBefore >>> 56)));
            places |= (((signs >>> 7) * GATHER) >>> 56) << j;
            literalPlaces |= here << j;
            denseWords |= ((((low + DENSE) & ~word & HIGH_BITS) == HIGH_BITS) ? 1L : 0) << (j >>> 3);
            digitsBefore = digits;
            spacesBefore = spaces;
        }
        dense = denseWords;
        literals = literalPlaces;
        return places;
    }

    private void sign(int at, Scanner.Sink sink) {
        byte b = buffer[at];
        if (b <= '9') {
            number(at, sink);
        } else {
            verify(b == '@' ? detectors.atSigns() : detectors.capitals(), at, sink);
        }
    }

    private void literals(int at, Scanner.Sink sink) {
        LiteralTable.Entry[] entries = table.at((int) GRAM.get(buffer, at) | LiteralTable.FOLD);
        if (entries != null) {
            for (LiteralTable.Entry entry : entries) {
                literal(entry, at, sink);
            }
        }
    }

    private void literal(LiteralTable.Entry entry, int gramAt, Scanner.Sink sink) {
        if (!sink.wants(entry.detector())) {
            return;
        }
        int at = entry.locate(buffer, start, filled, gramAt);
        if (at >= 0) {
            verify(entry.detector(), at, sink);
        }
    }

    private void number(int at, Scanner.Sink sink) {
        long word = (long) WORD.get(buffer, at); // after the text there are zeroes
        long others = ((((word & LOW_BITS) ^ DIGIT_ZEROS) + NOT_DIGIT) | word) & HIGH_BITS;
        int end = at + (Long.numberOfTrailingZeros(others) >>> 3);
        if (others == 0) {
            int most = Math.min(filled, at + Anchor.DigitRun.LONGEST);
            while (end < most && Bytes.is(buffer[end], Bytes.DIGIT)) {
                end++;
            }
        }
        int zero = buffer[at] == '0' ? 1 : 0;
        int before = Anchor.Neighbour.kind(buffer[at - 1]);
        int after = Anchor.Neighbour.kind(buffer[end]);
        verify(numbers.at(end - at, zero, before, after, Anchor.Then.kind(buffer[end + 1])), at, sink);
    }

    private void verify(int[] indexes, int at, Scanner.Sink sink) {
        for (int detector : indexes) {
            if (sink.wants(detector)) {
                verify(detector, at, sink);
            }
        }
    }

    private void verify(int detector, int at, Scanner.Sink sink) {
        long span = verifiers[detector].verify(buffer, Math.max(start, at - BEHIND), Math.min(filled, at + AHEAD), at);
        if (span != Span.NONE) {
            int from = Span.start(span);
            int to = Span.end(span);
            sink.found(detector, base + from, base + to, buffer, from, to);
        }
    }

    /**
     * Looks at runs of words without white space and quotes: at the beginning of each, and at every {@link Encoded#STRIDE} bytes of a long
     * one.
     */
    private void encoded(Encoded decoder, long dense, int block, int limit, Scanner.Sink sink) {
        long previous = isDense(block - Long.BYTES) ? 1 : 0;
        long next = isDense(block + BLOCK) ? 1L << 8 : 0;
        long all = dense | next;
        long pairs = all & (all >>> 1);
        long first = pairs & ~((all << 1) | previous);
        for (long left = pairs; left != 0; left &= left - 1) {
            int word = Long.numberOfTrailingZeros(left);
            int at = block + word * Long.BYTES;
            boolean begins = (first >>> word & 1) != 0;
            if ((begins || (base + at) % Encoded.STRIDE == 0) && at >= scanned && at < limit) {
                decoder.inspect(
                        buffer, Math.max(start, at - BEHIND), Math.min(filled, at + AHEAD), at, begins, base, sink);
            }
        }
    }

    private boolean isDense(int at) {
        long word = (long) WORD.get(buffer, at);
        return (((word & LOW_BITS) + DENSE) & ~word & HIGH_BITS) == HIGH_BITS;
    }
}
