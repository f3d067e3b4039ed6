package io.fourthlog.redaction.detect;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A cheap sign that a detector may have something here; a {@link Sweep} finds those of all detectors in one pass. */
sealed interface Anchor {

    /**
     * Every occurrence of an ASCII text; the anchor is its first byte.
     *
     * @param text at least three characters, or two when {@code next} is known; in lower case when {@code anyCase}
     * @param anyCase whether case does not matter
     * @param begins whether no letter or digit is before it
     * @param ends whether no letter is after it
     * @param before what the byte before it is of; null when it may be anything that {@code begins} allows
     * @param next what the two bytes after it are of; null when they may be anything
     */
    record Literal(
            String text,
            boolean anyCase,
            boolean begins,
            boolean ends,
            @Nullable ByteSet before,
            @Nullable ByteSet next)
            implements Anchor {

        public Literal {
            if (text.length() < 3 && (text.length() < 2 || next == null)) {
                throw new IllegalArgumentException("a literal anchor has at least three characters: " + text);
            }
        }
    }

    /**
     * Every run of digits of some lengths with some bytes around it; the anchor is its first byte. The more it says, the less often the
     * detector is called.
     *
     * <pre>
     *          first ┐
     * before …2 1 0 │123│ 0 1 2… after          │123│.│45│:   next: two digits behind one byte, and then a colon
     * </pre>
     *
     * @param least fewest digits
     * @param most most digits, up to {@link #LONGEST}
     * @param first what the first digit is of
     * @param before what the bytes before it are of, the nearest first
     * @param after what the bytes after it are of, the nearest first
     * @param nextLeast fewest digits behind the byte after it
     * @param nextMost most digits there
     * @param nextEnd what the byte behind those is of
     */
    record DigitRun(
            int least,
            int most,
            ByteSet first,
            List<ByteSet> before,
            List<ByteSet> after,
            int nextLeast,
            int nextMost,
            ByteSet nextEnd)
            implements Anchor {

        /** Runs that are longer count as one of this length. */
        static final int LONGEST = 24;

        /** Bytes on each side that a run can ask for. */
        static final int AROUND = 3;

        public DigitRun {
            if (least < 1 || most < least || most > LONGEST) {
                throw new IllegalArgumentException("no run of digits has from " + least + " to " + most);
            }
            before = List.copyOf(before);
            after = List.copyOf(after);
            if (before.size() > AROUND || after.size() > AROUND) {
                throw new IllegalArgumentException("a run of digits is told by " + AROUND + " bytes on each side");
            }
        }

        /** All runs of some lengths. */
        static DigitRun of(int least, int most) {
            return new DigitRun(least, most, ByteSet.ANY, List.of(), List.of(), 0, Integer.MAX_VALUE, ByteSet.ANY);
        }

        static DigitRun of(int length) {
            return of(length, length);
        }

        DigitRun first(String set) {
            return new DigitRun(least, most, ByteSet.of(set), before, after, nextLeast, nextMost, nextEnd);
        }

        /** The same, behind bytes of some sets, of which the first is the nearest. */
        DigitRun before(String... sets) {
            return new DigitRun(least, most, first, sets(sets), after, nextLeast, nextMost, nextEnd);
        }

        DigitRun after(String... sets) {
            return new DigitRun(least, most, first, before, sets(sets), nextLeast, nextMost, nextEnd);
        }

        /** The same, with so many digits behind the byte after it, and then a byte of a set. */
        DigitRun next(int fewest, int upTo, String end) {
            return new DigitRun(least, most, first, before, after, fewest, upTo, ByteSet.of(end));
        }

        private static List<ByteSet> sets(String... sets) {
            return Stream.of(sets).map(ByteSet::of).toList();
        }
    }

    /** An at sign. */
    record AtSign() implements Anchor {}

    /** An upper-case letter after white space or a quotation mark, or at the beginning, where a word of a dictionary may begin. */
    record Capital(Words words) implements Anchor {}

    /** A text after a byte of a set. */
    static Anchor after(ByteSet before, String text) {
        return new Literal(text, false, false, false, before, null);
    }

    /** A token that begins so, with nothing of a word before it. */
    static Anchor prefix(String text) {
        return new Literal(text, false, true, false, null, null);
    }

    /** A text anywhere. */
    static Anchor literal(String text) {
        return new Literal(text, false, false, false, null, null);
    }

    /** A word, or a part of one, in any case; one of three letters only as a word or at the beginning of one. */
    static Anchor keyword(String text) {
        return new Literal(text, true, text.length() == 3, text.length() == 3, null, null);
    }
}
