package io.fourthlog.redaction.detect;

import static io.fourthlog.redaction.detect.Swar.HIGH_BITS;
import static io.fourthlog.redaction.detect.Swar.LOW_BITS;
import static io.fourthlog.redaction.detect.Swar.ONES;
import static io.fourthlog.redaction.detect.Swar.WORD;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Decodes base64, base64url and hexadecimal text that a {@link Sweep} comes across and has the result swept in turn, if it is text.
 * What is found in it is reported at the place of the encoded characters. Confined to one thread.
 */
final class Encoded implements Scanner.Sink {

    /** A long run is decoded in pieces of {@link Sweep#AHEAD} bytes that begin so many bytes apart: what is longer than the overlap can be cut. */
    static final int STRIDE = 384;

    static final int MIN_RUN = 22; // characters: 16 bytes
    private static final int LOOK_BACK = 8; // bytes: a run begins at most so far before the word where it is noticed
    private static final int MIN_LINE = 32; // characters in a line of a broken run
    private static final int LONGEST_LINE = 160; // characters
    private static final int PROBE = 12; // bytes that have to be text before more is decoded
    private static final byte[] SEXTETS = sextets();

    private static final long CASE_BITS = 0x20 * ONES;
    private static final long FROM_LOWER_A = (0x80 - 'a') * ONES;
    private static final long BEYOND_LOWER_Z = (0x80 - 'z' - 1) * ONES;
    private static final long FROM_SLASH = (0x80 - '/') * ONES;
    private static final long BEYOND_9 = (0x80 - '9' - 1) * ONES;
    private static final long PLUSES = '+' * ONES;
    private static final long HYPHENS = '-' * ONES;
    private static final long UNDERSCORES = '_' * ONES;

    // Bytes of UTF-8 text, and which of them can follow which: kind before, kind.
    private static final int PLAIN = 0;
    private static final int CONTINUATION = 1;
    private static final int LEAD = 2;
    private static final int NO_TEXT = 3;
    private static final byte[] KINDS = kinds();
    private static final boolean[] FOLLOWS = follows();

    private final Sweep sweep;
    private final Unveil unveil;

    // Of the run that is being swept: where its first character is, and how many characters make how many bytes.
    private Scanner.@Nullable Sink outer;
    private byte[] text = new byte[0];
    private int runStart;
    private int runEnd;
    private long base;
    private int characters;
    private int bytes;

    // Of the first bytes that were decoded.
    private int continuations;
    private boolean continuationsMayLead;

    /** A decoder that sweeps what it decodes for the same detectors, and what is encoded in that with {@code inner}. */
    Encoded(DetectorSet detectors, @Nullable Encoded inner) {
        sweep = new Sweep(detectors, inner, new FilterChoice(detectors), Sweep.LEAST);
        unveil = new Unveil(sweep.filter());
    }

    /**
     * Looks for encoded runs that begin in the next {@link #STRIDE} bytes, as long as there is no white space and no quote.
     *
     * @param from first byte that may be looked at
     * @param to byte after the last that may be looked at
     * @param at byte from which on there is at least a word without white space and quotes
     * @param begins whether white space or a quote is just before that; else {@code at} may be in the middle of a run
     * @param position of index 0 of {@code buffer} in the whole text
     */
    void inspect(byte[] buffer, int from, int to, int at, boolean begins, long position, Scanner.Sink sink) {
        int start = at;
        int oldest = begins ? Math.max(from, at - LOOK_BACK) : at;
        while (start > oldest && SEXTETS[buffer[start - 1] & 0xFF] >= 0) {
            start--;
        }
        if (begins && goesOnFromLineBefore(buffer, from, start, position)) {
            return;
        }
        text = buffer;
        base = position;
        outer = sink;
        try {
            int last = Math.min(to, at + STRIDE);
            while (start < last && (buffer[start] >= '+' || buffer[start] < 0)) {
                if (SEXTETS[buffer[start] & 0xFF] < 0) {
                    start++;
                    continue;
                }
                int end = runEnd(buffer, start, to);
                if (end - start >= MIN_RUN) {
                    decode(start, end);
                }
                start = end;
            }
        } finally {
            outer = null;
            text = SEXTETS;
        }
    }

