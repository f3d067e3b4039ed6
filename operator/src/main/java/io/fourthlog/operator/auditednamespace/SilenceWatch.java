package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices once a second which sensors fell silent, came back or are long gone: all the Leases are looked at, so that an
 * idle namespace is not reconciled for each renewal.
 */
final class SilenceWatch extends AbstractEventSource<Lease, Namespace> {

    private static final Logger LOG = LoggerFactory.getLogger(SilenceWatch.class);

    private enum State {
        LIVE,
        SILENT,
        GONE
    }

    private final Hearing hearing;
    private final Clock clock;
    private final Supplier<Stream<Lease>> leases;
    private final Function<Lease, Set<ResourceID>> toPrimaries;
    private Map<String, State> missing = Map.of(); // those that do not live, by name; confined to the timer's thread
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("silence-watch").factory());

    /**
     * @param leases all that are known
     * @param toPrimaries which namespaces look at a Lease
     */
    SilenceWatch(
            Hearing hearing,
            Clock clock,
            Supplier<Stream<Lease>> leases,
            Function<Lease, Set<ResourceID>> toPrimaries) {
        super(Lease.class, "silence");
        this.hearing = hearing;
        this.clock = clock;
        this.leases = leases;
        this.toPrimaries = toPrimaries;
    }

    @Override
    public void start() {
        super.start();
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(this::tick, 1, 1, TimeUnit.SECONDS);
    }

    @Override
    public void stop() {
        timer.shutdownNow();
        super.stop();
    }

    private void tick() {
        try {
            look(clock.instant());
        } catch (RuntimeException e) { // the timer would not run again
            LOG.error("looking for silent sensors failed, trying again", e);
        }
    }

    void look(Instant now) {
        Map<String, State> before = missing;
        Map<String, State> found = new HashMap<>();
        leases.get().forEach(lease -> {
            String name = lease.getMetadata().getName();
            State state = state(hearing.until(lease), now);
            if (state != State.LIVE) {
                found.put(name, state);
            }
            if (state != before.getOrDefault(name, State.LIVE)) {
                toPrimaries.apply(lease).forEach(primary -> getEventHandler().handleEvent(new Event(primary)));
            }
        });
        missing = found;
    }

    private static State state(Instant until, Instant now) {
        if (now.isBefore(until)) {
            return State.LIVE;
        }
        return now.isBefore(until.plus(SensorReports.ABANDONED)) ? State.SILENT : State.GONE;
    }

    @Override
    public Set<Lease> getSecondaryResources(Namespace namespace) {
        return Set.of(); // SensorLeases has them
    }
}
