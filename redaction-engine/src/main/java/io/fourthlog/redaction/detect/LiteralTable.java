package io.fourthlog.redaction.detect;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds all literal anchors of a set of detectors with one lookup for every second byte: of each literal, two neighbouring runs of
 * four bytes are entered, so that one of them is at an even place wherever the literal is. Case is folded by setting bit 5, which
 * also makes some punctuation alike; the literal itself is compared afterwards. Immutable and shared.
 *
 * <pre>
 * marks   2^20 bits      hash of four folded bytes → whether a literal may be here   128 KiB, the few parts that a text needs are cached
 * grams   open hash      four folded bytes → first entry, entries chained by next
 * entries                literal, place of the four bytes in it, detector
 * </pre>
 */
final class LiteralTable {

    static final int FOLD = 0x20202020;
    private static final long FOLDS = 0x2020202020202020L;
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int GRAM = 4; // bytes
    private static final int MULTIPLIER = 0x9E3779B1; // 2^32 / golden ratio
    private static final int SHIFT = 12; // leaves 20 bits of a hash

    /** Characters from frequent to rare, of English text and code; a literal is looked for by the four bytes that are rarest. */
    private static final String FREQUENT = " etaoinsrhldcumfpgwybvk\":=.-_xjqz0123456789";

    /** Runs of four letters that English and code have often, whatever their letters are. */
    private static final Set<String> COMMON = Set.of(
            ("irst port cust usto stom tome epor with ment tion ther ould ight atio here thei that this have from ough ever"
                            + " ence ance able ious tain comp ompa inte cont rese name numb umbe mber ecor cord reco orde data time user serv"
                            + " ervi rvic vice valu alue stat tatu atus type code path file line list item test requ eque ques uest resp espo"
                            + " spon pons onse entr ntry scor core ploy loye empl mple acco ccou coun ount unti ntin ress dres addr ddre pati"
                            + " atie tien ient essi ssio sion sess secr ecre cret toke oken auth utho hori oriz riza appl emai mail cati icat"
                            + " erro rror func unct ncti ctio retu etur turn stri trin ring lass ubli publ clou loud tern erna rnal")
                    .split(" "));

    /** A literal of a detector, entered by the four bytes from {@code offset} on. */
    static final class Entry {

        private final byte[] text;
        private final boolean anyCase;
        private final boolean begins;
        private final boolean ends;
        private final int offset;
        private final int detector;
        private final long start; // the first eight bytes, folded
        private final long mask;

        private Entry(byte[] text, Anchor.Literal literal, int offset, int detector) {
            this.text = text;
            this.anyCase = literal.anyCase();
            this.begins = literal.begins();
            this.ends = literal.ends();
            this.offset = offset;
            this.detector = detector;
            byte[] first = Arrays.copyOf(text, Long.BYTES);
            int open = Math.max(0, Long.BYTES - text.length) * Byte.SIZE;
            this.mask = -1L >>> open;
            this.start = ((long) WORD.get(first, 0) | FOLDS) & mask;
        }

        int detector() {
            return detector;
        }

        /** Index of the literal whose four bytes are at an index, or -1. */
        int locate(byte[] buffer, int from, int to, int gramAt) {
            int at = gramAt - offset;
            int end = at + text.length;
            if (at < from || end > to) {
                return -1;
            }
            if ((((long) WORD.get(buffer, at) | FOLDS) & mask) != start) {
                return -1; // not even in any case
            }
            for (int i = 0; i < text.length; i++) {
                byte b = buffer[at + i];
                if (b != text[i] && !(anyCase && b >= 'A' && b <= 'Z' && (b | 0x20) == text[i])) {
                    return -1;
                }
            }
            boolean whole = !(begins && at > from && Bytes.is(buffer[at - 1], Bytes.ALNUM))
                    && !(ends && end < to && Bytes.is(buffer[end], Bytes.LETTER));
            return whole ? at : -1;
        }
    }

    private final long[] marks = new long[1 << (Integer.SIZE - SHIFT - 6)];
    private final int[] grams;
    private final Entry[][] entries;

    LiteralTable(List<Detector> detectors) {
        Map<Integer, List<Entry>> byGram = new HashMap<>();
        for (int i = 0; i < detectors.size(); i++) {
            for (Anchor anchor : detectors.get(i).anchors()) {
                if (anchor instanceof Anchor.Literal literal) {
                    enter(literal, i, byGram);
                }
            }
        }
        int capacity = Integer.highestOneBit(Math.max(1, byGram.size())) << 2;
        grams = new int[capacity];
        entries = new Entry[capacity][];
        byGram.forEach((gram, here) -> {
            int slot = slot(gram);
            while (entries[slot] != null) {
                slot = (slot + 1) & (capacity - 1);
            }
            grams[slot] = gram;
            entries[slot] = here.toArray(Entry[]::new);
            int hash = (gram * MULTIPLIER) >>> SHIFT;
            marks[hash >>> 6] |= 1L << hash;
        });
    }

