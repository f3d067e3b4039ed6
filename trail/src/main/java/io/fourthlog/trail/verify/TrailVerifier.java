package io.fourthlog.trail.verify;

import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.SealedEvent;
import io.fourthlog.actionlog.log.Finding;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogVerifier;
import io.fourthlog.actionlog.log.SignatureType;
import io.fourthlog.actionlog.log.VerificationReport;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.reading.Subjects;
import io.fourthlog.trail.reading.Trail;
import io.fourthlog.trail.reading.TrailLog;
import io.fourthlog.trail.reading.TrailScan;
import io.fourthlog.trail.timestamp.Timestamps;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Recomputes every log of a trail from its bytes. Keys that the user gives are trusted; without any, those that stand beside
 * the logs are, which proves that each log is whole, but not whose it is.
 */
public final class TrailVerifier {

    private static final Pattern EVENT_ID =
            Pattern.compile("\"event_id\":\"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\"");
    private static final int MAX_NAMED = 100; // findings for which the event is looked up

    private final Trail trail;
    private final List<VerifierKey> given;
    private final Timestamps timestamps;
    private final Subjects subjects;

    /**
     * Prepares to verify.
     *
     * @param given keys of logs and of witnesses; may be none
     * @param timestamps of the trail; read before, since the logs go on growing
     * @param subjects what opens its sealed events
     */
    public TrailVerifier(Trail trail, List<VerifierKey> given, Timestamps timestamps, Subjects subjects) {
        this.trail = trail;
        this.given = List.copyOf(given);
        this.timestamps = timestamps;
        this.subjects = subjects;
    }

    /** Verifies a log, whatever is in its files. */
    public LogVerdict verify(TrailLog log, LongConsumer progress) {
        try {
            return verified(log, progress);
        } catch (RuntimeException e) { // one log's files do not keep the others from being verified
            final Finding unread = new Finding(Finding.Kind.MALFORMED, null, "", "it cannot be verified: " + e);
            return new LogVerdict(
                    log.name(),
                    new VerificationReport(null, 0, null, List.of(), List.of(unread), List.of(), List.of()),
                    false,
                    Optional.empty(),
                    Map.of(),
                    0,
                    Map.of(),
                    List.of(),
                    Map.of());
        }
    }

    private LogVerdict verified(TrailLog log, LongConsumer progress) {
        final boolean pinned = given.stream().anyMatch(key -> key.type() == SignatureType.ED25519);
        final VerificationReport report = LogVerifier.verifyEvents(log.directory(), trusted(log, pinned), progress);
        final Stamps stamps = stamps(log, report);
        final Contents contents = contents(log, report);
        final VerificationReport all =
                report.and(misplaced(log, report)).and(stamps.broken).and(contents.findings);
        return new LogVerdict(
                log.name(),
                all,
                pinned,
                cosigned(log, report),
                contents.blindSpots,
                contents.opened,
                contents.closed,
                stamps.held,
                eventIds(log, all.findings()));
    }

    /**
     * What stamps say of a log that holds.
     *
     * @param held of trees that it has; those that end within what expired cannot be checked any more, and are left out
     * @param broken of trees that it never had, or has no more
     */
    private record Stamps(List<Timestamps.Stamp> held, List<Finding> broken) {}

    private Stamps stamps(TrailLog log, VerificationReport report) {
        final Stamps stamps = new Stamps(new ArrayList<>(), new ArrayList<>());
        if (!report.holds()) {
            return stamps; // what does not hold proves nothing
        }
        final LogReader reader;
        try {
            reader = LogReader.open(log.directory());
        } catch (IOException e) {
            throw new UncheckedIOException("a log that was just verified cannot be opened", e);
        }
        for (final Timestamps.Stamp stamp : timestamps.of(String.valueOf(report.origin())).stream()
                .filter(stamp -> stamp.size() >= reader.firstIndex())
                .toList()) {
            try {
                if (stamp.size() > reader.size()) {
                    stamps.broken.add(broken(
                            stamp,
                            "it was of " + stamp.size() + " leaves, and has " + reader.size()
                                    + ": the rest was cut off"));
                } else if (!reader.rootAt(stamp.size()).equals(stamp.root())) {
                    stamps.broken.add(broken(stamp, "its first " + stamp.size() + " leaves were others"));
                } else {
                    stamps.held.add(stamp);
                }
            } catch (IOException e) {
                stamps.broken.add(broken(stamp, "and what it was of cannot be read: " + e.getMessage()));
            }
        }
        return stamps;
    }

    private Finding broken(Timestamps.Stamp stamp, String what) {
        return new Finding(
                Finding.Kind.TIMESTAMP,
                null,
                timestamps.file(stamp),
                "at " + stamp.token().at() + ", says " + stamp.token().authority() + ", " + what);
    }

    /** How many leaves the log says it has, to show how far the verification is; 0 when it cannot be read. */
    public static long statedSize(TrailLog log) {
        try {
            return LogReader.open(log.directory()).size();
        } catch (IOException e) {
            return 0; // the verifier says why
        }
    }

    /** A whole log in the place of another one. */
    private List<Finding> misplaced(TrailLog log, VerificationReport report) {
        final String origin = report.origin();
        if (origin == null
                || origin.equals(log.name())
                || !new TrailFolder(trail.directory())
                        .logs()
                        .equals(log.directory().getParent())) {
            return List.of();
        }
        return List.of(
                new Finding(Finding.Kind.IDENTITY, null, "checkpoint", "the log in this place calls itself " + origin));
    }

