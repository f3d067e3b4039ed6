package io.fourthlog.sensor.database;

import java.nio.charset.StandardCharsets;

/** How PostgreSQL's messages are written: a type, the length of itself and what follows, and numbers and texts in that. */
final class PostgreSqlFormat {
    static final int HEADER = 5; // octets
    static final int MAX = 1 << 30; // octets of a message, MaxAllocSize in PostgreSQL's utils/memutils.h
    private static final int NAME = 1024; // octets of a name that are told apart; servers have 63

    private PostgreSqlFormat() {}

    /** The octets behind a header, -1 if it cannot be one. */
    static int bodyLength(final byte[] bytes, final int at) {
        final int size = int32(bytes, at + 1);
        return size < 4 || size > MAX ? -1 : size - 4;
    }

    /** Whether the bytes are whole messages, all of types in {@code types}, the last of one in {@code last}. */
    static boolean areWhole(
            final byte[] bytes, final int offset, final int length, final String types, final String last) {
        final int end = offset + length;
        long at = offset;
        char type = 0;
        while (at + HEADER <= end) {
            type = (char) bytes[(int) at];
            final int body = bodyLength(bytes, (int) at);
            if (types.indexOf(type) < 0 || body < 0) {
                return false;
            }
            at += HEADER + (long) body;
        }
        return at == end && last.indexOf(type) >= 0;
    }

    static int int16(final byte[] bytes, final int at) {
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }

    static int int32(final byte[] bytes, final int at) {
        return int16(bytes, at) << 16 | int16(bytes, at + 2);
    }

    /** A name up to a zero. */
    static String text(final byte[] bytes, final int from, final int end) {
        final int length = zero(bytes, from, end) - from;
        return new String(bytes, from, Math.min(length, NAME), StandardCharsets.UTF_8);
    }

    /** Where the next zero is, {@code end} if there is none. */
    static int zero(final byte[] bytes, final int from, final int end) {
        int at = from;
        while (at < end && bytes[at] != 0) {
            at++;
        }
        return at;
    }
}
