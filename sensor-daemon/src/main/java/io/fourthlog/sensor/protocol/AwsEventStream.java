package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Amazon's event stream encoding ({@code application/vnd.amazon.eventstream}; Smithy, "Amazon Event Stream") out of body bytes,
 * both checksums checked.
 *
 * <pre>
 *  0          4            8           12                                         total - 4
 * ┌──────────┬────────────┬───────────┬───────────────────┬──────────────────────┬───────────┐
 * │ total, 4 │ headers, 4 │ CRC-32, 4 │ headers           │ payload              │ CRC-32, 4 │
 * └──────────┴────────────┴───────────┴───────────────────┴──────────────────────┴───────────┘
 *                           of the 8 before                                        of all before
 *  a header: name length, 1 │ name │ type, 1 │ value; of a text (type 7) length, 2 │ UTF-8
 * </pre>
 */
final class AwsEventStream implements AutoCloseable {
    /** Takes the messages. */
    interface Sink {
        /**
         * An event, valid during the call only.
         *
         * @param exception the exception's type, {@code null} for an event that is none
         */
        void event(@Nullable String exception, byte[] bytes, int from, int length);

        /** A message was too large, or its bytes are not those that its checksum is of. */
        void unreadable(GapCause cause);
    }

    private static final int PRELUDE = 12;
    private static final int CRC = 4;
    private static final int TEXT = 7; // a header value's type
    private static final int[] VALUE_LENGTHS = {0, 0, 1, 2, 4, 8, -2, -2, 8, 16}; // by type; -2: two octets say it
    private static final int MAX_MESSAGE = 24 << 20; // octets, the encoding's own bound
    private static final int MAX_TYPE = 128; // octets of an exception's name

    private final Sink sink;
    private final ContentBuffer message;
    private final CRC32 crc = new CRC32();
    private long remaining; // of the message, behind what was taken
    private boolean begun;
    private boolean skipping;
    private boolean lost;
    private boolean closed;

    AwsEventStream(final MemoryBudget budget, final Limits limits, final Sink sink) {
        this.sink = sink;
        this.message = new ContentBuffer(budget, limits.eventBytes());
    }

    void parse(final byte[] bytes, final int offset, final int length) {
        final int end = offset + length;
        int at = offset;
        while (at < end && !lost && !closed) {
            final int wanted = begun ? (int) Math.min(remaining, end - at) : PRELUDE - message.length();
            final int count = Math.min(wanted, end - at);
            if (!skipping && !message.append(bytes, at, count)) {
                skip(GapCause.TOO_LARGE);
            }
            at += count;
            if (begun) {
                remaining -= count;
                if (remaining == 0) {
                    end();
                }
            } else if (message.length() == PRELUDE) {
                begin();
            }
        }
    }

    /** Bytes of the body are missing. */
    void gap(final long bytes) {
        if (begun && bytes <= remaining) {
            skipping = true;
            message.clear();
            remaining -= bytes;
            if (remaining == 0) {
                end();
            }
        } else {
            lost = true;
            message.clear();
        }
    }

    /** Whether the body ended in the middle of a message. */
    boolean isCut() {
        return begun || message.length() > 0;
    }

    private void begin() {
        final byte[] bytes = message.array();
        final long total = number(bytes, 0);
        final long headers = number(bytes, 4);
        crc.reset();
        crc.update(bytes, 0, PRELUDE - CRC);
        if (crc.getValue() != number(bytes, PRELUDE - CRC) || total < PRELUDE + CRC + headers || total > MAX_MESSAGE) {
            lost = true; // without a length that can be believed nobody knows where the next message is
            message.clear();
            sink.unreadable(GapCause.EVENT_STREAM);
            return;
        }
        begun = true;
        remaining = total - PRELUDE;
    }

    private void skip(final GapCause cause) {
        skipping = true;
        message.clear();
        sink.unreadable(cause);
    }

    private void end() {
        begun = false;
        if (!skipping) {
            final byte[] bytes = message.array();
            final int body = message.length() - CRC;
            crc.reset();
            crc.update(bytes, 0, body);
            if (crc.getValue() == number(bytes, body)) {
                final int payload = PRELUDE + (int) number(bytes, 4);
                sink.event(exception(bytes, payload), bytes, payload, body - payload);
            } else {
                sink.unreadable(GapCause.EVENT_STREAM);
            }
        }
        skipping = false;
        message.clear();
    }

    /** The text of {@code :exception-type} or {@code :error-code}, whatever of it names an error. */
    private static @Nullable String exception(final byte[] bytes, final int end) {
        String exception = null;
        int at = PRELUDE;
        while (at < end) {
            final int nameLength = bytes[at] & 0xff;
            final int name = at + 1;
            final int type = name + nameLength < end ? bytes[name + nameLength] : -1;
            if (type < 0 || type >= VALUE_LENGTHS.length) {
                return exception;
            }
            int value = name + nameLength + 1;
            int length = VALUE_LENGTHS[type];
            if (length < 0) {
                if (value + 2 > end) {
                    return exception;
                }
                length = (bytes[value] & 0xff) << 8 | (bytes[value + 1] & 0xff);
                value += 2;
            }
            if (value + length > end) {
                return exception;
            }
            if (type == TEXT
                    && (is(bytes, name, nameLength, ":exception-type") || is(bytes, name, nameLength, ":error-code"))) {
                exception = new String(bytes, value, Math.min(length, MAX_TYPE), StandardCharsets.ISO_8859_1);
            }
            at = value + length;
        }
        return exception;
    }

    private static boolean is(final byte[] bytes, final int from, final int length, final String ascii) {
        boolean same = length == ascii.length();
        for (int i = 0; same && i < length; i++) {
            same = bytes[from + i] == ascii.charAt(i);
        }
        return same;
    }

    private static long number(final byte[] bytes, final int at) {
        return (bytes[at] & 0xffL) << 24
                | (bytes[at + 1] & 0xffL) << 16
                | (bytes[at + 2] & 0xffL) << 8
                | (bytes[at + 3] & 0xffL);
    }

    @Override
    public void close() {
        closed = true;
        message.close();
    }
}
