package io.fourthlog.bench.policy;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.actionlog.event.ToolInvocation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** Events as a sensor makes them. */
public final class Events {

    static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");

    private Events() {}

    static String trace(int number) {
        return "%032x".formatted(number + 1);
    }

    static String workload(int number) {
        return "k8s://demo/support/Deployment/agent-" + number + "/agent-" + number + "-7d9c5b7f4-x2x9z/main";
    }

    static ToolInvocation tool(int trace, int workload, Instant at, String name, List<String> tags) {
        return ToolInvocation.builder(
                        header(
                                trace,
                                workload,
                                at,
                                Map.of(
                                        "agent_session_id",
                                        "not seen",
                                        "tool_version",
                                        "not seen",
                                        "param_schema",
                                        "not seen",
                                        "return_hash",
                                        "not seen")),
                        name)
                .paramSensitivity(tags)
                .targetResourceType("file")
                .returnStatus("ok")
                .returnSize(1_200L)
                .durationMs(35L)
                .destination("files")
                .build();
    }

    static DataAccess read(int trace, int workload, Instant at, String uri) {
        return new DataAccess(
                header(trace, workload, at, Map.of("row_count", "a file has no rows")),
                uri,
                "read",
                null,
                4_096L,
                List.of("filesystem-sensitive"));
    }

    static ModelInvocation model(int trace, int workload, Instant at, String model, String tool) {
        return ModelInvocation.builder(header(
                        trace,
                        workload,
                        at,
                        Map.of("agent_session_id", "not seen", "prompt_class", "not seen", "output_hash", "not seen")))
                .modelId(model)
                .promptTokenCount(900L)
                .outputTokenCount(120L)
                .toolsRequested(List.of(new RequestedTool(tool, null, null, null)))
                .destination(new Destination("api.example.com", 443, "203.0.113.7", true))
                .build();
    }

    /** A stream of events of many agents: a model is asked, a tool runs, a file is read, and so on. */
    public static Event[] stream(int count, int traces, int workloads) {
        final Event[] events = new Event[count];
        for (int i = 0; i < count; i++) {
            final int trace = i * 7 % traces;
            final int workload = trace % workloads;
            final Instant at = NOON.plusMillis(i);
            events[i] = switch (i % 3) {
                case 0 -> model(trace, workload, at, "model-" + i % 5, "tool-" + i % 20);
                case 1 -> tool(trace, workload, at, "tool-" + i % 20, List.of("PII:email"));
                default -> read(trace, workload, at, "file:///data/" + i % 10 + "/file-" + i % 500);
            };
        }
        return events;
    }

    private static Header header(int trace, int workload, Instant at, Map<String, String> unknown) {
        final TreeMap<String, String> reasons = new TreeMap<>(unknown);
        reasons.put("triggering_event_id", "root of the trace");
        final UUID random = UUID.randomUUID();
        return new Header(
                new UUID((random.getMostSignificantBits() & ~0xf000L) | 0x7000L, random.getLeastSignificantBits()),
                trace(trace),
                at,
                workload(workload),
                null,
                "demo.support.node-1",
                Header.SCHEMA_VERSION,
                Completeness.COMPLETE,
                Evidence.OBSERVED,
                reasons);
    }
}
