package io.fourthlog.sensor.http;

import io.fourthlog.sensor.streams.GapCause;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1: pairs each response with its request.
 *
 * <p>Pairing is by order (RFC 9112, 9.3.2), so what was lost must not shift it. When a direction is lost, every open
 * exchange ends with a gap, and answers are read again only after the next request. Where the client was seen to send requests
 * without waiting for answers, that could pair wrongly, and the connection is not followed any further. An answer may come before its request
 * is over: the exchange is when both are.
 */
final class Http1Connection implements Protocol {
    /** A request under way, and what the answer's framing depends on. */
    private record Open(@Nullable Exchange exchange, boolean headMethod, boolean connect) {}

    private static final int MAX_OPEN = 64; // requests without an answer; pipelining clients stay far below

    private final Connection connection;
    private final Http1Parser requests;
    private final Http1Parser responses;
    private final ArrayDeque<Open> open = new ArrayDeque<>();
    private @Nullable Exchange sending;
    private boolean answered; // what is being sent
    private @Nullable Open answering;
    private boolean interim;
    private boolean requestSinceLoss = true;
    private boolean pipelined; // as far as was seen
    private HttpHead.Upgrade upgrade = HttpHead.Upgrade.NONE;
    private boolean deflatesMessages;
    private final ExchangeRoom room;

    Http1Connection(final Connection connection) {
        this.connection = connection;
        this.room = new ExchangeRoom(connection.budget());
        requests = new Http1Parser(true, connection.budget(), connection.limits(), new RequestSink());
        responses = new Http1Parser(false, connection.budget(), connection.limits(), new ResponseSink());
    }

    @Override
    public Half sent() {
        return requests;
    }

    @Override
    public Half received() {
        return responses;
    }

    @Override
    public boolean end(final GapCause cause) {
        final boolean cutRequest = requests.close();
        final boolean cutResponse = responses.close();
        final boolean underWay = !open.isEmpty() || sending != null;
        if (underWay) {
            abortAll(cause, -1);
        } else if (cutRequest || cutResponse) {
            connection.gap(cause, -1);
        }
        return underWay || cutRequest || cutResponse;
    }

    @Override
    public void shut() {
        requests.shut();
        responses.shut();
        open.clear();
        sending = null;
        answering = null;
        room.giveBack();
    }

    /** Ends every open exchange with this gap; one that was not of a known API has the gap recorded by itself. */
    private void abortAll(final GapCause cause, final long missingBytes) {
        boolean reported = false;
        final Exchange unfinished = sending;
        sending = null;
        answering = null;
        if (unfinished != null && answered) {
            endAnswered(unfinished, cause, missingBytes);
        }
        while (!open.isEmpty()) {
            final Exchange exchange = open.removeFirst().exchange();
            if (exchange != null) {
                exchange.abort(cause, missingBytes);
                reported = true;
            }
        }
        if (!reported && unfinished == null) {
            connection.gap(cause, missingBytes);
        }
    }

    private void endAnswered(final Exchange exchange, final GapCause cause, final long missingBytes) {
        if (cause == GapCause.UNFINISHED) {
            if (connection.isClosed()) {
                exchange.requestEnd(); // nothing more of it came
            }
            exchange.responseEnd();
        } else {
            exchange.abort(cause, missingBytes);
        }
    }

    private void lost(final GapCause cause, final long missingBytes) {
        if (open.size() > 1 && pipelined) {
            notDecoded(cause, missingBytes);
            return;
        }
        abortAll(cause, missingBytes);
        responses.loseTrack();
        requestSinceLoss = false;
    }

    private void notDecoded(final GapCause cause, final long missingBytes) {
        abortAll(cause, missingBytes);
        connection.ignore(cause);
    }

