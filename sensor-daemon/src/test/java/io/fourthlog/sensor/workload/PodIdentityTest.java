package io.fourthlog.sensor.workload;

import static io.fourthlog.sensor.workload.Pods.bare;
import static io.fourthlog.sensor.workload.Pods.owned;
import static io.fourthlog.sensor.workload.Pods.started;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class PodIdentityTest {

    static Stream<Arguments> controllers() {
        return Stream.of(
                Arguments.of(
                        owned("ReplicaSet", "agent-7f9c", Map.of("pod-template-hash", "7f9c")), "Deployment/agent"),
                Arguments.of(owned("ReplicaSet", "agent-7f9c", Map.of()), "ReplicaSet/agent-7f9c"),
                Arguments.of(owned("StatefulSet", "agent", Map.of()), "StatefulSet/agent"),
                Arguments.of(owned("Node", "node-1", Map.of()), "Pod/agent-7f9c-x2"),
                Arguments.of(bare(Map.of()), "Pod/agent-7f9c-x2"));
    }

    @ParameterizedTest
    @MethodSource("controllers")
    void aPodIsNamedByItsTopController(Pod pod, String controller) {
        assertThat(PodIdentity.of(pod).workloadId("demo", "main"))
                .isEqualTo("k8s://demo/support/" + controller + "/agent-7f9c-x2/main");
    }

    @Test
    void aContainerIsNamedByItsIdOnceKubeletSaysSo() {
        final Pod pod = bare(Map.of());

        assertThat(PodIdentity.of(pod).containerName(Pods.MAIN_ID)).isEqualTo("0a1b2c3d0a1b");
        assertThat(PodIdentity.of(started(pod)).containerName(Pods.MAIN_ID)).isEqualTo("main");
    }
}
