package io.fourthlog.redaction.detect;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * SIMD within a register: eight bytes of text as one long, the first of them lowest, for those who ask all of them at once. A condition of
 * bytes is told by their high bits: {@code (byte & 0x7F) + (0x80 - c)} carries into it from {@code c} on, and into no other byte.
 */
final class Swar {

    /** Four bytes as one int, for what is told by four of them. */
    static final VarHandle FOUR = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    static final long ONES = 0x0101010101010101L;
    static final long LOW_BITS = 0x7F * ONES;
    static final long HIGH_BITS = 0x8080808080808080L;

    private Swar() {}
}
