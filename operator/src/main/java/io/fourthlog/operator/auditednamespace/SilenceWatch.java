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
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices within a second which sensors fell silent, came back or are long gone: all the Leases are looked at, so that an
 * idle namespace is not reconciled for each renewal. While all live, and the Leases are those that they were, the next that can fall silent is
 * known, and until then there is nothing to look at.
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
    private final IntSupplier version;
    private final Function<Lease, Set<ResourceID>> toPrimaries;

    // Confined to the timer's thread.
    private Map<String, State> missing = Map.of(); // those that do not live, by name
    private int seen;
    private Instant due = Instant.MIN;

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("silence-watch").factory());

    /**
     * @param leases all that are known
     * @param version another one whenever these are others, or say something else
     * @param toPrimaries which namespaces look at a Lease
     */
    SilenceWatch(
            Hearing hearing,
            Clock clock,
            Supplier<Stream<Lease>> leases,
            IntSupplier version,
            Function<Lease, Set<ResourceID>> toPrimaries) {
        super(Lease.class, "silence");
        this.hearing = hearing;
        this.clock = clock;
        this.leases = leases;
        this.version = version;
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
        int current = version.getAsInt(); // before the Leases: what changes meanwhile is looked at next time
        Map<String, State> before = missing;
        if (before.isEmpty() && current == seen && now.isBefore(due)) {
            return;
        }
        Map<String, State> found = new HashMap<>();
        Instant next = Instant.MAX;
        for (Lease lease : (Iterable<Lease>) leases.get()::iterator) {
            String name = lease.getMetadata().getName();
            Instant until = hearing.until(lease);
            State state = state(until, now);
            if (state != State.LIVE) {
                found.put(name, state);
            } else if (until.isBefore(next)) {
                next = until;
            }
            if (state != before.getOrDefault(name, State.LIVE)) {
                toPrimaries.apply(lease).forEach(primary -> getEventHandler().handleEvent(new Event(primary)));
            }
        }
        missing = found;
        seen = current;
        due = next;
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
