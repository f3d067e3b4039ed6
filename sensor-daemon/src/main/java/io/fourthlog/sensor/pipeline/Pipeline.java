package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.policy.behaviour.BaselineFormatException;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.action.Agents;
import io.fourthlog.sensor.action.Cause;
import io.fourthlog.sensor.action.Credential;
import io.fourthlog.sensor.action.ServedRequest;
import io.fourthlog.sensor.action.Session;
import io.fourthlog.sensor.action.WorkloadDirectory;
import io.fourthlog.sensor.database.Database;
import io.fourthlog.sensor.database.DatabaseListener;
import io.fourthlog.sensor.http.Connection;
import io.fourthlog.sensor.http.Exchange;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.kernel.Direction;
import io.fourthlog.sensor.kernel.KernelClock;
import io.fourthlog.sensor.kernel.KernelEventSink;
import io.fourthlog.sensor.kernel.KernelProcess;
import io.fourthlog.sensor.pipeline.Destinations.Asked;
import io.fourthlog.sensor.protocol.ModelExchange;
import io.fourthlog.sensor.protocol.ModelSocket;
import io.fourthlog.sensor.protocol.ResourceExchange;
import io.fourthlog.sensor.protocol.RpcExchange;
import io.fourthlog.sensor.protocol.ServedExchange;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * From kernel events to events of the record: the kernel's records come in on the thread that polls them, and redacted,
 * judged events go out to the sink on the same thread.
 *
 * <pre>
 *  tls, ─► Connection ─┬─► ModelExchange, ModelSocket ─► ModelCall ─────┐
 *  socket              ├─► RpcExchange ─► ToolEndpoints ─► Requests ────┤
 *                      ├─► ServedExchange ───────────────► ServedRequests ┤
 *                      ├─► ResourceExchange ─────────────► HttpAccesses ┤
 *                      └─► DatabaseDecoder ───────────► DatabaseSession ┤
 *  stdio ► ToolChannels ─► McpStream ───────────────────► Requests ────┼──► Recorder ──► EventSink
 *  otherSocket, servedSocket, datagrams ────────────────► UnreadSockets ┤        │
 *  opened, closed ───────────────────────────────────────► FileAccesses ┤        │
 *  credentials, tokens ──────────────────────────────────► Identities ──┘        └──► Enforcer
 * </pre>
 *
 * Captured bytes live in zeroed buffers up to the last column but two, and nowhere else.
 */
public final class Pipeline implements KernelEventSink {
    private static final System.Logger LOG = System.getLogger(Pipeline.class.getName());

    private static final long MEMORY =
            96L << 20; // bytes of captured content, what a message takes while it is read among them
    private static final long MOST_HELD =
            MEMORY / 2; // between two records; beyond it the streams that hold the most are given up
    private static final long RELIEVED = MOST_HELD / 4 * 3; // bytes that are held then
    private static final int MAX_CONNECTIONS = 8192; // beyond it the one that was silent for longest is given up
    private static final int MAX_REPORTED = 4096; // cgroups reported as unknown

    private static final int EPERM = 1; // what a blocked destination answers
    private static final int EINPROGRESS = 115; // <asm-generic/errno.h>: a non-blocking connect that began

    /** A connection of a process, by the address of its TLS library's object or, of a plain one, by what names its socket. */
    private record ConnectionKey(int tgid, long startNs, boolean plain, long handle) {
        @Override
        public boolean equals(
                final @Nullable Object other) { // written out, as hashCode: for each record, soon after the start
            return other instanceof ConnectionKey key
                    && handle == key.handle
                    && startNs == key.startNs
                    && tgid == key.tgid
                    && plain == key.plain;
        }

        @Override
        public int hashCode() {
            return Long.hashCode((handle >>> 4) * 31 + startNs) + tgid;
        }
    }

    private final WorkloadDirectory workloads;
    private final KernelClock kernelClock;
    private final Recorder recorder;
    private final Identities identities;
    private final Agents agents;
    private final FileAccesses files;
    private final UnreadSockets unreadSockets;
    private final HttpAccesses resources;
    private final ServedRequests served;
    private final ToolChannels channels;
    private final ToolEndpoints endpoints;
    private final MemoryBudget budget = new MemoryBudget(MEMORY);
    private final Map<ConnectionKey, AgentConnection> connections = new LinkedHashMap<>(16, 0.75f, true);
    private final Set<AgentConnection> waiting = new HashSet<>(); // for chunks that are late
    private final Set<Long> unknownCgroups = new HashSet<>();
    private byte[] scratch = new byte[64 << 10];
    private Instant now;
    private volatile Forgotten forgotten = new Forgotten(0, 0, 0, 0);

