package io.fourthlog.sensor.binary;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Moves the probes of a library from where its functions begin to where they cost the observed process least. Under a probe the
 * kernel emulates {@code push}, jumps and calls, and single-steps a copy of everything else ({@code sub rsp}, {@code endbr64},
 * {@code mov}), which takes about twenty times as long.
 *
 * <pre>
 *  SSL_write_ex:            write_internal:        SSL_write:
 *    endbr64                  endbr64                sub rsp, 24
 *    sub  rsp, 8              push r14  ◄── probe    …
 *    call write_internal ──►  …                      test edx, edx
 *    (clamp the result)       ret                    js   error       nothing is moved there
 *    add  rsp, 8                                     call write_internal ──► …
 *    ret
 * </pre>
 *
 * In order: the first instruction that is emulated, if the stack pointer is still at the return address there, as a return probe
 * needs it; else such a place in the function that does the whole work of this one with the same arguments; else the
 * beginning; and if the kernel takes no probe on that, since it has prefixes as filling (-mbranches-within-32B-boundaries), the stub through
 * which its own library calls it. A place is taken only if every call passes it once: straight on from the beginning, no jump leads into that way, and
 * the arguments are still in their registers.
 */
public final class ProbePlacement {
    private static final int WINDOW = 1024; // bytes of a function that are searched for jumps back to its beginning
    private static final int LONGEST = 32; // instructions of a way
    private static final int LONGEST_INSTRUCTION = 15; // bytes
    private static final int HOPS = 4; // jumps of a way

    private static final Set<String> RDI = Set.of("rdi", "edi", "di", "dil");
    private static final Set<String> RSI = Set.of("rsi", "esi", "si", "sil");
    private static final Set<String> RDX = Set.of("rdx", "edx", "dx", "dl", "dh");
    private static final Set<String> RCX = Set.of("rcx", "ecx", "cx", "cl", "ch");
    private static final Set<String> R8 = Set.of("r8", "r8d", "r8w", "r8b");
    private static final Set<String> RSP = Set.of("rsp", "esp", "sp", "spl");
    private static final Set<String> RAX = Set.of("rax", "eax", "ax", "al", "ah");

    /** Instructions that write nothing but their first operand and flags. */
    private static final Set<String> PLAIN =
            Set.of("mov", "movabs", "movsxd", "movzx", "lea", "xor", "sub", "add", "and", "or");

    private static final Set<String> WRITE_NOTHING = Set.of("endbr64", "nop", "cmp", "test");

    /**
     * A probe.
     *
     * @param offset in the file
     * @param cookie what the function does, {@link TlsLibrary#functions()}
     */
    record Site(long offset, long cookie) {}

    /** What a way comes to: a place that is emulated, and the first call that is made with the same arguments. */
    private record Way(Optional<Site> cheap, Optional<Site> callee, long afterCall) {}

    private final ElfFile elf;
    private final Disassembler disassembler;

    public ProbePlacement(final ElfFile elf, final Disassembler disassembler) {
        this.elf = elf;
        this.disassembler = disassembler;
    }

    /** The same functions, probed where it costs least. */
    List<Site> place(final List<Site> functions) throws IOException {
        final List<Site> inner = new ArrayList<>(); // that are taken in place of a function
        final List<Site> placed = new ArrayList<>();
        // Those that return their count by reference come first: what they call is known to do so too.
        for (final Site function : functions) {
            if (returnsCountByReference(function)) {
                final Way way = way(function);
                final Optional<Site> whole = way.callee().filter(_ -> endsAt(way.afterCall()));
                final Optional<Site> cheap = whole.flatMap(callee -> way(callee).cheap());
                if (cheap.isPresent() && (way.cheap().isEmpty() || isOnTheWayOf(whole.get(), functions))) {
                    inner.add(whole.get());
                    placed.add(cheap.get());
                } else {
                    placed.add(way.cheap().orElse(beginning(function)));
                }
            }
        }
        for (final Site function : functions) {
            if (!returnsCountByReference(function)) {
                final Way way = way(function);
                if (inner.stream().noneMatch(callee -> leadsTo(way, callee))) {
                    placed.add(way.cheap().orElse(beginning(function)));
                }
            }
        }
        return placed.stream().distinct().toList();
    }

    private boolean isOnTheWayOf(final Site callee, final List<Site> functions) {
        return functions.stream()
                .filter(function -> !returnsCountByReference(function))
                .map(this::way)
                .anyMatch(way -> way.cheap().isEmpty() && leadsTo(way, callee));
    }

    private static boolean leadsTo(final Way way, final Site callee) {
        return way.callee().isPresent() && way.callee().get().offset() == callee.offset();
    }

    private static boolean returnsCountByReference(final Site function) {
        return (function.cookie() & TlsLibrary.EX) != 0;
    }

    /** Where to probe a function of which only the first argument matters, and not its return. */
    public long place(final long function) throws IOException {
        final Site site = new Site(function, 0);
        return way(site).cheap().orElse(beginning(site)).offset();
    }

    private Site beginning(final Site function) throws IOException {
        if (takesProbe(elf.code(function.offset(), LONGEST_INSTRUCTION))) {
            return function;
        }
        final long stub = elf.stub(function.offset());
        return stub < 0 ? function : new Site(stub, function.cookie());
    }

