package io.fourthlog.redaction.detect;

import org.jspecify.annotations.Nullable;

/**
 * Looks through text once for everything in a {@link DetectorSet}: takes escapes back, sweeps the result, and sweeps what is encoded
 * in it to a depth of two. Text comes in any pieces, which do not change what is found. Confined to one thread at a time.
 *
 * <p>{@link #stream} makes as many more as there are streams at the same time, each with less than a KiB of its own.
 */
public final class Scanner {

    /** Is told what was found, detectors by index in the set. */
    public interface Sink {

        /** Whether it wants to know of more occurrences of a detector; when not, none are looked for. */
        boolean wants(int detector);

        /**
         * An occurrence. They come in no order, and those of one detector can overlap.
         *
         * @param start position in the unveiled text, see {@link OffsetMap}
         * @param end position after the last byte
         * @param text holds the bytes that were recognised at {@code [from, to)}, decoded; only valid during the call
         */
        void found(int detector, long start, long end, byte[] text, int from, int to);
    }

    private static final int BUFFER = 1 << 14; // bytes, which stay in the first-level cache with the tables
    private static final byte[] NOTHING = {};

    private final DetectorSet detectors;
    private final Encoded encoded;
    private final FilterChoice filters;
    private final Unveil unveil;
    private final Sweep sweep;

    public Scanner(DetectorSet detectors) {
        this(detectors, new Encoded(detectors, new Encoded(detectors, null)), new FilterChoice(detectors), BUFFER);
    }

    private Scanner(DetectorSet detectors, Encoded encoded, FilterChoice filters, int capacity) {
        this.detectors = detectors;
        this.encoded = encoded;
        this.filters = filters;
        this.sweep = new Sweep(detectors, encoded, filters, capacity);
        this.unveil = new Unveil(sweep.filter());
    }

    /** A scanner for a stream that is read a little at a time; it may be used by turns with this one, in the same thread. */
    public Scanner stream() {
        return new Scanner(detectors, encoded, filters, Sweep.LEAST);
    }

    /** Begins a text. */
    public void begin(@Nullable OffsetMap offsets) {
        sweep.wipe();
        unveil.reset(offsets, sweep.filter());
    }

    /** Takes in a piece of the text. */
    public void feed(byte[] text, int from, int to, Sink sink) {
        rewrite(text, from, to, false, sink);
    }

    /** Ends the text, and forgets it. */
    public void end(Sink sink) {
        try {
            rewrite(NOTHING, 0, 0, true, sink);
            sweep.finish(sink);
        } finally {
            forget();
        }
    }

    /** Forgets the text, which was not or could not be read to its end. */
    public void forget() {
        sweep.wipe();
        unveil.wipe();
    }

    /** Position in the unveiled text after what was fed so far, but for an escape that is still open. */
    public long position() {
        return sweep.position();
    }

    private void rewrite(byte[] text, int from, int to, boolean last, Sink sink) {
        int at = from;
        do {
            int room = sweep.room() - Unveil.LONGEST_ESCAPE;
            int piece = Math.min(to, at + room);
            int filled = unveil.rewrite(
                    text, at, piece, last && piece == to, sweep.buffer(), sweep.filled(), sweep.position());
            sweep.extend(filled, sink);
            at = piece;
        } while (at < to);
    }
}
