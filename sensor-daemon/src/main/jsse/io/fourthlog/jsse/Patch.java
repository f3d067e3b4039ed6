package io.fourthlog.jsse;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * Has a method call its hook first, by code that is put before its own (JVMS 4.7.3):
 *
 * <pre>
 *   if (Hooks.enter()) return Hooks.METHOD(this, [this.FIELD,] arguments...);
 * </pre>
 *
 * The rest of the code stays as it is, and moves by a multiple of four bytes, which keeps the padding of its switches.
 */
final class Patch {
    private static final String HOOKS = "io/fourthlog/jsse/Hooks";
    private static final int MOST_STACK = 5; // of the code that is added
    private static final int SAME_FRAMES = 64; // JVMS 4.7.4

    final String type;
    private final String method;
    private final String descriptor;
    private final String self;
    private final String outer;

    private int constants; // of the class that is read, with those that are added
    private String[] texts;

    /**
     * @param type internal name of the class
     * @param self descriptor under which the hook takes the object
     * @param outer descriptor of the one field of the object that the hook takes as well, null for none
     */
    Patch(final String type, final String method, final String descriptor, final String self, final String outer) {
        this.type = type;
        this.method = method;
        this.descriptor = descriptor;
        this.self = self;
        this.outer = outer;
    }

    /** The class with the patch; throws if it is not as expected. */
    synchronized byte[] apply(final byte[] bytes) throws IOException {
        final DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        copy(in, 8); // magic and version
        constants = in.readUnsignedShort();
        texts = new String[constants];
        skipConstants(in);
        final int pool = bytes.length - in.available();
        in.skipBytes(2);
        final int thisClass = in.readUnsignedShort();
        in.skipBytes(2);
        in.skipBytes(2 * in.readUnsignedShort()); // interfaces
        final int field = fields(in);
        final int methods = bytes.length - in.available();

        final ByteArrayOutputStream added = new ByteArrayOutputStream();
        final DataOutputStream more = new DataOutputStream(added);
        final int hooks = reference(more, 7, text(more, HOOKS));
        final int enter = member(more, 10, hooks, "enter", "()Z");
        final String arguments = self + (outer == null ? "" : "Ljava/lang/Object;") + descriptor.substring(1);
        final int hook = member(more, 10, hooks, method, "(" + arguments);
        final int outerField = outer == null ? 0 : member(more, 9, thisClass, texts[field], outer);
        final int stackMap = text(more, "StackMapTable");
        final byte[] prefix = prefix(enter, hook, outerField);

        final ByteArrayOutputStream result = new ByteArrayOutputStream();
        final DataOutputStream out = new DataOutputStream(result);
        final int patched = methods(in, out, prefix, stackMap);
        if (patched != 1) {
            throw new IOException(type + " has " + patched + " methods " + method + descriptor);
        }
        out.write(copy(in, in.available())); // attributes of the class
        final byte[] behind = result.toByteArray();
        result.reset();
        out.write(bytes, 0, 8);
        out.writeShort(constants);
        out.write(bytes, 10, pool - 10);
        added.writeTo(out);
        out.write(bytes, pool, methods - pool);
        out.write(behind);
        return result.toByteArray();
    }

    private void skipConstants(final DataInputStream in) throws IOException {
        for (int i = 1; i < constants; i++) {
            final int tag = in.readUnsignedByte();
            switch (tag) { // JVMS 4.4
                case 1:
                    texts[i] = in.readUTF();
                    break;
                case 3:
                case 4:
                case 9:
                case 10:
                case 11:
                case 12:
                case 17:
                case 18:
                    in.skipBytes(4);
                    break;
                case 5:
                case 6:
                    in.skipBytes(8);
                    i++;
                    break;
                case 7:
                case 8:
                case 16:
                case 19:
                case 20:
                    in.skipBytes(2);
                    break;
                case 15:
                    in.skipBytes(3);
                    break;
                default:
                    throw new IOException("constant of unknown kind " + tag);
            }
        }
    }

