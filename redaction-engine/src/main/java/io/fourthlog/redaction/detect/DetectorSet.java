package io.fourthlog.redaction.detect;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** The detectors that a profile uses, with the tables that find their anchors; immutable and shared by {@link Scanner}s. */
public final class DetectorSet {

    private final Detector[] detectors;
    private final List<String> tags;
    private final LiteralTable literals;
    private final NumberTable numbers;
    private final VectorStart vectorStart;
    private final int[] atSigns;
    private final int[] capitals;
    private final long[] capitalWords = new long[Words.BEGINNINGS];

    public DetectorSet(List<Detector> detectors) {
        this.detectors = detectors.toArray(Detector[]::new);
        this.tags = detectors.stream()
                .map(detector -> detector.documentation().tag())
                .toList();
        this.literals = new LiteralTable(detectors);
        this.numbers = new NumberTable(detectors);
        this.vectorStart = new VectorStart(literals);
        this.atSigns = with(Anchor.AtSign.class, detectors);
        this.capitals = with(Anchor.Capital.class, detectors);
        for (Detector detector : detectors) {
            for (Anchor anchor : detector.anchors()) {
                if (anchor instanceof Anchor.Capital capital) {
                    capital.words().addBeginnings(capitalWords);
                }
            }
        }
    }

    private static int[] with(Class<? extends Anchor> anchor, List<Detector> detectors) {
        return IntStream.range(0, detectors.size())
                .filter(i -> detectors.get(i).anchors().stream().anyMatch(anchor::isInstance))
                .toArray();
    }

    /** Tags in the order of the indexes that a {@link Scanner.Sink} is told; a tag can be there several times. */
    public List<String> tags() {
        return tags;
    }

    /** Approximate size of the tables and of the largest dictionary in memory, in bytes. */
    public long tableBytes() {
        return literals.bytes() + numbers.bytes() + Names.GIVEN.bytes() + (long) Long.BYTES * capitalWords.length;
    }

    /**
     * Completes when it is decided how text is looked through: with whether vectors are in use, as they are soon after the start where
     * Java was given {@code --add-modules jdk.incubator.vector} and the machine has vectors of 64 bytes. Nothing has to wait for it.
     */
    public CompletableFuture<Boolean> vectors() {
        return vectorStart.decision();
    }

    VectorStart vectorStart() {
        return vectorStart;
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

    /** Where words begin that those look for, for {@link Words#mayBegin(long[], int)}. */
    long[] capitalWords() {
        return capitalWords;
    }
}
