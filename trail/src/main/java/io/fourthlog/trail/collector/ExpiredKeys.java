package io.fourthlog.trail.collector;

import static java.util.Objects.requireNonNull;

import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.SealedEvent;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.Tombstone;
import io.fourthlog.trail.erasure.Eraser;
import io.fourthlog.trail.erasure.StoredKey;
import io.fourthlog.trail.erasure.SubjectKeyFolder;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.TrailFolder;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Destroys the keys of subjects whose events have expired, so that a copy that somebody kept is closed as well. A key goes when events
 * of its sensor have expired that are younger than its day, and no leaf that is left in any log of that sensor names it. Nothing
 * records it: nobody has a use for the key, and the record would keep the workload's name.
 *
 * <p>For one thread.
 */
final class ExpiredKeys {

    private static final Logger LOG = LoggerFactory.getLogger(ExpiredKeys.class);

    private static final Duration DAY = Duration.ofDays(1); // for which a sensor uses a key at most

    private final TrailFolder folder;
    private final SubjectKeyFolder keys;
    private final Eraser eraser;
    private final Map<String, Leaf> inUse =
            new HashMap<>(); // by key, so that logs are read again only when that is gone

    /** A leaf that names a key. */
    private record Leaf(LogName log, long index) {}

    ExpiredKeys(TrailFolder folder, Clock clock) {
        this.folder = folder;
        this.keys = new SubjectKeyFolder(folder.subjectKeys());
        this.eraser = new Eraser(folder, clock);
    }

    /** Destroys those that are of no use any more; how many. What cannot be read keeps the keys of its sensor. */
    int destroy() throws IOException {
        final Map<String, Map<LogName, LogReader>> sensors = new TreeMap<>();
        final Set<String> unreadable = new HashSet<>();
        for (final LogName log : folder.names()) {
            try {
                sensors.computeIfAbsent(log.sensor(), _ -> new TreeMap<>()).put(log, LogReader.open(folder.log(log)));
            } catch (IOException e) {
                LOG.error("the keys of {} stay: cannot read {}: {}", log.sensor(), log, e.toString());
                unreadable.add(log.sensor());
            }
        }
        sensors.keySet().removeAll(unreadable);
        sensors.values()
                .removeIf(logs ->
                        logs.values().stream().allMatch(log -> log.tombstones().isEmpty()));
        if (sensors.isEmpty()) {
            return 0; // as in most trails: then no key is read for it
        }
        final Map<String, Set<String>> old = new TreeMap<>();
        for (final StoredKey key : keys.all()) {
            final Map<LogName, LogReader> logs = sensors.get(key.sensor());
            if (logs != null && mayBeOver(key, logs)) {
                old.computeIfAbsent(key.sensor(), _ -> new HashSet<>())
                        .add(key.key().id());
            }
        }
        final List<String> unused = new ArrayList<>();
        old.forEach((sensor, ids) -> {
            try {
                unused.addAll(unused(ids, requireNonNull(sensors.get(sensor), "its keys are old")));
            } catch (IOException e) {
                LOG.error("the keys of {} stay: cannot tell which of them are in use: {}", sensor, e.toString());
            }
        });
        eraser.drop(unused);
        return unused.size();
    }

    /** Whether events that are younger than this key's have expired, and no leaf is known to be there that names it. */
    private boolean mayBeOver(StoredKey key, Map<LogName, LogReader> logs) {
        final Instant over = key.from().plus(DAY);
        final Leaf leaf = inUse.get(key.key().id());
        final LogReader named = leaf == null ? null : logs.get(leaf.log());
        return (leaf == null || named == null || leaf.index() < named.firstIndex())
                && logs.values().stream()
                        .flatMap(log -> log.tombstones().stream())
                        .map(Tombstone::why)
                        .anyMatch(why -> why.until().isAfter(over));
    }

    /** Those of these keys that no leaf names; of the others, the last leaf that does is noted. */
    private Set<String> unused(Set<String> ids, Map<LogName, LogReader> logs) throws IOException {
        inUse.keySet().removeAll(ids);
        for (final Map.Entry<LogName, LogReader> log : logs.entrySet()) {
            log.getValue().forEach(0, (leaf, entry) -> {
                final String id = SealedEvent.looksSealed(entry) ? keyOf(log.getKey(), leaf, entry) : "";
                if (ids.contains(id)) {
                    inUse.put(id, new Leaf(log.getKey(), leaf));
                }
            });
        }
        final Set<String> unused = new HashSet<>(ids);
        unused.removeAll(inUse.keySet());
        return unused;
    }

    private static String keyOf(LogName log, long leaf, byte[] entry) throws IOException {
        try {
            return SealedEvent.parse(entry).subjectKey();
        } catch (EventFormatException e) {
            throw new IOException("leaf " + leaf + " of " + log + " is not sealed as it should be", e);
        }
    }
}
