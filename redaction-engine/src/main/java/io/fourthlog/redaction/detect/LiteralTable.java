package io.fourthlog.redaction.detect;

import static io.fourthlog.redaction.detect.Swar.FOUR;
import static io.fourthlog.redaction.detect.Swar.WORD;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the literal anchors of a set of detectors by four bytes of each. For a filter that looks at every second place, two neighbouring
 * runs of four bytes are entered, so that one of them is at an even place wherever the literal is; for one that looks at every place, the
 * rarer of the two. Case is folded by setting bit 5, which also makes some punctuation alike; the literal itself is compared afterwards.
 * Immutable and shared.
 *
 * <pre>
 * marks   bits           hash of four folded bytes → whether a literal may be here   up to 128 KiB, of which the parts that a text needs are cached
 * grams   open hash      four folded bytes → number of the first of the entries that have them
 * checks  by number      first eight bytes of the literal, place of the four bytes in it
 * entries by number      literal, detector
 * shapes                 the rarer of the two runs of each literal, for {@link LiteralBuckets}
 * </pre>
 */
final class LiteralTable {

    static final int FOLD = 0x20202020;
    private static final int GRAM = 4; // bytes
    private static final int CHECK = 4; // longs
    private static final int MULTIPLIER = 0x9E3779B1; // 2^32 / golden ratio
    private static final int SHIFT = 12; // leaves 20 bits of a hash
    private static final int MOST_MARKS = 1 << (Integer.SIZE - SHIFT);
    private static final int MARKS = 32; // bits for each four bytes that there is room for

    /** Characters from frequent to rare, of English text and code; a literal is looked for by the four bytes that are rarest. */
    private static final String FREQUENT = " etaoinsrhldcumfpgwybvk\":=.-_xjqz0123456789";

    private static final int RARE = 2; // what is not in there
    private static final int[] FREQUENCY = frequency(); // by ASCII character

    /** Runs of four letters that English and code have often, whatever their letters are. */
    private static final int[] COMMON = Stream.of(
                    ("irst port cust usto stom tome epor with ment tion ther ould ight atio here thei that this have from ough ever"
                                    + " ence ance able ious tain comp ompa inte cont rese name numb umbe mber ecor cord reco orde data time user serv"
                                    + " ervi rvic vice valu alue stat tatu atus type code path file line list item test requ eque ques uest resp espo"
                                    + " spon pons onse entr ntry scor core ploy loye empl mple acco ccou coun ount unti ntin ress dres addr ddre pati"
                                    + " atie tien ient essi ssio sion sess secr ecre cret toke oken auth utho hori oriz riza appl emai mail cati icat"
                                    + " erro rror func unct ncti ctio retu etur turn stri trin ring lass ubli publ clou loud tern erna rnal")
                            .split(" "))
            .mapToInt(run -> run(run.getBytes(StandardCharsets.US_ASCII), 0))
            .sorted()
            .toArray();

    private static final ByteSet NO_ALNUM = ByteSet.of("^a-zA-Z0-9");
    private static final ByteSet NO_LETTER = ByteSet.of("^a-zA-Z");

    /** A literal of a detector, entered by the four bytes from {@code offset} on. */
    private static final class Entry {

        private final byte[] text;
        private final boolean anyCase;
        private final boolean begins;
        private final boolean ends;
        private final @Nullable ByteSet before;
        private final @Nullable ByteSet next;
        private final int offset;
        private final int detector;

        private Entry(byte[] text, Anchor.Literal literal, int offset, int detector) {
            this.text = text;
            this.anyCase = literal.anyCase();
            this.begins = literal.begins();
            this.ends = literal.ends();
            this.before = literal.before();
            this.next = literal.next();
            this.offset = offset;
            this.detector = detector;
        }

        /** Writes what the first eight bytes have to be. */
        private void check(long[] checks, int at) {
            byte[] first = Arrays.copyOf(text, Long.BYTES);
            byte[] cases = new byte[Long.BYTES];
            for (int i = 0; i < Long.BYTES; i++) {
                cases[i] = (byte) (anyCase && Bytes.is(first[i], Bytes.LETTER) ? 0x20 : 0);
            }
            checks[at] = -1L >>> (Math.max(0, Long.BYTES - text.length) * Byte.SIZE);
            checks[at + 1] = (long) WORD.get(cases, 0);
            checks[at + 2] = (long) WORD.get(first, 0);
            checks[at + 3] = offset;
        }

