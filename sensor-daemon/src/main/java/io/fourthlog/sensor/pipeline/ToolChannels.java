package io.fourthlog.sensor.pipeline;

import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.protocol.McpResult;
import io.fourthlog.sensor.protocol.McpStream;
import io.fourthlog.sensor.protocol.ModelPrompt;
import io.fourthlog.sensor.protocol.RpcCall;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The MCP channels of the tracked processes: pairs each side's answers with the other side's requests.
 *
 * <p>Only the writing side of a channel is captured. The two directions of a socket pair share their channel's name. Two
 * pipes do not: they are paired at the first answer, with the stream of an ancestor's that waits for this id, and among
 * several with the pipe that was made last before this one.
 */
final class ToolChannels {
    private static final int MAX_STREAMS = 8192; // beyond it the one that was silent for longest is given up

    private record Key(long channel, long endInode) {}

    private final Recorder recorder;
    private final Identities identities;
    private final MemoryBudget budget;
    private final Supplier<Instant> now;
    private final Map<Key, Stream> streams = new LinkedHashMap<>(16, 0.75f, true);
    private final Set<Stream> waiting = new HashSet<>(); // for chunks that are late

    ToolChannels(
            final Recorder recorder,
            final Identities identities,
            final MemoryBudget budget,
            final Supplier<Instant> now) {
        this.recorder = recorder;
        this.identities = identities;
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
            // The inode was used again, or the kernel had no room for the channel any more.
            stream.requests.answersLost(-1);
            stream.close();
            stream = null;
        }
        if (stream == null) {
            shedOne();
            stream = new Stream(key, writer, recorder.config().limits());
            streams.put(key, stream);
        }
        stream.writer(writer);
        stream.started = true;
        stream.parser.accept(position, bytes, length);
        if (stream.parser.isWaiting()) {
            waiting.add(stream);
        }
    }

    private void shedOne() {
        if (streams.size() >= MAX_STREAMS) {
            streams.values().iterator().next().shed();
        }
    }

    void addTo(final List<Holder> holders) {
        holders.addAll(streams.values());
    }

    /** Gives up on chunks that have not come. */
    void flush() {
        waiting.forEach(stream -> stream.parser.flush());
        waiting.clear();
    }

    /** The kernel lost records of whatever kind: an answer that does not come may have been among them. */
    void lost() {
        for (final Stream stream : streams.values()) {
            stream.requests.mayBeLost();
        }
    }

    /** A process has ended: calls that it made or served have no answer any more. */
    void ended(final Agent agent) {
        for (final Stream stream : List.copyOf(streams.values())) {
            if (stream.writer == agent) {
                stream.parser.flush();
                if (stream.peer != null) {
                    stream.peer.requests.noAnswer();
                }
                stream.requests.noAnswer();
                stream.close();
            }
        }
    }

    /** One direction of a channel. */
    private final class Stream implements McpStream.Listener, Holder {
        private final Key key;
        private final MemoryBudget share = budget.share();
        private final McpStream parser;
        private final Requests requests = new Requests(recorder, identities, share, now, null);
        private final ToolServer server =
                new ToolServer(recorder, share, "mcp+stdio", null); // what the writer is, if it is one
        private Agent writer;
        private boolean started;
        private @Nullable Stream peer;

        private Stream(final Key key, final Agent writer, final Limits limits) {
            this.key = key;
            this.writer = writer;
            this.server.process(writer);
            this.parser = new McpStream(share, limits, this);
        }

        @Override
        public long held() {
            return share.used();
        }

        @Override
        public void shed() {
            lost(GapCause.SHED, -1);
            requests.answersLost(-1);
            close();
        }

        private void writer(final Agent process) {
            writer = process;
            server.process(process);
        }

        @Override
        public void call(final RpcCall call) {
            final Stream answering = answering();
            requests.call(writer, answering == null ? null : answering.server, call);
        }

        @Override
        public void sampling(final String id, final ModelPrompt prompt) {
            requests.sampling(writer, id, prompt);
        }

        @Override
        public void request(final String id) {
            requests.request(id);
        }

        @Override
        public boolean resumed(final String id, final String task) {
            return requests.resumed(id, task, requests);
        }

        @Override
        public void cancelled(final String id) {
            requests.cancelled(id);
        }

        @Override
        public boolean result(final McpResult result) {
            try (result) {
                final Stream client = asking(result.id());
                if (client == null) {
                    return false; // the request was before the capture began, or in a gap that is recorded
                }
                server.introduced(result);
                server.defines(result, client.writer, now.get());
                return client.requests.answered(result);
            }
        }

        @Override
        public void ambiguous() {
            recorder.gap(writer, writer.session().ambient(writer), null, GapCause.MCP, now.get(), now.get(), -1);
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
                    client.requests.answersLost(missingBytes);
                }
            }
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
                    .filter(client -> client != this && client.peer == null && client.requests.expects(id))
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
            requests.server(other.server);
            other.requests.server(server);
        }

        private void close() {
            streams.remove(key, this);
            if (peer != null) {
                peer.peer = null;
            }
            parser.close();
            share.close();
        }
    }
}
