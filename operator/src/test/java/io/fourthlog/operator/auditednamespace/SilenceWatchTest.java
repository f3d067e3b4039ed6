package io.fourthlog.operator.auditednamespace;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class SilenceWatchTest {

    private static final Instant START = Instant.parse("2026-11-26T10:00:00Z");

    private static final Lease LEASE = new LeaseBuilder()
            .withNewMetadata()
            .withName("sensor-team-node")
            .endMetadata()
            .withNewSpec()
            .withLeaseDurationSeconds(15)
            .endSpec()
            .build();

    private final List<Lease> leases = new ArrayList<>();
    private final List<ResourceID> looked = new ArrayList<>();
    private int version;
    private int looks;
    private final Clock clock = Clock.fixed(START, ZoneOffset.UTC);
    private final Hearing hearing = new Hearing(clock);
    private final SilenceWatch watch =
            new SilenceWatch(hearing, clock, this::look, () -> version, lease -> Set.of(new ResourceID("team")));

    private Stream<Lease> look() {
        looks++;
        return leases.stream();
    }

    SilenceWatchTest() {
        watch.setEventHandler(event -> looked.add(event.getRelatedCustomResourceID()));
        leases.add(LEASE);
        hearing.hear("sensor-team-node", START);
    }

    @Test
    void aNamespaceIsLookedAtOnceWhenASensorFallsSilentAndOnceWhenItComesBack() {
        watch.look(START);
        watch.look(START.plusSeconds(14));
        assertThat(looked).isEmpty();
        watch.look(START.plusSeconds(15));
        watch.look(START.plusSeconds(16));
        assertThat(looked).containsExactly(new ResourceID("team"));
        hearing.hear("sensor-team-node", START.plusSeconds(1)); // heard of again
        watch.look(START);
        assertThat(looked).hasSize(2);
    }

    @Test
    void whileAllLiveNothingIsLookedAtBeforeOneCanFallSilent() {
        watch.look(START);
        watch.look(START.plusSeconds(1));
        watch.look(START.plusSeconds(14));
        assertThat(looks).isEqualTo(1);
        leases.add(new LeaseBuilder(LEASE)
                .editMetadata()
                .withName("sensor-team-other")
                .endMetadata()
                .build()); // which nobody has heard of
        version++;
        watch.look(START.plusSeconds(14));
        assertThat(looks).isEqualTo(2);
        assertThat(looked).hasSize(1);
        watch.look(START.plusSeconds(14));
        assertThat(looks).as("one does not live").isEqualTo(3);
        assertThat(looked).hasSize(1);
    }

    @Test
    void aLeaseThatNobodyRenewsIsLookedAtOnceMoreWhenItIsGone() {
        watch.look(START);
        watch.look(START.plusSeconds(15));
        watch.look(START.plus(Duration.ofMinutes(11)));
        watch.look(START.plus(Duration.ofMinutes(12)));
        assertThat(looked).hasSize(2);
    }
}
