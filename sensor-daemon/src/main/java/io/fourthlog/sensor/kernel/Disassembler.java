package io.fourthlog.sensor.kernel;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where instructions begin, by Capstone ({@code <capstone/capstone.h>}, version 4): x86-64 alone does not tell. */
final class Disassembler {
    private static final int CS_ARCH_X86 = 3;
    private static final int CS_MODE_64 = 1 << 3;
    private static final long INSN_ADDRESS = 8; // offsets in cs_insn
    private static final long INSN_SIZE = 16;
    private static final int INSN_BYTES = 240;

    private static final byte RET = (byte) 0xc3; // RET, near; Go emits no other
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;

    private final MethodHandle open;
    private final MethodHandle close;
    private final MethodHandle allocate;
    private final MethodHandle free;
    private final MethodHandle next;

    private Disassembler(final SymbolLookup library) {
        open = handle(
                library,
                "cs_open",
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, POINTER));
        close = handle(library, "cs_close", FunctionDescriptor.of(ValueLayout.JAVA_INT, POINTER));
        allocate = handle(library, "cs_malloc", FunctionDescriptor.of(POINTER, ValueLayout.JAVA_LONG));
        free = handle(library, "cs_free", FunctionDescriptor.ofVoid(POINTER, ValueLayout.JAVA_LONG));
        next = handle(
                library,
                "cs_disasm_iter",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_BOOLEAN, ValueLayout.JAVA_LONG, POINTER, POINTER, POINTER, POINTER));
    }

    private static MethodHandle handle(
            final SymbolLookup library, final String name, final FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), descriptor);
    }

    /** Empty if the library is not installed. */
    static Optional<Disassembler> load() {
        try {
            return Optional.of(new Disassembler(SymbolLookup.libraryLookup("libcapstone.so.4", Arena.global())));
        } catch (final IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /** Offsets in the code of a function at which it returns; empty if not all of it could be read as instructions. */
    List<Long> returns(final byte[] function) {
        final List<Long> returns = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment code = arena.allocateFrom(ValueLayout.JAVA_BYTE, function);
            final MemorySegment engine = arena.allocate(Long.BYTES, Long.BYTES);
            final int error = (int) open.invokeExact(CS_ARCH_X86, CS_MODE_64, engine);
            if (error != 0) {
                throw new IllegalStateException("cs_open: " + error);
            }
            final long handle = engine.get(ValueLayout.JAVA_LONG, 0);
            final MemorySegment at = arena.allocateFrom(POINTER, code);
            final MemorySegment left = arena.allocateFrom(ValueLayout.JAVA_LONG, function.length);
            final MemorySegment address = arena.allocateFrom(ValueLayout.JAVA_LONG, 0);
            final MemorySegment instruction = ((MemorySegment) allocate.invokeExact(handle)).reinterpret(INSN_BYTES);
            long end = 0;
            while ((boolean) next.invokeExact(handle, at, left, address, instruction)) {
                final long begin = instruction.get(ValueLayout.JAVA_LONG, INSN_ADDRESS);
                if (function[(int) begin] == RET) {
                    returns.add(begin);
                }
                end = begin + Short.toUnsignedLong(instruction.get(ValueLayout.JAVA_SHORT, INSN_SIZE));
            }
            free.invokeExact(instruction, 1L);
            final int _ = (int) close.invokeExact(engine);
            return end == function.length ? returns : List.of();
        } catch (final Throwable t) {
            throw LibC.unexpected(t);
        }
    }
}
