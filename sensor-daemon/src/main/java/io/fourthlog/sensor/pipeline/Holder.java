package io.fourthlog.sensor.pipeline;

/** A stream that holds content, or what waits for more of it, and can be given up to have that memory. */
interface Holder {
    /** Bytes. */
    long held();

    /** Gives the stream up, and says so in the record. */
    void shed();
}
