package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.streams.MemoryBudget;
import io.fourthlog.sensor.streams.StreamAssembler;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Both directions of one client connection: puts the captured bytes in order, parses HTTP/1.1, and pairs each response
 * with its request.
 *
 * <p>Pairing is by order (RFC 9112, 9.3.2), so what was lost must not shift it. When a direction is lost, every open
 * exchange ends with a gap, and answers are read again only after the next request. A connection that is lost while it
 * has several requests under way could pair wrongly, and is not followed any further.
 */
public final class HttpConnection implements AutoCloseable {
    /** What a connection tells about itself. */
    public interface Listener {
        /**
         * A request begins.
         *
         * @return what follows it, or {@code null} for an API that the sensor does not know
         */
        @Nullable
        Exchange request(HttpHead head);

        /** Something was not seen that no exchange reports; {@code missingBytes} is -1 if not known. */
        void gap(GapCause cause, long missingBytes);
    }

    /** A request under way, and what the answer's framing depends on. */
    private record Open(@Nullable Exchange exchange, boolean headMethod, boolean connect) {}

    private static final int MAX_WAITING = 256 << 10; // bytes that may wait for an earlier chunk, in each direction
    private static final int MAX_OPEN = 64; // requests without an answer; pipelining clients stay far below

    private final Listener listener;
    private final HttpParser requests;
    private final HttpParser responses;
    private final StreamAssembler sent;
    private final StreamAssembler received;
    private final ArrayDeque<Open> open = new ArrayDeque<>();
    private @Nullable Exchange sending;
    private @Nullable Open answering;
    private boolean interim;
    private boolean requestSinceLoss = true;
    private boolean server;
    private boolean undecoded;

    public HttpConnection(final MemoryBudget budget, final Limits limits, final Listener listener) {
        this.listener = listener;
        requests = new HttpParser(true, budget, limits, new RequestSink());
        responses = new HttpParser(false, budget, limits, new ResponseSink());
        sent = new StreamAssembler(budget, MAX_WAITING, requests);
        received = new StreamAssembler(budget, MAX_WAITING, responses);
    }

    /** Bytes that the process sent, from byte number {@code position} of its stream on. */
    public void sent(final long position, final byte[] bytes, final int length) {
        if (!server && !undecoded) {
            received.flush();
            sent.accept(position, bytes, 0, length);
        }
    }

    /** Bytes that the process received. */
    public void received(final long position, final byte[] bytes, final int length) {
        if (!server && !undecoded) {
            if (position == 0 && open.isEmpty() && serves(bytes, length)) {
                server = true; // the other end is the client, and its own sensor records what it asks
                shut();
                return;
            }
            sent.flush();
            received.accept(position, bytes, 0, length);
        }
    }

    /** Gives up on chunks that have not come. */
    public void flush() {
        sent.flush();
        received.flush();
    }

    /** Whether chunks wait for an earlier one. */
    public boolean isWaiting() {
        return sent.isWaiting() || received.isWaiting();
    }

    /** The connection, or its process, is gone. */
    @Override
    public void close() {
        flush();
        final boolean cutRequest = requests.close();
        final boolean cutResponse = responses.close();
        if (!open.isEmpty() || sending != null) {
            abortAll(GapCause.UNFINISHED, -1);
        } else if (cutRequest || cutResponse) {
            listener.gap(GapCause.UNFINISHED, -1);
        }
        shut();
    }

    private static boolean serves(final byte[] bytes, final int length) {
        int at = 0;
        while (at < length && bytes[at] >= 'A' && bytes[at] <= 'Z') {
            at++;
        }
        return at >= 3 && at + 1 < length && bytes[at] == ' ' && bytes[at + 1] == '/';
    }

    private void shut() {
        requests.shut();
        responses.shut();
        sent.close();
        received.close();
        open.clear();
        sending = null;
        answering = null;
    }

