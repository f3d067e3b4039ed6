package io.fourthlog.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class NamesTest {

    @Test
    void noTwoNamespacesAndNodesShareALease() {
        assertThat(Names.sensorLease("team", "gpu-node-1"))
                .isEqualTo("sensor-team.gpu-node-1")
                .isNotEqualTo(Names.sensorLease("team-gpu", "node-1"));
    }

    @Test
    void noNamespacesOwnRoleIsAnothersRoleForPods() {
        assertThat(Names.sensorPods("fourthlog-system")).isNotEqualTo(Names.sensor("fourthlog-system-pods"));
    }
}
