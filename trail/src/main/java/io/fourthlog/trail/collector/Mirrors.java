package io.fourthlog.trail.collector;

import io.fourthlog.actionlog.event.EntryHead;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.log.AcceptResult;
import io.fourthlog.actionlog.log.Contradiction;
import io.fourthlog.actionlog.log.DurableFile;
import io.fourthlog.actionlog.log.LogCorruptException;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.MirrorLog;
import io.fourthlog.actionlog.log.OtherWitness;
import io.fourthlog.actionlog.log.PublishedLog;
import io.fourthlog.actionlog.log.SigningKey;
import io.fourthlog.actionlog.log.Tombstone;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.proof.EvidenceFolder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All logs of a trail as their witness keeps them: takes batches into them, and keeps evidence of contradictions. */
final class Mirrors implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Mirrors.class);

    private static final int MAX_LOGS_OF_A_NAMESPACE =
            4 * 5_000; // retention classes, and nodes in the largest cluster that Kubernetes supports
    private static final Duration HEARD = Duration.ofDays(7); // for which a sensor's last word on the time counts
    private static final int MAX_OPEN = 256; // each keeps its last, partial entry bundle in memory

    private final TrailFolder folder;
    private final FileChannel lock;
    private final SigningKey witness;
    private final SigningKey lastingWitness; // ML-DSA-44
    private final List<OtherWitness> elsewhere;
    private final Clock clock;
    private final Map<LogName, LogState> states = new ConcurrentHashMap<>();
    private final LinkedHashMap<LogName, Mirror> open = new LinkedHashMap<>(16, 0.75f, true); // least recent first
    private final Map<String, Integer> namespaces = new HashMap<>(); // logs of each; guarded by open, as it is itself

    /** A mirror that may be open, and how many want it to be. */
    private static final class Mirror {
        private int users; // guarded by open
        private @Nullable MirrorLog log; // guarded by this
    }

    private Mirrors(
            TrailFolder folder,
            FileChannel lock,
            SigningKey witness,
            SigningKey lastingWitness,
            List<OtherWitness> elsewhere,
            Clock clock) {
        this.folder = folder;
        this.lock = lock;
        this.witness = witness;
        this.lastingWitness = lastingWitness;
        this.elsewhere = List.copyOf(elsewhere);
        this.clock = clock;
    }

    /**
     * Opens a trail's folder for writing, or makes one with a new witness key.
     *
     * @param witnessName the name of a new witness key
     * @param elsewhere other people's witnesses that are asked to cosign as well
     * @throws UsageException when the folder cannot be used
     */
    static Mirrors open(Path directory, String witnessName, List<OtherWitness> elsewhere, Clock clock)
            throws UsageException {
        final TrailFolder folder = new TrailFolder(directory);
        try {
            DurableFile.createFolders(folder.logs());
        } catch (IOException e) {
            throw unusable(directory, e);
        }
        final FileChannel lock = lock(folder);
        try {
            final SigningKey witness = key(
                    folder.witnessKey(), folder.witnessVerifierKey(), () -> SigningKey.generateWitness(witnessName));
            final SigningKey lasting = key(
                    folder.lastingWitnessKey(),
                    folder.lastingWitnessVerifierKey(),
                    () -> SigningKey.generateMlDsaWitness(witness.verifierKey().name()));
            final Mirrors mirrors = new Mirrors(folder, lock, witness, lasting, elsewhere, clock);
            for (final LogName name : folder.names()) {
                mirrors.find(name);
                mirrors.namespaces.merge(name.namespace(), 1, Integer::sum);
            }
            return mirrors;
        } catch (IOException | IllegalArgumentException e) {
            try {
                lock.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw unusable(directory, e);
        }
    }

    private static UsageException unusable(Path directory, Exception e) {
        return new UsageException(
                "cannot use " + directory + " for the trail: " + e + "; give --dir a folder that this user can write",
                e);
    }

    private static FileChannel lock(TrailFolder folder) throws UsageException {
        try {
            final FileChannel channel =
                    FileChannel.open(folder.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                if (channel.tryLock() != null) {
                    return channel;
                }
            } catch (OverlappingFileLockException e) {
                LOG.debug("locked in this very process", e);
            }
            channel.close();
        } catch (IOException e) {
            throw unusable(folder.directory(), e);
        }
        throw new UsageException(
                folder.directory() + " is in use by another collector: stop that one, or give --dir another folder");
    }

    private static SigningKey key(Path file, Path verifierFile, Supplier<SigningKey> generate) throws IOException {
        final SigningKey key;
        if (Files.exists(file)) {
            key = SigningKey.load(file);
        } else {
            key = generate.get();
            key.store(file);
        }
        Files.writeString(verifierFile, key.verifierKey() + "\n");
        return key;
    }

    /** One that cannot be used is no reason to turn away the others. */
    private void find(LogName name) {
        try {
            recover(name);
            states.put(name, stateOnDisk(name));
        } catch (IOException e) {
            LOG.error("{} is left as it is: {}", name, e.toString());
        }
    }

    /** Readers are served the files of a log before its sensor pushes again, so they must not be as a crash left them. */
    private void recover(LogName name) throws IOException {
        if (!MirrorLog.wasClosed(folder.log(name))) {
            try {
                openLog(name).close();
            } catch (LogCorruptException e) {
                LOG.error("{} is left as it is: {}", name, e.getMessage());
            }
        }
    }

    private LogState stateOnDisk(LogName name) throws IOException {
        final LogReader log = LogReader.open(folder.log(name));
        return new LogState(
                log.size(),
                log.firstIndex(),
                Optional.empty(),
                Optional.empty(),
                evidence(name).count());
    }

    /** The public key of the witness. */
    VerifierKey witness() {
        return witness.verifierKey();
    }

    /** Its public ML-DSA-44 key. */
    VerifierKey lastingWitness() {
        return lastingWitness.verifierKey();
    }

    /** What is known of each log that has a checkpoint. */
    SortedMap<LogName, LogState> states() {
        return new TreeMap<>(states);
    }

    /** A file that readers of a log need. */
    byte[] published(LogName name, String file) throws IOException {
        return PublishedLog.read(folder.log(name), file);
    }

    /** What a log was caught in. */
    EvidenceFolder evidence(LogName name) {
        return new EvidenceFolder(folder.evidence(name));
    }

    /**
     * What became of a batch.
     *
     * @param size how many events the log has now
     * @param added how many of them are new
     * @param bytes of those that are new
     */
    record Taken(AcceptResult result, long size, long added, long bytes) {}

    /**
     * Takes a batch into a log.
     *
     * @param presentedBy who pushed it, for the evidence
     * @throws RefusedException when the log is one too many, or its folder is damaged
     * @throws IOException when the disk does not take it
     */
    Taken accept(LogName name, Batch batch, String presentedBy) throws RefusedException, IOException {
        if (!batch.key().name().equals(name.name())) {
            throw new RefusedException(
                    Refusal.UNTRUSTED, "the key is of the log " + batch.key().name() + ", not of " + name);
        }
        final Mirror mirror = acquire(name);
        try {
            synchronized (mirror) {
                final MirrorLog log = opened(name, mirror);
                final long before = log.size();
                final AcceptResult result = log.accept(
                        batch.first(), batch.entries(), batch.checkpoint(), batch.from(), batch.successions());
                switch (result) {
                    case AcceptResult.Accepted accepted ->
                        states.merge(name, pushed(name, log.size(), batch), LogState::followedBy);
                    case AcceptResult.Conflict(Contradiction found) -> caught(name, found, presentedBy);
                    case AcceptResult.Stale stale -> {}
                    case AcceptResult.Refused refused ->
                        LOG.warn("{} from {} is refused: {}", name, presentedBy, refused.message());
                }
                final int added = (int) (log.size() - before);
                final long bytes =
                        batch
                                .entries()
                                .subList(
                                        batch.entries().size() - added,
                                        batch.entries().size())
                                .stream()
                                .mapToLong(entry -> entry.length)
                                .sum();
                return new Taken(result, log.size(), added, bytes);
            }
        } finally {
            release(mirror);
        }
    }

    private LogState pushed(LogName name, long size, Batch batch) throws IOException {
        return new LogState(
                size,
                0,
                Optional.of(clock.instant()),
                newestEvent(batch.entries()),
                evidence(name).count());
    }

    /** The time of the last event; the very last entry may be how a key handed over. */
    private static Optional<Instant> newestEvent(List<byte[]> entries) {
        for (int i = entries.size() - 1; i >= Math.max(0, entries.size() - 2); i--) {
            try {
                return Optional.of(EntryHead.of(entries.get(i)).ts());
            } catch (EventFormatException e) {
                LOG.debug("entry {} of a batch is no event", i, e);
            }
        }
        return Optional.empty();
    }

    /**
     * What time it is by the sensors' clocks: the median of the newest events of all sensors that pushed in the last week and since the
     * start; empty while none did. A clock of one node that is wrong does not move it, nor does this machine's.
     */
    Optional<Instant> sensorsTime() {
        final Instant lately = clock.instant().minus(HEARD);
        final Map<String, Instant> newest = new HashMap<>();
        states.forEach((name, state) -> {
            if (state.lastPush().filter(lately::isBefore).isPresent()) {
                state.newestEvent()
                        .ifPresent(time -> newest.merge(name.sensor(), time, (a, b) -> a.isBefore(b) ? b : a));
            }
        });
        final List<Instant> times = newest.values().stream().sorted().toList();
        return times.isEmpty() ? Optional.empty() : Optional.of(times.get((times.size() - 1) / 2));
    }

    /**
     * Drops the entries of days that have expired, and leaves a tombstone.
     *
     * @param end index of the leaf with which the last of these days ended
     */
    Tombstone expire(LogName name, long end, Tombstone.Why why) throws RefusedException, IOException {
        final Mirror mirror = acquire(name);
        try {
            synchronized (mirror) {
                final Tombstone tombstone = opened(name, mirror).expire(end, why);
                states.computeIfPresent(name, (same, state) -> state.withExpired(tombstone.end()));
                return tombstone;
            }
        } finally {
            release(mirror);
        }
    }

    /** The trail's folder. */
    TrailFolder folder() {
        return folder;
    }

    /** The folder of a log. */
    Path directory(LogName name) {
        return folder.log(name);
    }

    private void caught(LogName name, Contradiction found, String presentedBy) throws IOException {
        LOG.error("{} contradicts its past, as {} pushed it: {}", name, presentedBy, found.message());
        evidence(name).keep(found, presentedBy, clock.instant());
        final int kept = evidence(name).count();
        states.computeIfPresent(name, (same, state) -> state.withConflicts(kept));
    }

    private MirrorLog opened(LogName name, Mirror mirror) throws RefusedException, IOException {
        final MirrorLog usable = mirror.log;
        if (usable != null) {
            return usable;
        }
        try {
            final MirrorLog log = openLog(name);
            mirror.log = log;
            return log;
        } catch (LogCorruptException e) {
            LOG.error("{} takes nothing: {}", name, e.getMessage());
            throw new RefusedException(Refusal.STORAGE, "the collector's copy of " + name + " is damaged");
        }
    }

    private MirrorLog openLog(LogName name) throws IOException {
        final MirrorLog log = MirrorLog.open(folder.log(name), witness, List.of(lastingWitness), elsewhere, clock);
        if (!log.recovered().clean()) {
            LOG.warn("{} was put right after a crash: {}", name, log.recovered());
        }
        return log;
    }

    private Mirror acquire(LogName name) throws RefusedException, IOException {
        synchronized (open) {
            Mirror mirror = open.get(name);
            if (mirror == null) {
                if (!Files.isDirectory(folder.log(name))
                        && namespaces.merge(name.namespace(), 1, Integer::sum) > MAX_LOGS_OF_A_NAMESPACE) {
                    namespaces.merge(name.namespace(), -1, Integer::sum);
                    throw new RefusedException(
                            Refusal.FORBIDDEN,
                            "the namespace " + name.namespace() + " has " + MAX_LOGS_OF_A_NAMESPACE + " logs already");
                }
                makeRoom();
                mirror = new Mirror();
                open.put(name, mirror);
            }
            mirror.users++;
            return mirror;
        }
    }

    private void release(Mirror mirror) {
        synchronized (open) {
            mirror.users--;
        }
    }

    private void makeRoom() throws IOException {
        final Iterator<Mirror> leastRecent = open.values().iterator();
        while (open.size() >= MAX_OPEN && leastRecent.hasNext()) {
            final Mirror mirror = leastRecent.next();
            if (mirror.users == 0) {
                leastRecent.remove();
                close(mirror);
            }
        }
    }

    private static void close(Mirror mirror) throws IOException {
        synchronized (mirror) {
            if (mirror.log != null) {
                mirror.log.close();
            }
        }
    }

    /** Why nothing can be written at present; empty when it can. */
    List<String> obstacles() {
        final Path probe = folder.directory().resolve("probe");
        try {
            Files.writeString(probe, "can this folder be written?\n");
            Files.delete(probe);
            return List.of();
        } catch (IOException e) {
            return List.of("cannot write to " + folder.directory() + ": " + e);
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (open) {
            for (final Mirror mirror : open.values()) {
                close(mirror);
            }
            open.clear();
        }
        lock.close();
    }
}
