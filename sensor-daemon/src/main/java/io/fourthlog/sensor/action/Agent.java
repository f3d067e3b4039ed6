package io.fourthlog.sensor.action;

import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.sensor.kernel.KernelProcess;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A process of a tracked container, with the session it belongs to and where it connected to. */
public final class Agent {
    private static final int MAX_CONNECTS = 64; // the newest; an agent talks to a handful of endpoints
    private static final int MAX_ANCESTORS = 64; // generations that are known; container process trees are shallow

    private record Connect(String address, int port) {}

    private final int tgid;
    private final long startNs;
    private final long startTicks;
    private final Workload workload;
    private final Session session;
    private @Nullable Agent parent;
    private @Nullable ArrayDeque<Connect> connects; // newest first; most processes make none
    private @Nullable Map<String, Destination> encrypting; // by scheme; most processes have none
    private int underWay;

    Agent(final KernelProcess process, final Workload workload, final Session session, final @Nullable Agent parent) {
        this.tgid = process.tgid();
        this.startNs = process.startNs();
        this.startTicks = process.startTicks();
        this.workload = workload;
        this.session = session;
        this.parent = parent;
        forgetFirstAncestor();
    }

    /** Each process of a chain in which one starts the next and ends would be in memory for as long as the last one lives. */
    private void forgetFirstAncestor() {
        Agent at = this;
        for (int generation = 1; at != null && generation < MAX_ANCESTORS; generation++) {
            at = at.parent;
        }
        if (at != null) {
            at.parent = null;
        }
    }

    /** One of its connections or files is followed. */
    public void began() {
        underWay++;
    }

    /** One is followed no more. */
    public void finished() {
        underWay--;
    }

    /** Whether connections or files of it are followed. */
    public boolean isBusy() {
        return underWay > 0;
    }

    public int tgid() {
        return tgid;
    }

    public long startNs() {
        return startNs;
    }

    long startTicks() {
        return startTicks;
    }

    public Workload workload() {
        return workload;
    }

    public Session session() {
        return session;
    }

    /** Whether this is {@code other} or a process that it started, however far down. */
    public boolean descendsFrom(final Agent other) {
        return generationsFrom(other) >= 0;
    }

    /** How far down: 0 for {@code other} itself, -1 if it is neither. */
    int generationsFrom(final Agent other) {
        int generations = 0;
        for (Agent at = this; at != null; at = at.parent, generations++) {
            if (at == other) {
                return generations;
            }
        }
        return -1;
    }

    /** Notes a connection that was made or began. */
    public void connected(final String address, final int port) {
        if (connects == null) {
            connects = new ArrayDeque<>(2);
        } else if (connects.size() == MAX_CONNECTS) {
            connects.removeLast();
        }
        connects.addFirst(new Connect(address, port));
    }

    /** On a connection to {@code server} TLS begins, as the protocol of {@code scheme} has it. */
    public void encrypts(final String scheme, final Destination server) {
        if (encrypting == null) {
            encrypting = new HashMap<>(2);
        }
        encrypting.put(scheme, server);
    }

    /** Where a connection of that protocol most likely leads that is known by its TLS only, {@code null} if nothing was seen of it before. */
    public @Nullable Destination encrypting(final String scheme) {
        return encrypting == null ? null : encrypting.get(scheme);
    }

    /** The address this process connected to last on that port, {@code null} if none was seen. */
    public @Nullable String addressFor(final int port) {
        if (connects == null) {
            return null;
        }
        for (final Iterator<Connect> newest = connects.iterator(); newest.hasNext(); ) {
            final Connect connect = newest.next();
            if (connect.port() == port) {
                return connect.address();
            }
        }
        return null;
    }
}
