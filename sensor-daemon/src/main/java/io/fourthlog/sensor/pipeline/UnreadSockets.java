package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.action.Cause;
import io.fourthlog.sensor.action.Resources;
import io.fourthlog.sensor.action.Session;
import io.fourthlog.sensor.kernel.KernelEventSink.Flow;
import java.net.InetAddress;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a data_access of each connection, and of each flow of datagrams, of which only is known where it led and how many bytes went through it.
 * A flow is judged when it begins as well, as nothing else tells of it before it has ended.
 */
final class UnreadSockets {
    private static final Map<Integer, String> SCHEMES = // Assigned Internet Protocol Numbers, IANA
            Map.of(1, "icmp", 6, "tcp", 17, "udp", 58, "icmp", 132, "sctp");

    private static final int TCP = 6;

    private final Recorder recorder;
    private final Supplier<Instant> now;
    private final Map<Long, Access> flows = new LinkedHashMap<>(); // as many as the kernel's reader follows, at most

    UnreadSockets(final Recorder recorder, final Supplier<Instant> now) {
        this.recorder = recorder;
        this.now = now;
    }

    /** A TCP connection was closed. */
    void closed(final Agent agent, final String address, final int port, final long bytes) {
        new Access(agent, TCP, address, port, port).finish(bytes);
    }

    /**
     * A TCP connection was closed that another made: it is named without that one's port, which means nothing. A program of the same machine
     * is followed itself, and tells of it.
     */
    void served(final Agent agent, final String address, final int port, final long bytes) {
        if (!InetAddress.ofLiteral(address).isLoopbackAddress()) {
            new Access(agent, TCP, address, 0, port).finish(bytes);
        }
    }

    void began(final Agent agent, final Flow flow) {
        final Access access = new Access(agent, flow.protocol(), flow.address(), flow.port(), flow.port());
        flows.put(flow.sequence(), access);
        agent.began();
        access.judge();
    }

    void ended(final Flow flow, final long bytes) {
        final Access access = flows.remove(flow.sequence());
        if (access != null) { // else it is of nobody's whose actions are to be recorded
            access.agent.finished();
            access.finish(bytes);
        }
    }

    /** A process has ended; its flows have before, unless their ends were not told. */
    void ended(final Agent agent) {
        flows.values().removeIf(access -> {
            if (access.agent == agent) {
                agent.finished();
                access.finish(null);
                return true;
            }
            return false;
        });
    }

    private final class Access {
        private final Agent agent;
        private final String uri;
        private final @Nullable Destination other;
        private final UUID id = recorder.newId();
        private final Instant ts = now.get();
        private final Cause cause;
        private Recorder.@Nullable Judged early;

        private Access(final Agent agent, final int protocol, final String address, final int named, final int port) {
            final Session session = agent.session();
            final String scheme = SCHEMES.getOrDefault(protocol, "ip");
            this.agent = agent;
            this.uri = Resources.serverUri(scheme, address, named);
            this.other = port == 0 ? null : Destinations.of(address, port);
            this.cause = session.ofResource(agent, session.serving(agent), scheme);
        }

        private void judge() {
            early = recorder.judgeEarly(event(0L), agent, cause, other);
        }

        private void finish(final @Nullable Long bytes) {
            final DataAccess event = event(bytes);
            recorder.judgeAndRecord(event, agent, cause, other, early);
        }

        private DataAccess event(final @Nullable Long bytes) {
            final TreeMap<String, String> unknown = new TreeMap<>();
            unknown.put("row_count", "what is spoken there is not read");
            if (bytes == null) {
                unknown.put("byte_count", "the end was not captured");
            }
            final Completeness completeness = bytes == null ? Completeness.gap(null) : Completeness.COMPLETE;
            final Header header = recorder.header(id, agent, cause, ts, completeness, Evidence.OBSERVED)
                    .withUnknown(unknown);
            return new DataAccess(header, uri, "read_write", null, bytes, List.of());
        }
    }
}
