package io.fourthlog.redaction.detect;

/**
 * Values that are given to a name: {@code name = value}, {@code "name": "value"}, {@code name => 'value'}, {@code <name>value}, {@code
 * name: String = "value"}, {@code key="name" value="value"} and the pairs of name and value that manifests have.
 */
final class Assignment {

    private static final int REST_OF_NAME = 32; // bytes of the name after the word that was looked for
    private static final int AROUND = 6; // quotes, spaces and brackets on each side of the operator
    private static final int INDENT = 24; // spaces before "value" in the line below a name
    private static final int MAX_TYPE = 24; // bytes of a type between a name and its value
    private static final String VALUE = "value";

    private Assignment() {}

    /** Index of the value that is assigned to the name that a word at {@code at} is a part of, or -1. */
    static int value(byte[] text, int from, int to, int at) {
        int value = afterOperator(text, to, at);
        if (isNamedValue(text, to, value)) {
            value = afterOperator(text, to, value);
        }
        int typed = value < 0 ? -1 : afterType(text, to, value);
        return typed < to ? typed : -1;
    }

    private static int afterOperator(byte[] text, int to, int at) {
        int i = at;
        int limit = Math.min(to, at + REST_OF_NAME);
        while (i < limit && (Bytes.is(text[i], Bytes.BASE64URL) || text[i] == '.' || text[i] == ' ')) {
            i++;
        }
        i = skipAround(text, i, to);
        int operator = i;
        i += Bytes.has(text, at, to, i, '!') && Bytes.has(text, at, to, i + 1, '=') ? 1 : 0;
        int limitOfOperator = Math.min(to, i + 3);
        while (i < limitOfOperator && isOperator(text[i])) {
            i++;
        }
        if (i == operator) {
            int indented = i;
            while (indented < to && indented - i < INDENT && text[indented] == ' ') {
                indented++;
            }
            return isNamedValue(text, to, indented) ? indented : -1;
        }
        limit = Math.min(to, i + AROUND);
        while (i < limit && (isAround(text[i]) || text[i] == '=')) {
            i++;
        }
        return i < to ? i : -1;
    }

    private static int skipAround(byte[] text, int at, int to) {
        int i = at;
        int limit = Math.min(to, at + AROUND);
        while (i < limit && isAround(text[i])) {
            i++;
        }
        return i;
    }

    /** Whether what is after a name is itself the name of its value. */
    private static boolean isNamedValue(byte[] text, int to, int at) {
        int end = at + VALUE.length();
        return at >= 0
                && end < to
                && Bytes.startsWithIgnoreCase(text, at, to, VALUE)
                && (text[end] == '"' || text[end] == '\'' || text[end] == '=' || text[end] == ':');
    }

    /** Index of the value behind a type, as in {@code name: String = "value"}; the same index if there is none. */
    private static int afterType(byte[] text, int to, int at) {
        int limit = Math.min(to, at + MAX_TYPE);
        int type = Bytes.is(text[at], Bytes.LETTER) ? Bytes.runEnd(text, at, limit, Bytes.LETTER) : at;
        boolean assigned = type > at
                && Bytes.has(text, at, to, type, ' ')
                && Bytes.has(text, at, to, type + 1, '=')
                && Bytes.has(text, at, to, type + 2, ' ');
        return assigned ? skipAround(text, type + 2, to) : at;
    }

    private static boolean isAround(byte b) {
        return switch (b) {
            case ' ', '\t', '\n', '\r', '"', '\'', '`', '[', ']', '(', '{', '\\' -> true;
            default -> false;
        };
    }

    private static boolean isOperator(byte b) {
        return switch (b) {
            case '=', ':', '>', '|', ',', '?', '~' -> true;
            default -> false;
        };
    }
}
