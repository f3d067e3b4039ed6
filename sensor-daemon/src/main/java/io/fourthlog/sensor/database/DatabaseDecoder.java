package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;

/**
 * Follows one connection of a client with its database. Bytes are those of the connection in order, and valid during the call
 * only. Whatever comes, it holds no more than its share of the memory budget, and never throws.
 */
public interface DatabaseDecoder {
    void sent(byte[] bytes, int offset, int length);

    void received(byte[] bytes, int offset, int length);

    /** Bytes of one direction that were not captured. What they were part of is cut; what cannot be followed from here on is over. */
    void gap(boolean sent, long bytes);

    /** Whether nothing more can be read: TLS begins, whose plaintext is read elsewhere, or it was given up, which has been told. */
    boolean isOver();

    /** The connection is over, and why: what is under way is cut. Frees what is held. Answers whether anything was cut. */
    boolean end(GapCause cause);
}
