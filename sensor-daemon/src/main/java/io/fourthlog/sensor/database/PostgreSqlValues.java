package io.fourthlog.sensor.database;

/** The values of a row or of a statement's parameters: a count of 16 bits, and each behind its length of 32, -1 for NULL. */
final class PostgreSqlValues {
    private final byte[] number = new byte[4];
    private int numberLength;
    private int left; // values; -1 before their count is known
    private int column;
    private int remaining; // octets of the value that is read; -1 between values
    private boolean lost;

    void begin() {
        numberLength = 0;
        left = -1;
        column = 0;
        remaining = -1;
        lost = false;
    }

    /** There is one value, and no count. */
    void one() {
        left = 1;
    }

    /** Bytes of it were not captured: what follows is not known to be of which value. */
    void lose() {
        lost = true;
    }

    /** What is behind the last value is passed over. */
    void data(final byte[] bytes, final int offset, final int length, final ValueSink sink) {
        final int end = offset + length;
        int at = offset;
        while (at < end && left != 0 && !lost) {
            if (remaining > 0) {
                final int count = Math.min(remaining, end - at);
                remaining -= count;
                sink.value(column, bytes, at, count, remaining == 0);
                at += count;
                if (remaining == 0) {
                    next();
                }
            } else {
                number[numberLength++] = bytes[at++];
                number();
            }
        }
    }

    private void number() {
        if (left < 0 && numberLength == 2) {
            left = PostgreSqlFormat.int16(number, 0);
            numberLength = 0;
        } else if (numberLength == 4) {
            remaining = PostgreSqlFormat.int32(number, 0);
            numberLength = 0;
            if (remaining <= 0) {
                next();
            }
        }
    }

    private void next() {
        remaining = -1;
        column++;
        left--;
    }
}
