package io.fourthlog.trail.collector;

import java.time.Instant;
import java.util.Optional;

/**
 * What the collector knows of a log without opening it.
 *
 * @param size how many events it has
 * @param lastPush when it was last pushed since the collector started
 * @param conflicts contradictions that it was caught in, and that are kept
 */
record LogState(long size, Optional<Instant> lastPush, int conflicts) {}
