package io.fourthlog.bench;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.Compiled;
import io.fourthlog.policy.EnforceAction;
import io.fourthlog.policy.FailurePolicy;
import io.fourthlog.policy.PolicyCompiler;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.RuleSource;
import io.fourthlog.redaction.Hmac;
import io.fourthlog.redaction.Profile;
import io.fourthlog.sensor.action.Workload;
import io.fourthlog.sensor.database.Database;
import io.fourthlog.sensor.database.DatabaseListener;
import io.fourthlog.sensor.http.Connection;
import io.fourthlog.sensor.http.Exchange;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.kernel.Direction;
import io.fourthlog.sensor.kernel.KernelProcess;
import io.fourthlog.sensor.pipeline.Enforcer;
import io.fourthlog.sensor.pipeline.Pipeline;
import io.fourthlog.sensor.pipeline.PipelineConfig;
import io.fourthlog.sensor.pipeline.Rules;
import io.fourthlog.sensor.protocol.ModelAnswer;
import io.fourthlog.sensor.protocol.ModelExchange;
import io.fourthlog.sensor.protocol.ModelPrompt;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How much plaintext a core takes from captured bytes to leaf hashes: recorded connections, played to the pipeline over and
 * over as the kernel side would, through protocols, redaction, policy, canonical bytes and SHA-256. Prints MB/s of CPU time
 * for each recording that is named: with words changed each time, so that no text is one that was seen before; without, as if an agent
 * sent it again; of a whole session, of which the recording is the last request, each with all of the messages before; and of the
 * protocols alone.
 *
 * <pre>java … io.fourthlog.bench.PipelineThroughput FOLDER NAME…</pre>
 */
public final class PipelineThroughput {
    private static final long CGROUP = 7;
    private static final long WARM_UP = 4_000_000_000L; // ns of CPU
    private static final long MEASURED = 4_000_000_000L;
    private static final double MEGA = 1e6;

    /** A word that is in each text of a recording. */
    private static final String WORD = "file";

    /** Begins what a turn adds to a conversation. */
    private static final String TURN = ",{\"role\":\"assistant\"";

    private static final Pattern WORDS = Pattern.compile("(?<= )" + WORD);

    /** @param words where they begin that may be others */
    private record Chunk(boolean sent, MemorySegment bytes, List<Integer> words) {

        static Chunk of(final boolean sent, final byte[] bytes) {
            final String text = new String(bytes, StandardCharsets.ISO_8859_1);
            return new Chunk(
                    sent,
                    MemorySegment.ofArray(bytes),
                    WORDS.matcher(text).results().map(MatchResult::start).toList());
        }

        String text() {
            return new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
        }
    }

    private final MessageDigest sha256;
    private final SplittableRandom random = new SplittableRandom(1);
    private final Rules rules;
    private final KernelProcess process = new KernelProcess();
    private final Pipeline pipeline;
    private long connection;
    private long ktime = System.nanoTime();
    private long events;
    private byte last;

    private PipelineThroughput() throws NoSuchAlgorithmException {
        sha256 = MessageDigest.getInstance("SHA-256");
        final Compiled compiled = PolicyCompiler.compile(List.of(new PolicySource(
                "support/agents",
                true,
                FailurePolicy.FAIL,
                List.of(),
                List.of(
                        rule(
                                "secret-then-egress",
                                EventType.MODEL_INVOCATION,
                                "trace.sensitivity.exists(s, s.startsWith('secret:'))"),
                        rule("tools", EventType.TOOL_INVOCATION, "event.tool_name == 'shell'")),
                List.of())));
        rules = new Rules(compiled.set(), Profile.builtin());
        final Workload workload = new Workload(
                "k8s://demo/support/Deployment/agent/agent-1/main",
                "support",
                "agent-1",
                "agent",
                Map.of("app", "agent"),
                "/sys/fs/cgroup/kubepods/pod1");
        pipeline = new Pipeline(
                config(),
                cgroup -> cgroup == CGROUP ? workload : null,
                (_, _) -> new Enforcer.Outcome.Enforced(),
                this::leaf,
                Clock.systemUTC());
    }

