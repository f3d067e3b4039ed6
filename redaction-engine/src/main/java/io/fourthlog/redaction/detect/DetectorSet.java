package io.fourthlog.redaction.detect;

import java.util.List;
import java.util.stream.IntStream;

/** The detectors that a profile uses, with the tables that find their anchors; immutable and shared by {@link Scanner}s. */
public final class DetectorSet {

    private final Detector[] detectors;
    private final List<String> tags;
    private final LiteralTable literals;
    private final NumberTable numbers;
    private final int[] atSigns;
    private final int[] capitals;

    public DetectorSet(List<Detector> detectors) {
        this.detectors = detectors.toArray(Detector[]::new);
        this.tags = detectors.stream()
                .map(detector -> detector.documentation().tag())
                .toList();
        this.literals = new LiteralTable(detectors);
        this.numbers = new NumberTable(detectors);
        this.atSigns = of(Anchor.Sign.AT, detectors);
        this.capitals = of(Anchor.Sign.CAPITAL, detectors);
    }

    private static int[] of(Anchor.Sign sign, List<Detector> detectors) {
        return IntStream.range(0, detectors.size())
                .filter(i -> detectors.get(i).anchors().contains(sign))
                .toArray();
    }

    /** Tags in the order of the indexes that a {@link Scanner.Sink} is told; a tag can be there several times. */
    public List<String> tags() {
        return tags;
    }

    /** Approximate size of the tables and of the largest dictionary in memory, in bytes. */
    public long tableBytes() {
        return literals.bytes() + numbers.bytes() + Names.GIVEN.bytes();
    }

    /** Not to be changed. */
    Detector[] array() {
        return detectors;
    }

    LiteralTable literals() {
        return literals;
    }

    NumberTable numbers() {
        return numbers;
    }

    /** Detectors that want to see at signs. */
    int[] atSigns() {
        return atSigns;
    }

    /** Detectors that want to see capitals. */
    int[] capitals() {
        return capitals;
    }
}
