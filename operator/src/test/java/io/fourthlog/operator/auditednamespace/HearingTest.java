package io.fourthlog.operator.auditednamespace;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

final class HearingTest {

    private static final Instant START = Instant.parse("2026-11-26T10:00:00Z");
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Lease LEASE = new LeaseBuilder()
            .withNewMetadata()
            .withName("sensor-a-node")
            .endMetadata()
            .withNewSpec()
            .withLeaseDurationSeconds(15)
            .endSpec()
            .build();

    private Instant now = START;
    private final InstantSource source = () -> now;
    private final Hearing hearing = new Hearing(source.withZone(ZoneOffset.UTC));

    @Test
    void aSensorIsHeardOfWhenItsLeaseChangesWhateverItsClockSays() {
        hear(START.minus(HOUR)); // its node's clock is an hour behind
        now = START.plusSeconds(5);
        assertThat(hear(START.minus(HOUR).plusSeconds(5))).isEqualTo(START.plusSeconds(20));
        now = START.plusSeconds(10);
        assertThat(hear(START.minus(HOUR).plusSeconds(5))).isEqualTo(START.plusSeconds(20));
    }

    @Test
    void aClockThatIsAheadKeepsNoDeadSensorAlive() {
        assertThat(hear(START.plus(HOUR))).isEqualTo(START.plusSeconds(15));
        now = START.plus(HOUR);
        assertThat(hear(START.plus(HOUR))).isEqualTo(START.plusSeconds(15));
    }

    @Test
    void aNewLeaderDoesNotTakeTheDeadForLiving() {
        assertThat(hear(START.minusSeconds(60))).isEqualTo(START.minusSeconds(45));
    }

    @Test
    void aLeaseThatWasNeverRenewedIsSilent() {
        assertThat(hear(Instant.EPOCH)).isBefore(START);
    }

    @Test
    void aLeaseThatIsGoneIsSilent() {
        hear(START);
        hearing.forget("sensor-a-node");
        assertThat(hearing.until(LEASE)).isBefore(START);
    }

    private Instant hear(Instant renewed) {
        hearing.hear("sensor-a-node", renewed);
        return hearing.until(LEASE);
    }
}
