package io.fourthlog.operator.openreports;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicyStatus;
import io.fourthlog.api.AgentAuditPolicyStatus.Decisions;
import io.fourthlog.api.AgentAuditPolicyStatus.Violation;
import io.fourthlog.operator.openreports.Report.Outcome;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SummariesTest {

    private static final Decisions NOTHING = new Decisions(0, 0, "2026-11-26T10:00:00Z");

    @Test
    void whereNothingWasDeniedOrFlaggedThereIsNoReport() {
        AgentAuditPolicy unread = policy("team", "unread", null);
        assertThat(Summaries.of(List.of(unread, policy("team", "quiet", NOTHING))))
                .isEmpty();
    }

    /** A policy of Fourthlog's own namespace applies in others, whose people shall see what it denied there. */
    @Test
    void aDenialIsReportedInTheNamespaceOfThePod() {
        Map<String, Report> reports = Summaries.of(List.of(
                policy("fourthlog-system", "all", NOTHING, violation("a", "pod-1", 3), violation("b", "pod-2", 1)),
                policy("a", "own", NOTHING, violation("a", "pod-1", 1))));
        assertThat(reports).containsOnlyKeys("a", "b");
        assertThat(requireNonNull(reports.get("a")).results())
                .extracting(result -> result.policy() + " " + result.message())
                .containsExactly(
                        "a/own denied once; enforcement the last time: none",
                        "fourthlog-system/all denied 3 times; enforcement the last time: none");
        assertThat(requireNonNull(reports.get("b")).summary()).isEqualTo(new Report.Summary(1, 0));
    }

    @Test
    void whatWasFlaggedIsAWarningOfThePolicy() {
        Report report =
                requireNonNull(Summaries.of(List.of(policy("a", "own", new Decisions(0, 5, "2026-11-26T10:00:00Z"))))
                        .get("a"));
        assertThat(report.results()).singleElement().satisfies(result -> {
            assertThat(result.result()).isEqualTo(Outcome.WARN);
            assertThat(result.rule()).isNull();
            assertThat(result.properties()).containsExactly(Map.entry("count", "5"));
        });
        assertThat(report.summary()).isEqualTo(new Report.Summary(0, 1));
    }

    @Test
    void theLatestAreKeptWhenThereAreTooMany() {
        List<AgentAuditPolicy> many = IntStream.range(0, 150)
                .mapToObj(i -> policy(
                        "a",
                        "policy-" + i,
                        NOTHING,
                        new Violation("a", "pod", "rule", "none", 1, time(i), time(i), "id")))
                .toList();
        Report report = requireNonNull(Summaries.of(many).get("a"));
        assertThat(report.results()).hasSize(100);
        assertThat(report.results().getFirst().policy()).isEqualTo("a/policy-149");
        assertThat(report.results().getLast().policy()).isEqualTo("a/policy-50");
        assertThat(report.summary()).isEqualTo(new Report.Summary(100, 0));
    }

    private static String time(int minute) {
        return "2026-11-26T%02d:%02d:00Z".formatted(minute / 60, minute % 60);
    }

    private static Violation violation(String namespace, String pod, long count) {
        return new Violation(
                namespace, pod, "rule", "none", count, "2026-11-26T10:00:00Z", "2026-11-26T10:00:00Z", "id");
    }

    private static AgentAuditPolicy policy(
            String namespace, String name, @Nullable Decisions decisions, Violation... recent) {
        AgentAuditPolicy policy = new AgentAuditPolicy();
        policy.setMetadata(
                new ObjectMetaBuilder().withNamespace(namespace).withName(name).build());
        if (decisions != null) {
            policy.setStatus(
                    new AgentAuditPolicyStatus(1L, List.of(), null, null, List.of(), decisions, List.of(recent)));
        }
        return policy;
    }
}