    /** Skips the fields; answers the constant that names the one with the outer object. */
    private int fields(final DataInputStream in) throws IOException {
        int found = 0;
        for (int count = in.readUnsignedShort(); count > 0; count--) {
            in.skipBytes(2);
            final int name = in.readUnsignedShort();
            if (texts[in.readUnsignedShort()].equals(outer)) {
                found = name;
            }
            for (int attributes = in.readUnsignedShort(); attributes > 0; attributes--) {
                in.skipBytes(2);
                copy(in, in.readInt());
            }
        }
        if (outer != null && found == 0) {
            throw new IOException(type + " has no field of type " + outer);
        }
        return found;
    }

    private byte[] prefix(final int enter, final int hook, final int outerField) throws IOException {
        final ByteArrayOutputStream call = new ByteArrayOutputStream();
        final DataOutputStream code = new DataOutputStream(call);
        code.writeByte(0x2a); // aload_0
        if (outer != null) {
            code.writeByte(0x2a);
            code.writeByte(0xb4); // getfield
            code.writeShort(outerField);
        }
        int local = 1;
        for (int i = 1; descriptor.charAt(i) != ')'; i++) { // references and int only
            code.writeByte(descriptor.charAt(i) == 'I' ? 0x15 : 0x19); // iload, aload
            code.writeByte(local++);
            while (descriptor.charAt(i) == '[') {
                i++;
            }
            i = descriptor.charAt(i) == 'L' ? descriptor.indexOf(';', i) : i;
        }
        code.writeByte(0xb8); // invokestatic
        code.writeShort(hook);
        final char returns = descriptor.charAt(descriptor.indexOf(')') + 1);
        code.writeByte(returns == 'V' ? 0xb1 : returns == 'I' ? 0xac : 0xb0);

        final int bare = 3 + 3 + call.size() + 1;
        final ByteArrayOutputStream whole = new ByteArrayOutputStream();
        final DataOutputStream out = new DataOutputStream(whole);
        for (int i = bare; i % 4 != 0; i++) {
            out.writeByte(0x00); // nop
        }
        out.writeByte(0xb8); // invokestatic
        out.writeShort(enter);
        out.writeByte(0x99); // ifeq, over the call
        out.writeShort(3 + call.size());
        call.writeTo(out);
        out.writeByte(0x00); // where it leads to: a frame of its own, so that the first of the code's stays as it is
        if (whole.size() > SAME_FRAMES) {
            throw new IOException("the code is too long");
        }
        return whole.toByteArray();
    }

    private int methods(final DataInputStream in, final DataOutputStream out, final byte[] prefix, final int stackMap)
            throws IOException {
        int patched = 0;
        final int count = in.readUnsignedShort();
        out.writeShort(count);
        for (int i = 0; i < count; i++) {
            out.writeShort(in.readUnsignedShort());
            final int name = in.readUnsignedShort();
            final int signature = in.readUnsignedShort();
            out.writeShort(name);
            out.writeShort(signature);
            final boolean wanted = texts[name].equals(method) && texts[signature].equals(descriptor);
            final int attributes = in.readUnsignedShort();
            out.writeShort(attributes);
            for (int j = 0; j < attributes; j++) {
                final int kind = in.readUnsignedShort();
                byte[] content = copy(in, in.readInt());
                if (wanted && texts[kind].equals("Code")) {
                    content = code(content, prefix, stackMap);
                    patched++;
                }
                out.writeShort(kind);
                out.writeInt(content.length);
                out.write(content);
            }
        }
        return patched;
    }

