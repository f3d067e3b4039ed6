package io.fourthlog.trail;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Enforcement;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Gap;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.actionlog.event.JsonFragment;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.actionlog.log.LogWriter;
import io.fourthlog.actionlog.log.SigningKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the agents of a small cluster did, with fixed ids and times: the helpdesk reads a file, the curious one is denied. */
public final class Scene {

    public static final String SENSOR = "demo.support.node-1";
    public static final String HELPDESK_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    public static final String CURIOUS_TRACE = "0af7651916cd43dd8448eb211c80319c";
    public static final String HELPDESK = "k8s://demo/support/Pod/helpdesk/helpdesk/agent";
    public static final String CURIOUS = "k8s://demo/support/Pod/curious/curious/agent";

    private static final Instant START = Instant.parse("2026-01-31T12:00:00Z");
    private static final JsonFragment PATH_SHAPE = JsonFragment.of(
            "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\",\"length\":\"10-99\",\"sensitivity\":[\"filesystem-sensitive\"]}}}");
    private static final Destination MODEL = new Destination("model.models.svc.cluster.local", 443, "10.1.2.3", false);

    private Scene() {}

    /** Id number {@code n} of the scene. */
    public static UUID id(int n) {
        return new UUID((START.toEpochMilli() + n) << 16 | 0x7000L, 0x8000_0000_0000_0000L | n);
    }

    public static Header header(int n, String trace, String workload, @Nullable UUID trigger, long millis) {
        final TreeMap<String, String> unknown = new TreeMap<>();
        if (trigger == null) {
            unknown.put("triggering_event_id", "root of the trace");
        }
        return new Header(
                id(n),
                trace,
                START.plusMillis(millis),
                workload,
                trigger,
                SENSOR,
                Header.SCHEMA_VERSION,
                Completeness.COMPLETE,
                Evidence.OBSERVED,
                unknown);
    }

    /**
     * The helpdesk: asked, asks for a tool, reads a file with it, and answers.
     *
     * @param sent fingerprints of what the second model call carried
     */
    public static List<Event> helpdesk(List<PartFingerprint> sent) {
        return List.of(
                model(1, null, 0)
                        .toolsRequested(List.of(new RequestedTool("read_file", PATH_SHAPE, "call_1", null)))
                        .inputSensitivity(List.of("PII:email"))
                        .unknown("output_hash", "the answer has no text to hash")
                        .build(),
                new IdentityAssertion(
                        header(2, HELPDESK_TRACE, HELPDESK, id(1), 1)
                                .withUnknown(Map.of(
                                        "service_account", "the token is opaque",
                                        "asserted_scope", "the token is opaque",
                                        "granted_scope", "the token is opaque")),
                        null,
                        "bearer k1:" + "ab".repeat(32),
                        null,
                        null,
                        null,
                        null),
                allow(3, 1, 4),
                ToolInvocation.builder(header(4, HELPDESK_TRACE, HELPDESK, id(1), 40), "read_file")
                        .unknown("agent_session_id", "MCP over stdio has none")
                        .toolVersion("2.1.0")
                        .paramSchema(PATH_SHAPE)
                        .paramSensitivity(List.of("filesystem-sensitive"))
                        .targetResourceType("file")
                        .returnStatus("ok")
                        .returnSize(182L)
                        .returnHash("cd".repeat(32))
                        .durationMs(12L)
                        .callId("call_1")
                        .destination("files")
                        .build(),
                new DataAccess(
                        header(5, HELPDESK_TRACE, HELPDESK, id(4), 45).withUnknown("row_count", "a file has no rows"),
                        "file:///data/customers.csv",
                        "read",
                        null,
                        182L,
                        List.of("PCI:pan", "PII:email")),
                model(6, id(4), 60)
                        .outputHash("ef".repeat(32))
                        .fingerprints(sent)
                        .build());
    }

    public static List<Event> helpdesk() {
        return helpdesk(List.of());
    }

