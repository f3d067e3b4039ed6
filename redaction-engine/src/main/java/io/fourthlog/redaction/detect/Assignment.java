package io.fourthlog.redaction.detect;

/** Values that are given to a name: {@code name = value}, {@code "name": "value"}, {@code name => 'value'}, {@code <name>value}. */
final class Assignment {

    private static final int REST_OF_NAME = 32; // bytes of the name after the word that was looked for
    private static final int AROUND = 6; // quotes, spaces and brackets on each side of the operator

    private Assignment() {}

    /** Index of the value that is assigned to the name that a word at {@code at} is a part of, or -1. */
    static int value(byte[] text, int from, int to, int at) {
        int i = at;
        int limit = Math.min(to, at + REST_OF_NAME);
        while (i < limit && (Bytes.is(text[i], Bytes.BASE64URL) || text[i] == '.' || text[i] == ' ')) {
            i++;
        }
        limit = Math.min(to, i + AROUND);
        while (i < limit && isAround(text[i])) {
            i++;
        }
        int operator = i;
        limit = Math.min(to, i + 3);
        while (i < limit && isOperator(text[i])) {
            i++;
        }
        if (i == operator) {
            return -1;
        }
        limit = Math.min(to, i + AROUND);
        while (i < limit && (isAround(text[i]) || text[i] == '=')) {
            i++;
        }
        return i < to ? i : -1;
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
