package io.fourthlog.sensor.http;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** A WebSocket (RFC 6455), with permessage-deflate (RFC 7692): the messages of both sides, for whoever takes them. */
final class WebSocketConnection implements Protocol {
    private static final int CONTINUATION = 0; // opcodes, RFC 6455, 5.2
    private static final int BINARY = 2;
    private static final int CONTROL = 8; // and above
    private static final int FIN = 0x80;
    private static final int COMPRESSED = 0x40; // RSV1
    private static final int MASKED = 0x80;
    private static final int MAX_HEADER = 14; // octets: two, eight of length, four of mask
    private static final byte[] TAIL = {0, 0, (byte) 0xff, (byte) 0xff}; // RFC 7692, 7.2.2
    private static final int OUT = 16 << 10; // bytes inflated at a time

    private final Connection connection;
    private final @Nullable Exchange exchange;
    private final Exchange.@Nullable MessageSink messages;
    private final boolean deflates;
    private final Direction sent;
    private final Direction received;
    private boolean begun;
    private boolean over;

    WebSocketConnection(final Connection connection, final @Nullable Exchange exchange, final boolean deflates) {
        this.connection = connection;
        this.exchange = exchange;
        this.messages = exchange == null ? null : exchange.upgraded();
        this.deflates = deflates;
        sent = new Direction(true);
        received = new Direction(false);
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
        boolean cut = false;
        if (messages != null && !over && cause != GapCause.UNFINISHED) {
            messages.gap(cause, -1);
            cut = true;
        }
        over();
        return cut;
    }

    @Override
    public void shut() {
        over();
        sent.close();
        received.close();
    }

    private void over() {
        if (!over) {
            over = true;
            if (messages != null) {
                messages.end();
            } else if (exchange != null) {
                exchange.abort(GapCause.UPGRADE, -1);
            }
        }
    }

    private void giveUp(final GapCause cause, final long bytes) {
        if (messages != null) {
            messages.gap(cause, bytes);
            connection.ignore(cause);
        } else if (exchange != null) {
            connection.ignore(cause); // the exchange reports it
        } else {
            connection.giveUp(GapCause.UPGRADE, bytes);
        }
    }

    private final class Direction implements Half, AutoCloseable {
        private final boolean client;
        private final byte[] header = new byte[MAX_HEADER];
        private final ContentBuffer message;
        private final ContentBuffer inflated;
        private int headerLength;
        private int headerNeeded = 2;
        private long remaining;
        private long maskAt;
        private boolean inPayload;
        private boolean compressed; // the message
        private boolean skipping; // to the end of the message
        private boolean lost;
        private @Nullable Inflater inflater;

        private Direction(final boolean client) {
            this.client = client;
            message = new ContentBuffer(connection.budget(), connection.limits().bodyBytes());
            inflated =
                    new ContentBuffer(connection.budget(), connection.limits().bodyBytes());
        }

        @Override
        public int data(final byte[] bytes, final int offset, final int length, final boolean chunkStart) {
            if (!begun) {
                begun = true;
                if (messages == null) {
                    giveUp(GapCause.UPGRADE, -1);
                }
            }
            if (lost && chunkStart && framesEndHere(bytes, offset, offset + length)) {
                lost = false;
            }
            final int end = offset + length;
            int at = offset;
            while (at < end && !over && !lost) {
                at = inPayload ? payload(bytes, at, end) : header(bytes, at);
            }
            return length;
        }

        /** Whether a chunk is a whole number of frames, which what is in the middle of one hardly ever looks like. */
        private boolean framesEndHere(final byte[] bytes, final int offset, final int end) {
            long at = offset;
            while (at < end) {
                final int from = (int) at;
                final int needed = end - from < 2 ? MAX_HEADER : needed(bytes[from + 1]);
                if (needed > end - from || !isHeader(bytes[from], bytes[from + 1])) {
                    return false;
                }
                final long length = payloadLength(bytes, from);
                if (length < 0 || length > end - from - needed) {
                    return false;
                }
                at += needed + length;
            }
            return true;
        }

        private boolean isHeader(final byte first, final byte second) {
            final int opcode = first & 0x0f;
            return (first & 0x30) == 0
                    && (opcode <= BINARY || (opcode >= CONTROL && opcode <= CONTROL + 2))
                    && ((second & MASKED) != 0) == client;
        }

        @Override
        public void gap(final long bytes) {
            if (over) {
                return;
            }
            if (deflates || messages == null) {
                giveUp(GapCause.STREAM, bytes); // what comes after cannot be decompressed
                return;
            }
            messages.gap(GapCause.STREAM, bytes);
            skipping = true;
            message.clear();
            if (inPayload && bytes <= remaining) {
                remaining -= bytes;
                maskAt += bytes;
                if (remaining == 0) {
                    endFrame();
                }
            } else {
                lost = true;
                inPayload = false;
                headerLength = 0;
                headerNeeded = 2;
                skipping = false;
            }
        }

