package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.policy.Compiled;
import io.fourthlog.policy.EnforceAction;
import io.fourthlog.policy.FailurePolicy;
import io.fourthlog.policy.PolicyCompiler;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.RuleSource;
import io.fourthlog.redaction.Hmac;
import io.fourthlog.redaction.Profile;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.action.Workload;
import io.fourthlog.sensor.kernel.Direction;
import io.fourthlog.sensor.kernel.KernelEventSink.FileBytes;
import io.fourthlog.sensor.kernel.KernelEventSink.OpenFile;
import io.fourthlog.sensor.kernel.KernelEventSink.Peer;
import io.fourthlog.sensor.kernel.KernelProcess;
import io.fourthlog.sensor.streams.Limits;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A container with an agent in it, played to the pipeline as the kernel side would, and what came out. */
final class Scene {
    static final long CGROUP = 7;
    static final Workload WORKLOAD = new Workload(
            "k8s://demo/support/Deployment/agent/agent-1/main",
            "support",
            "agent-1",
            "agent",
            Map.of("app", "agent"),
            "/sys/fs/cgroup/kubepods/pod1");
    static final Hmac HMAC = Hmac.of("k1", new byte[32]);

    final List<Event> events = new ArrayList<>();
    final List<Target> terminated = new ArrayList<>();
    final Pipeline pipeline;
    Enforcer.Outcome outcome = new Enforcer.Outcome.Enforced(); // of what is asked for next
    private final Map<String, Long> positions = new HashMap<>();
    private final KernelProcess process = new KernelProcess();
    private long ktime = System.nanoTime();
    private long openSequence;
    private volatile long followed = CGROUP;
    private Duration stepped = Duration.ZERO;
    private final InstantSource clock = () -> Instant.now().plus(stepped);

    Scene() {
        this("event.resource_uri.startsWith('file:///etc/secrets')", Set.of(EventType.DATA_ACCESS));
    }

    Scene(final String when, final Set<EventType> on) {
        this(when, on, Profile.builtin());
    }

    Scene(final String when, final Set<EventType> on, final Profile profile) {
        final RuleSource rule =
                new RuleSource("no-secret-files", on, when, Decision.DENY, EnforceAction.TERMINATE, "critical", null);
        final Compiled compiled = PolicyCompiler.compile(List.of(
                new PolicySource("support/agents", true, FailurePolicy.FAIL, List.of(), List.of(rule), List.of())));
        if (!compiled.errors().isEmpty()) {
            throw new IllegalArgumentException(compiled.errors().toString());
        }
        final Rules rules = new Rules(compiled.set(), profile);
        final PipelineConfig config = new PipelineConfig(
                "demo.support.node-1",
                "sha256:" + "ab".repeat(32),
                HMAC,
                workload -> rules,
                List.of("/app/cache/**"),
                Limits.DEFAULT);
        pipeline = new Pipeline(
                config,
                cgroup -> cgroup == followed ? WORKLOAD : null,
                (action, target) -> {
                    terminated.add(target);
                    return outcome;
                },
                events::add,
                clock.withZone(ZoneOffset.UTC));
    }

    /** Takes another cgroup for the container's. */
    Scene follow(final long cgroup) {
        followed = cgroup;
        return this;
    }

    /** Somebody sets the wall clock to another time, so far from the right one. */
    Scene setClock(final Duration fromNow) {
        stepped = fromNow;
        return this;
    }

    /** The process for the next record; a child's number is its parent's and one digit. */
    KernelProcess process(final int tgid) {
        ktime += 1_000_000;
        return process.set(tgid, tgid / 10, tgid, CGROUP, ktime);
    }

    Scene tls(final int tgid, final long ssl, final List<Chunk> chunks) {
        chunks.forEach(chunk -> tls(tgid, ssl, chunk, true));
        return this;
    }

    Scene tls(final int tgid, final long ssl, final Chunk chunk, final boolean captured) {
        final int length = chunk.bytes().length;
        final long position = advance("tls" + tgid + "/" + ssl + chunk.sent(), length);
        if (captured) {
            pipeline.tls(
                    process(tgid),
                    ssl,
                    chunk.sent() ? Direction.SENT : Direction.RECEIVED,
                    position,
                    MemorySegment.ofArray(chunk.bytes()));
        }
        return this;
    }

