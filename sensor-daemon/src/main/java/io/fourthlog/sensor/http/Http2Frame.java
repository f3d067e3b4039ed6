package io.fourthlog.sensor.http;

/**
 * What the header of an HTTP/2 frame says (RFC 9113, 4.1 and 6), and whether bytes can be one.
 *
 * <pre>
 *  0            3      4       5                  9
 * ┌────────────┬──────┬───────┬──────────────────┐
 * │ length, 24 │ type │ flags │ 0, stream id, 31 │
 * └────────────┴──────┴───────┴──────────────────┘
 * </pre>
 */
final class Http2Frame {
    static final int HEADER = 9; // octets

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int PRIORITY = 2;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PUSH_PROMISE = 5;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 0x1;
    static final int END_HEADERS = 0x4;
    static final int PADDED = 0x8;
    static final int PRIORITISED = 0x20;

    /** The largest frame that is believed in where a frame is only guessed: what clients and servers use, and a bit. */
    static final int MAX_IN_THE_MIDDLE = 1 << 20;

    private static final int MAX_STREAM_IN_THE_MIDDLE = 1 << 24; // ids that a connection reaches in a day
    private static final int[] FLAGS = {0x09, 0x2d, 0, 0, 0x1, 0x0c, 0x1, 0, 0, 0x4}; // that a type has, by type

    private Http2Frame() {}

    static int length(final byte[] header, final int at) {
        return (header[at] & 0xff) << 16 | (header[at + 1] & 0xff) << 8 | (header[at + 2] & 0xff);
    }

    static int type(final byte[] header, final int at) {
        return header[at + 3] & 0xff;
    }

    static int flags(final byte[] header, final int at) {
        return header[at + 4] & 0xff;
    }

    static int stream(final byte[] header, final int at) {
        return (header[at + 5] & 0x7f) << 24
                | (header[at + 6] & 0xff) << 16
                | (header[at + 7] & 0xff) << 8
                | (header[at + 8] & 0xff);
    }

    /** Whether nine bytes can be the header of a frame: it has a known type, that type's flags, length and kind of stream. */
    static boolean isPlausible(final byte[] bytes, final int at, final int maxLength) {
        final int length = length(bytes, at);
        final int type = type(bytes, at);
        if (type > CONTINUATION || length > maxLength || bytes[at + 5] < 0 || (flags(bytes, at) & ~FLAGS[type]) != 0) {
            return false;
        }
        final int stream = stream(bytes, at);
        if (stream > MAX_STREAM_IN_THE_MIDDLE) {
            return false;
        }
        return switch (type) {
            case DATA, CONTINUATION -> stream != 0;
            case HEADERS, PUSH_PROMISE -> stream != 0 && length > 0;
            case PRIORITY -> stream != 0 && length == 5;
            case RST_STREAM -> stream != 0 && length == 4;
            case SETTINGS -> stream == 0 && length % 6 == 0 && (flags(bytes, at) == 0 || length == 0);
            case PING -> stream == 0 && length == 8;
            case GOAWAY -> stream == 0 && length >= 8;
            case WINDOW_UPDATE -> length == 4;
            default -> false;
        };
    }

    /** Whether all frames that begin here are of the connection, and of none of its streams. */
    static boolean areOfConnection(final byte[] bytes, final int offset, final int end) {
        int at = offset;
        while (at < end) {
            if (end - at < HEADER || !isPlausible(bytes, at, MAX_IN_THE_MIDDLE) || stream(bytes, at) != 0) {
                return false;
            }
            at += HEADER + length(bytes, at);
        }
        return at == end;
    }

    /** Whether fewer than nine bytes can begin the header of a frame. */
    static boolean couldBegin(final byte[] bytes, final int at, final int count) {
        return (bytes[at] & 0xff) <= MAX_IN_THE_MIDDLE >> 16
                && (count < 4 || type(bytes, at) <= CONTINUATION)
                && (count < 5 || (flags(bytes, at) & ~FLAGS[type(bytes, at)]) == 0);
    }

    /**
     * Whether frames begin here: headers that each stand where the one before says, at least {@code least} of them or up
     * to the very end of what is there.
     */
    static boolean begin(final byte[] bytes, final int offset, final int end, final int least) {
        int at = offset;
        for (int seen = 0; seen < least; seen++) {
            if (end - at < HEADER) {
                return at == end && seen > 0;
            }
            if (!isPlausible(bytes, at, MAX_IN_THE_MIDDLE)) {
                return false;
            }
            final int next = at + HEADER + length(bytes, at);
            if (next > end) {
                return false;
            }
            at = next;
        }
        return true;
    }
}
