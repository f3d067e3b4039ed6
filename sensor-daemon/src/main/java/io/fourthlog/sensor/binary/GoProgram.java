package io.fourthlog.sensor.binary;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where a program written in Go reads and writes TLS: crypto/tls, found through .gopclntab, which the run-time needs for its stack
 * traces and which therefore is in stripped programs as well.
 *
 * <pre>
 * pcHeader (runtime/symtab.go, since Go 1.18):
 *  0 u32 magic 0xfffffff1, before Go 1.20 0xfffffff0 │ 6 u8 smallest instruction │ 7 u8 pointer size │ 8 nfunc │ 16 nfiles │ 24 textStart │ 32 funcnameOffset │
 *  40 cuOffset │ 48 filetabOffset │ 56 pctabOffset │ 64 pclnOffset
 * at pclnOffset: nfunc times u32 entry, from textStart │ u32 function, from pclnOffset; then u32 end
 * function: u32 entry │ i32 name, from funcnameOffset
 * moduledata (same file): 0 &pcHeader │ 160 first function │ 168 end of the last │ 176 textStart
 * </pre>
 *
 * Since Go 1.26 textStart is only in moduledata. It is not the beginning of .text where a C compiler linked the program.
 *
 * @param write offset in the file of {@code crypto/tls.(*Conn).Write}, behind its stack check
 * @param read of {@code (*Conn).Read}
 * @param readReturns of each of its returns
 * @param close of {@code (*Conn).Close}
 * @param handshakes of {@code (*Conn).clientHandshake} and {@code serverHandshake}, as far as they are there
 */
public record GoProgram(long write, long read, List<Long> readReturns, long close, List<Long> handshakes) {
    private static final int MAGIC = 0xfffffff1;
    private static final int OLDER_MAGIC = 0xfffffff0; // where what is read here is the same
    private static final int HEADER = 72;
    private static final int MAX_FUNCTIONS = 4_000_000;
    private static final int MAX_DATA = 16 << 20;
    private static final int MAX_RETURNS =
            256; // each costs the kernel memory that nobody accounts for; Go's own has some ten
    private static final int FIRST = 160; // these three: in moduledata
    private static final int END = 168;
    private static final int TEXT = 176;
    private static final String RELOCATED = ".data.rel.ro.gopclntab";
    private static final String WRITE = "crypto/tls.(*Conn).Write";
    private static final String READ = "crypto/tls.(*Conn).Read";
    private static final String CLOSE = "crypto/tls.(*Conn).Close";
    private static final List<String> HANDSHAKES =
            List.of("crypto/tls.(*Conn).clientHandshake", "crypto/tls.(*Conn).serverHandshake");
    private static final List<String> WANTED = List.of(WRITE, READ, CLOSE, HANDSHAKES.getFirst(), HANDSHAKES.getLast());

    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

    private record Function(long address, long end) {}

    /**
     * Empty if the file is no Go program, or one that does not use crypto/tls.
     *
     * @throws IOException if it is one whose tables cannot be read
     */
    public static Optional<GoProgram> in(final ElfFile elf, final Disassembler disassembler) throws IOException {
        final Optional<MemorySegment> table = elf.section(".gopclntab").or(() -> elf.section(RELOCATED));
        if (table.isEmpty()) {
            return Optional.empty();
        }
        try {
            final Map<String, Function> functions = functions(elf, table.get());
            final Function write = functions.get(WRITE);
            final Function read = functions.get(READ);
            final Function close = functions.get(CLOSE);
            if (write == null || read == null || close == null) {
                return Optional.empty();
            }
            final byte[] code = elf.bytes(read.address(), read.end());
            final List<Long> returns = disassembler.returns(trimmed(code));
            if (returns.isEmpty()) {
                throw new IOException("the returns of " + READ + " cannot be found");
            }
            if (returns.size() > MAX_RETURNS) {
                throw new IOException(READ + " has " + returns.size() + " returns");
            }
            final long readAt = elf.offset(read.address());
            final List<Long> handshakes = new ArrayList<>();
            for (final String name : HANDSHAKES) {
                final Function handshake = functions.get(name);
                if (handshake != null) {
                    handshakes.add(place(elf, handshake, disassembler));
                }
            }
            return Optional.of(new GoProgram(
                    place(elf, write, disassembler),
                    place(elf, read, disassembler),
                    returns.stream().map(at -> readAt + at).toList(),
                    place(elf, close, disassembler),
                    List.copyOf(handshakes)));
        } catch (final IndexOutOfBoundsException e) {
            throw new IOException("a damaged .gopclntab", e);
        }
    }