    private PipelineConfig config() {
        return new PipelineConfig(
                "demo.support.node-1",
                "sha256:" + "ab".repeat(32),
                Hmac.of("k1", new byte[32]),
                _ -> rules,
                List.of(),
                Limits.DEFAULT);
    }

    private static RuleSource rule(final String name, final EventType on, final String when) {
        return new RuleSource(name, Set.of(on), when, Decision.FLAG, EnforceAction.NONE, "low", null);
    }

    public static void main(final String[] arguments) throws IOException, NoSuchAlgorithmException {
        if (arguments.length < 2) {
            System.err.println("usage: PipelineThroughput FOLDER NAME...");
            System.exit(2);
        }
        System.out.printf(
                Locale.ROOT,
                "%-24s %10s %12s %12s %12s %12s %12s%n",
                "recording",
                "bytes",
                "MB/s a core",
                "again MB/s",
                "session MB/s",
                "decode MB/s",
                "events/s");
        for (final String name : Arrays.asList(arguments).subList(1, arguments.length)) {
            measure(Path.of(arguments[0], name + ".capture"), name);
        }
    }

    private static void measure(final Path file, final String name) throws IOException, NoSuchAlgorithmException {
        final List<Chunk> chunks = load(file);
        final PipelineThroughput run = new PipelineThroughput();
        run.play(chunks, WARM_UP, true);
        final long eventsBefore = run.events;
        final Speed anew = run.measure(chunks, true);
        final double eventsPerSecond = (run.events - eventsBefore) / anew.seconds();
        final Speed again = run.measure(chunks, false);
        final List<Chunk> session = session(chunks);
        run.play(session, WARM_UP, true);
        System.out.printf(
                Locale.ROOT,
                "%-24s %10d %12.1f %12.1f %12.1f %12.1f %12.0f%n",
                name,
                bytes(chunks),
                anew.megabytes(),
                again.megabytes(),
                run.measure(session, true).megabytes(),
                decoded(chunks, bytes(chunks)),
                eventsPerSecond);
    }

    /** @param megabytes a second */
    private record Speed(double megabytes, double seconds) {}

    private Speed measure(final List<Chunk> chunks, final boolean anew) {
        final long before = cpu();
        final long times = play(chunks, MEASURED, anew);
        final double seconds = (cpu() - before) / 1e9;
        return new Speed(times * bytes(chunks) / MEGA / seconds, seconds);
    }

    private static long bytes(final List<Chunk> chunks) {
        return chunks.stream().mapToLong(chunk -> chunk.bytes().byteSize()).sum();
    }

    /** The requests that led to the one recorded, each as long as the conversation was by then, all with the answer recorded. */
    private static List<Chunk> session(final List<Chunk> recorded) {
        final String request =
                recorded.stream().filter(Chunk::sent).map(Chunk::text).collect(Collectors.joining());
        final int body = request.indexOf("\r\n\r\n") + 4;
        final List<Chunk> session = new ArrayList<>();
        for (int end = request.indexOf(TURN, body); end >= 0; end = request.indexOf(TURN, end + 1)) {
            final String soFar = request.substring(body, end) + "]}";
            final String head = request.substring(0, body)
                    .replaceFirst("content-length: \\d+", "content-length: " + soFar.length());
            session.add(Chunk.of(true, (head + soFar).getBytes(StandardCharsets.ISO_8859_1)));
            for (final Chunk chunk : recorded) {
                if (!chunk.sent()) {
                    session.add(Chunk.of(false, chunk.text().getBytes(StandardCharsets.ISO_8859_1)));
                }
            }
        }
        return session;
    }

    /** MB/s of the protocols alone: what they hand over is thrown away. */
    private static double decoded(final List<Chunk> chunks, final long bytes) {
        final MemoryBudget budget = new MemoryBudget(64L << 20);
        decode(chunks, budget, WARM_UP);
        final long before = cpu();
        final long times = decode(chunks, budget, MEASURED);
        return times * bytes / MEGA / ((cpu() - before) / 1e9);
    }

