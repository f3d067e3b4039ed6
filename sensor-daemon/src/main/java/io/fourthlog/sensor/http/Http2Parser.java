package io.fourthlog.sensor.http;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import org.jspecify.annotations.Nullable;

/**
 * The frames of one direction of an HTTP/2 connection (RFC 9113) as they pass by, the same for every way in which the bytes
 * were cut into chunks.
 *
 * <p>What was not captured inside a frame is skipped by the frame's length. Past its end the parser is lost, and goes on
 * where frames begin again: headers that each stand where the one before says.
 */
final class Http2Parser implements Protocol.Half, AutoCloseable {
    /** Takes the frames of one direction. */
    interface Sink {
        /** A header block, whole and decompressed; valid during the call only. */
        void head(int stream, Http2Fields fields, boolean endStream);

        /** A header block that was not captured or could not be read: which fields it had is not known. */
        void headLost(int stream, GapCause cause, boolean endStream);

        /** Content without its padding; valid during the call only. */
        void data(int stream, byte[] bytes, int offset, int length);

        void dataGap(int stream, long bytes);

        void endStream(int stream);

        void reset(int stream);

        /** Frames were not captured; {@code bytes} is -1 if it is not known how much. */
        void lost(long bytes);
    }

    private enum State {
        PREFACE,
        HEADER,
        PAD_LENGTH,
        /** Fields of a fixed length before a header block: a priority or a promised stream's id. */
        FIXED,
        PAYLOAD,
        LOST
    }

    private static final byte[] PREFACE = {
        'P', 'R', 'I', ' ', '*', ' ', 'H', 'T', 'T', 'P', '/', '2', '.', '0', '\r', '\n', '\r', '\n', 'S', 'M', '\r',
        '\n', '\r', '\n'
    };
    private static final int FRAMES_TO_RESUME =
            3; // headers in a row that are no accident; fewer if they end with the chunk

    private final Sink sink;
    private final Http2Fields fields;
    private final ContentBuffer block;
    private final byte[] header = new byte[Http2Frame.HEADER];
    private State state;
    private int headerLength;
    private int type;
    private int flags;
    private int stream;
    private int remaining; // octets of the frame's payload
    private int padding;
    private int fixed; // octets of fixed fields still to skip
    private int blockStream; // whose header block goes on, 0 if none
    private boolean blockEndsStream;
    private boolean closed;
    private boolean blockPromises; // a stream that the server opens; its head counts for the table only
    private @Nullable GapCause blockLost;

    private Http2Parser(final Connection connection, final State state, final Sink sink) {
        this.sink = sink;
        this.state = state;
        block = new ContentBuffer(connection.budget(), connection.limits().headBytes());
        fields = new Http2Fields(connection.budget(), connection.limits());
    }

    /** What a client sends, from its connection preface on. */
    static Http2Parser client(final Connection connection, final Sink sink) {
        return new Http2Parser(connection, State.PREFACE, sink);
    }

    /** What a server sends, from its first frame on. */
    static Http2Parser server(final Connection connection, final Sink sink) {
        return new Http2Parser(connection, State.HEADER, sink);
    }

    /** One direction, from somewhere in the middle on: what is in its compression table is not known. */
    static Http2Parser middle(final Connection connection, final Sink sink) {
        final Http2Parser parser = new Http2Parser(connection, State.LOST, sink);
        parser.fields.lose();
        return parser;
    }

    @Override
    public int data(final byte[] bytes, final int offset, final int length, final boolean chunkStart) {
        final int end = offset + length;
        int at = offset;
        while (at < end && !closed) {
            at = switch (state) {
                case PREFACE -> preface(bytes, at, end);
                case HEADER -> header(bytes, at, end);
                case PAD_LENGTH -> padLength(bytes, at);
                case FIXED -> skipFixed(at, end);
                case PAYLOAD -> payload(bytes, at, end);
                case LOST -> resume(bytes, at, end, chunkStart && at == offset);
            };
        }
        return length;
    }

    @Override
    public void gap(final long bytes) {
        switch (state) {
            case PREFACE, HEADER -> lose(bytes);
            case PAD_LENGTH, FIXED, PAYLOAD -> gapInFrame(bytes);
            case LOST -> {}
        }
    }

    private void gapInFrame(final long bytes) {
        if (bytes > remaining) {
            lose(bytes);
            return;
        }
        if (isBlock()) {
            blockLost = GapCause.STREAM;
        } else if (type == Http2Frame.DATA) {
            sink.dataGap(stream, bytes);
        }
        fixed = 0;
        state = State.PAYLOAD;
        remaining -= (int) bytes;
        if (remaining == 0) {
            endFrame();
        }
    }

    /** Whether a header block has begun that is not over. */
    boolean isInHead() {
        return blockStream != 0;
    }

    private boolean isBlock() {
        return type == Http2Frame.HEADERS || type == Http2Frame.CONTINUATION || type == Http2Frame.PUSH_PROMISE;
    }

    private void lose(final long bytes) {
        block.clear();
        blockStream = 0;
        fields.lose();
        headerLength = 0;
        state = State.LOST;
        sink.lost(bytes);
    }

