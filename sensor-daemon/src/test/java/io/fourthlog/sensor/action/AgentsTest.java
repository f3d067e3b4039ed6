package io.fourthlog.sensor.action;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.kernel.KernelProcess;
import java.lang.ref.WeakReference;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
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

    @Test
    void aChainOfProcessesOfWhichEachStartsTheNextAndEndsIsForgotten() {
        Agent agent = of(1000, 1, START);
        final WeakReference<Agent> first = new WeakReference<>(agent);
        for (int tgid = 1001; tgid < 1200; tgid++) {
            final Agent next = of(tgid, tgid - 1, START + tgid * 20_000_000L);
            assertThat(next.descendsFrom(agent)).isTrue();
            agents.ended(agent);
            agent = next;
        }
        Awaitility.await().until(() -> {
            System.gc();
            return first.get() == null;
        });
        assertThat(agent.descendsFrom(agent)).isTrue(); // and so is in memory until here
    }

    @Test
    void whatSessionsRememberIsBoundedInAllOfThem() {
        final Agent small = of(5000, 1, START);
        small.session().answered("small", Cause.begin("trace"));
        int remembered = 0;
        for (int tgid = 1; tgid <= 100; tgid++) {
            final Session session = of(tgid, 0, START).session();
            for (int answer = 0; answer < 2000; answer++) {
                session.answered("hash " + answer, Cause.begin("trace"));
            }
        }
        for (int tgid = 1; tgid <= 100; tgid++) {
            final Session session = of(tgid, 0, START).session();
            remembered += session.remembered();
            assertThat(session.ofPrompt(of(tgid, 0, START), null, List.of(), null, "hash 1999", null, true)
                            .traceId())
                    .isEqualTo("trace");
        }
        assertThat(remembered).isBetween(40_000, 64 << 10);
        assertThat(small.session().remembered()).isEqualTo(1);
    }

    @Test
    void littleIsRememberedOfWhoHasEnded() {
        final Agent agent = of(1, 0, START);
        for (int answer = 0; answer < 1000; answer++) {
            agent.session().answered("hash " + answer, Cause.begin("trace"));
            agent.session().firstUse("credential " + answer);
        }
        agents.ended(agent);
        assertThat(agent.session().remembered()).isBetween(1, 256);
        assertThat(agent.session()
                        .ofPrompt(agent, null, List.of(), null, "hash 999", null, true)
                        .traceId())
                .isEqualTo("trace");
    }

    @Test
    void noCredentialIsHiddenBehindManyOthers() {
        final Session session = of(1, 0, START).session();
        for (int credential = 0; credential < 5000; credential++) {
            assertThat(session.firstUse("credential " + credential)).isTrue();
        }
        assertThat(session.firstUse("credential 4999")).isFalse();
    }
}