    /** Ends every open exchange with this gap; one that was not of a known API has the gap recorded by itself. */
    private void abortAll(final GapCause cause, final long missingBytes) {
        boolean reported = false;
        final Exchange unfinished = sending;
        sending = null;
        answering = null;
        while (!open.isEmpty()) {
            final Exchange exchange = open.removeFirst().exchange();
            if (exchange != null) {
                exchange.abort(cause, missingBytes);
                reported = true;
            }
        }
        if (!reported && unfinished == null) {
            listener.gap(cause, missingBytes);
        }
    }

    private void lost(final GapCause cause, final long missingBytes) {
        if (open.size() > 1) {
            notDecoded(cause, missingBytes);
            return;
        }
        abortAll(cause, missingBytes);
        responses.loseTrack();
        requestSinceLoss = false;
    }

    private void notDecoded(final GapCause cause, final long missingBytes) {
        undecoded = true;
        abortAll(cause, missingBytes);
        shut();
    }

    private final class RequestSink implements HttpParser.Sink {
        @Override
        public HttpParser.Framing head(final HttpHead head) {
            if (open.size() == MAX_OPEN) {
                notDecoded(GapCause.SHED, -1);
                return HttpParser.Framing.NO_BODY;
            }
            requestSinceLoss = true;
            sending = listener.request(head);
            open.addLast(new Open(
                    sending, head.method().equals("HEAD"), head.method().equals("CONNECT")));
            return HttpParser.Framing.STATED;
        }

        @Override
        public void body(final byte[] bytes, final int offset, final int length) {
            if (sending != null) {
                sending.requestBody(bytes, offset, length);
            }
        }

        @Override
        public void bodyGap(final long bytes) {
            if (sending != null) {
                sending.requestGap(bytes);
            } else {
                listener.gap(GapCause.STREAM, bytes);
            }
        }

        @Override
        public void end() {
            final Exchange complete = sending;
            sending = null;
            if (complete != null) {
                complete.requestEnd();
            }
        }

        @Override
        public void lost(final GapCause cause, final long bytes) {
            HttpConnection.this.lost(cause, bytes);
        }

        @Override
        public void opaque(final GapCause cause) {
            notDecoded(cause, -1);
        }

        @Override
        public boolean mayResume() {
            return true;
        }
    }

    private final class ResponseSink implements HttpParser.Sink {
        @Override
        public HttpParser.Framing head(final HttpHead head) {
            final Open request = open.peekFirst();
            if (request == null) {
                listener.gap(GapCause.MIDDLE, -1);
                responses.loseTrack();
                requestSinceLoss = false;
                return HttpParser.Framing.NO_BODY;
            }
            answering = request;
            interim = head.status() < 200;
            if (head.status() == 101 || (request.connect() && head.status() < 300)) {
                return HttpParser.Framing.TUNNEL;
            }
            if (!interim && request.exchange() != null) {
                request.exchange().responseHead(head);
            }
            final boolean bodiless = interim || request.headMethod() || head.status() == 204 || head.status() == 304;
            return bodiless ? HttpParser.Framing.NO_BODY : HttpParser.Framing.STATED;
        }

        @Override
        public void body(final byte[] bytes, final int offset, final int length) {
            if (answering != null && answering.exchange() != null) {
                answering.exchange().responseBody(bytes, offset, length);
            }
        }

        @Override
        public void bodyGap(final long bytes) {
            if (answering != null && answering.exchange() != null) {
                answering.exchange().responseGap(bytes);
            } else {
                listener.gap(GapCause.STREAM, bytes);
            }
        }

        @Override
        public void end() {
            final Open request = answering;
            answering = null;
            if (request == null || interim) {
                return;
            }
            open.removeFirst();
            final Exchange complete = request.exchange();
            if (complete == null) {
                return;
            }
            if (complete.equals(sending)) {
                sending = null; // the server answered before it had read the request to its end
            }
            complete.responseEnd();
        }

        @Override
        public void lost(final GapCause cause, final long bytes) {
            HttpConnection.this.lost(cause, bytes);
        }

        @Override
        public void opaque(final GapCause cause) {
            notDecoded(cause, -1);
        }

        @Override
        public boolean mayResume() {
            return requestSinceLoss;
        }
    }
}
