package io.fourthlog.sensor.binary;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Functions of a program that has no table of them and was built to be small, as Deno's is: they follow one another without filling, begin
 * where code is called right behind an instruction that ends another, and go on to the next such place. One that is only jumped to counts as
 * a part of the one before it.
 */
final class PackedFunctions implements Functions {
    private static final int AROUND = 1 << 16; // bytes beyond the places
    private static final int MAX_RANGE = 16 << 20;
    private static final int MAX_FUNCTION = 1 << 16;
    private static final int CALL = 5; // bytes

    private final long[] starts; // and the end of the last

    private PackedFunctions(final long[] starts) {
        this.starts = starts;
    }

    /** The functions around some places, which have to be near each other. */
    static Optional<Functions> around(final ElfFile elf, final Collection<Long> places) throws IOException {
        final long low = places.stream().mapToLong(Long::longValue).min().orElse(0) - AROUND;
        final long high = places.stream().mapToLong(Long::longValue).max().orElse(0) + AROUND;
        if (places.isEmpty() || high - low > MAX_RANGE) {
            return Optional.empty();
        }
        final List<Long> starts = new ArrayList<>();
        for (final long called : References.called(elf, low, high, 1)) {
            if (CalledFunctions.endsBefore(elf, called) || isBehindCall(elf, called)) {
                starts.add(called);
            }
        }
        final long code = elf.sectionSize(".text");
        starts.add(Math.min(high, elf.sectionAddress(".text") + code)); // which ends the last one
        return Optional.of(
                new PackedFunctions(starts.stream().mapToLong(Long::longValue).toArray()));
    }

    /** One that ends in a call from which nothing returns. */
    private static boolean isBehindCall(final ElfFile elf, final long at) throws IOException {
        return elf.offset(at - CALL) >= 0 && elf.bytes(at - CALL, at)[0] == (byte) 0xe8; // call rel32
    }

    @Override
    public Optional<Function> containing(final long at) {
        final int found = Arrays.binarySearch(starts, at);
        final int its = found >= 0 ? found : -found - 2;
        return its >= 0 && its + 1 < starts.length && starts[its + 1] - starts[its] <= MAX_FUNCTION
                ? Optional.of(new Function(starts[its], starts[its + 1]))
                : Optional.empty();
    }

    @Override
    public boolean startsAt(final long at) {
        final int found = Arrays.binarySearch(starts, at);
        return found >= 0 && found + 1 < starts.length;
    }
}
