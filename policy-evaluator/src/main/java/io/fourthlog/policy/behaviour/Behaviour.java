package io.fourthlog.policy.behaviour;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.ToolInvocation;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Remembers for the rules of one namespace what its agents did, in bounded memory: traces and sessions, windows of time,
 * and what is usual for each workload. What is silent for longest is shed first, and counted. Time is that of the events,
 * so that a trail leads to the same answers when it is replayed. Confined to the thread that makes events.
 */
@SuppressWarnings("EnumOrdinal") // arrays by enum, in this process only
public final class Behaviour implements Past {

    private static final int POD =
            5; // slashes before the pod in k8s://CLUSTER/NAMESPACE/KIND/NAME/POD/CONTAINER, after the scheme's two
    private static final int RESOLVED_PODS = 4_096;

    private final Limits limits;
    private final Chain nothing;
    private final Lru<Chain> traces;
    private final Lru<Chain> sessions;
    private final Lru<Activity> workloads;
    private final Map<String, Activity> activityOfPod = new HashMap<>();
    private final SlidingSums[] counts = new SlidingSums[Span.values().length];
    private final SlidingSums[] bytes = new SlidingSums[Span.values().length];
    private final Window[] windows = new Window[2 * Span.values().length];
    private final NamePool pool = new NamePool();
    private SipHash hash;
    private long shedNames;

    // The event at hand
    private Chain trace;
    private Chain session;
    private Chain seenTrace; // that it was seen in, where it names another one itself; else the same
    private Chain seenSession;
    private final Chain[] chains = new Chain[4]; // those of the four, each once
    private int heldBy; // of these
    private final Past seen = new Seen();
    private @Nullable Activity activity;
    private long nowMicros;

    // What the baselines take up when the next event comes, so that they speak of the time before this one
    private @Nullable Event pending;
    private @Nullable Destination pendingDestination;
    private @Nullable Chain pendingTrace;
    private @Nullable Activity pendingActivity;
    private long pendingSubject;

    /** With a fresh key for the hashes of names. */
    public Behaviour(Limits limits) {
        final SecureRandom random = new SecureRandom();
        this.hash = new SipHash(random.nextLong(), random.nextLong());
        this.limits = limits;
        this.nothing = new Chain(1, pool);
        this.trace = nothing;
        this.session = nothing;
        this.seenTrace = nothing;
        this.seenSession = nothing;
        this.traces = new Lru<>(limits.traces());
        this.sessions = new Lru<>(limits.sessions());
        this.workloads = new Lru<>(limits.workloads());
        for (final Span span : Span.values()) {
            counts[span.ordinal()] = new SlidingSums(span);
            bytes[span.ordinal()] = new SlidingSums(span);
            windows[2 * span.ordinal()] = new Window(this, span, false);
            windows[2 * span.ordinal() + 1] = new Window(this, span, true);
        }
    }

    /**
     * Takes an event that has happened, and where it went; from here on the past is that of this event.
     *
     * @param seenIn the trace that the event was seen in, where it names another one itself; it is in both
     */
    public Past observe(Event event, @Nullable Destination destination, @Nullable String seenIn) {
        enter(event, seenIn);
        final Activity workload = activity(event);
        for (int i = 0; i < heldBy; i++) {
            shedNames += chains[i].add(event, destination, nowMicros);
        }
        pendingSubject = count(event, destination, workload);
        pending = event;
        pendingDestination = destination;
        pendingTrace = trace;
        pendingActivity = workload;
        return this;
    }

    /** The same of an event in the one trace. */
    public Past observe(Event event, @Nullable Destination destination) {
        return observe(event, destination, null);
    }

    /** The same of one that left no connection. */
    public Past observe(Event event) {
        return observe(event, null);
    }

    /**
     * Looks at an action that is still under way, and will be observed when it is done: its names are in the trace from
     * now on, but it is not counted.
     */
    public Past preview(Event event, @Nullable Destination destination, @Nullable String seenIn) {
        enter(event, seenIn);
        activity(event);
        for (int i = 0; i < heldBy; i++) {
            shedNames += chains[i].touch(event, destination);
        }
        return this;
    }

