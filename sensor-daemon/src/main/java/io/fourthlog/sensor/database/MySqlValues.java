package io.fourthlog.sensor.database;

import java.util.Arrays;

/** The values of a row, of text or binary, or of a statement's parameters, as their bytes come. */
final class MySqlValues {
    private static final byte[] TEXT = {};
    private static final byte[] NO_NULLS = {};
    private static final int NULL = 0xfb; // of a row of text

    private byte[] types = TEXT; // of each column; none in a row of text
    private byte[] nulls = NO_NULLS; // a bit for each column
    private int firstBit;
    private int head; // octets of a binary row's beginning that have not come
    private int count;
    private int column;
    private long remaining = -1; // octets of the value that is read; -1 between values
    private final byte[] number = new byte[9];
    private int numberLength;
    private boolean lost;

    void text(final int columns) {
        begin(columns, TEXT, NO_NULLS, 0, 0);
    }

    /** A row of the binary protocol, whose bits for NULL follow a zero, and have two more before them. */
    void row(final byte[] columnTypes) {
        final int size = 1 + (columnTypes.length + 9) / 8;
        begin(columnTypes.length, columnTypes, new byte[size], Byte.SIZE + 2, size);
    }

    void parameters(final byte[] parameterTypes, final byte[] isNull) {
        begin(parameterTypes.length, parameterTypes, isNull, 0, 0);
    }

    private void begin(
            final int columns, final byte[] columnTypes, final byte[] isNull, final int first, final int headLength) {
        count = columns;
        types = columnTypes;
        nulls = isNull;
        firstBit = first;
        head = headLength;
        column = 0;
        remaining = -1;
        numberLength = 0;
        lost = false;
    }

    /** Bytes were not captured: what follows is not known to be of which value. */
    void lose() {
        lost = true;
    }

    void data(final byte[] bytes, final int offset, final int length, final ValueSink sink) {
        final int end = offset + length;
        int at = offset;
        while (at < end && column < count && !lost) {
            if (head > 0) {
                nulls[nulls.length - head--] = bytes[at++];
            } else if (remaining > 0) {
                final int piece = (int) Math.min(remaining, end - at);
                remaining -= piece;
                sink.value(column, bytes, at, piece, remaining == 0);
                at += piece;
            } else if (isNull()) {
                column++;
                continue;
            } else {
                at += measure(bytes[at]);
            }
            if (remaining == 0) {
                remaining = -1;
                column++;
            }
        }
        while (column < count && head == 0 && remaining < 0 && numberLength == 0 && isNull()) {
            column++;
        }
    }

    private boolean isNull() {
        final int bit = firstBit + column;
        return bit / 8 < nulls.length && (nulls[bit / 8] >> (bit % 8) & 1) != 0;
    }

    /** Takes an octet of a value's length; answers how many it took. */
    private int measure(final byte b) {
        if (types.length > 0) {
            final int fixed = fixed(types[column] & 0xff);
            if (fixed >= 0) {
                remaining = fixed;
                return 0;
            }
        }
        number[numberLength++] = b;
        final int first = number[0] & 0xff;
        final int more = more(first);
        if (types.length == 0 && first == NULL) {
            remaining = 0;
        } else if (numberLength == 1 + more) {
            remaining = more == 0 ? first : number(number, 1, more);
            if (remaining < 0) {
                lost = true;
            }
        } else {
            return 1;
        }
        numberLength = 0;
        return 1;
    }

    /** How many octets of a length follow its first. */
    static int more(final int first) {
        return switch (first) {
            case 0xfc -> 2;
            case 0xfd -> 3;
            case 0xfe -> 8;
            default -> 0;
        };
    }

    static long number(final byte[] bytes, final int at, final int length) {
        long value = 0;
        for (int i = length - 1; i >= 0; i--) {
            value = value << 8 | (bytes[at + i] & 0xff);
        }
        return value;
    }

    /** Octets of a value of a type, -1 if it tells its length: {@code enum_field_types}. */
    static int fixed(final int type) {
        return switch (type) {
            case 1 -> 1; // TINY
            case 2, 13 -> 2; // SHORT, YEAR
            case 3, 4, 9 -> 4; // LONG, FLOAT, INT24
            case 5, 8 -> 8; // DOUBLE, LONGLONG
            case 6 -> 0; // NULL
            default -> -1;
        };
    }

    void clear() {
        Arrays.fill(number, (byte) 0);
        nulls = NO_NULLS;
        types = TEXT;
        count = 0;
    }
}