        /** Whether the literal, whose first eight bytes are there, is, and next to it what has to be. */
        private boolean isAt(byte[] buffer, int from, int to, int at) {
            int end = at + text.length;
            if (end > to) {
                return false;
            }
            for (int i = Long.BYTES; i < text.length; i++) {
                byte b = buffer[at + i];
                if (b != text[i] && !(anyCase && b >= 'A' && b <= 'Z' && (b | 0x20) == text[i])) {
                    return false;
                }
            }
            if (next != null && !(next.has(buffer[end]) && next.has(buffer[end + 1]))) {
                return false;
            }
            return (before == null || (at > from && before.has(buffer[at - 1])))
                    && !(begins && at > from && Bytes.is(buffer[at - 1], Bytes.ALNUM))
                    && !(ends && end < to && Bytes.is(buffer[end], Bytes.LETTER));
        }
    }

    private final List<LiteralShape> shapes = new ArrayList<>();
    private final long[] marks;
    private final long[] grams; // open addressing: four bytes, and above them the number of the first entry
    private final @Nullable Entry[] entries; // by number, in chains that a null ends
    private final long[] checks; // by number, CHECK of each: mask, bits of case, the first bytes, offset

    /**
     * A table for detectors.
     *
     * @param everyPlace whether every place is looked at, and not every second one only
     */
    LiteralTable(List<Detector> detectors, boolean everyPlace) {
        List<Entry> entered = new ArrayList<>();
        LongStream.Builder runs =
                LongStream.builder(); // four bytes, and below them the index of an entry that has them
        for (int i = 0; i < detectors.size(); i++) {
            for (Anchor anchor : detectors.get(i).anchors()) {
                if (anchor instanceof Anchor.Literal literal) {
                    enter(literal, i, everyPlace, entered, runs);
                }
            }
        }
        long[] pairs = runs.build().sorted().toArray();
        int distinct = 0;
        for (int i = 0; i < pairs.length; i++) {
            distinct += i == 0 || gram(pairs[i]) != gram(pairs[i - 1]) ? 1 : 0;
        }
        int capacity = Integer.highestOneBit(distinct * 7 / 5 + 1) << 1; // at most five of seven are taken
        grams = new long[capacity];
        marks = new long[Math.min(MOST_MARKS, capacity * MARKS) / Long.SIZE];
        List<@Nullable Entry> all = new ArrayList<>();
        all.add(null); // number 0 is of no chain
        Map<List<Entry>, Integer> chains = new HashMap<>();
        for (int from = 0, to; from < pairs.length; from = to) {
            int gram = gram(pairs[from]);
            List<Entry> here = new ArrayList<>(1);
            for (to = from; to < pairs.length && gram(pairs[to]) == gram; to++) {
                here.add(entered.get((int) pairs[to]));
            }
            int chain = chains.computeIfAbsent(here, added -> {
                int number = all.size();
                all.addAll(added);
                all.add(null);
                return number;
            });
            int slot = slot(gram);
            while (grams[slot] != 0) {
                slot = (slot + 1) & (capacity - 1);
            }
            grams[slot] = (long) chain << Integer.SIZE | (gram & 0xFFFF_FFFFL);
            int hash = (gram * MULTIPLIER) >>> SHIFT;
            marks[(hash >>> 6) & (marks.length - 1)] |= 1L << hash;
        }
        entries = all.toArray(Entry[]::new);
        checks = new long[entries.length * CHECK];
        for (int i = 0; i < entries.length; i++) {
            Entry entry = entries[i];
            if (entry != null) {
                entry.check(checks, i * CHECK);
            }
        }
    }

    /** The table for {@link #isMarked}. */
    long[] marks() {
        return marks;
    }

    /** 1 if a literal may be where four folded bytes are, else 0. */
    static long isMarked(long[] marks, int folded) {
        int hash = (folded * MULTIPLIER) >>> SHIFT;
        return (marks[(hash >>> 6) & (marks.length - 1)] >>> hash) & 1;
    }

    /** Number of the first literal that has four folded bytes, or 0; those after it have the numbers after it, up to one that {@link #isEnd}. */
    int first(int folded) {
        int slot = slot(folded);
        while (grams[slot] != 0) {
            if ((int) grams[slot] == folded) {
                return (int) (grams[slot] >>> Integer.SIZE);
            }
            slot = (slot + 1) & (grams.length - 1);
        }
        return 0;
    }

    /** Whether no literal has a number. */
    boolean isEnd(int number) {
        return checks[number * CHECK] == 0; // no mask
    }

    /** Index of a literal whose four bytes are at an index, or -1 if it is not there. */
    int locate(int number, byte[] buffer, int from, int to, int gramAt) {
        int check = number * CHECK;
        int at = gramAt - (int) checks[check + 3];
        if (at < from || (((long) WORD.get(buffer, at) | checks[check + 1]) & checks[check]) != checks[check + 2]) {
            return -1;
        }
        Entry entry = entries[number];
        return entry != null && entry.isAt(buffer, from, to, at) ? at : -1;
    }