    /** Whether the kernel probes an instruction, by its prefixes ({@code is_prefix_bad} in arch/x86/kernel/uprobes.c). */
    private static boolean takesProbe(final byte[] code) {
        for (final byte octet : code) {
            switch (octet & 0xff) {
                case 0x26, 0x2e, 0x36, 0x3e, 0xf0 -> { // of the segments ES, CS, SS, DS; lock
                    return false;
                }
                case 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3 -> {} // another prefix
                default -> {
                    return true;
                }
            }
        }
        return true;
    }

    private Way way(final Site function) {
        final Walk walk = new Walk(function.cookie());
        OptionalLong next = OptionalLong.of(function.offset());
        for (int hop = 0; hop < HOPS && next.isPresent(); hop++) {
            next = walk.from(next.getAsLong());
        }
        return new Way(walk.cheap, walk.callee, walk.afterCall);
    }

    /** Straight on from the beginning of a function. */
    private final class Walk implements Disassembler.Visitor {
        private long cookie;
        private int instructions;
        private boolean stackMoved;
        private boolean lengthTested; // by the instruction before
        private Optional<Site> cheap = Optional.empty();
        private Optional<Site> callee = Optional.empty();
        private long afterCall;
        private OptionalLong next = OptionalLong.empty();

        Walk(final long cookie) {
            this.cookie = cookie;
        }

        /** Goes on from somewhere to the next jump. Returns where that leads. */
        OptionalLong from(final long begin) {
            final boolean searching = cheap.isEmpty();
            next = OptionalLong.empty();
            final byte[] code = elf.code(begin, WINDOW);
            disassembler.visit(code, begin, this);
            if (searching
                    && cheap.isPresent()
                    && isJumpedInto(code, begin, cheap.get().offset())) {
                cheap = Optional.empty();
                return OptionalLong.empty();
            }
            return next;
        }

        @Override
        public boolean visit(final Disassembler.Decoded instruction) {
            if (++instructions > LONGEST) {
                return false;
            }
            if (cheap.isEmpty() && !stackMoved && instruction.emulated()) {
                cheap = Optional.of(new Site(instruction.address(), cookie));
            }
            if (instruction.calls()) {
                callee = Optional.of(new Site(instruction.target(), cookie));
                afterCall = instruction.end();
                return false;
            }
            if (instruction.jumps()) {
                next = OptionalLong.of(instruction.target());
                return false;
            }
            final String mnemonic = instruction.mnemonic();
            final String operands = instruction.operands();
            if (instruction.branches()) { // a length below zero: there nothing is moved
                return lengthTested && mnemonic.equals("js") && (cookie & TlsLibrary.EX) == 0;
            }
            lengthTested = mnemonic.equals("test") && operands.equals("edx, edx");
            return keepsArguments(mnemonic, operands);
        }

        private boolean keepsArguments(final String mnemonic, final String operands) {
            if (WRITE_NOTHING.contains(mnemonic)) {
                return true;
            }
            if (mnemonic.equals("push")) {
                stackMoved = true;
                return true;
            }
            if (!PLAIN.contains(mnemonic)) {
                return false;
            }
            final String written = written(operands);
            if (RSP.contains(written)) {
                stackMoved = true;
                return true;
            }
            final boolean inRcx = (cookie & (TlsLibrary.EX | TlsLibrary.COUNT_R8)) == TlsLibrary.EX;
            if (inRcx && mnemonic.equals("mov") && operands.equals("r8, rcx")) {
                cookie |= TlsLibrary.COUNT_R8;
                return true;
            }
            final boolean widened =
                    operands.equals("rdx, edx") || (operands.equals("edx, edx") && mnemonic.equals("mov"));
            return !RDI.contains(written)
                    && !RSI.contains(written)
                    && (!RDX.contains(written) || widened)
                    && !isCount(written);
        }

        private boolean isCount(final String register) {
            if ((cookie & TlsLibrary.EX) == 0) {
                return false;
            }
            return ((cookie & TlsLibrary.COUNT_R8) == 0 ? RCX : R8).contains(register);
        }
    }

    private static String written(final String operands) {
        final int comma = operands.indexOf(',');
        return comma < 0 ? operands : operands.substring(0, comma);
    }

    /** Whether a jump leads behind the beginning of a function and not behind an instruction of it. */
    private boolean isJumpedInto(final byte[] code, final long begin, final long instruction) {
        final boolean[] found = {false};
        if (instruction > begin) {
            disassembler.visit(code, begin, each -> {
                found[0] = each.target() > begin && each.target() <= instruction;
                return !found[0];
            });
        }
        return found[0];
    }

    /** Whether a function ends at once, with what its callee returned or with zero if that was negative. */
    private boolean endsAt(final long afterCall) {
        final boolean[] returned = {false};
        final int[] count = {0};
        disassembler.visit(elf.code(afterCall, WINDOW), afterCall, each -> {
            returned[0] = each.returns();
            final String mnemonic = each.mnemonic();
            final String written = written(each.operands());
            final boolean clamps = mnemonic.equals("cmovs") && written.equals("eax");
            final boolean harmless = WRITE_NOTHING.contains(mnemonic)
                    || mnemonic.equals("pop")
                    || (PLAIN.contains(mnemonic) && !RAX.contains(written) && written.indexOf('[') < 0);
            return !returned[0] && ++count[0] < LONGEST && (clamps || harmless);
        });
        return returned[0];
    }
}
