package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.JsonFragment;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.Redacted;
import io.fourthlog.redaction.RedactedJson;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.action.Cause;
import io.fourthlog.sensor.action.InFlight;
import io.fourthlog.sensor.action.Session;
import io.fourthlog.sensor.protocol.McpResult;
import io.fourthlog.sensor.protocol.ModelAnswer;
import io.fourthlog.sensor.protocol.ModelPrompt;
import io.fourthlog.sensor.protocol.RpcCall;
import io.fourthlog.sensor.protocol.RpcReader;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one side of a JSON-RPC conversation that have no answer yet, by their id: calls of tools, prompts, people
 * and other agents become a tool_invocation, reading a resource a data_access, and asking a model a model_invocation.
 */
final class Requests {
    private static final int MAX_OUTSTANDING = 4096; // requests without an answer
    private static final int MAX_CANCELLED = 64; // of them, the newest
    private static final int REQUEST = 1 << 10; // bytes, about, that one takes beside the shape of what it carries
    private static final String WAITS = "waits "; // before the id of one that waits for its client: no JSON begins so

    /** A call that its client let go, and that may be answered all the same. */
    private record Cancelled(Agent client, Cause cause) {}

    /** A request that waits. */
    private sealed interface Pending permits Call, Reading, Sampling, Unrecorded {
        void answered(McpResult result);

        /** No answer will come. */
        void noAnswer();

        void answerLost(long missingBytes);

        /** The kernel lost records: the answer may have been among them. */
        void mayBeLost();

        default void server(final ToolServer server) {}

        /** Bytes, about. */
        default int size() {
            return REQUEST;
        }

        /** Whether this request is the beginning of one that is made again. */
        default boolean begins(final RpcCall again, final @Nullable String argumentsHash) {
            return false;
        }
    }

    private final Recorder recorder;
    private final Identities identities;
    private final MemoryBudget budget;
    private final Supplier<Instant> now;
    private final @Nullable Destination where;
    private final Map<String, Pending> outstanding = new LinkedHashMap<>();
    private final Map<String, Cancelled> cancelled = new LinkedHashMap<>();

    /** @param where what is asked for here goes to, {@code null} if it is no place on the network or not known */
    Requests(
            final Recorder recorder,
            final Identities identities,
            final MemoryBudget budget,
            final Supplier<Instant> now,
            final @Nullable Destination where) {
        this.recorder = recorder;
        this.identities = identities;
        this.budget = budget;
        this.now = now;
        this.where = where;
    }

    boolean isEmpty() {
        return outstanding.isEmpty();
    }

    /** Whether no request waits for its server. */
    boolean answered() {
        return outstanding.keySet().stream().allMatch(id -> id.startsWith(WAITS) || id.startsWith(RpcReader.NAMED));
    }

    boolean expects(final String id) {
        return outstanding.containsKey(id) || cancelled.containsKey(id);
    }

    void call(final Agent client, final @Nullable ToolServer server, final RpcCall call) {
        call(client, server, call, this);
    }

    /** @param earlier has the beginning of a call that is made again */
    void call(final Agent client, final @Nullable ToolServer server, final RpcCall call, final Requests earlier) {
        final RedactedJson redacted;
        try (call) {
            redacted = recorder.engine(client).redactJson(call.arguments());
        }
        final Pending begun = call.resumed() ? earlier.begun(call, redacted.keyedHash()) : null;
        if (begun != null) {
            expect(call.id(), begun);
        } else if (call.kind() == RpcCall.Kind.RESOURCE) {
            expect(call.id(), new Reading(client, call.name(), call.traceId()));
        } else {
            expect(call.id(), new Call(client, server, call, redacted));
        }
    }

    private @Nullable Pending begun(final RpcCall again, final @Nullable String argumentsHash) {
        for (final Map.Entry<String, Pending> each : outstanding.entrySet()) {
            final Pending pending = each.getValue();
            if (each.getKey().startsWith(WAITS) && pending.begins(again, argumentsHash)) {
                remove(each.getKey());
                return pending;
            }
        }
        return null;
    }

