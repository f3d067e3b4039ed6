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

    private final long[] begins = new long[16 * BYTES]; // first digit, byte before it
    private final long[] ends = new long[(DigitRun.LONGEST + 1) * BYTES]; // number of digits, byte behind them
    private final long[] before = new long[2 * BYTES]; // one and two bytes before that, the nearest first
    private final long[] after = new long[2 * BYTES];
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
        for (int value = 0; value < BYTES; value++) {
            byte b = (byte) value;
            if (allows(run.before(), 0, b)) {
                for (int digit = 0; digit < 10; digit++) {
                    begins[digit * BYTES | value] |= run.first().has((byte) ('0' + digit)) ? bit : 0;
                }
            }
            if (allows(run.after(), 0, b)) {
                for (int length = run.least(); length <= run.most(); length++) {
                    ends[length * BYTES | value] |= bit;
                }
            }
            for (int place = 1; place < DigitRun.AROUND; place++) {
                before[(place - 1) * BYTES | value] |= allows(run.before(), place, b) ? bit : 0;
                after[(place - 1) * BYTES | value] |= allows(run.after(), place, b) ? bit : 0;
            }
            boolean goesOn = b >= '0' && b <= '9'; // there are more than could be counted
            if (goesOn || run.nextEnd().has(b)) {
                int least = goesOn ? 0 : run.nextLeast();
                int most = goesOn ? run.nextMost() - 1 : run.nextMost();
                for (int digits = least; digits <= most && digits < WORD; digits++) {
                    next[digits * BYTES + value] |= bit;
                }
            }
        }
    }

    private static boolean allows(List<ByteSet> sets, int place, byte b) {
        return place >= sets.size() || sets.get(place).has(b);
    }

    /**
     * Anchors that allow the first digit and the byte before it, and as many digits and the byte behind them, a bit each.
     *
     * @param length digits, up to {@link DigitRun#LONGEST}
     */
    long at(byte first, byte previous, int length, byte behind) {
        return begins[(first & 0xF) * BYTES | (previous & 0xFF)] & ends[length * BYTES | (behind & 0xFF)];
    }

    /** Of the anchors at a run, those that allow the second and the third byte on each side of it, which can be read. */
    long around(long anchors, byte[] text, int at, int end) {
        return anchors
                & before[text[at - 2] & 0xFF]
                & before[BYTES | (text[at - 3] & 0xFF)]
                & after[text[end + 1] & 0xFF]
                & after[BYTES | (text[end + 2] & 0xFF)];
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
        long longs = 0L + begins.length + ends.length + before.length + after.length + next.length;
        return Long.BYTES * (longs + ofDetector.length) + Integer.BYTES * (long) detectors.length;
    }
}
