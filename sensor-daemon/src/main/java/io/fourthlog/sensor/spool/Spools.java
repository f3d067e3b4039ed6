package io.fourthlog.sensor.spool;

import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.log.RetentionClass;
import io.fourthlog.sensor.pipeline.EventSink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sensor's logs: one for each retention class that its events have, made when the first of them comes, so that all events of a log
 * expire by the same rule; and one of the sensor itself, for what is no workload's, that it did not see something above all. That one
 * is kept for ever.
 */
public final class Spools implements EventSink, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Spools.class);

    static final int MAX_CLASSES =
            8; // more than there are tiers with different periods in any cluster that makes sense

    private final Path state;
    private final String sensorId;
    private final Clock clock;
    private final Opened opened;
    private final Sealer sealer;
    private final Backlog backlog = new Backlog();
    private final Map<RetentionClass, Spool> classes = new ConcurrentHashMap<>();
    private final List<Spool> all = new ArrayList<>(); // guarded by itself
    private final Spool own;
    private final StopTime stop;
    private volatile @Nullable Instant watchedUntil;
    private @Nullable Instant unwatchedSince; // what is told of; guarded by this

    /** Is told of each log that was opened. */
    @FunctionalInterface
    public interface Opened {

        /** Returns what is to be called after each commit to it. */
        Runnable opened(Spool spool);
    }

    /** Opens one more log. */
    @FunctionalInterface
    private interface Opening {
        Spool open(Runnable committed) throws IOException;
    }

    private Spools(Path state, String sensorId, Clock clock, Opened opened) throws IOException {
        this.state = state;
        this.sensorId = sensorId;
        this.clock = clock;
        this.opened = opened;
        this.sealer = Sealer.open(state, clock);
        this.stop = new StopTime(state);
        this.own = add(committed -> Spool.open(state, sensorId, sealer, backlog, clock, committed));
    }

    /**
     * Opens all logs that the sensor has, and records the time since they were closed in order, or else since their last event, as one
     * that nobody watched.
     *
     * @param state the sensor's folder on the node
     * @throws IOException when the folder cannot be used, or holds the logs of another sensor or one that is damaged
     */
    public static Spools open(Path state, String sensorId, Clock clock, Opened opened) throws IOException {
        final Spools spools = new Spools(state, sensorId, clock, opened);
        try {
            for (final RetentionClass kept : spools.existing()) {
                spools.openClass(kept);
            }
            final Optional<Instant> last = spools.lastWatched();
            if (last.isPresent()) {
                spools.unwatchedSince = spools.own.recordRestart(last.get());
            }
            return spools;
        } catch (IOException e) {
            spools.close();
            throw e;
        }
    }

    private Optional<Instant> lastWatched() throws IOException {
        Optional<Instant> last = stop.take();
        for (final Spool spool : all()) {
            last = Stream.of(last, Spool.lastTime(spool.directory()))
                    .flatMap(Optional::stream)
                    .max(Instant::compareTo);
        }
        return last;
    }

    private List<RetentionClass> existing() throws IOException {
        final Path logs = state.resolve("logs");
        if (!Files.isDirectory(logs)) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(logs)) {
            return folders.map(folder -> folder.getFileName().toString())
                    .filter(name -> name.startsWith(sensorId + RetentionClass.SEPARATOR))
                    .flatMap(name -> RetentionClass.ofLog(name).stream())
                    .toList();
        }
    }

    private Spool openClass(RetentionClass kept) throws IOException {
        final Spool spool = add(committed -> Spool.open(state, sensorId, kept, sealer, backlog, clock, committed));
        classes.put(kept, spool);
        return spool;
    }

    private Spool add(Opening opening) throws IOException {
        final AtomicReference<Runnable> committed = new AtomicReference<>(() -> {});
        final Spool spool = opening.open(() -> committed.get().run());
        committed.set(opened.opened(spool));
        synchronized (all) {
            all.add(spool);
        }
        return spool;
    }

    /** What seals the events of workloads whose tier says so, in all of the logs. */
    public Sealer sealer() {
        return sealer;
    }

    /** Takes an event that is no workload's. */
    @Override
    public void accept(Event event) {
        own.accept(event);
    }

    @Override
    public void accept(Event event, @Nullable RetentionClass kept) {
        if (kept == null) {
            own.accept(event);
            return;
        }
        final Spool spool = classes.get(kept);
        (spool == null ? first(kept) : spool).accept(event);
    }

    /** The log for the first event of a class; the sensor's own, where nothing expires, if there can be no other. */
    private synchronized Spool first(RetentionClass kept) {
        final Spool there = classes.get(kept);
        if (there != null) {
            return there;
        }
        try {
            if (classes.size() < MAX_CLASSES) {
                return openClass(kept);
            }
            LOG.warn("there are logs of {} classes already: what is of {} is kept for ever", MAX_CLASSES, kept);
        } catch (IOException e) {
            LOG.error("there is no log for what is of {}, and it is kept for ever: {}", kept, e.toString());
        }
        classes.put(kept, own);
        return own;
    }

    private List<Spool> all() {
        synchronized (all) {
            return List.copyOf(all);
        }
    }

    /** What is to be followed is followed now: until here a sensor that was away did not watch, though its logs were open. */
    public synchronized void watching() {
        if (unwatchedSince != null) {
            own.recordRestart(unwatchedSince);
            unwatchedSince = null;
        }
    }

    /** Nothing was missed until then: for the next start, if all is committed when the logs are closed. */
    public void watchedUntil(Instant end) {
        watchedUntil = end;
    }

    /** How many events are in memory only. */
    public int waiting() {
        return all().stream().mapToInt(Spool::waiting).sum();
    }

    /** Why nothing can be written to one of them at present. */
    public Optional<String> obstacle() {
        return all().stream().flatMap(spool -> spool.obstacle().stream()).findFirst();
    }

    /** The file system that they are on. */
    public Optional<Spool.Disk> disk() {
        return own.disk();
    }

    /** Commits what was taken, and gives the logs back. */
    @Override
    public void close() throws IOException {
        @Nullable IOException failure = null;
        for (final Spool spool : all()) {
            try {
                spool.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
        final Instant end = watchedUntil;
        if (end != null) {
            storeStop(end);
        }
    }

    private synchronized void storeStop(Instant end) throws IOException {
        stop.store(unwatchedSince == null ? end : unwatchedSince);
    }
}
