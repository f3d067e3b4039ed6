package io.fourthlog.redaction.detect;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One pass over unveiled text, whatever pieces it comes in, that shows detectors the places of their anchors. A {@link Filter} reduces
 * sixty-four bytes at a time to a set of places; only those are looked at, and only where tables say that a detector can have something.
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
    private static final int BLOCK = Filter.BLOCK;
    private static final int PAD = 16; // bytes before the text, which look like white space
    static final int SLACK = 80; // bytes after the text that are read and not used
    private static final int REACH = 64; // a literal begins at most so many bytes before the place where it is noticed

    private static final long ONES = 0x0101010101010101L;
    private static final long LOW_BITS = 0x7F * ONES;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long CASE_BITS = 0x20 * ONES;
    private static final long DIGIT_ZEROS = '0' * ONES;
    private static final long NOT_DIGIT = (0x80 - 10) * ONES; // carries into the high bit from 10 on
    private static final long DENSE = (0x80 - '+') * ONES; // carries from '+' on: no white space, no quotes
    private static final long FROM_LOWER_A = (0x80 - 'a') * ONES;
    private static final long BEYOND_LOWER_Z = (0x80 - 'z' - 1) * ONES;
    private static final long FROM_SLASH = (0x80 - '/') * ONES;
    private static final long BEYOND_9 = (0x80 - '9' - 1) * ONES;
    private static final long PLUSES = '+' * ONES;
    private static final long HYPHENS = '-' * ONES;
    private static final long UNDERSCORES = '_' * ONES;

    private final DetectorSet detectors;
    private final Detector[] verifiers;
    private final LiteralTable table;
    private final NumberTable numbers;
    private final long[] marks;
    private final long[] capitalWords;
    private final FilterChoice filters;
    private final byte[] buffer;
    private final @Nullable Encoded inner;
    private int start; // of the context
    private int scanned;
    private int filled;
    private long base; // position in the text of buffer[0]
    private Filter filter; // of this text

    /**
     * A sweep of nothing, until it is {@link #reset}.
     *
     * @param inner decodes what is encoded in the text; null when that is deep enough
     * @param filters gives the filter; may be shared by sweeps that take turns
     * @param capacity bytes of the buffer, at least {@link #LEAST}
     */
    Sweep(DetectorSet detectors, @Nullable Encoded inner, FilterChoice filters, int capacity) {
        this.filters = filters;
        this.detectors = detectors;
        this.verifiers = detectors.array();
        this.table = detectors.literals();
        this.numbers = detectors.numbers();
        this.marks = table.marks();
        this.capitalWords = detectors.capitalWords();
        this.inner = inner;
        this.buffer = new byte[capacity + SLACK];
        this.filter = filters.now();
        reset();
    }

    void reset() {
        Arrays.fill(buffer, 0, PAD, (byte) '\n');
        start = PAD;
        scanned = PAD - 1; // the four bytes of a literal can begin before it
        filled = PAD;
        base = -PAD;
        filter = filters.now();
    }

    /** Zeroes what was in the buffer. */
    void wipe() {
        Arrays.fill(buffer, PAD, filled, (byte) 0);
        reset();
    }

    /** The filter of this text. */
    Filter filter() {
        return filter;
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
        int batch = Filter.BATCH * BLOCK;
        for (int from = scanned & -Long.BYTES; from < limit; from += batch) {
            int blocks = Math.min(Filter.BATCH, (limit - from + BLOCK - 1) / BLOCK);
            filter.scan(buffer, from, blocks);
            for (int i = 0; i < blocks; i++) {
                look(i, from + i * BLOCK, limit, sink);
            }
        }
        scanned = Math.max(scanned, limit);
    }

    /** Looks at the places of a block that are to be decided. */
    private void look(int index, int block, int limit, Scanner.Sink sink) {
        long decided = block < scanned ? -1L << (scanned - block) : -1L;
        if (limit - block < BLOCK) {
            decided &= (1L << (limit - block)) - 1;
        }
        for (long left = filter.digits[index] & decided; left != 0; left &= left - 1) {
            number(block + Long.numberOfTrailingZeros(left), sink);
        }
        for (long left = filter.signs[index] & decided; left != 0; left &= left - 1) {
            sign(block + Long.numberOfTrailingZeros(left), sink);
        }
        for (long left = filter.literals[index] & decided; left != 0; left &= left - 1) {
            literals(block + Long.numberOfTrailingZeros(left), sink);
        }
        if (filter.dense[index] != 0 && inner != null) {
            encoded(inner, filter.dense[index], block, limit, sink);
        }
    }

    private void sign(int at, Scanner.Sink sink) {
        if (buffer[at] == '@') {
            verify(detectors.atSigns(), at, sink);
        } else if (Words.mayBegin(capitalWords, (int) GRAM.get(buffer, at))) {
            verify(detectors.capitals(), at, sink);
        }
    }

    private void literals(int at, Scanner.Sink sink) {
        int gram = (int) GRAM.get(buffer, at) | LiteralTable.FOLD;
        if (LiteralTable.isMarked(marks, gram) == 0) {
            return;
        }
        int literal = table.first(gram);
        while (!table.isEnd(literal)) {
            int begin = filter.locate(table, literal, buffer, start, filled, at);
            if (begin >= 0) {
                int detector = table.detector(literal);
                if (sink.wants(detector)) {
                    verify(detector, begin, sink);
                }
            }
            literal++;
        }
    }

    private void number(int at, Scanner.Sink sink) {
        long word = (long) WORD.get(buffer, at); // after the text there are zeroes
        long others = ((((word & LOW_BITS) ^ DIGIT_ZEROS) + NOT_DIGIT) | word) & HIGH_BITS;
        long anchors;
        if (others != 0) {
            int length = Long.numberOfTrailingZeros(others) >>> 3;
            int next = Long.numberOfTrailingZeros(others & (others - 1)) >>> 3; // eight if there is none
            anchors = numbers.at(buffer, at, length) & numbers.next(next - length - 1, buffer[at + next]);
        } else {
            int end = at + Long.BYTES;
            int most = Math.min(filled, at + Anchor.DigitRun.LONGEST);
            while (end < most && Bytes.is(buffer[end], Bytes.DIGIT)) {
                end++;
            }
            anchors = numbers.at(buffer, at, end - at);
        }
        while (anchors != 0) {
            int bit = Long.numberOfTrailingZeros(anchors);
            int detector = numbers.detector(bit);
            if (sink.wants(detector)) {
                verify(detector, at, sink);
            }
            anchors &= ~numbers.ofDetector(bit);
        }
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
            if ((begins || (base + at) % Encoded.STRIDE == 0)
                    && at >= scanned
                    && at < limit
                    && mayBeEncoded(at, begins)) {
                decoder.inspect(
                        buffer, Math.max(start, at - BEHIND), Math.min(filled, at + AHEAD), at, begins, base, sink);
            }
        }
    }

    /**
     * Whether a run of base64 that is long enough begins in the next {@link Encoded#STRIDE} bytes before white space and quotes, or in the
     * word before when the words begin here.
     */
    private boolean mayBeEncoded(int from, boolean begins) {
        int run = begins ? Long.numberOfLeadingZeros(notBase64((long) WORD.get(buffer, from - Long.BYTES))) >>> 3 : 0;
        int last = Math.min(filled, from + Encoded.STRIDE + Encoded.MIN_RUN);
        for (int at = from; at < last; at += Long.BYTES) {
            long word = (long) WORD.get(buffer, at);
            long others = notBase64(word);
            run += Long.numberOfTrailingZeros(others) >>> 3;
            if (run >= Encoded.MIN_RUN) {
                return true;
            }
            if (others != 0) {
                run = Long.numberOfLeadingZeros(others) >>> 3;
                if (((((word & LOW_BITS) + DENSE) | word) & HIGH_BITS) != HIGH_BITS) {
                    return false;
                }
            }
        }
        return false;
    }

    /** The high bits of those of eight bytes that are not of the alphabets of base64. */
    private static long notBase64(long word) {
        long low = word & LOW_BITS;
        long folded = low | CASE_BITS;
        long letters = (folded + FROM_LOWER_A) ^ (folded + BEYOND_LOWER_Z);
        long digits = (low + FROM_SLASH) ^ (low + BEYOND_9);
        long others = ((low ^ PLUSES) + LOW_BITS) & ((low ^ HYPHENS) + LOW_BITS) & ((low ^ UNDERSCORES) + LOW_BITS);
        return (~(letters | digits | ~others) | word) & HIGH_BITS;
    }

    private boolean isDense(int at) {
        long word = (long) WORD.get(buffer, at);
        return (((word & LOW_BITS) + DENSE) & ~word & HIGH_BITS) == HIGH_BITS;
    }
}
