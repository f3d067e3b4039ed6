package io.fourthlog.sensor.binary;

import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Where the functions of a program are, which need not have a name for each. */
interface Functions {
    /** Addresses of a function's first byte and of the first after it. */
    record Function(long start, long end) {}

    /** The one that was found; empty if there is none, or it could be either of several. */
    static <T> Optional<T> only(final List<T> found) {
        return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
    }

    /**
     * Those of a program.
     *
     * @param places in its code, of which the functions are looked for
     * @return empty if it has no table of them (or, as Bun since 1.4.6, one of a few), and the places are far apart
     */
    static Optional<Functions> of(final ElfFile elf, final Collection<List<Long>> places) throws IOException {
        final List<Long> all = places.stream().flatMap(List::stream).toList();
        final Optional<Functions> table = FunctionTable.in(elf);
        if (table.isPresent() && (all.isEmpty() || knowsAny(table.get(), all))) {
            return table;
        }
        final Optional<Functions> aligned = CalledFunctions.around(elf, all);
        if (aligned.isPresent() && knowsAny(aligned.get(), all)) {
            return aligned;
        }
        return PackedFunctions.around(elf, all);
    }

    private static boolean knowsAny(final Functions functions, final List<Long> places) throws IOException {
        for (final long place : places) {
            if (functions.containing(place).isPresent()) {
                return true;
            }
        }
        return false;
    }

    /** The function that an address is in; empty if that cannot be told. */
    Optional<Function> containing(long at) throws IOException;

    /** The functions that addresses are in, as far as that can be told, each once. */
    default List<Function> containing(final Collection<Long> addresses) throws IOException {
        final Set<Function> found = new LinkedHashSet<>();
        for (final long address : addresses) {
            containing(address).ifPresent(found::add);
        }
        return List.copyOf(found);
    }

    /** Whether a function begins at an address. */
    boolean startsAt(long at) throws IOException;

    /** Whether a pointer to an address, among others that are to functions, can be to one as well. */
    default boolean mayStartAt(final long at) throws IOException {
        return startsAt(at);
    }
}
