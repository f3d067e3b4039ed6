package io.fourthlog.trail.reading;

import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.Gap;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.folder.LogName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds traces by reading all of a trail: once to learn which traces fit, and once to collect them whole. Most entries of
 * the second pass are passed over by a look at their bytes.
 */
public final class TrailScan {

    private static final byte[] TRACE_ID = "\"trace_id\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] GAP = "\"sensor.gap.".getBytes(StandardCharsets.US_ASCII);
    private static final int TRACE_ID_DIGITS = 32;
    private static final String IN_CLUSTER = "k8s://";
    private static final String GAP_CLASS = "sensor.gap.";

    private final Trail trail;

    public TrailScan(Trail trail) {
        this.trail = trail;
    }

    /** Takes an entry that may or may not be an event. */
    @FunctionalInterface
    private interface EntryVisitor {
        void visit(TrailLog log, long leaf, byte[] entry);
    }

    /**
     * Finds the traces in which some event fits, each with all of its events.
     *
     * @param limit how many at most, the last ones; 0 for all
     * @throws UsageException when a log cannot be read
     */
    public Found find(Selection selection, int limit) throws UsageException {
        final Unread unread = new Unread(new ArrayList<>(), new TreeMap<>(), selection.mayFit());
        final Set<String> known = selection.traceId().map(Set::of).orElse(Set.of());
        final Map<String, Instant> ends = ends(known, asked(selection), unread);
        final List<String> ids = ends.entrySet().stream()
                .sorted(Map.Entry.<String, Instant>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                .map(Map.Entry::getKey)
                .toList();
        final int from = limit == 0 ? 0 : Math.max(0, ids.size() - limit);
        final Map<String, List<LoggedEvent>> traces = new LinkedHashMap<>();
        ids.subList(from, ids.size()).forEach(id -> traces.put(id, new ArrayList<>()));
        final List<LoggedEvent> gaps = new ArrayList<>();
        collect(traces, gaps);
        traces.values().forEach(events -> events.sort(LoggedEvent.BY_TIME));
        return new Found(
                traces,
                from,
                concerning(gaps, traces, selection),
                unread.broken(),
                expired(selection),
                unread.sealed());
    }

    private List<Expired> expired(Selection selection) throws UsageException {
        final List<Expired> expired = new ArrayList<>();
        for (final TrailLog log : trail.logs()) {
            try {
                Expired.of(log).filter(gone -> gone.concerns(selection)).ifPresent(expired::add);
            } catch (IOException e) {
                throw trail.unreadable(log, e);
            }
        }
        return expired;
    }

    /** Entries that could not be read. */
    private record Unread(List<String> broken, Map<String, Integer> sealed, Predicate<Subjects.Closed> concerns) {

        void add(TrailLog log, long leaf, EventFormatException why) {
            broken.add(log.name() + ", leaf " + leaf + ": " + why.getMessage());
        }

        void add(Subjects.Closed closed) {
            if (concerns.test(closed)) {
                sealed.merge(closed.why(), 1, Integer::sum);
            }
        }
    }

    /** What only concerns the sensor is not what an agent did: it is shown with the traces that it may concern. */
    private static Predicate<Event> asked(Selection selection) {
        return selection.traceId().isPresent() || selection.workload().isPresent()
                ? selection.matcher()
                : selection
                        .matcher()
                        .and(event ->
                                !isGap(event) || event.header().workloadId().startsWith(IN_CLUSTER));
    }

    /** @param known the traces that can fit; empty if any can */
    private Map<String, Instant> ends(Set<String> known, Predicate<Event> fits, Unread unread) throws UsageException {
        final Map<String, Instant> ends = new HashMap<>();
        forEach(unread, (log, leaf, entry) -> {
            if (!known.isEmpty() && !mayBeOf(known, entry)) {
                return;
            }
            try {
                final Event event = EventCodec.decode(entry);
                if (fits.test(event)) {
                    ends.merge(event.header().traceId(), event.header().ts(), TrailScan::later);
                }
            } catch (EventFormatException e) {
                unread.add(log, leaf, e);
            }
        });
        return ends;
    }

    private static Instant later(Instant a, Instant b) {
        return a.isBefore(b) ? b : a;
    }

    private void collect(Map<String, List<LoggedEvent>> traces, List<LoggedEvent> gaps) throws UsageException {
        if (traces.isEmpty()) {
            return;
        }
        forEach(null, (log, leaf, entry) -> {
            if (!mayBeGap(entry) && !mayBeOf(traces.keySet(), entry)) {
                return;
            }
            try {
                final Event event = EventCodec.decode(entry);
                final LoggedEvent logged = new LoggedEvent(log.name(), leaf, entry, event);
                final List<LoggedEvent> events = traces.get(event.header().traceId());
                if (events != null) {
                    events.add(logged);
                } else if (isGap(event)) {
                    gaps.add(logged);
                }
            } catch (EventFormatException e) {
                // the first pass has noted it
            }
        });
    }

    /** Whether the event says that the sensor did not see something. */
    public static boolean isGap(Event event) {
        return event instanceof ErrorEvent error && error.errorClass().startsWith(GAP_CLASS);
    }

    /** Whether an entry's bytes look like a gap; saves decoding most that are none. */
    public static boolean mayBeGap(byte[] entry) {
        return indexOf(entry, GAP, 0) >= 0;
    }

    /** The gaps of a sensor that saw one of the traces, if they overlap with it, or with the time that is asked for. */
    private static List<LoggedEvent> concerning(
            List<LoggedEvent> gaps, Map<String, List<LoggedEvent>> traces, Selection selection) {
        return gaps.stream()
                .filter(gap -> traces.values().stream().anyMatch(trace -> concerns(gap, trace, selection)))
                .sorted(LoggedEvent.BY_TIME)
                .toList();
    }

    private static boolean concerns(LoggedEvent logged, List<LoggedEvent> trace, Selection selection) {
        final Set<String> sensors =
                trace.stream().map(event -> LogName.sensorOf(event.log())).collect(Collectors.toSet());
        if (trace.isEmpty()
                || !sensors.contains(LogName.sensorOf(logged.log()))
                || !(logged.event() instanceof ErrorEvent error)) {
            return false;
        }
        final Gap gap = error.gap();
        final Instant from = gap == null ? logged.ts() : gap.from();
        final Instant to = gap == null ? logged.ts() : gap.to();
        final Instant first = trace.getFirst().ts();
        final Instant last = trace.getLast().ts();
        return !to.isBefore(selection.since().filter(first::isAfter).orElse(first))
                && !from.isAfter(selection.until().filter(last::isBefore).orElse(last));
    }

    /** @param unread is told what cannot be read; {@code null} in a pass after the first */
    private void forEach(@Nullable Unread unread, EntryVisitor visitor) throws UsageException {
        for (final TrailLog log : trail.logs()) {
            try {
                LogReader.open(log.directory()).forEachEvent(0, (leaf, entry) -> {
                    try {
                        switch (trail.subjects().read(entry)) {
                            case Subjects.Open open -> visitor.visit(log, leaf, open.json());
                            case Subjects.Closed closed -> {
                                if (unread != null) {
                                    unread.add(closed);
                                }
                            }
                        }
                    } catch (EventFormatException e) {
                        if (unread != null) {
                            unread.add(log, leaf, e);
                        }
                    }
                });
            } catch (IOException e) {
                throw trail.unreadable(log, e);
            }
        }
    }

    /** Whether one of these trace ids is in the place of one; the event may have others that look so. */
    private static boolean mayBeOf(Set<String> ids, byte[] entry) {
        for (int at = indexOf(entry, TRACE_ID, 0); at >= 0; at = indexOf(entry, TRACE_ID, at + 1)) {
            final int start = at + TRACE_ID.length;
            if (start + TRACE_ID_DIGITS <= entry.length
                    && ids.contains(new String(entry, start, TRACE_ID_DIGITS, StandardCharsets.ISO_8859_1))) {
                return true;
            }
        }
        return false;
    }

    private static int indexOf(byte[] bytes, byte[] sought, int from) {
        for (int i = from; i <= bytes.length - sought.length; i++) {
            int matched = 0;
            while (matched < sought.length && bytes[i + matched] == sought[matched]) {
                matched++;
            }
            if (matched == sought.length) {
                return i;
            }
        }
        return -1;
    }
}
