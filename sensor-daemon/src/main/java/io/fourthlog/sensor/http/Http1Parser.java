package io.fourthlog.sensor.http;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.List;

/**
 * One direction of an HTTP/1.1 connection (RFC 9112) as it passes by: heads, body bytes and message ends, the same for
 * every way in which the bytes were cut into chunks.
 *
 * <p>What was not captured is skipped exactly where the framing allows it, inside a body of known length. Elsewhere the
 * parser is lost, and finds its way again where a chunk begins with a start line, once {@link Sink#mayResume()}.
 */
final class Http1Parser implements Protocol.Half {
    /** What the reader of a head knows about its body that the head does not say. */
    enum Framing {
        /** As the head says. */
        STATED,
        /** No body, whatever the head says: an answer to HEAD. */
        NO_BODY,
        /** What follows is another protocol: 101, or an answer to CONNECT. */
        SWITCHED
    }

    /** Takes the messages of one direction. */
    interface Sink {
        /**
         * A message begins.
         *
         * @param beginsCall whether it does where a captured call began
         */
        Framing head(HttpHead head, boolean beginsCall);

        /** Body bytes without the transfer coding; valid during the call only. */
        void body(byte[] bytes, int offset, int length);

        /** Body bytes that were not captured, with or without their transfer coding. */
        void bodyGap(long bytes);

        /** The message is complete. */
        void end();

        /** The head was the last that this protocol has; the sink's connection becomes another one. */
        void switched();

        /** The parser does not know any more where it is; {@code bytes} are missing, -1 if that is not known. */
        void lost(GapCause cause, long bytes);

        /** Nothing more comes out of this direction. */
        void opaque(GapCause cause);

        /** Whether a head at a chunk's start can be trusted to be one, after the parser was lost. */
        boolean mayResume();
    }

    private enum State {
        START,
        HEAD,
        FIXED,
        CHUNK_SIZE,
        CHUNK_DATA,
        CHUNK_END,
        TRAILERS,
        UNTIL_CLOSE,
        LOST,
        SWITCHED,
        OPAQUE
    }

    private static final int MAX_LINE = 8 << 10; // octets of a chunk-size line with extensions, or of a trailer
    private static final long MAX_CHUNK = Long.MAX_VALUE >> 8;
    private static final List<String> METHODS =
            List.of("POST ", "GET ", "PUT ", "PATCH ", "DELETE ", "HEAD ", "OPTIONS ");
    private static final int MIN_START = 8; // octets after which every wrong start has been refused

    private final Sink sink;
    private final boolean request;
    private final ContentBuffer headBuffer;
    private final HttpHead head;
    private State state = State.START;
    private boolean resumed;
    private boolean beginsCall; // the head that is read
    private boolean bodyBegun;
    private boolean mayWithhold; // the body of a request that is answered
    private int lineLength; // octets on this line so far, without its end
    private long remaining;
    private boolean sizeDigits;
    private boolean sizeDone;

    Http1Parser(final boolean request, final MemoryBudget budget, final Limits limits, final Sink sink) {
        this.request = request;
        this.sink = sink;
        this.headBuffer = new ContentBuffer(budget, limits.headBytes());
        this.head = new HttpHead(request);
    }

    @Override
    public int data(final byte[] bytes, final int offset, final int length, final boolean chunkStart) {
        if (state == State.LOST && chunkStart && looksLikeStart(bytes, offset, length) && sink.mayResume()) {
            state = State.START;
            resumed = true;
        }
        if (mayWithhold && chunkStart && looksLikeStart(bytes, offset, length)) {
            endMessage();
        }
        mayWithhold = false;
        final int end = offset + length;
        int at = offset;
        while (at < end && state != State.SWITCHED) {
            at = switch (state) {
                case START -> start(bytes, at, chunkStart && at == offset);
                case HEAD -> head(bytes, at, end);
                case FIXED, CHUNK_DATA -> counted(bytes, at, end);
                case CHUNK_SIZE -> chunkSize(bytes, at);
                case CHUNK_END -> chunkEnd(bytes, at);
                case TRAILERS -> trailers(bytes, at);
                case UNTIL_CLOSE -> untilClose(bytes, at, end);
                case LOST, OPAQUE -> end;
                case SWITCHED -> throw new AssertionError("the loop is over");
            };
        }
        if (state == State.SWITCHED) {
            sink.switched();
        }
        return at - offset;
    }

