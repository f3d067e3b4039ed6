package io.fourthlog.redaction.detect;

/** The fastest filter that there is so far, for sweeps that take turns in one thread. */
final class FilterChoice {

    private final VectorStart vectors;
    private Filter filter;

    FilterChoice(DetectorSet detectors) {
        vectors = detectors.vectorStart();
        filter = new ScalarFilter(detectors.literals());
    }

    Filter now() {
        LiteralBuckets buckets = vectors.buckets();
        if (buckets != null && filter instanceof ScalarFilter) {
            filter = new VectorFilter(buckets);
        }
        return filter;
    }
}
