package io.fourthlog.redaction.detect;

import java.util.List;
import java.util.stream.IntStream;

/** Tells from the length of a run of digits and its neighbours which detectors want to see it. Immutable and shared. */
final class NumberTable {

    private static final int LENGTHS = Anchor.DigitRun.LONGEST + 1;
    private static final int KINDS = Anchor.Neighbour.KINDS;
    private static final int[] NOBODY = {};

    private final int[][] detectors = new int[LENGTHS * KINDS * KINDS][];

    NumberTable(List<Detector> all) {
        for (int length = 0; length < LENGTHS; length++) {
            for (int before = 0; before < KINDS; before++) {
                for (int after = 0; after < KINDS; after++) {
                    int digits = length;
                    int bitBefore = 1 << before;
                    int bitAfter = 1 << after;
                    int[] here = IntStream.range(0, all.size())
                            .filter(i -> all.get(i).anchors().stream()
                                    .anyMatch(anchor -> anchor instanceof Anchor.DigitRun number
                                            && digits >= number.least()
                                            && digits <= number.most()
                                            && (number.before() & bitBefore) != 0
                                            && (number.after() & bitAfter) != 0))
                            .toArray();
                    detectors[index(length, before, after)] = here.length == 0 ? NOBODY : here;
                }
            }
        }
    }

    int[] at(int length, int kindBefore, int kindAfter) {
        return detectors[index(Math.min(length, Anchor.DigitRun.LONGEST), kindBefore, kindAfter)];
    }

    private static int index(int length, int before, int after) {
        return (length * KINDS + before) * KINDS + after;
    }
}
