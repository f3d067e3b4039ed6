package io.fourthlog.sensor.binary;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Functions of a program that has no table of them, as some of Bun's builds: they begin where code is called, on a multiple of 16
 * behind what fills up to it, behind a jump or a return, or behind a call from which nothing returns (of a stack protector's alarm), and go
 * on to the next such filling or such place. One that is left by falling into the filling is cut short, and what it would be known by is
 * then not found in it.
 */
final class CalledFunctions implements Functions {
    private static final int ALIGNMENT = 16;
    private static final byte FILLING = (byte) 0xcc; // INT3
    private static final byte CALL = (byte) 0xe8; // opcode, displacement
    private static final int JUMP = 5; // bytes of the longest one, and of a call
    private static final int AROUND = 1 << 16; // bytes beyond the places
    private static final int MAX_RANGE = 256 << 20; // a bit for each 16 bytes
    private static final int MAX_FUNCTION = 1 << 16;

    private final ElfFile elf;
    private final long[] starts;
    private final Map<Long, Boolean> endless = new HashMap<>(); // whether nothing returns from it, by address

    private CalledFunctions(final ElfFile elf, final long[] starts) {
        this.elf = elf;
        this.starts = starts;
    }

    /** The functions around some places, which have to be near each other. */
    static Optional<Functions> around(final ElfFile elf, final Collection<Long> places) throws IOException {
        final long low = (places.stream().mapToLong(Long::longValue).min().orElse(0) & -ALIGNMENT) - AROUND;
        final long high = places.stream().mapToLong(Long::longValue).max().orElse(0) + AROUND;
        return places.isEmpty() || high - low > MAX_RANGE
                ? Optional.empty()
                : Optional.of(new CalledFunctions(elf, References.called(elf, low, high, ALIGNMENT)));
    }

    @Override
    public Optional<Function> containing(final long at) throws IOException {
        final int found = Arrays.binarySearch(starts, at);
        for (int i = found >= 0 ? found : -found - 2; i >= 0 && at - starts[i] < MAX_FUNCTION; i--) {
            if (mayStartAt(starts[i])) {
                final long end = end(starts[i]);
                return at < end ? Optional.of(new Function(starts[i], end)) : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private long end(final long start) throws IOException {
        for (long next = start + ALIGNMENT; next - start < MAX_FUNCTION; next += ALIGNMENT) {
            if (startsAt(next) || (Arrays.binarySearch(starts, next) >= 0 && mayStartAt(next))) {
                return next;
            }
        }
        return start;
    }

    @Override
    public boolean startsAt(final long at) throws IOException {
        return at % ALIGNMENT == 0 && elf.offset(at - 1) >= 0 && elf.bytes(at - 1, at)[0] == FILLING;
    }

    /** One that is as long as a multiple of 16 has no filling behind it: what follows it follows what ends it. */
    @Override
    public boolean mayStartAt(final long at) throws IOException {
        return startsAt(at) || (at % ALIGNMENT == 0 && (endsBefore(elf, at) || isBehindEndlessCall(at)));
    }

    private boolean isBehindEndlessCall(final long at) throws IOException {
        if (elf.offset(at - JUMP) < 0) {
            return false;
        }
        final ByteBuffer before = ByteBuffer.wrap(elf.bytes(at - JUMP, at)).order(ByteOrder.LITTLE_ENDIAN);
        return before.get(0) == CALL && isEndless(at + before.getInt(1), at);
    }

    /** Whether nothing returns from a function: somewhere around, it is called where filling comes next. */
    private boolean isEndless(final long function, final long place) throws IOException {
        final Boolean known = endless.get(function);
        if (known != null) {
            return known;
        }
        boolean found = false;
        final long begin = Math.max(place - AROUND, elf.sectionAddress(".text"));
        final ByteBuffer code = ByteBuffer.wrap(elf.bytes(begin, place)).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i + JUMP < code.capacity() && !found; i++) {
            found = code.get(i) == CALL
                    && code.get(i + JUMP) == FILLING
                    && begin + i + JUMP + code.getInt(i + 1) == function;
        }
        endless.put(function, found);
        return found;
    }

    /** Whether the bytes before an address can be an instruction behind which nothing goes on. */
    static boolean endsBefore(final ElfFile elf, final long at) throws IOException {
        if (elf.offset(at - JUMP) < 0) {
            return false;
        }
        final byte[] before = elf.bytes(at - JUMP, at);
        return before[0] == (byte) 0xe9 // jmp rel32
                || before[JUMP - 2] == (byte) 0xeb // jmp rel8
                || before[JUMP - 1] == (byte) 0xc3 // ret
                || (before[JUMP - 2] == 0x0f && before[JUMP - 1] == 0x0b); // ud2
    }
}
