package io.fourthlog.operator.auditednamespace;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class SensorsTest {

    private static final Instant NOW = Instant.parse("2026-07-01T00:00:00Z");

    @Test
    void aLeaseOfTheFormerNameCountsUntilItsSensorReportsByTheNewOne() {
        Sensors sensors = sensors("sensor-team-a", "sensor-team.a", "sensor-team-b");

        assertThat(sensors.current())
                .extracting(report -> report.lease().getMetadata().getName())
                .containsExactly("sensor-team.a", "sensor-team-b");
        assertThat(SensorReports.of(sensors, "sha256:1", NOW).abandoned())
                .extracting(lease -> lease.getMetadata().getName())
                .containsExactly("sensor-team-a");
    }

    @Test
    void podsThatAreNotLetInAreSaidWithWhereToLook() {
        assertThat(pending(1).message())
                .isEqualTo(
                        "0/2 sensors run this policy; of the others not all pods could be made: \"kubectl -n system describe"
                                + " daemonset sensor-team\" says why, mostly that Pod Security does not let them in.");
        assertThat(pending(2).message()).isEqualTo("0/2 sensors run this policy; the others have not reported yet.");
    }

    private static SensorReports pending(int made) {
        DaemonSet daemonSet = new DaemonSetBuilder()
                .withNewMetadata()
                .withName("sensor-team")
                .withNamespace("system")
                .withGeneration(1L)
                .endMetadata()
                .withNewStatus()
                .withObservedGeneration(1L)
                .withDesiredNumberScheduled(2)
                .withCurrentNumberScheduled(made)
                .endStatus()
                .build();
        return SensorReports.of(new Sensors("team", List.of(), List.of(daemonSet)), "sha256:1", NOW);
    }

    private static Sensors sensors(String... leases) {
        return new Sensors(
                "team",
                Stream.of(leases)
                        .map(name -> new Sensors.Report(
                                new LeaseBuilder()
                                        .withNewMetadata()
                                        .withName(name)
                                        .endMetadata()
                                        .build(),
                                NOW.plusSeconds(15)))
                        .toList(),
                List.of());
    }
}