    private static ModelInvocation.Builder model(int n, @Nullable UUID trigger, long millis) {
        return ModelInvocation.builder(header(n, HELPDESK_TRACE, HELPDESK, trigger, millis))
                .unknown("agent_session_id", "the agent has none")
                .unknown("prompt_class", "the profile does not classify prompts")
                .modelId("approved-model")
                .promptTokenCount(812L)
                .outputTokenCount(24L)
                .destination(MODEL)
                .httpStatus(200);
    }

    private static PolicyDecision allow(int n, int evaluated, long millis) {
        return new PolicyDecision(
                header(n, HELPDESK_TRACE, HELPDESK, id(evaluated), millis).withUnknown("rule_fired", "no rule fired"),
                "support/support-agents",
                Decision.ALLOW,
                id(evaluated),
                null,
                Enforcement.NONE,
                "sha256:" + "12".repeat(32),
                null,
                null,
                null,
                null);
    }

    /** The curious one: opens a secret, and is stopped. */
    public static List<Event> curious() {
        return List.of(
                new DataAccess(
                        header(21, CURIOUS_TRACE, CURIOUS, null, 5_000).withUnknown("row_count", "a file has no rows"),
                        "file:///etc/secrets/database.env",
                        "read",
                        null,
                        0L,
                        List.of("filesystem-sensitive")),
                new PolicyDecision(
                        header(22, CURIOUS_TRACE, CURIOUS, id(21), 5_001),
                        "support/support-agents",
                        Decision.DENY,
                        id(21),
                        "no-secret-files",
                        Enforcement.ENFORCED,
                        "sha256:" + "12".repeat(32),
                        "read of file",
                        "critical",
                        "terminate",
                        null));
    }

    /** The curious one's model asks for a tool that it does not get, and that another one has run. */
    public static Event asked() {
        return ModelInvocation.builder(header(23, CURIOUS_TRACE, CURIOUS, null, 4_990))
                .unknown("agent_session_id", "the agent has none")
                .unknown("prompt_class", "the profile does not classify prompts")
                .unknown("output_hash", "the answer has no text to hash")
                .modelId("approved-model")
                .promptTokenCount(812L)
                .outputTokenCount(24L)
                .destination(MODEL)
                .httpStatus(200)
                .toolsRequested(List.of(new RequestedTool("read_file", PATH_SHAPE, null, null)))
                .build();
    }

    /** The sensor was down from one time to another. */
    public static Event restart(int n, long from, long to) {
        return new ErrorEvent(
                header(n, "%032x".formatted(0xF000 + n), "proc://" + SENSOR, null, to)
                        .withUnknown(Map.of(
                                "originating_event_id", "not caused by an event",
                                "recovery_action", "nothing to be done")),
                "sensor.gap.restart",
                null,
                null,
                new Gap(START.plusMillis(from), START.plusMillis(to), null, null));
    }

    /** Writes a sensor's spool with these events, or goes on with the one that is there. */
    public static Path spool(Path state, String sensor, List<Event> events) throws IOException {
        return entries(state, sensor, events.stream().map(EventCodec::encode).toList());
    }

    /** The same with entries as they stand in the log. */
    public static Path entries(Path state, String sensor, List<byte[]> entries) throws IOException {
        Files.createDirectories(state);
        final Path file = state.resolve("log.key");
        if (!Files.exists(file)) {
            SigningKey.generate(sensor).store(file);
        }
        try (LogWriter writer = LogWriter.open(state.resolve("log"), SigningKey.load(file))) {
            entries.forEach(writer::append);
            writer.commit();
        }
        return state;
    }

    /** Writes the scene into a spool: for trying things out by hand. */
    public static void main(String[] arguments) throws IOException {
        final Path state = Path.of(arguments[0]);
        spool(state, SENSOR, helpdesk());
        spool(state, SENSOR, curious());
        spool(state, SENSOR, List.of(restart(31, 4_000, 6_000)));
    }
}
