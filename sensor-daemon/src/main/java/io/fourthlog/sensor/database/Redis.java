package io.fourthlog.sensor.database;

import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.Arrays;

/**
 * Redis (RESP2 and RESP3, as Valkey, KeyDB, Dragonfly and others speak it): commands in a pipeline, transactions, what is published.
 *
 * <p>Answers come in the order of the commands and say nothing of them. So after a loss no answer is taken for one of a certain
 * command, until it is {@linkplain RedisPairing known} again which it is of: what is asked is told, and cut.
 */
final class Redis extends AbstractDecoder {
    private static final byte[] PONG = {'+', 'P', 'O', 'N', 'G', '\r', '\n'};

    private final RedisSession session;
    private final RedisPairing pairing;
    private final RedisGroups groups;
    private final RedisPending pending;
    private final RedisClient client;
    private final RedisServer server;
    private boolean clientLost;
    private boolean answeredSince; // the last request

    private Redis(final MemoryBudget budget, final DatabaseListener listener, final boolean begins) {
        super(budget, listener);
        session = new RedisSession(listener, begins ? "0" : null);
        pairing = new RedisPairing(!begins);
        groups = new RedisGroups(listener);
        pending = new RedisPending(this, groups);
        client = new RedisClient(this, session, pairing, groups, pending);
        server = new RedisServer(this, session, pairing, pending);
    }

    /** From the beginning of a connection. */
    static Redis begun(final MemoryBudget budget, final DatabaseListener listener) {
        return new Redis(budget, listener, true);
    }

    /** From the first command that is seen of a connection that began before. */
    static Redis inTheMiddle(final MemoryBudget budget, final DatabaseListener listener) {
        return new Redis(budget, listener, false);
    }

    /** Whether a client's first bytes are a command. */
    static Begins begins(final byte[] bytes, final int offset, final int length) {
        return RedisCall.begins(bytes, offset, length);
    }

    /** Whether a client's call is a command that is known, and others, whole. */
    static boolean isRequest(final byte[] bytes, final int offset, final int length) {
        return RedisCall.isRequest(bytes, offset, length);
    }

    @Override
    public void sent(final byte[] bytes, final int offset, final int length) {
        if (isOver() || length == 0) {
            return;
        }
        pairing.sent(!pending.isEmpty());
        if (pairing.isUnpaired() && answeredSince) {
            alternates();
        }
        if (clientLost) {
            if (!RedisCall.isBeginning(bytes, offset, length)) {
                return;
            }
            clientLost = false;
            client.restart();
        }
        answeredSince = false;
        client.data(bytes, offset, length);
        if (client.stopped() && !isOver()) {
            giveUp(GapCause.PROTOCOL);
        }
    }

    /** A request follows an answer, while answers are not paired. */
    private void alternates() {
        final boolean paired =
                pairing.alternates(server.isBetween() && !clientLost, client.isBetween() && !pending.inTransaction());
        closeUnpaired();
        server.restart();
        if (paired) {
            pairing.pair();
        }
    }

    @Override
    public void received(final byte[] bytes, final int offset, final int length) {
        if (isOver() || length == 0) {
            return;
        }
        closeUnpaired();
        if (pairing.isPinged()
                && client.isBetween()
                && Arrays.equals(bytes, offset, offset + length, PONG, 0, PONG.length)) {
            pairing.pair(); // nothing else waits for an answer
            server.restart();
            return;
        }
        answeredSince = true;
        server.data(bytes, offset, length);
        if (server.stopped() && !isOver() && !pairing.isUnpaired()) {
            giveUp(GapCause.PROTOCOL);
        }
    }

    /** While answers are not paired, what was asked together is told when the first of them comes. */
    private void closeUnpaired() {
        if (pairing.isUnpaired() && client.isBetween()) {
            groups.cut(GapCause.STREAM, -1);
        }
    }

    @Override
    public void gap(final boolean sent, final long bytes) {
        if (isOver() || (sent ? !clientLost && client.skip(bytes) : !pairing.isUnpaired() && server.skip(bytes))) {
            return;
        }
        if (session.isSubscribed()) {
            giveUp(GapCause.STREAM);
            return;
        }
        if (sent) {
            clientLost = true;
        }
        lose(bytes);
        if (sent) {
            client.restart();
        }
    }

    /** Bytes are missing, of which it is not known what they were; -1 if not how many either. */
    void lose(final long bytes) {
        boolean told = cutAll(GapCause.STREAM, bytes);
        if (!client.isBetween()) {
            told |= client.cut(GapCause.STREAM, told ? -1 : bytes);
        }
        if (!told) {
            listener.gap(GapCause.STREAM, bytes);
        }
        pairing.lose();
        pending.inTransaction(false);
        answeredSince = false;
        server.restart();
    }

    @Override
    boolean cutAll(final GapCause cause, final long bytes) {
        boolean cut = pending.cut(cause, bytes);
        cut |= groups.cut(cause, cut ? -1 : bytes);
        server.drop(cause);
        return cut;
    }

    @Override
    void release() {
        client.close();
        server.close();
    }
}
