package io.fourthlog.sensor.workload;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Set;
import java.util.TreeMap;

/** A {@link PodWatch} for each audited namespace: one, or several when the sensor is shared. */
public final class PodWatches implements AutoCloseable {

    private final KubernetesClient client;
    private final String node;
    private final Workloads workloads;
    private final TreeMap<String, PodWatch> open = new TreeMap<>(); // by namespace; guarded by this

    public PodWatches(KubernetesClient client, String node, Workloads workloads) {
        this.client = client;
        this.node = node;
        this.workloads = workloads;
    }

    /** Watches the pods of these namespaces from now on, and of no others. */
    public synchronized void watch(Set<String> namespaces) {
        open.entrySet().removeIf(watched -> {
            if (namespaces.contains(watched.getKey())) {
                return false;
            }
            watched.getValue().close();
            workloads.namespaceGone(watched.getKey());
            return true;
        });
        namespaces.forEach(namespace ->
                open.computeIfAbsent(namespace, audited -> new PodWatch(client, audited, node, workloads)));
    }

    /** Follows the pods that were there when the watches began; {@code false} while the API server has not told them. */
    public synchronized boolean followListed() {
        return open.values().stream().allMatch(PodWatch::followListed);
    }

    @Override
    public synchronized void close() {
        open.values().forEach(PodWatch::close);
        open.clear();
    }
}
