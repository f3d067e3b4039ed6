package io.fourthlog.sensor.workload;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PodCgroupTest {

    private static final String UID = "1f2e3d4c-aaaa-bbbb-cccc-0123456789ab";
    private static final String ID = "0a1b2c3d".repeat(8);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/sys/fs/cgroup/kubepods/burstable/podUID/CONTAINER",
                "/sys/fs/cgroup/kubepods/podUID/CONTAINER",
                "/sys/fs/cgroup/kubelet/kubepods/besteffort/podUID/CONTAINER",
                "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID_.slice/cri-containerd-CONTAINER.scope",
                "/kubepods.slice/kubepods-podUID_.slice/crio-CONTAINER.scope",
                "/kubepods.slice/kubepods-podUID_.slice/cri-containerd-CONTAINER.scope/init.scope"
            })
    void bothDriversOfKubeletNameThePodAndTheContainer(String pattern) {
        final Path path = Path.of(pattern.replace("UID_", UID.replace('-', '_'))
                .replace("UID", UID)
                .replace("CONTAINER", ID));

        final PodCgroup cgroup = PodCgroup.of(path).orElseThrow();

        assertThat(cgroup.podUid()).isEqualTo(UID);
        assertThat(cgroup.containerId()).isEqualTo(ID);
        assertThat(path.startsWith(cgroup.pod())).isTrue();
        assertThat(cgroup.pod().getFileName().toString()).contains("pod1f2e3d4c");
    }

    @Test
    void aPodsOwnCgroupHasNoContainer() {
        assertThat(PodCgroup.of(Path.of("/kubepods/pod" + UID)).orElseThrow().containerId())
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/system.slice/ssh.service",
                "/kubepods",
                "/kubepods.slice/kubepods-burstable.slice",
                "/podman"
            })
    void otherCgroupsAreOfNoPod(String path) {
        assertThat(PodCgroup.of(Path.of(path))).isEmpty();
    }
}
