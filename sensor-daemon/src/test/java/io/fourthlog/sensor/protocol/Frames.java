package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.Transcript.Chunk;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes one direction of an HTTP/2 connection, its header blocks with netty's encoder and its table. */
final class Frames {
    static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private final boolean sent;
    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder((_, _) -> false);

    Frames(final boolean sent) {
        this.sent = sent;
    }

    Chunk preface() {
        return new Chunk(sent, concat(PREFACE.getBytes(StandardCharsets.US_ASCII), frame(4, 0, 0, new byte[0])));
    }

    /** The other end lets the table be so large, and it is from the next block on. */
    Frames table(final long octets) {
        try {
            encoder.maxHeaderTableSize(octets);
        } catch (final Http2Exception e) {
            throw new AssertionError(e);
        }
        return this;
    }

    byte[] block(final String... namesAndValues) {
        final Http2Headers headers = new DefaultHttp2Headers(false);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        final ByteBuf to = Unpooled.buffer();
        try {
            encoder.encodeHeaders(1, headers, to);
        } catch (final Http2Exception e) {
            throw new AssertionError(e);
        }
        return Arrays.copyOf(to.array(), to.readableBytes());
    }

    Chunk request(final int stream, final String path) {
        return headers(
                stream, false, ":method", "POST", ":path", path, ":authority", "model", "x-app", "agent-" + path);
    }

    Chunk response(final int stream, final String... more) {
        final List<String> all = new ArrayList<>(List.of(":status", "200"));
        all.addAll(List.of(more));
        return headers(stream, false, all.toArray(String[]::new));
    }

    Chunk headers(final int stream, final boolean end, final String... namesAndValues) {
        return new Chunk(sent, frame(1, end ? 5 : 4, stream, block(namesAndValues)));
    }

    Chunk data(final int stream, final boolean end, final String text) {
        return new Chunk(sent, frame(0, end ? 1 : 0, stream, text.getBytes(StandardCharsets.UTF_8)));
    }

    Chunk raw(final int type, final int flags, final int stream, final byte[] payload) {
        return new Chunk(sent, frame(type, flags, stream, payload));
    }

    static byte[] frame(final int type, final int flags, final int stream, final byte[] payload) {
        final byte[] frame = new byte[9 + payload.length];
        frame[0] = (byte) (payload.length >> 16);
        frame[1] = (byte) (payload.length >> 8);
        frame[2] = (byte) payload.length;
        frame[3] = (byte) type;
        frame[4] = (byte) flags;
        for (int i = 0; i < 4; i++) {
            frame[5 + i] = (byte) (stream >> (8 * (3 - i)));
        }
        System.arraycopy(payload, 0, frame, 9, payload.length);
        return frame;
    }

    /** A message of gRPC, with the prefix that each has. */
    static byte[] message(final int flags, final byte[] content) {
        return ByteBuffer.allocate(5 + content.length)
                .put((byte) flags)
                .putInt(content.length)
                .put(content)
                .array();
    }

    static byte[] concat(final byte[] one, final byte[] other) {
        final byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }
}