    void sampling(final Agent client, final String id, final ModelPrompt prompt) {
        final ModelCall model = new ModelCall(recorder, identities, client, now, budget, null, () -> null, List.of());
        model.asked(prompt);
        expect(id, new Sampling(model));
    }

    void request(final String id) {
        expect(id, Unrecorded.INSTANCE);
    }

    /** A request is answered as one that went on as a task, of which {@code earlier} knows; whether it does. */
    boolean resumed(final String id, final String task, final Requests earlier) {
        final Pending call = earlier.remove(task);
        if (call != null) {
            expect(id, call);
        }
        return call != null && !(call instanceof Unrecorded);
    }

    private void expect(final String id, final Pending call) {
        final Pending replaced = remove(id);
        if (replaced != null) {
            replaced.noAnswer();
        }
        if (outstanding.size() == MAX_OUTSTANDING) {
            final Pending oldest = remove(outstanding.keySet().iterator().next());
            if (oldest != null) {
                oldest.answerLost(-1);
            }
        }
        if (budget.take(call.size())) {
            outstanding.put(id, call);
        } else {
            call.answerLost(-1);
        }
    }

    private @Nullable Pending remove(final String id) {
        final Pending call = outstanding.remove(id);
        if (call != null) {
            budget.giveBack(call.size());
        }
        return call;
    }

    private List<Pending> removeAll() {
        final List<Pending> calls = new ArrayList<>(outstanding.values());
        outstanding.clear();
        calls.forEach(call -> budget.giveBack(call.size()));
        return calls;
    }

    void cancelled(final String id) {
        final Pending pending = remove(id);
        if (pending != null) {
            pending.noAnswer();
        }
        if (pending instanceof Call call) {
            cancelled.put(id, new Cancelled(call.client, call.inFlight.cause()));
            if (cancelled.size() > MAX_CANCELLED) {
                cancelled.remove(cancelled.keySet().iterator().next());
            }
        }
    }

    /** Answers whether a request that is recorded was waiting for it. */
    boolean answered(final McpResult result) {
        final Pending call = remove(result.id());
        final Cancelled late = call == null ? cancelled.remove(result.id()) : null;
        if (late != null) {
            recorder.error(late.client(), late.cause(), now.get(), "tool.late_answer");
            return true;
        }
        if (call != null && result.unfinished()) {
            expect(WAITS + result.id(), call);
        } else if (call != null && result.task() != null) {
            expect(result.task(), call);
        } else if (call != null) {
            call.answered(result);
        }
        return call != null && !(call instanceof Unrecorded);
    }

    void answersLost(final long missingBytes) {
        removeAll().forEach(call -> call.answerLost(missingBytes));
    }

    void noAnswer() {
        removeAll().forEach(Pending::noAnswer);
    }

    void mayBeLost() {
        outstanding.values().forEach(Pending::mayBeLost);
    }

    /** Who answers is known now. */
    void server(final ToolServer server) {
        outstanding.values().forEach(call -> call.server(server));
    }

    /** Takes over what another one waited for. */
    void addAll(final Requests other) {
        final Map<String, Pending> moved = new LinkedHashMap<>(other.outstanding);
        other.removeAll();
        moved.forEach(this::expect);
    }

    private static String toolOf(final RpcCall call) {
        return call.kind() == RpcCall.Kind.PROMPT ? "prompts/get:" + call.name() : call.name();
    }

    /** A call that has no answer yet. */
    private final class Call implements Pending {
        private final Agent client;
        private final UUID id = recorder.newId();
        private final Instant ts = now.get();
        private final String tool;
        private final boolean agent;
        private final RedactedJson arguments;
        private final Session.Matched match;
        private final InFlight inFlight;
        private final Recorder.@Nullable Judged early;
        private @Nullable ToolServer server;
        private boolean mayBeLost;

