package io.fourthlog.redaction;

import java.util.Arrays;
import java.util.Objects;

/**
 * Content that may not persist: it comes from the sensor's stream buffers and goes to the {@link RedactionEngine}, the only
 * reader. It cannot be printed, compared, serialised or opened outside this package, and {@link #close()} zeroes it.
 *
 * <p>The bytes are one heap array, because the digests of the JDK and the detectors read arrays and anything else would be
 * copied into one. A moving collector can leave a stale copy in free memory until it is overwritten; no object refers to it.
 * Confined to one thread at a time.
 */
public final class Plaintext implements AutoCloseable {

    private final byte[] bytes;
    private final int length;
    private boolean closed;

    /** Takes ownership of the array: the caller forgets it. */
    Plaintext(byte[] bytes, int length) {
        this.bytes = bytes;
        this.length = length;
    }

    /**
     * Copies a range. The caller still owns, and has to zero, what it copied from.
     *
     * @throws IndexOutOfBoundsException if the range is not inside the array
     */
    public static Plaintext copyOf(byte[] source, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, source.length);
        return new Plaintext(Arrays.copyOfRange(source, offset, offset + length), length);
    }

    /** Length of the content in bytes; still known after {@link #close()}. */
    public int length() {
        return length;
    }

    /** The array that holds the content at 0 to {@link #length()}, and may be longer. */
    byte[] bytes() {
        if (closed) {
            throw new IllegalStateException("closed: " + this);
        }
        return bytes;
    }

    /** Zeroes the content. Closing twice does nothing. */
    @Override
    public void close() {
        closed = true;
        Arrays.fill(bytes, (byte) 0);
    }

    /** The length, never the content. */
    @Override
    public String toString() {
        return "Plaintext[" + length + " bytes]";
    }
}