    /** Takes that a policy has denied the event at hand. */
    public void denied(Event event) {
        final long micros = micros(event.header().ts());
        for (int i = 0; i < heldBy; i++) {
            shedNames += chains[i].deny(event, micros);
        }
    }

    @Override
    public Chain trace() {
        return trace;
    }

    @Override
    public Chain session() {
        return session;
    }

    @Override
    public @Nullable Past seenIn() {
        return seenTrace == trace ? null : seen;
    }

    @Override
    public Window window(Span span) {
        return window(span, false);
    }

    @Override
    public Baseline baseline() {
        final Activity of = activity;
        return of == null ? newBaseline(nowMicros) : of.baseline();
    }

    /** How many traces were forgotten because there were too many. */
    public long shedTraces() {
        return traces.shed;
    }

    /** How many sessions were forgotten because there were too many. */
    public long shedSessions() {
        return sessions.shed;
    }

    /** How many workloads were forgotten because there were too many. */
    public long shedWorkloads() {
        return workloads.shed;
    }

    /** How many names were left out because their trace, session or baseline had too many. */
    public long shedNames() {
        return shedNames;
    }

    /** What is known of the workloads, to be kept over a restart; {@link #restore} reads it. */
    public byte[] export() {
        learnPending();
        return BaselineFile.write(hash, workloads);
    }

    /**
     * Takes up what {@link #export} wrote, before the first event.
     *
     * @throws BaselineFormatException when it is something else, or is cut; nothing is taken up then
     */
    public void restore(byte[] exported) throws BaselineFormatException {
        if (!workloads.isEmpty()) {
            throw new IllegalStateException("baselines are restored before the first event");
        }
        final BaselineFile.Content content = BaselineFile.read(exported);
        hash = content.hash();
        content.baselines().forEach((name, baseline) -> workloads.put(name, new Activity(hash.of(name), baseline)));
    }

    // For the windows

    @Nullable
    Activity activity() {
        return activity;
    }

    long nowMicros() {
        return nowMicros;
    }

    Window window(Span span, boolean earlier) {
        return windows[2 * span.ordinal() + (earlier ? 1 : 0)];
    }

    long sum(Span span, Kind kind, String name, boolean ofBytes, boolean earlier) {
        final Activity of = activity;
        return of == null
                ? 0
                : (ofBytes ? bytes : counts)
                        [span.ordinal()].sum(nowMicros, SipHash.join(of.id(), kind.key(hash.of(name))), earlier);
    }

    /** Makes this event the one at hand. */
    private void enter(Event event, @Nullable String seenIn) {
        learnPending();
        nowMicros = Math.max(nowMicros, micros(event.header().ts()));
        final String named = event.header().traceId();
        trace = trace(named);
        session = session(event, trace);
        seenTrace = seenIn == null || seenIn.equals(named) ? trace : trace(seenIn);
        seenSession = seenTrace == trace ? session : session(event, seenTrace);
        heldBy = 0;
        hold(trace);
        hold(session);
        hold(seenTrace);
        hold(seenSession);
    }

    private void hold(Chain chain) {
        for (int i = 0; i < heldBy; i++) {
            if (chains[i] == chain) {
                return;
            }
        }
        chains[heldBy++] = chain;
    }

    private Chain trace(String id) {
        Chain found = traces.get(id);
        if (found == null) {
            found = new Chain(limits.values(), pool);
            traces.put(id, found);
        }
        return found;
    }

    /** A trace is in the session that its last event named; one without a session is its own. */
    private Chain session(Event event, Chain of) {
        final String named = switch (event) {
            case ToolInvocation tool -> tool.agentSessionId();
            case ModelInvocation model -> model.agentSessionId();
            default -> null;
        };
        if (named != null) {
            of.session(named);
        }
        final String id = of.session();
        if (id == null) {
            return of;
        }
        Chain found = sessions.get(id);
        if (found == null) {
            found = new Chain(limits.values(), pool);
            sessions.put(id, found);
        }
        return found;
    }

    private Activity activity(Event event) {
        final String pod = event.header().workloadId();
        Activity found = activityOfPod.get(pod);
        if (found == null) {
            found = resolve(pod);
        }
        activity = found;
        found.baseline().now(event, nowMicros);
        return found;
    }

