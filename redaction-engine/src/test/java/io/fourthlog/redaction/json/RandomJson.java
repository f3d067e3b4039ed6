package io.fourthlog.redaction.json;

import java.util.Random;

/** Valid JSON text with everything that the grammar allows: whitespace, escapes, surrogates, every form of number. */
public final class RandomJson {

    private static final String[] WHITESPACE = {"", "", "", " ", "\n", "\t", "\r\n  "};
    private static final String[] NUMBERS = {
        "0",
        "-0",
        "1",
        "-1",
        "12",
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "0.1",
        "-0.0",
        "1e5",
        "1E+5",
        "1e-5",
        "123.456e7",
        "1e400",
        "1e-400",
        "5e-324",
        "2.2250738585072011e-308",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750"
    };
    private static final String[] PIECES = {
        "a",
        "name",
        "é",
        "水",
        "😀",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\b\\f\\r\\t",
        "\\u0041",
        "\\u00e9",
        "\\u6C34",
        "\\uD83D\\uDE00",
        "\\ud83d",
        "\\ude00",
        "\\ud83dx",
        "\\ud83d\\u0041",
        "\\u0000",
        "\u007f",
        " ",
        "{",
        "]",
        ":"
    };

    private final Random random;
    private final StringBuilder out = new StringBuilder();

    private RandomJson(long seed) {
        random = new Random(seed);
    }

    /** A document of at most a few hundred values. */
    public static String document(long seed) {
        RandomJson json = new RandomJson(seed);
        json.value(5);
        return json.out.toString();
    }

    private void value(int depth) {
        space();
        switch (random.nextInt(depth == 0 ? 5 : 8)) {
            case 0 -> out.append("true");
            case 1 -> out.append(random.nextBoolean() ? "null" : "false");
            case 2 -> out.append(NUMBERS[random.nextInt(NUMBERS.length)]);
            case 3 -> out.append(Double.toString(random.nextGaussian() * 1e3));
            case 4 -> string();
            case 5 -> array(depth);
            default -> object(depth);
        }
        space();
    }

    private void array(int depth) {
        out.append('[');
        int count = random.nextInt(5);
        for (int i = 0; i < count; i++) {
            out.append(i == 0 ? "" : ",");
            value(depth - 1);
        }
        out.append(count == 0 ? whitespace() : "").append(']');
    }

    private void object(int depth) {
        out.append('{');
        int count = random.nextInt(5);
        for (int i = 0; i < count; i++) {
            out.append(i == 0 ? "" : ",");
            space();
            string();
            space();
            out.append(':');
            value(depth - 1);
        }
        out.append(count == 0 ? whitespace() : "").append('}');
    }

    private void string() {
        out.append('"');
        for (int i = random.nextInt(6); i > 0; i--) {
            out.append(PIECES[random.nextInt(PIECES.length)]);
        }
        out.append('"');
    }

    private void space() {
        out.append(whitespace());
    }

    private String whitespace() {
        return WHITESPACE[random.nextInt(WHITESPACE.length)];
    }
}
