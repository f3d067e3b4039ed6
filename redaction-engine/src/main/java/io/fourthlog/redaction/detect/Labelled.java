package io.fourthlog.redaction.detect;

import java.util.List;

/**
 * A value behind a word that says what it is: {@code MRN: 0012345}, {@code "date_of_birth": "1980-02-29"}, {@code my passport number is
 * …}. Up to {@link #STEPS} words may stand between, and nothing that ends a sentence.
 */
final class Labelled implements Detector {

    private static final int REACH = 64; // bytes between the word and the value
    private static final int STEPS = 6;

    private final Documentation documentation;
    private final List<Anchor> anchors;
    private final Value value;

    Labelled(Documentation documentation, Value value, String... words) {
        this.documentation = documentation;
        this.value = value;
        this.anchors = List.of(words).stream().map(Anchor::keyword).toList();
    }

    @Override
    public Documentation documentation() {
        return documentation;
    }

    @Override
    public List<Anchor> anchors() {
        return anchors;
    }

    @Override
    public long verify(byte[] text, int from, int to, int at) {
        int limit = Math.min(to, at + REACH);
        if (!hasDigit(text, at, limit)) {
            return Span.NONE;
        }
        int i = wordEnd(text, at, limit);
        for (int step = 0; step < STEPS; step++) {
            i = nextWord(text, i, limit);
            if (i < 0) {
                return Span.NONE;
            }
            int end = value.end(text, from, to, i);
            if (end >= 0) {
                return Span.of(i, end);
            }
            i = wordEnd(text, i, limit);
        }
        return Span.NONE;
    }

    private static boolean hasDigit(byte[] text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (Bytes.is(text[i], Bytes.DIGIT)) {
                return true;
            }
        }
        return false;
    }

    /** Index after the rest of a word or an identifier. */
    private static int wordEnd(byte[] text, int at, int limit) {
        int i = at;
        while (i < limit && Bytes.is(text[i], Bytes.WORD | Bytes.NON_ASCII)) {
            i++;
        }
        return i;
    }

    /** Index of the next word in the same sentence, or -1. */
    private static int nextWord(byte[] text, int at, int limit) {
        int i = at;
        while (i < limit && !Bytes.is(text[i], Bytes.ALNUM | Bytes.NON_ASCII)) {
            boolean ends = (text[i] == '.' && i + 1 < limit && text[i + 1] == ' ' && i - at > 3)
                    || text[i] == ';'
                    || text[i] == '}'
                    || (text[i] == '\n' && i > at && text[i - 1] == '\n');
            if (ends) {
                return -1;
            }
            i++;
        }
        return i < limit ? i : -1;
    }
}
