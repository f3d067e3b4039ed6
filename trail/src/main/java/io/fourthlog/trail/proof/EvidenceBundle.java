package io.fourthlog.trail.proof;

import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.log.Checkpoint;
import io.fourthlog.actionlog.log.Hash;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.incident.Document;
import io.fourthlog.trail.incident.Document.Likeness;
import io.fourthlog.trail.reading.LoggedEvent;
import io.fourthlog.trail.reading.Selection;
import io.fourthlog.trail.reading.Subjects;
import io.fourthlog.trail.timestamp.Timestamp;
import io.fourthlog.trail.timestamp.Timestamps;
import io.fourthlog.trail.timestamp.TokenException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What proves where a document came from to somebody who has neither the trail nor this program. The file format is
 * docs/verify/README.md; names of members are those of the components below, in snake_case.
 *
 * @param format {@link #FORMAT}
 * @param madeAt RFC 3339 UTC
 * @param document what says which document it is
 * @param events in which it was recognised
 * @param gaps what was not seen in the range that was searched
 */
public record EvidenceBundle(
        String format,
        String madeAt,
        Document.Digests document,
        Searched searched,
        List<Log> logs,
        List<Leaf> events,
        List<Leaf> gaps)
        implements Evidence {

    /** The one version that there is. */
    public static final String FORMAT = "fourthlog-evidence/1";

    public EvidenceBundle {
        if (!FORMAT.equals(format)) {
            throw new IllegalArgumentException("format is \"" + format + "\", and should be \"" + FORMAT + "\"");
        }
        Objects.requireNonNull(madeAt, "made_at");
        Objects.requireNonNull(document, "document");
        Objects.requireNonNull(searched, "searched");
        logs = List.copyOf(logs);
        events = List.copyOf(events);
        gaps = List.copyOf(gaps);
    }

    /**
     * What whoever made the bundle says that was searched: said, not proven.
     *
     * @param since RFC 3339 UTC; {@code null} for no bound
     * @param workload a glob; {@code null} for all
     * @param invocations model and tool invocations
     * @param parts text parts of them
     * @param gaps how many there were; {@link EvidenceBundle#gaps} has the first thousand
     * @param notCompared what the document could not be compared with, and how often
     */
    public record Searched(
            @Nullable String since,
            @Nullable String until,
            @Nullable String workload,
            long invocations,
            long parts,
            long gaps,
            Map<String, Long> notCompared) {

        public Searched {
            notCompared = Map.copyOf(notCompared);
        }
    }

    /**
     * A log at the time of the search.
     *
     * @param origin its name
     * @param checkpoint C2SP tlog-checkpoint, with its signatures and cosignatures
     * @param vkeys the keys that signed it: of the log, and of witnesses
     * @param successions notes by which the log's earlier keys handed over, from the first on
     * @param timestamps the first over each event, and the last; may be none
     */
    public record Log(
            String origin, String checkpoint, List<String> vkeys, List<String> successions, List<Stamped> timestamps) {

        public Log {
            Objects.requireNonNull(origin, "origin");
            Objects.requireNonNull(checkpoint, "checkpoint");
            vkeys = List.copyOf(vkeys);
            successions = List.copyOf(successions);
            timestamps = List.copyOf(timestamps);
        }
    }

    /**
     * What shows when a tree of the log, that the one of its checkpoint continues, was there.
     *
     * @param checkpoint the text of the log's checkpoint that was stamped, without signatures
     * @param consistency hashes in base64, from that tree to the log's: RFC 6962, section 2.1.2
     * @param statement what the authority stamped: the text of a checkpoint, of which the former is a leaf
     * @param index of that leaf
     * @param path hashes in base64, from the leaf's sibling up
     * @param token RFC 3161, in base64
     */
    public record Stamped(
            String checkpoint,
            List<String> consistency,
            String statement,
            long index,
            List<String> path,
            String token) {

        public Stamped {
            Objects.requireNonNull(checkpoint, "checkpoint");
            Objects.requireNonNull(statement, "statement");
            Objects.requireNonNull(token, "token");
            consistency = List.copyOf(consistency);
            path = List.copyOf(path);
        }
    }

    /**
     * An event with the proof that it is in its log.
     *
     * @param log the origin
     * @param index of the leaf, from 0
     * @param entry the event's canonical bytes, as text
     * @param proof hashes in base64, from the leaf's sibling up: RFC 6962, section 2.1.1
     * @param opened the event, if the entry is sealed; else {@code null}
     * @param matches where the document was recognised; none for a gap
     */
    public record Leaf(
            String log,
            long index,
            String entry,
            List<String> proof,
            @Nullable Opened opened,
            List<Match> matches) {

        public Leaf {
            Objects.requireNonNull(log, "log");
            Objects.requireNonNull(entry, "entry");
            proof = List.copyOf(proof);
            matches = List.copyOf(matches);
        }
    }

    /**
     * What a sealed entry commits to.
     *
     * @param event the event's canonical bytes, as text
     * @param salt in base64
     */
    public record Opened(String event, String salt) {

        public Opened {
            Objects.requireNonNull(event, "event");
            Objects.requireNonNull(salt, "salt");
        }
    }

    /**
     * A place of an event that the document is like.
     *
     * @param field JSON Pointer of a hash or of a fingerprint
     * @param likeness {@code exact}, {@code normalized} or {@code excerpt}
     */
    public record Match(String field, String likeness) {

        public Match {
            Objects.requireNonNull(field, "field");
            Objects.requireNonNull(likeness, "likeness");
        }
    }

    /**
     * Puts together what proves the result of a search.
     *
     * @param keys of logs and witnesses; those that signed a checkpoint are taken in
     * @param timestamps of the trail
     * @param subjects what opens its sealed events
     */
    public static EvidenceBundle of(
            DocumentSearch.Result result,
            Document document,
            Selection range,
            List<VerifierKey> keys,
            Timestamps timestamps,
            Subjects subjects,
            Instant now)
            throws IOException, TokenException, EventFormatException {
        final Map<String, LogReader> logs = new LinkedHashMap<>();
        final List<Leaf> events = new ArrayList<>();
        for (final Sighting sighting : result.sightings()) {
            events.add(leaf(
                    sighting.logged(),
                    result,
                    subjects,
                    logs,
                    sighting.matches().stream()
                            .map(match -> new Match(match.field(), name(match.likeness())))
                            .toList()));
        }
        final List<Leaf> gaps = new ArrayList<>();
        for (final LoggedEvent gap : result.gaps()) {
            gaps.add(leaf(gap, result, subjects, logs, List.of()));
        }
        final List<Log> proven = new ArrayList<>();
        for (final LogReader reader : logs.values()) {
            proven.add(log(reader, keys, stamped(reader, events, timestamps)));
        }
        return new EvidenceBundle(
                FORMAT,
                now.toString(),
                document.digests(),
                new Searched(
                        range.since().map(Instant::toString).orElse(null),
                        range.until().map(Instant::toString).orElse(null),
                        range.workload().orElse(null),
                        result.invocations(),
                        result.parts(),
                        result.blind(),
                        result.notCompared()),
                proven,
                events,
                gaps);
    }

    private static Leaf leaf(
            LoggedEvent logged,
            DocumentSearch.Result result,
            Subjects subjects,
            Map<String, LogReader> logs,
            List<Match> matches)
            throws IOException, EventFormatException {
        final LogReader reader = Objects.requireNonNull(result.readers().get(logged.log()), "it was read");
        final Checkpoint checkpoint = reader.checkpoint();
        logs.putIfAbsent(checkpoint.origin(), reader);
        final byte[] entry = reader.entry(logged.leaf());
        return new Leaf(
                checkpoint.origin(),
                logged.leaf(),
                new String(entry, StandardCharsets.UTF_8),
                base64(reader.inclusionProof(logged.leaf()).path()),
                opened(subjects.read(entry)),
                matches);
    }

    private static @Nullable Opened opened(Subjects.Content content) {
        return content instanceof Subjects.Open(byte[] json, Optional<byte[]> salt) && salt.isPresent()
                ? new Opened(
                        new String(json, StandardCharsets.UTF_8),
                        Base64.getEncoder().encodeToString(salt.get()))
                : null;
    }

    /** The first timestamp over an event is closest to it; the last one can be checked for longest. */
    private static List<Stamped> stamped(LogReader reader, List<Leaf> events, Timestamps timestamps)
            throws IOException, TokenException {
        final String origin = reader.checkpoint().origin();
        final Set<Timestamps.Stamp> chosen = new LinkedHashSet<>();
        for (final Leaf event : events) {
            if (event.log().equals(origin)) {
                timestamps
                        .firstOver(origin, event.index())
                        .filter(stamp -> stamp.size() <= reader.size())
                        .ifPresent(chosen::add);
            }
        }
        timestamps.of(origin).stream()
                .filter(stamp -> stamp.size() <= reader.size()) // else what it was of was cut off
                .reduce((a, b) -> b)
                .filter(stamp -> stamp.size() >= reader.firstIndex()) // else what it was of has expired
                .ifPresent(chosen::add);
        final List<Stamped> stamped = new ArrayList<>();
        for (final Timestamps.Stamp stamp : chosen) {
            final Timestamp timestamp = timestamps.timestamp(stamp);
            stamped.add(new Stamped(
                    timestamp.checkpoints().get(stamp.index()),
                    base64(reader.consistencyProof(stamp.size()).path()),
                    timestamp.statement(),
                    stamp.index(),
                    base64(timestamp.path(stamp.index())),
                    timestamp.token()));
        }
        return stamped;
    }

    private static List<String> base64(List<Hash> hashes) {
        return hashes.stream().map(Hash::base64).toList();
    }

    private static Log log(LogReader reader, List<VerifierKey> keys, List<Stamped> timestamps) {
        final Checkpoint checkpoint = reader.checkpoint();
        final List<VerifierKey> candidates = new ArrayList<>(reader.statedKeys());
        candidates.addAll(keys);
        return new Log(
                checkpoint.origin(),
                checkpoint.note().toString(),
                candidates.stream()
                        .distinct()
                        .filter(key -> checkpoint.note().signatures().stream().anyMatch(key::matches))
                        .map(VerifierKey::toString)
                        .toList(),
                reader.successions().stream()
                        .map(succession -> succession.at().note().toString())
                        .toList(),
                timestamps);
    }

    /** As bundles write it. */
    static String name(Likeness likeness) {
        return switch (likeness) {
            case Likeness.Exact exact -> "exact";
            case Likeness.Normalized normalized -> "normalized";
            case Likeness.Excerpt excerpt -> "excerpt";
            case Likeness.None none -> throw new IllegalArgumentException("nothing in common is no match");
            case Likeness.Unknown unknown -> throw new IllegalArgumentException("what is not known is no match");
        };
    }
}