    @Override
    public void gap(final long bytes) {
        mayWithhold = false;
        bodyBegun = true;
        switch (state) {
            case FIXED -> {
                final long inBody = Math.min(bytes, remaining);
                sink.bodyGap(inBody);
                remaining -= inBody;
                if (remaining == 0) {
                    endMessage();
                }
                if (bytes > inBody) {
                    lose(GapCause.STREAM, bytes - inBody);
                }
            }
            case CHUNK_DATA -> {
                if (bytes < remaining) {
                    sink.bodyGap(bytes);
                    remaining -= bytes;
                } else {
                    lose(GapCause.STREAM, bytes);
                }
            }
            case UNTIL_CLOSE -> sink.bodyGap(bytes);
            case START, HEAD, CHUNK_SIZE, CHUNK_END, TRAILERS, LOST -> lose(GapCause.STREAM, bytes);
            case OPAQUE, SWITCHED -> {}
        }
    }

    /** The connection is closed: ends a body that only the close ends, and answers whether a message was cut off. */
    boolean close() {
        final boolean cutOff = switch (state) {
            case HEAD, FIXED, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILERS -> true;
            case START, UNTIL_CLOSE, LOST, OPAQUE, SWITCHED -> false;
        };
        if (state == State.UNTIL_CLOSE) {
            endMessage();
        }
        shut();
        return cutOff;
    }

    /** The request whose body has not begun is answered: its client may never send it (RFC 9110, 10.1.1), and ask something else. */
    void answered() {
        mayWithhold = !bodyBegun && (state == State.FIXED || state == State.CHUNK_SIZE);
    }

    /** Forgets where it is without a word, since the other direction is lost. */
    void loseTrack() {
        if (state != State.OPAQUE) {
            headBuffer.clear();
            state = State.LOST;
        }
    }

    /** Takes nothing any more and gives its memory back. */
    void shut() {
        headBuffer.close();
        state = State.OPAQUE;
    }

    private void lose(final GapCause cause, final long bytes) {
        loseTrack();
        sink.lost(cause, bytes);
    }

    private void refuse(final GapCause cause) {
        if (resumed) {
            lose(cause, -1);
            return;
        }
        shut();
        sink.opaque(cause);
    }

    private int start(final byte[] bytes, final int at, final boolean beginsCall) {
        if (bytes[at] == '\r' || bytes[at] == '\n') {
            return at + 1; // RFC 9112, 2.2: an empty line before a start line is ignored
        }
        this.beginsCall = beginsCall;
        headBuffer.clear();
        lineLength = 0;
        state = State.HEAD;
        return at;
    }

    private int head(final byte[] bytes, final int from, final int end) {
        final int before = headBuffer.length();
        final int stop = before < MIN_START ? Math.min(end, from + MIN_START - before) : end;
        int at = from;
        boolean complete = false;
        while (at < stop && !complete) {
            final byte b = bytes[at++];
            if (b == '\n') {
                complete = lineLength == 0;
                lineLength = 0;
            } else if (b != '\r') {
                lineLength++;
            }
        }
        if (!headBuffer.append(bytes, from, at - from)) {
            refuse(GapCause.TOO_LARGE);
        } else if (before < MIN_START && !couldStart(headBuffer.array(), headBuffer.length())) {
            lose(GapCause.PROTOCOL, -1); // another protocol, or the middle of a message: the next start line tells
        } else if (complete) {
            headComplete();
        }
        return at;
    }

