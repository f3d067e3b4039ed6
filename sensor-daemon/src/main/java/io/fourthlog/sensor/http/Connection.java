package io.fourthlog.sensor.http;

import io.fourthlog.sensor.database.Database;
import io.fourthlog.sensor.database.DatabaseListener;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import io.fourthlog.sensor.streams.StreamAssembler;
import org.jspecify.annotations.Nullable;

/**
 * Both directions of one connection, whatever carried them: plaintext of a TLS library or of a socket. Puts the
 * captured bytes in order, finds out what is spoken and who asks, and follows it, also when it changes on the way.
 *
 * <pre>
 *            ┌──────────► Http1Connection ──► WebSocketConnection   101
 *  Sniffer ──┤                   │      └───► Sniffer               answer to CONNECT
 *     ▲      ├► Http2Connection ◄┘ h2c
 *     │      └► DatabaseConnection
 *     └─ the next chunk, while nothing is recognised
 * </pre>
 */
public final class Connection implements AutoCloseable {
    /** What a connection tells about itself. */
    public interface Listener {
        /**
         * A request begins.
         *
         * @return what follows it, or {@code null} for an API that the sensor does not know
         */
        @Nullable
        Exchange request(HttpHead head);

        /**
         * The same of one that the process serves. Of such a connection only who asks is recorded: what else is lost of it is not told.
         */
        default @Nullable Exchange served(final HttpHead head) {
            return null;
        }

        /** Requests that the process serves are not heard any more on this connection, or one could not be read. */
        default void unheard(final GapCause cause) {}

        /** Whether the process is known to have made the connection, and so serves nothing there. */
        default boolean isClient() {
            return false;
        }

        /** It is a connection with a database. Answers who takes what the client does there. */
        DatabaseListener database(Database database);

        /** It is in a protocol that is not read, or was the middle of something when it was first seen. */
        default void unrecognised() {
            gap(GapCause.PROTOCOL, -1);
        }

        /** Something was not seen that no exchange reports; {@code missingBytes} is -1 if not known. */
        void gap(GapCause cause, long missingBytes);
    }

    private static final int MAX_WAITING = 256 << 10; // bytes that may wait for an earlier chunk, in each direction

    private final MemoryBudget budget;
    private final Limits limits;
    private final Listener listener;
    private final StreamAssembler sent;
    private final StreamAssembler received;
    private Protocol protocol;
    private boolean served; // the other end asks
    private boolean closed;

    public Connection(final MemoryBudget budget, final Limits limits, final Listener listener) {
        this.budget = budget;
        this.limits = limits;
        this.listener = listener;
        sent = new StreamAssembler(budget, MAX_WAITING, new Side(true));
        received = new StreamAssembler(budget, MAX_WAITING, new Side(false));
        protocol = new Sniffer(this);
    }

    /** Bytes that the process sent, from byte number {@code position} of its stream on. */
    public void sent(final long position, final byte[] bytes, final int length) {
        if (protocol != Protocol.Ignored.INSTANCE) {
            received.flush();
            sent.accept(position, bytes, 0, length);
        }
    }

    /** Bytes that the process received. */
    public void received(final long position, final byte[] bytes, final int length) {
        if (protocol != Protocol.Ignored.INSTANCE) {
            sent.flush();
            received.accept(position, bytes, 0, length);
        }
    }

    /** Gives up on chunks that have not come. */
    public void flush() {
        sent.flush();
        received.flush();
    }

    /** Whether chunks wait for an earlier one. */
    public boolean isWaiting() {
        return sent.isWaiting() || received.isWaiting();
    }

    /** The connection was closed, and carried nothing but what came here. */
    public void closed() {
        closed = true;
        close();
    }

    /** The connection, or its process, is gone. */
    @Override
    public void close() {
        flush();
        end(GapCause.UNFINISHED);
    }

    /** Gives the connection up to have its memory: it is not followed any more, which is told even where nothing is under way. */
    public void shed() {
        final boolean followed = protocol != Protocol.Ignored.INSTANCE;
        if (!end(GapCause.SHED) && followed) {
            gap(GapCause.SHED, -1);
        }
        if (followed) {
            unheard(GapCause.SHED);
        }
    }

    private boolean end(final GapCause cause) {
        final boolean cut = protocol.end(cause);
        become(Protocol.Ignored.INSTANCE);
        sent.close();
        received.close();
        return cut;
    }

    boolean isClosed() {
        return closed;
    }

    MemoryBudget budget() {
        return budget;
    }

    Limits limits() {
        return limits;
    }

    Listener listener() {
        return listener;
    }

    Protocol protocol() {
        return protocol;
    }

    /** From the next byte on, in both directions, this is spoken. */
    void become(final Protocol next) {
        protocol.shut();
        protocol = next;
    }

    /** Nothing more can be known of this connection, and why; {@code missingBytes} is -1 if not known. */
    void giveUp(final GapCause cause, final long missingBytes) {
        ignore(cause);
        gap(cause, missingBytes);
    }

    /** The same where an exchange tells it. */
    void ignore(final GapCause cause) {
        become(Protocol.Ignored.INSTANCE);
        unheard(cause);
    }

    /** A request, or all that follow, could not be read. */
    void unheard(final GapCause cause) {
        if (served) {
            listener.unheard(cause);
        }
    }

    /** From the next byte on it is the other end that asks. */
    void serve() {
        served = true;
    }

    boolean isServed() {
        return served;
    }

    /** A request begins; answers what follows it. */
    @Nullable
    Exchange request(final HttpHead head) {
        return served ? listener.served(head) : listener.request(head);
    }

    /** Something was not seen that no exchange reports; {@code missingBytes} is -1 if not known. */
    void gap(final GapCause cause, final long missingBytes) {
        if (!served) {
            listener.gap(cause, missingBytes);
        }
    }

    /** Who takes what the process sends, or what it receives, of what is spoken now. */
    Protocol.Half half(final boolean sentByProcess) {
        return sentByProcess == served ? protocol.received() : protocol.sent();
    }

    private final class Side implements StreamAssembler.Sink {
        private final boolean sentByProcess;

        private Side(final boolean sentByProcess) {
            this.sentByProcess = sentByProcess;
        }

        @Override
        public void data(final byte[] bytes, final int offset, final int length, final boolean chunkStart) {
            int done = half(sentByProcess).data(bytes, offset, length, chunkStart);
            while (done < length) {
                done += half(sentByProcess).data(bytes, offset + done, length - done, true); // a protocol begins
            }
        }

        @Override
        public void gap(final long bytes) {
            half(sentByProcess).gap(bytes);
        }
    }
}
