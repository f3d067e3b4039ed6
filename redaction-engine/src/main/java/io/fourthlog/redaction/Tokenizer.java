package io.fourthlog.redaction;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Counts the tokens of a text as OpenAI's models do (openai/tiktoken, byte-pair encoding), without making a String of it: the text is cut
 * into pieces by the vocabulary's rule, here by hand on code points, and each piece is merged by rank. Confined to one thread.
 */
final class Tokenizer {

    /** What is known of a text's tokens when it cannot be counted. */
    static final long NOT_COUNTED = -1;

    private static final int LONGEST = 512; // bytes of a piece, for which merging takes a square of steps
    private static final int NONE = Integer.MAX_VALUE;

    private final Encoding encoding;
    private final TokenRanks ranks;
    private final int[] starts = new int[LONGEST + 2];
    private final int[] merges = new int[LONGEST + 2]; // rank of a part with the next one
    private MemorySegment text = MemorySegment.NULL;
    private int length;
    private int next; // byte behind the character that was read last

    /** A vocabulary with its rule. */
    enum Encoding {
        CL100K("cl100k_base"),
        O200K("o200k_base");

        private final String file;

        Encoding(String file) {
            this.file = file;
        }

        /** That of a model by its name, if its family publishes one. */
        static Optional<Encoding> of(String modelId) {
            String name = modelId.substring(modelId.lastIndexOf('/') + 1);
            if (name.matches("(chatgpt-4o|gpt-4o|gpt-4\\.1|gpt-4\\.5|gpt-5|gpt-oss|o[134])([-.:].*)?")) {
                return Optional.of(O200K);
            }
            return name.matches("(gpt-4|gpt-3\\.5|gpt-35|text-embedding)([-.:].*)?")
                    ? Optional.of(CL100K)
                    : Optional.empty();
        }
    }

    Tokenizer(Encoding encoding) throws IOException {
        this.encoding = encoding;
        this.ranks = TokenRanks.read(encoding.file);
    }

    /** How many tokens; {@link #NOT_COUNTED} when it is not UTF-8, or has a word of more than {@value #LONGEST} bytes. */
    long count(MemorySegment of, int from, int to) {
        text = of.asSlice(from, to - from);
        length = to - from;
        long tokens = 0;
        try {
            int at = 0;
            while (at < length) {
                int end = pieceEnd(at);
                if (end < 0 || end - at > LONGEST) {
                    return NOT_COUNTED;
                }
                tokens += merged(at, end);
                at = end;
            }
            return tokens;
        } finally {
            text = MemorySegment.NULL;
        }
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
        int c = read(at);
        if (c < 0) {
            return -1;
        }
        int behind = next;
        int word = encoding == Encoding.O200K ? cased(at, c, behind) : uncased(at, c, behind);
        if (word > at) {
            return word;
        }
        if (isNumber(c)) {
            int end = behind;
            for (int digits = 1; digits < 3 && end < length && isNumber(read(end)); digits++) {
                end = next;
            }
            return end;
        }
        int signs = signs(at, c, behind);
        return signs > at ? signs : spaces(at);
    }

    /** cl100k: {@code '(s|t|re|ve|m|ll|d)} or a word with what is before it. */
    private int uncased(int at, int c, int behind) {
        int contraction = contraction(at);
        if (contraction > at) {
            return contraction;
        }
        int start = isLetter(c) ? at : leads(c) && behind < length && isLetter(read(behind)) ? behind : -1;
        int end = start;
        while (end >= 0 && end < length && isLetter(read(end))) {
            end = next;
        }
        return end;
    }

    /** o200k: {@code lead? UPPER* lower+ contraction?}, else {@code lead? UPPER+ lower* contraction?}; some letters are of both kinds. */
    private int cased(int at, int c, int behind) {
        int end = leads(c) ? withLower(behind) : -1;
        end = end < 0 ? withLower(at) : end;
        end = end < 0 && leads(c) ? uppers(behind) : end;
        end = end < 0 ? uppers(at) : end;
        return end < 0 ? end : Math.max(end, contraction(end));
    }

