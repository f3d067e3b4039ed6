package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.http.ContentDecoder;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The texts in the messages of one side of a call by gRPC, or in a body that is one message, whose schema is not known. A message is put
 * together to be read, and one that is larger than that is looked through as it is.
 */
final class GrpcTexts implements AutoCloseable {
    static final int PREFIX = 5; // of each message: flags, and its length, big endian
    static final int COMPRESSED = 1; // of the flags
    private static final int ENDS_STREAM = 2; // with JSON (Connect)
    private static final int TRAILERS = 0x80; // as lines (gRPC-Web)
    private static final byte[] STATUS = "grpc-status:".getBytes(StandardCharsets.US_ASCII);
    private static final long MAX_STATUS = 1 << 16; // those that are known end at 16
    private static final int UNKNOWN = 2;
    private static final JsonNames END = JsonNames.of("error");
    private static final JsonNames ERROR = JsonNames.of("code");
    private static final JsonNames CODES = JsonNames.of( // from 1 on, as gRPC numbers them
            "canceled",
            "unknown",
            "invalid_argument",
            "deadline_exceeded",
            "not_found",
            "already_exists",
            "permission_denied",
            "resource_exhausted",
            "failed_precondition",
            "aborted",
            "out_of_range",
            "unimplemented",
            "internal",
            "unavailable",
            "data_loss",
            "unauthenticated");
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
    private long status = -1;

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
        try (ContentBuffer plain = new ContentBuffer(budget, limits.eventBytes())) {
            if (decompress(message.array(), 0, message.length(), budget, limits, limits.eventBytes(), plain) != null) {
                unread.run();
            }
            read(plain);
        }
    }

    /**
     * Undoes the compression of a message by gzip or zlib, which gRPC's libraries know.
     *
     * @param bound bytes that may come out
     * @return why {@code plain} has not all of it; {@code null} if it has
     */
    static @Nullable GapCause decompress(
            final byte[] bytes,
            final int from,
            final int length,
            final MemoryBudget budget,
            final Limits limits,
            final long bound,
            final ContentBuffer plain) {
        final byte first = length == 0 ? 0 : bytes[from];
        if (first != 0x1f && (first & 0x0f) != 8) { // of gzip and of zlib
            return GapCause.ENCODING;
        }
        final HttpHead.Coding coding = first == 0x1f ? HttpHead.Coding.GZIP : HttpHead.Coding.DEFLATE;
        try (ContentDecoder decoder = new ContentDecoder(budget, limits, coding, bound, plain::append)) {
            decoder.decode(bytes, from, length);
            return decoder.failure();
        }
    }

    /** What the call came to, where a message says so; -1 if none does. */
    long status() {
        return status;
    }

    private void read(final ContentBuffer plain) {
        final byte[] bytes = plain.array();
        if (framed && (prefix[0] & TRAILERS) != 0) {
            trailers(bytes, plain.length());
        } else if (framed && (prefix[0] & ENDS_STREAM) != 0) {
            endOfStream(bytes, plain.length());
        }
        final boolean read = !Protobuf.isText(bytes, 0, plain.length()) // as JSON
                && Protobuf.texts(bytes, 0, plain.length(), limits.jsonDepth(), (from, length) -> {
                    texts.add(bytes, from, length);
                    texts.add(BETWEEN, 0, BETWEEN.length);
                });
        if (!read) {
            texts.add(bytes, 0, plain.length());
        }
    }

    private void trailers(final byte[] bytes, final int length) {
        int line = 0;
        while (line < length) {
            int at = line;
            while (at < length && at - line < STATUS.length && Character.toLowerCase(bytes[at]) == STATUS[at - line]) {
                at++;
            }
            final boolean found = at - line == STATUS.length;
            while (found && at < length && bytes[at] == ' ') {
                at++;
            }
            long number = found && at < length && isDigit(bytes[at]) ? 0 : -1;
            for (; number >= 0 && at < length && isDigit(bytes[at]); at++) {
                number = Math.min(number * 10 + bytes[at] - '0', MAX_STATUS);
            }
            status = Math.max(status, number);
            while (at < length && bytes[at] != '\n') {
                at++;
            }
            line = at + 1;
        }
    }

    private static boolean isDigit(final byte b) {
        return b >= '0' && b <= '9';
    }

    private void endOfStream(final byte[] bytes, final int length) {
        final JsonCursor json = new JsonCursor(limits.jsonDepth());
        final int depth = json.begin(bytes, 0, length) ? json.enter() : JsonCursor.NOTHING;
        while (json.member(depth, END) != JsonCursor.END) {
            final int error = json.isObject() ? json.enter() : JsonCursor.NOTHING;
            status = error == JsonCursor.NOTHING ? status : UNKNOWN;
            while (json.member(error, ERROR) != JsonCursor.END) {
                final int code = json.in(CODES);
                status = code < 0 ? UNKNOWN : code + 1;
            }
        }
        json.finish();
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
