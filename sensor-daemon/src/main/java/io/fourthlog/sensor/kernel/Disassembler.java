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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where instructions begin, by Capstone ({@code <capstone/capstone.h>}, version 4): x86-64 alone does not tell. */
final class Disassembler {
    private static final int CS_ARCH_X86 = 3;
    private static final int CS_MODE_64 = 1 << 3;
    private static final long INSN_ADDRESS = 8; // offsets in cs_insn
    private static final long INSN_SIZE = 16;
    private static final long INSN_MNEMONIC = 34;
    private static final long INSN_OPERANDS = 66;
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

    /**
     * One instruction, as Capstone writes it (Intel's syntax).
     *
     * @param end address of the next
     */
    record Instruction(long address, long end, String mnemonic, String operands) {
        private static final Pattern IMMEDIATE = Pattern.compile("[a-z0-9]+, (0x)?([0-9a-f]{1,8})");
        private static final Pattern ADDRESS = Pattern.compile("0x([0-9a-f]{1,16})");
        private static final Pattern VIRTUAL = Pattern.compile("qword ptr \\[r(?!ip)[a-z0-9]+ \\+ 0x([0-9a-f]{1,8})]");
        private static final Pattern STORE = Pattern.compile("[a-z]+ ptr \\[r(?!sp|bp|ip)[^]]*], .*");

        /** The number that is put into a register. */
        Optional<Long> immediate() {
            return match(mnemonic.equals("mov"), IMMEDIATE)
                    .map(found -> Long.parseLong(found.group(2), found.group(1) == null ? 10 : 16));
        }

        /** The address that is called or gone on at. */
        Optional<Long> called() {
            return match(mnemonic.equals("call") || mnemonic.equals("jmp"), ADDRESS)
                    .map(found -> Long.parseUnsignedLong(found.group(1), 16));
        }

        /** Where in a table of functions the one stands that is called. */
        Optional<Long> calledThrough() {
            return match(mnemonic.equals("call"), VIRTUAL).map(found -> Long.parseLong(found.group(1), 16));
        }

        /** Whether it writes to memory that is not the function's own. */
        boolean stores() {
            return match(mnemonic.equals("mov") || mnemonic.equals("add"), STORE)
                    .isPresent();
        }

        private Optional<Matcher> match(final boolean mnemonicFits, final Pattern pattern) {
            return mnemonicFits ? Optional.of(pattern.matcher(operands)).filter(Matcher::matches) : Optional.empty();
        }
    }

    /** What receives each instruction, in memory that is the next one's afterwards. */
    private interface Visitor {
        void instruction(long address, int size, MemorySegment instruction);
    }

    /** The instructions of a function, as far as its bytes are such. */
    List<Instruction> instructions(final byte[] function, final long at) {
        final List<Instruction> instructions = new ArrayList<>();
        final long _ = visit(
                function,
                (begin, size, instruction) -> instructions.add(new Instruction(
                        at + begin,
                        at + begin + size,
                        instruction.getString(INSN_MNEMONIC),
                        instruction.getString(INSN_OPERANDS))),
                at);
        return instructions;
    }

    /** Offsets in the code of a function at which it returns; empty if not all of it could be read as instructions. */
    List<Long> returns(final byte[] function) {
        final List<Long> returns = new ArrayList<>();
        final long end = visit(
                function,
                (begin, size, instruction) -> {
                    if (function[(int) begin] == RET) {
                        returns.add(begin);
                    }
                },
                0);
        return end == function.length ? returns : List.of();
    }

    /** Shows all instructions of a function that is loaded at an address; returns the offset after the last. */
    private long visit(final byte[] function, final Visitor visitor, final long loadedAt) {
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
            final MemorySegment address = arena.allocateFrom(ValueLayout.JAVA_LONG, loadedAt);
            final MemorySegment instruction = ((MemorySegment) allocate.invokeExact(handle)).reinterpret(INSN_BYTES);
            long end = 0;
            while ((boolean) next.invokeExact(handle, at, left, address, instruction)) {
                final long begin = instruction.get(ValueLayout.JAVA_LONG, INSN_ADDRESS) - loadedAt;
                final int size = Short.toUnsignedInt(instruction.get(ValueLayout.JAVA_SHORT, INSN_SIZE));
                visitor.instruction(begin, size, instruction);
                end = begin + size;
            }
            free.invokeExact(instruction, 1L);
            final int _ = (int) close.invokeExact(engine);
            return end;
        } catch (final Throwable t) {
            throw LibC.unexpected(t);
        }
    }
}
