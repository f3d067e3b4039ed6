package io.fourthlog.sensor.http;

import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The header blocks of one direction of an HTTP/2 connection, decompressed (HPACK, RFC 7541) by netty, and the fields of the
 * last one in a buffer of ours.
 *
 * <p>The meaning of a block depends on every block before it. Where one is missing, the decoder begins anew with a table
 * full of placeholders: entries are numbered from the newest, so what is added from then on has its right number, a
 * reference to what was added before finds a placeholder, and the field is known to be unknown.
 */
final class Http2Fields implements AutoCloseable {
    /** How a block came out. */
    enum Outcome {
        READ,
        /** Too many or too large fields; the table is in step. */
        TOO_LARGE,
        /** Not a header block, as far as can be known: every later one begins with an unknown table. */
        LOST
    }

    /** Octets of a compression table for which every connection has room; 4096 are used unless both ends want more. */
    static final int TABLE = 16 << 10;

    private static final int LARGEST_TABLE =
            64 << 10; // octets, as browsers and who imitates them allow; where there is memory for it

    private static final int NUMBERS = 3; // per field: where its name, its value and its end are
    private static final byte[] UNKNOWN_TABLE = unknownTable();

    private final MemoryBudget budget;
    private final ContentBuffer buffer;
    private final int maxBytes;
    private final Headers headers = new Headers();
    private Decoder decoder;
    private int[] places = new int[NUMBERS * 32];
    private int count;
    private boolean incomplete;
    private int taken; // octets of the table beyond those that every connection has

    Http2Fields(final MemoryBudget budget, final Limits limits) {
        this.budget = budget;
        buffer = new ContentBuffer(budget, limits.headBytes());
        maxBytes = limits.headBytes();
        decoder = new Decoder();
    }

    /** A block is missing: forgets the table. */
    void lose() {
        decoder = new Decoder();
        hasRoom(0);
        buffer.clear();
        try {
            decoder.decodeHeaders(1, Unpooled.wrappedBuffer(UNKNOWN_TABLE));
        } catch (final Http2Exception.HeaderListSizeException _) { // the table is filled all the same
            buffer.clear();
        } catch (final Http2Exception e) {
            throw new AssertionError("our own header block", e);
        }
        buffer.clear();
    }

    Outcome read(final byte[] block, final int length) {
        buffer.clear();
        count = 0;
        incomplete = false;
        final int table = tableSize(block, length);
        if (table >= 0 && !hasRoom(table)) {
            lose();
            return Outcome.LOST;
        }
        final ByteBuf bytes = Unpooled.wrappedBuffer(block, 0, length);
        try {
            decoder.decodeHeaders(1, bytes);
            return Outcome.READ;
        } catch (final Http2Exception.HeaderListSizeException _) {
            return Outcome.TOO_LARGE;
        } catch (final Http2Exception | RuntimeException _) {
            lose(); // a reference beyond the table, or no HPACK at all
            return Outcome.LOST;
        }
    }

    /** How large a block says that the table is from now on (RFC 7541, 6.3); -1 if it does not. */
    private static int tableSize(final byte[] block, final int length) {
        int size = -1;
        int at = 0;
        while (at < length && (block[at] & 0xe0) == 0x20) {
            size = block[at++] & 0x1f;
            if (size == 0x1f) {
                for (int shift = 0; at < length && size <= LARGEST_TABLE; shift += 7) {
                    final byte more = block[at++];
                    size += (more & 0x7f) << Math.min(shift, 17); // any bit from there on is too large
                    if (more >= 0) {
                        break;
                    }
                }
            }
        }
        return size;
    }

    private boolean hasRoom(final int table) {
        final int wanted = Math.max(0, table - TABLE);
        if (table > LARGEST_TABLE || (wanted > taken && !budget.take(wanted - taken))) {
            return false;
        }
        if (wanted < taken) {
            budget.giveBack(taken - wanted);
        }
        taken = wanted;
        return true;
    }

    int count() {
        return count;
    }

    byte[] array() {
        return buffer.array();
    }

    int name(final int field) {
        return places[field * NUMBERS];
    }

    int value(final int field) {
        return places[field * NUMBERS + 1];
    }

    int end(final int field) {
        return places[field * NUMBERS + 2];
    }

    /** Whether the block had fields that are not known. */
    boolean incomplete() {
        return incomplete;
    }

    void clear() {
        buffer.clear();
        count = 0;
    }

    @Override
    public void close() {
        buffer.close();
        count = 0;
        decoder = new Decoder(); // the old one's table holds values
        hasRoom(0);
    }

    private void add(final CharSequence name, final CharSequence value) {
        if (name.length() == 0 || name.charAt(0) == 0) {
            incomplete = true;
            return;
        }
        if ((count + 1) * NUMBERS > places.length) {
            places = Arrays.copyOf(places, places.length * 2);
        }
        final int start = buffer.length();
        if (!append(name)) {
            return;
        }
        places[count * NUMBERS] = start;
        places[count * NUMBERS + 1] = buffer.length();
        if (append(value)) {
            places[count * NUMBERS + 2] = buffer.length();
            count++;
        }
    }

    private boolean append(final CharSequence text) {
        if (text instanceof final AsciiString ascii) {
            return append(ascii.array(), ascii.arrayOffset(), ascii.length());
        }
        throw new IllegalArgumentException("netty decodes fields as AsciiString");
    }

    private boolean append(final byte[] bytes, final int offset, final int length) {
        if (buffer.append(bytes, offset, length)) {
            return true;
        }
        incomplete = true;
        return false;
    }

    /** A size update to a table of what every connection has (RFC 7541, 6.3), and as many entries as it has room for (6.2.1; 32 octets each and their content). */
    private static byte[] unknownTable() {
        final int entries = TABLE / 33;
        final byte[] block = new byte[3 + 4 * entries];
        block[0] = 0x3f;
        block[1] = (byte) (((TABLE - 31) & 0x7f) | 0x80);
        block[2] = (byte) ((TABLE - 31) >> 7);
        for (int at = 3; at < block.length; at += 4) {
            block[at] = 0x40; // a new name, to be added
            block[at + 1] = 1; // its length; the name is NUL, which no field has, and its value is empty
        }
        return block;
    }

    /** Takes the fields of a block as they come, instead of keeping them in a map. */
    private final class Headers extends DefaultHttp2Headers {
        private Headers() {
            super(false);
        }

        @Override
        public Http2Headers add(final CharSequence name, final CharSequence value) {
            Http2Fields.this.add(name, value);
            return this;
        }

        @Override
        public boolean equals(final @Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    private final class Decoder extends DefaultHttp2HeadersDecoder {
        private Decoder() {
            super(false, maxBytes);
            try {
                maxHeaderTableSize(LARGEST_TABLE);
            } catch (final Http2Exception e) {
                throw new AssertionError("a table of " + LARGEST_TABLE + " octets is allowed", e);
            }
        }

        @Override
        protected Http2Headers newHeaders() {
            return headers;
        }
    }
}
