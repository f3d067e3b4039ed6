package io.fourthlog.redaction.detect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Tells from the length of a run of digits, its first one and its neighbours which detectors want to see it. Immutable and shared. */
final class NumberTable {

    private static final int LENGTHS = Anchor.DigitRun.LONGEST + 1;
    private static final int KINDS = Anchor.Neighbour.KINDS;
    private static final int THENS = Anchor.Then.KINDS;

    private final byte[] rows = new byte[LENGTHS * 2 * KINDS * KINDS * THENS]; // number of a list
    private final int[][] lists;

    NumberTable(List<Detector> all) {
        List<Seeker> seekers = IntStream.range(0, all.size())
                .mapToObj(i -> new Seeker(
                        i,
                        all.get(i).anchors().stream()
                                .filter(Anchor.DigitRun.class::isInstance)
                                .map(Anchor.DigitRun.class::cast)
                                .toList()))
                .filter(seeker -> !seeker.runs().isEmpty())
                .toList();
        List<List<Integer>> known = new ArrayList<>();
        for (int row = 0; row < rows.length; row++) {
            List<Integer> list = new ArrayList<>();
            for (Seeker seeker : seekers) { // no streams: they are slow while the program starts
                if (seeker.wants(row)) {
                    list.add(seeker.detector());
                }
            }
            if (!known.contains(list)) {
                known.add(list);
            }
            rows[row] = (byte) known.indexOf(list);
        }
        if (known.size() > 1 << Byte.SIZE) {
            throw new IllegalStateException("more lists of detectors than a byte can number: " + known.size());
        }
        lists = known.stream()
                .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
                .toArray(int[][]::new);
    }

    /** A detector that looks at runs of digits. */
    private record Seeker(int detector, List<Anchor.DigitRun> runs) {
        boolean wants(int row) {
            for (Anchor.DigitRun run : runs) {
                if (fits(run, row)) {
                    return true;
                }
            }
            return false;
        }
    }

    private static boolean fits(Anchor.DigitRun run, int row) {
        int length = row / (2 * KINDS * KINDS * THENS);
        boolean zero = row / (KINDS * KINDS * THENS) % 2 != 0;
        return length >= run.least()
                && length <= run.most()
                && run.lead() != (zero ? Anchor.Lead.NOT_ZERO : Anchor.Lead.ZERO)
                && (run.before() >>> (row / (KINDS * THENS) % KINDS) & 1) != 0
                && (run.after() >>> (row / THENS % KINDS) & 1) != 0
                && (run.then() >>> (row % THENS) & 1) != 0;
    }

    /**
     * Detectors that want to see a run.
     *
     * @param length digits, up to {@link Anchor.DigitRun#LONGEST}
     * @param zero 1 if the first is a zero, else 0
     * @param before number of a kind of {@link Anchor.Neighbour}
     * @param after number of a kind of {@link Anchor.Neighbour}
     * @param then number of a kind of {@link Anchor.Then}
     */
    int[] at(int length, int zero, int before, int after, int then) {
        return lists[rows[(((length * 2 + zero) * KINDS + before) * KINDS + after) * THENS + then] & 0xFF];
    }

    /** Approximate size in memory. */
    long bytes() {
        return rows.length
                + Arrays.stream(lists).mapToLong(here -> 16 + 4L * here.length).sum();
    }
}
