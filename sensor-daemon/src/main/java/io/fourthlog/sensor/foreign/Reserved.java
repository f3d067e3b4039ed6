package io.fourthlog.sensor.foreign;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;

/** Addresses for many bytes, which take memory where they are written. */
public final class Reserved {
    private static final SymbolLookup LIBRARY = Linker.nativeLinker().defaultLookup();
    private static final CFunction MMAP = CFunction.of(LIBRARY, "mmap");
    private static final CFunction MUNMAP = CFunction.of(LIBRARY, "munmap");
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022;

    private Reserved() {}

    /** Reserves so many bytes, until they are given back. */
    public static MemorySegment of(final long length) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = CFunction.state(arena);
            final long address = MMAP.call(state, 0, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
            if (address == -1) {
                throw new IOException(
                        "there are no addresses for " + length + " bytes: errno " + CFunction.errno(state));
            }
            return MemorySegment.ofAddress(address).reinterpret(length);
        }
    }

    /** Gives them back. */
    public static void release(final MemorySegment reserved) {
        try (Arena arena = Arena.ofConfined()) {
            MUNMAP.call(CFunction.state(arena), reserved.address(), reserved.byteSize());
        }
    }
}