        private Call(
                final Agent client,
                final @Nullable ToolServer server,
                final RpcCall call,
                final RedactedJson arguments) {
            this.client = client;
            this.server = server;
            this.agent = call.kind() == RpcCall.Kind.AGENT;
            this.tool = toolOf(call);
            this.arguments = arguments;
            final Session.Matched found = client.session().ofToolCall(client, tool, arguments.keyedHash());
            match = new Session.Matched(found.cause().inTrace(call.traceId()), found.callId());
            inFlight = new InFlight(
                    client,
                    server == null ? null : server.process(),
                    match.cause().then(id),
                    match.cause(),
                    call.files(),
                    match.callId());
            client.session().toolStarted(inFlight);
            final String reason = "the call is under way";
            final ToolInvocation provisional = builder(Completeness.COMPLETE)
                    .unknown("return_status", reason)
                    .unknown("return_size", reason)
                    .unknown("return_hash", reason)
                    .unknown("duration_ms", reason)
                    .build();
            early = recorder.judgeEarly(provisional, client, match.cause(), where);
        }

        @Override
        public int size() {
            return REQUEST + (arguments.shape() == null ? 0 : arguments.shape().length());
        }

        private ToolInvocation.Builder builder(final Completeness completeness) {
            final Header header = recorder.header(id, client, match.cause(), ts, completeness, Evidence.OBSERVED);
            final String resourceType = inFlight.resourceType();
            final String version = server == null ? null : server.version(tool);
            final ToolInvocation.Builder event = ToolInvocation.builder(header, tool)
                    .agentSessionId(client.session().id())
                    .toolVersion(version)
                    .paramSchema(arguments.shape() == null ? null : new JsonFragment(arguments.shape()))
                    .paramSensitivity(List.copyOf(arguments.sensitivity()))
                    .paramHash(arguments.keyedHash())
                    .targetResourceType(resourceType)
                    .callId(match.callId())
                    .destination(server == null ? null : server.destination(agent));
            if (version == null) {
                event.unknown("tool_version", "the server's introduction was not seen");
            }
            if (arguments.problem() != null) {
                event.unknown("param_schema", arguments.problem());
            }
            if (resourceType == null) {
                event.unknown("target_resource_type", "the tool was not seen to use one kind of resource");
            }
            return event;
        }

        @Override
        public void answered(final McpResult result) {
            final boolean failed = result.toolError() || result.errorCode() != null;
            final ToolInvocation.Builder event = builder(Completeness.COMPLETE)
                    .returnStatus(failed ? "error" : "ok")
                    .durationMs(duration());
            final Plaintext content = result.content();
            if (content == null) {
                event.returnSize(0L).unknown("return_hash", "the result has no content");
            } else {
                final Redacted redacted = recorder.engine(client).redact(content);
                final String hash = Recorder.contentHash(redacted);
                event.returnSize((long) content.length())
                        .returnHash(hash)
                        .fingerprints(List.of(Recorder.fingerprint("return", redacted)));
                if (hash == null) {
                    event.unknown("return_hash", "the content could not be classified and was dropped");
                }
            }
            finish(event.build());
            if (failed) {
                final String kind = result.errorCode() == null ? "tool.error" : "tool.rpc." + result.errorCode();
                recorder.error(client, inFlight.cause(), now.get(), kind);
            }
        }

        @Override
        public void noAnswer() {
            if (mayBeLost) {
                answerLost(-1);
                return;
            }
            finish(builder(Completeness.COMPLETE)
                    .returnStatus("none")
                    .durationMs(duration())
                    .unknown("return_size", "there was no answer")
                    .unknown("return_hash", "there was no answer")
                    .build());
            recorder.error(client, inFlight.cause(), now.get(), "tool.no_answer");
        }

        @Override
        public void answerLost(final long missingBytes) {
            final String reason = "a part of the channel was not captured";
            finish(builder(Completeness.gap(missingBytes < 0 ? null : missingBytes))
                    .unknown("return_status", reason)
                    .unknown("return_size", reason)
                    .unknown("return_hash", reason)
                    .unknown("duration_ms", reason)
                    .build());
        }

        private void finish(final ToolInvocation event) {
            client.session().toolEnded(inFlight);
            recorder.judgeAndRecord(event, client, match.cause(), where, early);
        }

        private long duration() {
            return Math.max(0, Duration.between(ts, now.get()).toMillis());
        }

        @Override
        public void mayBeLost() {
            mayBeLost = true;
        }

