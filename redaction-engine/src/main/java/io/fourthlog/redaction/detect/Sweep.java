package io.fourthlog.redaction.detect;

import static io.fourthlog.redaction.detect.Swar.FOUR;
import static io.fourthlog.redaction.detect.Swar.HIGH_BITS;
import static io.fourthlog.redaction.detect.Swar.LOW_BITS;
import static io.fourthlog.redaction.detect.Swar.ONES;
import static io.fourthlog.redaction.detect.Swar.WORD;

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

    /** Bytes before the place where it is noticed at which a literal may begin. */
    static final int REACH = 40;

    private static final int BLOCK = Filter.BLOCK;
    private static final int PAD = 16; // bytes before the text, which look like white space
    static final int SLACK = 80; // bytes after the text that are read and not used

    /** Smallest buffer: what may be looked at around a place, and room. */
    static final int LEAST = BEHIND + REACH + Long.BYTES + AHEAD + SLACK;

    private static final long DIGIT_ZEROS = '0' * ONES;
    private static final long NOT_DIGIT = (0x80 - 10) * ONES; // carries into the high bit from 10 on
    private static final long DENSE = (0x80 - '+') * ONES; // carries from '+' on: no white space, no quotes

    private final DetectorSet detectors;
    private final Detector[] verifiers;
    private final NumberTable numbers;
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
        this.numbers = detectors.numbers();
        this.capitalWords = detectors.capitalWords();
        this.inner = inner;
        this.buffer = new byte[capacity];
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

    /** Room for text, after everything that can be decided was decided; at least {@link #SLACK} bytes. */
    int room() {
        int room = buffer.length - filled;
        if (room >= SLACK) {
            return room;
        }
        int shift = (scanned - BEHIND - REACH) & -Long.BYTES; // the grid of eight bytes stays where it is
        System.arraycopy(buffer, shift, buffer, 0, filled - shift);
        Arrays.fill(buffer, filled - shift, filled, (byte) 0);
        start = 0;
        scanned -= shift;
        filled -= shift;
        base += shift;
        return buffer.length - filled;
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
        room(); // for what is read behind the text
        Arrays.fill(buffer, filled, filled + SLACK, (byte) 0);
        advance(filled, sink);
    }

    private void advance(int limit, Scanner.Sink sink) {
        int batch = Filter.BATCH * BLOCK;
        for (int from = scanned & -Long.BYTES; from < limit; from += batch) {
            int blocks = Math.min(Filter.BATCH, (limit - from + BLOCK - 1) / BLOCK);
            filter.scan(buffer, from, blocks);
            decide(filter, from, blocks, limit);
            numbers(filter, from, blocks, sink);
            signs(filter, from, blocks, sink);
            literals(filter, from, blocks, sink);
            if (inner != null) {
                encoded(inner, from, blocks, limit, sink);
            }
        }
        scanned = Math.max(scanned, limit);
    }

    /** Leaves those places of blocks that are to be decided. */
    private void decide(Filter found, int from, int blocks, int limit) {
        int last = blocks - 1;
        long decided = limit - from - last * BLOCK < BLOCK ? (1L << (limit - from)) - 1 : -1L;
        long undecided = from < scanned ? -1L << (scanned - from) : -1L;
        found.digits[last] &= decided;
        found.signs[last] &= decided;
        found.literals[last] &= decided;
        found.digits[0] &= undecided;
        found.signs[0] &= undecided;
        found.literals[0] &= undecided;
    }

    /** Looks at runs of digits: at all of them by two lookups, and at those that are left by the rest. */
    private void numbers(Filter found, int from, int blocks, Scanner.Sink sink) {
        short[] places = found.places;
        long[] anchors = found.anchors;
        int count = found.list(found.digits, blocks);
        int some = 0;
        for (int i = 0; i < count; i++) {
            short place = places[i];
            int at = from + place;
            long word = (long) WORD.get(buffer, at); // after the text there are zeroes
            long others = notDigits(word);
            int bits = Long.numberOfTrailingZeros(others) & -Byte.SIZE;
            long here = others == 0
                    ? anchorsOfLong(at)
                    : numbers.at((byte) word, buffer[at - 1], bits / Byte.SIZE, (byte) (word >>> bits));
            places[some] = place;
            anchors[some] = here;
            some += (int) ((here | -here) >>> (Long.SIZE - 1));
        }
        for (int i = 0; i < some; i++) {
            int at = from + places[i];
            long word = (long) WORD.get(buffer, at);
            long others = notDigits(word);
            long left = anchors[i];
            if (others != 0) {
                int length = Long.numberOfTrailingZeros(others) >>> 3;
                int next = Long.numberOfTrailingZeros(others & (others - 1)) >>> 3; // eight if there is none
                left = numbers.around(left, buffer, at, at + length)
                        & numbers.next(next - length - 1, buffer[at + next]);
            }
            while (left != 0) {
                int bit = Long.numberOfTrailingZeros(left);
                verify(numbers.detector(bit), at, sink);
                left &= ~numbers.ofDetector(bit);
            }
        }
    }

    /** Anchors at a run of eight digits or more. */
    private long anchorsOfLong(int at) {
        int end = at + Long.BYTES;
        int most = Math.min(filled, at + Anchor.DigitRun.LONGEST);
        while (end < most && Bytes.is(buffer[end], Bytes.DIGIT)) {
            end++;
        }
        return numbers.around(numbers.at(buffer[at], buffer[at - 1], end - at, buffer[end]), buffer, at, end);
    }

    /** The high bits of those of eight bytes that are no digits. */
    private static long notDigits(long word) {
        return ((((word & LOW_BITS) ^ DIGIT_ZEROS) + NOT_DIGIT) | word) & HIGH_BITS;
    }

    private void signs(Filter found, int from, int blocks, Scanner.Sink sink) {
        short[] places = found.places;
        int count = found.list(found.signs, blocks);
        int some = 0;
        for (int i = 0; i < count; i++) {
            int four = (int) FOUR.get(buffer, from + places[i]);
            int atSign = (((four & 0xFF) ^ '@') - 1) >>> (Integer.SIZE - 1); // 1 or 0
            places[some] = places[i];
            some += (int) Words.mayBegin(capitalWords, four) | atSign;
        }
        for (int i = 0; i < some; i++) {
            int at = from + places[i];
            for (int detector : buffer[at] == '@' ? detectors.atSigns() : detectors.capitals()) {
                verify(detector, at, sink);
            }
        }
    }

    private void literals(Filter found, int from, int blocks, Scanner.Sink sink) {
        short[] places = found.places;
        LiteralTable table = found.table;
        long[] marks = table.marks();
        int count = found.list(found.literals, blocks);
        int some = 0;
        for (int i = 0; i < count; i++) {
            short place = places[i];
            places[some] = place;
            some += (int) LiteralTable.isMarked(marks, (int) FOUR.get(buffer, from + place) | LiteralTable.FOLD);
        }
        for (int i = 0; i < some; i++) {
            int at = from + places[i];
            int literal = table.first((int) FOUR.get(buffer, at) | LiteralTable.FOLD);
            while (!table.isEnd(literal)) {
                int begin = table.locate(literal, buffer, start, filled, at);
                if (begin >= 0) {
                    verify(table.detector(literal), begin, sink);
                }
                literal++;
            }
        }
    }

    private void verify(int detector, int at, Scanner.Sink sink) {
        if (!sink.wants(detector)) {
            return;
        }
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
    private void encoded(Encoded decoder, int from, int blocks, int limit, Scanner.Sink sink) {
        long[] dense = filter.dense;
        long before = isDense(from - Long.BYTES) ? 1 : 0;
        for (int i = 0; i < blocks; i += Byte.SIZE) { // as many words as a long has bits
            int begin = from + i * BLOCK;
            int words = Math.min(Byte.SIZE, blocks - i) * (BLOCK / Long.BYTES);
            long here = dense[i / Byte.SIZE];
            long after = isDense(begin + words * Long.BYTES) ? 1 : 0;
            long pairs = here & (here >>> 1 | after << (words - 1));
            long first = pairs & ~(here << 1 | before);
            for (long left = first; left != 0; left &= left - 1) {
                inspect(decoder, begin + Long.numberOfTrailingZeros(left) * Long.BYTES, true, limit, sink);
            }
            // A run of the least length that begins with the second byte of a word has but one whole word.
            for (long left = here & ~pairs & ~(here << 1 | before); left != 0; left &= left - 1) {
                int at = begin + Long.numberOfTrailingZeros(left) * Long.BYTES;
                if (Encoded.notBase64((long) WORD.get(buffer, at - Long.BYTES)) >>> Byte.SIZE == 0) {
                    inspect(decoder, at, true, limit, sink);
                }
            }
            if (pairs != first) {
                int stride = (int) Math.floorMod(-(base + begin), (long) Encoded.STRIDE) / Long.BYTES;
                for (int word = stride; word < words; word += Encoded.STRIDE / Long.BYTES) {
                    if (((pairs & ~first) >>> word & 1) != 0) {
                        inspect(decoder, begin + word * Long.BYTES, false, limit, sink);
                    }
                }
            }
            before = here >>> (words - 1);
        }
    }

    private void inspect(Encoded decoder, int at, boolean begins, int limit, Scanner.Sink sink) {
        if (at >= scanned && at < limit && mayBeEncoded(at, begins)) {
            decoder.inspect(buffer, Math.max(start, at - BEHIND), Math.min(filled, at + AHEAD), at, begins, base, sink);
        }
    }

    /**
     * Whether a run of base64 that is long enough begins in the next {@link Encoded#STRIDE} bytes before white space and quotes, or in the
     * word before when the words begin here.
     */
    private boolean mayBeEncoded(int from, boolean begins) {
        int run = begins
                ? Long.numberOfLeadingZeros(Encoded.notBase64((long) WORD.get(buffer, from - Long.BYTES))) >>> 3
                : 0;
        int last = Math.min(filled, from + Encoded.STRIDE + Encoded.MIN_RUN);
        for (int at = from; at < last; at += Long.BYTES) {
            long word = (long) WORD.get(buffer, at);
            long others = Encoded.notBase64(word);
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

    private boolean isDense(int at) {
        long word = (long) WORD.get(buffer, at);
        return (((word & LOW_BITS) + DENSE) & ~word & HIGH_BITS) == HIGH_BITS;
    }
}
