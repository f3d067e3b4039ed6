package io.fourthlog.sensor.action;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.kernel.KernelProcess;
import io.fourthlog.sensor.pipeline.Workload;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AgentsTest {
    private static final long CGROUP = 5;
    private static final long START = 12_345_678_901L;
    private static final long START_TO_THE_TICK = 12_340_000_000L;

    private final Agents agents = new Agents(
            cgroup -> cgroup == CGROUP
                    ? new Workload("k8s://c/n/Pod/p/p/main", "n", "p", "default", Map.of(), "/pod")
                    : null,
            Clock.systemUTC());

    private Agent of(final int tgid, final int ppid, final long startNs) {
        return requireNonNull(agents.of(new KernelProcess().set(tgid, ppid, startNs, CGROUP, 1)));
    }

    @Test
    void aProcessWhoseStartIsOnlyKnownToTheTickIsTheSame() {
        final Agent found = of(7, 1, START_TO_THE_TICK);
        assertThat(of(7, 1, START)).isSameAs(found);
        assertThat(of(7, 1, START_TO_THE_TICK)).isSameAs(found);
    }

    @Test
    void aLaterProcessWithItsNumberIsAnother() {
        final Agent first = of(7, 1, START);
        final Agent second = of(7, 1, START + 20_000_000);
        assertThat(second).isNotSameAs(first);
        assertThat(second.session()).isNotSameAs(first.session());
    }

    @Test
    void aChildHasTheSessionOfItsParentThoughThatIsOnlyKnownToTheTickOrStartedInTheSameOne() {
        final Agent parent = of(7, 1, START);
        assertThat(of(8, 7, START_TO_THE_TICK).session()).isSameAs(parent.session());
        final Agent found = of(17, 1, START_TO_THE_TICK);
        assertThat(of(18, 17, START).session()).isSameAs(found.session());
    }

    @Test
    void aProcessIsNoChildOfALaterOneThatHasTheNumberOfItsParent() {
        final Agent later = of(7, 1, START + 20_000_000);
        assertThat(of(8, 7, START).session()).isNotSameAs(later.session());
    }
}
