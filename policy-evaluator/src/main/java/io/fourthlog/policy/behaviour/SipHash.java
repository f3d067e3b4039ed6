package io.fourthlog.policy.behaviour;

/**
 * SipHash-1-3 (Aumasson and Bernstein, 2012) over the UTF-16 units of names: keyed, so that nobody can make up a name
 * that counts as another one which is known.
 */
record SipHash(long k0, long k1) {

    private static final int UNITS = 4; // in a word

    long of(CharSequence text) {
        return of(text, 0, text.length());
    }

    long of(CharSequence text, int from, int to) {
        long v0 = k0 ^ 0x736f6d6570736575L;
        long v1 = k1 ^ 0x646f72616e646f6dL;
        long v2 = k0 ^ 0x6c7967656e657261L;
        long v3 = k1 ^ 0x7465646279746573L;
        int at = from;
        boolean last = false;
        while (!last) {
            long word;
            if (to - at >= UNITS) {
                word = text.charAt(at)
                        | (long) text.charAt(at + 1) << 16
                        | (long) text.charAt(at + 2) << 32
                        | (long) text.charAt(at + 3) << 48;
                at += UNITS;
            } else {
                word = (long) (to - from) << 56;
                for (int shift = 0; at < to; shift += 16) {
                    word ^= (long) text.charAt(at++) << shift;
                }
                last = true;
            }
            v3 ^= word;
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
            v0 ^= word;
        }
        v2 ^= 0xff;
        for (int round = 0; round < 3; round++) {
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
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }

    /** Makes one hash of two, in this order; the finalizer is that of MurmurHash3. */
    static long join(long a, long b) {
        long mixed = a * 0x9E3779B97F4A7C15L + Long.rotateLeft(b, 31);
        mixed = (mixed ^ mixed >>> 33) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ mixed >>> 33;
    }
}
