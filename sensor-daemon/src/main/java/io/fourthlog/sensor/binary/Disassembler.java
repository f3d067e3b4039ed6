package io.fourthlog.sensor.binary;

import io.fourthlog.sensor.foreign.CFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Instructions of x86-64 code, by Capstone ({@code <capstone/capstone.h>}, version 5 or 4). The library has 5 MiB of memory while it is
 * loaded, which it is from when code is looked at until {@link #rest}. Of one thread at a time.
 */
public final class Disassembler {
    private static final int CS_ARCH_X86 = 3;
    private static final int CS_MODE_64 = 1 << 3;
    private static final long INSN_ADDRESS = 8; // offsets in cs_insn
    private static final long INSN_SIZE = 16;
    private static final long INSN_OCTETS = 18;
    private static final int MNEMONIC_BYTES = 32;
    private static final int OPERANDS_BYTES = 160;

    private static final int PUSH = 0x50; // and the register in the low three bits
    private static final int REX_B = 0x41; // before it: of r8 to r15
    private static final int NOP = 0x90;
    private static final int RET = 0xc3; // near; Go emits no other
    private static final int CALL = 0xe8; // these three: relative to the next instruction
    private static final int JMP = 0xe9;
    private static final int JMP_SHORT = 0xeb;

    /** What of the library differs. */
    private enum Version {
        V5("libcapstone.so.5", 24),
        V4("libcapstone.so.4", 16);

        private final String file;
        private final long mnemonic; // offset in cs_insn, after the octets that it has room for

        Version(final String file, final int octets) {
            this.file = file;
            this.mnemonic = INSN_OCTETS + octets;
        }
    }

    /** The library, loaded, and where its functions are. */
    private static final class Library implements AutoCloseable {
        private final Version version;
        private final Arena loaded = Arena.ofShared();
        private final CFunction open;
        private final CFunction close;
        private final CFunction allocate;
        private final CFunction free;
        private final CFunction next;

        /** @throws IllegalArgumentException if it is not installed */
        Library(final Version version) {
            this.version = version;
            final SymbolLookup library = SymbolLookup.libraryLookup(version.file, loaded);
            open = CFunction.of(library, "cs_open");
            close = CFunction.of(library, "cs_close");
            allocate = CFunction.of(library, "cs_malloc");
            free = CFunction.of(library, "cs_free");
            next = CFunction.of(library, "cs_disasm_iter");
        }

        @Override
        public void close() {
            loaded.close();
        }
    }

    private @Nullable Library library;

    private Disassembler() {}

    /** Empty if the library is not installed. */
    public static Optional<Disassembler> load() {
        final Disassembler disassembler = new Disassembler();
        try {
            disassembler.library();
            return Optional.of(disassembler);
        } catch (final IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private Library library() {
        Library loaded = library;
        if (loaded == null) {
            loaded = installed();
            library = loaded;
        }
        return loaded;
    }

    private static Library installed() {
        try {
            return new Library(Version.V5);
        } catch (final IllegalArgumentException _) {
            return new Library(Version.V4);
        }
    }

    /** Gives the library's memory back, for as long as no code is looked at. */
    public synchronized void rest() {
        if (library != null) {
            library.close();
            library = null;
        }
    }

    /** Takes one instruction; says whether it wants the next. */
    @FunctionalInterface
    interface Visitor {
        boolean visit(Decoded instruction);
    }

    /** An instruction; valid while it is visited. */
    static final class Decoded {
        private final MemorySegment decoded; // cs_insn
        private final long mnemonic;

        private Decoded(final long decoded, final Version version) {
            this.decoded =
                    MemorySegment.ofAddress(decoded).reinterpret(version.mnemonic + MNEMONIC_BYTES + OPERANDS_BYTES);
            this.mnemonic = version.mnemonic;
        }

        long address() {
            return decoded.get(ValueLayout.JAVA_LONG, INSN_ADDRESS);
        }

        long end() {
            return address() + size();
        }

        int size() {
            return Short.toUnsignedInt(decoded.get(ValueLayout.JAVA_SHORT, INSN_SIZE));
        }

        /** One of its bytes; 0 beyond its end. */
        int octet(final int index) {
            return index < size() ? decoded.get(ValueLayout.JAVA_BYTE, INSN_OCTETS + index) & 0xff : 0;
        }

        String mnemonic() {
            return decoded.getString(mnemonic, StandardCharsets.US_ASCII);
        }

        /** In Intel's syntax: what is written comes first. */
        String operands() {
            return decoded.getString(mnemonic + MNEMONIC_BYTES, StandardCharsets.US_ASCII);
        }

        Instruction written() {
            return new Instruction(address(), end(), mnemonic(), operands());
        }

        boolean returns() {
            return octet(0) == RET;
        }

        boolean calls() {
            return octet(0) == CALL;
        }

        boolean jumps() {
            return octet(0) == JMP || octet(0) == JMP_SHORT;
        }

        /** Whether it jumps on a condition. */
        boolean branches() {
            return octet(0) >>> 4 == 0x7 || (octet(0) == 0x0f && octet(1) >>> 4 == 0x8);
        }

        /** Where a call, a jump or a branch leads; -1 if that is not in the instruction. */
        long target() {
            if (!(calls() || jumps() || branches())) {
                return -1;
            }
            return end()
                    + (size() == 2
                            ? decoded.get(ValueLayout.JAVA_BYTE, INSN_OCTETS + 1)
                            : decoded.get(ValueLayout.JAVA_INT_UNALIGNED, INSN_OCTETS + size() - Integer.BYTES));
        }

        /**
         * Whether the kernel emulates it under a probe, in place of running a copy of it in a single step: what
         * arch/x86/kernel/uprobes.c takes in {@code branch_setup_xol_ops} and {@code push_setup_xol_ops} since Linux 4.17.
         */
        boolean emulated() {
            final boolean push = (size() == 1 && octet(0) >>> 3 == PUSH >>> 3)
                    || (size() == 2 && octet(0) == REX_B && octet(1) >>> 3 == PUSH >>> 3);
            final boolean nop = size() == 1 && octet(0) == NOP;
            return push || nop || calls() || jumps() || branches();
        }
    }

    /**
     * What is written of an instruction, as Capstone does (Intel's syntax).
     *
     * @param end address of the next
     */
    record Instruction(long address, long end, String mnemonic, String operands) {
        private static final Pattern IMMEDIATE = Pattern.compile("[a-z0-9]+, (0x)?([0-9a-f]{1,8})");
        private static final Pattern PUSHED = Pattern.compile("(0x)?([0-9a-f]{1,8})");
        private static final Pattern ADDRESS = Pattern.compile("0x([0-9a-f]{1,16})");
        private static final Pattern VIRTUAL = Pattern.compile("qword ptr \\[r(?!ip)[a-z0-9]+ \\+ 0x([0-9a-f]{1,8})]");
        private static final Pattern STORE = Pattern.compile("[a-z]+ ptr \\[r(?!sp|bp|ip)[^]]*], .*");

        /** The number that is put into a register, at once or by way of the stack, which is shorter. */
        Optional<Long> immediate() {
            return match(mnemonic.equals("mov"), IMMEDIATE)
                    .or(() -> match(mnemonic.equals("push"), PUSHED))
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

    /** The instructions of a function, as far as its bytes are such. */
    List<Instruction> instructions(final byte[] function, final long at) {
        final List<Instruction> instructions = new ArrayList<>();
        visit(function, at, each -> instructions.add(each.written()));
        return instructions;
    }

    /** Shows the instructions of some code, from its beginning on. Returns the address at which it ended or could not go on. */
    synchronized long visit(final byte[] code, final long start, final Visitor visitor) {
        final Library capstone = library();
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = CFunction.state(arena);
            final MemorySegment engine = arena.allocate(Long.BYTES, Long.BYTES);
            final int error = (int) capstone.open.call(state, CS_ARCH_X86, CS_MODE_64, engine.address());
            if (error != 0) {
                throw new IllegalStateException("cs_open: " + error);
            }
            final long handle = engine.get(ValueLayout.JAVA_LONG, 0);
            final long at = arena.allocateFrom(
                            ValueLayout.JAVA_LONG,
                            arena.allocateFrom(ValueLayout.JAVA_BYTE, code).address())
                    .address();
            final long left =
                    arena.allocateFrom(ValueLayout.JAVA_LONG, code.length).address();
            final MemorySegment address = arena.allocateFrom(ValueLayout.JAVA_LONG, start);
            final long decoded = capstone.allocate.call(state, handle);
            final Decoded instruction = new Decoded(decoded, capstone.version);
            boolean more = true;
            while (more && (byte) capstone.next.call(state, handle, at, left, address.address(), decoded, 0) != 0) {
                more = visitor.visit(instruction);
            }
            capstone.free.call(state, decoded, 1);
            capstone.close.call(state, engine.address());
            return address.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    /** Offsets in the code of a function at which it returns; empty if not all of it could be read as instructions. */
    List<Long> returns(final byte[] function) {
        final List<Long> returns = new ArrayList<>();
        final long end = visit(function, 0, instruction -> {
            if (instruction.returns()) {
                returns.add(instruction.address());
            }
            return true;
        });
        return end == function.length ? returns : List.of();
    }
}