    public Pipeline(
            final PipelineConfig config,
            final WorkloadDirectory workloads,
            final Enforcer enforcer,
            final EventSink sink,
            final Clock clock) {
        this.workloads = workloads;
        this.kernelClock = new KernelClock(clock);
        this.now = clock.instant();
        this.recorder = new Recorder(config, enforcer, sink, clock);
        this.identities = new Identities(recorder);
        this.agents = new Agents(workloads, clock);
        this.files = new FileAccesses(recorder, identities, () -> now);
        this.unreadSockets = new UnreadSockets(recorder, () -> now);
        this.resources = new HttpAccesses(recorder, identities, () -> now);
        this.served = new ServedRequests(recorder, identities, () -> now);
        this.channels = new ToolChannels(recorder, identities, budget, () -> now);
        this.endpoints = new ToolEndpoints(recorder, identities, budget, () -> now);
    }

    /** Replaces the configuration for all that comes after; may be called on any thread. */
    public void configure(final PipelineConfig config) {
        recorder.configure(config);
    }

    /** What is usual for the workloads, to be kept over a restart; on this pipeline's thread. */
    public byte[] exportBaselines() {
        return recorder.exportBaselines();
    }

    /**
     * Takes up what {@link #exportBaselines} wrote, before the first event.
     *
     * @throws BaselineFormatException when it is something else, or is cut; nothing is taken up then
     */
    public void restoreBaselines(final byte[] exported) throws BaselineFormatException {
        recorder.restoreBaselines(exported);
    }

    /** Records that the baselines of the last run are lost. */
    public void baselinesLost() {
        recorder.gap(GapCause.BASELINES, "", now, null, null);
    }

    /** Gives up on chunks that other processors' records could still have brought; to be called a few times a second. */
    public void tick() {
        kernelClock.resync();
        waiting.forEach(connection -> connection.stream.flush());
        waiting.clear();
        channels.flush();
        recorder.sumGaps();
        forgotten = recorder.forgotten();
    }

    /** What rules about the past do not remember any more, as of the last tick; may be called on any thread. */
    public Forgotten forgotten() {
        return forgotten;
    }

    /** Files that were opened by a runtime for itself, and are not recorded. */
    public long excludedFiles() {
        return files.excluded();
    }

    /** Bytes of captured content that are held now. */
    public long contentBytes() {
        return budget.used();
    }

    @Override
    public void exec(final KernelProcess process, final String filename) {
        agent(process);
    }

    @Override
    public void exit(final KernelProcess process) {
        final Agent agent = agent(process);
        if (agent != null) {
            end(agent);
        }
    }

    /** Records what is under way as far as it was seen, when nothing more will be. */
    public void end() {
        tick();
        recorder.end();
        agents.all().forEach(this::end);
    }

    private void end(final Agent agent) {
        if (agent.isBusy()) {
            for (final AgentConnection connection : List.copyOf(connections.values())) {
                if (connection.agent == agent) {
                    connection.close();
                }
            }
            files.ended(agent);
            unreadSockets.ended(agent);
        }
        channels.ended(agent);
        endpoints.ended(agent);
        recorder.sumGaps(agent);
        agents.ended(agent);
    }

    @Override
    public void tls(
            final KernelProcess process,
            final long ssl,
            final Direction direction,
            final long position,
            final MemorySegment data) {
        carried(process, false, ssl, direction, position, data);
    }

    /** Plaintext of a connection, whatever carried it. */
    private void carried(
            final KernelProcess process,
            final boolean plain,
            final long handle,
            final Direction direction,
            final long position,
            final MemorySegment data) {
        final Agent agent = agent(process);
        if (agent == null) {
            return;
        }
        final ConnectionKey key = new ConnectionKey(agent.tgid(), agent.startNs(), plain, handle);
        final AgentConnection connection = connection(agent, key, direction, position);
        final int length = copy(data);
        connection.moved(direction, position + length);
        try {
            if (direction == Direction.SENT) {
                connection.stream.sent(position, scratch, length);
            } else {
                connection.stream.received(position, scratch, length);
            }
            if (connection.stream.isWaiting()) {
                waiting.add(connection);
            }
        } catch (final RuntimeException bug) {
            connection.forget();
            internal(agent, bug);
        } finally {
            Arrays.fill(scratch, 0, length, (byte) 0);
        }
        relieve();
    }

