package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import io.fourthlog.sensor.streams.StreamAssembler;

/**
 * One direction of an MCP stdio transport (Model Context Protocol, "Transports"): newline-delimited JSON-RPC 2.0, however
 * the writer cut it into writes. Lines that are not JSON-RPC are a program's own output and are left alone.
 */
public final class McpStream implements AutoCloseable {
    /** Takes the messages of one direction. */
    public interface Listener extends RpcReader.Listener {
        /** Messages may be missing; {@code missingBytes} is -1 if not known. */
        void gap(GapCause cause, long missingBytes);
    }

    private static final int MAX_WAITING = 256 << 10; // bytes that may wait for an earlier chunk

    private final Listener listener;
    private final StreamAssembler assembler;
    private final ContentBuffer line;
    private final int mostPieces; // of a line that are messages
    private final RpcReader reader;
    private boolean skipping; // until the next newline
    private boolean speaksJsonRpc;

    public McpStream(final MemoryBudget budget, final Limits limits, final Listener listener) {
        this.listener = listener;
        line = new ContentBuffer(budget, limits.bodyBytes());
        mostPieces = limits.parts();
        assembler = new StreamAssembler(budget, MAX_WAITING, new Lines());
        reader = new RpcReader(budget, limits, listener);
    }

    /** Bytes written from byte number {@code position} of this direction on. */
    public void accept(final long position, final byte[] bytes, final int length) {
        assembler.accept(position, bytes, 0, length);
    }

    /** Gives up on chunks that have not come. */
    public void flush() {
        assembler.flush();
    }

    public boolean isWaiting() {
        return assembler.isWaiting();
    }

    /** Whether a JSON-RPC message was seen, so that this is no other program's output. */
    public boolean speaksJsonRpc() {
        return speaksJsonRpc;
    }

    @Override
    public void close() {
        assembler.close();
        line.close();
    }

    private void lineComplete() {
        switch (reader.read(line.array(), 0, line.length())) {
            case TOLD, MESSAGE -> speaksJsonRpc = true;
            case OTHER -> {}
            case INVALID -> split();
        }
    }

    /** What is no message may be several: readers of text in Python end a line at a carriage return as well. */
    private void split() {
        boolean broken = false;
        int from = 0;
        int pieces = 0;
        for (int at = 0; at <= line.length() && pieces <= mostPieces; at++) {
            if (at == line.length() || line.array()[at] == '\r') {
                final RpcReader.Outcome outcome = reader.read(line.array(), from, at);
                speaksJsonRpc |= outcome.isMessage();
                broken |= outcome == RpcReader.Outcome.INVALID;
                from = at + 1;
                pieces++;
            }
        }
        if ((broken || pieces > mostPieces) && speaksJsonRpc) {
            listener.gap(GapCause.MCP, line.length());
        }
    }

    private final class Lines implements StreamAssembler.Sink {
        @Override
        public void data(final byte[] bytes, final int offset, final int length, final boolean chunkStart) {
            final int end = offset + length;
            int from = offset;
            for (int at = offset; at < end; at++) {
                if (bytes[at] == '\n') {
                    keep(bytes, from, at);
                    lineEnds();
                    from = at + 1;
                }
            }
            keep(bytes, from, end);
        }

        private void keep(final byte[] bytes, final int start, final int to) {
            int from = start;
            if (line.length() == 0) {
                while (from < to && JsonText.isBlank(bytes[from])) {
                    from++;
                }
                skipping |= from < to && bytes[from] != '{' && bytes[from] != '['; // a program's own output
            }
            if (!skipping && to > from && !line.append(bytes, from, to - from)) {
                skipping = true;
                line.clear();
                listener.gap(GapCause.TOO_LARGE, -1);
            }
        }

        private void lineEnds() {
            if (!skipping && line.length() > 0) {
                lineComplete();
            }
            skipping = false;
            line.clear();
        }

        @Override
        public void gap(final long bytes) {
            skipping = true;
            line.clear();
            listener.gap(GapCause.STREAM, bytes);
        }
    }
}
