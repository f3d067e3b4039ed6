package io.fourthlog.sensor.database;

/**
 * What every message of MongoDB's wire protocol begins with.
 *
 * <pre>
 *  0         4         8                12        16
 * ┌─────────┬─────────┬────────────────┬─────────┐
 * │ length  │ number  │ of what it     │ opcode  │   all little-endian; the length with the header
 * │         │         │ answers, or 0  │         │
 * └─────────┴─────────┴────────────────┴─────────┘
 * </pre>
 */
final class MongoHeader {
    static final int SIZE = 16; // octets
    private static final int SHORTEST = SIZE + 5; // octets of a message
    private static final int LONGEST = (48 << 20) + (1 << 20); // maxMessageSizeBytes and room for what is around it

    private MongoHeader() {}

    static int number(final byte[] bytes, final int at) {
        return int32(bytes, at + 4);
    }

    static int answers(final byte[] bytes, final int at) {
        return int32(bytes, at + 8);
    }

    static int opcode(final byte[] bytes, final int at) {
        return int32(bytes, at + 12);
    }

    /** Octets behind it, -1 if it cannot be one. */
    static int bodyLength(final byte[] bytes, final int at) {
        final int length = int32(bytes, at);
        return length < SHORTEST || length > LONGEST ? -1 : length - SIZE;
    }

    /** Whether a client's first bytes are the header of a command. */
    static Begins begins(final byte[] bytes, final int offset, final int length) {
        if (length < SIZE) {
            return (length > 3 && bodyLength(bytes, offset) < 0) || (length >= 12 && answers(bytes, offset) != 0)
                    ? Begins.NO
                    : Begins.UNDECIDED;
        }
        if (!isHeader(bytes, offset) || answers(bytes, offset) != 0) {
            return Begins.NO;
        }
        if (opcode(bytes, offset) != MongoMessage.MSG) {
            return Begins.YES;
        }
        if (length < SHORTEST) {
            return Begins.UNDECIDED;
        }
        return (int32(bytes, offset + SIZE) & ~0x10003) == 0 && (bytes[offset + SIZE + 4] & ~1) == 0
                ? Begins.YES
                : Begins.NO;
    }

    /** How many octets the last of a chain of messages lacks, -1 if it is no chain. */
    static long chain(final byte[] bytes, final int offset, final int length) {
        long at = 0;
        while (at + SIZE <= length) {
            if (!isHeader(bytes, offset + (int) at)) {
                return -1;
            }
            at += int32(bytes, offset + (int) at);
        }
        return at >= length ? at - length : -1;
    }

    private static boolean isHeader(final byte[] bytes, final int at) {
        return bodyLength(bytes, at) >= 0
                && switch (opcode(bytes, at)) {
                    case MongoMessage.MSG, MongoMessage.COMPRESSED, MongoMessage.QUERY, MongoMessage.REPLY -> true;
                    default -> false;
                };
    }

    private static int int32(final byte[] bytes, final int at) {
        return (bytes[at] & 0xff)
                | (bytes[at + 1] & 0xff) << 8
                | (bytes[at + 2] & 0xff) << 16
                | (bytes[at + 3] & 0xff) << 24;
    }
}
