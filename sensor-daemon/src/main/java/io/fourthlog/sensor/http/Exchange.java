package io.fourthlog.sensor.http;

import io.fourthlog.sensor.streams.GapCause;
import org.jspecify.annotations.Nullable;

/**
 * One request of an API that the sensor knows and what came back, in the order in which it passes by: request head (at
 * creation), request body, request end, response head, response body, response end or abort. A server may answer before the request ends:
 * the response end is last all the same, and comes without a request end if it is not known whether all of the request was seen.
 */
public interface Exchange {
    /** Decoded transfer coding, raw content coding; valid during the call only. */
    void requestBody(byte[] bytes, int offset, int length);

    void requestGap(long bytes);

    void requestEnd();

    /** The final response's head; interim ones are not handed over. */
    void responseHead(HttpHead head);

    void responseBody(byte[] bytes, int offset, int length);

    void responseGap(long bytes);

    /** Fields behind the response's body. */
    default void responseTrailers(HttpHead trailers) {}

    void responseEnd();

    /**
     * The connection has become a WebSocket (RFC 6455), and no response ends this exchange.
     *
     * @return who takes its messages, {@code null} if nobody does
     */
    default @Nullable MessageSink upgraded() {
        return null;
    }

    /** The connection has become a tunnel that carries something, which is told by itself, and no response ends this exchange. */
    default void tunnelled() {}

    /** Takes the messages of both sides of a WebSocket. */
    interface MessageSink {
        /** One text or binary message, put together and decompressed; valid during the call only. */
        void message(boolean sent, byte[] bytes, int length);

        /** Messages may be missing; {@code missingBytes} is -1 if not known. */
        void gap(GapCause cause, long missingBytes);

        /** The connection is over. Frees what is held. */
        void end();
    }

    /** Nothing more of this exchange can be known. Frees what it holds; not called after {@link #responseEnd()}. */
    void abort(GapCause cause, long missingBytes);
}
