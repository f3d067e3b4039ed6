package io.fourthlog.redaction.detect;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * SIMD within a register: eight bytes of text as one long, the first of them lowest, for those who ask all of them at once. A condition of
 * bytes is told by their high bits: {@code (byte & 0x7F) + (0x80 - c)} carries into it from {@code c} on, and into no other byte.
 */
public final class Swar {

    /** Four bytes as one int, for what is told by four of them. */
    static final VarHandle FOUR = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    public static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    public static final long ONES = 0x0101010101010101L;
    public static final long LOW_BITS = 0x7F * ONES;
    public static final long HIGH_BITS = 0x8080808080808080L;

    private static final long GATHER = 0x0102040810204080L; // moves the low bits of all bytes to the top one

    private Swar() {}

    /** The bytes that are this one, of ASCII, by their high bits. */
    public static long equal(long word, int b) {
        return ~((((word & LOW_BITS) ^ (b * ONES)) + LOW_BITS) | word) & HIGH_BITS;
    }

    /** The high bits of eight bytes as one byte, the first of them lowest, and nothing above it. */
    public static long gather(long word) {
        return (((word & HIGH_BITS) >>> 7) * GATHER) >>> 56;
    }
}
