package io.fourthlog.fingerprint;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.TreeSet;

/** Fingerprints as they are defined, a window and a hash at a time, for {@link Winnowing} to be held against. */
final class PlainWinnowing {

    private PlainWinnowing() {}

    static String fingerprint(byte[] key, byte[] text, int length) {
        long base = ByteBuffer.wrap(key).getLong(16) | 1;
        int[] orders = new int[length - Winnowing.GRAM + 1];
        for (int i = 0; i < orders.length; i++) {
            orders[i] = (int) ((word(text, i) * base) >>> 43 << 11); // the first 21 bits of 32
        }
        int window = Winnowing.window(length);
        TreeSet<Long> hashes = new TreeSet<>();
        for (int start = 0; start + window <= orders.length; start++) {
            int least = start;
            for (int i = start; i < start + window; i++) {
                least = orders[i] < orders[least] ? i : least;
            }
            hashes.add(sipHash(key, text, least, Winnowing.GRAM));
        }
        ByteBuffer bytes = ByteBuffer.allocate(hashes.size() * Long.BYTES);
        hashes.forEach(bytes::putLong);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
    }

    /** SipHash-2-4 as its authors write it. */
    static long sipHash(byte[] key, byte[] bytes, int offset, int length) {
        long k0 = word(key, 0);
        long k1 = word(key, 8);
        long[] v = {
            k0 ^ 0x736f6d6570736575L, k1 ^ 0x646f72616e646f6dL, k0 ^ 0x6c7967656e657261L, k1 ^ 0x7465646279746573L
        };
        for (int at = offset; at < offset + length; at += Long.BYTES) {
            absorb(v, word(bytes, at));
        }
        absorb(v, (long) length << 56);
        v[2] ^= 0xFF;
        for (int i = 0; i < 4; i++) {
            round(v);
        }
        return v[0] ^ v[1] ^ v[2] ^ v[3];
    }

    private static void absorb(long[] v, long word) {
        v[3] ^= word;
        round(v);
        round(v);
        v[0] ^= word;
    }

    private static void round(long[] v) {
        v[0] += v[1];
        v[1] = Long.rotateLeft(v[1], 13) ^ v[0];
        v[0] = Long.rotateLeft(v[0], 32);
        v[2] += v[3];
        v[3] = Long.rotateLeft(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = Long.rotateLeft(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = Long.rotateLeft(v[1], 17) ^ v[2];
        v[2] = Long.rotateLeft(v[2], 32);
    }

    private static long word(byte[] bytes, int at) {
        return Long.reverseBytes(ByteBuffer.wrap(bytes).getLong(at));
    }
}
