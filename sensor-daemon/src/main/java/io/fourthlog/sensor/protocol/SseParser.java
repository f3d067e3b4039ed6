package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Server-sent events (WHATWG HTML, 9.2) out of body bytes: hands over each event's data, the same for every way in which
 * the bytes were cut.
 */
final class SseParser implements AutoCloseable {
    /** Takes one event's data, valid during the call only. */
    interface Sink {
        void event(byte[] data, int from, int length);

        /** An event was larger than is kept, and was skipped. */
        void oversized();
    }

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long LINE_FEEDS = '\n' * ONES;
    private static final long CARRIAGE_RETURNS = '\r' * ONES;
    private static final byte[] DATA = {'d', 'a', 't', 'a'};
    private static final byte[] LINE_FEED = {'\n'};
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    private enum Field {
        NAME,
        SPACE,
        DATA,
        OTHER
    }

    private final Sink sink;
    private final ContentBuffer data;
    private final int largest; // octets of an event
    private Field field = Field.NAME;
    private int nameLength; // octets of the line's name so far
    private boolean nameIsData = true;
    private boolean hasData;
    private boolean oversized;
    private boolean afterCarriageReturn;
    private int mark; // octets of a leading byte order mark that were seen; then BYTE_ORDER_MARK.length
    private boolean skipping; // after a gap, until an event ends
    private boolean closed; // maybe by the sink, in the middle of what is parsed

    SseParser(final MemoryBudget budget, final Limits limits, final Sink sink) {
        this.sink = sink;
        largest = limits.eventBytes();
        data = new ContentBuffer(budget, largest);
    }

    void parse(final byte[] bytes, final int offset, final int length) {
        final int end = offset + length;
        int at = offset;
        while (at < end && mark < BYTE_ORDER_MARK.length) {
            if (bytes[at] != BYTE_ORDER_MARK[mark]) {
                mark = BYTE_ORDER_MARK.length;
                break;
            }
            mark++;
            at++;
        }
        while (at < end && !closed) {
            final byte b = bytes[at];
            if (b == '\n' && afterCarriageReturn) {
                afterCarriageReturn = false;
                at++;
                continue;
            }
            afterCarriageReturn = b == '\r';
            if (b == '\n' || b == '\r') {
                lineEnds();
                at++;
            } else if (field == Field.DATA) {
                at = value(bytes, at, end);
            } else if (field == Field.SPACE) {
                field = Field.DATA;
                at += b == ' ' ? 1 : 0;
            } else {
                name(b);
                at++;
            }
        }
    }

    /** Bytes are missing: what is left of the event that they were in is skipped. */
    void gap() {
        data.clear();
        hasData = false;
        oversized = false;
        afterCarriageReturn = false;
        field = Field.OTHER;
        skipping = true;
        mark = BYTE_ORDER_MARK.length;
        nameLength = 1;
    }

    private void name(final byte b) {
        if (field == Field.NAME) {
            if (b == ':') {
                field = nameIsData && nameLength == DATA.length ? Field.SPACE : Field.OTHER;
                if (field == Field.SPACE) {
                    beginValue();
                }
            } else {
                nameIsData &= nameLength < DATA.length && DATA[nameLength] == b;
            }
            nameLength++;
        }
    }

    private void beginValue() {
        if (hasData) {
            append(LINE_FEED, 0, 1);
        }
        hasData = true;
    }

    private int value(final byte[] bytes, final int from, final int end) {
        final int at = lineEnd(bytes, from, end);
        final int length = at - from;
        final boolean whole = at + 1 < end && bytes[at] == '\n' && bytes[at + 1] == '\n';
        if (whole
                && !skipping
                && !oversized
                && data.length() == 0
                && length <= largest) { // not copied, and so are nearly all
            hasData = false;
            lineBegins();
            sink.event(bytes, from, length);
            return at + 2;
        }
        append(bytes, from, length);
        return at;
    }

    private static int lineEnd(final byte[] bytes, final int from, final int end) {
        int at = from;
        for (; at <= end - Long.BYTES; at += Long.BYTES) {
            final long word = (long) WORD.get(bytes, at);
            final long found = zeros(word ^ LINE_FEEDS) | zeros(word ^ CARRIAGE_RETURNS);
            if (found != 0) {
                return at + Long.numberOfTrailingZeros(found) / Byte.SIZE;
            }
        }
        while (at < end && bytes[at] != '\n' && bytes[at] != '\r') {
            at++;
        }
        return at;
    }

    /** The highest bit of each byte that is zero, exact up to the first. */
    private static long zeros(final long word) {
        return word - ONES & ~word & HIGH_BITS;
    }

    private void append(final byte[] bytes, final int offset, final int length) {
        oversized |= !data.append(bytes, offset, length);
    }

    private void lineEnds() {
        if (nameLength == 0) {
            eventEnds();
        } else if (field == Field.NAME && nameIsData && nameLength == DATA.length) {
            beginValue(); // a line that is just "data": one empty value
        }
        lineBegins();
    }

    private void lineBegins() {
        field = Field.NAME;
        nameLength = 0;
        nameIsData = true;
    }

    private void eventEnds() {
        if (skipping) {
            skipping = false;
        } else if (oversized) {
            sink.oversized();
        } else if (hasData) {
            sink.event(data.array(), 0, data.length());
        }
        data.clear();
        hasData = false;
        oversized = false;
    }

    /** Whether the stream ends within an event, which is none then; unless its data is {@code mark}. */
    boolean isCut(final byte[] mark) {
        return hasData && !skipping && !isAt(mark);
    }

    /** Whether it is within an event whose data is {@code mark}. */
    boolean isAt(final byte[] mark) {
        return hasData && !skipping && Arrays.equals(data.array(), 0, data.length(), mark, 0, mark.length);
    }

    @Override
    public void close() {
        closed = true;
        data.close();
    }
}
