package io.fourthlog.redaction.detect;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Keeps what a scanner finds. */
final class Collector implements Scanner.Sink {

    private final DetectorSet detectors;
    private final List<Occurrence> found = new ArrayList<>();

    Collector(DetectorSet detectors) {
        this.detectors = detectors;
    }

    @Override
    public boolean wants(int detector) {
        return true;
    }

    @Override
    public void found(int detector, long start, long end, byte[] text, int from, int to) {
        found.add(new Occurrence(detectors.tags().get(detector), start, end));
    }

    /** In order of position. */
    List<Occurrence> all() {
        found.sort(Comparator.comparingLong(Occurrence::start)
                .thenComparing(Comparator.comparingLong(Occurrence::end).reversed())
                .thenComparing(Occurrence::tag));
        return found;
    }

    /** In order of position, those of one tag that overlap once. */
    List<Occurrence> distinct() {
        List<Occurrence> kept = new ArrayList<>();
        for (Occurrence one : all()) {
            if (kept.stream().noneMatch(other -> other.tag().equals(one.tag()) && other.end() > one.start())) {
                kept.add(one);
            }
        }
        return kept;
    }
}
