package io.fourthlog.trail.proof;

import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.Gap;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.incident.Document;
import io.fourthlog.trail.incident.Document.Likeness;
import io.fourthlog.trail.reading.Expired;
import io.fourthlog.trail.reading.LoggedEvent;
import io.fourthlog.trail.reading.Selection;
import io.fourthlog.trail.reading.Subjects;
import io.fourthlog.trail.reading.Trail;
import io.fourthlog.trail.reading.TrailLog;
import io.fourthlog.trail.reading.TrailScan;
import io.fourthlog.trail.reading.TrailStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a document in every model and tool invocation of a trail, and keeps what a reader needs to judge an answer of
 * "nothing": how much was compared, with what resolution, and what could not be.
 */
public final class DocumentSearch {

    private static final int MAX_KEPT = 1_000; // sightings, and gaps
    private static final long PROGRESS_STEP = 10_000; // entries
    private static final String IN_CLUSTER = "k8s://";

    private final Trail trail;
    private final Document document;
    private final Selection range;
    private final Predicate<Subjects.Closed> mayFit;
    private final Predicate<Event> asked;
    private final Predicate<Event> ofWorkload;
    private final Map<String, LogReader> readers = new HashMap<>();
    private final List<Searched> logs = new ArrayList<>();
    private final List<Sighting> sightings = new ArrayList<>();
    private final List<LoggedEvent> gaps = new ArrayList<>();
    private final Map<String, Long> notCompared = new TreeMap<>();
    private int sighted;
    private int blind;
    private int invocations;
    private int parts;
    private long longest;

    private DocumentSearch(Trail trail, Document document, Selection range) {
        this.trail = trail;
        this.mayFit = range.mayFit();
        this.document = document;
        this.range = range;
        this.asked = range.matcher();
        this.ofWorkload =
                new Selection(Optional.empty(), range.workload(), Optional.empty(), Optional.empty()).matcher();
    }

    /**
     * A log that was searched.
     *
     * @param events of the log that are in the range, of {@code size}
     * @param from the time of the first of them
     * @param to the time of the last of them
     */
    public record Searched(String log, long size, long events, Optional<Instant> from, Optional<Instant> to) {}

    /**
     * What came of it.
     *
     * @param sightings events in which the document was recognised, by time; the first thousand
     * @param sighted how many there are
     * @param invocations model and tool invocations that were looked at
     * @param parts text parts of them that the document was compared with
     * @param longest bytes of the longest of these parts
     * @param gaps what the sensors did not see in the range; the first thousand
     * @param blind how many there are
     * @param notCompared why the document could not be compared with something, and how often
     * @param readers the logs as they were searched, by name
     */
    public record Result(
            List<Searched> logs,
            List<Sighting> sightings,
            int sighted,
            int invocations,
            int parts,
            long longest,
            List<LoggedEvent> gaps,
            int blind,
            Map<String, Long> notCompared,
            Map<String, LogReader> readers) {

        public Result {
            logs = List.copyOf(logs);
            sightings = List.copyOf(sightings);
            gaps = List.copyOf(gaps);
            readers = Map.copyOf(readers);
        }

        /** Whether everything in the range was seen and could be compared: only then does "nothing" mean that it is not there. */
        public boolean complete() {
            return blind == 0 && notCompared.isEmpty();
        }
    }

    /**
     * Searches a trail.
     *
     * @param range which events
     * @throws UsageException when a log cannot be read
     */
    public static Result search(Trail trail, Document document, Selection range, TrailStream.Progress progress)
            throws UsageException {
        final DocumentSearch search = new DocumentSearch(trail, document, range);
        for (final TrailLog log : trail.logs()) {
            try {
                search.read(log, progress);
            } catch (IOException e) {
                throw trail.unreadable(log, e);
            }
        }
        search.sightings.sort((a, b) -> LoggedEvent.BY_TIME.compare(a.logged(), b.logged()));
        search.gaps.sort(LoggedEvent.BY_TIME);
        return new Result(
                search.logs,
                search.sightings,
                search.sighted,
                search.invocations,
                search.parts,
                search.longest,
                search.gaps,
                search.blind,
                search.notCompared,
                search.readers);
    }

