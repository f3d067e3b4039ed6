package io.fourthlog.redaction.detect;

import java.util.List;

/** The detectors that a profile uses, with the tables that find their anchors; immutable and shared by {@link Scanner}s. */
public final class DetectorSet {

    private final List<Detector> detectors;
    private final Prefilter prefilter;

    public DetectorSet(List<Detector> detectors) {
        this.detectors = List.copyOf(detectors);
        this.prefilter = new Prefilter(this.detectors);
    }

    /** Tags in the order of the indexes that a {@link Scanner.Sink} is told. */
    public List<String> tags() {
        return detectors.stream()
                .map(detector -> detector.documentation().tag())
                .toList();
    }

    int size() {
        return detectors.size();
    }

    Detector get(int index) {
        return detectors.get(index);
    }

    Prefilter prefilter() {
        return prefilter;
    }
}
