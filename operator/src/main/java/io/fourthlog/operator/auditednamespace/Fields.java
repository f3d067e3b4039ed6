package io.fourthlog.operator.auditednamespace;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;

/** The fields of a protobuf message (protobuf.dev/programming-guides/encoding), one after the other and in place; nothing is copied that nobody reads. */
final class Fields {

    /** A message with nothing set. */
    static final Fields NONE = new Fields(new byte[0], 0, 0);

    private static final int VARINT = 0; // wire types
    private static final int FIXED64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED32 = 5;

    private final byte[] buffer;
    private final int end;
    private int position;

    // Of the field that next() came to.
    private int start;
    private int number;
    private int content;
    private long integer;

    Fields(byte[] buffer, int offset, int length) {
        this.buffer = buffer;
        this.position = offset;
        this.end = offset + length;
    }

    /**
     * Goes to the next field.
     *
     * @return whether there is one
     * @throws IOException if the message is cut off, or is none
     */
    boolean next() throws IOException {
        if (position == end) {
            return false;
        }
        start = position;
        long tag = varint();
        number = (int) (tag >>> 3);
        content = position;
        switch ((int) tag & 7) {
            case VARINT -> integer = varint();
            case FIXED64 -> skip(Long.BYTES);
            case LENGTH_DELIMITED -> {
                long length = varint();
                content = position;
                skip(length);
            }
            case FIXED32 -> skip(Integer.BYTES);
            default -> throw new IOException("a field of wire type " + (tag & 7) + " in protobuf");
        }
        return true;
    }

    /** Goes to the next field with this number, if there is one. */
    boolean next(int wanted) throws IOException {
        while (next()) {
            if (number == wanted) {
                return true;
            }
        }
        return false;
    }

    /** Skips these bytes before the first field, if they are there. */
    boolean skipIf(byte[] prefix) {
        if (end - position < prefix.length
                || !Arrays.equals(buffer, position, position + prefix.length, prefix, 0, prefix.length)) {
            return false;
        }
        position += prefix.length;
        return true;
    }

    int number() {
        return number;
    }

    long integer() {
        return integer;
    }

    String text() {
        return new String(buffer, content, position - content, UTF_8);
    }

    Fields message() {
        return new Fields(buffer, content, position - content);
    }

    /** An entry of a map, which is a message of its own. */
    void entryTo(Map<String, String> map) throws IOException {
        String key = "";
        String value = "";
        Fields entry = message();
        while (entry.next()) {
            switch (entry.number) {
                case 1 -> key = entry.text();
                case 2 -> value = entry.text();
                default -> {}
            }
        }
        map.put(key, value);
    }

    /** The field with its number, as it was sent. */
    void copyTo(ByteArrayOutputStream out) {
        out.write(buffer, start, position - start);
    }

    private long varint() throws IOException {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            if (position == end) {
                break;
            }
            byte next = buffer[position++];
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IOException("a number in protobuf without an end");
    }

    private void skip(long bytes) throws IOException {
        if (bytes < 0 || bytes > end - position) {
            throw new IOException("a message in protobuf is cut off");
        }
        position += (int) bytes;
    }
}
