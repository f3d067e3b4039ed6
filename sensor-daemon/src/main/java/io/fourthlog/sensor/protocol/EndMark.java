package io.fourthlog.sensor.protocol;

import java.util.Arrays;

/**
 * Whether a stream of events is at the mark by which it says that nothing follows, {@code data: [DONE]}: clients that read it need not
 * read on to where the body ends. Remembers no more than the last line can have.
 */
final class EndMark {
    static final byte[] DONE = {'[', 'D', 'O', 'N', 'E', ']'};
    private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};
    private static final int KEPT =
            32; // octets: the line, what ends the one before, and what ends this one and its event

    private final byte[] last = new byte[KEPT];
    private int count;

    void add(final byte[] bytes, final int offset, final int length) {
        final int taken = Math.min(length, KEPT);
        final int kept = Math.min(count, KEPT - taken);
        System.arraycopy(last, count - kept, last, 0, kept);
        System.arraycopy(bytes, offset + length - taken, last, kept, taken);
        count = kept + taken;
    }

    /** Bytes are missing. */
    void gap() {
        Arrays.fill(last, (byte) 0);
        count = 1; // no line begins here
    }

    boolean isReached() {
        int to = count;
        while (to > 0 && isLineEnd(last[to - 1])) {
            to--;
        }
        int from = to;
        while (from > 0 && !isLineEnd(last[from - 1])) {
            from--;
        }
        final boolean fromItsStart = from > 0 || count < KEPT;
        if (!fromItsStart
                || to - from <= DATA.length
                || !Arrays.equals(last, from, from + DATA.length, DATA, 0, DATA.length)) {
            return false;
        }
        final int value = last[from + DATA.length] == ' ' ? from + DATA.length + 1 : from + DATA.length;
        return Arrays.equals(last, value, to, DONE, 0, DONE.length);
    }

    private static boolean isLineEnd(final byte b) {
        return b == '\n' || b == '\r';
    }
}
