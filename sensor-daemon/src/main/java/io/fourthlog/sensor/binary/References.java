package io.fourthlog.sensor.binary;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What in a program's code refers to given texts: the names of source files, which are in it for its error messages. Code is looked
 * through byte by byte for what may be such an instruction, which is some hundred times faster than reading all of it as
 * instructions; what is found has to be read as such afterwards.
 */
final class References {
    private static final int WINDOW = 1 << 18; // bytes that are looked through at once
    private static final int MAX_TEXT = 512; // a source file's whole name
    private static final int MAX_FOUND = 4096;
    private static final int MAX_CALLED = 1 << 20; // functions; the largest programs have some 200,000
    private static final int APART = 8; // windows; the code of one source file of a library is some kilobytes

    private static final int OPERAND = 6; // bytes from an opcode to the end of its operand, at most
    private static final int LEA = 0x8d; // opcode, ModRM, displacement
    private static final int RIP_RELATIVE_MASK = 0xc7; // of ModRM: mod and r/m
    private static final int RIP_RELATIVE = 0x05;
    private static final int MOV = 0xb8; // opcode and register, immediate
    private static final byte CALL = (byte) 0xe8; // opcode, displacement
    private static final int MOV_MASK = 0xf8;

    private References() {}

    /**
     * A text that ends in what was looked for.
     *
     * @param begin where it begins, behind what is no ASCII: the end of another or numbers; a name of a function need not begin there
     * @param ending where that begins in it
     */
    record Text(long begin, long ending) {}

    /**
     * The texts that end so.
     *
     * @param endings ASCII, of different last characters or lengths
     * @return those of each ending
     */
    static List<List<Text>> texts(final ElfFile elf, final List<String> endings) throws IOException {
        final List<List<Text>> found =
                endings.stream().<List<Text>>map(_ -> new ArrayList<>()).toList();
        final long size = elf.sectionSize(".rodata");
        final long address = elf.sectionAddress(".rodata");
        final byte[][] wanted = endings.stream()
                .map(ending -> ending.getBytes(StandardCharsets.US_ASCII))
                .toArray(byte[][]::new);
        final byte[] window = new byte[WINDOW + MAX_TEXT];
        for (long at = 0; at < size; at += WINDOW) {
            final long begin = Math.max(0, at - MAX_TEXT); // what a text that ends in this window begins with
            final int length = (int) (Math.min(size, at + WINDOW) - begin);
            elf.copy(".rodata", begin, window, length);
            for (int end = (int) (at - begin); end < length; end++) {
                if (window[end] == 0) {
                    for (int i = 0; i < wanted.length; i++) {
                        if (endsIn(window, end, wanted[i])) {
                            if (found.get(i).size() > MAX_FOUND) {
                                throw new IOException("a text that stands everywhere");
                            }
                            found.get(i)
                                    .add(new Text(
                                            address + begin + start(window, end),
                                            address + begin + end - wanted[i].length));
                        }
                    }
                }
            }
        }
        return found;
    }