    private static long decode(final List<Chunk> chunks, final MemoryBudget budget, final long nanos) {
        final long end = cpu() + nanos;
        long times = 0;
        for (; cpu() < end; times++) {
            try (Connection connection = new Connection(budget, Limits.DEFAULT, new Discarding(budget))) {
                long sent = 0;
                long received = 0;
                for (final Chunk chunk : chunks) {
                    final byte[] array = (byte[]) chunk.bytes().heapBase().orElseThrow();
                    if (chunk.sent()) {
                        connection.sent(sent, array, array.length);
                        sent += array.length;
                    } else {
                        connection.received(received, array, array.length);
                        received += array.length;
                    }
                }
            }
        }
        return times;
    }

    /** Takes what the protocols hand over, and closes it. */
    private record Discarding(MemoryBudget budget) implements Connection.Listener, ModelExchange.Listener {
        @Override
        public @Nullable Exchange request(final HttpHead head) {
            return ModelExchange.matches(head) ? ModelExchange.of(budget, Limits.DEFAULT, head, null, this) : null;
        }

        @Override
        public DatabaseListener database(final Database database) {
            throw new IllegalStateException("taken for a connection with " + database);
        }

        @Override
        public void gap(final GapCause cause, final long missingBytes) {
            throw new IllegalStateException("the recording has a gap: " + cause);
        }

        @Override
        public void asked(final ModelPrompt prompt) {
            prompt.close();
        }

        @Override
        public void calls(final String tool, final @Nullable String callId) {}

        @Override
        public void answered(final ModelAnswer answer) {
            answer.close();
        }

        @Override
        public void unseen(final GapCause cause, final long missingBytes) {
            gap(cause, missingBytes);
        }
    }

    private static long cpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    /**
     * Plays the connection again and again for this much CPU time; answers how often.
     *
     * @param anew each time with other words
     */
    private long play(final List<Chunk> chunks, final long nanos, final boolean anew) {
        final long end = cpu() + nanos;
        long times = 0;
        for (; cpu() < end; times++) {
            if (anew) {
                change(chunks);
            }
            play(chunks);
        }
        return times;
    }

    /** Puts other words in the place of those that all texts of the recordings have; in all requests of a session the same ones. */
    private void change(final List<Chunk> chunks) {
        final long seed = random.nextLong();
        for (final Chunk chunk : chunks) {
            final SplittableRandom words = chunk.sent() ? new SplittableRandom(seed) : random;
            for (final int word : chunk.words()) {
                for (int i = 0; i < WORD.length(); i++) {
                    chunk.bytes().set(ValueLayout.JAVA_BYTE, word + i, (byte) words.nextInt('a', 'z' + 1));
                }
            }
        }
    }

    private void play(final List<Chunk> chunks) {
        connection++;
        long sent = 0;
        long received = 0;
        for (final Chunk chunk : chunks) {
            final int length = (int) chunk.bytes().byteSize();
            final KernelProcess agent = process.set(1, 0, 1, CGROUP, ++ktime);
            if (chunk.sent()) {
                pipeline.tls(agent, connection, Direction.SENT, sent, chunk.bytes());
                sent += length;
            } else {
                pipeline.tls(agent, connection, Direction.RECEIVED, received, chunk.bytes());
                received += length;
            }
        }
        pipeline.tlsClosed(process.set(1, 0, 1, CGROUP, ++ktime), connection);
    }

    private void leaf(final Event event) {
        sha256.update((byte) 0); // RFC 6962, 2.1
        last ^= sha256.digest(EventCodec.encode(event))[0];
        events++;
    }

    /** A capture is a sequence of direction, length and bytes. */
    private static List<Chunk> load(final Path file) throws IOException {
        final List<Chunk> chunks = new ArrayList<>();
        try (InputStream bytes = Files.newInputStream(file);
                DataInputStream in = new DataInputStream(bytes)) {
            for (int direction = in.read(); direction >= 0; direction = in.read()) {
                chunks.add(Chunk.of(direction == '>', in.readNBytes(in.readInt())));
            }
        }
        return chunks;
    }

    @Override
    public String toString() {
        return "PipelineThroughput[" + events + " events, " + last + "]";
    }
}
