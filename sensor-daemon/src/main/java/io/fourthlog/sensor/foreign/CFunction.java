package io.fourthlog.sensor.foreign;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * A C function that takes up to six integers and addresses, and returns one or none.
 *
 * <p>Each of them is in a register of its own (System V ABI for x86-64, 3.2.3), from which a function takes as many as it has, of
 * the width that it has them; so all are called through one handle, as variadic ones, which only says beside that no argument is a
 * floating-point number. Each signature of its own takes the JVM a dozen classes and some milliseconds at the start.
 *
 * <p>An address is alive for as long as the caller's arena is. Of a result only what the function's type has is defined: an
 * {@code int} is the low half, a {@code bool} the low byte.
 */
public record CFunction(MemorySegment address) {
    private static final int TEXT = 256; // bytes, the longest
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle CALL = Linker.nativeLinker()
            .downcallHandle(
                    FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                    Linker.Option.firstVariadicArg(1),
                    Linker.Option.captureCallState("errno"));

    /**
     * A function of a library.
     *
     * @throws java.util.NoSuchElementException if it has none of that name
     */
    public static CFunction of(final SymbolLookup library, final String name) {
        return new CFunction(library.findOrThrow(name));
    }

    /** Room for a call to leave its errno in. */
    public static MemorySegment state(final Arena arena) {
        return arena.allocate(STATE);
    }

    public static int errno(final MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    /** A string that the library keeps, at an address. */
    public static String text(final long address) {
        return MemorySegment.ofAddress(address).reinterpret(TEXT).getString(0);
    }

    /**
     * Calls it.
     *
     * @param state room for its errno, {@link #state}
     */
    public long call(
            final MemorySegment state,
            final long a,
            final long b,
            final long c,
            final long d,
            final long e,
            final long f) {
        try {
            return (long) CALL.invokeExact(address, state, a, b, c, d, e, f);
        } catch (final Throwable t) {
            throw new IllegalStateException("a foreign call failed", t);
        }
    }

    public long call(final MemorySegment state, final long a, final long b, final long c, final long d) {
        return call(state, a, b, c, d, 0, 0);
    }

    public long call(final MemorySegment state, final long a, final long b, final long c) {
        return call(state, a, b, c, 0, 0, 0);
    }

    public long call(final MemorySegment state, final long a, final long b) {
        return call(state, a, b, 0, 0, 0, 0);
    }

    public long call(final MemorySegment state, final long a) {
        return call(state, a, 0, 0, 0, 0, 0);
    }

    public long call(final MemorySegment state) {
        return call(state, 0, 0, 0, 0, 0, 0);
    }
}