    /** Whoever holds much must not keep the sensor from seeing all others. */
    private void relieve() {
        if (budget.used() <= MOST_HELD) {
            return;
        }
        final List<Holder> holders = new ArrayList<>(connections.values());
        channels.addTo(holders);
        endpoints.addTo(holders);
        holders.sort(Comparator.comparingLong(Holder::held).reversed());
        for (final Iterator<Holder> most = holders.iterator(); most.hasNext() && budget.used() > RELIEVED; ) {
            most.next().shed();
        }
    }

    private AgentConnection connection(
            final Agent agent, final ConnectionKey key, final Direction direction, final long position) {
        AgentConnection connection = connections.get(key);
        if (connection != null && position == 0 && connection.started(direction)) {
            connection.close(); // the address was used again
            connection = null;
        }
        if (connection == null) {
            connection = begin(agent, key);
        }
        return connection;
    }

    private AgentConnection begin(final Agent agent, final ConnectionKey key) {
        if (connections.size() >= MAX_CONNECTIONS) {
            connections.values().iterator().next().close(); // the one that was silent for longest
        }
        final AgentConnection connection = new AgentConnection(key, agent);
        connections.put(key, connection);
        return connection;
    }

    @Override
    public void tlsClosed(final KernelProcess process, final long ssl) {
        closed(process, false, ssl);
    }

    private void closed(final KernelProcess process, final boolean plain, final long handle) {
        final Agent agent = agent(process);
        if (agent != null) {
            final AgentConnection closed =
                    connections.get(new ConnectionKey(agent.tgid(), agent.startNs(), plain, handle));
            if (closed != null) {
                closed.closed();
            }
        }
    }

    @Override
    public void socket(
            final KernelProcess process,
            final long socket,
            final Direction direction,
            final long position,
            final MemorySegment data) {
        carried(process, true, socket, direction, position, data);
    }

    @Override
    public void socketPeer(final KernelProcess process, final long socket, final Peer peer) {
        final Agent agent = agent(process);
        if (agent != null) {
            final ConnectionKey key = new ConnectionKey(agent.tgid(), agent.startNs(), true, socket);
            final AgentConnection before = connections.get(key);
            if (before != null) {
                before.close(); // the address was used again
            }
            begin(agent, key).leadsTo(peer);
        }
    }

    @Override
    public void tlsPeer(final KernelProcess process, final long ssl, final Peer peer) {
        final Agent agent = agent(process);
        if (agent != null) {
            final ConnectionKey key = new ConnectionKey(agent.tgid(), agent.startNs(), false, ssl);
            final AgentConnection connection = connections.get(key);
            (connection == null ? begin(agent, key) : connection).leadsTo(peer);
        }
    }

    @Override
    public void otherSocket(
            final KernelProcess process, final String address, final int port, final long sent, final long received) {
        final Agent agent = agent(process);
        if (agent != null) {
            unreadSockets.closed(agent, address, port, sent + received);
        }
    }

    @Override
    public void servedSocket(
            final KernelProcess process, final String address, final int port, final long sent, final long received) {
        final Agent agent = agent(process);
        if (agent != null) {
            unreadSockets.served(agent, address, port, sent + received);
        }
    }

    @Override
    public void datagramsBegan(final KernelProcess process, final Flow flow) {
        final Agent agent = agent(process);
        if (agent != null) {
            unreadSockets.began(agent, flow);
        }
    }

    @Override
    public void datagramsEnded(final KernelProcess process, final Flow flow, final long sent, final long received) {
        unreadSockets.ended(flow, sent + received);
    }

    @Override
    public void socketClosed(final KernelProcess process, final long socket) {
        closed(process, true, socket);
    }

    @Override
    public void stdio(
            final KernelProcess process,
            final long channel,
            final long endInode,
            final long position,
            final MemorySegment data) {
        final Agent agent = agent(process);
        if (agent == null) {
            return;
        }
        final int length = copy(data);
        try {
            channels.written(agent, channel, endInode, position, scratch, length);
        } finally {
            Arrays.fill(scratch, 0, length, (byte) 0);
        }
        relieve();
    }

