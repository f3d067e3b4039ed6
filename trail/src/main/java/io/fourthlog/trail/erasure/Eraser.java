package io.fourthlog.trail.erasure;

import io.fourthlog.actionlog.log.DurableFile;
import io.fourthlog.actionlog.log.SigningKey;
import io.fourthlog.trail.Globs;
import io.fourthlog.trail.folder.NumberedFiles;
import io.fourthlog.trail.folder.TrailFolder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Takes keys into a trail's folder and destroys them. The record is signed and durable before the first key is destroyed: a crash
 * leaves keys that are recorded as destroyed, which nobody uses any more and the next start destroys.
 *
 * <p>Everything happens under one lock of the folder, so that a key that was destroyed does not come back with a sensor that sends it
 * again.
 */
public final class Eraser {

    private static final Object WITHIN_PROCESS = new Object(); // a file lock is between processes

    private final TrailFolder folder;
    private final SubjectKeyFolder keys;
    private final SubjectKeyFolder.Step step;
    private final Clock clock;

    public Eraser(TrailFolder folder, Clock clock) {
        this(folder, clock, action -> {});
    }

    Eraser(TrailFolder folder, Clock clock, SubjectKeyFolder.Step step) {
        this.folder = folder;
        this.keys = new SubjectKeyFolder(folder.subjectKeys(), step);
        this.step = step;
        this.clock = clock;
    }

    /**
     * What would be erased.
     *
     * @param keys by workload and time
     * @param held workloads of them that must not be erased, with who says so
     */
    public record Plan(List<StoredKey> keys, Map<String, String> held) {

        public Plan {
            keys = List.copyOf(keys);
            held = Map.copyOf(held);
        }
    }

    @FunctionalInterface
    private interface Action<R> {
        R run() throws IOException;
    }

    private <R> R locked(Action<R> action) throws IOException {
        synchronized (WITHIN_PROCESS) {
            DurableFile.createFolders(folder.subjectKeys());
            try (FileChannel channel = FileChannel.open(
                    folder.subjectKeys().resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.lock();
                return action.run();
            }
        }
    }

    /** What is recorded as destroyed. */
    public Erasures erasures() throws IOException {
        return Files.exists(folder.witnessKey())
                ? Erasures.read(folder.erasures(), List.of(witness().verifierKey()))
                : Erasures.none();
    }

    private SigningKey witness() throws IOException {
        return SigningKey.load(folder.witnessKey());
    }

    /**
     * Keeps keys, but for those that were destroyed. A key that is there stays as it came first: whoever sends may do so again.
     *
     * @return the ids under which other keys are there
     */
    public List<String> keep(List<StoredKey> fresh) throws IOException {
        return locked(() -> {
            final Erasures erased = erasures();
            final List<String> taken = new ArrayList<>();
            for (final StoredKey key : fresh) {
                final String id = key.key().id();
                if (erased.of(id).isPresent()) {
                    continue;
                }
                final Optional<StoredKey> known = keys.find(id);
                if (known.isEmpty()) {
                    keys.store(key);
                } else if (!known.get().sensor().equals(key.sensor())
                        || !Arrays.equals(known.get().key().bytes(), key.key().bytes())) {
                    taken.add(id);
                }
            }
            return taken;
        });
    }

    /** What erasing the workloads like this would destroy. */
    public Plan plan(String glob) throws IOException {
        final Predicate<String> asked = Globs.matcher(glob);
        final List<StoredKey> matching = new ArrayList<>();
        final Map<String, StoredKey> newest = new HashMap<>();
        for (final StoredKey key : keys.all()) {
            if (asked.test(key.workload())) {
                matching.add(key);
                newest.merge(key.workload(), key, (a, b) -> a.from().isAfter(b.from()) ? a : b);
            }
        }
        matching.sort(Comparator.comparing(StoredKey::workload).thenComparing(StoredKey::from));
        final Map<String, String> held = new HashMap<>();
        newest.forEach((workload, key) -> {
            if (key.legalHold()) {
                held.put(workload, "legalHold of its RetentionTier");
            }
        });
        for (final String line : holds()) {
            newest.keySet().stream()
                    .filter(Globs.matcher(line))
                    .forEach(workload -> held.put(workload, folder.legalHold() + ": " + line));
        }
        return new Plan(matching, held);
    }

    private List<String> holds() throws IOException {
        final Path file = folder.legalHold();
        return Files.exists(file)
                ? Files.readAllLines(file).stream()
                        .map(String::strip)
                        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                        .toList()
                : List.of();
    }

    /**
     * Destroys what a plan for the same workloads has now.
     *
     * @return what was destroyed
     * @throws LegalHoldException when some of it must not be erased; then nothing is
     */
    public List<StoredKey> erase(String glob, String reason) throws IOException, LegalHoldException {
        final Plan plan = locked(() -> {
            final Plan now = plan(glob);
            if (now.held().isEmpty()) {
                for (int i = 0; i < now.keys().size(); i += ErasureRecord.MAX_KEYS) {
                    record(
                            glob,
                            reason,
                            now.keys().subList(i, Math.min(now.keys().size(), i + ErasureRecord.MAX_KEYS)));
                }
                destroyRecorded();
            }
            return now;
        });
        if (!plan.held().isEmpty()) {
            throw new LegalHoldException(plan.held());
        }
        return plan.keys();
    }

    private void record(String glob, String reason, List<StoredKey> erased) throws IOException {
        final ErasureRecord record = new ErasureRecord(
                clock.instant().truncatedTo(ChronoUnit.SECONDS),
                glob,
                reason,
                erased.stream()
                        .map(key -> new ErasureRecord.Destroyed(key.key().id(), key.from(), key.workload()))
                        .toList());
        final NumberedFiles files = folder.erasures();
        step.before("record");
        files.write(
                files.last() + 1,
                witness().state(record.text(), clock.instant()).toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Destroys keys that open nothing any more; no record is needed of that. */
    public void drop(Collection<String> ids) throws IOException {
        locked(() -> {
            for (final String id : ids) {
                keys.destroy(id);
            }
            return true;
        });
    }

    /** Finishes what a crash cut off: destroys what is recorded as destroyed, and is still there. */
    public void finish() throws IOException {
        locked(() -> {
            keys.destroyUnfinished();
            destroyRecorded();
            return true;
        });
    }

    private void destroyRecorded() throws IOException {
        for (final Erasures.Erased erased : erasures().all()) {
            keys.destroy(erased.key().keyId());
        }
    }
}
