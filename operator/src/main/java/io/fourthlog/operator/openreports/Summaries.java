package io.fourthlog.operator.openreports;

import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicyStatus;
import io.fourthlog.api.AgentAuditPolicyStatus.Decisions;
import io.fourthlog.api.AgentAuditPolicyStatus.Violation;
import io.fourthlog.operator.openreports.Report.Outcome;
import io.fourthlog.operator.openreports.Report.Result;
import io.fourthlog.operator.openreports.Report.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Sums up the statuses of policies, by the namespace of the pods that they speak of; a pure function. It says no more than they do, so that
 * its size is bounded as theirs is, and nothing of an event's content can be in it.
 */
final class Summaries {

    private static final int RESULTS = 100; // in one Report, so that it stays far below what an object may have

    private Summaries() {}

    /** One Report for each namespace in which something was denied or flagged. */
    static Map<String, Report> of(List<AgentAuditPolicy> policies) {
        Map<String, List<Result>> byNamespace = new TreeMap<>();
        policies.stream().sorted(Comparator.comparing(Summaries::id)).forEach(policy -> {
            AgentAuditPolicyStatus status = policy.getStatus();
            if (status == null) {
                return;
            }
            for (Violation violation : status.recentViolations()) {
                byNamespace
                        .computeIfAbsent(violation.namespace(), namespace -> new ArrayList<>())
                        .add(denied(id(policy), violation));
            }
            Decisions decisions = status.decisions();
            if (decisions != null && decisions.flagged() > 0) {
                byNamespace
                        .computeIfAbsent(policy.getMetadata().getNamespace(), namespace -> new ArrayList<>())
                        .add(flagged(id(policy), decisions));
            }
        });
        return byNamespace.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> report(entry.getKey(), entry.getValue())));
    }

    private static Report report(String namespace, List<Result> all) {
        List<Result> latest = all.stream()
                .sorted(Comparator.comparing(Result::result)
                        .thenComparing(result -> result.timestamp().seconds(), Comparator.reverseOrder()))
                .limit(RESULTS)
                .toList();
        return new Report(
                "fourthlog",
                new ObjectReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Namespace")
                        .withName(namespace)
                        .build(),
                new Report.Summary(count(latest, Outcome.FAIL), count(latest, Outcome.WARN)),
                latest);
    }

    private static int count(List<Result> results, Outcome outcome) {
        return (int)
                results.stream().filter(result -> result.result() == outcome).count();
    }

    private static Result denied(String policy, Violation violation) {
        return new Result(
                policy,
                violation.rule(),
                Outcome.FAIL,
                true,
                timestamp(violation.lastSeen()),
                List.of(pod(violation)),
                "denied " + times(violation.count()) + "; enforcement the last time: " + violation.enforcement(),
                new TreeMap<>(Map.of( // in the same order in each process
                        "count", Long.toString(violation.count()),
                        "firstSeen", violation.firstSeen(),
                        "enforcement", violation.enforcement(),
                        "eventId", violation.eventId())));
    }

    private static Result flagged(String policy, Decisions decisions) {
        return new Result(
                policy,
                null,
                Outcome.WARN,
                true,
                timestamp(decisions.observedAt()),
                List.of(),
                "flagged " + times(decisions.flagged()) + "; the trail has which rules and pods",
                Map.of("count", Long.toString(decisions.flagged())));
    }

    private static ObjectReference pod(Violation violation) {
        return new ObjectReferenceBuilder()
                .withApiVersion("v1")
                .withKind("Pod")
                .withNamespace(violation.namespace())
                .withName(violation.pod())
                .build();
    }

    private static Timestamp timestamp(String rfc3339) {
        Instant instant = Instant.parse(rfc3339);
        return new Timestamp(instant.getEpochSecond(), instant.getNano());
    }

    private static String times(long count) {
        return count == 1 ? "once" : count + " times";
    }

    private static String id(AgentAuditPolicy policy) {
        return policy.getMetadata().getNamespace() + "/" + policy.getMetadata().getName();
    }
}
