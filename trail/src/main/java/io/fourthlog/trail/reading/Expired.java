package io.fourthlog.trail.reading;

import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.Tombstone;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What is not in a log any more, as its tombstones say: no answer from the log is complete for that time.
 *
 * @param log its name
 * @param leaves how many are gone
 * @param from time of the oldest event among them
 * @param until time of the youngest
 * @param last the tombstone of those that went last
 */
public record Expired(String log, long leaves, Instant from, Instant until, Tombstone last) {

    /** What is gone of a log; empty when it is whole. */
    public static Optional<Expired> of(TrailLog log) throws IOException {
        return of(log.name(), LogReader.open(log.directory()).tombstones());
    }

    /** What is gone of a log with these tombstones; empty when there is none. */
    public static Optional<Expired> of(String log, List<Tombstone> tombstones) {
        if (tombstones.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Expired(
                log,
                tombstones.getLast().end(),
                tombstones.stream()
                        .map(each -> each.why().from())
                        .min(Instant::compareTo)
                        .orElseThrow(),
                tombstones.stream()
                        .map(each -> each.why().until())
                        .max(Instant::compareTo)
                        .orElseThrow(),
                tombstones.getLast()));
    }

    /** Whether something of the time that is asked for is gone. */
    public boolean concerns(Selection asked) {
        return asked.since().filter(until::isBefore).isEmpty()
                && asked.until().filter(end -> !from.isBefore(end)).isEmpty();
    }

    /** In one line for people. */
    public String text() {
        final Tombstone.Why why = last.why();
        return log + ": " + leaves + " leaves of " + day(from) + ".." + day(until)
                + (why.retentionClass().equals(Tombstone.SHIPPED)
                        ? " are with the collector"
                        : " expired under " + why.retentionClass() + " (" + why.decidedBy() + ")")
                + ", the last at " + why.expired();
    }

    private static String day(Instant time) {
        return time.toString().substring(0, 10);
    }
}
