package io.fourthlog.redaction.detect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Vectors and arithmetic have to see the same; run with the incubator module, whether the machine has vectors of 64 bytes or not. */
final class FilterTest {

    private static final LiteralTable TABLE = new DetectorSet(Detectors.builtIn()).literals();
    private static final LiteralBuckets BUCKETS = new LiteralBuckets(TABLE.shapes());
    private static final int FIRST = 64; // index of the first block

    @Property
    void bothFiltersSeeTheSame(@ForAll long seed) {
        assertThat(seen(new VectorFilter(BUCKETS), VeiledText.random(seed)))
                .isEqualTo(seen(new ScalarFilter(TABLE), VeiledText.random(seed)));
    }

    @ParameterizedTest
    @MethodSource
    void bothFiltersSeeTheSameInAnExample(String text) {
        for (int shift = 0; shift < 3; shift++) {
            byte[] bytes = (" ".repeat(shift) + text).getBytes(UTF_8);

            assertThat(seen(new VectorFilter(BUCKETS), bytes)).isEqualTo(seen(new ScalarFilter(TABLE), bytes));
        }
    }

    static Stream<String> bothFiltersSeeTheSameInAnExample() {
        return Detectors.builtIn().stream()
                .map(Detector::documentation)
                .flatMap(doc -> Stream.concat(doc.examples().stream(), doc.counterExamples().stream()));
    }

    /** Every literal is looked for: in the other case as well, and next to any byte. */
    @ParameterizedTest
    @MethodSource
    void aLiteralIsSeenOnceWhereverItStands(String literal) {
        for (String text :
                List.of(literal, "\"" + literal + "\": ", "  " + literal + "=\n", "\u00a0" + literal + '7')) {
            List<String> seen = seen(new VectorFilter(BUCKETS), text.getBytes(UTF_8));

            assertThat(seen).isEqualTo(seen(new ScalarFilter(TABLE), text.getBytes(UTF_8)));
            assertThat(seen).doesNotHaveDuplicates();
        }
    }

    static Stream<String> aLiteralIsSeenOnceWhereverItStands() {
        return Detectors.builtIn().stream()
                .flatMap(detector -> detector.anchors().stream())
                .filter(Anchor.Literal.class::isInstance)
                .map(anchor -> ((Anchor.Literal) anchor).text())
                .distinct();
    }

    /** What a filter sees in a text: sets of places by block, and literals by number of the detector and place, which have no order. */
    private static List<String> seen(Filter filter, byte[] text) {
        byte[] padded = new byte[FIRST + text.length + Filter.BLOCK + Sweep.SLACK];
        Arrays.fill(padded, 0, FIRST, (byte) '\n');
        System.arraycopy(text, 0, padded, FIRST, text.length);
        List<String> places = new ArrayList<>();
        List<String> literals = new ArrayList<>();
        int end = FIRST + text.length;
        for (int from = FIRST - Long.BYTES; from < end; from += Filter.BATCH * Filter.BLOCK) {
            int blocks = Math.min(Filter.BATCH, (end - from + Filter.BLOCK - 1) / Filter.BLOCK);
            filter.scan(padded, from, blocks);
            for (int i = 0; i < blocks; i++) {
                places.add("%d: %x %x %x".formatted(i, filter.digits[i], filter.signs[i], filter.dense[i]));
                for (long left = filter.literals[i]; left != 0; left &= left - 1) {
                    int at = from + i * Filter.BLOCK + Long.numberOfTrailingZeros(left);
                    locate(filter, padded, end, at, literals);
                }
            }
        }
        literals.sort(String::compareTo);
        places.addAll(literals);
        return places;
    }

    private static void locate(Filter filter, byte[] text, int end, int at, List<String> found) {
        int gram = ByteBuffer.wrap(text).order(ByteOrder.LITTLE_ENDIAN).getInt(at) | LiteralTable.FOLD;
        for (int literal = TABLE.first(gram); !TABLE.isEnd(literal); literal++) {
            int begin = filter.locate(TABLE, literal, text, FIRST, end, at);
            if (begin >= 0) {
                found.add(begin + " " + TABLE.detector(literal) + " " + TABLE.text(literal));
            }
        }
    }
}
