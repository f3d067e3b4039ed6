package io.fourthlog.redaction;

/**
 * How many tokens a model's tokenizer would make of a text, about: counted in one pass from the kinds of characters and the lengths of
 * words. Against the cl100k and o200k vocabularies it is within a fifth for English prose, code and JSON, and within a half for other
 * languages, of which the vocabularies themselves differ that much; it is an estimate and is to be marked as one.
 */
public final class TokenEstimate {

    private static final int LONG_WORD = 8; // letters; a longer one is cut
    private static final int LETTERS_OF_A_PIECE = 6;
    private static final int SIGNS_OF_A_TOKEN = 2;
    private static final int DIGITS_OF_A_TOKEN = 3;

    private TokenEstimate() {}

    /**
     * Estimates.
     *
     * @throws IllegalStateException if the text is closed
     */
    public static long of(Plaintext text) {
        return of(text.bytes(), text.length());
    }

    static long of(byte[] text, int length) {
        long tokens = 0;
        int i = 0;
        while (i < length) {
            int b = text[i] & 0xFF;
            int end = i + 1;
            if (isLetter(b)) {
                while (end < length && isLetter(text[end] & 0xFF)) {
                    end++;
                }
                int letters = end - i;
                tokens += letters <= LONG_WORD ? 1 : (letters + LETTERS_OF_A_PIECE - 1) / LETTERS_OF_A_PIECE;
            } else if (b >= '0' && b <= '9') {
                while (end < length && text[end] >= '0' && text[end] <= '9') {
                    end++;
                }
                tokens += (end - i + DIGITS_OF_A_TOKEN - 1) / DIGITS_OF_A_TOKEN;
            } else if (b == ' ') {
                while (end < length && text[end] == ' ') {
                    end++;
                }
                tokens += end - i > 1 ? 1 : 0; // a single space belongs to the word behind it
            } else if (b >= 0xE0) { // characters of three and four bytes are about a token each
                end = Math.min(length, i + (b >= 0xF0 ? 4 : 3));
                tokens++;
            } else {
                while (end < length && isSign(text[end] & 0xFF)) {
                    end++;
                }
                tokens += (end - i + 1) / SIGNS_OF_A_TOKEN;
            }
            i = end;
        }
        return tokens;
    }

    /** Punctuation and line breaks, which go together in code and JSON. */
    private static boolean isSign(int b) {
        return b < 0x80 && b != ' ' && !isLetter(b) && !(b >= '0' && b <= '9');
    }

    /** Of ASCII, and of the two-byte characters, which are letters mostly. */
    private static boolean isLetter(int b) {
        return b < 0x80 ? (b | 0x20) >= 'a' && (b | 0x20) <= 'z' : b < 0xE0;
    }
}
