package io.fourthlog.sensor.action;

import java.util.Map;

/**
 * One container of a tracked pod, as the daemon knows it from the API server; every event of its processes carries its name.
 *
 * @param workloadId {@code k8s://CLUSTER/NAMESPACE/KIND/NAME/POD/CONTAINER}
 * @param namespace the pod's namespace
 * @param pod the pod's name
 * @param serviceAccount the pod's service account, without namespace
 * @param labels the pod's labels, which policies select by
 * @param podCgroupPath absolute path of the pod's cgroup on this host, where destinations are blocked
 */
public record Workload(
        String workloadId,
        String namespace,
        String pod,
        String serviceAccount,
        Map<String, String> labels,
        String podCgroupPath) {
    public Workload {
        labels = Map.copyOf(labels);
    }
}
