package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.JsonFragment;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.Redacted;
import io.fourthlog.redaction.RedactedJson;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.action.InFlight;
import io.fourthlog.sensor.action.Session;
import io.fourthlog.sensor.protocol.GapCause;
import io.fourthlog.sensor.protocol.Limits;
import io.fourthlog.sensor.protocol.McpResult;
import io.fourthlog.sensor.protocol.McpStream;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The MCP channels of the tracked processes: pairs each server's answers with its client's requests, and makes a
 * tool_invocation of every call.
 *
 * <p>Only the writing side of a channel is captured. The two directions of a socket pair share their channel's name. Two
 * pipes do not: they are paired at the first answer, with the stream of an ancestor's that waits for this id, and among
 * several with the pipe that was made last before this one.
 */
final class ToolChannels {
    private static final int MAX_OUTSTANDING = 4096; // requests without an answer, on one channel
    private static final int MAX_STREAMS = 8192; // beyond it the one that was silent for longest is given up

    private record Key(long channel, long endInode) {}

    private final Recorder recorder;
    private final MemoryBudget budget;
    private final Supplier<Instant> now;
    private final Map<Key, Stream> streams = new LinkedHashMap<>(16, 0.75f, true);
    private final Set<Stream> waiting = new HashSet<>(); // for chunks that are late

    ToolChannels(final Recorder recorder, final MemoryBudget budget, final Supplier<Instant> now) {
        this.recorder = recorder;
        this.budget = budget;
        this.now = now;
    }

    /** Bytes that {@code writer} wrote to its end of a channel. */
    void written(
            final Agent writer,
            final long channel,
            final long endInode,
            final long position,
            final byte[] bytes,
            final int length) {
        final Key key = new Key(channel, endInode);
        Stream stream = streams.get(key);
        if (stream != null && position == 0 && stream.started) {
            stream.close(); // the inode was used again
            stream = null;
        }
        if (stream == null) {
            shedOne();
            stream = new Stream(key, writer, recorder.config().limits());
            streams.put(key, stream);
        }
        stream.writer = writer;
        stream.started = true;
        stream.parser.accept(position, bytes, length);
        if (stream.parser.isWaiting()) {
            waiting.add(stream);
        }
    }

    private void shedOne() {
        if (streams.size() >= MAX_STREAMS) {
            final Stream silent = streams.values().iterator().next();
            silent.lost(GapCause.SHED, -1);
            silent.close();
        }
    }

    /** Gives up on chunks that have not come. */
    void flush() {
        waiting.forEach(stream -> stream.parser.flush());
        waiting.clear();
    }

    /** The kernel lost records of whatever kind: an answer that does not come may have been among them. */
    void lost() {
        for (final Stream stream : streams.values()) {
            stream.outstanding.values().forEach(call -> call.ifPresent(each -> each.mayBeLost = true));
        }
    }

    /** A process has ended: calls that it made or served have no answer any more. */
    void ended(final Agent agent) {
        for (final Stream stream : List.copyOf(streams.values())) {
            if (stream.writer == agent) {
                stream.parser.flush();
                if (stream.peer != null) {
                    stream.peer.noAnswer();
                }
                stream.noAnswer();
                stream.close();
            }
        }
    }

    /** A tools/call that has no answer yet. */
    private final class Call {
        private final Agent client;
        private final UUID id = recorder.newId();
        private final Instant ts = now.get();
        private final String tool;
        private final RedactedJson arguments;
        private final Session.Matched match;
        private final InFlight inFlight;
        private final Recorder.@Nullable Judged early;
        private @Nullable Stream server;
        private boolean mayBeLost;

        private Call(
                final Agent client,
                final @Nullable Stream server,
                final String tool,
                final RedactedJson arguments,
                final @Nullable String namedTrace) {
            this.client = client;
            this.server = server;
            this.tool = tool;
            this.arguments = arguments;
            final Session.Matched found = client.session().ofToolCall(client, tool, arguments.keyedHash());
            match = new Session.Matched(found.cause().inTrace(namedTrace), found.callId());
            inFlight = new InFlight(
                    client, server == null ? null : server.writer, match.cause().then(id), match.callId());
            client.session().toolStarted(inFlight);
            final String reason = "the call is under way";
            final ToolInvocation provisional = builder(Completeness.COMPLETE)
                    .unknown("return_status", reason)
                    .unknown("return_size", reason)
                    .unknown("return_hash", reason)
                    .unknown("duration_ms", reason)
                    .build();
            early = recorder.judgeEarly(provisional, client, null);
        }

