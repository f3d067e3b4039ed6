package io.fourthlog.sensor.http;

import io.fourthlog.sensor.streams.GapCause;

/** What a connection speaks: takes both directions in order of position, until the connection becomes another one. */
sealed interface Protocol
        permits Sniffer, Http1Connection, Http2Connection, WebSocketConnection, DatabaseConnection, Protocol.Ignored {
    /** One direction. */
    interface Half {
        /**
         * The next bytes, valid during the call only.
         *
         * @param chunkStart whether they begin where a captured call (or a record of it) began
         * @return how many of them were this protocol's; the rest belongs to what the connection has become
         */
        int data(byte[] bytes, int offset, int length, boolean chunkStart);

        /** Bytes that were not captured. */
        void gap(long bytes);
    }

    /** What the end says that asks. */
    Half sent();

    /** What the other end says. */
    Half received();

    /** Nothing more comes, and why: says what was cut off. Answers whether anything was. */
    boolean end(GapCause cause);

    /** Takes nothing any more and gives its memory back, without a word. */
    void shut();

    /** Bytes that are nobody's to read: what is unknown, was given up, or is read elsewhere. */
    final class Ignored implements Protocol, Half {
        static final Ignored INSTANCE = new Ignored();

        private Ignored() {}

        @Override
        public int data(final byte[] bytes, final int offset, final int length, final boolean chunkStart) {
            return length;
        }

        @Override
        public void gap(final long bytes) {}

        @Override
        public Half sent() {
            return this;
        }

        @Override
        public Half received() {
            return this;
        }

        @Override
        public boolean end(final GapCause cause) {
            return false;
        }

        @Override
        public void shut() {}
    }
}