    /** The table for {@link #isMarked}. */
    long[] marks() {
        return marks;
    }

    /** 1 if a literal may be where four folded bytes are, else 0. */
    static long isMarked(long[] marks, int folded) {
        int hash = (folded * MULTIPLIER) >>> SHIFT;
        return (marks[hash >>> 6] >>> hash) & 1;
    }

    /** Entries of four folded bytes, or null. */
    Entry @Nullable [] at(int folded) {
        int slot = slot(folded);
        while (entries[slot] != null) {
            if (grams[slot] == folded) {
                return entries[slot];
            }
            slot = (slot + 1) & (grams.length - 1);
        }
        return null;
    }

    /** Approximate size in memory. */
    long bytes() {
        long bytes = 8L * marks.length + 8L * grams.length;
        for (Entry[] here : entries) {
            bytes += here == null ? 0 : 16 + 4L * here.length;
        }
        return bytes;
    }

    private int slot(int gram) {
        return ((gram * MULTIPLIER) ^ (gram >>> 15)) & (grams.length - 1);
    }

    private static void enter(Anchor.Literal literal, int detector, Map<Integer, List<Entry>> byGram) {
        byte[] text = literal.text().getBytes(StandardCharsets.UTF_8);
        int first = literal.begins() || literal.before() != null ? -1 : 0;
        int last = text.length - GRAM + (literal.ends() ? 1 : 0);
        if (last - first < 1) { // too short for two runs: what follows may be anything
            last = first + 1;
        }
        int best = first;
        long rarest = Long.MAX_VALUE;
        for (int offset = first; offset < last; offset++) {
            long weight = weight(text, offset, literal) + weight(text, offset + 1, literal);
            if (weight < rarest) {
                rarest = weight;
                best = offset;
            }
        }
        for (int offset = best; offset <= best + 1; offset++) {
            Entry entry = new Entry(text, literal, offset, detector);
            for (int gram : grams(text, offset, literal)) {
                byGram.computeIfAbsent(gram, key -> new ArrayList<>(1)).add(entry);
            }
        }
    }

    /** How often four bytes are met, and how many there are where one of them is open. */
    private static long weight(byte[] text, int offset, Anchor.Literal literal) {
        long weight = 1;
        boolean whole = offset >= 0 && offset + GRAM <= text.length;
        if (whole && COMMON.contains(new String(text, offset, GRAM, StandardCharsets.UTF_8).toLowerCase(Locale.ROOT))) {
            weight = 64;
        }
        for (int i = offset; i < offset + GRAM; i++) {
            ByteSet open = i < 0 ? literal.before() : literal.next();
            if (i < 0 || i >= text.length) {
                weight *= open == null ? 80 : open.size();
            } else {
                int rank = FREQUENT.indexOf(Character.toLowerCase(text[i]));
                weight *= rank < 0 ? 2 : Math.max(1, (FREQUENT.length() - rank));
            }
        }
        return weight;
    }

    /** All folded runs of four bytes that can be at an offset of a literal, of which the first or the last byte may be open. */
    private static List<Integer> grams(byte[] text, int offset, Anchor.Literal literal) {
        List<Integer> grams = List.of(0);
        for (int i = 0; i < GRAM; i++) {
            int at = offset + i;
            int shift = Byte.SIZE * i;
            List<Integer> extended = new ArrayList<>();
            for (int folded = 0x20; folded < 0x100; folded++) {
                if ((folded & 0x20) == 0 || !fits(text, at, (byte) folded, literal)) {
                    continue;
                }
                for (int gram : grams) {
                    extended.add(gram | folded << shift);
                }
            }
            grams = extended;
        }
        return grams;
    }

    private static boolean fits(byte[] text, int at, byte folded, Anchor.Literal literal) {
        if (at >= 0 && at < text.length) {
            return folded == (text[at] | 0x20);
        }
        boolean letter = folded >= 'a' && folded <= 'z';
        ByteSet open = at < 0 ? literal.before() : literal.next();
        if (open != null) {
            return open.has(folded) || open.has((byte) (folded & ~0x20));
        }
        if (at >= 0) {
            return !literal.ends() || !letter;
        }
        boolean digit = folded >= '0' && folded <= '9';
        boolean lead = (folded & 0xFF) >= 0xE0; // of a UTF-8 sequence, which does not end there
        return !letter && !digit && !lead;
    }
}
