package io.fourthlog.sensor.database;

/** One direction of what Redis' clients and servers say (RESP2 and RESP3), cut into elements as its bytes come. */
abstract class RespReader {
    private enum State {
        TYPE,
        LINE, // a text up to the end of its line
        LENGTH,
        TEXT,
        TEXT_END
    }

    private static final String LINES = "+-:_,#(";
    private static final String TEXTS = "$!=";
    private static final long MAX = 512L << 20; // octets of a text, proto-max-bulk-len

    private final String types; // that may come
    private State state = State.TYPE;
    private char type;
    private long number;
    private int digits;
    private boolean negative;
    private boolean carriageReturn;
    private long remaining;
    private boolean stopped;

    /** @param types that may come; a text without one of them is a line, as people type it, if there is a space among them */
    RespReader(final String types) {
        this.types = types;
    }

    /** An aggregate, whose elements follow; a map has two for each of its pairs. */
    abstract void opens(char of, long count);

    /** A text, a number, or a null of any kind begins. */
    abstract void begins(char of);

    /** A piece of a text; valid during the call only. */
    abstract void piece(byte[] bytes, int offset, int length);

    /** Octets of a text that were not captured. */
    abstract void lost(int bytes);

    /** What began is complete; {@code isNull} if it stands for nothing. */
    abstract void ends(boolean isNull);

    /** An element begins with the next byte. */
    void restart() {
        state = State.TYPE;
        stopped = false;
    }

    /** Nothing more is told. */
    final void stop() {
        stopped = true;
    }

    /** Whether what came is not of the protocol, or it was stopped. */
    final boolean stopped() {
        return stopped;
    }

    final boolean isBetweenElements() {
        return state == State.TYPE;
    }

    final void data(final byte[] bytes, final int offset, final int length) {
        final int end = offset + length;
        int at = offset;
        while (at < end && !stopped) {
            at = switch (state) {
                case TYPE -> begin(bytes, at);
                case LINE -> line(bytes, at, end);
                case LENGTH -> length(bytes, at);
                case TEXT -> text(bytes, at, end);
                case TEXT_END -> textEnd(bytes, at);
            };
        }
    }

    private int begin(final byte[] bytes, final int at) {
        type = (char) bytes[at];
        number = 0;
        digits = 0;
        negative = false;
        carriageReturn = false;
        if (types.indexOf(type) >= 0 && type != ' ') {
            if (LINES.indexOf(type) >= 0) {
                state = State.LINE;
                begins(type);
            } else {
                state = State.LENGTH;
            }
            return at + 1;
        }
        if (types.indexOf(' ') < 0) {
            stopped = true;
            return at;
        }
        type = ' ';
        state = State.LINE;
        begins(type);
        return at;
    }

    private int line(final byte[] bytes, final int from, final int end) {
        int at = from;
        while (at < end && bytes[at] != '\r' && bytes[at] != '\n') {
            at++;
        }
        if (at > from) {
            if (carriageReturn) {
                stopped = true;
                return at;
            }
            piece(bytes, from, at - from);
        }
        if (at == end) {
            return at;
        }
        if (bytes[at] == '\r') {
            carriageReturn = true;
        } else {
            state = State.TYPE;
            ends(type == '_');
        }
        return at + 1;
    }

    private int length(final byte[] bytes, final int at) {
        final byte b = bytes[at];
        if (b == '-' && digits == 0 && !negative) {
            negative = true;
        } else if (b >= '0' && b <= '9' && digits < 12 && !carriageReturn) {
            number = number * 10 + (b - '0');
            digits++;
        } else if (b == '\r' && !carriageReturn && digits > 0) {
            carriageReturn = true;
        } else if (b == '\n' && carriageReturn) {
            measured();
        } else {
            stopped = true;
        }
        return at + 1;
    }

    private void measured() {
        final boolean text = TEXTS.indexOf(type) >= 0;
        if (number > (text ? MAX : Integer.MAX_VALUE) || (negative && number != 1)) {
            stopped = true;
            return;
        }
        state = State.TYPE;
        if (negative) {
            begins(type);
            ends(true);
        } else if (text) {
            remaining = number;
            state = number == 0 ? State.TEXT_END : State.TEXT;
            digits = 0;
            begins(type);
        } else {
            opens(type, type == '%' || type == '|' ? 2 * number : number);
        }
    }

    private int text(final byte[] bytes, final int at, final int end) {
        final int count = (int) Math.min(remaining, end - at);
        remaining -= count;
        if (remaining == 0) {
            state = State.TEXT_END;
            digits = 0;
        }
        piece(bytes, at, count);
        return at + count;
    }

    private int textEnd(final byte[] bytes, final int at) {
        if (bytes[at] != (digits == 0 ? '\r' : '\n')) {
            stopped = true;
        } else if (digits++ == 1) {
            state = State.TYPE;
            ends(false);
        }
        return at + 1;
    }

    /** Passes over what was not captured, if that is within a text. */
    final boolean skip(final long bytes) {
        if (state != State.TEXT || bytes > remaining || stopped) {
            return false;
        }
        remaining -= bytes;
        if (remaining == 0) {
            state = State.TEXT_END;
            digits = 0;
        }
        lost((int) bytes);
        return true;
    }
}