    /** The answer being read was the last of this protocol: the connection becomes what both ends agreed on. */
    private void switchProtocol() {
        final Open request = answering;
        final Exchange exchange = request == null ? null : request.exchange();
        open.removeFirst(); // the one that is answered
        if (!open.isEmpty()) {
            abortAll(GapCause.HTTP, -1); // nobody may ask on before the answer says that the protocol stays
        }
        sending = null;
        switch (upgrade) {
            case H2C -> {
                final Http2Connection http2 = Http2Connection.create(connection, true);
                if (http2 == null) {
                    giveUp(exchange, GapCause.SHED);
                } else {
                    http2.upgraded(exchange);
                    connection.become(http2);
                }
            }
            case WEBSOCKET -> connection.become(new WebSocketConnection(connection, exchange, deflatesMessages));
            case NONE -> connection.become(new Sniffer(connection, exchange)); // a tunnel, through a proxy
            case OTHER -> giveUp(exchange, GapCause.UPGRADE);
        }
    }

    private void giveUp(final @Nullable Exchange exchange, final GapCause cause) {
        if (exchange == null) {
            connection.giveUp(cause, -1);
        } else {
            connection.ignore(cause);
            exchange.abort(cause, -1);
        }
    }

    private final class RequestSink implements Http1Parser.Sink {
        @Override
        public Http1Parser.Framing head(final HttpHead head, final boolean beginsCall) {
            if (open.size() == MAX_OPEN || !room.isBeside(open.size())) {
                notDecoded(GapCause.SHED, -1);
                return Http1Parser.Framing.NO_BODY;
            }
            requestSinceLoss = true;
            pipelined |= !open.isEmpty() && !beginsCall;
            sending = connection.request(head);
            answered = false;
            open.addLast(new Open(
                    sending, head.method().equals("HEAD"), head.method().equals("CONNECT")));
            return Http1Parser.Framing.STATED;
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
                connection.gap(GapCause.STREAM, bytes);
            }
        }

        @Override
        public void end() {
            final Exchange complete = sending;
            sending = null;
            if (complete != null) {
                complete.requestEnd();
                if (answered) {
                    complete.responseEnd();
                }
            }
        }

        @Override
        public void lost(final GapCause cause, final long bytes) {
            Http1Connection.this.lost(cause, bytes);
            if (cause != GapCause.STREAM) {
                connection.unheard(cause); // it was there
            }
        }

        @Override
        public void opaque(final GapCause cause) {
            notDecoded(cause, -1);
        }

        @Override
        public void switched() {
            throw new AssertionError("requests do not switch the protocol");
        }

        @Override
        public boolean mayResume() {
            return true;
        }
    }

    private final class ResponseSink implements Http1Parser.Sink {
        @Override
        public Http1Parser.Framing head(final HttpHead head, final boolean beginsCall) {
            final Open request = open.peekFirst();
            pipelined |= open.size() > 1; // and nothing was lost since the first of them
            if (request == null) {
                connection.gap(GapCause.MIDDLE, -1);
                responses.loseTrack();
                requestSinceLoss = false;
                return Http1Parser.Framing.NO_BODY;
            }
            answering = request;
            interim = head.status() < 200;
            if (head.status() == 101 || (request.connect() && head.status() >= 200 && head.status() < 300)) {
                upgrade = head.status() == 101 && head.upgrade() == HttpHead.Upgrade.NONE
                        ? HttpHead.Upgrade.OTHER
                        : head.upgrade();
                deflatesMessages = head.deflatesMessages();
                return Http1Parser.Framing.SWITCHED;
            }
            if (!interim && request.exchange() != null) {
                request.exchange().responseHead(head);
            }
            final boolean bodiless = interim || request.headMethod() || head.status() == 204 || head.status() == 304;
            return bodiless ? Http1Parser.Framing.NO_BODY : Http1Parser.Framing.STATED;
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
                connection.gap(GapCause.STREAM, bytes);
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
            if (open.isEmpty()) {
                requests.answered();
            }
            if (complete == null) {
                return;
            }
            if (!complete.equals(sending)) {
                complete.responseEnd();
            } else if (connection.isServed()) {
                sending = null; // who asks is not waited for
                complete.responseEnd();
            } else {
                answered = true;
            }
        }

        @Override
        public void lost(final GapCause cause, final long bytes) {
            Http1Connection.this.lost(cause, bytes);
        }

        @Override
        public void opaque(final GapCause cause) {
            notDecoded(cause, -1);
        }

        @Override
        public void switched() {
            switchProtocol();
        }

        @Override
        public boolean mayResume() {
            return requestSinceLoss;
        }
    }
}
