package io.fourthlog.policy;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.actionlog.event.UuidV7;
import io.fourthlog.policy.behaviour.Behaviour;
import io.fourthlog.policy.behaviour.Limits;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Events and policies for the tests of this package. */
final class Given {

    static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");
    static final String TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";

    private Given() {}

    static DataAccess read(String uri, String... tags) {
        return read(NOON, uri, tags);
    }

    static DataAccess read(Instant ts, String uri, String... tags) {
        return new DataAccess(
                header(TRACE_ID, ts, Map.of("row_count", "a file has no rows")),
                uri,
                "read",
                null,
                4096L,
                List.of(tags));
    }

    static ToolInvocation tool(String name, String... sensitivity) {
        return toolOf(TRACE_ID, name, sensitivity);
    }

    static ToolInvocation toolOf(String traceId, String name, String... sensitivity) {
        return unseen(ToolInvocation.builder(header(traceId, NOON, Map.of()), name)
                        .paramSensitivity(List.of(sensitivity))
                        .unknown("agent_session_id", "not seen"))
                .build();
    }

    static ToolInvocation toolIn(String session, String traceId, String name) {
        return unseen(ToolInvocation.builder(header(traceId, NOON, Map.of()), name)
                        .agentSessionId(session))
                .build();
    }

    private static ToolInvocation.Builder unseen(ToolInvocation.Builder tool) {
        List.of(
                        "tool_version",
                        "param_schema",
                        "target_resource_type",
                        "return_status",
                        "return_size",
                        "return_hash",
                        "duration_ms")
                .forEach(field -> tool.unknown(field, "not seen"));
        return tool;
    }

    static ModelInvocation model(Destination destination, String... requested) {
        final ModelInvocation.Builder model = ModelInvocation.builder(header(TRACE_ID, NOON, Map.of()))
                .modelId("gpt-4o")
                .toolsRequested(Arrays.stream(requested)
                        .map(name -> new RequestedTool(name, null, null, null))
                        .toList())
                .destination(destination);
        List.of("agent_session_id", "prompt_class", "prompt_token_count", "output_token_count", "output_hash")
                .forEach(field -> model.unknown(field, "not seen"));
        return model.build();
    }

    /** A call of a tool by this workload in this trace, at this time. */
    static ToolInvocation toolAt(Instant ts, String workload, String traceId, String name) {
        final ToolInvocation like = toolOf(traceId, name);
        final Header header = like.header();
        return new ToolInvocation(
                new Header(
                        header.eventId(),
                        traceId,
                        ts,
                        workload,
                        null,
                        header.sensorId(),
                        header.schemaVersion(),
                        header.completeness(),
                        header.evidence(),
                        header.unknown()),
                like.agentSessionId(),
                name,
                like.toolVersion(),
                like.paramSchema(),
                like.paramSensitivity(),
                like.targetResourceType(),
                like.returnStatus(),
                like.returnSize(),
                like.returnHash(),
                like.durationMs(),
                like.callId(),
                like.paramHash(),
                like.destination(),
                like.fingerprints());
    }

    static Facts after(Event... events) {
        final Behaviour behaviour = new Behaviour(Limits.DEFAULT);
        for (final Event event : events) {
            behaviour.observe(event);
        }
        return new Facts(behaviour, null);
    }

    static RuleSource rule(String name, EventType on, String when, Decision decision) {
        return new RuleSource(name, Set.of(on), when, decision, EnforceAction.NONE, "high", null);
    }

    static RuleSource on(Set<EventType> on, String when) {
        return new RuleSource("r", on, when, Decision.DENY, EnforceAction.NONE, "high", null);
    }

    static PolicySource policy(RuleSource... rules) {
        return policy(FailurePolicy.FAIL, List.of(), List.of(), rules);
    }

    static PolicySource policy(
            FailurePolicy failurePolicy,
            List<VariableSource> variables,
            List<ExceptionSource> exceptions,
            RuleSource... rules) {
        return new PolicySource("support/agents", true, failurePolicy, variables, List.of(rules), exceptions);
    }

    static PolicySet compiled(PolicySource... sources) {
        final Compiled compiled = PolicyCompiler.compile(List.of(sources));
        if (!compiled.errors().isEmpty()) {
            throw new AssertionError(compiled.errors().toString());
        }
        return compiled.set();
    }

    private static Header header(String traceId, Instant ts, Map<String, String> unknown) {
        final TreeMap<String, String> reasons = new TreeMap<>(unknown);
        reasons.put("triggering_event_id", "root of the trace");
        return new Header(
                UuidV7.next(Clock.systemUTC()),
                traceId,
                ts,
                "k8s://demo/support/Deployment/agent/agent-abc-1/main",
                null,
                "demo.support.node-1",
                Header.SCHEMA_VERSION,
                Completeness.COMPLETE,
                Evidence.OBSERVED,
                reasons);
    }
}
