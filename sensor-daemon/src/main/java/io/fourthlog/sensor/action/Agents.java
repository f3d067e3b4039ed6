package io.fourthlog.sensor.action;

import io.fourthlog.actionlog.event.UuidV7;
import io.fourthlog.sensor.kernel.KernelProcess;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The processes of tracked containers, told apart by number and start time, and the session of each: its parent's, if that
 * is a known process of the same container, else one of its own. A process keeps the session that it was first seen in.
 */
public final class Agents {
    private static final int MAX_PROCESSES = 16_384; // beyond it the one that was silent for longest is forgotten

    private static final int MAX_ENDED = 64; // beyond it the one that has ended first

    private final WorkloadDirectory workloads;
    private final Clock clock;
    private final SessionMemory memory = new SessionMemory();
    private final Map<Integer, Agent> byTgid = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(final Map.Entry<Integer, Agent> eldest) {
            final boolean tooMany = size() > MAX_PROCESSES;
            if (tooMany) {
                eldest.getValue().session().left();
            }
            return tooMany;
        }
    };

    private final Map<Integer, Agent> ended = new LinkedHashMap<>() { // whose sockets may be closed after them
                @Override
                protected boolean removeEldestEntry(final Map.Entry<Integer, Agent> eldest) {
                    return size() > MAX_ENDED;
                }
            };

    private @Nullable Agent last; // that was asked for, and so the newest of the map

    public Agents(final WorkloadDirectory workloads, final Clock clock) {
        this.workloads = workloads;
        this.clock = clock;
    }

    /** The process of a kernel event, {@code null} if its cgroup belongs to no known container. */
    public @Nullable Agent of(final KernelProcess process) {
        if (last != null && last.tgid() == process.tgid() && last.startNs() == process.startNs()) {
            return last;
        }
        final Agent known = byTgid.get(process.tgid());
        if (known != null && known.startTicks() == process.startTicks()) {
            last = known;
            return known;
        }
        final Agent gone = ended.get(process.tgid());
        if (gone != null && gone.startTicks() == process.startTicks()) {
            return gone;
        }
        final Workload workload = workloads.byCgroup(process.cgroupId());
        if (workload == null) {
            return null;
        }
        final Agent parent = parent(process, workload);
        final Session session = parent != null ? parent.session() : new Session(UuidV7.next(clock), memory);
        final Agent agent = new Agent(process, workload, session, parent);
        session.joined();
        final Agent before = byTgid.put(process.tgid(), agent);
        if (before != null) {
            before.session().left();
        }
        last = agent;
        return agent;
    }

    private @Nullable Agent parent(final KernelProcess process, final Workload workload) {
        final Agent candidate = byTgid.get(process.ppid());
        if (candidate == null || candidate.startTicks() > process.startTicks()) {
            return null;
        }
        return candidate.workload().workloadId().equals(workload.workloadId()) ? candidate : null;
    }

    /** All that are known. */
    public List<Agent> all() {
        return List.copyOf(byTgid.values());
    }

    /** Forgets a process that has ended. */
    public void ended(final Agent agent) {
        if (byTgid.remove(agent.tgid(), agent)) {
            agent.session().left();
            ended.remove(agent.tgid());
            ended.put(agent.tgid(), agent);
        }
        last = null;
    }
}
