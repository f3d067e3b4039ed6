package io.fourthlog.sensor.http;

import java.util.Arrays;

/**
 * Undoes base64 (RFC 4648, 4) as it comes, also of several texts of which each has its own padding, as servers of gRPC-Web write one for
 * each message.
 */
public final class Base64Text {
    private static final int OUT = 3 << 10; // bytes that are handed on at a time

    private final ContentDecoder.Sink sink;
    private int bits; // of the characters that make no whole byte yet
    private int characters; // of a group of four
    private boolean failed;

    public Base64Text(final ContentDecoder.Sink sink) {
        this.sink = sink;
    }

    /** Answers whether it is base64 so far. */
    public boolean decode(final byte[] bytes, final int offset, final int length) {
        final byte[] out = new byte[Math.min(OUT, length + 3)];
        int count = 0;
        for (int at = offset; at < offset + length && !failed; at++) {
            final byte b = bytes[at];
            if (b == '=') {
                failed |= characters == 1;
                characters = 0;
                continue;
            }
            final int value = value(b);
            failed |= value < 0;
            bits = bits << 6 | value;
            if (++characters > 1) {
                final int left = 6 * characters % 8;
                out[count++] = (byte) (bits >> left);
            }
            characters &= 3;
            if (count == out.length) {
                sink.decoded(out, 0, count);
                count = 0;
            }
        }
        if (count > 0) {
            sink.decoded(out, 0, count);
        }
        Arrays.fill(out, (byte) 0);
        return !failed;
    }

    private static int value(final byte b) {
        if (b >= 'A' && b <= 'Z') {
            return b - 'A';
        }
        if (b >= 'a' && b <= 'z') {
            return b - 'a' + 26;
        }
        if (b >= '0' && b <= '9') {
            return b - '0' + 52;
        }
        return b == '+' ? 62 : b == '/' ? 63 : -1;
    }
}
