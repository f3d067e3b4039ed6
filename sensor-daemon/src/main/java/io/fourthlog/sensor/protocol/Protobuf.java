package io.fourthlog.sensor.protocol;

/**
 * The texts in a message of Protocol Buffers whose schema is not known (encoding: protobuf.dev/programming-guides/encoding). A field of
 * bytes is a text if it can be printed, else a message if it is one to its end, else neither; a message that can be printed is taken for
 * a text with all that is in it, so that no text is left out.
 */
final class Protobuf {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;
    private static final int MAX_VARINT = 10; // bytes

    /** Takes a text, which is valid during the call only. */
    interface Sink {
        void text(int from, int length);
    }

    private final byte[] bytes;
    private final Sink sink;
    private int at;

    private Protobuf(final byte[] bytes, final Sink sink) {
        this.bytes = bytes;
        this.sink = sink;
    }

    /** Hands on the texts of a message, as far as it is one; answers whether it is to its end. */
    static boolean texts(final byte[] bytes, final int from, final int length, final int depth, final Sink sink) {
        return new Protobuf(bytes, sink).message(from, from + length, depth, true);
    }

    static long bigEndian(final byte[] bytes, final int at) {
        return ((bytes[at] & 0xffL) << 24)
                | ((bytes[at + 1] & 0xff) << 16)
                | ((bytes[at + 2] & 0xff) << 8)
                | (bytes[at + 3] & 0xff);
    }

    /** Answers whether it is a message to its end; looks no deeper than its own fields unless it tells. */
    private boolean message(final int from, final int end, final int depth, final boolean tells) {
        at = from;
        while (at < end) {
            final long key = varint(end);
            if (key <= 7) { // no such field, or none at all
                return false;
            }
            switch ((int) (key & 7)) {
                case VARINT -> {
                    if (varint(end) == -1) {
                        return false;
                    }
                }
                case FIXED64 -> at += 8;
                case FIXED32 -> at += 4;
                case BYTES -> {
                    final long length = varint(end);
                    if (length < 0 || length > end - at) {
                        return false;
                    }
                    final int next = at + (int) length;
                    if (tells) {
                        field(at, next, depth);
                    }
                    at = next;
                }
                default -> {
                    return false;
                }
            }
        }
        return at == end;
    }

    private void field(final int from, final int end, final int depth) {
        if (from == end) {
            return;
        }
        if (isText(bytes, from, end)) {
            sink.text(from, end - from);
        } else if (depth > 0 && message(from, end, depth, false)) {
            message(from, end, depth - 1, true);
        }
    }

    /** A number of at most 63 bits, as all lengths and keys are; -1 if there is none, -2 for one that is larger. */
    private long varint(final int end) {
        long value = 0;
        for (int i = 0; i < MAX_VARINT && at < end; i++) {
            final byte next = bytes[at++];
            value |= (next & 0x7fL) << (7 * i);
            if (next >= 0) {
                return value < 0 ? -2 : value;
            }
        }
        return -1;
    }

    /** Whether these bytes are UTF-8 (RFC 3629) of what can be printed. */
    static boolean isText(final byte[] bytes, final int from, final int end) {
        for (int i = from; i < end; ) {
            final int first = bytes[i++] & 0xff;
            if (first < 0x80) {
                if (first == 0x7f || (first < ' ' && first != '\t' && first != '\n' && first != '\r')) {
                    return false;
                }
                continue;
            }
            final int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
            if (first < 0xc2 || first > 0xf4 || end - i < more) {
                return false;
            }
            final int second = bytes[i] & 0xff;
            final int least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80; // no longer form of a shorter one
            final int most =
                    first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf; // no surrogates, nothing beyond Unicode
            if (second < least || second > most) {
                return false;
            }
            for (int j = 1; j < more; j++) {
                if ((bytes[i + j] & 0xc0) != 0x80) {
                    return false;
                }
            }
            i += more;
        }
        return true;
    }
}