    private Activity resolve(String pod) {
        final String name = controller(pod);
        Activity found = workloads.get(name);
        if (found == null) {
            found = new Activity(hash.of(name), newBaseline(nowMicros));
            final long shed = workloads.shed;
            workloads.put(name, found);
            if (workloads.shed != shed) {
                activityOfPod.clear(); // it may have led to the one that was shed
            }
        }
        if (activityOfPod.size() == RESOLVED_PODS) {
            activityOfPod.clear();
        }
        activityOfPod.put(pod, found);
        return found;
    }

    /** A workload without its pod, which is another one after every rollout. */
    static String controller(String workloadId) {
        int slash = -1;
        for (int i = 0; i <= POD; i++) {
            slash = workloadId.indexOf('/', slash + 1);
            if (slash < 0) {
                return workloadId;
            }
        }
        final int container = workloadId.indexOf('/', slash + 1);
        return container < 0 ? workloadId : workloadId.substring(0, slash) + workloadId.substring(container);
    }

    private Baseline newBaseline(long micros) {
        return new Baseline(
                hash, micros, micros + TimeUnit.MICROSECONDS.convert(limits.learning()), new Baseline.Hours());
    }

    /** Returns the hash of what the event is about. */
    private long count(Event event, @Nullable Destination destination, Activity workload) {
        workload.baseline().count(nowMicros);
        final long micros = micros(event.header().ts());
        final long moved = Bytes.of(event);
        workload.add(event.type(), moved, micros);
        final long subject = hash.of(Subjects.of(event));
        switch (event) {
            case ToolInvocation tool -> count(Kind.TOOL, subject, workload, moved, micros);
            case ModelInvocation model -> {
                if (model.modelId() != null) {
                    count(Kind.MODEL, subject, workload, moved, micros);
                }
                if (destination == null && model.destination() != null) {
                    count(Kind.HOST, hash.of(model.destination().host()), workload, moved, micros);
                }
            }
            case DataAccess access -> count(Kind.RESOURCE, subject, workload, moved, micros);
            default -> {}
        }
        if (destination != null) {
            count(Kind.HOST, hash.of(destination.host()), workload, moved, micros);
        }
        return subject;
    }

    private void count(Kind kind, long name, Activity workload, long moved, long micros) {
        final long key = kind.key(name);
        workload.name(kind, key, micros);
        final long sums = SipHash.join(workload.id(), key);
        for (int span = 0; span < counts.length; span++) {
            counts[span].add(micros, sums, 1);
            if (moved > 0) {
                bytes[span].add(micros, sums, moved);
            }
        }
    }

    private void learnPending() {
        final Event done = pending;
        final Chain chain = pendingTrace;
        final Activity of = pendingActivity;
        if (done != null && chain != null && of != null) {
            shedNames += of.baseline()
                    .learn(
                            done,
                            pendingDestination,
                            chain,
                            pendingSubject,
                            micros(done.header().ts()));
            pending = null;
        }
    }

    private static long micros(Instant at) {
        return TimeUnit.SECONDS.toMicros(at.getEpochSecond()) + at.getNano() / 1_000;
    }

    /** The past of the event at hand in the trace that it was seen in. */
    private final class Seen implements Past {
        @Override
        public Chain trace() {
            return seenTrace;
        }

        @Override
        public Chain session() {
            return seenSession;
        }

        @Override
        public @Nullable Past seenIn() {
            return null;
        }

        @Override
        public Window window(Span span) {
            return Behaviour.this.window(span);
        }

        @Override
        public Baseline baseline() {
            return Behaviour.this.baseline();
        }
    }

    /** What is by name, at most so many: the one that was not asked for or put for longest is shed. */
    static final class Lru<V> extends LinkedHashMap<String, V> implements SequencedMap<String, V> {
        private final int limit;
        private long shed;

        private Lru(int limit) {
            super(16, 0.75f, true);
            this.limit = limit;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
            final boolean full = size() > limit;
            if (full) {
                shed++;
            }
            return full;
        }
    }
}
