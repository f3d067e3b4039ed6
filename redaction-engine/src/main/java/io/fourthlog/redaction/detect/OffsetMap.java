package io.fourthlog.redaction.detect;

import java.util.Arrays;

/**
 * Where the bytes that {@link Unveil} wrote come from: one entry for each character that is not simply a copy. Made when somebody
 * wants to know the place of a finding, which the sensor does not.
 *
 * <pre>
 * entry  output: first byte of the character in the result   input: its first byte in the text   after: byte after it in each
 * </pre>
 */
public final class OffsetMap {

    private int size;
    private long[] output = new long[64];
    private long[] input = new long[64];
    private int[] written = new int[64];
    private int[] taken = new int[64];

    void add(long outputAt, long inputAt, int outputBytes, int inputBytes) {
        if (size == output.length) {
            output = Arrays.copyOf(output, 2 * size);
            input = Arrays.copyOf(input, 2 * size);
            written = Arrays.copyOf(written, 2 * size);
            taken = Arrays.copyOf(taken, 2 * size);
        }
        output[size] = outputAt;
        input[size] = inputAt;
        written[size] = outputBytes;
        taken[size] = inputBytes;
        size++;
    }

    /** The byte of the text at which the character of a byte of the result begins. */
    public long start(long position) {
        int entry = lastUpTo(position);
        if (entry < 0) {
            return position;
        }
        long inside = position - output[entry];
        return inside < written[entry] ? input[entry] : input[entry] + taken[entry] + inside - written[entry];
    }

    /** The byte of the text after the character of the last byte before a position of the result. */
    public long end(long position) {
        long last = position - 1;
        int entry = lastUpTo(last);
        if (entry < 0) {
            return position;
        }
        long inside = last - output[entry];
        long after = input[entry] + taken[entry];
        return inside < written[entry] ? after : after + inside - written[entry] + 1;
    }

    /** The last entry that begins at or before a position, or -1. */
    private int lastUpTo(long position) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (output[middle] <= position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low - 1;
    }
}
