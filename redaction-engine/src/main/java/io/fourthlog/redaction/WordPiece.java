package io.fourthlog.redaction;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * BERT's uncased tokenizer over UTF-8 (google-research/bert, tokenization.py): words in lower case and without accents, punctuation and
 * ideographs apart, each word cut into the longest pieces that the vocabulary has. No String is made of a text. Accents are taken off
 * Latin letters only. Immutable and shared.
 *
 * <pre>
 * table  int id + 1 at FNV-1a of a token, linear probing     pool  bytes of all tokens, one behind the other     ends  by id
 * </pre>
 */
final class WordPiece {

    private static final int MAX_WORD = 100; // characters; a longer one is unknown
    private static final int MAX_BYTES = 4 * MAX_WORD;
    private static final int SEED = 0x811C9DC5;
    private static final int PRIME = 0x01000193;
    private static final int FOLDED = 0x250; // code points: Latin with its extensions A and B
    private static final byte[][] FOLDS = folds();

    private final byte[] pool;
    private final int[] ends;
    private final int[] table;
    private final int longest;
    private final int begin;
    private final int end;
    private final int unknown;

    /** A tokenizer. */
    WordPiece(List<String> vocabulary) {
        ends = new int[vocabulary.size() + 1];
        byte[][] tokens = new byte[vocabulary.size()][];
        int size = 0;
        int most = 0;
        for (int id = 0; id < tokens.length; id++) {
            tokens[id] = vocabulary.get(id).getBytes(StandardCharsets.UTF_8);
            size += tokens[id].length;
            most = Math.max(most, tokens[id].length);
            ends[id + 1] = size;
        }
        longest = most;
        pool = new byte[size];
        table = new int[Integer.highestOneBit(tokens.length) * 4];
        for (int id = 0; id < tokens.length; id++) {
            System.arraycopy(tokens[id], 0, pool, ends[id], tokens[id].length);
            int slot = slot(hash(SEED, tokens[id], 0, tokens[id].length));
            while (table[slot] != 0) {
                slot = (slot + 1) & (table.length - 1);
            }
            table[slot] = id + 1;
        }
        begin = vocabulary.indexOf("[CLS]");
        end = vocabulary.indexOf("[SEP]");
        unknown = vocabulary.indexOf("[UNK]");
        if (begin < 0 || end < 0 || unknown < 0) {
            throw new IllegalArgumentException("the vocabulary is not BERT's: it lacks [CLS], [SEP] or [UNK]");
        }
    }

    /**
     * Writes the tokens of the beginning of a text, between those that begin and end one.
     *
     * @param ids gets at most {@code max} longs
     * @return how many; two when there is no word
     */
    int encode(byte[] text, int length, MemorySegment ids, int max) {
        Writing writing = new Writing(ids, max - 1);
        try {
            writing.put(begin);
            int at = 0;
            while (at < length && !writing.full()) {
                int width = width(text, at, length);
                writing.take(width == 0 ? 0xFFFD : codePoint(text, at, width));
                at += Math.max(1, width);
            }
            writing.endWord();
            writing.max = max;
            writing.put(end);
            return writing.count;
        } finally {
            Arrays.fill(writing.word, (byte) 0);
        }
    }

    /** One text on its way to ids. */
    private final class Writing {
        private final MemorySegment ids;
        private final byte[] word = new byte[MAX_BYTES];
        private int max;
        private int count;
        private int size; // of the word, in bytes
        private int characters;

        private Writing(MemorySegment ids, int max) {
            this.ids = ids;
            this.max = max;
        }

        private boolean full() {
            return count == max;
        }

        private void put(int id) {
            if (count < max) {
                ids.setAtIndex(ValueLayout.JAVA_LONG, count++, id);
            }
        }

        private void take(int c) {
            if (Character.isWhitespace(c) || Character.isSpaceChar(c)) {
                endWord();
            } else if (isApart(c)) {
                endWord();
                add(c);
                endWord();
            } else if (c != 0xFFFD && !isDropped(c)) {
                add(c);
            }
        }