        @Override
        public boolean begins(final RpcCall again, final @Nullable String argumentsHash) {
            return toolOf(again).equals(tool) && Objects.equals(argumentsHash, arguments.keyedHash());
        }

        @Override
        public void server(final ToolServer answering) {
            server = answering;
            if (answering.process() != null) {
                inFlight.server(answering.process());
            }
        }
    }

    /** A resource that is being read. */
    private final class Reading implements Pending {
        private final Agent client;
        private final UUID id = recorder.newId();
        private final Instant ts = now.get();
        private final String uri;
        private final Cause cause;
        private boolean mayBeLost;

        private Reading(final Agent client, final String uri, final @Nullable String namedTrace) {
            this.client = client;
            this.uri = uri;
            cause = client.session().ambient(client).inTrace(namedTrace);
        }

        @Override
        public void answered(final McpResult result) {
            final Plaintext content = result.content();
            if (result.errorCode() != null) {
                finish(null, List.of(), "the server answered with an error", Completeness.COMPLETE);
                recorder.error(client, cause.then(id), now.get(), "resource.rpc." + result.errorCode());
            } else if (content == null) {
                finish(result.binaryBytes(), List.of(), "", Completeness.COMPLETE);
            } else {
                final Redacted redacted = recorder.engine(client).redact(content);
                finish(
                        content.length() + result.binaryBytes(),
                        List.copyOf(redacted.sensitivity()),
                        "",
                        Completeness.COMPLETE);
            }
        }

        @Override
        public void noAnswer() {
            if (mayBeLost) {
                answerLost(-1);
            } else {
                finish(null, List.of(), "there was no answer", Completeness.COMPLETE);
            }
        }

        @Override
        public void answerLost(final long missingBytes) {
            finish(
                    null,
                    List.of(),
                    "a part of the channel was not captured",
                    Completeness.gap(missingBytes < 0 ? null : missingBytes));
        }

        @Override
        public void mayBeLost() {
            mayBeLost = true;
        }

        @Override
        public boolean begins(final RpcCall again, final @Nullable String argumentsHash) {
            return again.kind() == RpcCall.Kind.RESOURCE && again.name().equals(uri);
        }

        private void finish(
                final @Nullable Long bytes,
                final List<String> tags,
                final String reason,
                final Completeness completeness) {
            final TreeMap<String, String> unknown = new TreeMap<>();
            unknown.put("row_count", "a resource has bytes, not rows");
            if (bytes == null) {
                unknown.put("byte_count", reason);
            }
            final Header header = recorder.header(id, client, cause, ts, completeness, Evidence.OBSERVED)
                    .withUnknown(unknown);
            final DataAccess event = new DataAccess(header, uri, "read", null, bytes, tags);
            recorder.judgeAndRecord(event, client, cause, where, null);
        }
    }

    /** A model that a server asks through its client. */
    private static final class Sampling implements Pending {
        private final ModelCall model;

        private Sampling(final ModelCall model) {
            this.model = model;
        }

        @Override
        public void answered(final McpResult result) {
            final ModelAnswer answer = result.answer();
            if (answer != null) {
                model.answered(answer);
            } else {
                model.answered(empty(result.errorCode() == null ? null : "rpc_" + result.errorCode(), null));
            }
        }

        @Override
        public void noAnswer() {
            model.answered(empty("no_answer", null));
        }

        @Override
        public void answerLost(final long missingBytes) {
            model.answered(empty(null, GapCause.STREAM));
        }

        @Override
        public void mayBeLost() {}

        private static ModelAnswer empty(final @Nullable String error, final @Nullable GapCause gap) {
            final Plaintext none = Plaintext.copyOf(new byte[0], 0, 0);
            return new ModelAnswer(0, null, null, false, true, none, none, List.of(), -1, -1, error, gap, -1);
        }
    }

    /** A request whose answer is only to be told from others. */
    private enum Unrecorded implements Pending {
        INSTANCE;

        @Override
        public void answered(final McpResult result) {}

        @Override
        public void noAnswer() {}

        @Override
        public void answerLost(final long missingBytes) {}

        @Override
        public void mayBeLost() {}
    }
}