    /**
     * What says that there is a log which is not in the trail: a key of it that was given, or a stamp. The folder of a single log
     * need not have others.
     *
     * @param verdicts of all logs of the trail
     */
    public List<Finding> absent(List<LogVerdict> verdicts) {
        final TrailFolder folder = new TrailFolder(trail.directory());
        if (!Files.isDirectory(folder.logs())) {
            return List.of();
        }
        final Set<String> present = new HashSet<>();
        for (final LogVerdict verdict : verdicts) {
            present.add(verdict.name());
            Optional.ofNullable(verdict.report().origin()).ifPresent(present::add);
        }
        final List<Finding> absent = new ArrayList<>();
        given.stream()
                .filter(key -> key.type() == SignatureType.ED25519)
                .map(VerifierKey::name)
                .distinct()
                .filter(name -> !present.contains(name))
                .forEach(name -> absent.add(new Finding(
                        Finding.Kind.MISSING,
                        null,
                        "logs/" + name,
                        "a key of this log was given, and it is not there")));
        timestamps.origins().stream()
                .filter(origin -> !present.contains(origin) && !came(folder, origin))
                .sorted()
                .forEach(origin -> {
                    final Timestamps.Stamp last = timestamps.of(origin).getLast();
                    absent.add(broken(last, origin + " was of " + last.size() + " leaves, and is not there"));
                });
        return absent;
    }

    /** Whether a log has come since the logs of the trail were listed. */
    private static boolean came(TrailFolder folder, String origin) {
        return LogName.parse(origin)
                .filter(name -> Files.exists(folder.log(name).resolve("checkpoint")))
                .isPresent();
    }

    private List<VerifierKey> trusted(TrailLog log, boolean pinned) {
        final List<VerifierKey> trusted = new ArrayList<>(given);
        if (!pinned) {
            trusted.addAll(stated(log));
        }
        if (given.stream().noneMatch(key -> key.type().isCosignature())) {
            trail.witness().ifPresent(trusted::add);
        }
        return trusted;
    }

    private static List<VerifierKey> stated(TrailLog log) {
        try {
            return LogReader.open(log.directory()).statedKeys();
        } catch (IOException e) {
            return List.of(); // the verifier says what is wrong with the files, and that no key is trusted
        }
    }

    private static Optional<Instant> cosigned(TrailLog log, VerificationReport report) {
        try {
            return LogReader.open(log.directory()).checkpoint().note().cosignedAt(report.signers());
        } catch (IOException e) {
            return Optional.empty(); // as above
        }
    }

    /** What is in the entries of a log. */
    private static final class Contents {
        private final Map<String, Integer> blindSpots = new TreeMap<>();
        private final Map<String, Integer> closed = new TreeMap<>();
        private final List<Finding> findings = new ArrayList<>();
        private int opened;

        void found(long leaf, String message) {
            if (findings.size() < MAX_NAMED) {
                findings.add(new Finding(Finding.Kind.SEALED, leaf, "", message));
            }
        }
    }

    private Contents contents(TrailLog log, VerificationReport report) {
        final Contents contents = new Contents();
        try {
            LogReader.open(log.directory()).forEachEvent(0, (leaf, entry) -> {
                try {
                    switch (subjects.read(entry)) {
                        case Subjects.Open open -> open(open, contents);
                        case Subjects.Closed closed -> close(leaf, closed, contents);
                    }
                } catch (EventFormatException e) {
                    if (SealedEvent.looksSealed(entry)) { // of others, the verifier of the log has a finding
                        contents.found(leaf, String.valueOf(e.getMessage()));
                    }
                } catch (IOException e) {
                    contents.found(leaf, "its key cannot be read: " + e.getMessage());
                }
            });
        } catch (IOException e) {
            if (report.holds()) { // else that says what is wrong with the files
                contents.findings.add(new Finding(
                        Finding.Kind.MALFORMED, null, "", "its entries cannot be read to the end: " + e.getMessage()));
            }
        }
        return contents;
    }

    private static void open(Subjects.Open open, Contents contents) throws EventFormatException {
        contents.opened += open.salt().isPresent() ? 1 : 0;
        if (TrailScan.mayBeGap(open.json())
                && EventCodec.decode(open.json()) instanceof ErrorEvent error
                && TrailScan.isGap(error)) {
            contents.blindSpots.merge(error.errorClass(), 1, Integer::sum);
        }
    }

    private void close(long leaf, Subjects.Closed closed, Contents contents) throws IOException {
        contents.closed.merge(closed.why(), 1, Integer::sum);
        final String key = closed.event().subjectKey();
        if (closed.erased().isEmpty() && closed.expected()) {
            contents.found(leaf, "the key " + key + " is missing, and no erasure is recorded");
        } else if (closed.erased().isPresent() && subjects.holds(key)) {
            contents.found(
                    leaf,
                    "the key " + key
                            + " is recorded as destroyed, and is still there: the collector destroys it when it"
                            + " starts");
        }
    }

    private static Map<Long, UUID> eventIds(TrailLog log, List<Finding> findings) {
        final Map<Long, UUID> ids = new HashMap<>();
        for (final Finding finding : findings) {
            final Long leaf = finding.leafIndex();
            if (leaf != null && ids.size() < MAX_NAMED) {
                eventId(log, leaf).ifPresent(id -> ids.put(leaf, id));
            }
        }
        return ids;
    }

    /** What a leaf says it is; it may be the very thing that was altered. */
    private static Optional<UUID> eventId(TrailLog log, long leaf) {
        try {
            final byte[] entry = LogReader.open(log.directory()).entry(leaf);
            final Matcher id = EVENT_ID.matcher(new String(entry, StandardCharsets.ISO_8859_1));
            return id.find() ? Optional.of(UUID.fromString(id.group(1))) : Optional.empty();
        } catch (IOException | IndexOutOfBoundsException e) {
            return Optional.empty(); // it cannot be read
        }
    }
}
