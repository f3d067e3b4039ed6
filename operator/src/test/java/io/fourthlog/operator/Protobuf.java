package io.fourthlog.operator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** Writes protobuf as an API server does, for tests of what reads it. */
public final class Protobuf {

    private Protobuf() {}

    /** A field with a length: text, bytes or a message. */
    public static byte[] field(int number, byte[]... content) {
        byte[] all = all(content);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        varint(out, ((long) number << 3) | 2);
        varint(out, all.length);
        out.writeBytes(all);
        return out.toByteArray();
    }

    public static byte[] text(int number, String text) {
        return field(number, text.getBytes(UTF_8));
    }

    public static byte[] integer(int number, long value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        varint(out, (long) number << 3);
        varint(out, value);
        return out.toByteArray();
    }

    public static byte[] all(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** An object in its envelope. */
    public static byte[] object(byte[]... message) {
        return all("k8s\0".getBytes(UTF_8), field(1, text(1, "v1"), text(2, "Kind")), field(2, message));
    }

    /** An event of a watch. */
    public static byte[] event(String type, byte[]... message) {
        return all(text(1, type), field(2, field(1, object(message))));
    }

    /** An event with its length, as it is sent. */
    public static byte[] frame(byte[] event) {
        return ByteBuffer.allocate(Integer.BYTES + event.length)
                .putInt(event.length)
                .put(event)
                .array();
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        long rest = value;
        for (; (rest & ~0x7fL) != 0; rest >>>= 7) {
            out.write((int) ((rest & 0x7f) | 0x80));
        }
        out.write((int) rest);
    }
}
