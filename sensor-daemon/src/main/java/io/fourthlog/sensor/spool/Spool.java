package io.fourthlog.sensor.spool;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.EntryHead;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Gap;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.UuidV7;
import io.fourthlog.actionlog.log.Checkpoint;
import io.fourthlog.actionlog.log.ClosedDay;
import io.fourthlog.actionlog.log.DurableFile;
import io.fourthlog.actionlog.log.KeyFile;
import io.fourthlog.actionlog.log.KeySuccession;
import io.fourthlog.actionlog.log.LogFormatException;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.LogWriter;
import io.fourthlog.actionlog.log.RetentionClass;
import io.fourthlog.actionlog.log.SigningKey;
import io.fourthlog.actionlog.log.Tombstone;
import io.fourthlog.sensor.pipeline.EventSink;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the sensor's events to its log on the node's disk: the pipeline hands them over, a thread of the spool makes them
 * durable in groups and signs a checkpoint for each, and a shipper reads them from there.
 *
 * <pre>
 *  STATE/log.key              the log's private key; a new one every day, and the old one is destroyed
 *  STATE/log/                 the log, in tlog-tiles layout; {@link Sealer} has what is beside it
 *  STATE/keys/CLASS.key       the same for each retention class
 *  STATE/logs/SENSOR@CLASS/
 * </pre>
 *
 * <p>A day that is over, whose key is destroyed and whose events the collector has, goes from the node when the next one is over:
 * the tombstone says so.
 *
 * <p>While the disk takes nothing, events wait in memory up to a limit, and then the pipeline does: the kernel's ring then
 * overflows, and that is recorded as a gap.
 */
