package io.fourthlog.sensor.workload;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;

/** Tells {@link Workloads} about the pods of one namespace on this node, for as long as it is open; outlasts the API server. */
public final class PodWatch implements AutoCloseable {

    private final SharedIndexInformer<Pod> informer;
    private final Workloads workloads;

    public PodWatch(KubernetesClient client, String namespace, String node, Workloads workloads) {
        this.workloads = workloads;
        this.informer = client.pods()
                .inNamespace(namespace)
                .withField("spec.nodeName", node)
                .runnableInformer(0)
                .exceptionHandler((started, failure) -> true) // go on trying
                .addEventHandler(new ResourceEventHandler<>() {
                    @Override
                    public void onAdd(Pod pod) {
                        workloads.podChanged(PodIdentity.of(pod));
                    }

                    @Override
                    public void onUpdate(Pod before, Pod pod) {
                        workloads.podChanged(PodIdentity.of(pod));
                    }

                    @Override
                    public void onDelete(Pod pod, boolean finalStateUnknown) {
                        workloads.podGone(pod.getMetadata().getUid());
                    }
                });
        informer.start();
    }

    /** Has the pods told that the API server had when the watch began; {@code false} if it has not answered yet. */
    boolean followListed() {
        if (!informer.hasSynced()) {
            return false;
        }
        informer.getStore().list().forEach(pod -> workloads.podChanged(PodIdentity.of(pod)));
        return true;
    }

    @Override
    public void close() {
        informer.close();
    }
}
