package io.fourthlog.fingerprint;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012), a keyed pseudo-random function of short inputs, for many ranges of a text that have whole
 * 64-bit words. They are hashed side by side, a word of each at a time, in loops that the compiler makes vectors of.
 *
 * <p>Confined to one thread.
 */
final class SipHash {

    private static final int LANES = 64;
    private static final int V1 = LANES;
    private static final int V2 = 2 * LANES;
    private static final int V3 = 3 * LANES;
    private static final int WORDS = 4 * LANES;
    /** Eight bytes of a text, the first of them lowest. */
    static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final long k0;
    private final long k1;
    /** v0 of all lanes, then v1, v2 and v3, and the word that comes next: in one array, where it is plain that they do not overlap. */
    private final long[] state = new long[WORDS + LANES];

    SipHash(byte[] key) {
        k0 = (long) WORD.get(key, 0);
        k1 = (long) WORD.get(key, 8);
    }

    /**
     * Puts the hashes of ranges where the places of their first bytes were.
     *
     * @param length of each range, a multiple of 8
     */
    void hash(byte[] text, long[] places, int count, int length) {
        for (int from = 0; from < count; from += LANES) {
            hash(text, places, from, Math.min(LANES, count - from), length);
        }
    }

    private void hash(byte[] text, long[] places, int from, int lanes, int length) {
        Arrays.fill(state, 0, V1, k0 ^ 0x736f6d6570736575L);
        Arrays.fill(state, V1, V2, k1 ^ 0x646f72616e646f6dL);
        Arrays.fill(state, V2, V3, k0 ^ 0x6c7967656e657261L);
        Arrays.fill(state, V3, WORDS, k1 ^ 0x7465646279746573L);
        for (int at = 0; at < length; at += Long.BYTES) {
            for (int i = 0; i < lanes; i++) {
                state[WORDS + i] = (long) WORD.get(text, (int) places[from + i] + at);
            }
            twoRounds();
        }
        Arrays.fill(state, WORDS, state.length, (long) length << 56);
        twoRounds();
        for (int i = V2; i < V3; i++) {
            state[i] ^= 0xFF;
        }
        Arrays.fill(state, WORDS, state.length, 0); // and nothing of the text stays
        twoRounds();
        twoRounds();
        for (int i = 0; i < lanes; i++) {
            places[from + i] = state[i] ^ state[V1 + i] ^ state[V2 + i] ^ state[V3 + i];
        }
    }

    private void twoRounds() {
        for (int i = 0; i < LANES; i++) {
            long a = state[i];
            long b = state[V1 + i];
            long c = state[V2 + i];
            long d = state[V3 + i] ^ state[WORDS + i];
            a += b;
            c += d;
            b = Long.rotateLeft(b, 13) ^ a;
            d = Long.rotateLeft(d, 16) ^ c;
            a = Long.rotateLeft(a, 32) + d;
            c += b;
            d = Long.rotateLeft(d, 21) ^ a;
            b = Long.rotateLeft(b, 17) ^ c;
            c = Long.rotateLeft(c, 32);
            a += b;
            c += d;
            b = Long.rotateLeft(b, 13) ^ a;
            d = Long.rotateLeft(d, 16) ^ c;
            a = Long.rotateLeft(a, 32) + d;
            c += b;
            d = Long.rotateLeft(d, 21) ^ a;
            b = Long.rotateLeft(b, 17) ^ c;
            c = Long.rotateLeft(c, 32);
            state[i] = a ^ state[WORDS + i];
            state[V1 + i] = b;
            state[V2 + i] = c;
            state[V3 + i] = d;
        }
    }
}
