package io.fourthlog.trail.verify;

import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.log.Finding;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogVerifier;
import io.fourthlog.actionlog.log.NoteSignature;
import io.fourthlog.actionlog.log.SignatureType;
import io.fourthlog.actionlog.log.VerificationReport;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.reading.Trail;
import io.fourthlog.trail.reading.TrailLog;
import io.fourthlog.trail.reading.TrailScan;
import io.fourthlog.trail.timestamp.TimestampFolder;
import io.fourthlog.trail.timestamp.Timestamps;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

    /**
     * Prepares to verify.
     *
     * @param given keys of logs and of witnesses; may be none
     * @param timestamps of the trail; read before, since the logs go on growing
     */
    public TrailVerifier(Trail trail, List<VerifierKey> given, Timestamps timestamps) {
        this.trail = trail;
        this.given = List.copyOf(given);
        this.timestamps = timestamps;
    }

    /** Verifies a log. */
    public LogVerdict verify(TrailLog log, LongConsumer progress) {
        final boolean pinned = given.stream().anyMatch(key -> key.type() == SignatureType.ED25519);
        final VerificationReport report = LogVerifier.verifyEvents(log.directory(), trusted(log, pinned), progress);
        final List<Timestamps.Stamp> stamps = timestamps.of(String.valueOf(report.origin()));
        final List<Finding> broken =
                report.holds() ? broken(log, stamps) : List.of(); // what does not hold proves nothing
        return new LogVerdict(
                log.name(),
                report.and(broken),
                pinned,
                cosigned(log, report),
                blindSpots(log),
                report.holds() && broken.isEmpty() ? stamps : List.of(),
                eventIds(log, report.findings()));
    }

    /** Stamps of trees that this log never had, or has no more. */
    private static List<Finding> broken(TrailLog log, List<Timestamps.Stamp> stamps) {
        final List<Finding> broken = new ArrayList<>();
        try {
            final LogReader reader = LogReader.open(log.directory());
            for (final Timestamps.Stamp stamp : stamps) {
                final String what;
                if (stamp.size() > reader.size()) {
                    what = "it was of " + stamp.size() + " leaves, and has " + reader.size() + ": the rest was cut off";
                } else if (!reader.rootAt(stamp.size()).equals(stamp.root())) {
                    what = "its first " + stamp.size() + " leaves were others";
                } else {
                    continue;
                }
                broken.add(new Finding(
                        Finding.Kind.TIMESTAMP,
                        null,
                        "timestamps/" + TimestampFolder.name(stamp.number()),
                        "at " + stamp.token().at() + ", says " + stamp.token().authority() + ", " + what));
            }
        } catch (IOException e) {
            return broken; // of a log that holds, only what was pruned cannot be read: up to there
        }
        return broken;
    }

    /** How many leaves the log says it has, to show how far the verification is; 0 when it cannot be read. */
    public static long statedSize(TrailLog log) {
        try {
            return LogReader.open(log.directory()).size();
        } catch (IOException e) {
            return 0; // the verifier says why
        }
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
        final List<VerifierKey> witnesses = report.signers().stream()
                .filter(key -> key.type().isCosignature())
                .toList();
        try {
            return LogReader.open(log.directory()).checkpoint().note().signatures().stream()
                    .filter(signature -> witnesses.stream().anyMatch(key -> key.matches(signature)))
                    .map(NoteSignature::cosignedAt)
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty(); // as above
        }
    }

    private static Map<String, Integer> blindSpots(TrailLog log) {
        final Map<String, Integer> spots = new TreeMap<>();
        try {
            LogReader.open(log.directory()).forEach(0, (leaf, entry) -> {
                try {
                    if (TrailScan.mayBeGap(entry)
                            && EventCodec.decode(entry) instanceof ErrorEvent error
                            && TrailScan.isGap(error)) {
                        spots.merge(error.errorClass(), 1, Integer::sum);
                    }
                } catch (EventFormatException e) {
                    // the verifier has a finding for it
                }
            });
        } catch (IOException e) {
            return spots; // as above: up to where it can be read
        }
        return spots;
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