    private boolean couldStart(final byte[] bytes, final int length) {
        for (int i = 0; i < Math.min(length, MIN_START); i++) {
            final byte b = bytes[i];
            if (request ? b == ' ' && i > 0 : i == 7) {
                return true;
            }
            if (request ? !HttpHead.isLetter(b) : b != "HTTP/1.".charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private boolean looksLikeStart(final byte[] bytes, final int offset, final int length) {
        if (!request) {
            return startsWith(bytes, offset, length, "HTTP/1.");
        }
        for (final String method : METHODS) {
            if (startsWith(bytes, offset, length, method)) {
                final int target = offset + method.length();
                final int left = length - method.length();
                return startsWith(bytes, target, left, "/") || startsWith(bytes, target, left, "http://"); // to a proxy
            }
        }
        return false;
    }

    private static boolean startsWith(final byte[] bytes, final int offset, final int length, final String ascii) {
        if (length < ascii.length()) {
            return false;
        }
        for (int i = 0; i < ascii.length(); i++) {
            if (bytes[offset + i] != ascii.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private void headComplete() {
        if (!head.parse(headBuffer.array(), headBuffer.length())) {
            refuse(GapCause.HTTP);
            return;
        }
        resumed = false;
        final Framing framing = sink.head(head, beginsCall);
        if (state != State.HEAD) {
            return; // the sink has found that this direction cannot be followed
        }
        headBuffer.clear();
        lineLength = 0;
        bodyBegun = false;
        if (framing == Framing.SWITCHED) {
            headBuffer.close();
            state = State.SWITCHED;
        } else if (framing == Framing.NO_BODY) {
            endMessage();
        } else if (head.isChunked()) {
            beginChunk();
        } else if (head.isOpenEnded()) {
            openEnded();
        } else if (head.contentLength() >= 0) {
            remaining = head.contentLength();
            state = State.FIXED;
            if (remaining == 0) {
                endMessage();
            }
        } else if (request) {
            endMessage();
        } else {
            state = State.UNTIL_CLOSE;
        }
    }

    private void openEnded() {
        if (request) {
            refuse(GapCause.HTTP); // RFC 9112, 6.3: nobody can know where such a request ends
        } else {
            state = State.UNTIL_CLOSE;
        }
    }

    private int counted(final byte[] bytes, final int at, final int end) {
        bodyBegun = true;
        final int count = (int) Math.min(remaining, end - at);
        sink.body(bytes, at, count);
        remaining -= count;
        if (remaining == 0) {
            if (state == State.FIXED) {
                endMessage();
            } else if (state == State.CHUNK_DATA) {
                state = State.CHUNK_END;
            }
        }
        return at + count;
    }

    private int untilClose(final byte[] bytes, final int at, final int end) {
        sink.body(bytes, at, end - at);
        return end;
    }

    private void beginChunk() {
        state = State.CHUNK_SIZE;
        remaining = 0;
        lineLength = 0;
        sizeDigits = false;
        sizeDone = false;
    }

    private int chunkSize(final byte[] bytes, final int at) {
        final byte b = bytes[at];
        bodyBegun = true;
        if (b == '\n') {
            if (!sizeDigits) {
                refuse(GapCause.HTTP);
            } else if (remaining == 0) {
                state = State.TRAILERS;
                lineLength = 0;
            } else {
                state = State.CHUNK_DATA;
            }
            return at + 1;
        }
        final int digit = Character.digit(b, 16);
        if (digit >= 0 && !sizeDone) {
            sizeDigits = true;
            remaining = remaining * 16 + digit;
        } else if (b == ';' || b == '\r' || b == ' ' || b == '\t') {
            sizeDone = true; // chunk extensions, which say nothing about the content
        } else if (!sizeDone) {
            refuse(GapCause.HTTP);
        }
        if (++lineLength > MAX_LINE || remaining > MAX_CHUNK) {
            refuse(GapCause.HTTP);
        }
        return at + 1;
    }

    private int chunkEnd(final byte[] bytes, final int at) {
        if (bytes[at] == '\n') {
            beginChunk();
        } else if (bytes[at] != '\r') {
            refuse(GapCause.HTTP);
        }
        return at + 1;
    }

    private int trailers(final byte[] bytes, final int at) {
        if (bytes[at] == '\n') {
            if (lineLength == 0) {
                endMessage();
            }
            lineLength = 0;
        } else if (bytes[at] != '\r' && ++lineLength > MAX_LINE) {
            refuse(GapCause.HTTP);
        }
        return at + 1;
    }

    private void endMessage() {
        state = State.START;
        sink.end();
    }
}
