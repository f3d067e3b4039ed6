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
    private final EcmaNumbers numbers = new EcmaNumbers();
    private final Scratch scratch = new Scratch();
    private final byte[] buffer = new byte[4096];
    private int used;

    CanonicalHash(Hmac hmac) {
        this.hmac = hmac;
    }

    /** {@code KEYID:hex}. */
    String of(JsonTree tree) {
        Mac mac = hmac.mac();
        try {
            value(tree, 0, mac);
            flush(mac);
            return hmac.format(mac.doFinal());
        } finally {
            used = 0;
            Arrays.fill(buffer, (byte) 0);
            scratch.wipe();
        }
    }

    private void value(JsonTree tree, int node, Mac mac) {
        switch (tree.kind(node)) {
            case OBJECT -> {
                put('{', mac);
                int[] members = tree.sortedMembers(node);
                for (int i = 0; i < members.length; i++) {
                    if (i > 0) {
                        put(',', mac);
                    }
                    string(tree, members[i], mac);
                    put(':', mac);
                    value(tree, members[i] + 1, mac);
                }
                put('}', mac);
            }
            case ARRAY -> {
                put('[', mac);
                for (int child = node + 1; child < tree.next(node); child = tree.next(child)) {
                    if (child > node + 1) {
                        put(',', mac);
                    }
                    value(tree, child, mac);
                }
                put(']', mac);
            }
            case STRING -> string(tree, node, mac);
            case NUMBER -> number(tree, node, mac);
            case TRUE -> put(TRUE, TRUE.length, mac);
            case FALSE -> put(FALSE, FALSE.length, mac);
            case NULL -> put(NULL, NULL.length, mac);
            case NAME -> throw new IllegalStateException("a name is no value");
        }
    }

    private void number(JsonTree tree, int node, Mac mac) {
        int literal = tree.end(node) - tree.start(node);
        byte[] canonical = scratch.reserve(Math.max(literal, EcmaNumbers.MAX_LENGTH));
        put(canonical, numbers.write(tree.text(node), tree.start(node), tree.end(node), canonical, 0), mac);
    }

    private void string(JsonTree tree, int node, Mac mac) {
        put('"', mac);
        byte[] text = tree.text(node);
        for (int i = tree.start(node); i < tree.end(node); i++) {
            if (used + LONGEST_ESCAPE > buffer.length) {
                flush(mac);
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
        put('"', mac);
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

    private void put(char c, Mac mac) {
        if (used == buffer.length) {
            flush(mac);
        }
        buffer[used++] = (byte) c;
    }

    private void put(byte[] bytes, int length, Mac mac) {
        flush(mac);
        mac.update(bytes, 0, length);
    }

    private void flush(Mac mac) {
        mac.update(buffer, 0, used);
        used = 0;
    }
}
