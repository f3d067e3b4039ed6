package io.fourthlog.redaction;

import io.fourthlog.redaction.json.EcmaNumbers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.crypto.Mac;

/** HMAC of the RFC 8785 form of a {@link JsonTree}, which is written in pieces and never as a whole. Confined to one thread. */
final class CanonicalHash {

    private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final int LONGEST_ESCAPE = 6; // bytes

    private final Hmac hmac;
    private final Mac mac;
    private final EcmaNumbers numbers = new EcmaNumbers();
    private final Scratch scratch = new Scratch();
    private final byte[] buffer = new byte[4096];
    private int used;

    CanonicalHash(Hmac hmac) {
        this.hmac = hmac;
        this.mac = hmac.mac();
    }

    /** {@code KEYID:hex}. */
    String of(JsonTree tree) {
        try {
            value(tree, 0);
            flush();
            return hmac.format(mac.doFinal());
        } finally {
            used = 0;
            Hmac.forget(mac);
            Arrays.fill(buffer, (byte) 0);
            scratch.wipe();
        }
    }

    private void value(JsonTree tree, int node) {
        switch (tree.kind(node)) {
            case OBJECT -> {
                put('{');
                int[] members = tree.sortedMembers(node);
                for (int i = 0; i < members.length; i++) {
                    if (i > 0) {
                        put(',');
                    }
                    string(tree, members[i]);
                    put(':');
                    value(tree, members[i] + 1);
                }
                put('}');
            }
            case ARRAY -> {
                put('[');
                for (int child = node + 1; child < tree.next(node); child = tree.next(child)) {
                    if (child > node + 1) {
                        put(',');
                    }
                    value(tree, child);
                }
                put(']');
            }
            case STRING -> string(tree, node);
            case NUMBER -> number(tree, node);
            case TRUE -> put(TRUE, TRUE.length);
            case FALSE -> put(FALSE, FALSE.length);
            case NULL -> put(NULL, NULL.length);
            case NAME -> throw new IllegalStateException("a name is no value");
        }
    }

    private void number(JsonTree tree, int node) {
        int literal = tree.end(node) - tree.start(node);
        byte[] canonical = scratch.reserve(Math.max(literal, EcmaNumbers.MAX_LENGTH));
        put(canonical, numbers.write(tree.text(node), tree.start(node), tree.end(node), canonical, 0));
    }

    private void string(JsonTree tree, int node) {
        put('"');
        byte[] text = tree.text(node);
        for (int i = tree.start(node); i < tree.end(node); i++) {
            if (used + LONGEST_ESCAPE > buffer.length) {
                flush();
            }
            byte b = text[i];
            if (b == '"' || b == '\\') {
                buffer[used++] = '\\';
                buffer[used++] = b;
            } else if (b < 0 || b >= ' ') {
                buffer[used++] = b;
            } else {
                escape(b);
            }
        }
        put('"');
    }

    private void escape(byte b) {
        buffer[used++] = '\\';
        switch (b) {
            case '\b' -> buffer[used++] = 'b';
            case '\t' -> buffer[used++] = 't';
            case '\n' -> buffer[used++] = 'n';
            case '\f' -> buffer[used++] = 'f';
            case '\r' -> buffer[used++] = 'r';
            default -> {
                buffer[used++] = 'u';
                buffer[used++] = '0';
                buffer[used++] = '0';
                buffer[used++] = HEX[b >> 4];
                buffer[used++] = HEX[b & 0xF];
            }
        }
    }

    private void put(char c) {
        if (used == buffer.length) {
            flush();
        }
        buffer[used++] = (byte) c;
    }

    private void put(byte[] bytes, int length) {
        flush();
        mac.update(bytes, 0, length);
    }

    private void flush() {
        mac.update(buffer, 0, used);
        used = 0;
    }
}