    /**
     * Where in the file a function goes on when its stack is found large enough. If it is not, the function is begun again on a larger one,
     * and a probe before the check would see one call twice. What follows mostly is {@code push rbp}, a cheap place as well.
     *
     * <pre>
     *  cmp rsp, [r14+16]   or   lea r12, [rsp-N]; cmp r12, [r14+16]   (cmd/internal/obj/x86, stacksplit)
     *  jbe ──► call runtime.morestack; jmp to the beginning
     * </pre>
     */
    private static long place(final ElfFile elf, final Function function, final Disassembler disassembler)
            throws IOException {
        final byte[] code = elf.bytes(function.address(), function.end());
        final long[] after = {0};
        disassembler.visit(code, 0, instruction -> {
            if (instruction.mnemonic().equals("jbe")) {
                after[0] = instruction.end();
                return false;
            }
            final boolean checks = instruction.mnemonic().equals("cmp")
                    || instruction.operands().startsWith("r12, ")
                    || instruction.mnemonic().equals("jb");
            return checks;
        });
        return elf.offset(function.address()) + after[0];
    }

    /** Without the INT3 with which the linker fills up to the next function. */
    private static byte[] trimmed(final byte[] code) {
        int end = code.length;
        while (end > 0 && code[end - 1] == (byte) 0xcc) {
            end--;
        }
        return java.util.Arrays.copyOf(code, end);
    }

    private static Map<String, Function> functions(final ElfFile elf, final MemorySegment table) throws IOException {
        if (table.byteSize() < HEADER || (table.get(U32, 0) != MAGIC && table.get(U32, 0) != OLDER_MAGIC)) {
            throw new IOException("a .gopclntab of a version that is not known");
        }
        final long count = table.get(U64, 8);
        if (count < 0 || count > MAX_FUNCTIONS) {
            throw new IOException("a .gopclntab with " + count + " functions");
        }
        final long names = table.get(U64, 32);
        final long entries = table.get(U64, 64);
        final long stated = table.get(U64, 24);
        final long start = stated != 0 ? stated : textStart(elf, u32(table, entries), u32(table, entries + count * 8));
        final Map<String, Function> found = new HashMap<>();
        for (long i = 0; i < count && found.size() < WANTED.size(); i++) {
            final long at = entries + i * 8;
            final long name = names + table.get(U32, entries + u32(table, at + 4) + 4);
            for (final String wanted : WANTED) {
                if (isAt(table, name, wanted)) {
                    found.put(wanted, new Function(start + u32(table, at), start + u32(table, at + 8)));
                }
            }
        }
        return found;
    }

    /** Where the functions are that begin and end so far from it, by the only moduledata of this table that says the same of them. */
    private static long textStart(final ElfFile elf, final long first, final long end) throws IOException {
        final long table = elf.sectionAddress(elf.section(".gopclntab").isPresent() ? ".gopclntab" : RELOCATED);
        final Set<Long> found = new HashSet<>();
        for (final String section : List.of(".go.module", ".noptrdata", ".data", ".data.rel.ro")) {
            final MemorySegment data = elf.relocated(section, MAX_DATA);
            for (long at = 0; at + TEXT + Long.BYTES <= data.byteSize(); at += Long.BYTES) {
                final long text = data.get(U64, at + TEXT);
                if (data.get(U64, at) == table
                        && data.get(U64, at + FIRST) == text + first
                        && data.get(U64, at + END) == text + end) {
                    found.add(text);
                }
            }
        }
        if (found.size() != 1) {
            throw new IOException("where the code of a program in Go begins cannot be told");
        }
        return found.iterator().next();
    }

    private static boolean isAt(final MemorySegment table, final long at, final String name) {
        final byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        if (at < 0 || at + bytes.length >= table.byteSize()) {
            return false;
        }
        // Names of one package differ at their end: from there it is told soonest.
        for (int i = bytes.length; i >= 0; i--) {
            if (table.get(ValueLayout.JAVA_BYTE, at + i) != (i == bytes.length ? 0 : bytes[i])) {
                return false;
            }
        }
        return true;
    }

    private static long u32(final MemorySegment table, final long at) {
        return table.get(U32, at) & 0xffff_ffffL;
    }
}
