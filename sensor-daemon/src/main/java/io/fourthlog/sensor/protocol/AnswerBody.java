package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.http.ContentDecoder;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The JSON documents in an answer's body, decompressed, whichever way it frames them: server-sent events, Amazon's event
 * stream, lines, an array, or one document. A body whose head does not say which begins like one of them.
 */
final class AnswerBody implements AutoCloseable {
    /** Takes the documents. */
    interface Sink {
        /** One document, valid during the call only. */
        void document(byte[] json, int from, int length);

        /** The stream's own mark of its end, which is no document. */
        void endMark();

        /** The stream reports an error by name. */
        void error(String name);

        /** Documents may be missing; {@code bytes} is -1 if it is not known how much. */
        void missing(GapCause cause, long bytes);
    }

    private static final long MAX_DECODED =
            256L << 20; // bytes that may come out of a compressed answer, however short its events
    private static final JsonNames CHUNK = JsonNames.of("bytes");

    private final MemoryBudget budget;
    private final Limits limits;
    private final Sink sink;
    private final ContentDecoder decoder;
    private HttpHead.Media media;
    private @Nullable SseParser events;
    private @Nullable AwsEventStream messages;
    private @Nullable JsonSplitter objects;
    private boolean lost; // of a body in one piece a part is missing

    AnswerBody(final MemoryBudget budget, final Limits limits, final HttpHead head, final Sink sink) {
        this.budget = budget;
        this.limits = limits;
        this.sink = sink;
        this.media = head.media();
        final long bound = head.coding() == HttpHead.Coding.IDENTITY ? Long.MAX_VALUE : MAX_DECODED;
        decoder = new ContentDecoder(budget, limits, head.coding(), bound, this::decoded);
    }

    void parse(final byte[] bytes, final int offset, final int length) {
        decoder.decode(bytes, offset, length);
    }

    void gap(final long bytes) {
        final boolean coded = decoder.gap();
        sink.missing(GapCause.STREAM, bytes);
        if (coded) {
            return; // nothing more comes out
        }
        if (events != null) {
            events.gap();
        } else if (messages != null) {
            messages.gap(bytes);
        } else {
            lost = true;
        }
    }

    /** Nothing more comes; says what was cut off, unless {@code mayBeText}: an error page needs no JSON. */
    void end(final boolean mayBeText) {
        decoder.end();
        final GapCause failure = decoder.failure();
        if (failure != null) {
            sink.missing(failure, -1);
        } else if (!mayBeText && !lost && objects != null && objects.isCut()) {
            sink.missing(GapCause.JSON, -1);
        } else if ((messages != null && messages.isCut())
                || (!mayBeText && events != null && events.isCut(EndMark.DONE))) {
            sink.missing(GapCause.UNFINISHED, -1);
        }
    }

    /** Whether the mark of the stream's end is there, but not the end of its event. */
    boolean isAtMark() {
        return events != null && events.isAt(EndMark.DONE);
    }

    private boolean decoded(final byte[] bytes, final int offset, final int length) {
        if (length == 0 || lost) {
            return true;
        }
        if (events == null && messages == null && objects == null) {
            begin(bytes[offset]);
        }
        if (events != null) {
            events.parse(bytes, offset, length);
        } else if (messages != null) {
            messages.parse(bytes, offset, length);
        } else if (objects != null) {
            objects.parse(bytes, offset, length);
        }
        return true;
    }

    private void begin(final byte first) {
        if (media == HttpHead.Media.OTHER) {
            media = switch (first) {
                case 'd', 'e', ':', 'i', 'r' -> HttpHead.Media.EVENT_STREAM;
                case 0 -> HttpHead.Media.AWS_EVENT_STREAM;
                default -> HttpHead.Media.JSON;
            };
        }
        switch (media) {
            case EVENT_STREAM -> events = new SseParser(budget, limits, new Events());
            case AWS_EVENT_STREAM -> messages = new AwsEventStream(budget, limits, new Messages());
            case JSON, JSON_LINES, FORM, URL_ENCODED_FORM, GRPC, PROTOBUF, OTHER ->
                objects = new JsonSplitter(budget, limits, new Objects());
        }
    }

    @Override
    public void close() {
        decoder.close();
        if (events != null) {
            events.close();
        }
        if (messages != null) {
            messages.close();
        }
        if (objects != null) {
            objects.close();
        }
    }

    private final class Events implements SseParser.Sink {
        @Override
        public void event(final byte[] data, final int from, final int length) {
            if (Arrays.equals(data, from, from + length, EndMark.DONE, 0, EndMark.DONE.length)) {
                sink.endMark();
            } else {
                sink.document(data, from, length);
            }
        }

        @Override
        public void oversized() {
            sink.missing(GapCause.SSE, -1);
        }
    }

    private final class Objects implements JsonSplitter.Sink {
        @Override
        public void object(final byte[] json, final int length) {
            sink.document(json, 0, length);
        }

        @Override
        public void oversized() {
            sink.missing(GapCause.TOO_LARGE, -1);
        }
    }

    private final class Messages implements AwsEventStream.Sink {
        private final JsonCursor json = new JsonCursor(limits.jsonDepth());

        @Override
        public void event(final @Nullable String exception, final byte[] bytes, final int from, final int length) {
            if (exception != null) {
                sink.error(exception);
                return;
            }
            try (ContentBuffer encoded = new ContentBuffer(budget, limits.eventBytes())) {
                if (wrapped(bytes, from, length, encoded)) {
                    unwrap(encoded);
                } else {
                    sink.document(bytes, from, length);
                }
            }
        }

        /** Whether the payload has the document in base 64, as those of a model's own format have. */
        private boolean wrapped(final byte[] bytes, final int from, final int length, final ContentBuffer encoded) {
            final int depth = json.begin(bytes, from, length) ? json.enter() : JsonCursor.NOTHING;
            boolean found = false;
            while (json.member(depth, CHUNK) != JsonCursor.END) {
                encoded.clear();
                found = json.isString() && json.text(encoded);
            }
            return json.finish() && found;
        }

        private void unwrap(final ContentBuffer encoded) {
            final ByteBuffer decoded;
            try {
                decoded = Base64.getDecoder().decode(ByteBuffer.wrap(encoded.array(), 0, encoded.length()));
            } catch (final IllegalArgumentException _) {
                sink.missing(GapCause.EVENT_STREAM, -1);
                return;
            }
            sink.document(decoded.array(), 0, decoded.limit());
            Arrays.fill(decoded.array(), (byte) 0);
        }

        @Override
        public void unreadable(final GapCause cause) {
            sink.missing(cause, -1);
        }
    }
}
