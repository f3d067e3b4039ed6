package io.fourthlog.redaction.detect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Sorts literals into a few buckets such that as few as possible of the places of a text look as if a literal of a bucket were there.
 * Immutable and shared.
 */
final class LiteralBuckets {

    static final int GROUPS = 4; // of eight buckets, a bit each
    static final int TABLE = 128; // bytes: buckets by what is in a place, see LiteralShape
    static final int GROUP = LiteralShape.PLACES * TABLE;

    private static final int PASSES = 3; // each moves literals to where they do less harm

    private final byte[] tables = new byte[GROUPS * GROUP];

    LiteralBuckets(List<LiteralShape> shapes) {
        List<LiteralShape> sorted = new ArrayList<>(shapes);
        sorted.sort(Comparator.comparingDouble(LiteralShape::chance).reversed());
        List<Set<LiteralShape>> buckets = new ArrayList<>();
        for (int i = 0; i < GROUPS * Byte.SIZE; i++) {
            buckets.add(Collections.newSetFromMap(new IdentityHashMap<>()));
        }
        LiteralShape[] unions = new LiteralShape[buckets.size()];
        Arrays.setAll(unions, i -> LiteralShape.union(buckets.get(i)));
        for (int pass = 0; pass < PASSES; pass++) {
            for (LiteralShape shape : sorted) {
                for (int i = 0; i < unions.length; i++) {
                    if (buckets.get(i).remove(shape)) {
                        unions[i] = LiteralShape.union(buckets.get(i));
                    }
                }
                int best = 0;
                double least = Double.MAX_VALUE;
                for (int i = 0; i < unions.length; i++) {
                    double more = unions[i].with(shape).chance() - unions[i].chance();
                    if (more < least) {
                        least = more;
                        best = i;
                    }
                }
                buckets.get(best).add(shape);
                unions[best] = unions[best].with(shape);
            }
        }
        for (int i = 0; i < unions.length; i++) {
            for (int place = 0; place < LiteralShape.PLACES; place++) {
                int at = i / Byte.SIZE * GROUP + place * TABLE;
                for (int b = 0; b < TABLE; b++) {
                    tables[at + b] |= (byte) (unions[i].has(place, b) ? 1 << i % Byte.SIZE : 0);
                }
            }
        }
    }

    /** For each group of eight buckets, a table for each of four bytes. */
    byte[] tables() {
        return tables;
    }
}