    /** A Code attribute with the prefix; local variables' names are left out. */
    private byte[] code(final byte[] content, final byte[] prefix, final int stackMap) throws IOException {
        final DataInputStream in = new DataInputStream(new ByteArrayInputStream(content));
        final ByteArrayOutputStream result = new ByteArrayOutputStream();
        final DataOutputStream out = new DataOutputStream(result);
        out.writeShort(Math.max(in.readUnsignedShort(), MOST_STACK));
        out.writeShort(in.readUnsignedShort());
        final int length = in.readInt();
        if (prefix.length + length > 0xffff) {
            throw new IOException("the code is too long");
        }
        out.writeInt(prefix.length + length);
        out.write(prefix);
        out.write(copy(in, length));
        final int handlers = in.readUnsignedShort();
        out.writeShort(handlers);
        for (int i = 0; i < handlers; i++) {
            for (int j = 0; j < 3; j++) { // start, end, handler
                out.writeShort(in.readUnsignedShort() + prefix.length);
            }
            out.writeShort(in.readUnsignedShort());
        }
        byte[] lines = null;
        int linesName = 0;
        byte[] frames = {0, 0};
        for (int attributes = in.readUnsignedShort(); attributes > 0; attributes--) {
            final int kind = in.readUnsignedShort();
            final byte[] attribute = copy(in, in.readInt());
            if (texts[kind].equals("StackMapTable")) {
                frames = attribute;
            } else if (texts[kind].equals("LineNumberTable")) {
                lines = attribute;
                linesName = kind;
            }
        }
        out.writeShort(lines == null ? 1 : 2);
        if (lines != null) {
            out.writeShort(linesName);
            out.writeInt(lines.length);
            final DataInputStream each = new DataInputStream(new ByteArrayInputStream(lines));
            final int count = each.readUnsignedShort();
            out.writeShort(count);
            for (int i = 0; i < count; i++) {
                out.writeShort(each.readUnsignedShort() + prefix.length);
                out.writeShort(each.readUnsignedShort());
            }
        }
        final byte[] moved = frames(frames, prefix.length);
        out.writeShort(stackMap);
        out.writeInt(moved.length);
        out.write(moved);
        return result.toByteArray();
    }

    /** The frames behind that of the prefix's end: their offsets count from one to the next, but for those of objects that are not made yet. */
    private static byte[] frames(final byte[] content, final int moved) throws IOException {
        final DataInputStream in = new DataInputStream(new ByteArrayInputStream(content));
        final ByteArrayOutputStream result = new ByteArrayOutputStream();
        final DataOutputStream out = new DataOutputStream(result);
        final int count = in.readUnsignedShort();
        out.writeShort(count + 1);
        out.writeByte(moved - 1); // same_frame
        for (int i = 0; i < count; i++) {
            final int tag = in.readUnsignedByte();
            out.writeByte(tag);
            if (tag < 64) {
                continue;
            }
            if (tag < 128) {
                types(in, out, 1, moved);
                continue;
            }
            out.writeShort(in.readUnsignedShort());
            if (tag == 247) {
                types(in, out, 1, moved);
            } else if (tag == 255) {
                for (int j = 0; j < 2; j++) { // locals, stack
                    final int entries = in.readUnsignedShort();
                    out.writeShort(entries);
                    types(in, out, entries, moved);
                }
            } else if (tag > 251) {
                types(in, out, tag - 251, moved);
            }
        }
        return result.toByteArray();
    }

    private static void types(final DataInputStream in, final DataOutputStream out, final int count, final int moved)
            throws IOException {
        for (int i = 0; i < count; i++) {
            final int tag = in.readUnsignedByte();
            out.writeByte(tag);
            if (tag == 7) { // of a class
                out.writeShort(in.readUnsignedShort());
            } else if (tag == 8) { // not made yet, by the instruction at this offset
                out.writeShort(in.readUnsignedShort() + moved);
            }
        }
    }

    private int text(final DataOutputStream out, final String text) throws IOException {
        out.writeByte(1);
        out.writeUTF(text);
        return next();
    }

    private int reference(final DataOutputStream out, final int tag, final int to) throws IOException {
        out.writeByte(tag);
        out.writeShort(to);
        return next();
    }

    private int member(final DataOutputStream out, final int tag, final int of, final String name, final String signature)
            throws IOException {
        final int nameText = text(out, name);
        final int signatureText = text(out, signature);
        out.writeByte(12);
        out.writeShort(nameText);
        out.writeShort(signatureText);
        final int pair = next();
        out.writeByte(tag);
        out.writeShort(of);
        out.writeShort(pair);
        return next();
    }

    private int next() throws IOException {
        if (constants == 0xffff) {
            throw new IOException(type + " has no room for a constant");
        }
        return constants++;
    }

    private static byte[] copy(final DataInputStream in, final int length) throws IOException {
        final byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }
}
