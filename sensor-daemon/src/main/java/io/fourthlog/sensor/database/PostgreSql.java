package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;

/**
 * PostgreSQL's protocol 3 (PostgreSQL's documentation, "Frontend/Backend Protocol"), simple and extended, which CockroachDB, Redshift,
 * PgBouncer and others speak as well.
 *
 * <p>Answers come in the order of what was asked, so what was asked waits in one queue. After a loss that the framing does not
 * allow to be skipped, all that waits is cut, and it goes on where the client asks again, if it has never asked before it was answered; where
 * some of a request was lost, once the server has said that it is ready for another.
 */
final class PostgreSql extends AbstractDecoder {
    private final PostgreSqlPending pending = new PostgreSqlPending(this);
    private final PostgreSqlStatements statements = new PostgreSqlStatements(this, pending);
    private final PostgreSqlStartup startup;
    private final PostgreSqlClient client;
    private final PostgreSqlServer server;
    private boolean lost;
    private boolean lostSent; // while it is lost: what the client sends next may be the rest of a request
    private boolean ready; // while it is lost: the server has said last that it waits for a request

    private PostgreSql(final MemoryBudget budget, final DatabaseListener listener, final boolean begins) {
        super(budget, listener);
        startup = new PostgreSqlStartup(this, pending, !begins);
        client = new PostgreSqlClient(this, pending, startup, statements);
        server = new PostgreSqlServer(this, pending, statements);
        lost = !begins;
        if (begins) {
            client.nextIsStartup();
        }
    }

    /** From the beginning of a connection. */
    static PostgreSql begun(final MemoryBudget budget, final DatabaseListener listener) {
        return new PostgreSql(budget, listener, true);
    }

    /** From the first request that is seen of a connection that began before. */
    static PostgreSql inTheMiddle(final MemoryBudget budget, final DatabaseListener listener) {
        return new PostgreSql(budget, listener, false);
    }

    /** Whether a client's first bytes ask for a session, or for TLS before it. */
    static Begins begins(final byte[] bytes, final int offset, final int length) {
        return PostgreSqlStartup.begins(bytes, offset, length);
    }

    /** Whether a client's call is a request, whole. */
    static boolean isRequest(final byte[] bytes, final int offset, final int length) {
        return PostgreSqlClient.isRequest(bytes, offset, length);
    }

    @Override
    public void sent(final byte[] bytes, final int offset, final int length) {
        if (lost) {
            lost = (lostSent && !ready) || !isRequest(bytes, offset, length);
            lostSent = lost;
            ready = false;
        }
        if (!lost) {
            client.data(bytes, offset, length);
        }
    }

    @Override
    public void received(final byte[] bytes, final int offset, final int length) {
        if (lost) {
            ready = PostgreSqlServer.endsReady(bytes, offset + length, length);
        }
        if (lost || isOver() || length == 0) {
            return;
        }
        int at = offset;
        if (startup.takeEncryptionAsked()) {
            if (bytes[at] == 'S' || bytes[at] == 'G') {
                finish();
                listener.encrypts();
                return;
            }
            if (bytes[at] == 'N') {
                at++;
            }
            client.nextIsStartup();
        }
        server.data(bytes, at, offset + length - at);
    }

    @Override
    public void gap(final boolean sent, final long bytes) {
        if (isOver()) {
            return;
        }
        if (lost) {
            lostSent |= sent;
            ready = false;
            listener.gap(GapCause.STREAM, bytes);
            return;
        }
        if (!(sent ? client : server).skip(bytes)) {
            lose(sent, bytes);
        }
    }

    private void lose(final boolean sent, final long bytes) {
        final boolean told = cutAll(GapCause.STREAM, bytes);
        if (sent) {
            statements.forgetAll();
        }
        if (!startup.isOver() || client.pipelines()) {
            finish();
            listener.gap(GapCause.STREAM, told ? -1 : bytes);
            return;
        }
        lost = true;
        lostSent = sent;
        ready = false;
        client.drop();
        server.drop();
        if (!told) {
            listener.gap(GapCause.STREAM, bytes);
        }
    }

    @Override
    boolean cutAll(final GapCause cause, final long bytes) {
        boolean cut = pending.cut(cause, bytes);
        cut |= statements.cutPortals(cause, cut ? -1 : bytes);
        return cut;
    }

    @Override
    void release() {
        statements.forgetAll();
        client.close();
        server.close();
    }
}
