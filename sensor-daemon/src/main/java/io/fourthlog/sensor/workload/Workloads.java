package io.fourthlog.sensor.workload;

import io.fourthlog.sensor.action.Workload;
import io.fourthlog.sensor.action.WorkloadDirectory;
import io.fourthlog.sensor.workload.Cgroups.Directory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins the pods of this node with the cgroups of this host: has the kernel follow the pods that a policy selects, and names
 * the container behind a cgroup for every event.
 *
 * <p>A pod's own cgroup is followed, not its containers': kubelet makes it before the first container, so that a container is
 * followed from its first process on. Changes come from the informer, from {@link CgroupWatch} and from the kernel
 * ({@link #cgroupMade}); {@link #byCgroup} is asked by the pipeline for each record and never waits for them.
 */
public final class Workloads implements WorkloadDirectory, CgroupWatch.Watched {

    private static final Logger LOG = LoggerFactory.getLogger(Workloads.class);

    private final String cluster;
    private final Cgroups cgroups;
    private final CgroupTracker tracker;
    private final Map<Long, Workload> byCgroup = new ConcurrentHashMap<>();

    private final Map<String, PodIdentity> pods = new HashMap<>(); // by UID; guarded by this, as all below
    private final Map<String, Set<Long>> tracked = new HashMap<>(); // cgroup ids by pod UID
    private BiPredicate<String, Map<String, String>> selected = (namespace, labels) -> false;

    /**
     * @param cluster the cluster's name in workload ids
     * @param cgroupRoot root of the cgroup v2 hierarchy on this host
     */
    public Workloads(String cluster, Path cgroupRoot, CgroupTracker tracker) {
        this.cluster = cluster;
        this.cgroups = new Cgroups(cgroupRoot);
        this.tracker = tracker;
    }

    @Override
    public @Nullable Workload byCgroup(long cgroupId) {
        return byCgroup.get(cgroupId);
    }

    /** How many pods are followed. */
    public synchronized int trackedPods() {
        return tracked.size();
    }

    /** Follows from now on the pods whose namespace and labels pass, and no others. */
    public synchronized void select(BiPredicate<String, Map<String, String>> selection) {
        selected = selection;
        refresh();
    }

    /** A pod of this node is new or has changed. */
    synchronized void podChanged(PodIdentity pod) {
        pods.put(pod.uid(), pod);
        refresh(pod, cgroups.pods().get(pod.uid()));
    }

    /** A pod is gone from the API server; its processes are gone before. */
    synchronized void podGone(String uid) {
        pods.remove(uid);
        forget(uid);
    }

    /** The pods of a namespace are not watched any more. */
    synchronized void namespaceGone(String namespace) {
        pods.values().stream()
                .filter(pod -> pod.namespace().equals(namespace))
                .map(PodIdentity::uid)
                .toList()
                .forEach(this::podGone);
    }

    @Override
    public void cgroupMade(long cgroupId, long parentId, String path) {
        PodCgroup.of(cgroups.resolve(path)).ifPresent(cgroup -> name(cgroupId, cgroup));
    }

    private synchronized void name(long cgroupId, PodCgroup cgroup) {
        final PodIdentity pod = pods.get(cgroup.podUid());
        final Set<Long> ids = tracked.get(cgroup.podUid());
        if (pod != null && ids != null) {
            ids.add(cgroupId);
            if (cgroup.containerId() != null) {
                byCgroup.put(cgroupId, workload(pod, cgroup, cgroup.containerId()));
            }
        }
    }

    @Override
    public List<Path> parents() {
        return cgroups.parentsOfPods();
    }

    @Override
    public synchronized void refresh() {
        final Map<String, Path> directories = cgroups.pods();
        pods.values().forEach(pod -> refresh(pod, directories.get(pod.uid())));
    }

    private void refresh(PodIdentity pod, @Nullable Path directory) {
        if (directory == null) {
            return; // kubelet has not made it yet: CgroupWatch tells when it does
        }
        if (!selected.test(pod.namespace(), pod.labels())) {
            forget(pod.uid());
            return;
        }
        final Set<Long> before = tracked.putIfAbsent(pod.uid(), new HashSet<>());
        try {
            name(directory); // before the first record can come
            if (before == null) {
                final long id = tracker.track(directory);
                tracked.get(pod.uid()).add(id);
                LOG.info("following {}", pod.workloadId(cluster, "*"));
                name(directory); // what was made meanwhile
            }
        } catch (IOException | UncheckedIOException e) {
            if (before == null) {
                forget(pod.uid());
            }
            LOG.warn("cannot follow {} yet: {}", pod.workloadId(cluster, "*"), e.getMessage());
        }
    }

    private void name(Path directory) throws IOException {
        for (final Directory below : cgroups.tree(directory)) {
            PodCgroup.of(below.path()).ifPresent(cgroup -> name(below.id(), cgroup));
        }
    }

    private void forget(String uid) {
        final Set<Long> ids = tracked.remove(uid);
        if (ids != null) {
            ids.forEach(tracker::untrack);
            ids.forEach(byCgroup::remove);
        }
    }

    private Workload workload(PodIdentity pod, PodCgroup cgroup, String containerId) {
        return new Workload(
                pod.workloadId(cluster, pod.containerName(containerId)),
                pod.namespace(),
                pod.name(),
                pod.serviceAccount(),
                pod.labels(),
                cgroup.pod().toString());
    }
}
