package io.fourthlog.jsse;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/**
 * What is called before each method that has a {@link Patch}: it calls the method itself, and hands over what that moves. Only what
 * the method throws is thrown.
 */
public final class Hooks {
    /** Whether the next call of a patched method by this thread comes from here, and is to pass. */
    private static final ThreadLocal<boolean[]> PASS = new ThreadLocal<boolean[]>() {
        @Override
        protected boolean[] initialValue() {
            return new boolean[1];
        }
    };

    private Hooks() {}

    /** Loads every class that is needed, while the jar is there, and opens what is written to. */
    static void prepare() throws IOException {
        PASS.get();
        Handover.open();
        Connections.number(Hooks.class);
    }

    /** Whether a patched method has its hook called, which else it goes on without. */
    public static boolean enter() {
        try {
            final boolean[] pass = PASS.get();
            final boolean passes = pass[0];
            pass[0] = false;
            return !passes;
        } catch (final Throwable fault) {
            return false;
        }
    }

    public static SSLEngineResult wrap(
            final SSLEngine engine, final ByteBuffer[] sources, final int offset, final int length, final ByteBuffer target)
            throws SSLException {
        final int[] before = positions(sources, offset, length);
        final boolean[] pass = PASS.get(); // made by enter()
        final SSLEngineResult result;
        pass[0] = true;
        try {
            result = engine.wrap(sources, offset, length, target);
        } finally {
            pass[0] = false;
        }
        Handover.moved(engine, Handover.SENT, sources, offset, before, result.bytesConsumed());
        if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
            Handover.closed(engine);
        }
        return result;
    }

    public static SSLEngineResult unwrap(
            final SSLEngine engine, final ByteBuffer source, final ByteBuffer[] targets, final int offset, final int length)
            throws SSLException {
        final int[] before = positions(targets, offset, length);
        final boolean[] pass = PASS.get();
        final SSLEngineResult result;
        pass[0] = true;
        try {
            result = engine.unwrap(source, targets, offset, length);
        } finally {
            pass[0] = false;
        }
        Handover.moved(engine, Handover.RECEIVED, targets, offset, before, result.bytesProduced());
        if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
            Handover.closed(engine);
        }
        return result;
    }

    public static int read(
            final InputStream stream, final Object socket, final byte[] target, final int offset, final int length)
            throws IOException {
        final boolean[] pass = PASS.get();
        final int read;
        pass[0] = true;
        try {
            read = stream.read(target, offset, length);
        } finally {
            pass[0] = false;
        }
        if (read > 0) {
            Handover.moved(socket, Handover.RECEIVED, target, offset, read);
        }
        return read;
    }

    /** Handed over first: another thread may read the answer before the write returns. */
    public static void write(
            final OutputStream stream, final Object socket, final byte[] source, final int offset, final int length)
            throws IOException {
        final boolean[] pass = PASS.get();
        if (!((Socket) socket).isClosed()) { // else it throws
            Handover.moved(socket, Handover.SENT, source, offset, length);
        }
        pass[0] = true;
        try {
            stream.write(source, offset, length);
        } finally {
            pass[0] = false;
        }
    }

    /** The end of what is received is none of the connection, on which a client of HTTP/2 still says that it goes. */
    public static void close(final SSLSocket socket) throws IOException {
        final boolean[] pass = PASS.get();
        pass[0] = true;
        try {
            socket.close();
        } finally {
            pass[0] = false;
            Handover.closed(socket);
        }
    }

    /** Where the buffers begin; null if the method will not take them, or there is no memory to say it. */
    private static int[] positions(final ByteBuffer[] buffers, final int offset, final int length) {
        try {
            final int[] positions = new int[length];
            for (int i = 0; i < length; i++) {
                positions[i] = buffers[offset + i].position();
            }
            return positions;
        } catch (final Throwable fault) {
            return null;
        }
    }
}
