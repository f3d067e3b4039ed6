package io.fourthlog.sensor.workload;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a cgroup's path says about the pod and the container that it is for. Kubelet's two drivers name them differently:
 *
 * <pre>
 *  cgroupfs  kubepods/burstable/pod1234-ab/0a1b…                      pod UID, container id
 *  systemd   kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1234_ab.slice/cri-containerd-0a1b….scope
 * </pre>
 *
 * @param podUid the pod's UID
 * @param pod path of the pod's cgroup
 * @param containerId 64 hex digits; {@code null} for the pod's own cgroup
 */
record PodCgroup(String podUid, Path pod, @Nullable String containerId) {

    private static final Pattern POD =
            Pattern.compile("(?:kubepods(?:-[a-z]+)?-)?pod(?<uid>[0-9a-f]+(?:[-_][0-9a-f]+)*)(?:\\.slice)?");
    private static final Pattern CONTAINER = Pattern.compile("(?:[a-z-]+-)?(?<id>[0-9a-f]{64})(?:\\.scope)?");

    /** Reads a path, absolute or from the root of the hierarchy; empty if it is not of a pod. */
    static Optional<PodCgroup> of(Path path) {
        for (int i = 0; i < path.getNameCount(); i++) {
            final Matcher pod = POD.matcher(path.getName(i).toString());
            if (pod.matches()) {
                final Path upToPod = path.subpath(0, i + 1);
                return Optional.of(new PodCgroup(
                        pod.group("uid").replace('_', '-'),
                        path.isAbsolute() ? path.getRoot().resolve(upToPod) : upToPod,
                        i + 1 < path.getNameCount()
                                ? container(path.getName(i + 1).toString())
                                : null));
            }
        }
        return Optional.empty();
    }

    private static @Nullable String container(String name) {
        final Matcher container = CONTAINER.matcher(name);
        return container.matches() ? container.group("id") : null;
    }
}
