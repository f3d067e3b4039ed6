package io.fourthlog.redaction.detect;

import io.fourthlog.redaction.detect.Anchor.DigitRun;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells from a run of digits and what is around it which detectors want to see it. Every {@link DigitRun} is a bit; a row for each byte
 * at each place has the bits of those that allow it there, and what all rows have in common is left. Immutable and shared.
 */
final class NumberTable {

    private static final int BYTES = 1 << Byte.SIZE;
    private static final int WORD =
            Long.BYTES; // digits behind a run are counted in the eight bytes from its beginning on

    private final long[] lengths = new long[DigitRun.LONGEST + 1];
    private final long[] first = new long[BYTES];
    private final long[] before = new long[DigitRun.AROUND * BYTES]; // the nearest byte first
    private final long[] after = new long[DigitRun.AROUND * BYTES];
    private final long[] next = new long[WORD * BYTES]; // number of digits, byte behind them
    private final int[] detectors; // by bit
    private final long[] ofDetector; // by bit, all bits of its detector

    NumberTable(List<Detector> all) {
        List<Integer> owners = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            for (Anchor anchor : all.get(i).anchors()) {
                if (anchor instanceof DigitRun run) {
                    if (owners.size() == Long.SIZE) {
                        throw new IllegalStateException("more anchors at digits than a long has bits");
                    }
                    enter(run, 1L << owners.size());
                    owners.add(i);
                }
            }
        }
        detectors = owners.stream().mapToInt(Integer::intValue).toArray();
        ofDetector = new long[detectors.length];
        for (int bit = 0; bit < detectors.length; bit++) {
            for (int other = 0; other < detectors.length; other++) {
                ofDetector[bit] |= detectors[other] == detectors[bit] ? 1L << other : 0;
            }
        }
    }

    private void enter(DigitRun run, long bit) {
        for (int length = run.least(); length <= run.most(); length++) {
            lengths[length] |= bit;
        }
        for (int value = 0; value < BYTES; value++) {
            byte b = (byte) value;
            first[value] |= run.first().has(b) ? bit : 0;
            for (int place = 0; place < DigitRun.AROUND; place++) {
                before[place * BYTES + value] |= allows(run.before(), place, b) ? bit : 0;
                after[place * BYTES + value] |= allows(run.after(), place, b) ? bit : 0;
            }
            for (int digits = 0; digits < WORD; digits++) {
                boolean goesOn = b >= '0' && b <= '9'; // there are more than could be counted
                boolean fits = goesOn
                        ? digits < run.nextMost()
                        : digits >= run.nextLeast()
                                && digits <= run.nextMost()
                                && run.nextEnd().has(b);
                next[digits * BYTES + value] |= fits ? bit : 0;
            }
        }
    }

    private static boolean allows(List<ByteSet> sets, int place, byte b) {
        return place >= sets.size() || sets.get(place).has(b);
    }

    /**
     * Anchors at a run, a bit each. Three bytes before the text and as many after it can be read.
     *
     * @param length digits, up to {@link DigitRun#LONGEST}
     */
    long at(byte[] text, int at, int length) {
        int end = at + length;
        return lengths[length]
                & first[text[at] & 0xFF]
                & before[text[at - 1] & 0xFF]
                & before[BYTES | (text[at - 2] & 0xFF)]
                & before[2 * BYTES | (text[at - 3] & 0xFF)]
                & after[text[end] & 0xFF]
                & after[BYTES | (text[end + 1] & 0xFF)]
                & after[2 * BYTES | (text[end + 2] & 0xFF)];
    }

    /** Anchors that allow so many digits behind a run and the byte after it, and then a byte, a bit each. */
    long next(int digits, byte end) {
        return next[digits * BYTES | (end & 0xFF)];
    }

    /** The detector of a bit. */
    int detector(int bit) {
        return detectors[bit];
    }

    /** All bits of the detector of a bit. */
    long ofDetector(int bit) {
        return ofDetector[bit];
    }

    /** Approximate size in memory. */
    long bytes() {
        long longs = 0L + lengths.length + first.length + before.length + after.length + next.length;
        return Long.BYTES * (longs + ofDetector.length) + Integer.BYTES * (long) detectors.length;
    }
}
