package io.fourthlog.redaction;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Counts the tokens of a text as OpenAI's models do (openai/tiktoken, byte-pair encoding), without making a String of it: the text is cut
 * into pieces by the vocabulary's rule, here by hand on code points, and each piece is merged by rank. Confined to one thread.
 */
final class Tokenizer {

    /** What is known of a text's tokens when it cannot be counted. */
    static final long NOT_COUNTED = -1;

    private static final int LONGEST = 512; // bytes of a piece, for which merging takes a square of steps
    private static final int NONE = Integer.MAX_VALUE;

    // What characters are to the rules; each is at least one of these.

    /** Upper and title case, and what is of both cases: modifiers, letters without case, marks. */
    private static final int UPPER = 1;

    private static final int LOWER = 2; // lower case, and the same
    private static final int LETTER = 4;
    private static final int NUMBER = 8;
    private static final int SPACE = 16;
    private static final int SIGN = 32; // neither letter, number nor space
    private static final int LEAD = 64; // may stand before a word and go with it
    private static final int NOT_UTF8 = 0;
    private static final byte CONTINUED = (byte) 0xC0; // bytes that go on with a character are less

    private static final int[] ASCII =
            IntStream.range(0, 128).map(Tokenizer::kindsOf).toArray();

    private final Encoding encoding;
    private final TokenRanks ranks;
    private final boolean hasNumbers; // all up to 999, also with zeros before, and each byte
    private final int[] starts = new int[LONGEST + 2];
    private final int[] merges = new int[LONGEST + 2]; // rank of a part with the next one
    private byte[] text = {};
    private int length; // where the text ends
    private int next; // byte behind the character that was read last

    /** A vocabulary with its rule. */
    enum Encoding {
        CL100K("cl100k_base"),
        O200K("o200k_base");

        private static final List<String> OF_CL100K = List.of("gpt-4", "gpt-3.5", "gpt-35", "text-embedding");
        private static final List<String> OF_O200K =
                List.of("chatgpt-4o", "gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-oss", "o1", "o3", "o4");

        private final String file;

        Encoding(String file) {
            this.file = file;
        }

        /** That of a model by its name, if its family publishes one. */
        static Optional<Encoding> of(String modelId) {
            String name = modelId.substring(modelId.lastIndexOf('/') + 1);
            if (isOf(OF_O200K, name)) { // gpt-4.1 begins as gpt-4 does
                return Optional.of(O200K);
            }
            return isOf(OF_CL100K, name) ? Optional.of(CL100K) : Optional.empty();
        }

        /**
         * Reads the vocabulary, which takes some 70 ms.
         *
         * @throws IOException when it is not there, or is none
         */
        TokenRanks vocabulary() throws IOException {
            return TokenRanks.read(file);
        }

