package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import io.javaoperatorsdk.operator.processing.event.source.ResourceEventAware;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what was made for a namespace that is gone, since for that nobody reconciles it any more: now, or while no operator ran. It
 * looks in the caches, and not before they are filled.
 */
final class Orphans extends AbstractEventSource<HasMetadata, Namespace> implements ResourceEventAware<Namespace> {

    private static final int SECONDS = 60; // between sweeps for what failed

    private static final Logger LOG = LoggerFactory.getLogger(Orphans.class);

    private final Supplier<Stream<HasMetadata>> orphans;
    private final Consumer<HasMetadata> delete;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("orphans").factory());

    /** @param orphans all that are cached now */
    Orphans(Supplier<Stream<HasMetadata>> orphans, Consumer<HasMetadata> delete) {
        super(HasMetadata.class, "orphans");
        this.orphans = orphans;
        this.delete = delete;
    }

    @Override
    public void start() {
        super.start();
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(this::sweep, 0, SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void onResourceDeleted(Namespace namespace) {
        timer.execute(this::sweep);
    }

    @Override
    public void stop() {
        timer.shutdownNow();
        super.stop();
    }

    private void sweep() {
        try {
            orphans.get().forEach(delete);
        } catch (RuntimeException e) { // the timer would not run again
            LOG.warn("what is left of a namespace that is gone was not removed, trying again: {}", e.getMessage());
        }
    }

    @Override
    public Set<HasMetadata> getSecondaryResources(Namespace namespace) {
        return Set.of(); // their informers have them
    }
}