        private ToolInvocation.Builder builder(final Completeness completeness) {
            final Header header = recorder.header(id, client, match.cause(), ts, completeness, Evidence.OBSERVED);
            final String resourceType = inFlight.resourceType();
            final String version = server == null ? null : server.version;
            final ToolInvocation.Builder event = ToolInvocation.builder(header, tool)
                    .agentSessionId(client.session().id())
                    .toolVersion(version)
                    .paramSchema(arguments.shape() == null ? null : new JsonFragment(arguments.shape()))
                    .paramSensitivity(List.copyOf(arguments.sensitivity()))
                    .paramHash(arguments.keyedHash())
                    .targetResourceType(resourceType)
                    .callId(match.callId())
                    .destination(server == null || server.name == null ? null : "mcp+stdio:" + server.name);
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

        private void answered(final McpResult result) {
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

        private void noAnswer() {
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

        private void answerLost(final long missingBytes) {
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
            recorder.record(event, client, early != null ? early : recorder.judge(event, client, null));
        }

        private long duration() {
            return Math.max(0, Duration.between(ts, now.get()).toMillis());
        }
    }

    /** One direction of a channel. */
    private final class Stream implements McpStream.Listener {
        private final Key key;
        private final McpStream parser;
        private final Map<String, Optional<Call>> outstanding = new LinkedHashMap<>(); // empty: not a tool call
        private Agent writer;
        private boolean started;
        private @Nullable Stream peer;
        private @Nullable String name; // what the writer says it is, if it is a server
        private @Nullable String version;

        private Stream(final Key key, final Agent writer, final Limits limits) {
            this.key = key;
            this.writer = writer;
            this.parser = new McpStream(budget, limits, this);
        }

        @Override
        public void call(
                final String id, final String tool, final Plaintext arguments, final @Nullable String traceId) {
            final RedactedJson redacted;
            try (arguments) {
                redacted = recorder.engine(writer).redactJson(arguments);
            }
            expect(id, Optional.of(new Call(writer, answering(), tool, redacted, traceId)));
        }

        @Override
        public void request(final String id) {
            expect(id, Optional.empty());
        }

        private void expect(final String id, final Optional<Call> call) {
            if (outstanding.size() == MAX_OUTSTANDING) {
                final var oldest = outstanding.entrySet().iterator();
                final Optional<Call> forgotten = oldest.next().getValue();
                oldest.remove();
                forgotten.ifPresent(each -> each.answerLost(-1));
            }
            final Optional<Call> replaced = outstanding.put(id, call);
            if (replaced != null) {
                replaced.ifPresent(Call::noAnswer);
            }
        }

        @Override
        public void cancelled(final String id) {
            final Optional<Call> call = outstanding.remove(id);
            if (call != null) {
                call.ifPresent(Call::noAnswer);
            }
        }

        @Override
        public void result(final McpResult result) {
            try (result) {
                final Stream client = asking(result.id());
                if (client == null) {
                    return; // the request was before the capture began, or in a gap that is recorded
                }
                if (result.serverName() != null) {
                    name = result.serverName();
                    version = result.serverVersion() == null
                            ? result.serverName()
                            : result.serverName() + "/" + result.serverVersion();
                }
                final Optional<Call> call = client.outstanding.remove(result.id());
                if (call != null) {
                    call.ifPresent(answered -> answered.answered(result));
                }
            }
        }

        @Override
        public void gap(final GapCause cause, final long missingBytes) {
            if (parser.speaksJsonRpc() || peer != null) {
                lost(cause, missingBytes);
            }
        }

        /** An answer to any call that waits for this stream's writer may have been in the gap. */
        private void lost(final GapCause cause, final long missingBytes) {
            recorder.gap(writer, writer.session().ambient(writer), null, cause, now.get(), now.get(), missingBytes);
            for (final Stream client : List.copyOf(streams.values())) {
                if (client == answering() || (client != this && client.peer == null && mayServe(client))) {
                    client.answersLost(missingBytes);
                }
            }
        }

        private void answersLost(final long missingBytes) {
            final List<Optional<Call>> calls = new ArrayList<>(outstanding.values());
            outstanding.clear();
            calls.forEach(call -> call.ifPresent(each -> each.answerLost(missingBytes)));
        }

        private void noAnswer() {
            final List<Optional<Call>> calls = new ArrayList<>(outstanding.values());
            outstanding.clear();
            calls.forEach(call -> call.ifPresent(Call::noAnswer));
        }

        /** The other direction, if that is known. */
        private @Nullable Stream answering() {
            if (peer == null) {
                for (final Stream other : streams.values()) {
                    if (other != this && other.key.channel() == key.channel()) {
                        pair(other);
                        break;
                    }
                }
            }
            return peer;
        }

        /** The direction whose request with this id is answered here. */
        private @Nullable Stream asking(final String id) {
            final Stream known = answering();
            if (known != null) {
                return known;
            }
            streams.values().stream()
                    .filter(client -> client != this && client.peer == null && client.outstanding.containsKey(id))
                    .filter(this::mayServe)
                    .min(Comparator.comparingLong(this::distance))
                    .ifPresent(this::pair);
            return peer;
        }

        private boolean mayServe(final Stream client) {
            return writer != client.writer && writer.descendsFrom(client.writer);
        }

        /** A program makes the pipe of its child's input just before that of its output, and inodes are numbered in order. */
        private long distance(final Stream client) {
            final long between = key.channel() - client.key.channel();
            return between > 0 ? between : Long.MAX_VALUE + between;
        }

        private void pair(final Stream other) {
            peer = other;
            other.peer = this;
            served(other);
            other.served(this);
        }

        private void served(final Stream server) {
            for (final Optional<Call> call : outstanding.values()) {
                call.ifPresent(each -> {
                    each.server = server;
                    each.inFlight.server(server.writer);
                });
            }
        }

        private void close() {
            streams.remove(key, this);
            if (peer != null) {
                peer.peer = null;
            }
            parser.close();
        }
    }
}
