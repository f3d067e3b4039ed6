package io.fourthlog.trail.collector;

import io.fourthlog.actionlog.log.Tombstone;
import io.fourthlog.trail.collector.ExpiryPlan.Due;
import io.fourthlog.trail.collector.ExpiryPlan.Kept;
import io.fourthlog.trail.collector.ExpiryPlan.Reason;
import io.fourthlog.trail.folder.LogName;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drops what has expired from all logs, now and then. When in doubt it drops nothing, and says so in a metric: the tiers cannot be
 * read, or nobody but this machine's own clock says that it is late enough.
 */
final class Expiry implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Expiry.class);

    private final Mirrors mirrors;
    private final Optional<Path> file;
    private final Clock clock;
    private final TrailMetrics metrics;
    private final ScheduledExecutorService schedule = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("expiry").factory());

    /** @param file with what the tiers ask for; without one nothing expires */
    Expiry(Mirrors mirrors, Optional<Path> file, Clock clock, TrailMetrics metrics) {
        this.mirrors = mirrors;
        this.file = file;
        this.clock = clock;
        this.metrics = metrics;
    }

    /** Looks every so often from now on. */
    void every(Duration interval) {
        final ScheduledFuture<?> _ = schedule.scheduleWithFixedDelay(
                this::guarded, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void guarded() {
        try {
            run();
        } catch (RuntimeException e) {
            LOG.error("nothing more expires in this hour", e); // the next run tries again, and the metric stands still
        }
    }

    /** Drops what has expired. */
    void run() {
        final Map<Reason, Integer> kept = new EnumMap<>(Reason.class);
        final Optional<Retention> retention = retention();
        final Optional<Instant> now = mirrors.sensorsTime().map(this::earlier);
        for (final LogName name : mirrors.states().keySet()) {
            reason(name, retention, now).ifPresent(reason -> kept.merge(reason, 1, Integer::sum));
        }
        metrics.expiryRan(clock.instant(), kept);
    }

    /** Neither this machine's clock alone makes it late, nor the sensors' alone. */
    private Instant earlier(Instant sensors) {
        final Instant own = clock.instant();
        return own.isBefore(sensors) ? own : sensors;
    }

    private Optional<Retention> retention() {
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Retention.read(file.get()));
        } catch (IOException e) {
            LOG.error("nothing expires: cannot read what the tiers ask for: {}", e.toString());
            return Optional.empty();
        }
    }

    /** Drops what has expired of a log; why nothing of it ever does at present. */
    private Optional<Reason> reason(LogName name, Optional<Retention> retention, Optional<Instant> now) {
        if (name.retentionClass().isEmpty()) {
            return Optional.of(Reason.NO_CLASS);
        }
        if (retention.isEmpty()) {
            return Optional.of(Reason.RETENTION_UNREADABLE);
        }
        if (now.isEmpty()) {
            return Optional.of(Reason.CLOCK);
        }
        try {
            final ExpiryPlan left = drop(mirrors, name, retention.get(), now.get(), (due, tombstone) -> {
                metrics.expired(name, tombstone.count());
                LOG.info("{}: {}", name, tombstone.describe());
            });
            return left instanceof Kept(Reason reason) ? Optional.of(reason) : Optional.empty();
        } catch (IOException | RefusedException e) {
            LOG.error("nothing of {} expires: {}", name, e.toString());
            return Optional.of(Reason.FAILED);
        }
    }

    /**
     * Drops all that has expired of a log.
     *
     * @param dropped is told of each part of it
     * @return what of the rest is kept, and why
     */
    static ExpiryPlan drop(
            Mirrors mirrors, LogName name, Retention retention, Instant now, BiConsumer<Due, Tombstone> dropped)
            throws IOException, RefusedException {
        while (true) {
            final ExpiryPlan plan = ExpiryPlan.of(name, mirrors.directory(name), mirrors.witness(), retention, now);
            if (!(plan instanceof Due due)) {
                return plan;
            }
            dropped.accept(due, mirrors.expire(name, due.end(), due.why()));
        }
    }

    @Override
    public void close() {
        schedule.shutdown();
        try {
            if (!schedule.awaitTermination(10, TimeUnit.SECONDS)) {
                LOG.warn("an expiry is cut off, and is finished at the next start");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