    private int withLower(int start) {
        int uppers = start;
        int lastOfBoth = -1; // behind the last letter that may be a lower one
        while (uppers < length && isUpper(read(uppers))) {
            boolean both = isLower(read(uppers));
            uppers = next;
            lastOfBoth = both ? uppers : lastOfBoth;
        }
        int end = uppers;
        while (end < length && isLower(read(end))) {
            end = next;
        }
        return end > uppers ? end : lastOfBoth;
    }

    private int uppers(int start) {
        int end = start;
        while (end < length && isUpper(read(end))) {
            end = next;
        }
        return end > start ? end : -1;
    }

    private int contraction(int at) {
        if (at + 1 >= length || text.get(ValueLayout.JAVA_BYTE, at) != '\'') {
            return at;
        }
        int a = lower(at + 1);
        int b = at + 2 < length ? lower(at + 2) : 0;
        if (a == 's' || a == 't' || a == 'm' || a == 'd') {
            return at + 2;
        }
        return (a == 'l' && b == 'l') || ((a == 'v' || a == 'r') && b == 'e') ? at + 3 : at;
    }

    private int lower(int at) {
        return text.get(ValueLayout.JAVA_BYTE, at) | 0x20;
    }

    /** A space at most, then what is neither letter, number nor space, then line breaks, and in o200k slashes. */
    private int signs(int at, int c, int behind) {
        int start = c == ' ' ? behind : at;
        int end = start;
        while (end < length && isSign(read(end))) {
            end = next;
        }
        if (end == start) {
            return at;
        }
        while (end < length && isBreak(text.get(ValueLayout.JAVA_BYTE, end))) {
            end++;
        }
        return end;
    }

    private boolean isBreak(byte b) {
        return b == '\r' || b == '\n' || (b == '/' && encoding == Encoding.O200K);
    }

    /** Spaces up to their last line break; else all of them but the one that belongs to what follows. */
    private int spaces(int at) {
        int end = at;
        int last = at; // the last space begins here
        int broken = -1; // behind the last line break
        while (end < length && isSpace(read(end))) {
            last = end;
            broken = text.get(ValueLayout.JAVA_BYTE, end) == '\r' || text.get(ValueLayout.JAVA_BYTE, end) == '\n'
                    ? next
                    : broken;
            end = next;
        }
        if (broken > 0) {
            return broken;
        }
        return end == length || last == at ? end : last;
    }

    /** The character here, and {@link #next} behind it; -1 when it is not UTF-8. */
    private int read(int at) {
        int lead = text.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
        int width = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
        if (width == 0 || at + width > length) {
            return -1;
        }
        int c = width == 1 ? lead : lead & (0x7F >> width);
        for (int i = 1; i < width; i++) {
            int b = text.get(ValueLayout.JAVA_BYTE, at + i);
            if ((b & 0xC0) != 0x80) {
                return -1;
            }
            c = c << 6 | (b & 0x3F);
        }
        next = at + width;
        return c;
    }

    /** What may stand before a word and go with it. */
    private static boolean leads(int c) {
        return c != '\r' && c != '\n' && !isLetter(c) && !isNumber(c);
    }

    private static boolean isLetter(int c) {
        return c >= 0 && Character.isLetter(c);
    }

    private static boolean isNumber(int c) {
        return c >= 0
                && switch (Character.getType(c)) {
                    case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
                    default -> false;
                };
    }

    private static boolean isSpace(int c) {
        return c == 0x85 || (c >= 0 && (Character.isSpaceChar(c) || (c >= '\t' && c <= '\r')));
    }

    private static boolean isSign(int c) {
        return c >= 0 && !isSpace(c) && !isLetter(c) && !isNumber(c);
    }

    /** Upper and title case, modifiers, letters without case, marks. */
    private static boolean isUpper(int c) {
        return c >= 0
                && switch (Character.getType(c)) {
                    case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> true;
                    default -> isOfBoth(c);
                };
    }

    private static boolean isLower(int c) {
        return c >= 0 && (Character.getType(c) == Character.LOWERCASE_LETTER || isOfBoth(c));
    }

    private static boolean isOfBoth(int c) {
        return switch (Character.getType(c)) {
            case Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER,
                    Character.NON_SPACING_MARK,
                    Character.COMBINING_SPACING_MARK,
                    Character.ENCLOSING_MARK -> true;
            default -> false;
        };
    }
}