        private int header(final byte[] bytes, final int at) {
            header[headerLength++] = bytes[at];
            if (headerLength == 2) {
                headerNeeded = needed(header[1]);
                if (!isHeader(header[0], header[1])) {
                    giveUp(GapCause.WEBSOCKET, -1);
                    return at + 1;
                }
            }
            if (headerLength == headerNeeded) {
                beginFrame();
            }
            return at + 1;
        }

        private static int needed(final byte second) {
            final int length = second & 0x7f;
            return 2 + (length == 127 ? 8 : length == 126 ? 2 : 0) + ((second & MASKED) != 0 ? 4 : 0);
        }

        private static long payloadLength(final byte[] bytes, final int at) {
            final int length = bytes[at + 1] & 0x7f;
            if (length < 126) {
                return length;
            }
            long value = 0;
            for (int i = 0; i < (length == 126 ? 2 : 8); i++) {
                value = value << 8 | (bytes[at + 2 + i] & 0xff);
            }
            return value;
        }

        private void beginFrame() {
            remaining = payloadLength(header, 0);
            maskAt = 0;
            inPayload = true;
            final int opcode = header[0] & 0x0f;
            if (remaining < 0) {
                giveUp(GapCause.WEBSOCKET, -1);
                return;
            }
            if (opcode != CONTINUATION && opcode < CONTROL) {
                message.clear();
                skipping = false;
                compressed = (header[0] & COMPRESSED) != 0;
                if (compressed && !deflates) {
                    giveUp(GapCause.WEBSOCKET, -1);
                    return;
                }
            }
            if (remaining == 0) {
                endFrame();
            }
        }

        private int payload(final byte[] bytes, final int at, final int end) {
            final int count = (int) Math.min(remaining, end - at);
            if ((header[0] & 0x0f) < CONTROL && !skipping) {
                keep(bytes, at, count);
            }
            maskAt += count;
            remaining -= count;
            if (remaining == 0) {
                endFrame();
            }
            return at + count;
        }

        private void keep(final byte[] bytes, final int at, final int count) {
            if (!message.ensure(count)) {
                message.clear();
                skipping = true;
                if (deflates || messages == null) {
                    giveUp(GapCause.TOO_LARGE, -1);
                } else {
                    messages.gap(GapCause.TOO_LARGE, -1);
                }
                return;
            }
            final byte[] to = message.array();
            final int start = message.length();
            if ((header[1] & MASKED) == 0) {
                System.arraycopy(bytes, at, to, start, count);
            } else {
                final int mask = headerNeeded - 4;
                for (int i = 0; i < count; i++) {
                    to[start + i] = (byte) (bytes[at + i] ^ header[mask + (int) (maskAt + i & 3)]);
                }
            }
            message.advance(count);
        }

        private void endFrame() {
            inPayload = false;
            headerLength = 0;
            headerNeeded = 2;
            if ((header[0] & FIN) == 0 || (header[0] & 0x0f) >= CONTROL || messages == null || over) {
                return;
            }
            if (!skipping) {
                if (compressed) {
                    inflate(messages);
                } else {
                    messages.message(client, message.array(), message.length());
                }
            }
            message.clear();
            skipping = false;
        }

        private void inflate(final Exchange.MessageSink to) {
            if (inflater == null) {
                if (!connection.budget().take(ContentDecoder.ZLIB)) {
                    giveUp(GapCause.SHED, -1);
                    return;
                }
                inflater = new Inflater(true);
            }
            try {
                final boolean whole =
                        inflate(inflater, message.array(), message.length()) && inflate(inflater, TAIL, TAIL.length);
                if (whole) {
                    to.message(client, inflated.array(), inflated.length());
                } else {
                    giveUp(GapCause.TOO_LARGE, -1);
                }
            } catch (final DataFormatException _) {
                giveUp(GapCause.ENCODING, -1);
            }
            inflated.clear();
        }

        private boolean inflate(final Inflater zip, final byte[] bytes, final int length) throws DataFormatException {
            zip.setInput(bytes, 0, length);
            while (!zip.needsInput() && !zip.finished()) {
                if (!inflated.ensure(OUT)) {
                    return false;
                }
                final int count = zip.inflate(inflated.array(), inflated.length(), OUT);
                inflated.advance(count);
                if (count == 0 && zip.needsDictionary()) {
                    throw new DataFormatException("a dictionary");
                }
            }
            if (zip.finished()) {
                zip.reset(); // a block marked as the last one, which ends the window as well
            }
            return true;
        }

        @Override
        public void close() {
            message.close();
            inflated.close();
            Arrays.fill(header, (byte) 0);
            if (inflater != null) {
                inflater.end();
                inflater = null;
                connection.budget().giveBack(ContentDecoder.ZLIB);
            }
        }
    }
}
