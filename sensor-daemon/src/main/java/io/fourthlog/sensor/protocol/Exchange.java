package io.fourthlog.sensor.protocol;

/**
 * One request of an API that the sensor knows and what came back, in the order in which it passes by: request head (at
 * creation), request body, request end, response head, response body, response end or abort.
 */
interface Exchange {
    /** Decoded transfer coding, raw content coding; valid during the call only. */
    void requestBody(byte[] bytes, int offset, int length);

    void requestGap(long bytes);

    void requestEnd();

    /** The final response's head; interim ones are not handed over. */
    void responseHead(HttpHead head);

    void responseBody(byte[] bytes, int offset, int length);

    void responseGap(long bytes);

    void responseEnd();

    /** Nothing more of this exchange can be known. Frees what it holds; not called after {@link #responseEnd()}. */
    void abort(GapCause cause, long missingBytes);
}
