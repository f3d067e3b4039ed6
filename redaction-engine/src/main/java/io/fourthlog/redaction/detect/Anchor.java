package io.fourthlog.redaction.detect;

import org.jspecify.annotations.Nullable;

/** A cheap sign that a detector may have something here; a {@link Sweep} finds those of all detectors in one pass. */
sealed interface Anchor {

    /** What is next to a number or a literal. */
    final class Neighbour {

        static final int OTHER = 1; // white space, quotes, brackets, the beginning and the end
        static final int LETTER = 1 << 1; // and underscore, and anything beyond ASCII
        static final int PLUS = 1 << 2;
        static final int OPEN = 1 << 3; // (
        static final int DOT = 1 << 4;
        static final int HYPHEN = 1 << 5;
        static final int SLASH = 1 << 6;
        static final int COLON = 1 << 7;
        static final int SPACE = 1 << 8;
        static final int CLOSE = 1 << 9; // )
        static final int ANY = (1 << 10) - 1;
        static final int KINDS = 10;

        private static final byte[] KIND = kinds();

        private Neighbour() {}

        /** Number of the bit of a byte. */
        static int kind(byte b) {
            return KIND[b & 0xFF];
        }

        private static byte[] kinds() {
            byte[] kinds = new byte[256];
            for (int b = 0; b < 256; b++) {
                int bit = Bytes.is((byte) b, Bytes.LETTER | Bytes.UNDERSCORE | Bytes.NON_ASCII) ? LETTER : OTHER;
                kinds[b] = (byte) Integer.numberOfTrailingZeros(
                        switch (b) {
                            case '+' -> PLUS;
                            case '(' -> OPEN;
                            case '.' -> DOT;
                            case '-' -> HYPHEN;
                            case '/' -> SLASH;
                            case ':' -> COLON;
                            case ' ' -> SPACE;
                            case ')' -> CLOSE;
                            default -> bit;
                        });
            }
            return kinds;
        }
    }

    /** What the byte is of that comes after the neighbour behind a number. */
    final class Then {

        static final int DIGIT = 1;
        static final int HEX = 1 << 1; // a letter from a to f
        static final int DOSE = 1 << 2; // a letter that a unit of medicine begins with
        static final int WORD = 1 << 3; // another letter, an underscore, or anything beyond ASCII
        static final int MARK = 1 << 4; // : - .
        static final int SPACE = 1 << 5;
        static final int REST = 1 << 6; // and the end
        static final int ANY = (1 << 7) - 1;
        static final int KINDS = 7;

        private static final byte[] KIND = kinds();

        private Then() {}

        /** Number of the bit of a byte. */
        static int kind(byte b) {
            return KIND[b & 0xFF];
        }

        private static byte[] kinds() {
            byte[] kinds = new byte[256];
            for (int b = 0; b < 256; b++) {
                int lower = b | 0x20;
                int bit = Bytes.is((byte) b, Bytes.DIGIT)
                        ? DIGIT
                        : b == ':' || b == '-' || b == '.'
                                ? MARK
                                : b == ' '
                                        ? SPACE
                                        : !Bytes.is((byte) b, Bytes.LETTER | Bytes.UNDERSCORE | Bytes.NON_ASCII)
                                                ? REST
                                                : lower >= 'a' && lower <= 'f'
                                                        ? HEX
                                                        : "gimu".indexOf(lower) >= 0 ? DOSE : WORD;
                kinds[b] = (byte) Integer.numberOfTrailingZeros(bit);
            }
            return kinds;
        }
    }

    /** Which numbers of those that a {@link DigitRun} is about, by the first digit. */
    enum Lead {
        ANY,
        ZERO,
        NOT_ZERO
    }

    /**
     * Every occurrence of an ASCII text; the anchor is its first byte.
     *
     * @param text at least three characters, or two when {@code next} is known; in lower case when {@code anyCase}
     * @param anyCase whether case does not matter
     * @param begins whether no letter or digit is before it
     * @param ends whether no letter is after it
     * @param before what the byte before it is of; null when it may be anything that {@code begins} allows
     * @param next what the two bytes after it are of; null when they may be anything
     */
    record Literal(
            String text,
            boolean anyCase,
            boolean begins,
            boolean ends,
            @Nullable ByteSet before,
            @Nullable ByteSet next)
            implements Anchor {

        public Literal {
            if (text.length() < 3 && (text.length() < 2 || next == null)) {
                throw new IllegalArgumentException("a literal anchor has at least three characters: " + text);
            }
        }
    }

    /**
     * Every run of digits of some lengths between some neighbours; the anchor is its first byte.
     *
     * @param before kinds of the byte before, of {@link Neighbour}
     * @param least fewest digits
     * @param most most digits, up to {@link #LONGEST}
     * @param after kinds of the byte after
     * @param then kinds of the byte after that, of {@link Then}
     * @param lead kinds of the first digit
     */
    record DigitRun(int before, int least, int most, int after, int then, Lead lead) implements Anchor {

        DigitRun(int before, int least, int most, int after) {
            this(before, least, most, after, Then.ANY);
        }

        DigitRun(int before, int least, int most, int after, int then) {
            this(before, least, most, after, then, Lead.ANY);
        }

        /** Runs that are longer count as one of this length. */
        static final int LONGEST = 24;
    }

    /** Places that are not literals. */
    enum Sign implements Anchor {
        /** An at sign. */
        AT,
        /** An upper-case letter after white space or a quotation mark, or at the beginning. */
        CAPITAL
    }

    /** A text after a byte of a set. */
    static Anchor after(ByteSet before, String text) {
        return new Literal(text, false, false, false, before, null);
    }

    /** A token that begins so, with nothing of a word before it. */
    static Anchor prefix(String text) {
        return new Literal(text, false, true, false, null, null);
    }

    /** A text anywhere. */
    static Anchor literal(String text) {
        return new Literal(text, false, false, false, null, null);
    }

    /** A word, or a part of one, in any case; one of three letters only as a word or at the beginning of one. */
    static Anchor keyword(String text) {
        return new Literal(text, true, text.length() == 3, text.length() == 3, null, null);
    }
}
