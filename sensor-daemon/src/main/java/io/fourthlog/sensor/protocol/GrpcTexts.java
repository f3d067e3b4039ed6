package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.http.ContentDecoder;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;

/**
 * The texts in the messages of one side of a call by gRPC, or in a body that is one message, whose schema is not known. A message is put
 * together to be read, and one that is larger than that is looked through as it is.
 */
final class GrpcTexts implements AutoCloseable {
    static final int PREFIX = 5; // of each message: flags, and its length, big endian
    static final int COMPRESSED = 1; // of the flags; others end a stream (Connect) or have trailers (gRPC-Web)
    private static final byte[] BETWEEN = {'\n'};

    private final MemoryBudget budget;
    private final Limits limits;
    private final TextBlocks texts;
    private final Runnable unread;
    private final boolean framed;
    private final ContentBuffer message;
    private final byte[] prefix = new byte[PREFIX];
    private int prefixLength;
    private long remaining;
    private boolean asItIs;
    private boolean lost;

    /**
     * Of one side of a call.
     *
     * @param unread is told of a message that is compressed in a way that is not undone
     */
    GrpcTexts(final MemoryBudget budget, final Limits limits, final TextBlocks texts, final Runnable unread) {
        this(budget, limits, texts, unread, true);
    }

    private GrpcTexts(
            final MemoryBudget budget,
            final Limits limits,
            final TextBlocks texts,
            final Runnable unread,
            final boolean framed) {
        this.budget = budget;
        this.limits = limits;
        this.texts = texts;
        this.unread = unread;
        this.framed = framed;
        message = new ContentBuffer(budget, limits.eventBytes());
    }

    /** Of a body that is one message. */
    static GrpcTexts ofMessage(final MemoryBudget budget, final Limits limits, final TextBlocks texts) {
        return new GrpcTexts(budget, limits, texts, () -> {}, false);
    }

    void add(final byte[] bytes, final int offset, final int length) {
        final int end = offset + length;
        int at = offset;
        if (!framed && !lost) {
            keep(bytes, offset, length);
            return;
        }
        while (at < end && !lost) {
            if (prefixLength < PREFIX) {
                prefix[prefixLength++] = bytes[at++];
                remaining = prefixLength == PREFIX ? Protobuf.bigEndian(prefix, 1) : -1;
            } else {
                final int count = (int) Math.min(remaining, end - at);
                keep(bytes, at, count);
                remaining -= count;
                at += count;
            }
            if (remaining == 0) {
                endMessage();
            }
        }
    }

    private void keep(final byte[] bytes, final int from, final int count) {
        if (!asItIs && !message.append(bytes, from, count)) {
            asItIs = true;
            texts.add(message.array(), 0, message.length());
            message.clear();
        }
        if (asItIs) {
            texts.add(bytes, from, count);
        }
    }

    private void endMessage() {
        if (message.length() > 0 && (prefix[0] & COMPRESSED) != 0) {
            decompress();
        } else {
            read(message);
        }
        message.clear();
        asItIs = false;
        prefixLength = 0;
    }

    private void decompress() {
        final byte first = message.array()[0];
        if (first != 0x1f && (first & 0x0f) != 8) { // of gzip and of zlib, which gRPC's libraries know
            unread.run();
            return;
        }
        final HttpHead.Coding coding = first == 0x1f ? HttpHead.Coding.GZIP : HttpHead.Coding.DEFLATE;
        try (ContentBuffer plain = new ContentBuffer(budget, limits.eventBytes());
                ContentDecoder decoder =
                        new ContentDecoder(budget, limits, coding, limits.eventBytes(), plain::append)) {
            decoder.decode(message.array(), 0, message.length());
            if (decoder.failure() != null) {
                unread.run();
            }
            read(plain);
        }
    }

    private void read(final ContentBuffer plain) {
        final byte[] bytes = plain.array();
        final boolean read = !Protobuf.isText(bytes, 0, plain.length()) // as JSON
                && Protobuf.texts(bytes, 0, plain.length(), limits.jsonDepth(), (from, length) -> {
                    texts.add(bytes, from, length);
                    texts.add(BETWEEN, 0, BETWEEN.length);
                });
        if (!read) {
            texts.add(bytes, 0, plain.length());
        }
    }

    /** Bytes are missing: where the next message begins is not known. */
    void gap() {
        lost = true;
        message.clear();
    }

    /** The body ends. */
    void end() {
        if (!framed && !lost) {
            endMessage();
        }
    }

    @Override
    public void close() {
        message.close();
    }
}
