package io.fourthlog.sensor.kernel;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Compares what processes send over TLS sockets with what the probes hear: each connection that carried data must have been
 * heard in a library as well, a moment later. What was not is reported, whichever library it was.
 *
 * <p>Of the thread that reads the ring.
 */
final class Unheard {
    private static final long PATIENCE_NS = 2_000_000_000L; // a library returns after its socket did, and threads wait
    private static final int MAX_PROCESSES = 8192; // beyond it the one that was silent for longest is forgotten

    /** A process; two of the same number and start are the same, whatever else is known. */
    record Subject(int tgid, int ppid, long startNs, long cgroupId, long ktimeNs) {
        static Subject of(final KernelProcess process) {
            return new Subject(
                    process.tgid(), process.ppid(), process.startNs(), process.cgroupId(), process.ktimeNs());
        }

        void show(final KernelProcess flyweight) {
            flyweight.set(tgid, ppid, startNs, cgroupId, ktimeNs);
        }

        private Subject at(final long ns) {
            return new Subject(tgid, ppid, startNs, cgroupId, ns);
        }
    }

    private static final class Balance {
        private final Subject process;
        private int unheard; // connections; negative: heard before they were seen
        private long since; // System.nanoTime
        private long firstNs; // CLOCK_MONOTONIC, of the first of them that was seen at a socket
        private long lastNs; // and of the last

        private Balance(final Subject process) {
            this.process = process;
        }
    }

    private final Map<ProcessKey, Balance> balances = BoundedMap.byUse(MAX_PROCESSES);

    /** @param speaker socket that has to carry data as well */
    private record SentOn(long speaker, Subject process, long since) {}

    private final Deque<SentOn> sentOn = new ArrayDeque<>();

    /** Socket → when it carried data first. */
    private final Map<Long, Long> carried = BoundedMap.byAge(MAX_PROCESSES);

    /** A connection of the process carried data, seen at the socket. */
    void encrypted(final KernelProcess process, final long socket) {
        carried.put(socket, System.nanoTime());
        sentOn.removeIf(each -> each.speaker() == socket);
        final Balance balance = of(process);
        if (balance.unheard++ <= 0) {
            balance.since = System.nanoTime();
            balance.firstNs = process.ktimeNs();
        }
        balance.lastNs = process.ktimeNs();
    }

    /**
     * A connection of the process carried data that is the TLS of another's socket. That is no connection of its own if the other carried
     * data as well, at about the same time: one that only lent its greeting hides nothing.
     *
     * @param speaker the other socket, as {@link #encrypted} names it
     */
    void sentOn(final KernelProcess process, final long speaker) {
        final long now = System.nanoTime();
        final Long other = carried.get(speaker);
        if (other != null && now - other < PATIENCE_NS) {
            return;
        }
        sentOn.add(new SentOn(speaker, Subject.of(process), now));
        if (sentOn.size() > MAX_PROCESSES) {
            sentOn.remove();
        }
    }

    /**
     * A connection of the process carried data, heard in a library. When all that was seen at sockets was sent before there were probes,
     * this is no other connection, but one of those that goes on: it is heard now, and what it sent first was not.
     *
     * @param probed when probes were put on the files that the process uses
     */
    void spoke(final KernelProcess process, final List<EarlyProcesses.Probed> probed) {
        final Balance balance = of(process);
        final boolean goesOn = probed.stream().anyMatch(each -> each.meets(balance.lastNs, process.ktimeNs()));
        if (balance.unheard <= 0 || !goesOn) {
            balance.unheard--;
        }
    }

    /** A process has ended: nothing more is seen or heard of it, and what was not heard is still told. */
    void exited(final KernelProcess process) {
        balances.computeIfPresent(ProcessKey.of(process), (_, balance) -> balance.unheard > 0 ? balance : null);
    }

    private Balance of(final KernelProcess process) {
        return balances.computeIfAbsent(ProcessKey.of(process), _ -> new Balance(Subject.of(process)));
    }

    /** Processes that sent over TLS unheard, and when they did first; each connection is told once. */
    List<Subject> due() {
        return since(System.nanoTime() - PATIENCE_NS);
    }

    /** The same without patience, for the end. */
    List<Subject> all() {
        return since(System.nanoTime());
    }

    private List<Subject> since(final long moment) {
        final List<Subject> due = new ArrayList<>();
        for (final Iterator<Balance> all = balances.values().iterator(); all.hasNext(); ) {
            final Balance balance = all.next();
            if (balance.unheard > 0 && moment - balance.since > 0) {
                due.add(balance.process.at(balance.firstNs));
                all.remove();
            }
        }
        while (!sentOn.isEmpty() && moment - sentOn.element().since() > 0) {
            due.add(sentOn.remove().process());
        }
        return due;
    }
}
