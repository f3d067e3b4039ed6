package io.fourthlog.sensor;

import io.fourthlog.policy.behaviour.BaselineFormatException;
import io.fourthlog.sensor.config.StateFile;
import io.fourthlog.sensor.pipeline.Pipeline;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what is usual for the workloads over a restart of the sensor, in {@code STATE/baselines}: their ids, numbers, and
 * keyed hashes of what they used; no content. Used on the pipeline's thread, which copies; another one writes, so that no
 * held process waits for the disk.
 */
public final class BaselineKeeper implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(BaselineKeeper.class);

    private static final Duration INTERVAL = Duration.ofMinutes(5); // so much is forgotten when the node loses power
    private static final int MAX_BYTES = 16 << 20; // a thousand workloads of 1,024 hashes are 8 MiB

    private final StateFile file;
    private final Pipeline pipeline;
    private final Clock clock;
    private final ExecutorService writer = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("baselines").factory());
    private Instant due;
    private @Nullable Future<?> writing;
    private @Nullable String failure; // of the writer, said once

    /** @param state the sensor's folder on the node */
    public BaselineKeeper(Path state, Pipeline pipeline, Clock clock) {
        this.file = new StateFile(state.resolve("baselines"));
        this.pipeline = pipeline;
        this.clock = clock;
        this.due = clock.instant().plus(INTERVAL);
    }

    /** Takes up what the last run kept, before the first event. What cannot be read is set aside, and a gap says so. */
    public void restore() {
        try {
            final Optional<byte[]> kept = file.load(MAX_BYTES);
            if (kept.isPresent()) {
                pipeline.restoreBaselines(kept.get());
                LOG.info("baselines restored from {} bytes", kept.get().length);
            }
        } catch (IOException | BaselineFormatException e) {
            LOG.error("the kept baselines cannot be used, so workloads are learned anew: {}", e.toString());
            pipeline.baselinesLost();
            try {
                LOG.info("they were set aside as {}", file.setAside());
            } catch (IOException stuck) {
                LOG.warn("they cannot be set aside: {}", stuck.toString());
            }
        }
    }

    /** Saves when it is time to; to be called a few times a second. */
    public void tick() {
        if (clock.instant().isBefore(due) || (writing != null && !writing.isDone())) {
            return;
        }
        due = clock.instant().plus(INTERVAL);
        save();
    }

    private void save() {
        final byte[] baselines = pipeline.exportBaselines();
        writing = writer.submit(() -> write(baselines));
    }

    private void write(byte[] baselines) {
        try {
            file.store(baselines);
            failure = null;
        } catch (IOException e) {
            if (!e.toString().equals(failure)) {
                LOG.warn("baselines cannot be kept for the next start, trying again: {}", e.toString());
            }
            failure = e.toString();
        }
    }

    /** Saves for the last time, and waits until it is done. */
    @Override
    public void close() {
        save();
        writer.close();
    }
}