        private static boolean isOf(List<String> families, String name) {
            for (String family : families) {
                int end = family.length();
                if (name.startsWith(family) && (end == name.length() || "-.:".indexOf(name.charAt(end)) >= 0)) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * A counter.
     *
     * @param vocabulary that of the encoding
     */
    Tokenizer(Encoding encoding, TokenRanks vocabulary) {
        this.encoding = encoding;
        this.ranks = vocabulary;
        this.hasNumbers = hasNumbers(vocabulary);
    }

    /**
     * How many tokens; {@link #NOT_COUNTED} when it is not UTF-8, or has a word of more than {@value #LONGEST} bytes.
     *
     * @param to where they end, {@link TokenRanks#PADDING} bytes or more before the end of the array
     */
    long count(byte[] of, int from, int to) {
        Objects.checkFromToIndex(from, to, of.length - TokenRanks.PADDING);
        text = of;
        length = to;
        long tokens = 0;
        int at = from;
        while (at < to) {
            int end = pieceEnd(at);
            if (end < 0 || end - at > LONGEST) {
                return NOT_COUNTED;
            }
            tokens += hasNumbers && isByteOrNumber(at, end) ? 1 : merged(at, end);
            at = end;
        }
        return tokens;
    }

    /** Of a piece: one that begins with a digit is a number. */
    private boolean isByteOrNumber(int from, int to) {
        return to - from == 1 || (to - from <= 3 && isDigit(text[from]) && isDigit(text[to - 1]));
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    private static boolean hasNumbers(TokenRanks ranks) {
        byte[] token = new byte[3 + TokenRanks.PADDING];
        boolean all = true;
        for (int b = 0; b < 256; b++) {
            token[0] = (byte) b;
            all &= ranks.rank(token, 0, 1) >= 0;
        }
        for (int number = 0; number < 1000; number++) {
            token[0] = (byte) ('0' + number / 100);
            token[1] = (byte) ('0' + number / 10 % 10);
            token[2] = (byte) ('0' + number % 10);
            all &= ranks.rank(token, 0, 3) >= 0 && ranks.rank(token, 1, 3) >= 0;
        }
        return all;
    }

    /** Parts that are left of a piece when of its neighbours those of the least rank are merged, as long as any can be. */
    private int merged(int from, int to) {
        if (ranks.rank(text, from, to) >= 0) {
            return 1;
        }
        int parts = to - from;
        for (int i = 0; i <= parts; i++) {
            starts[i] = from + i;
        }
        for (int i = 0; i < parts; i++) {
            merges[i] = merge(i, parts);
        }
        while (true) {
            int least = 0;
            for (int i = 1; i < parts; i++) {
                least = merges[i] < merges[least] ? i : least;
            }
            if (merges[least] == NONE) {
                return parts;
            }
            System.arraycopy(starts, least + 2, starts, least + 1, parts - least - 1);
            System.arraycopy(merges, least + 2, merges, least + 1, Math.max(0, parts - least - 2));
            parts--;
            merges[least] = merge(least, parts);
            if (least > 0) {
                merges[least - 1] = merge(least - 1, parts);
            }
        }
    }

    private int merge(int part, int parts) {
        if (part + 2 > parts) {
            return NONE;
        }
        int rank = ranks.rank(text, starts[part], starts[part + 2]);
        return rank < 0 ? NONE : rank;
    }

    /** The end of the piece that begins here; -1 when it is not UTF-8. */
    private int pieceEnd(int at) {
        int kinds = kinds(at);
        if (kinds == NOT_UTF8) {
            return -1;
        }
        int behind = next;
        int word = encoding == Encoding.O200K ? cased(at, kinds, behind) : uncased(at, kinds, behind);
        if (word > at) {
            return word;
        }
        if ((kinds & NUMBER) != 0) {
            int end = behind;
            for (int digits = 1; digits < 3 && end < length && (kinds(end) & NUMBER) != 0; digits++) {
                end = next;
            }
            return end;
        }
        int signs = signs(text[at] == ' ' ? behind : at);
        return signs > 0 ? signs : spaces(at);
    }

    /** cl100k: {@code '(s|t|re|ve|m|ll|d)} or a word with what is before it. */
    private int uncased(int at, int kinds, int behind) {
        int contraction = contraction(at);
        if (contraction > at) {
            return contraction;
        }
        int start = (kinds & LEAD) != 0 ? behind : at;
        int end = run(start, LETTER);
        return end > start ? end : -1;
    }

    /** o200k: {@code lead? UPPER* lower+ contraction?}, else {@code lead? UPPER+ lower* contraction?}; some letters are of both kinds. */
    private int cased(int at, int kinds, int behind) {
        int first = (kinds & LEAD) != 0 ? behind : at;
        int end = -1; // each call is written once, with the loops in it: written twice, compiling it was a tenth of all
        // compiling
        for (int start = first; end < 0 && start >= at; start = start > at ? at : -1) {
            end = withLower(start);
        }
        for (int start = first; end < 0 && start >= at; start = start > at ? at : -1) {
            end = uppers(start);
        }
        return end < 0 ? end : contraction(end);
    }

    private int withLower(int start) {
        int uppers = run(start, UPPER);
        int end = run(uppers, LOWER);
        return end > uppers ? end : lastOfBoth(start, uppers);
    }

    /** Behind the last of these letters that may be a lower one; -1 if none may. */
    private int lastOfBoth(int start, int end) {
        for (int at = end - 1; at >= start; at--) {
            if (text[at] >= CONTINUED && (kinds(at) & LOWER) != 0) {
                return next;
            }
        }
        return -1;
    }

    private int uppers(int start) {
        int end = run(start, UPPER);
        return end > start ? end : -1;
    }

    /** The end of a contraction, or where it would begin. */
    private int contraction(int at) {
        if (at + 1 >= length || text[at] != '\'') {
            return at;
        }
        int a = text[at + 1] | 0x20; // in lower case
        int b = at + 2 < length ? text[at + 2] | 0x20 : 0;
        if (a == 's' || a == 't' || a == 'm' || a == 'd') {
            return at + 2;
        }
        return (a == 'l' && b == 'l') || ((a == 'v' || a == 'r') && b == 'e') ? at + 3 : at;
    }

    /** What is neither letter, number nor space, then line breaks, and in o200k slashes; -1 if there is none. */
    private int signs(int start) {
        int end = run(start, SIGN);
        if (end == start) {
            return -1;
        }
        while (end < length && (isBreak(text[end]) || (text[end] == '/' && encoding == Encoding.O200K))) {
            end++;
        }
        return end;
    }

    /** Spaces up to their last line break; else all of them but the one that belongs to what follows. */
    private int spaces(int at) {
        int end = run(at, SPACE);
        for (int broken = end; broken > at; broken--) {
            if (isBreak(text[broken - 1])) {
                return broken;
            }
        }
        int last = end - 1;
        while (text[last] < CONTINUED) {
            last--;
        }
        return end == length || last == at ? end : last;
    }

    private static boolean isBreak(byte b) {
        return b == '\r' || b == '\n';
    }

    /** The end of the characters from here on that are of one of these kinds. */
    private int run(int start, int kinds) {
        int at = start;
        while (at < length) {
            byte b = text[at];
            if (((b >= 0 ? ASCII[b] : kinds(at)) & kinds) == 0) {
                break;
            }
            at = b >= 0 ? at + 1 : next;
        }
        return at;
    }

    /** The kinds of the character here, and {@link #next} behind it. */
    private int kinds(int at) {
        int lead = text[at] & 0xFF;
        if (lead < 0x80) {
            next = at + 1;
            return ASCII[lead];
        }
        int width = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
        if (width == 0 || at + width > length) {
            return NOT_UTF8;
        }
        int c = lead & (0x7F >> width);
        for (int i = 1; i < width; i++) {
            if (text[at + i] >= CONTINUED) {
                return NOT_UTF8;
            }
            c = c << 6 | (text[at + i] & 0x3F);
        }
        next = at + width;
        boolean longer = width > 2 && c < (width == 3 ? 0x800 : Character.MIN_SUPPLEMENTARY_CODE_POINT);
        return longer || c > Character.MAX_CODE_POINT || Character.getType(c) == Character.SURROGATE
                ? NOT_UTF8
                : kindsOf(c);
    }

    private static int kindsOf(int c) {
        return switch (Character.getType(c)) {
            case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> LETTER | UPPER;
            case Character.LOWERCASE_LETTER -> LETTER | LOWER;
            case Character.MODIFIER_LETTER, Character.OTHER_LETTER -> LETTER | UPPER | LOWER;
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
                SIGN | UPPER | LOWER | LEAD;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> SPACE | LEAD;
            default ->
                c == '\r' || c == '\n' ? SPACE : (c >= '\t' && c <= '\r') || c == 0x85 ? SPACE | LEAD : SIGN | LEAD;
        };
    }
}