    private void read(TrailLog log, TrailStream.Progress progress) throws IOException {
        final LogReader reader = LogReader.open(log.directory());
        readers.put(log.name(), reader);
        Expired.of(log.name(), reader.tombstones())
                .filter(gone -> gone.concerns(range))
                .ifPresent(gone -> notCompared.put(gone.text(), gone.leaves()));
        final Span span = new Span();
        reader.forEachEvent(0, (leaf, sealable) -> {
            if (leaf % PROGRESS_STEP == 0) {
                progress.at(leaf, reader.size());
            }
            try {
                final byte[] entry;
                switch (trail.subjects().read(sealable)) {
                    case Subjects.Open open -> entry = open.json();
                    case Subjects.Closed closed -> {
                        if (mayFit.test(closed)) {
                            notCompared.merge("events that are " + closed.why(), 1L, Long::sum);
                        }
                        return;
                    }
                }
                final Event event = EventCodec.decode(entry);
                final LoggedEvent logged = new LoggedEvent(log.name(), leaf, entry, event);
                if (event instanceof ErrorEvent error && TrailScan.isGap(error)) {
                    gap(logged, error);
                } else if (asked.test(event)) {
                    span.add(logged.ts());
                    compare(logged);
                }
            } catch (EventFormatException e) {
                notCompared.merge("leaves that are no events", 1L, Long::sum);
            }
        });
        logs.add(new Searched(
                log.name(), reader.size(), span.events, Optional.ofNullable(span.from), Optional.ofNullable(span.to)));
    }

    /** How many events there were, and from when to when. */
    private static final class Span {

        private long events;
        private @Nullable Instant from;
        private @Nullable Instant to;

        void add(Instant ts) {
            events++;
            from = from == null || ts.isBefore(from) ? ts : from;
            to = to == null || ts.isAfter(to) ? ts : to;
        }
    }

    private void compare(LoggedEvent logged) {
        final Event event = logged.event();
        if (!(event instanceof ModelInvocation) && !(event instanceof ToolInvocation)) {
            return;
        }
        invocations++;
        final List<PartFingerprint> recorded = Sighting.parts(event);
        parts += recorded.size();
        for (final PartFingerprint part : recorded) {
            longest = part.winnow() == null ? longest : Math.max(longest, part.bytes());
        }
        if (recorded.isEmpty() && Sighting.whole(event) == null) {
            notCompared.merge("invocations of which no text was recorded", 1L, Long::sum);
        }
        if (event.header().completeness().gap()) {
            notCompared.merge("invocations of which not all was seen", 1L, Long::sum);
        }
        final List<Sighting.Match> matches = new ArrayList<>();
        for (final Sighting.Match match : Sighting.compare(document, event)) {
            if (match.likeness() instanceof Likeness.Unknown(String why)) {
                notCompared.merge(why, 1L, Long::sum);
            } else {
                matches.add(match);
            }
        }
        if (!matches.isEmpty() && ++sighted <= MAX_KEPT) {
            sightings.add(new Sighting(logged, matches));
        }
    }

    /** A gap counts if it may hide what was asked for: it overlaps with the range, and is of the workload or of the sensor. */
    private void gap(LoggedEvent logged, ErrorEvent error) {
        final Gap gap = error.gap();
        final Instant from = gap == null ? logged.ts() : gap.from();
        final Instant to = gap == null ? logged.ts() : gap.to();
        if (range.since().filter(to::isBefore).isPresent()
                || range.until().filter(until -> !from.isBefore(until)).isPresent()
                || (error.header().workloadId().startsWith(IN_CLUSTER) && !ofWorkload.test(error))) {
            return;
        }
        if (++blind <= MAX_KEPT) {
            gaps.add(logged);
        }
    }
}
