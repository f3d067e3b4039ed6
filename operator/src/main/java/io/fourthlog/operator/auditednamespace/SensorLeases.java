package io.fourthlog.operator.auditednamespace;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fourthlog.api.Names;
import io.javaoperatorsdk.operator.health.Status;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The Leases of all sensors. Renewals come every few seconds and change nothing: they are heard, {@link SilenceWatch} notices when they
 * cease, and a namespace is only looked at again when its sensors say something else than before.
 */
final class SensorLeases extends AbstractEventSource<Lease, Namespace> implements LeaseWatch.Listener {

    private record Known(WireLease wire, Lease lease) {}

    private final Map<String, Known> known = new ConcurrentHashMap<>(); // by name
    private final Map<String, Map<String, Lease>> bySensors =
            new ConcurrentHashMap<>(); // the same, by the namespace that the sensors are named after
    private final AtomicInteger version = new AtomicInteger();
    private final Hearing hearing;
    private final Function<HasMetadata, Set<ResourceID>> toPrimaries;
    private final LeaseWatch watch;

    /**
     * @param namespace in which they are
     * @param toPrimaries which namespaces look at a Lease
     */
    SensorLeases(
            KubernetesClient client,
            String namespace,
            Hearing hearing,
            Function<HasMetadata, Set<ResourceID>> toPrimaries) {
        super(Lease.class, "leases");
        this.hearing = hearing;
        this.toPrimaries = toPrimaries;
        this.watch = new LeaseWatch(
                client,
                namespace,
                Names.NAMESPACE_LABEL + "," + Names.COMPONENT_LABEL + "=" + Names.SENSOR_COMPONENT,
                this);
    }

    @Override
    public void start() {
        watch.start();
        super.start();
    }

    @Override
    public void stop() {
        super.stop();
        watch.close();
    }

    @Override
    public Status getStatus() {
        return watch.isWatching() ? Status.HEALTHY : Status.UNHEALTHY;
    }

    /** Sensors were told something, and their answer is waited for. */
    void expectAnswers() {
        watch.expect();
    }

    /** Another one whenever {@link #all} is something else. */
    int version() {
        return version.get();
    }

    Stream<Lease> all() {
        return known.values().stream().map(Known::lease);
    }

    /** Those of the sensors that are named after a namespace. */
    Stream<Lease> of(String namespace) {
        return bySensors.getOrDefault(namespace, Map.of()).values().stream();
    }

    @Override
    public synchronized void listed(List<WireLease> leases) throws IOException {
        Set<String> gone = new HashSet<>(known.keySet());
        for (WireLease lease : leases) {
            changed(lease);
            gone.remove(lease.name());
        }
        gone.forEach(this::forget);
    }

    @Override
    public synchronized void changed(WireLease now) throws IOException {
        hearing.hear(now.name(), now.renewed());
        Known before = known.get(now.name());
        if (before != null && before.wire().saysTheSameAs(now)) {
            return;
        }
        Lease lease = now.lease();
        if (before != null && !sensors(before.lease()).equals(sensors(lease))) {
            forget(now.name()); // somebody gave it to others
        }
        known.put(now.name(), new Known(now, lease));
        bySensors
                .computeIfAbsent(sensors(lease), namespace -> new ConcurrentHashMap<>())
                .put(now.name(), lease);
        version.incrementAndGet();
        tell(lease);
    }

    @Override
    public synchronized void deleted(WireLease lease) {
        forget(lease.name());
    }

    private void forget(String name) {
        @Nullable Known before = known.remove(name);
        hearing.forget(name);
        version.incrementAndGet();
        if (before != null) {
            bySensors.computeIfPresent(sensors(before.lease()), (namespace, leases) -> {
                leases.remove(name);
                return leases.isEmpty() ? null : leases;
            });
            tell(before.lease());
        }
    }

    private void tell(Lease lease) {
        if (isRunning()) { // what is there at the start is looked at then
            toPrimaries.apply(lease).forEach(primary -> getEventHandler().handleEvent(new Event(primary)));
        }
    }

    private static String sensors(Lease lease) {
        return lease.getMetadata().getLabels().getOrDefault(Names.NAMESPACE_LABEL, ""); // which the selector asks for
    }

    @Override
    public Set<Lease> getSecondaryResources(Namespace namespace) {
        return Set.of(); // nothing reads them through the framework
    }
}
