package io.fourthlog.sensor.workload;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the trail says about a pod, taken from its object in the API server.
 *
 * @param uid the pod's UID, which its cgroup is named by
 * @param controllerKind kind of the pod's top controller, {@code Pod} if it has none
 * @param controllerName its name
 * @param containerNames names of all containers, of the init and the ephemeral ones as well
 * @param byContainerId container names by id, for those that have been started
 */
record PodIdentity(
        String uid,
        String namespace,
        String name,
        String serviceAccount,
        Map<String, String> labels,
        String controllerKind,
        String controllerName,
        List<String> containerNames,
        Map<String, String> byContainerId) {

    private static final String TEMPLATE_HASH = "pod-template-hash"; // set by the Deployment controller

    PodIdentity {
        labels = Map.copyOf(labels);
        containerNames = List.copyOf(containerNames);
        byContainerId = Map.copyOf(byContainerId);
    }

    static PodIdentity of(Pod pod) {
        final Map<String, String> labels =
                Objects.requireNonNullElse(pod.getMetadata().getLabels(), Map.of());
        final Optional<OwnerReference> owner = pod.getMetadata().getOwnerReferences().stream()
                .filter(reference -> Boolean.TRUE.equals(reference.getController()))
                .filter(reference -> !reference.getKind().equals("Node")) // the owner of a static pod's mirror
                .findFirst();
        final String kind = owner.map(OwnerReference::getKind).orElse("Pod");
        final String name =
                owner.map(OwnerReference::getName).orElse(pod.getMetadata().getName());
        final String hash = labels.getOrDefault(TEMPLATE_HASH, "");
        final boolean ofDeployment = kind.equals("ReplicaSet") && !hash.isEmpty() && name.endsWith("-" + hash);
        return new PodIdentity(
                pod.getMetadata().getUid(),
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                Objects.requireNonNullElse(pod.getSpec().getServiceAccountName(), "default"),
                labels,
                ofDeployment ? "Deployment" : kind,
                ofDeployment ? name.substring(0, name.length() - hash.length() - 1) : name,
                containerNames(pod),
                byContainerId(pod.getStatus()));
    }

    private static List<String> containerNames(Pod pod) {
        return Stream.of(
                        pod.getSpec().getContainers().stream().map(container -> container.getName()),
                        pod.getSpec().getInitContainers().stream().map(container -> container.getName()),
                        pod.getSpec().getEphemeralContainers().stream().map(container -> container.getName()))
                .flatMap(names -> names)
                .toList();
    }

    private static Map<String, String> byContainerId(PodStatus status) {
        final Map<String, String> names = new HashMap<>();
        if (status != null) {
            Stream.of(
                            status.getContainerStatuses(),
                            status.getInitContainerStatuses(),
                            status.getEphemeralContainerStatuses())
                    .flatMap(Collection::stream)
                    .forEach(container -> containerId(container).ifPresent(id -> names.put(id, container.getName())));
        }
        return names;
    }

    /** The id without the runtime's scheme, {@code containerd://}. */
    private static Optional<String> containerId(ContainerStatus container) {
        return Optional.ofNullable(container.getContainerID()).map(id -> id.substring(id.lastIndexOf('/') + 1));
    }

    /**
     * The container's name. Kubelet reports an id seconds after the container's first process; until then the name is known
     * only if there is but one, and a part of the id stands for it otherwise.
     */
    String containerName(String id) {
        final String reported = byContainerId.get(id);
        if (reported != null) {
            return reported;
        }
        return containerNames.size() == 1 ? containerNames.getFirst() : id.substring(0, Math.min(12, id.length()));
    }

    /** {@code k8s://CLUSTER/NAMESPACE/KIND/NAME/POD/CONTAINER} */
    String workloadId(String cluster, String container) {
        return "k8s://" + String.join("/", cluster, namespace, controllerKind, controllerName, name, container);
    }
}
