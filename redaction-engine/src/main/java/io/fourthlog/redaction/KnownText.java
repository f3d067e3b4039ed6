package io.fourthlog.redaction;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A text that was seen before, by which it is known again in one that has more around it. It is no content: how the text begins is hashed,
 * too, with a key of this run.
 *
 * @param hash keyed, of all of it
 * @param length bytes
 * @param beginning a hash of its first {@value #LEAST} bytes
 */
public record KnownText(String hash, int length, long beginning) {
    /** Bytes of a text that is looked for within others; what is shorter is in too many. */
    static final int LEAST = 8;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long KEY = new SecureRandom().nextLong();
    private static final int SIEVE = 1 << 12;
    private static final int MOST_COMPARED = 64; // of one prompt; a text can be made to begin everywhere

    /** The text {@code utf8[from, to)}. */
    public static KnownText of(Hmac hmac, byte[] utf8, int from, int to) {
        int length = to - from;
        return new KnownText(hmac.keyedHash(utf8, from, length), length, length < LEAST ? 0 : beginning(utf8, from));
    }

    /** Those of {@code texts} that are in {@code plaintext}, and there not only within another of them. The shortest are not looked for. */
    public static Set<KnownText> in(Hmac hmac, Plaintext plaintext, Collection<KnownText> texts) {
        byte[] utf8 = plaintext.bytes();
        int length = plaintext.length();
        Map<Long, List<KnownText>> byBeginning = new HashMap<>();
        BitSet begin = new BitSet(SIEVE); // which most of what begins no text does not pass
        List<KnownText> longestFirst = texts.stream()
                .filter(text -> text.length >= LEAST)
                .sorted(Comparator.comparingInt(KnownText::length).reversed())
                .toList();
        for (KnownText text : longestFirst) {
            begin.set((int) text.beginning & SIEVE - 1);
            byBeginning.computeIfAbsent(text.beginning, _ -> new ArrayList<>(1)).add(text);
        }
        Set<KnownText> found = new HashSet<>();
        int foundTo = 0; // end of what is found so far
        int compared = 0;
        for (int at = 0; at <= length - LEAST && !begin.isEmpty() && compared < MOST_COMPARED; at++) {
            long beginning = beginning(utf8, at);
            if (!begin.get((int) beginning & SIEVE - 1)) {
                continue;
            }
            for (KnownText text : byBeginning.getOrDefault(beginning, List.of())) {
                int end = at + text.length;
                if (end <= length && end > foundTo) {
                    compared++;
                    if (hmac.keyedHash(utf8, at, text.length).equals(text.hash)) {
                        found.add(text);
                        foundTo = end;
                    }
                }
            }
        }
        return found;
    }

    private static long beginning(byte[] utf8, int at) {
        long mixed = ((long) LONG.get(utf8, at) ^ KEY) * 0x9e3779b97f4a7c15L;
        return mixed ^ mixed >>> 32;
    }
}