    private void decode(int start, int end) {
        runEnd = end;
        if (!hexadecimal(start, end)) {
            int phase = 0;
            while (phase < 4 && !(mayBeText(start + phase, end) && base64(start + phase, end))) {
                phase++;
            }
        }
    }

    /** Whether the first sixteen characters, if they stand in one line, can be of a text, by each byte and the one before it. */
    private boolean mayBeText(int from, int to) {
        int before = CONTINUATION << 2; // a text may begin in the middle of a character
        for (int i = from; i < from + PROBE / 3 * 4 && i + 4 <= to; i += 4) {
            int four = SEXTETS[text[i] & 0xFF] << 18
                    | SEXTETS[text[i + 1] & 0xFF] << 12
                    | SEXTETS[text[i + 2] & 0xFF] << 6
                    | SEXTETS[text[i + 3] & 0xFF];
            if (four < 0) {
                return true;
            }
            int first = KINDS[four >>> 16];
            int second = KINDS[four >>> 8 & 0xFF];
            int third = KINDS[four & 0xFF];
            if (!FOLLOWS[before | first] || !FOLLOWS[first << 2 | second] || !FOLLOWS[second << 2 | third]) {
                return false;
            }
            before = third << 2;
        }
        return true;
    }

    /**
     * Whether a run is the second or a later line of a broken one and is seen from a line before: of the lines that begin in one stride,
     * the first one sees them all.
     */
    private static boolean goesOnFromLineBefore(byte[] buffer, int from, int start, long position) {
        int end = start;
        while (end > from && (buffer[end - 1] == '\n' || buffer[end - 1] == '\r')) {
            end--;
        }
        int line = end;
        while (line > from && end - line < LONGEST_LINE && SEXTETS[buffer[line - 1] & 0xFF] >= 0) {
            line--;
        }
        return end < start && end - line >= MIN_LINE && (position + line) / STRIDE == (position + start) / STRIDE;
    }

    /** Index after a run of base64 characters, over single line breaks, which may be indented. */
    private static int runEnd(byte[] buffer, int at, int to) {
        int end = at;
        while (true) {
            end = lineEnd(buffer, end, to);
            int next = Lines.skipBreak(buffer, end, to);
            if (next == end || next >= to || SEXTETS[buffer[next] & 0xFF] < 0 || end - at < MIN_LINE) {
                return end;
            }
            end = next;
        }
    }

    /** Index after a run of base64 characters. */
    private static int lineEnd(byte[] buffer, int at, int to) {
        int end = at;
        while (to - end >= Long.BYTES) {
            long others = notBase64((long) WORD.get(buffer, end));
            if (others != 0) {
                return end + (Long.numberOfTrailingZeros(others) >>> 3);
            }
            end += Long.BYTES;
        }
        while (end < to && SEXTETS[buffer[end] & 0xFF] >= 0) {
            end++;
        }
        return end;
    }

    private boolean hexadecimal(int start, int end) {
        int last = start;
        while (last < end && Bytes.hexValue(text[last]) >= 0) {
            last++;
        }
        if (last - start < MIN_RUN) {
            return false;
        }
        byte[] target = sweep.buffer();
        int at = sweep.filled();
        int out = at;
        for (int i = start; i + 1 < last && out - at < Sweep.AHEAD; i += 2) {
            byte b = (byte) (Bytes.hexValue(text[i]) << 4 | Bytes.hexValue(text[i + 1]));
            if (out - at < PROBE && !goesOnAsText(b, out - at)) {
                Arrays.fill(target, at, out, (byte) 0);
                return false;
            }
            target[out++] = b;
        }
        sweep(start, out, 2, 1);
        return true;
    }

    private boolean base64(int start, int end) {
        byte[] target = sweep.buffer();
        int at = sweep.filled();
        int out = at;
        int bits = 0;
        int count = 0;
        for (int i = start; i < end; i++) {
            while ((count & 3) == 0
                    && out - at >= PROBE
                    && end - i > 4) { // four characters that are all there make three bytes
                int four = SEXTETS[text[i] & 0xFF] << 18
                        | SEXTETS[text[i + 1] & 0xFF] << 12
                        | SEXTETS[text[i + 2] & 0xFF] << 6
                        | SEXTETS[text[i + 3] & 0xFF];
                if (four < 0) {
                    break;
                }
                target[out] = (byte) (four >> 16);
                target[out + 1] = (byte) (four >> 8);
                target[out + 2] = (byte) four;
                out += 3;
                i += 4;
            }
            int sextet = SEXTETS[text[i] & 0xFF];
            if (sextet < 0) {
                continue;
            }
            bits = bits << 6 | sextet;
            int rest = count++ & 3;
            if (rest > 0) {
                byte b = (byte) (bits >> (6 - 2 * rest));
                if (out - at < PROBE && !goesOnAsText(b, out - at)) {
                    Arrays.fill(target, at, out, (byte) 0);
                    return false;
                }
                target[out++] = b;
            }
        }
        if (out - at < PROBE) {
            Arrays.fill(target, at, out, (byte) 0);
            return false;
        }
        sweep(start, out, 4, 3);
        return true;
    }