        private void add(int c) {
            characters++;
            if (c < FOLDED) {
                for (byte b : FOLDS[c]) {
                    append(b);
                }
                return;
            }
            int lower = Character.toLowerCase(c);
            if (lower < 0x800) {
                append(0xC0 | lower >> 6);
            } else if (lower < 0x10000) {
                append(0xE0 | lower >> 12);
                append(0x80 | (lower >> 6 & 0x3F));
            } else {
                append(0xF0 | lower >> 18);
                append(0x80 | (lower >> 12 & 0x3F));
                append(0x80 | (lower >> 6 & 0x3F));
            }
            append(0x80 | (lower & 0x3F));
        }

        private void append(int b) {
            if (size < word.length) {
                word[size++] = (byte) b;
            }
        }

        /** Greedily the longest piece, and the longest of the rest; a word that cannot be put together is unknown as a whole. */
        private void endWord() {
            int before = count;
            int from = 0;
            while (from < size) {
                int to = Math.min(size, from + longest);
                int id = -1;
                while (to > from && (id = find(word, from, to)) < 0) {
                    to--;
                }
                if (id < 0 || characters > MAX_WORD) {
                    count = before;
                    put(unknown);
                    break;
                }
                put(id);
                from = to;
            }
            size = 0;
            characters = 0;
        }
    }

    /** The id of a piece; one that does not begin the word is in the vocabulary behind two signs. */
    private int find(byte[] word, int from, int to) {
        int seed = from == 0 ? SEED : (((SEED ^ '#') * PRIME) ^ '#') * PRIME;
        int marks = from == 0 ? 0 : 2;
        for (int slot = slot(hash(seed, word, from, to)); table[slot] != 0; slot = (slot + 1) & (table.length - 1)) {
            int id = table[slot] - 1;
            int start = ends[id];
            boolean marked = marks == 0 || (ends[id + 1] - start > 2 && pool[start] == '#' && pool[start + 1] == '#');
            if (marked && Arrays.equals(pool, start + marks, ends[id + 1], word, from, to)) {
                return id;
            }
        }
        return -1;
    }

    private static int hash(int seed, byte[] bytes, int from, int to) {
        int hash = seed;
        for (int i = from; i < to; i++) {
            hash = (hash ^ bytes[i]) * PRIME;
        }
        return hash;
    }

    private int slot(int hash) {
        return (hash ^ hash >>> 15) & (table.length - 1);
    }

    /** Bytes of the character here, 0 when it is not UTF-8. */
    private static int width(byte[] text, int at, int length) {
        int lead = text[at] & 0xFF;
        int width = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
        for (int i = 1; i < width; i++) {
            if (at + i >= length || (text[at + i] & 0xC0) != 0x80) {
                return 0;
            }
        }
        return width;
    }

    private static int codePoint(byte[] text, int at, int width) {
        int c = width == 1 ? text[at] : text[at] & (0x7F >> width);
        for (int i = 1; i < width; i++) {
            c = c << 6 | (text[at + i] & 0x3F);
        }
        return c;
    }

    /** Punctuation as BERT has it, and ideographs. */
    private static boolean isApart(int c) {
        if (c < 0x80) {
            return c > ' ' && c < 0x7F && !Character.isLetterOrDigit(c);
        }
        return switch (Character.getType(c)) {
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION -> true;
            default -> Character.isIdeographic(c) && c >= 0x3400;
        };
    }

    private static boolean isDropped(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.NON_SPACING_MARK,
                    Character.PRIVATE_USE,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> true;
            default -> false;
        };
    }

    private static byte[][] folds() {
        byte[][] folds = new byte[FOLDED][];
        for (int c = 0; c < FOLDED; c++) {
            String lower = Character.toString(c).toLowerCase(Locale.ROOT);
            folds[c] = Normalizer.normalize(lower, Normalizer.Form.NFD)
                    .replaceAll("\\p{Mn}", "")
                    .getBytes(StandardCharsets.UTF_8);
        }
        return folds;
    }
}
