package io.fourthlog.redaction.detect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells for every pair of neighbouring bytes which anchors of which detectors may be there. Made once for a set of detectors;
 * immutable and shared.
 *
 * <pre>
 * marked  65,536 bits  pair of bytes → is any anchor there?   8 KiB, stays in the first-level cache
 * groups  65,536 × 16  pair of bytes → which group            128 KiB, read for a marked pair only
 * entries              group → (detector, anchor)…
 * </pre>
 */
final class Prefilter {

    private static final int PAIRS = 1 << 16;

    /** An anchor and the detector that wants to know of it. */
    record Entry(int detector, Anchor anchor) {}

    private final long[] marked = new long[PAIRS / Long.SIZE];
    private final char[] groups = new char[PAIRS];
    private final Entry[][] entries;

    Prefilter(List<Detector> detectors) {
        List<Entry> all = new ArrayList<>();
        for (int i = 0; i < detectors.size(); i++) {
            for (Anchor anchor : detectors.get(i).anchors()) {
                all.add(new Entry(i, anchor));
            }
        }
        Map<List<Entry>, Integer> numbers = new HashMap<>();
        List<Entry[]> numbered = new ArrayList<>();
        for (int pair = 0; pair < PAIRS; pair++) {
            int before = pair >>> 8;
            int at = pair & 0xFF;
            List<Entry> here = all.stream()
                    .filter(entry -> entry.anchor().acceptsPair(before, at))
                    .toList();
            if (!here.isEmpty()) {
                marked[pair >>> 6] |= 1L << pair;
                groups[pair] = (char) (int) numbers.computeIfAbsent(here, group -> {
                    numbered.add(group.toArray(Entry[]::new));
                    return numbered.size() - 1;
                });
            }
        }
        entries = numbered.toArray(Entry[][]::new);
    }

    /** Whether an anchor may be at a pair: the earlier byte in bits 8 to 15, the later one in bits 0 to 7. */
    boolean isMarked(int pair) {
        return (marked[pair >>> 6] >>> pair & 1) != 0;
    }

    /** The anchors that may be at a marked pair. */
    Entry[] at(int pair) {
        return entries[groups[pair]];
    }
}
