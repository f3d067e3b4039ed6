package io.fourthlog.trail.collector;

import java.time.Instant;
import java.util.Optional;

/**
 * What the collector knows of a log without opening it.
 *
 * @param size how many events it has
 * @param expired how many of them have expired
 * @param lastPush when it was last pushed since the collector started
 * @param newestEvent the time of the last event that came since then, by the sensor's clock
 * @param conflicts contradictions that it was caught in, and that are kept
 */
record LogState(long size, long expired, Optional<Instant> lastPush, Optional<Instant> newestEvent, int conflicts) {

    LogState followedBy(LogState push) {
        return new LogState(
                push.size,
                expired,
                push.lastPush,
                push.newestEvent.isPresent() ? push.newestEvent : newestEvent,
                push.conflicts);
    }

    LogState withExpired(long now) {
        return new LogState(size, now, lastPush, newestEvent, conflicts);
    }

    LogState withConflicts(int now) {
        return new LogState(size, expired, lastPush, newestEvent, now);
    }
}
