package io.fourthlog.sensor.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Objects;

/**
 * A record of a ring, as its address and size: the same object for each, since a segment of its own for each would take longer than all else
 * that is done for a small one. What is read of it is checked to be in it.
 */
final class RingRecord {
    private static final MemorySegment MEMORY =
            MemorySegment.NULL.reinterpret(Long.MAX_VALUE); // a constant, which compiles to nothing

    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

    private long address;
    private int size;

    /** The length in a record's own header, once what is in the record is there. */
    static int length(final long header) {
        return (int) INT.getAcquire(MEMORY, header);
    }

    /** Is so many bytes of native memory from now on, which stays mapped for as long as this is read. */
    void set(final long address, final int size) {
        this.address = address;
        this.size = size;
    }

    int size() {
        return size;
    }

    /** @throws IndexOutOfBoundsException as all these, if the record has no such bytes */
    int integer(final int offset) {
        Objects.checkIndex(offset, size - (Integer.BYTES - 1));
        return MEMORY.get(ValueLayout.JAVA_INT_UNALIGNED, address + offset);
    }

    long number(final int offset) {
        Objects.checkIndex(offset, size - (Long.BYTES - 1));
        return MEMORY.get(ValueLayout.JAVA_LONG_UNALIGNED, address + offset);
    }

    MemorySegment bytes(final int offset, final int length) {
        Objects.checkFromIndexSize(offset, length, size);
        return MEMORY.asSlice(address + offset, length);
    }
}