    @Override
    public void opened(final KernelProcess process, final OpenFile file) {
        final Agent agent = agent(process);
        if (agent != null) {
            files.opened(agent, file);
        }
    }

    @Override
    public void closed(final KernelProcess process, final OpenFile file, final FileBytes bytes) {
        final Agent agent = agent(process);
        if (agent != null) {
            files.closed(agent, file, bytes);
        }
    }

    @Override
    public void closingLost(final long openSequence) {
        files.closingLost(openSequence);
    }

    @Override
    public void connected(final KernelProcess process, final String address, final int port, final int error) {
        final Agent agent = agent(process);
        if (agent != null && (error == 0 || error == EINPROGRESS)) {
            agent.connected(address, port);
        } else if (agent != null && error == EPERM) {
            recorder.error(agent, agent.session().ambient(agent), now, "connection.refused_by_policy");
        }
    }

    @Override
    public void cgroupMade(final long cgroupId, final long parentId, final String path) {
        workloads.cgroupMade(cgroupId, parentId, path);
    }

    @Override
    public void lost(final long records, final long bytes) {
        recorder.gap(GapCause.RING, "", now, bytes, records);
        channels.lost();
        endpoints.lost();
    }

    @Override
    public void running(final KernelProcess process) {
        agent(process); // so that what it starts is known to be its child
    }

    @Override
    public void forked(final KernelProcess process) {
        agent(process); // for the same
    }

    @Override
    public void blindSpot(final KernelProcess process, final String kind, final String detail) {
        final Agent agent = agent(process);
        if (agent != null) {
            final Cause cause = agent.session().ambient(agent);
            final GapCause gap = switch (kind) {
                case "attach-failed" -> GapCause.ATTACH;
                case "attach-late" -> GapCause.LATE;
                case "io-uring" -> GapCause.IO_URING;
                case "unreadable" -> GapCause.UNREADABLE;
                case "compat" -> GapCause.COMPAT;
                case "family" -> GapCause.SOCKET;
                case "ipc" -> GapCause.IPC;
                default -> GapCause.UNHOOKED;
            };
            recorder.gap(agent, cause, null, gap, now, now, -1, detail);
        }
    }

    /** The process of this record, {@code null} if it is nobody's whose actions are to be recorded. */
    private @Nullable Agent agent(final KernelProcess process) {
        now = kernelClock.instant(process.ktimeNs());
        final Agent agent = agents.of(process);
        if (agent == null) {
            if (unknownCgroups.size() < MAX_REPORTED && unknownCgroups.add(process.cgroupId())) {
                recorder.gap(GapCause.WORKLOAD, "/cgroup/" + process.cgroupId(), now, null, null);
            }
            return null;
        }
        return recorder.covers(agent) ? agent : null;
    }