public final class Spool implements EventSink, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

    static final int BATCH = 4_096; // events in a commit, if they come faster than the interval
    private static final int BATCH_BYTES = 4 << 20; // and if they are large
    private static final Duration EPOCH = Duration.ofDays(1); // of a signing key
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1); // between commits
    private static final int TRACE_ID_BYTES = 16;

    private final Path directory;
    private final String name;
    private final LogWriter log;
    private final KeyFile keyFile;
    private final Sealer sealer;
    private final String sensorId;
    private final Clock clock;
    private final Runnable committed;
    private final Thread thread;

    private final Backlog backlog;
    private final ReentrantLock lock; // of the backlog
    private final Condition full;
    private boolean closing; // guarded by lock, as the obstacle is
    private @Nullable String obstacle;
    private volatile long acknowledged; // events that the collector has

    private Spool(
            Path directory,
            String name,
            LogWriter log,
            KeyFile keyFile,
            Sealer sealer,
            Backlog backlog,
            String sensorId,
            Clock clock,
            Runnable committed) {
        this.directory = directory;
        this.name = name;
        this.log = log;
        this.keyFile = keyFile;
        this.sealer = sealer;
        this.backlog = backlog;
        this.lock = backlog.lock();
        this.full = lock.newCondition();
        this.sensorId = sensorId;
        this.clock = clock;
        this.committed = committed;
        this.thread = Thread.ofPlatform().name("spool").unstarted(this::run);
    }

    /**
     * Opens the log of this sensor, or makes it with a new key. That nobody watched before, {@link Spools} records.
     *
     * @param state the sensor's folder on the node
     * @param sensorId name of the log
     * @param committed called after each commit, on the spool's thread
     * @throws IOException when the folder cannot be used, or holds the log of another sensor or one that is damaged
     */
    public static Spool open(Path state, String sensorId, Clock clock, Runnable committed) throws IOException {
        return open(state, sensorId, Sealer.open(state, clock), new Backlog(), clock, committed);
    }

    /** The same with a sealer and a backlog that other logs share. */
    static Spool open(Path state, String sensorId, Sealer sealer, Backlog backlog, Clock clock, Runnable committed)
            throws IOException {
        return open(
                state.resolve("log"),
                new KeyFile(state.resolve("log.key")),
                sealer,
                backlog,
                sensorId,
                sensorId,
                clock,
                committed);
    }

    /** Opens the log of a class of this sensor's events, or makes it. */
    static Spool open(
            Path state,
            String sensorId,
            RetentionClass kept,
            Sealer sealer,
            Backlog backlog,
            Clock clock,
            Runnable committed)
            throws IOException {
        final String name = sensorId + RetentionClass.SEPARATOR + kept;
        DurableFile.createFolders(state.resolve("keys"));
        return open(
                state.resolve("logs").resolve(name),
                new KeyFile(state.resolve("keys").resolve(kept + ".key")),
                sealer,
                backlog,
                name,
                sensorId,
                clock,
                committed);
    }

    private static Spool open(
            Path directory,
            KeyFile keyFile,
            Sealer sealer,
            Backlog backlog,
            String name,
            String sensorId,
            Clock clock,
            Runnable committed)
            throws IOException {
        DurableFile.createFolders(directory.resolveSibling("."));
        final SigningKey key;
        try {
            key = keyFile.load(directory, name);
        } catch (LogFormatException e) {
            throw damaged("the key of " + directory, e);
        }
        if (!key.verifierKey().name().equals(name)) {
            throw new IOException(directory + " belongs to the sensor "
                    + key.verifierKey().name() + ", and this is " + name + ": give each sensor a folder of its own");
        }
        final LogWriter log;
        try {
            log = LogWriter.open(directory, key);
        } catch (LogFormatException e) {
            throw damaged(directory.toString(), e);
        }
        if (!log.recovered().clean()) {
            LOG.warn("{} was put right after a crash: {}", name, log.recovered());
        }
        final Spool spool = new Spool(directory, name, log, keyFile, sealer, backlog, sensorId, clock, committed);
        backlog.add(log);
        spool.thread.start();
        return spool;
    }

    private static IOException damaged(String what, LogFormatException e) {
        return new IOException(
                what + " is damaged (" + e.getMessage()
                        + "): keep the sensor's folder as evidence, and give it a new one",
                e);
    }

    /** The log's name. */
    public String name() {
        return name;
    }

    /** The collector has so many events of the log, durably: those of days that are over need not stay on the node. */
    public void acknowledged(long size) {
        acknowledged = size;
    }

    /** The log's folder. */
    public Path directory() {
        return directory;
    }

    /** What seals the events of workloads whose tier says so. */
    public Sealer sealer() {
        return sealer;
    }

    /** The log's public key as a C2SP vkey. */
    public String verifierKey() {
        return log.verifierKey().toString();
    }

    /** The last checkpoint. */
    public Checkpoint checkpoint() {
        return log.checkpoint();
    }

    /** A checkpoint for the first {@code size} events. */
    public Checkpoint checkpoint(long size) throws IOException {
        return log.signPrefix(size);
    }

    /** How many events are in memory only. */
    public int waiting() {
        return log.pending();
    }

    /**
     * The file system that the log is on.
     *
     * @param size in bytes
     * @param free bytes that this process may still write
     */
    public record Disk(long size, long free) {}

    /** The file system that the log is on; empty while it cannot be asked. */
    public Optional<Disk> disk() {
        try {
            final FileStore store = Files.getFileStore(directory);
            return Optional.of(new Disk(store.getTotalSpace(), store.getUsableSpace()));
        } catch (IOException e) {
            LOG.debug("cannot ask the file system of {}", directory, e);
            return Optional.empty();
        }
    }

    /** Why nothing can be written at present. */
    public Optional<String> obstacle() {
        lock.lock();
        try {
            return Optional.ofNullable(obstacle);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes an event; waits while there is no room.
     *
     * @throws IllegalStateException after {@link #close}
     */
    @Override
    public void accept(Event event) {
        final byte[] bytes = encode(event);
        append(bytes.length <= LogWriter.MAX_ENTRY ? bytes : EventCodec.encode(tooLarge(event, bytes.length)));
    }

    /** Waits while the disk does not take the key that the event is sealed with. */
    private byte[] encode(Event event) {
        while (true) {
            try {
                return sealer.encode(event);
            } catch (IOException e) {
                awaitDisk("cannot keep the key of " + event.header().workloadId() + ": " + e);
            }
        }
    }

    private void awaitDisk(String failure) {
        lock.lock();
        try {
            if (!failure.equals(obstacle)) {
                LOG.error("{}; events wait until it can", failure);
            }
            obstacle = failure;
            long left = INTERVAL_NANOS;
            while (left > 0 && !closing) {
                left = backlog.room().awaitNanos(left);
            }
            if (closing) {
                throw new IllegalStateException("the spool is closed, and an event is lost: " + failure);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted, and an event is lost: " + failure, e);
        } finally {
            lock.unlock();
        }
    }

    private void append(byte[] event) {
        lock.lock();
        try {
            while (backlog.isFull() && !closing) {
                backlog.room().awaitUninterruptibly();
            }
            if (closing) {
                throw new IllegalStateException("the spool is closed");
            }
            log.append(event);
            if (isBatch()) {
                full.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isBatch() {
        return log.pending() >= BATCH || log.pendingBytes() >= BATCH_BYTES;
    }

    private void run() {
        boolean last = false;
        while (!last) {
            last = awaitBatch();
            commit();
        }
    }

    /** Waits until a batch is full or its time is over; true when there will be no other. */
    private boolean awaitBatch() {
        lock.lock();
        try {
            long left = INTERVAL_NANOS;
            while (left > 0 && !isBatch() && !closing) {
                left = full.awaitNanos(left);
            }
            return closing;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void commit() {
        final long before = log.checkpoint().size();
        @Nullable String failure = null;
        try {
            log.commit();
            if (log.checkpoint().size() > 0
                    && clock.instant().isAfter(keyFile.since().plus(EPOCH))) {
                keyFile.evolve(log);
                prune();
            }
        } catch (IOException e) {
            failure = "cannot write to " + directory + ": " + e.getMessage();
        }
        lock.lock();
        try {
            if (failure != null && !failure.equals(obstacle)) {
                LOG.error("{}; events wait in memory until it can", failure);
            }
            obstacle = failure;
            backlog.room().signalAll();
        } finally {
            lock.unlock();
        }
        if (log.checkpoint().size() > before) {
            committed.run();
        }
    }

    /** Drops the days that the collector has, but for the last one that is over. */
    private void prune() throws IOException {
        final List<ClosedDay> days = log.closedDays();
        final List<ClosedDay> shipped = days.stream()
                .limit(Math.max(0, days.size() - 1))
                .takeWhile(day -> day.end() <= acknowledged)
                .toList();
        if (shipped.isEmpty()) {
            return;
        }
        final LogReader reader = LogReader.open(directory);
        final long end = shipped.getLast().end();
        final Instant until = lastTime(reader, end).orElseGet(clock::instant);
        final Instant from = firstTime(reader, shipped.getFirst().first(), end).orElse(until);
        log.prune(
                end,
                new Tombstone.Why(
                        Tombstone.SHIPPED, 0, "it has " + acknowledged + " leaves", from, until, clock.instant()));
    }

    /** Says that nothing was watched from some time until now, which it returns. */
    Instant recordRestart(Instant from) {
        final Instant now = clock.instant();
        final Instant to = now.isBefore(from) ? from : now;
        accept(error("sensor.gap.restart", null, new Gap(from, to, null, null)));
        return to;
    }

    /** The time of the last event of a log, also of one that is not on the node any more; empty when it has none. */
    static Optional<Instant> lastTime(Path directory) throws IOException {
        final LogReader reader = LogReader.open(directory);
        final Optional<Instant> there = lastTime(reader, reader.size());
        return there.isPresent() || reader.tombstones().isEmpty()
                ? there
                : Optional.of(reader.tombstones().getLast().why().until());
    }

    private static Optional<Instant> lastTime(LogReader reader, long end) throws IOException {
        for (long leaf = end - 1; leaf >= reader.firstIndex(); leaf--) {
            final Optional<Instant> time = time(reader, leaf);
            if (time.isPresent()) {
                return time;
            }
        }
        return Optional.empty();
    }

    private static Optional<Instant> firstTime(LogReader reader, long first, long end) throws IOException {
        for (long leaf = first; leaf < end; leaf++) {
            final Optional<Instant> time = time(reader, leaf);
            if (time.isPresent()) {
                return time;
            }
        }
        return Optional.empty();
    }

    private static Optional<Instant> time(LogReader reader, long leaf) throws IOException {
        final byte[] entry = reader.entry(leaf);
        if (KeySuccession.parse(entry).isPresent()) {
            return Optional.empty();
        }
        try {
            return Optional.of(EntryHead.of(entry).ts());
        } catch (EventFormatException e) {
            throw new IOException("leaf " + leaf + " of the sensor's log is not an event: " + e.getMessage(), e);
        }
    }

    private ErrorEvent tooLarge(Event event, int length) {
        LOG.warn("an event of {} bytes does not fit into the log", length);
        return error(
                "sensor.gap.event_too_large",
                event.header().eventId(),
                new Gap(event.header().ts(), event.header().ts(), (long) length, 1L));
    }

    private ErrorEvent error(String errorClass, @Nullable UUID originating, Gap gap) {
        final byte[] traceId = new byte[TRACE_ID_BYTES];
        new SecureRandom().nextBytes(traceId);
        final TreeMap<String, String> unknown = new TreeMap<>();
        unknown.put("triggering_event_id", "root of the trace");
        unknown.put("recovery_action", "nothing to be done");
        if (originating == null) {
            unknown.put("originating_event_id", "not caused by an event");
        }
        return new ErrorEvent(
                new Header(
                        UuidV7.next(clock),
                        HexFormat.of().formatHex(traceId),
                        clock.instant(),
                        "proc://" + sensorId,
                        null,
                        sensorId,
                        Header.SCHEMA_VERSION,
                        Completeness.gap(null),
                        Evidence.OBSERVED,
                        unknown),
                errorClass,
                originating,
                null,
                gap);
    }

    /** Commits what was taken, and gives the log back. */
    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            closing = true;
            full.signal();
            backlog.room().signalAll();
        } finally {
            lock.unlock();
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        log.close();
    }
}
