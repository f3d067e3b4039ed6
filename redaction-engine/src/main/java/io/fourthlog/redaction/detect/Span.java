package io.fourthlog.redaction.detect;

/** A range of bytes in a long, so that a verifier can return one without allocating: start in the upper half, end in the lower. */
public final class Span {

    /** No range. */
    public static final long NONE = -1;

    private Span() {}

    /** The range from a byte to before another. */
    public static long of(int start, int end) {
        return (long) start << 32 | end;
    }

    /** First byte. */
    public static int start(long span) {
        return (int) (span >> 32);
    }

    /** Byte after the last. */
    public static int end(long span) {
        return (int) span;
    }
}
