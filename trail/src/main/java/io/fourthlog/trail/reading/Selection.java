package io.fourthlog.trail.reading;

import io.fourthlog.actionlog.event.Event;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

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

    /** Whether an event fits; compiled once for many. */
    public Predicate<Event> matcher() {
        final Optional<Pattern> pattern = workload.map(Selection::glob);
        return event -> traceId.filter(id -> !id.equals(event.header().traceId()))
                        .isEmpty()
                && pattern.filter(glob ->
                                !glob.matcher(event.header().workloadId()).matches())
                        .isEmpty()
                && since.filter(from -> event.header().ts().isBefore(from)).isEmpty()
                && until.filter(to -> !event.header().ts().isBefore(to)).isEmpty();
    }

    private static Pattern glob(String glob) {
        final StringBuilder regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            switch (glob.charAt(i)) {
                case '*' -> regex.append(".*");
                case '?' -> regex.append('.');
                default -> regex.append(Pattern.quote(glob.substring(i, i + 1)));
            }
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }
}
