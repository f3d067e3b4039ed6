package io.fourthlog.sensor.http;

import io.fourthlog.sensor.database.DatabaseDecoder;
import io.fourthlog.sensor.streams.GapCause;

/** A connection with a database, which is read by that database's decoder. */
final class DatabaseConnection implements Protocol {
    private final Connection connection;
    private final DatabaseDecoder decoder;
    private final Half sent = new Direction(true);
    private final Half received = new Direction(false);

    DatabaseConnection(final Connection connection, final DatabaseDecoder decoder) {
        this.connection = connection;
        this.decoder = decoder;
    }

    @Override
    public Half sent() {
        return sent;
    }

    @Override
    public Half received() {
        return received;
    }

    @Override
    public boolean end(final GapCause cause) {
        return decoder.end(cause);
    }

    @Override
    public void shut() {
        decoder.end(GapCause.UNFINISHED);
    }

    private final class Direction implements Half {
        private final boolean client;

        private Direction(final boolean client) {
            this.client = client;
        }

        @Override
        public int data(final byte[] bytes, final int offset, final int length, final boolean chunkStart) {
            if (client) {
                decoder.sent(bytes, offset, length);
            } else {
                decoder.received(bytes, offset, length);
            }
            leaveIfOver();
            return length;
        }

        @Override
        public void gap(final long bytes) {
            decoder.gap(client, bytes);
            leaveIfOver();
        }

        private void leaveIfOver() {
            if (decoder.isOver()) {
                connection.become(Ignored.INSTANCE);
            }
        }
    }
}
