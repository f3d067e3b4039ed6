package io.fourthlog.operator.auditednamespace;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

final class HearingTest {

    private static final Instant START = Instant.parse("2026-11-26T10:00:00Z");
    private static final Duration HOUR = Duration.ofHours(1);

    private Instant now = START;
    private final Hearing hearing = new Hearing(new Clock() {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    });

    @Test
    void aSensorIsHeardOfWhenItsLeaseChangesWhateverItsClockSays() {
        hearing.until(lease(START.minus(HOUR))); // its node's clock is an hour behind
        now = START.plusSeconds(5);
        assertThat(hearing.until(lease(START.minus(HOUR).plusSeconds(5)))).isEqualTo(START.plusSeconds(20));
        now = START.plusSeconds(10);
        assertThat(hearing.until(lease(START.minus(HOUR).plusSeconds(5)))).isEqualTo(START.plusSeconds(20));
    }

    @Test
    void aClockThatIsAheadKeepsNoDeadSensorAlive() {
        assertThat(hearing.until(lease(START.plus(HOUR)))).isEqualTo(START.plusSeconds(15));
        now = START.plus(HOUR);
        assertThat(hearing.until(lease(START.plus(HOUR)))).isEqualTo(START.plusSeconds(15));
    }

    @Test
    void aNewLeaderDoesNotTakeTheDeadForLiving() {
        assertThat(hearing.until(lease(START.minusSeconds(60)))).isEqualTo(START.minusSeconds(45));
    }

    @Test
    void aLeaseThatWasNeverRenewedIsSilent() {
        assertThat(hearing.until(new LeaseBuilder()
                        .withNewMetadata()
                        .withName("sensor-a-node")
                        .endMetadata()
                        .build()))
                .isBefore(START);
    }

    private static Lease lease(Instant renewed) {
        return new LeaseBuilder()
                .withNewMetadata()
                .withName("sensor-a-node")
                .endMetadata()
                .withNewSpec()
                .withLeaseDurationSeconds(15)
                .withRenewTime(renewed.atZone(ZoneOffset.UTC))
                .endSpec()
                .build();
    }
}
