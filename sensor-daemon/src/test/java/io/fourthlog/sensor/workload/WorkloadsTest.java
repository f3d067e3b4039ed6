package io.fourthlog.sensor.workload;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fourthlog.sensor.action.Workload;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On real directories: a cgroup's id is the inode of its directory, whatever file system that is on. */
final class WorkloadsTest {

    private static final Map<String, String> LABELS = Map.of("app", "agent");

    @TempDir
    private Path root;

    private final Tracker tracker = new Tracker();
    private Workloads workloads;
    private Path pod;

    /** Keeps what is followed, as the kernel side does. */
    private static final class Tracker implements CgroupTracker {
        private final Set<Long> tracked = ConcurrentHashMap.newKeySet();
        private Consumer<Path> tracking = _ -> {};

        @Override
        public long track(Path cgroup) throws IOException {
            tracking.accept(cgroup);
            final long id = inode(cgroup);
            tracked.add(id);
            return id;
        }

        @Override
        public void untrack(long cgroupId) {
            tracked.remove(cgroupId);
        }
    }

    private static long inode(Path directory) throws IOException {
        return (Long) Files.getAttribute(directory, "unix:ino");
    }

    private static long inodeOf(Path directory) {
        try {
            return inode(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeEach
    void setUp() throws IOException {
        workloads = new Workloads("demo", root, tracker);
        pod = root.resolve("kubepods/burstable/pod" + Pods.UID);
        Files.createDirectories(root.resolve("kubepods/burstable"));
        Files.createDirectories(root.resolve("system.slice/ssh.service"));
    }

    @Test
    void aContainerIsKnownBeforeTheFirstRecordOfItCanCome() throws IOException {
        final Path container = Files.createDirectories(pod.resolve(Pods.MAIN_ID));
        final List<Workload> known = new ArrayList<>();
        tracker.tracking = _ -> known.add(requireNonNull(workloads.byCgroup(inodeOf(container))));
        workloads.podChanged(PodIdentity.of(Pods.started(Pods.bare(LABELS))));
        workloads.select((namespace, labels) -> true);
        assertThat(known).hasSize(1);
    }

    @Test
    void aPodThatCannotBeFollowedIsNotKnownAndIsFollowedWhenItCan() throws IOException {
        final Path container = Files.createDirectories(pod.resolve(Pods.MAIN_ID));
        tracker.tracking = _ -> {
            throw new UncheckedIOException(new IOException("the map is full"));
        };
        workloads.podChanged(PodIdentity.of(Pods.started(Pods.bare(LABELS))));
        workloads.select((namespace, labels) -> true);
        assertThat(workloads.trackedPods()).isZero();
        assertThat(workloads.byCgroup(inode(container))).isNull();

        tracker.tracking = _ -> {};
        workloads.refresh();
        assertThat(workloads.byCgroup(inode(container))).isNotNull();
    }

    @Test
    void aPodIsFollowedAsSoonAsAPolicySelectsItAndForgottenAfterwards() throws IOException {
        final Path container = Files.createDirectories(pod.resolve(Pods.MAIN_ID));
        workloads.podChanged(PodIdentity.of(Pods.started(Pods.bare(LABELS))));
        assertThat(tracker.tracked).isEmpty();

        workloads.select((namespace, labels) -> labels.equals(LABELS));

        assertThat(tracker.tracked).containsExactly(inode(pod));
        assertThat(workloads.byCgroup(inode(container)))
                .isEqualTo(new Workload(
                        "k8s://demo/support/Pod/agent-7f9c-x2/agent-7f9c-x2/main",
                        "support",
                        "agent-7f9c-x2",
                        "agent",
                        LABELS,
                        pod.toString()));

        workloads.select((namespace, labels) -> false);

        assertThat(tracker.tracked).isEmpty();
        assertThat(workloads.byCgroup(inode(container))).isNull();
    }

    @Test
    void aContainerThatTheKernelReportsIsNamedAtOnce() throws IOException {
        Files.createDirectories(pod);
        workloads.select((namespace, labels) -> true);
        workloads.podChanged(PodIdentity.of(Pods.bare(LABELS)));

        workloads.cgroupMade(4711, inode(pod), "/" + root.relativize(pod) + "/" + Pods.MAIN_ID);

        final Workload early = requireNonNull(workloads.byCgroup(4711));
        assertThat(early.workloadId()).endsWith("/0a1b2c3d0a1b");
    }

    @Test
    void aPodThatIsMadeAgainUnderItsNameIsNotTheOldOne() throws IOException {
        workloads.select((namespace, labels) -> true);
        final Path old = Files.createDirectories(pod.resolve(Pods.MAIN_ID));
        final long oldId = inode(old);
        workloads.podChanged(PodIdentity.of(Pods.started(Pods.bare(LABELS))));

        final String uid = Pods.UID.replace('1', '2');
        final Path again = Files.createDirectories(root.resolve("kubepods/burstable/pod" + uid + "/" + Pods.MAIN_ID));
        final Pod next = Pods.bare(Map.of("app", "other"));
        next.getMetadata().setUid(uid);
        workloads.podChanged(PodIdentity.of(Pods.started(next)));
        assertThat(requireNonNull(workloads.byCgroup(oldId)).labels()).isEqualTo(LABELS);
        assertThat(requireNonNull(workloads.byCgroup(inode(again))).labels()).containsEntry("app", "other");

        workloads.podGone(Pods.UID);
        assertThat(workloads.byCgroup(oldId)).isNull();
        assertThat(workloads.byCgroup(inode(again))).isNotNull();
    }

    @Test
    void aContainerThatStartsAgainUnderItsNameIsTheSameWorkloadFromAnotherCgroup() throws IOException {
        workloads.select((namespace, labels) -> true);
        final Path first = Files.createDirectories(pod.resolve(Pods.MAIN_ID));
        workloads.podChanged(PodIdentity.of(Pods.started(Pods.bare(LABELS))));
        final String id = "4d5e6f70".repeat(8);
        final Path second = Files.createDirectories(pod.resolve(id));
        workloads.cgroupMade(inode(second), inode(pod), "/" + root.relativize(second));
        assertThat(requireNonNull(workloads.byCgroup(inode(second))).workloadId())
                .as("until kubelet has said which container it is")
                .endsWith("/" + id.substring(0, 12));
        final Pod started = Pods.started(Pods.bare(LABELS));
        started.getStatus().getContainerStatuses().getFirst().setContainerID("containerd://" + id);
        workloads.podChanged(PodIdentity.of(started));
        assertThat(requireNonNull(workloads.byCgroup(inode(second))).workloadId())
                .endsWith("/main");
        assertThat(inode(first)).isNotEqualTo(inode(second));
    }

    @Test
    void aPodWhoseCgroupComesLaterIsFollowedWhenKubeletMakesIt() throws IOException {
        workloads.select((namespace, labels) -> true);
        workloads.podChanged(PodIdentity.of(Pods.bare(LABELS)));
        try (CgroupWatch _ = new CgroupWatch(workloads)) {
            assertThat(workloads.trackedPods()).isZero();

            Files.createDirectories(pod);

            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> workloads.trackedPods() == 1);
        }
    }
}