    /** Whether a text stands anywhere among a program's constants. */
    static boolean contains(final ElfFile elf, final String text) throws IOException {
        final long size = elf.sectionSize(".rodata");
        final byte[] wanted = text.getBytes(StandardCharsets.US_ASCII);
        final byte[] window = new byte[WINDOW + wanted.length];
        for (long at = 0; at < size; at += WINDOW) {
            final int length = (int) Math.min(size - at, window.length);
            elf.copy(".rodata", at, window, length);
            for (int end = wanted.length; end <= length; end++) {
                if (window[end - 1] == wanted[wanted.length - 1] && endsIn(window, end, wanted)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean endsIn(final byte[] bytes, final int end, final byte[] ending) {
        final int from = end - ending.length;
        if (from < 0) {
            return false;
        }
        for (int i = ending.length - 1; i >= 0; i--) {
            if (bytes[from + i] != ending[i]) {
                return false;
            }
        }
        return true;
    }

    private static int start(final byte[] bytes, final int end) {
        int start = end;
        while (start > 0 && bytes[start - 1] >= ' ' && bytes[start - 1] <= '~') {
            start--;
        }
        return start;
    }

    /**
     * Addresses in .text of operands that lead to one of the targets: of {@code lea reg, [rip + displacement]}, and, in programs that
     * are loaded where they were linked, of {@code mov reg, address}.
     *
     * @return for each target, in order
     */
    static Map<Long, List<Long>> to(final ElfFile elf, final List<Long> targets) throws IOException {
        final Search search = new Search(elf, targets);
        for (long begin = 0; begin < search.size && !targets.isEmpty(); begin += WINDOW) {
            search.window(begin);
        }
        return search.found;
    }

    /**
     * The same for texts that only the code of one source file refers to, as its own name. That code is all in one place, and a library's
     * is behind that of the program that it is linked to: so it is looked for from the end on, and no further than a good way beyond it.
     */
    static Map<Long, List<Long>> fromOneFile(final ElfFile elf, final List<Long> targets) throws IOException {
        final Search search = new Search(elf, targets);
        final long windows = (search.size + WINDOW - 1) / WINDOW;
        int empty = 0;
        for (long i = windows - 1; i >= 0 && empty < APART; i--) {
            final int before = search.count;
            search.window(i * WINDOW);
            empty = search.count == 0 || search.count > before ? 0 : empty + 1;
        }
        return search.found;
    }

    /** Looks through .text for what leads to some addresses. */
    private static final class Search {
        private final Map<Long, List<Long>> found = new HashMap<>();
        private final long size;
        private final long address;
        private final long lowest;
        private final long highest;
        private final byte[] window = new byte[WINDOW + OPERAND];
        private final ElfFile elf;
        private int count;

        private Search(final ElfFile elf, final List<Long> targets) throws IOException {
            this.elf = elf;
            targets.forEach(target -> found.put(target, new ArrayList<>()));
            size = elf.sectionSize(".text");
            address = elf.sectionAddress(".text");
            lowest = targets.stream().mapToLong(Long::longValue).min().orElse(0);
            highest = targets.stream().mapToLong(Long::longValue).max().orElse(0);
        }

        private void window(final long begin) throws IOException {
            final int length = (int) Math.min(size - begin, window.length);
            elf.copy(".text", begin, window, length);
            for (int i = 0; i < length - OPERAND; i++) {
                final int opcode = window[i] & 0xff;
                final int operand;
                final long target;
                if (opcode == LEA && (window[i + 1] & RIP_RELATIVE_MASK) == RIP_RELATIVE) {
                    operand = i + 2;
                    target = address + begin + operand + Integer.BYTES + integer(window, operand);
                } else if ((opcode & MOV_MASK) == MOV) {
                    operand = i + 1;
                    target = integer(window, operand);
                } else {
                    continue;
                }
                final List<Long> of = target < lowest || target > highest ? null : found.get(target);
                if (of != null) {
                    of.add(address + begin + operand);
                    if (++count > MAX_FOUND) {
                        throw new IOException("code that refers to its source files everywhere");
                    }
                }
            }
        }
    }

    /** Addresses that code calls, from a multiple of a number on and such multiples themselves; sorted. */
    static long[] called(final ElfFile elf, final long low, final long high, final int multiple) throws IOException {
        final long size = elf.sectionSize(".text");
        final long address = elf.sectionAddress(".text");
        final byte[] window = new byte[WINDOW + OPERAND];
        final BitSet found = new BitSet();
        int count = 0;
        for (long begin = 0; begin < size; begin += WINDOW) {
            final int length = (int) Math.min(size - begin, window.length);
            elf.copy(".text", begin, window, length);
            for (int i = 0; i < length - OPERAND; i++) {
                if (window[i] == CALL) {
                    final long target = address + begin + i + 1 + Integer.BYTES + integer(window, i + 1);
                    final int function = (int) ((target - low) / multiple);
                    if (target >= low && target < high && target % multiple == 0 && !found.get(function)) {
                        found.set(function);
                        if (++count > MAX_CALLED) {
                            throw new IOException("code that is called everywhere");
                        }
                    }
                }
            }
        }
        return found.stream().mapToLong(at -> low + (long) at * multiple).toArray();
    }

    private static int integer(final byte[] bytes, final int at) {
        return (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff) << 16 | bytes[at + 3] << 24;
    }
}