    private int copy(final MemorySegment data) {
        final int length = (int) data.byteSize();
        if (length > scratch.length) {
            scratch = new byte[Math.max(length, scratch.length * 2)];
        }
        MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, scratch, 0, length);
        return length;
    }

    @Override
    public void failed(final KernelProcess process, final RuntimeException bug) {
        final Agent agent = agents.of(process);
        if (agent != null) {
            internal(agent, bug);
        } else {
            report(bug);
            recorder.gap(GapCause.INTERNAL, "", now, null, null);
        }
    }

    /** Its message could hold content, so it is not logged. */
    private static void report(final RuntimeException bug) {
        LOG.log(
                System.Logger.Level.ERROR,
                () -> bug.getClass().getName() + " at " + Arrays.toString(bug.getStackTrace()));
    }

    /** A fault of ours on one connection must not cost the others. */
    private void internal(final Agent agent, final RuntimeException bug) {
        report(bug);
        recorder.gap(agent, agent.session().ambient(agent), null, GapCause.INTERNAL, now, now, -1);
    }

    /** A connection of an agent. */
    private final class AgentConnection implements Connection.Listener, Holder {
        private final ConnectionKey key;
        private final Agent agent;
        private final MemoryBudget share = budget.share();
        private final Connection stream;
        private long sent; // bytes
        private long received;
        private @Nullable Asked asked; // what the last request said of where it goes
        private @Nullable Destination destination; // what that was
        private @Nullable Peer peer; // where its socket leads, where that is known
        private boolean tunnel; // a proxy was asked for one
        private boolean read; // something that was said there
        private boolean unread; // nothing, as it is in another protocol
        private @Nullable DatabaseSession session; // with a database
        private @Nullable ServedRequest unheard; // what may be asked there
        private boolean unheardTold;

        private AgentConnection(final ConnectionKey key, final Agent agent) {
            this.key = key;
            this.agent = agent;
            this.stream = new Connection(share, recorder.config().limits(), this);
            agent.began();
        }

        @Override
        public long held() {
            return share.used();
        }

        /** It stays known, so that its next bytes are not taken for the middle of another one. */
        @Override
        public void shed() {
            stream.shed();
            share.close();
        }

        /** By its process, and not with it. */
        private void closed() {
            try {
                stream.closed();
            } finally {
                forget();
            }
        }

        private void close() {
            try {
                stream.close();
            } finally {
                forget();
            }
        }

        /** Without reading what is left. */
        private void forget() {
            if (connections.remove(key, this)) {
                agent.finished();
                if (session != null) {
                    session.ended();
                }
                heard();
                if (unread) {
                    tellUnread();
                }
            }
            share.close();
        }

        private boolean started(final Direction direction) {
            return (direction == Direction.SENT ? sent : received) > 0;
        }

        private void moved(final Direction direction, final long bytes) {
            if (direction == Direction.SENT) {
                sent = Math.max(sent, bytes);
            } else {
                received = Math.max(received, bytes);
            }
        }

        @Override
        public @Nullable Exchange request(final HttpHead head) {
            recognised();
            tunnel |= isTunnel(head);
            final List<Credential> credentials = credentials(head);
            if (ModelExchange.matches(head)) {
                return ModelExchange.of(
                        share,
                        recorder.config().limits(),
                        head,
                        access(head, credentials),
                        question(head, credentials).get());
            }
            if (ModelSocket.matches(head)) {
                return ModelSocket.of(
                        share,
                        recorder.config().limits(),
                        head,
                        access(head, credentials),
                        question(head, credentials));
            }
            final boolean known = endpoints.knows(agent, head);
            final boolean message = RpcExchange.matches(head, known);
            final ResourceExchange access = known && head.method().equals("DELETE") ? null : access(head, credentials);
            if (access != null && !message) {
                return isTunnel(head) ? access : access.begin(); // it is none where it leads on
            }
            if (!credentials.isEmpty()) {
                final Cause cause = agent.session().ambient(agent).inTrace(head.traceId());
                identities.asserted(agent, credentials, cause, now);
            }
            return message
                    ? new RpcExchange(
                            share,
                            recorder.config().limits(),
                            head,
                            known,
                            access,
                            endpoints.exchange(agent, head, share, destination(head)))
                    : null;
        }

        private List<Credential> credentials(final HttpHead head) {
            if (head.hasMoreCredentials()) {
                recorder.gap(
                        agent,
                        agent.session().ambient(agent),
                        null,
                        GapCause.TOO_LARGE,
                        now,
                        now,
                        -1,
                        "a request carries more credentials than are recorded");
            }
            if (head.credentials() == 0) {
                return List.of();
            }
            final List<Credential> credentials = new ArrayList<>(head.credentials());
            for (int i = 0; i < head.credentials(); i++) {
                final Credential credential = Credential.of(
                        recorder.config().hmac(), head.buffer(), head.credentialStart(i), head.credentialEnd(i));
                if (!credentials.contains(credential)) {
                    credentials.add(credential);
                }
            }
            return credentials;
        }

        @Override
        public Exchange served(final HttpHead head) {
            recognised();
            heard();
            final String client = peer == null ? null : peer.address();
            return new ServedExchange(
                    share,
                    recorder.config().limits(),
                    head,
                    served.request(agent, head, key.plain(), client, credentials(head)));
        }

        /** While it is open, what the process does may be asked for there: time ties it to nobody else. */
        @Override
        public void unheard(final GapCause cause) {
            if (unheard == null) {
                unheard = new ServedRequest(agent, null, null, 0, before -> before);
                agent.session().served(unheard);
            }
            if (!unheardTold) {
                unheardTold = true;
                final String from = peer == null ? "" : " from " + peer.address();
                recorder.gap(
                        agent,
                        Cause.begin(Session.newTraceId()),
                        null,
                        cause,
                        now,
                        now,
                        -1,
                        "what is asked of the agent on a connection" + from + " is not known");
            }
        }

        private void heard() {
            if (unheard != null) {
                agent.session().servedEnded(unheard);
                unheard = null;
            }
        }

        @Override
        public boolean isClient() {
            return peer != null && peer.connected();
        }

        private static boolean isTunnel(final HttpHead head) {
            return head.method().equals("CONNECT") && head.upgrade() != HttpHead.Upgrade.WEBSOCKET;
        }

        @Override
        public DatabaseListener database(final Database database) {
            recognised();
            final boolean located = key.plain || peer != null;
            session = new DatabaseSession(
                    recorder, identities, agent, database, server(database), located, share, () -> now);
            return session;
        }

        /** Where a database is, or most likely is where it is not known through which socket its TLS goes. */
        private @Nullable Destination server(final Database database) {
            if (peer != null) {
                return Destinations.of(peer);
            }
            if (key.plain) {
                return null;
            }
            final Destination encrypting = agent.encrypting(database.scheme());
            final String address = agent.addressFor(database.port());
            return encrypting != null || address == null ? encrypting : Destinations.of(address, database.port());
        }

        /** What this request is if it is no question to a model and no message; {@code null} if it is not known what it asks for. */
        private @Nullable ResourceExchange access(final HttpHead head, final List<Credential> credentials) {
            return head.isTargetUnknown() && !isTunnel(head)
                    ? null
                    : new ResourceExchange(
                            share,
                            recorder.config().limits(),
                            head,
                            resources.access(agent, head, key.plain(), destination(head), credentials));
        }

        /** What takes a question that this request carries, or each of those that follow on its WebSocket. */
        private Supplier<ModelExchange.Listener> question(final HttpHead head, final List<Credential> credentials) {
            final String namedTrace = head.traceId();
            final Asked asks = asks(head);
            final Destination likely = destination(asks);
            final Supplier<@Nullable Destination> where = () -> peer == null ? likely : destination(asks);
            return () -> new ModelCall(recorder, identities, agent, () -> now, share, namedTrace, where, credentials);
        }

        private Asked asks(final HttpHead head) {
            final boolean encrypted = head.scheme(key.plain).equals("https");
            return new Asked(head.host(), encrypted ? 443 : 80, tunnel || head.isForProxy());
        }

        private @Nullable Destination destination(final HttpHead head) {
            return destination(asks(head));
        }

        /** Where a request goes; the requests of a connection name the same host, as a rule. */
        private @Nullable Destination destination(final Asked asks) {
            final boolean same = destination != null
                    && asks.equals(asked)
                    && (peer != null || Objects.equals(agent.addressFor(destination.port()), destination.address()));
            if (!same) {
                asked = asks;
                destination = peer != null
                        ? Destinations.of(peer, asks)
                        : key.plain ? Destinations.local(asks) : Destinations.likely(agent, asks);
            }
            return destination;
        }

        private void leadsTo(final Peer to) {
            peer = to;
            destination = null;
            if (session != null) {
                session.leadsTo(Destinations.of(to));
            }
        }

        /**
         * What is not read over TLS is told when it is over, as it is without; what only seemed so was the middle of something. Where it leads
         * may be known only then: a library that writes to memory hands over first, and who called it sends after that.
         */
        @Override
        public void unrecognised() {
            if (key.plain || read) {
                gap(GapCause.PROTOCOL, -1);
            } else {
                unread = true;
            }
        }

        private void tellUnread() {
            if (peer == null) {
                gap(GapCause.PROTOCOL, -1);
            } else if (peer.connected()) {
                unreadSockets.closed(agent, peer.address(), peer.port(), sent + received);
            } else {
                unreadSockets.served(agent, peer.address(), peer.port(), sent + received);
            }
        }

        private void recognised() {
            if (unread) {
                unread = false;
                gap(GapCause.PROTOCOL, -1);
            }
            read = true;
        }

        @Override
        public void gap(final GapCause cause, final long missingBytes) {
            recorder.gap(agent, agent.session().ambient(agent), null, cause, now, now, missingBytes);
        }
    }
}
