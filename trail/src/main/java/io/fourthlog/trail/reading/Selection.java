package io.fourthlog.trail.reading;

import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.SealedEvent;
import io.fourthlog.trail.Globs;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Which traces are asked for: those in which some event fits.
 *
 * @param traceId the one trace
 * @param workload a glob over workload ids, in which {@code *} is any text and {@code ?} one character
 * @param since not before
 * @param until before
 */
public record Selection(
        Optional<String> traceId, Optional<String> workload, Optional<Instant> since, Optional<Instant> until) {

    /** Whether a sealed event may fit, as far as that can be told: by its time, and by its workload if that is known. */
    public Predicate<Subjects.Closed> mayFit() {
        final Optional<Predicate<String>> glob = workload.map(Globs::matcher);
        return closed -> {
            final SealedEvent event = closed.event();
            return since.filter(event.ts()::isBefore).isEmpty()
                    && until.filter(to -> !event.ts().isBefore(to)).isEmpty()
                    && (glob.isEmpty()
                            || closed.erased()
                                    .filter(erased ->
                                            !glob.get().test(erased.key().workload()))
                                    .isEmpty());
        };
    }

    /** Whether an event fits; compiled once for many. */
    public Predicate<Event> matcher() {
        final Optional<Predicate<String>> pattern = workload.map(Globs::matcher);
        return event -> traceId.filter(id -> !id.equals(event.header().traceId()))
                        .isEmpty()
                && pattern.filter(glob -> !glob.test(event.header().workloadId()))
                        .isEmpty()
                && since.filter(from -> event.header().ts().isBefore(from)).isEmpty()
                && until.filter(to -> !event.header().ts().isBefore(to)).isEmpty();
    }
}
