package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;

/**
 * MongoDB's wire protocol (OP_MSG, and what came before it for the first greeting), compressed or not, which DocumentDB, Cosmos DB and
 * FerretDB speak as well.
 *
 * <p>An answer has the number of what it answers, so none is taken for another's after a loss; messages are found again where a
 * call begins with one.
 */
final class MongoDb extends AbstractDecoder {
    private final MongoPending pending = new MongoPending(this);
    private final MongoClient client;
    private final MongoServer server;

    MongoDb(final MemoryBudget budget, final DatabaseListener listener) {
        super(budget, listener);
        client = new MongoClient(this, pending);
        server = new MongoServer(this, pending);
    }

    /** Whether a client's first bytes are the header of a command. */
    static Begins begins(final byte[] bytes, final int offset, final int length) {
        return MongoHeader.begins(bytes, offset, length);
    }

    /** Whether a client's call is a command, whole, or several. */
    static boolean isRequest(final byte[] bytes, final int offset, final int length) {
        return begins(bytes, offset, length) == Begins.YES && MongoHeader.chain(bytes, offset, length) == 0;
    }

    @Override
    public void sent(final byte[] bytes, final int offset, final int length) {
        client.take(bytes, offset, length);
    }

    @Override
    public void received(final byte[] bytes, final int offset, final int length) {
        server.take(bytes, offset, length);
    }

    @Override
    public void gap(final boolean sent, final long bytes) {
        if (!isOver()) {
            (sent ? client : server).lose(bytes);
        }
    }

    @Override
    boolean cutAll(final GapCause cause, final long bytes) {
        boolean cut = client.cut(cause);
        server.drop();
        cut |= pending.cut(cause);
        return cut;
    }

    @Override
    void release() {
        client.close();
        server.close();
    }
}
