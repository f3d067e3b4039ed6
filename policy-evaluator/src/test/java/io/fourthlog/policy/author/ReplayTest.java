package io.fourthlog.policy.author;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Enforcement;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.event.UuidV7;
import io.fourthlog.policy.PolicyCompiler;
import io.fourthlog.policy.PolicySet;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class ReplayTest {

    private static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");

    @Test
    void aReplaySaysWhatEachRuleWouldHaveDoneAndWhatThatChanges() {
        final PolicySet live = policies("event.resource_uri.startsWith('file:///etc/')");
        final PolicySet candidate = policies("event.resource_uri.startsWith('file:///etc/secrets/')");
        final DataAccess secret = read("file:///etc/secrets/a");
        final DataAccess hosts = read("file:///etc/hosts");

        final Replay.Report report = Replay.run(
                candidate,
                live,
                List.of(
                        secret,
                        decided(secret, Decision.DENY),
                        hosts,
                        decided(hosts, Decision.DENY),
                        read("file:///tmp/x")));

        assertThat(report.events()).isEqualTo(3);
        assertThat(report.denied()).isEqualTo(1);
        assertThat(report.newlyDenied()).isZero();
        assertThat(report.rows()).singleElement().satisfies(row -> {
            assertThat(row.rule()).isEqualTo("reads");
            assertThat(row.deny()).isEqualTo(1);
            assertThat(row.added()).isZero();
            assertThat(row.removed()).isEqualTo(1);
            assertThat(row.examples()).singleElement().satisfies(example -> {
                assertThat(example.eventId()).isEqualTo(secret.header().eventId());
                assertThat(example.message()).isEqualTo("file:///etc/secrets/a");
            });
        });
        assertThat(report.againstLive()).containsExactly(new Replay.Change(Decision.DENY, Decision.ALLOW, 1));
        assertThat(report.againstRecord()).containsExactly(new Replay.Change(Decision.DENY, Decision.ALLOW, 1));
    }

    @Test
    void aReplayIsTheSameEachTime() {
        final List<Event> trail = List.of(read("file:///etc/secrets/a"), read("file:///etc/secrets/b"));
        final PolicySet policies = policies("trace.resources.size() > 1");

        assertThat(Replay.run(policies, PolicySet.EMPTY, trail))
                .isEqualTo(Replay.run(policies, PolicySet.EMPTY, trail));
    }

    @Test
    void aDenialIsNewIfItWasAllowedOrNotJudgedAtTheTime() {
        final DataAccess allowed = read("file:///etc/a");
        final Replay.Report report = Replay.run(
                policies("event.resource_uri.startsWith('file:///etc/')"),
                PolicySet.EMPTY,
                List.of(allowed, decided(allowed, Decision.ALLOW), read("file:///etc/b")));

        assertThat(report.denied()).isEqualTo(2);
        assertThat(report.newlyDenied()).isEqualTo(2);
        assertThat(report.againstRecord()).containsExactly(new Replay.Change(Decision.ALLOW, Decision.DENY, 1));
    }

    @Test
    void aRecordedDenialOfWhatNoRuleLooksAtIsAChange() {
        final DataAccess denied = read("file:///etc/a");
        final PolicySet onTools =
                PolicyCompiler.compile(PolicyReader.read("""
                                apiVersion: fourthlog.io/v1alpha1
                                kind: AgentAuditPolicy
                                metadata: {name: agents}
                                spec: {rules: [{name: tools, on: [tool_invocation], when: "true", decision: flag}]}
                                """).sources()).set();

        assertThat(Replay.run(onTools, PolicySet.EMPTY, List.of(denied, decided(denied, Decision.DENY)))
                        .againstRecord())
                .containsExactly(new Replay.Change(Decision.DENY, Decision.ALLOW, 1));
    }

    @Test
    void whatIsNotAskedForIsOnlyThePastOfWhatIs() {
        final DataAccess before = read("file:///etc/a");
        final DataAccess asked = read("file:///etc/b");
        final Replay replay =
                new Replay(policies("trace.resources.size() > 1"), PolicySet.EMPTY, event -> event.equals(asked));
        replay.take(before);
        replay.take(asked);

        assertThat(replay.report().events()).isEqualTo(1);
        assertThat(replay.report().denied()).isEqualTo(1);
    }

    @Test
    void aNamespaceIsToldByItsWorkloads() {
        assertThat(Replay.inNamespace("support")).accepts(read("file:///x"));
        assertThat(Replay.inNamespace("sales")).rejects(read("file:///x"));
    }

    private static PolicySet policies(String when) {
        return PolicyCompiler.compile(PolicyReader.read("""
                                apiVersion: fourthlog.io/v1alpha1
                                kind: AgentAuditPolicy
                                metadata: {name: agents, namespace: support}
                                spec:
                                  validationActions: [Deny]
                                  rules:
                                  - {name: reads, on: [data_access], when: "%s", decision: deny, messageExpression: event.resource_uri}
                                """.formatted(when)).sources())
                .set();
    }

    private static DataAccess read(String uri) {
        return new DataAccess(header(Map.of("row_count", "a file has no rows")), uri, "read", null, 1L, List.of());
    }

    private static PolicyDecision decided(Event event, Decision decision) {
        return new PolicyDecision(
                header(Map.of()),
                "support/agents",
                decision,
                event.header().eventId(),
                "reads",
                Enforcement.NONE,
                "sha256:" + "ab".repeat(32),
                null,
                null,
                null,
                null);
    }

    private static Header header(Map<String, String> unknown) {
        final TreeMap<String, String> reasons = new TreeMap<>(unknown);
        reasons.put("triggering_event_id", "root of the trace");
        return new Header(
                UuidV7.next(Clock.systemUTC()),
                "0af7651916cd43dd8448eb211c80319c",
                NOON,
                "k8s://demo/support/Deployment/agent/agent-1/main",
                null,
                "demo.support.node-1",
                Header.SCHEMA_VERSION,
                Completeness.COMPLETE,
                Evidence.OBSERVED,
                reasons);
    }
}
