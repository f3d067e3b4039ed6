package io.fourthlog.redaction.detect;

import java.util.Arrays;

/** Looks through a range of bytes once for everything in a {@link DetectorSet}. Confined to one thread at a time. */
public final class Scanner {

    /** Is told what was found, detectors by index in the set. */
    public interface Sink {

        /** Whether it wants to know of more occurrences of a detector; when not, none are looked for. */
        boolean wants(int detector);

        /** An occurrence; those of one detector come in order and do not overlap. */
        void found(int detector, int start, int end);
    }

    private final DetectorSet detectors;
    private final int[] ends; // by detector: where its last occurrence ends

    public Scanner(DetectorSet detectors) {
        this.detectors = detectors;
        this.ends = new int[detectors.size()];
    }

    /** Scans {@code [from, to)}; nothing outside of it is looked at. */
    public void scan(byte[] text, int from, int to, Sink sink) {
        Arrays.fill(ends, from);
        Prefilter prefilter = detectors.prefilter();
        int pair = '\n';
        for (int i = from; i < to; i++) {
            pair = (pair << 8 | (text[i] & 0xFF)) & 0xFFFF;
            if (prefilter.isMarked(pair)) {
                for (Prefilter.Entry entry : prefilter.at(pair)) {
                    verify(entry, text, from, to, i, sink);
                }
            }
        }
    }

    private void verify(Prefilter.Entry entry, byte[] text, int from, int to, int second, Sink sink) {
        int detector = entry.detector();
        int at = entry.anchor().locate(text, from, to, second);
        if (at < ends[detector] || !sink.wants(detector)) {
            return;
        }
        long span = detectors.get(detector).verify(text, from, to, at);
        if (span != Span.NONE && Span.start(span) >= ends[detector]) {
            ends[detector] = Span.end(span);
            sink.found(detector, Span.start(span), Span.end(span));
        }
    }
}
