package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;

/**
 * MySQL's protocol 10 (MySQL Internals, "Client/Server Protocol"; MariaDB, "Clients & Utilities, Protocol"): text and prepared
 * statements, several results, local files, compression by zlib.
 *
 * <p>Answers come in the order of the commands, which wait in one queue. Each answer's packets are told apart by what they are, not by
 * what was agreed on, so that a connection whose beginning was not seen is read as well. After a loss that the framing does not
 * allow to be skipped, what waits is cut, and it goes on with the next command, if the client never sends one before the last is answered.
 */
final class MySql extends AbstractDecoder {
    private final MySqlPending pending = new MySqlPending(this);
    private final MySqlHandshake handshake;
    private final MySqlStatements statements;
    private final MySqlClient client;
    private final MySqlServer server;
    private final MySqlInflater clientInflater;
    private final MySqlInflater serverInflater;
    private final MySqlSession session;
    private boolean lost;

    private MySql(final MemoryBudget budget, final DatabaseListener listener, final boolean begins) {
        super(budget, listener);
        session = new MySqlSession(listener);
        handshake = new MySqlHandshake(this, session, !begins);
        statements = new MySqlStatements(this, session, !begins);
        client = new MySqlClient(this, handshake, session, statements, pending);
        server = new MySqlServer(this, handshake, session, statements, pending);
        clientInflater = new MySqlInflater(budget, client);
        serverInflater = new MySqlInflater(budget, server);
        lost = !begins;
    }

    /** From the beginning of a connection, or of what is said inside TLS. */
    static MySql begun(final MemoryBudget budget, final DatabaseListener listener) {
        return new MySql(budget, listener, true);
    }

    /** From the first command that is seen of a connection that began before. */
    static MySql inTheMiddle(final MemoryBudget budget, final DatabaseListener listener) {
        return new MySql(budget, listener, false);
    }

    /** Whether a server's first bytes are a greeting. */
    static Begins greets(final byte[] bytes, final int offset, final int length) {
        return MySqlHandshake.greets(bytes, offset, length);
    }

    /** Whether a client's first bytes are a login, or ask for TLS before it. */
    static Begins begins(final byte[] bytes, final int offset, final int length) {
        return MySqlHandshake.begins(bytes, offset, length);
    }

    /** Whether a client's call is a command, whole. */
    static boolean isRequest(final byte[] bytes, final int offset, final int length) {
        return MySqlCommand.isWhole(bytes, offset, length);
    }

    /** Whether it is not followed until the client sends a command. */
    boolean isLost() {
        return lost;
    }

    private boolean isCompressed() {
        return handshake.isOver() && session.has(MySqlSession.COMPRESS);
    }

    @Override
    public void sent(final byte[] bytes, final int offset, final int length) {
        if (lost && !isOver() && MySqlCommand.begins(bytes, offset, length)) {
            lost = false;
            client.restart();
            server.resume();
        }
        read(client, clientInflater, bytes, offset, length);
    }

    @Override
    public void received(final byte[] bytes, final int offset, final int length) {
        read(server, serverInflater, bytes, offset, length);
    }

    private void read(
            final MySqlPackets packets,
            final MySqlInflater inflater,
            final byte[] bytes,
            final int offset,
            final int length) {
        if (lost || isOver()) {
            return;
        }
        if (!isCompressed()) {
            packets.data(bytes, offset, length);
            return;
        }
        inflater.data(bytes, offset, length);
        final GapCause failure = inflater.failure();
        if (failure != null && !isOver()) {
            giveUp(failure);
        }
    }

    @Override
    public void gap(final boolean sent, final long bytes) {
        if (isOver() || lost) {
            return;
        }
        final boolean canLose = !isCompressed() && (sent ? client.canLose() : server.canLose());
        if (!canLose || !(sent ? client : server).skip(bytes)) {
            lose(sent, bytes);
        }
    }

    /** Bytes are missing, of which it is not known what they were; -1 if not how many either. */
    void lose(final boolean sent, final long bytes) {
        statements.lose();
        final boolean told = cutAll(GapCause.STREAM, bytes);
        if (sent) {
            statements.forgetAll();
        }
        if (!handshake.isOver() || pending.pipelined() || isCompressed()) {
            finish();
            listener.gap(GapCause.STREAM, told ? -1 : bytes);
            return;
        }
        lost = true;
        client.drop();
        server.drop();
        if (!told) {
            listener.gap(GapCause.STREAM, bytes);
        }
    }

    @Override
    boolean cutAll(final GapCause cause, final long bytes) {
        boolean cut = client.cut(cause, bytes);
        cut |= pending.cut(cause, cut ? -1 : bytes);
        cut |= statements.cut(cause, cut ? -1 : bytes);
        return cut;
    }

    @Override
    void release() {
        clientInflater.close();
        serverInflater.close();
        statements.forgetAll();
        client.close();
        server.close();
    }
}
