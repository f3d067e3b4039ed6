package io.fourthlog.fingerprint;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** SipHash-2-4 (Aumasson and Bernstein, 2012), a keyed pseudo-random function of short inputs, for whole 64-bit words. */
final class SipHash {

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final long k0;
    private final long k1;

    SipHash(byte[] key) {
        k0 = (long) WORD.get(key, 0);
        k1 = (long) WORD.get(key, 8);
    }

    /**
     * Hashes a range.
     *
     * @param length multiple of 8
     */
    long hash(byte[] bytes, int offset, int length) {
        long v0 = k0 ^ 0x736f6d6570736575L;
        long v1 = k1 ^ 0x646f72616e646f6dL;
        long v2 = k0 ^ 0x6c7967656e657261L;
        long v3 = k1 ^ 0x7465646279746573L;
        int words = length / Long.BYTES + 1; // the last one is the length
        for (int round = 0; round < 2 * words + 4; round++) {
            int index = round / 2;
            long word = index < words - 1
                    ? (long) WORD.get(bytes, offset + index * Long.BYTES)
                    : index == words - 1 ? (long) length << 56 : 0;
            v3 ^= round % 2 == 0 ? word : 0;
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
            v0 ^= round % 2 == 1 ? word : 0;
            v2 ^= round == 2 * words - 1 ? 0xFF : 0;
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }
}
