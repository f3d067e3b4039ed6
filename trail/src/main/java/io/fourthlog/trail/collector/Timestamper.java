package io.fourthlog.trail.collector;

import io.fourthlog.actionlog.log.Checkpoint;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.NumberedFiles;
import io.fourthlog.trail.timestamp.Timestamp;
import io.fourthlog.trail.timestamp.TokenException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the checkpoints of all logs that have grown stamped, with one token, now and then. It reads what is published, on a thread of
 * its own: an authority that is slow or down holds up nothing but the next stamp.
 */
final class Timestamper implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Timestamper.class);

    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    private static final Duration PAUSE = Duration.ofMinutes(5); // after a failure, or the interval if that is shorter

    private final Mirrors mirrors;
    private final NumberedFiles folder;
    private final TimestampAuthority authority;
    private final Duration every;
    private final TrailMetrics metrics;
    private final Clock clock;
    private final Map<LogName, Long> stamped = new HashMap<>(); // the last size of each log; of the stamping thread
    private long due; // System.nanoTime; of the stamping thread
    private final ScheduledExecutorService stamping = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("timestamps").factory());

    /** What became of an attempt. */
    enum Result {
        /** A token was kept. */
        STAMPED,
        /** No log had grown. */
        NOTHING_NEW,
        /** The authority did not answer in time. */
        UNREACHABLE,
        /** It refused, or answered with what does not hold. */
        INVALID,
        /** The trail's disk fails. */
        STORAGE;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** @param every between two tokens */
    Timestamper(
            Mirrors mirrors,
            NumberedFiles folder,
            TimestampAuthority authority,
            Duration every,
            TrailMetrics metrics,
            Clock clock) {
        this.mirrors = mirrors;
        this.folder = folder;
        this.authority = authority;
        this.every = every;
        this.metrics = metrics;
        this.clock = clock;
        this.due = System.nanoTime();
    }

    /** Begins; the first token is asked for as soon as there is a log. */
    Timestamper start() {
        final ScheduledFuture<?> _ =
                stamping.scheduleWithFixedDelay(this::lookAndSee, 0, LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
        return this;
    }

    private void lookAndSee() {
        if (System.nanoTime() - due < 0) {
            return;
        }
        final Duration next = switch (stamp()) {
            case STAMPED -> every;
            case NOTHING_NEW -> Duration.ZERO;
            case UNREACHABLE, INVALID, STORAGE -> every.compareTo(PAUSE) < 0 ? every : PAUSE;
        };
        due = System.nanoTime() + next.toNanos();
    }

    /** Has everything stamped that was not yet. */
    Result stamp() {
        try {
            final Map<LogName, Checkpoint> grown = grown();
            return grown.isEmpty() ? Result.NOTHING_NEW : counted(stamp(grown));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Result.UNREACHABLE;
        } catch (IOException | RuntimeException e) {
            LOG.error("no timestamp is kept: {}", e.toString());
            return counted(Result.STORAGE);
        }
    }

    private Result stamp(Map<LogName, Checkpoint> grown) throws IOException, InterruptedException {
        final List<String> checkpoints = grown.values().stream()
                .map(checkpoint -> checkpoint.note().text())
                .toList();
        final String statement = Timestamp.statement(checkpoints);
        final byte[] token;
        try {
            token = authority.stamp(statement.getBytes(StandardCharsets.UTF_8));
        } catch (TokenException e) {
            LOG.error(
                    "the timestamping authority {} answers with a token that does not hold: {}",
                    authority.url(),
                    e.getMessage());
            return Result.INVALID;
        } catch (IOException e) {
            LOG.warn("no timestamp from {}: {}", authority.url(), e.toString());
            return Result.UNREACHABLE;
        }
        folder.write(
                folder.last() + 1,
                new Timestamp(statement, checkpoints, Base64.getEncoder().encodeToString(token)).bytes());
        grown.forEach((name, checkpoint) -> stamped.put(name, checkpoint.size()));
        return Result.STAMPED;
    }

    private Result counted(Result result) {
        metrics.stamped(result, clock.instant());
        return result;
    }

    /** The published checkpoints of the logs that have grown since this process had them stamped. */
    private Map<LogName, Checkpoint> grown() {
        final Map<LogName, Checkpoint> grown = new TreeMap<>();
        for (final Map.Entry<LogName, LogState> log : mirrors.states().entrySet()) {
            if (log.getValue().size() != stamped.getOrDefault(log.getKey(), 0L)) {
                try {
                    grown.put(log.getKey(), Checkpoint.parse(mirrors.published(log.getKey(), "checkpoint")));
                } catch (IOException e) {
                    LOG.error("{} gets no timestamp: {}", log.getKey(), e.toString());
                }
            }
        }
        return grown;
    }

    @Override
    public void close() {
        stamping.shutdownNow();
    }
}
