package io.fourthlog.sensor.database;

/** Takes the values of a row, or of a statement's parameters, in pieces. */
interface ValueSink {
    /**
     * Takes a piece.
     *
     * @param bytes of the value; valid during the call only
     * @param ends whether the value ends with this piece
     */
    void value(int column, byte[] bytes, int offset, int length, boolean ends);
}
