package io.fourthlog.sensor.config;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Enforcement;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.event.UuidV7;
import io.fourthlog.api.AgentAuditPolicyStatus.Violation;
import io.fourthlog.api.config.SensorDecisions;
import io.fourthlog.api.config.SensorDecisions.Totals;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class DecisionCountsTest {

    private static final String POLICY = "support/agents";

    private final DecisionCounts counts = new DecisionCounts();

    @Test
    void denialsOfOnePodByOneRuleAreOneEntryAndFlagsOnlyCount() {
        counts.recorded(decision(Decision.DENY, "loops", "a"));
        counts.recorded(decision(Decision.DENY, "loops", "a"));
        counts.recorded(decision(Decision.DENY, "loops", "b"));
        counts.recorded(decision(Decision.FLAG, "loops", "a"));
        counts.recorded(decision(Decision.ALLOW, "loops", "a"));
        final SensorDecisions decisions = counts.of(Set.of(POLICY));
        assertThat(decisions.totals()).containsExactly(Map.entry(POLICY, new Totals(3, 1)));
        assertThat(decisions.recent().get(POLICY))
                .extracting(Violation::pod, Violation::count)
                .containsExactly(tuple("b", 1L), tuple("a", 2L));
    }

    @Test
    void aRestartGoesOnFromTheLease() {
        counts.recorded(decision(Decision.DENY, "loops", "a"));
        final SensorDecisions lease =
                SensorDecisions.parse(counts.of(Set.of(POLICY)).toJson()).orElseThrow();
        final DecisionCounts restarted = new DecisionCounts();
        restarted.recorded(decision(Decision.DENY, "reads", "b")); // before the API server was reached
        restarted.restore(lease);
        final SensorDecisions decisions = restarted.of(Set.of(POLICY));
        assertThat(decisions.totals().get(POLICY)).isEqualTo(new Totals(2, 0));
        assertThat(decisions.recent().get(POLICY)).extracting(Violation::pod).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void aStormStaysInsideOfALease() {
        for (int i = 0; i < 1_000; i++) {
            counts.recorded(decision(Decision.DENY, "loops", "pod-" + i));
        }
        final SensorDecisions decisions = counts.of(Set.of(POLICY));
        assertThat(requireNonNull(decisions.recent().get(POLICY)))
                .hasSize(SensorDecisions.VIOLATIONS)
                .first()
                .satisfies(latest -> assertThat(latest.pod()).isEqualTo("pod-999"));
        assertThat(decisions.toJson().length()).isLessThan(64 << 10);
    }

    @Test
    void whatIsNotRunAnyMoreIsForgotten() {
        counts.recorded(decision(Decision.DENY, "loops", "a"));
        assertThat(counts.of(Set.of("support/other"))).isEqualTo(SensorDecisions.NONE);
        assertThat(counts.of(Set.of(POLICY))).isEqualTo(SensorDecisions.NONE);
    }

    private static PolicyDecision decision(Decision decision, String rule, String pod) {
        return new PolicyDecision(
                new Header(
                        UuidV7.next(Clock.systemUTC()),
                        "4bf92f3577b34da6a3ce929d0e0e4736",
                        Instant.now(),
                        "k8s://demo/support/Deployment/agent/" + pod + "/main",
                        UuidV7.next(Clock.systemUTC()),
                        "demo.support.node-1",
                        Header.SCHEMA_VERSION,
                        Completeness.COMPLETE,
                        Evidence.OBSERVED,
                        new TreeMap<>()),
                POLICY,
                decision,
                UuidV7.next(Clock.systemUTC()),
                rule,
                Enforcement.NONE,
                "sha256:" + "0".repeat(64),
                "what the rule says is not counted",
                null,
                null,
                null);
    }
}
