package io.fourthlog.sensor.http;

/**
 * Undoes the framing {@code aws-chunked}, in which clients of Amazon S3 and what has its interface send an object with a checksum or a
 * signature behind it, within whatever transfer coding there is. Its bytes are handed on as they come, and nothing is kept.
 *
 * <pre>
 *   1f4;chunk-signature=…\r\n  500 bytes  \r\n  …  0\r\n  x-amz-checksum-crc32:…\r\n  \r\n
 * </pre>
 *
 * <p>Source: Amazon S3 API Reference, "Signature calculations: transferring a payload in multiple chunks", and its form with trailers.
 */
public final class AwsChunks {
    private static final int MAX_SIZE =
            8; // hexadecimal digits of a chunk's size; a chunk is kept in the client's memory
    private static final int MAX_LINE = 8 << 10; // bytes of a size with its signature

    private enum State {
        SIZE,
        EXTENSION,
        CONTENT,
        END,
        TRAILERS,
        FAILED
    }

    private final ContentDecoder.Sink sink;
    private State state = State.SIZE;
    private long remaining;
    private int line;

    public AwsChunks(final ContentDecoder.Sink sink) {
        this.sink = sink;
    }

    public void decode(final byte[] bytes, final int offset, final int length) {
        final int end = offset + length;
        int at = offset;
        while (at < end && state != State.TRAILERS && state != State.FAILED) {
            if (state == State.CONTENT) {
                final int count = (int) Math.min(remaining, end - at);
                sink.decoded(bytes, at, count);
                at += count;
                remaining -= count;
                if (remaining == 0) {
                    state = State.END;
                }
            } else {
                framing(bytes[at++]);
            }
        }
    }

    /** Whether its last chunk was seen, with which trailers whatsoever. */
    public boolean isComplete() {
        return state == State.TRAILERS;
    }

    private void framing(final byte b) {
        final int digit = Character.digit(b, 16);
        line++;
        if (state == State.END) {
            if (b == '\n') {
                state = State.SIZE;
                line = 0;
            } else if (b != '\r') {
                state = State.FAILED;
            }
        } else if (b == '\n' && line > 1) {
            state = remaining == 0 ? State.TRAILERS : State.CONTENT;
        } else if (state == State.SIZE && digit >= 0 && line <= MAX_SIZE) {
            remaining = remaining * 16 + digit;
        } else if ((state == State.EXTENSION || b == ';' || b == '\r') && line > 1 && line <= MAX_LINE) {
            state = State.EXTENSION;
        } else {
            state = State.FAILED;
        }
    }
}
