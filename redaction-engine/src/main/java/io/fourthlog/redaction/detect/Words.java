package io.fourthlog.redaction.detect;

import static io.fourthlog.redaction.detect.Swar.FOUR;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** A dictionary of lower-case words, looked up in any case without making a String of what is looked up. Immutable and shared. */
final class Words {

    private static final long FNV_OFFSET = 0xCBF29CE484222325L;
    private static final long FNV_PRIME = 0x100000001B3L;

    /** Longs of a table of beginnings. */
    static final int BEGINNINGS = 1 << 10;

    private final long[] hashes; // open addressing; 0 is free
    private final long[] beginnings = new long[BEGINNINGS]; // bits by a hash of the first four bytes, folded

    private Words(List<String> words) {
        hashes = new long[Integer.highestOneBit(Math.max(4, words.size())) << 2];
        for (String word : words) {
            byte[] bytes = word.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
            addBeginning(bytes.length < 4 ? (word + " ").getBytes(StandardCharsets.UTF_8) : bytes);
            addBeginning((word + "-").getBytes(StandardCharsets.UTF_8));
            long hash = hash(bytes, 0, bytes.length);
            int slot = slot(hash);
            while (hashes[slot] != 0 && hashes[slot] != hash) {
                slot = (slot + 1) & (hashes.length - 1);
            }
            hashes[slot] = hash;
        }
    }

    /** Words with spaces between them. */
    static Words of(String words) {
        return new Words(List.of(words.trim().split("\\s+")));
    }

    /** The words of a file beside this class, whose first lines are comments. */
    static Words load(String resource) {
        try (InputStream in = Words.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("not in the jar: " + resource);
            }
            return new Words(new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .flatMap(line -> Stream.of(line.split(" ")))
                    .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(resource, e);
        }
    }

    private void addBeginning(byte[] word) {
        if (word.length >= 4) {
            int bit = beginning((int) FOUR.get(word, 0));
            beginnings[bit >>> 6] |= 1L << bit;
        }
    }

    /** Whether a word of at least four bytes, or of three and a space, can begin here; four bytes are there. */
    boolean mayBegin(byte[] text, int at) {
        return mayBegin(beginnings, (int) FOUR.get(text, at)) != 0;
    }

    /** 1 if one of the words of a table of beginnings may begin with four bytes, else 0. */
    static long mayBegin(long[] beginnings, int four) {
        int bit = beginning(four);
        return (beginnings[bit >>> 6] >>> bit) & 1;
    }

    /** Enters into a table of beginnings those of all words. */
    void addBeginnings(long[] table) {
        for (int i = 0; i < BEGINNINGS; i++) {
            table[i] |= beginnings[i];
        }
    }

    private static int beginning(int four) {
        return ((four | LiteralTable.FOLD) * 0x9E3779B1) >>> 16;
    }

    boolean has(byte[] text, int from, int to) {
        if (to - from >= 4 && !mayBegin(text, from)) {
            return false;
        }
        long hash = hash(text, from, to);
        int slot = slot(hash);
        while (hashes[slot] != 0) {
            if (hashes[slot] == hash) {
                return true;
            }
            slot = (slot + 1) & (hashes.length - 1);
        }
        return false;
    }

    long bytes() {
        return 8L * (hashes.length + beginnings.length);
    }

    private int slot(long hash) {
        return (int) (hash ^ (hash >>> 32)) & (hashes.length - 1);
    }

    /** FNV-1a, of letters in lower case; those of Latin-1 as well. */
    private static long hash(byte[] text, int from, int to) {
        long hash = FNV_OFFSET;
        for (int i = from; i < to; i++) {
            byte b = text[i];
            boolean capital = b < 0
                    ? i > from && (text[i - 1] & 0xFF) == 0xC3 && (b & 0xFF) <= 0x9E // with an accent
                    : Bytes.is(b, Bytes.UPPER);
            hash = (hash ^ ((capital ? b | 0x20 : b) & 0xFF)) * FNV_PRIME;
        }
        return hash == 0 ? 1 : hash;
    }
}
