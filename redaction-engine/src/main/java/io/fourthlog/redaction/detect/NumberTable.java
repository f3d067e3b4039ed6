package io.fourthlog.redaction.detect;

import java.util.Arrays;
import java.util.List;

/** Tells from the length of a run of digits and its neighbours which detectors want to see it. Immutable and shared. */
final class NumberTable {

    private static final int LENGTHS = Anchor.DigitRun.LONGEST + 1;
    private static final int KINDS = Anchor.Neighbour.KINDS;
    private static final int[] NOBODY = {};

    private final int[][] detectors = new int[LENGTHS * KINDS * KINDS][];

    NumberTable(List<Detector> all) {
        Arrays.fill(detectors, NOBODY);
        for (int i = 0; i < all.size(); i++) {
            for (Anchor anchor : all.get(i).anchors()) {
                if (anchor instanceof Anchor.DigitRun run) {
                    enter(run, i);
                }
            }
        }
    }

    private void enter(Anchor.DigitRun run, int detector) {
        for (int length = run.least(); length <= run.most(); length++) {
            for (int before = 0; before < KINDS; before++) {
                for (int after = 0; after < KINDS; after++) {
                    if (((run.before() >>> before) & 1) != 0 && ((run.after() >>> after) & 1) != 0) {
                        add(index(length, before, after), detector);
                    }
                }
            }
        }
    }

    private void add(int index, int detector) {
        int[] known = detectors[index];
        if (known.length > 0 && known[known.length - 1] == detector) {
            return; // for another of its anchors
        }
        int[] more = Arrays.copyOf(known, known.length + 1);
        more[known.length] = detector;
        detectors[index] = more;
    }

    int[] at(int length, int kindBefore, int kindAfter) {
        return detectors[index(Math.min(length, Anchor.DigitRun.LONGEST), kindBefore, kindAfter)];
    }

    /** Approximate size in memory. */
    long bytes() {
        return 4L * detectors.length
                + Arrays.stream(detectors)
                        .mapToLong(here -> 16 + 4L * here.length)
                        .sum();
    }

    private static int index(int length, int before, int after) {
        return (length * KINDS + before) * KINDS + after;
    }
}