    private void sweep(int start, int filled, int charactersOf, int bytesOf) {
        runStart = start;
        characters = charactersOf;
        bytes = bytesOf;
        byte[] target = sweep.buffer();
        int from = sweep.filled();
        try {
            unveil.reset(null, sweep.filter());
            int end = unveil.rewrite(target, from, filled, true, target, from, 0);
            Arrays.fill(target, end, filled, (byte) 0);
            sweep.extend(end, this);
            sweep.finish(this);
        } finally {
            sweep.wipe();
            unveil.wipe();
        }
    }

    @Override
    public boolean wants(int detector) {
        return outer != null && outer.wants(detector);
    }

    @Override
    public void found(int detector, long start, long end, byte[] decoded, int from, int to) {
        if (outer == null) {
            return;
        }
        int first = (int) Math.min(runEnd - 1L, runStart + start / bytes * characters);
        int last = (int) Math.min(runEnd, runStart + (end + bytes - 1) / bytes * characters);
        outer.found(detector, base + first, base + Math.max(last, first + 1), decoded, from, to);
    }

    /** Whether a byte continues what is UTF-8 text so far, which may begin in the middle of a character. */
    private boolean goesOnAsText(byte b, int index) {
        if (index == 0) {
            continuations = 0;
            continuationsMayLead = true;
        }
        boolean continuation = (b & 0xC0) == 0x80;
        if (continuations > 0) {
            continuations--;
            return continuation;
        }
        if (continuation) {
            return continuationsMayLead && index < 3;
        }
        continuationsMayLead = false;
        continuations = b >= 0 ? 0 : Unveil.sequenceLength(b & 0xFF) - 1;
        return KINDS[b & 0xFF] != NO_TEXT;
    }

    private static byte[] kinds() {
        byte[] kinds = new byte[256];
        for (int b = 0; b < 256; b++) {
            boolean plain = b < 0x80 && b != 0x7F && (b >= ' ' || b == '\n' || b == '\r' || b == '\t');
            boolean continuation = (b & 0xC0) == 0x80;
            kinds[b] = (byte)
                    (plain ? PLAIN : continuation ? CONTINUATION : Unveil.sequenceLength(b) > 0 ? LEAD : NO_TEXT);
        }
        return kinds;
    }

    private static boolean[] follows() {
        boolean[] follows = new boolean[16];
        for (int before = PLAIN; before <= LEAD; before++) {
            for (int kind = PLAIN; kind <= LEAD; kind++) {
                follows[before << 2 | kind] = kind == CONTINUATION ? before != PLAIN : before != LEAD;
            }
        }
        return follows;
    }

    /** The high bits of those of eight bytes that are not of the alphabets of base64. */
    static long notBase64(long word) {
        long low = word & LOW_BITS;
        long folded = low | CASE_BITS;
        long letters = (folded + FROM_LOWER_A) ^ (folded + BEYOND_LOWER_Z);
        long digits = (low + FROM_SLASH) ^ (low + BEYOND_9);
        long others = ((low ^ PLUSES) + LOW_BITS) & ((low ^ HYPHENS) + LOW_BITS) & ((low ^ UNDERSCORES) + LOW_BITS);
        return (~(letters | digits | ~others) | word) & HIGH_BITS;
    }

    private static byte[] sextets() {
        byte[] sextets = new byte[256];
        Arrays.fill(sextets, (byte) -1);
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        for (int i = 0; i < alphabet.length(); i++) {
            sextets[alphabet.charAt(i)] = (byte) i;
        }
        sextets['+'] = sextets['-'] = 62;
        sextets['/'] = sextets['_'] = 63;
        return sextets;
    }
}
