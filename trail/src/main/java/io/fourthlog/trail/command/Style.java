package io.fourthlog.trail.command;

/** How words are set off on a terminal; in a file or a pipe, and with NO_COLOR, they are not. */
enum Style {
    BOLD("1"),
    DIM("2"),
    ALARM("1;31"),
    WARNING("33"),
    GOOD("32"),
    MODEL("35"),
    TOOL("36"),
    DATA("34"),
    IDENTITY("33");

    private final String code;

    Style(String code) {
        this.code = code;
    }

    String on(String text) {
        return "\u001B[" + code + "m" + text + "\u001B[0m";
    }
}
