package io.fourthlog.redaction;

import io.fourthlog.redaction.json.JsonReader;
import io.fourthlog.redaction.json.JsonReader.Token;
import java.util.Arrays;

/**
 * A JSON value as an array of nodes in document order, with its strings unescaped; read once from a {@link JsonReader} so that the
 * shape and the canonical hash can both visit members in order of their names. Reused; confined to one thread.
 *
 * <pre>
 * node  kind   start, or ~start where the text was unescaped   end   index of the node after its subtree
 *       a name node stands before the node of its value and ends where that ends
 * </pre>
 */
final class JsonTree {

    /** What a node is. */
    enum Kind {
        OBJECT,
        ARRAY,
        NAME,
        STRING,
        NUMBER,
        TRUE,
        FALSE,
        NULL
    }

    private static final int WIDTH = 3; // ints of a node
    private static final int MAX_NODES = 1 << 20;
    private static final int KEPT_NODES = 1 << 12; // after use
    private static final int FEW = 16; // members that are sorted without making objects of them

    private final JsonReader reader = new JsonReader();
    private final Scratch arena = new Scratch();
    private Kind[] kinds = new Kind[64];
    private int[] nodes = new int[64 * WIDTH];
    private int size; // nodes
    private int arenaUsed;
    private byte[] input = new byte[0];
    private byte[] unescaped = input;

    /**
     * Reads a value.
     *
     * @return {@link Token#END}, or the failure, of which {@link #problem()} tells
     * @throws Budget.Exceeded if it has more than a million nodes
     */
    Token read(byte[] bytes, int length) {
        input = bytes;
        size = 0;
        arenaUsed = 0;
        reader.reset(bytes, 0, length);
        readValue(reader.next());
        return reader.token().isFailure() ? reader.token() : reader.next();
    }

    /** What is wrong and where, without content. */
    String problem() {
        return reader.problem() + " at byte " + reader.problemOffset();
    }

    /** Forgets the value and wipes what was unescaped. */
    void clear() {
        reader.clear();
        arena.wipe();
        input = new byte[0];
        unescaped = input;
        size = 0;
        if (kinds.length > KEPT_NODES) {
            kinds = new Kind[KEPT_NODES];
            nodes = new int[KEPT_NODES * WIDTH];
        }
    }

    Kind kind(int node) {
        return kinds[node];
    }

    /** The array that the text of a name, string or number is in. */
    byte[] text(int node) {
        return nodes[node * WIDTH] < 0 ? unescaped : input;
    }

    int start(int node) {
        int start = nodes[node * WIDTH];
        return start < 0 ? ~start : start;
    }

    int end(int node) {
        return nodes[node * WIDTH + 1];
    }

    /** Index of the node after a node and everything in it. */
    int next(int node) {
        return nodes[node * WIDTH + 2];
    }

    /** Elements of an array, or members of an object as written. */
    int count(int container) {
        int count = 0;
        for (int child = container + 1; child < next(container); child = next(child)) {
            count++;
        }
        return count;
    }

    /**
     * The name nodes of an object in the order of RFC 8785 (UTF-16 code units); of members with the same name the last one counts,
     * as for every parser that agents use.
     */
    int[] sortedMembers(int object) {
        int[] members = new int[count(object)];
        int child = object + 1;
        for (int i = 0; i < members.length; i++, child = next(child)) {
            members[i] = child;
        }
        int[] sorted = members.length <= FEW ? sortFew(members) : sortMany(members);
        int kept = 0;
        for (int i = 0; i < sorted.length; i++) {
            if (i + 1 == sorted.length || compareNames(sorted[i], sorted[i + 1]) != 0) {
                sorted[kept++] = sorted[i];
            }
        }
        return kept == sorted.length ? sorted : Arrays.copyOf(sorted, kept);
    }

    /** By insertion; stable, as the other one. */
    private int[] sortFew(int[] members) {
        for (int i = 1; i < members.length; i++) {
            int member = members[i];
            int at = i;
            for (; at > 0 && compareNames(members[at - 1], member) > 0; at--) {
                members[at] = members[at - 1];
            }
            members[at] = member;
        }
        return members;
    }

    private int[] sortMany(int[] members) {
        return Arrays.stream(members)
                .boxed()
                .sorted(this::compareNames)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private void readValue(Token token) {
        switch (token) {
            case OBJECT_START -> readContainer(Kind.OBJECT);
            case ARRAY_START -> readContainer(Kind.ARRAY);
            case STRING -> close(addText(Kind.STRING));
            case NUMBER -> close(add(Kind.NUMBER, reader.start(), reader.end()));
            case TRUE -> close(add(Kind.TRUE, 0, 0));
            case FALSE -> close(add(Kind.FALSE, 0, 0));
            case NULL -> close(add(Kind.NULL, 0, 0));
            case FIELD_NAME, OBJECT_END, ARRAY_END, END -> throw new IllegalStateException("no value: " + token);
            case TRUNCATED, MALFORMED, TOO_DEEP -> {}
        }
    }

    private void readContainer(Kind kind) {
        int node = add(kind, 0, 0);
        for (Token token = reader.next(); !token.isFailure(); token = reader.next()) {
            if (token == Token.OBJECT_END || token == Token.ARRAY_END) {
                close(node);
                return;
            }
            if (token == Token.FIELD_NAME) {
                int name = addText(Kind.NAME);
                readValue(reader.next());
                close(name);
            } else {
                readValue(token);
            }
        }
    }

    private int addText(Kind kind) {
        if (!reader.escaped()) {
            return add(kind, reader.start(), reader.end());
        }
        unescaped = arena.reserve(arenaUsed + reader.end() - reader.start());
        int from = arenaUsed;
        arenaUsed += reader.unescape(unescaped, from);
        return add(kind, ~from, arenaUsed);
    }

    private int add(Kind kind, int start, int end) {
        if (size == MAX_NODES) {
            throw new Budget.Exceeded();
        }
        if (size == kinds.length) {
            kinds = Arrays.copyOf(kinds, 2 * size);
            nodes = Arrays.copyOf(nodes, 2 * size * WIDTH);
        }
        kinds[size] = kind;
        nodes[size * WIDTH] = start;
        nodes[size * WIDTH + 1] = end;
        return size++;
    }

    private void close(int node) {
        nodes[node * WIDTH + 2] = size;
    }

    private int compareNames(int a, int b) {
        byte[] textA = text(a);
        byte[] textB = text(b);
        int lengthA = end(a) - start(a);
        int lengthB = end(b) - start(b);
        for (int i = 0; i < Math.min(lengthA, lengthB); i++) {
            int byteA = utf16Order(textA[start(a) + i]);
            int byteB = utf16Order(textB[start(b) + i]);
            if (byteA != byteB) {
                return byteA - byteB;
            }
        }
        return lengthA - lengthB;
    }

    /** UTF-8 sorts by code point; in UTF-16, surrogates (lead bytes from F0) come before U+E000 (lead bytes EE and EF). */
    private static int utf16Order(byte b) {
        int value = b & 0xFF;
        return value == 0xEE || value == 0xEF ? value + 0x10 : value;
    }
}
