package io.fourthlog.operator.auditednamespace;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicyStatus;
import io.fourthlog.api.AgentAuditPolicyStatus.Violation;
import io.fourthlog.api.Names;
import io.fourthlog.api.config.SensorDecisions;
import io.fourthlog.api.config.SensorDecisions.Totals;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class DenialsTest {

    private static final Instant NOW = Instant.parse("2026-11-26T10:00:00Z");

    @Test
    void nothingCountedIsNothingShown() {
        assertThat(of(null, NOW, 0).decisions()).isNull();
    }

    @Test
    void aStormIsOneWriteInFiveSeconds() {
        Denials first = of(null, NOW, 1);
        assertThat(requireNonNull(first.decisions()).denied()).isEqualTo(1);
        assertThat(first.news()).hasSize(1);
        Denials held = of(first, NOW.plusSeconds(2), 900);
        assertThat(held.decisions()).isEqualTo(first.decisions());
        assertThat(held.news()).isEmpty();
        assertThat(held.recheck()).isEqualTo(Duration.ofSeconds(3));
        Denials later = of(first, NOW.plusSeconds(5), 900);
        assertThat(requireNonNull(later.decisions()).denied()).isEqualTo(900);
        assertThat(later.news())
                .singleElement()
                .satisfies(violation -> assertThat(violation.count()).isEqualTo(900));
        assertThat(of(later, NOW.plusSeconds(60), 900))
                .isEqualTo(new Denials(later.decisions(), later.recent(), List.of(), null));
    }

    @Test
    void onlyTheLatestAreKeptAndTheNewestIsFirst() {
        List<Violation> many = IntStream.range(0, 30)
                .mapToObj(i -> violation("pod-" + i, 1, NOW.plusSeconds(i)))
                .toList();
        Denials denials = of(
                null, NOW, new SensorDecisions(Map.of("team/agents", new Totals(30, 0)), Map.of("team/agents", many)));
        assertThat(denials.recent()).hasSize(AgentAuditPolicyStatus.VIOLATIONS);
        assertThat(denials.recent().getFirst().pod()).isEqualTo("pod-29");
    }

    @Test
    void whatIsNoJsonOfOursIsPassedOver() {
        assertThat(SensorDecisions.parse("{")).isEmpty();
        assertThat(SensorDecisions.parse("null")).isEmpty();
        assertThat(SensorDecisions.parse("{\"totals\":{\"team/agents\":{\"denied\":-1,\"flagged\":0}}}"))
                .isEmpty();
        String json = new SensorDecisions(Map.of(), Map.of("team/agents", List.of(violation("pod", 1, NOW)))).toJson();
        assertThat(SensorDecisions.parse(json)).isPresent();
        assertThat(SensorDecisions.parse(json.replace("\"pod\":\"pod\"", "\"pod\":\"" + "p".repeat(254) + "\"")))
                .isEmpty();
        assertThat(SensorDecisions.parse(json.replace("2026", "then"))).isEmpty();
    }

    @Test
    void aSensorSpeaksOfNoPodsElsewhere() {
        Violation elsewhere = new Violation("other", "pod", "rule", "none", 1, NOW.toString(), NOW.toString(), "id");
        assertThat(of(
                                null,
                                NOW,
                                new SensorDecisions(
                                        Map.of("team/agents", new Totals(1, 0)),
                                        Map.of("team/agents", List.of(elsewhere))))
                        .news())
                .isEmpty();
    }

    private static Denials of(@Nullable Denials before, Instant now, long denied) {
        return of(
                before,
                now,
                denied == 0
                        ? SensorDecisions.NONE
                        : new SensorDecisions(
                                Map.of("team/agents", new Totals(denied, 0)),
                                Map.of("team/agents", List.of(violation("pod", denied, NOW.plusSeconds(denied))))));
    }

    private static Denials of(@Nullable Denials before, Instant now, SensorDecisions decisions) {
        Sensors sensors = new Sensors(
                "team",
                List.of(new Sensors.Report(
                        new LeaseBuilder()
                                .withNewMetadata()
                                .withName("sensor-team-node")
                                .addToAnnotations(Names.DECISIONS_ANNOTATION, decisions.toJson())
                                .endMetadata()
                                .build(),
                        now)),
                List.of());
        AgentAuditPolicy policy = new AgentAuditPolicy();
        policy.setMetadata(
                new ObjectMetaBuilder().withNamespace("team").withName("agents").build());
        return Denials.of(
                new Applied(policy, List.of("team")),
                List.of(sensors),
                before == null
                        ? null
                        : new AgentAuditPolicyStatus(
                                1L, List.of(), null, null, List.of(), before.decisions(), before.recent()),
                now);
    }

    private static Violation violation(String pod, long count, Instant last) {
        return new Violation("team", pod, "rule", "none", count, NOW.toString(), last.toString(), "id");
    }
}
