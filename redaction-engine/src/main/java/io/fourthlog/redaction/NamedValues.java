package io.fourthlog.redaction;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.stream.Stream;

/**
 * Values whose name is not that of their own member: {@code {"name": "DB_PASSWORD", "value": "…"}}, {@code {"password": {"value": "…"}}}
 * and {@code ["--password", "…"]}. In a text the detectors see those themselves.
 */
final class NamedValues {

    static final int NONE = -1;

    private static final byte[][] VALUES = words("value", "stringvalue", "string_value");
    private static final byte[][] NAMES = words(
            "name", "key", "field", "label", "variable", "header", "parameter", "property"); // the first one counts

    private NamedValues() {}

    /** Whether the name of a member says no more than that there is a value. */
    static boolean isValue(JsonTree tree, int name) {
        byte last = tree.end(name) > tree.start(name) ? tree.text(name)[tree.end(name) - 1] : 0;
        return (last | 0x20) == 'e' && indexIn(VALUES, tree, name) < VALUES.length;
    }

    /**
     * The node that names the value of an object.
     *
     * @param members name nodes of the object
     * @return node of a string, or {@link #NONE}, as of an object without a value
     */
    static int name(JsonTree tree, int[] members) {
        int value = 0;
        while (value < members.length && !isValue(tree, members[value])) {
            value++;
        }
        if (value == members.length) {
            return NONE;
        }
        int first = NAMES.length;
        int named = NONE;
        for (int member : members) {
            int index = tree.kind(member + 1) == JsonTree.Kind.STRING ? indexIn(NAMES, tree, member) : NAMES.length;
            if (index < first) {
                first = index;
                named = member + 1;
            }
        }
        return named;
    }

    /** Whether an element of an array is an option, which names the element behind it. */
    static boolean isOption(JsonTree tree, int element) {
        return tree.kind(element) == JsonTree.Kind.STRING
                && tree.end(element) - tree.start(element) > 1
                && tree.text(element)[tree.start(element)] == '-';
    }

    private static int indexIn(byte[][] words, JsonTree tree, int name) {
        byte[] text = tree.text(name);
        int start = tree.start(name);
        int length = tree.end(name) - start;
        int index = 0;
        while (index < words.length && !isWord(words[index], text, start, length)) {
            index++;
        }
        return index;
    }

    private static boolean isWord(byte[] word, byte[] text, int start, int length) {
        if (word.length != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            byte b = text[start + i];
            if ((b >= 'A' && b <= 'Z' ? b | 0x20 : b) != word[i]) {
                return false;
            }
        }
        return true;
    }

    private static byte[][] words(String... words) {
        return Stream.of(words).map(word -> word.getBytes(US_ASCII)).toArray(byte[][]::new);
    }
}
