package io.fourthlog.actionlog.log;

import java.time.Instant;
import java.util.Optional;

/**
 * A day of a log whose key has handed over and is destroyed: what expires as a whole.
 *
 * @param first index of its first leaf
 * @param end index of the leaf in which its key handed over
 * @param witnessed when the witness saw that; empty where there is none
 */
public record ClosedDay(long first, long end, Optional<Instant> witnessed) {}
