package io.fourthlog.sensor.database;

import java.nio.charset.StandardCharsets;

/** One BSON document (bsonspec.org), as its bytes come. */
final class BsonReader {
    /** Takes elements; their names are cut at {@value #NAME} bytes. */
    interface Sink {
        /** A document or an array within one. */
        void opens(String name, boolean array);

        void closes();

        void number(String name, long value);

        /** A piece of a text or of binary data; valid during the call only. */
        void piece(String name, byte[] bytes, int offset, int length, boolean ends);

        /** A value of another kind, or none. */
        void other(String name, boolean isNull);
    }

    static final int NAME = 128;
    private static final int DEPTH = 200; // levels; servers refuse more than 100

    private enum State {
        SIZE,
        TYPE,
        NAME,
        FIXED,
        LENGTH,
        SUBTYPE,
        TEXT,
        SKIPPED,
        PATTERN // of a regular expression, and its options
    }

    private final Sink sink;
    private final byte[] kept = new byte[NAME];
    private int keptLength;
    private State state = State.SIZE;
    private int type;
    private String name = "";
    private long value;
    private int octets; // of the value that came
    private long remaining;
    private int zeros; // that end a pattern
    private int depth;
    private boolean complete;
    private boolean failed;

    BsonReader(final Sink sink) {
        this.sink = sink;
        number(State.SIZE, 4);
    }

    boolean complete() {
        return complete;
    }

    boolean failed() {
        return failed;
    }

    /** Takes bytes up to the end of the document; answers how many. */
    int data(final byte[] bytes, final int offset, final int length) {
        final int end = offset + length;
        int at = offset;
        while (at < end && !complete && !failed) {
            at = switch (state) {
                case SIZE, FIXED, LENGTH -> fixed(bytes[at], at);
                case TYPE -> type(bytes[at] & 0xff, at);
                case NAME -> name(bytes[at], at);
                case SUBTYPE -> {
                    state = remaining == 0 ? State.TYPE : State.TEXT;
                    if (remaining == 0) {
                        sink.piece(name, bytes, at, 0, true);
                    }
                    yield at + 1;
                }
                case TEXT -> text(bytes, at, end);
                case SKIPPED -> {
                    final int count = (int) Math.min(remaining, end - at);
                    remaining -= count;
                    if (remaining == 0) {
                        sink.other(name, false);
                        state = State.TYPE;
                    }
                    yield at + count;
                }
                case PATTERN -> {
                    if (bytes[at] == 0 && ++zeros == 2) {
                        sink.other(name, false);
                        state = State.TYPE;
                    }
                    yield at + 1;
                }
            };
        }
        return at - offset;
    }

    private void number(final State next, final int count) {
        state = next;
        value = 0;
        octets = 0;
        remaining = count;
    }

    private int fixed(final byte b, final int at) {
        value |= (b & 0xffL) << (Byte.SIZE * octets++);
        if (--remaining > 0) {
            return at + 1;
        }
        switch (state) {
            case SIZE -> {
                if (value < 5 || depth >= DEPTH) {
                    failed = true;
                }
                depth++;
                state = State.TYPE;
            }
            case FIXED -> {
                state = State.TYPE;
                sink.number(
                        name,
                        switch (type) {
                            case 0x01 -> (long) Double.longBitsToDouble(value);
                            case 0x10 -> (int) value;
                            default -> value;
                        });
            }
            default -> measured();
        }
        return at + 1;
    }

    private void measured() {
        final int length = (int) value;
        remaining = length;
        if (length < 0) {
            failed = true;
        } else if (type == 0x05) {
            state = State.SUBTYPE;
        } else if (type == 0x0f) {
            remaining = length - 4L;
            state = State.SKIPPED;
            failed = length < 14;
        } else if (type == 0x0c) {
            remaining = length + 12L;
            state = State.SKIPPED;
        } else {
            state = State.TEXT; // with the zero behind it
            failed = length == 0;
        }
    }

    private int type(final int b, final int at) {
        type = b;
        if (b == 0) {
            depth--;
            if (depth == 0) {
                complete = true;
            } else {
                sink.closes();
            }
        } else {
            keptLength = 0;
            state = State.NAME;
        }
        return at + 1;
    }

    private int name(final byte b, final int at) {
        if (b != 0) {
            if (keptLength < NAME) {
                kept[keptLength++] = b;
            }
            return at + 1;
        }
        name = new String(kept, 0, keptLength, StandardCharsets.UTF_8);
        state = State.TYPE;
        switch (type) {
            case 0x01, 0x09, 0x11, 0x12 -> number(State.FIXED, 8);
            case 0x10 -> number(State.FIXED, 4);
            case 0x08 -> number(State.FIXED, 1);
            case 0x02, 0x05, 0x0c, 0x0d, 0x0e, 0x0f -> number(State.LENGTH, 4);
            case 0x03, 0x04 -> {
                sink.opens(name, type == 0x04);
                number(State.SIZE, 4);
            }
            case 0x07 -> skip(12);
            case 0x13 -> skip(16);
            case 0x0b -> {
                zeros = 0;
                state = State.PATTERN;
            }
            case 0x06, 0x0a -> sink.other(name, true);
            case 0x7f, 0xff -> sink.other(name, false);
            default -> failed = true;
        }
        return at + 1;
    }

    private void skip(final int count) {
        remaining = count;
        state = State.SKIPPED;
    }

    private int text(final byte[] bytes, final int at, final int end) {
        final int zero = type == 0x05 ? 0 : 1; // behind a text
        final int count = (int) Math.min(remaining, end - at);
        final int told = (int) Math.min(count, Math.max(0, remaining - zero));
        remaining -= count;
        if (remaining == 0) {
            state = State.TYPE;
            sink.piece(name, bytes, at, told, true);
        } else if (told > 0) {
            sink.piece(name, bytes, at, told, false);
        }
        return at + count;
    }
}