    private int preface(final byte[] bytes, final int from, final int end) {
        int at = from;
        while (at < end && headerLength < PREFACE.length) {
            if (bytes[at] != PREFACE[headerLength]) {
                lose(-1);
                return at;
            }
            headerLength++;
            at++;
        }
        if (headerLength == PREFACE.length) {
            headerLength = 0;
            state = State.HEADER;
        }
        return at;
    }

    private int resume(final byte[] bytes, final int from, final int end, final boolean chunkStart) {
        if (chunkStart
                && end - from >= Http2Frame.HEADER
                && Http2Frame.isPlausible(bytes, from, Http2Frame.MAX_IN_THE_MIDDLE)) {
            state = State.HEADER;
            return from;
        }
        for (int at = from; at + Http2Frame.HEADER <= end; at++) {
            if (Http2Frame.begin(bytes, at, end, FRAMES_TO_RESUME)) {
                state = State.HEADER;
                return at;
            }
        }
        return end;
    }

    private int header(final byte[] bytes, final int from, final int end) {
        final int count = Math.min(Http2Frame.HEADER - headerLength, end - from);
        System.arraycopy(bytes, from, header, headerLength, count);
        headerLength += count;
        if (headerLength == Http2Frame.HEADER) {
            headerLength = 0;
            beginFrame();
        }
        return from + count;
    }

    private void beginFrame() {
        remaining = Http2Frame.length(header, 0);
        type = Http2Frame.type(header, 0);
        flags = Http2Frame.flags(header, 0);
        stream = Http2Frame.stream(header, 0);
        padding = 0;
        fixed = 0;
        if (blockStream != 0 && (type != Http2Frame.CONTINUATION || stream != blockStream)) {
            lose(-1); // RFC 9113, 6.10: nothing may come between; the frames are not what they seem
            return;
        }
        if (type == Http2Frame.HEADERS || type == Http2Frame.PUSH_PROMISE) {
            block.clear();
            blockStream = stream;
            blockEndsStream = type == Http2Frame.HEADERS && (flags & Http2Frame.END_STREAM) != 0;
            blockPromises = type == Http2Frame.PUSH_PROMISE;
            blockLost = null;
            fixed = type == Http2Frame.PUSH_PROMISE ? 4 : (flags & Http2Frame.PRIORITISED) != 0 ? 5 : 0;
        } else if (type == Http2Frame.CONTINUATION && blockStream == 0) {
            blockStream = stream; // its beginning was lost
            blockEndsStream = false;
            blockPromises = false;
            blockLost = GapCause.STREAM;
        }
        final boolean padded = type == Http2Frame.DATA || type == Http2Frame.HEADERS || type == Http2Frame.PUSH_PROMISE;
        state = padded && (flags & Http2Frame.PADDED) != 0 ? State.PAD_LENGTH : fixed > 0 ? State.FIXED : State.PAYLOAD;
        if (remaining == 0) {
            endFrame();
        }
    }

    private int padLength(final byte[] bytes, final int at) {
        padding = bytes[at] & 0xff;
        remaining--;
        state = fixed > 0 ? State.FIXED : State.PAYLOAD;
        if (remaining == 0) {
            endFrame();
        }
        return at + 1;
    }

    private int skipFixed(final int at, final int end) {
        final int count = Math.min(Math.min(fixed, remaining), end - at);
        fixed -= count;
        remaining -= count;
        if (fixed == 0) {
            state = State.PAYLOAD;
        }
        if (remaining == 0) {
            endFrame();
        }
        return at + count;
    }

    private int payload(final byte[] bytes, final int at, final int end) {
        final int count = Math.min(remaining, end - at);
        final int content = Math.min(count, Math.max(0, remaining - padding));
        if (content > 0) {
            if (type == Http2Frame.DATA) {
                sink.data(stream, bytes, at, content);
            } else if (isBlock()) {
                if (blockLost == null && !block.append(bytes, at, content)) {
                    blockLost = GapCause.TOO_LARGE;
                }
            }
        }
        remaining -= count;
        if (remaining == 0) {
            endFrame();
        }
        return at + count;
    }

    private void endFrame() {
        state = State.HEADER;
        if (isBlock()) {
            if ((flags & Http2Frame.END_HEADERS) != 0) {
                endBlock();
            }
        } else if (type == Http2Frame.DATA) {
            if ((flags & Http2Frame.END_STREAM) != 0) {
                sink.endStream(stream);
            }
        } else if (type == Http2Frame.RST_STREAM) {
            sink.reset(stream);
        }
    }

    private void endBlock() {
        final int of = blockStream;
        blockStream = 0;
        if (blockLost != null) {
            fields.lose();
            block.clear();
            sink.headLost(of, blockLost, blockEndsStream);
            return;
        }
        final Http2Fields.Outcome outcome = fields.read(block.array(), block.length());
        block.clear();
        switch (outcome) {
            case READ -> {
                if (!blockPromises) {
                    sink.head(of, fields, blockEndsStream);
                }
            }
            case TOO_LARGE -> sink.headLost(of, GapCause.TOO_LARGE, blockEndsStream);
            case LOST -> sink.headLost(of, GapCause.MIDDLE, blockEndsStream);
        }
        fields.clear();
    }

    @Override
    public void close() {
        closed = true;
        block.close();
        fields.close();
    }
}