    /** The rarer four bytes of each literal. */
    List<LiteralShape> shapes() {
        return shapes;
    }

    /** The literal of a number. */
    String text(int number) {
        return new String(Objects.requireNonNull(entries[number]).text, StandardCharsets.UTF_8);
    }

    /** The detector that looks for a literal. */
    int detector(int number) {
        return Objects.requireNonNull(entries[number]).detector;
    }

    /** Approximate size in memory. */
    long bytes() {
        return 8L * (marks.length + grams.length + checks.length) + 64L * entries.length;
    }

    private int slot(int gram) {
        return ((gram * MULTIPLIER) ^ (gram >>> 15)) & (grams.length - 1);
    }

    private void enter(
            Anchor.Literal literal, int detector, boolean everyPlace, List<Entry> entered, LongStream.Builder runs) {
        byte[] text = literal.text().getBytes(StandardCharsets.UTF_8);
        int first = literal.begins() || literal.before() != null ? -1 : 0;
        int last = Math.min(text.length - GRAM + (literal.ends() ? 1 : 0), Sweep.REACH);
        if (last - first < 1) { // too short for two runs: what follows may be anything
            last = first + 1;
        }
        int best = first;
        long rarest = Long.MAX_VALUE;
        long here = weight(text, first, literal);
        for (int offset = first; offset < last; offset++) {
            long next = weight(text, offset + 1, literal);
            if (here + next < rarest) {
                rarest = here + next;
                best = offset;
            }
            here = next;
        }
        LiteralShape one = shape(text, best, literal);
        LiteralShape other = shape(text, best + 1, literal);
        int rarer = one.chance() <= other.chance() ? best : best + 1;
        shapes.add(rarer == best ? one : other);
        for (int offset = everyPlace ? rarer : best; offset <= (everyPlace ? rarer : best + 1); offset++) {
            for (int gram : grams(text, offset, literal)) {
                runs.add((long) gram << Integer.SIZE | entered.size());
            }
            entered.add(new Entry(text, literal, offset, detector));
        }
    }

    private static int gram(long pair) {
        return (int) (pair >> Integer.SIZE);
    }

    /** How often four bytes are met, and how many there are where one of them is open. */
    private static long weight(byte[] text, int offset, Anchor.Literal literal) {
        boolean whole = offset >= 0 && offset + GRAM <= text.length;
        long weight = whole && Arrays.binarySearch(COMMON, run(text, offset)) >= 0 ? 64 : 1;
        for (int i = offset; i < offset + GRAM; i++) {
            if (isOpen(text, i)) {
                ByteSet open = i < 0 ? literal.before() : literal.next();
                weight *= open == null ? 80 : open.size();
            } else {
                weight *= text[i] < 0 ? RARE : FREQUENCY[text[i]];
            }
        }
        return weight;
    }

    private static int[] frequency() {
        int[] frequency = new int[1 << 7];
        for (int c = 0; c < frequency.length; c++) {
            int rank = FREQUENT.indexOf(Character.toLowerCase(c));
            frequency[c] = rank < 0 ? RARE : FREQUENT.length() - rank;
        }
        return frequency;
    }

    /** Four bytes, folded; nothing but letters folds to letters. */
    private static int run(byte[] text, int offset) {
        return (int) FOUR.get(text, offset) | FOLD;
    }

    private static LiteralShape shape(byte[] text, int offset, Anchor.Literal literal) {
        return LiteralShape.of(place -> {
            int at = offset + place;
            return isOpen(text, at) ? open(at, literal) : ByteSet.of(text[at], literal.anyCase());
        });
    }

    /** All folded runs of four bytes that can be at an offset of a literal, of which the first or the last byte may be open. */
    private static int[] grams(byte[] text, int offset, Anchor.Literal literal) {
        int[] grams = {0};
        for (int i = 0; i < GRAM; i++) {
            int at = offset + i;
            int[] bytes = isOpen(text, at) ? open(at, literal).folded() : new int[] {(text[at] | 0x20) & 0xFF};
            int[] longer = new int[grams.length * bytes.length];
            int count = 0;
            for (int b : bytes) {
                for (int gram : grams) {
                    longer[count++] = gram | b << (Byte.SIZE * i);
                }
            }
            grams = longer;
        }
        return grams;
    }

    private static boolean isOpen(byte[] text, int at) {
        return at < 0 || at >= text.length;
    }

    /** What may be beside a literal. */
    private static ByteSet open(int at, Anchor.Literal literal) {
        ByteSet open = at < 0 ? literal.before() : literal.next();
        return open != null ? open : at < 0 ? NO_ALNUM : literal.ends() ? NO_LETTER : ByteSet.ANY;
    }
}