    /** The same of a socket without TLS. */
    Scene plain(final int tgid, final long socket, final boolean sent, final String text) {
        return plain(tgid, socket, sent, text.getBytes(StandardCharsets.UTF_8));
    }

    Scene plain(final int tgid, final long socket, final boolean sent, final byte[] bytes) {
        pipeline.socket(
                process(tgid),
                socket,
                sent ? Direction.SENT : Direction.RECEIVED,
                advance("plain" + tgid + "/" + socket + sent, bytes.length),
                MemorySegment.ofArray(bytes));
        return this;
    }

    Scene sent(final int tgid, final long ssl, final String text) {
        return tls(tgid, ssl, new Chunk(true, text.getBytes(StandardCharsets.UTF_8)), true);
    }

    Scene received(final int tgid, final long ssl, final String text) {
        return tls(tgid, ssl, new Chunk(false, text.getBytes(StandardCharsets.UTF_8)), true);
    }

    /** A question that is not answered yet. */
    Scene ask(final int tgid, final long ssl, final String request) {
        return sent(
                tgid,
                ssl,
                "POST /v1/chat/completions HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: "
                        + request.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + request);
    }

    /** One question and its answer on one connection. */
    Scene chat(final int tgid, final long ssl, final String request, final String answer) {
        return ask(tgid, ssl, request)
                .received(
                        tgid,
                        ssl,
                        "HTTP/1.1 200 OK\r\nContent-Length: " + answer.getBytes(StandardCharsets.UTF_8).length
                                + "\r\n\r\n" + answer);
    }

    Scene write(final int tgid, final long channel, final long end, final String text) {
        return write(tgid, channel, end, text.getBytes(StandardCharsets.UTF_8), true);
    }

    Scene write(final int tgid, final long channel, final long end, final byte[] bytes, final boolean captured) {
        final long position = advance("stdio" + channel + "/" + end, bytes.length);
        if (captured) {
            pipeline.stdio(process(tgid), channel, end, position, MemorySegment.ofArray(bytes));
        }
        return this;
    }

    long open(final int tgid, final String path) {
        pipeline.opened(process(tgid), new OpenFile(++openSequence, path, 0));
        return openSequence;
    }

    Scene read(final int tgid, final String path, final long bytes) {
        return close(tgid, open(tgid, path), path, bytes);
    }

    Scene close(final int tgid, final long sequence, final String path, final long bytes) {
        pipeline.closed(process(tgid), new OpenFile(sequence, path, 0), new FileBytes(bytes, 0, 0));
        return this;
    }

    /** A connection without TLS, to this port of 10.0.0.7. */
    Scene plain(final int tgid, final long socket, final int port, final List<Chunk> chunks) {
        pipeline.socketPeer(process(tgid), socket, new Peer("10.0.0.7", port, false, true));
        for (final Chunk chunk : chunks) {
            final int length = chunk.bytes().length;
            pipeline.socket(
                    process(tgid),
                    socket,
                    chunk.sent() ? Direction.SENT : Direction.RECEIVED,
                    advance("socket" + tgid + "/" + socket + chunk.sent(), length),
                    MemorySegment.ofArray(chunk.bytes()));
        }
        return this;
    }

    Scene exit(final int tgid) {
        pipeline.exit(process(tgid));
        return this;
    }

    private long advance(final String stream, final int length) {
        return positions.merge(stream, (long) length, Long::sum) - length;
    }

    List<ModelInvocation> models() {
        return all(ModelInvocation.class);
    }

    List<ToolInvocation> tools() {
        return all(ToolInvocation.class);
    }

    List<DataAccess> accesses() {
        return all(DataAccess.class);
    }

    List<PolicyDecision> decisions() {
        return all(PolicyDecision.class);
    }

    List<String> errors() {
        return all(ErrorEvent.class).stream().map(ErrorEvent::errorClass).toList();
    }

    <E extends Event> List<E> all(final Class<E> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    /** All that would be written, as it would be. */
    String written() {
        final StringBuilder all = new StringBuilder();
        events.forEach(event -> all.append(new String(EventCodec.encode(event), StandardCharsets.UTF_8))
                .append('\n'));
        return all.toString();
    }

    @Nullable
    Event cause(final Event event) {
        return events.stream()
                .filter(each -> each.header().eventId().equals(event.header().triggeringEventId()))
                .findFirst()
                .orElse(null);
    }
}
