package io.fourthlog.sensor.kernel;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Where the functions of a program are, which need not have a name for each. */
interface Functions {
    /** Addresses of a function's first byte and of the first after it. */
    record Function(long start, long end) {}

    /** Those of a program, of which some code around some places is looked for; empty if it has no table of them, and they are far apart. */
    static Optional<Functions> of(final ElfFile elf, final Collection<List<Long>> places) throws IOException {
        final Optional<Functions> table = FunctionTable.in(elf);
        return table.isPresent()
                ? table
                : CalledFunctions.around(
                        elf, places.stream().flatMap(List::stream).toList());
    }

    /** The function that an address is in; empty if that cannot be told. */
    Optional<Function> containing(long at) throws IOException;

    /** Whether a function begins at an address. */
    boolean startsAt(long at) throws IOException;

    /** Whether a pointer to an address, among others that are to functions, can be to one as well. */
    default boolean mayStartAt(final long at) throws IOException {
        return startsAt(at);
    }
}
