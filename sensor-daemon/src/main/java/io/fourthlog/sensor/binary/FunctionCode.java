package io.fourthlog.sensor.binary;

import io.fourthlog.sensor.binary.Disassembler.Instruction;
import io.fourthlog.sensor.binary.Functions.Function;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A function as instructions, and what it can be told by.
 *
 * @param immediates numbers that it puts into registers
 * @param calls addresses that it calls, or goes on at
 * @param virtualCalls where in tables of functions those stand that it calls
 * @param stores whether it writes to memory that is not its own
 * @param countsFirst whether it changes a counter that threads share before it calls anything
 */
record FunctionCode(
        Function function,
        Set<Long> immediates,
        Set<Long> calls,
        List<Long> virtualCalls,
        boolean stores,
        boolean countsFirst) {
    private static final long MAX_CODE = 4 << 20; // bytes; those of a library's source file are some 100 KB

    static List<FunctionCode> of(
            final ElfFile elf, final Disassembler disassembler, final Collection<Function> functions)
            throws IOException {
        final List<FunctionCode> code = new ArrayList<>();
        long bytes = 0;
        for (final Function function : functions) {
            bytes += function.end() - function.start();
            if (bytes > MAX_CODE) {
                throw new IOException("more code than a source file has");
            }
            code.add(of(elf, disassembler, function));
        }
        return code;
    }

    static FunctionCode of(final ElfFile elf, final Disassembler disassembler, final Function function)
            throws IOException {
        final Set<Long> immediates = new HashSet<>();
        final Set<Long> calls = new HashSet<>();
        final List<Long> virtualCalls = new ArrayList<>();
        boolean stores = false;
        boolean called = false;
        boolean countsFirst = false;
        for (final Instruction instruction :
                disassembler.instructions(elf.bytes(function.start(), function.end()), function.start())) {
            instruction.immediate().ifPresent(immediates::add);
            instruction.called().ifPresent(calls::add);
            instruction.calledThrough().ifPresent(virtualCalls::add);
            stores |= instruction.stores();
            called |= instruction.mnemonic().equals("call");
            countsFirst |= !called && instruction.mnemonic().startsWith("lock ");
        }
        return new FunctionCode(function, immediates, calls, virtualCalls, stores, countsFirst);
    }

    /** Whether numbers are among those that it puts into registers, as it does with the reasons of errors that it reports. */
    boolean pushes(final long... reasons) {
        for (final long reason : reasons) {
            if (!immediates.contains(reason)) {
                return false;
            }
        }
        return true;
    }
}
