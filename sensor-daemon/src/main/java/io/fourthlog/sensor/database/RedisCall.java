package io.fourthlog.sensor.database;

import java.nio.charset.StandardCharsets;

/** Tells by what a call writes whether it may be a Redis client's: arrays of texts, of which each begins with a command's name. */
final class RedisCall {
    private static final int FIRST = 48; // octets of a beginning

    private RedisCall() {}

    /** Whether a client's first bytes are a command: an array of texts, of which the first is letters. */
    static Begins begins(final byte[] bytes, final int offset, final int length) {
        final int end = offset + Math.min(length, FIRST);
        final Lengths lengths = new Lengths(bytes, offset, end);
        if (lengths.number('*') <= 0) {
            return lengths.ended(length);
        }
        final long size = lengths.number('$');
        if (size <= 0 || size > FIRST / 2) {
            return lengths.ended(length);
        }
        for (int i = 0; i < size; i++, lengths.at++) {
            if (lengths.at == end) {
                return length < FIRST ? Begins.UNDECIDED : Begins.NO;
            }
            if (!isLetter(bytes[lengths.at])) {
                return Begins.NO;
            }
        }
        return lengths.line() ? Begins.YES : lengths.ended(length);
    }

    /** Whether a client's call is a command that is known, and others, whole. */
    static boolean isRequest(final byte[] bytes, final int offset, final int length) {
        return commands(bytes, offset, length, true);
    }

    /** Whether it begins with a command that is known; the last may go on. */
    static boolean isBeginning(final byte[] bytes, final int offset, final int length) {
        return commands(bytes, offset, length, false);
    }

    private static boolean commands(final byte[] bytes, final int offset, final int length, final boolean whole) {
        final int end = offset + length;
        final Lengths lengths = new Lengths(bytes, offset, end);
        boolean first = true;
        while (lengths.at < end) {
            final long count = lengths.number('*');
            for (long i = 0; i < count; i++) {
                final long size = lengths.number('$');
                if (size < 0) {
                    return !first && !whole && lengths.at == end;
                }
                final int from = lengths.at;
                if (size + 2 > end - from) {
                    return !first && !whole;
                }
                lengths.at += (int) size;
                if (first
                        && !RedisCommand.isKnown(
                                new String(bytes, from, (int) Math.min(size, FIRST), StandardCharsets.US_ASCII))) {
                    return false;
                }
                first = false;
                if (!lengths.line()) {
                    return false;
                }
            }
            if (count <= 0) {
                return !first && !whole && lengths.at == end;
            }
        }
        return !first;
    }

    private static boolean isLetter(final byte b) {
        return ((b | 0x20) >= 'a' && (b | 0x20) <= 'z') || b == '.' || b == '_';
    }

    /** Reads the lengths that commands are made of. */
    private static final class Lengths {
        private final byte[] bytes;
        private final int end;
        private int at;

        private Lengths(final byte[] bytes, final int at, final int end) {
            this.bytes = bytes;
            this.at = at;
            this.end = end;
        }

        /** The number of a line, -1 if there is none, or not all of it. */
        private long number(final char type) {
            if (at == end || bytes[at] != type) {
                return -1;
            }
            at++;
            long number = 0;
            final int from = at;
            while (at < end && bytes[at] >= '0' && bytes[at] <= '9' && at - from < 9) {
                number = number * 10 + (bytes[at++] - '0');
            }
            return at > from && line() ? number : -1;
        }

        private boolean line() {
            if (at < end && bytes[at] == '\r') {
                at++;
                if (at < end && bytes[at] == '\n') {
                    at++;
                    return true;
                }
            }
            return false;
        }

        private Begins ended(final int length) {
            return at == end && length < FIRST ? Begins.UNDECIDED : Begins.NO;
        }
    }
}
