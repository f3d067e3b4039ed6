package io.fourthlog.sensor.kernel;

import java.io.IOException;
import java.util.Optional;

/** Where the functions of a program are, which need not have a name for each. */
interface Functions {
    /** Addresses of a function's first byte and of the first after it. */
    record Function(long start, long end) {}

    /** The function that an address is in; empty if that cannot be told. */
    Optional<Function> containing(long at) throws IOException;

    /** Whether a function begins at an address. */
    boolean startsAt(long at) throws IOException;

    /** Whether a pointer to an address, among others that are to functions, can be to one as well. */
    default boolean mayStartAt(final long at) throws IOException {
        return startsAt(at);
    }
}
