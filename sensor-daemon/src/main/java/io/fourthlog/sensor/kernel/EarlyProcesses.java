package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.kernel.Unheard.Subject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Processes that may have used a library before the probes were on it. Written by the thread that puts probes on files, also read by the one
 * that reads the ring.
 */
final class EarlyProcesses {
    private static final int MOST = 8192;

    private final Map<ProcessKey, Early> known = Collections.synchronizedMap(BoundedMap.byAge(MOST));

    /**
     * When probes were put on a file, in CLOCK_MONOTONIC; what is sent meanwhile may be heard or not.
     *
     * @param doneNs {@link Long#MAX_VALUE} until they are there
     */
    record Probed(long beganNs, long doneNs) {
        /** There were none to put. */
        static final Probed NEVER = new Probed(0, 0);

        /** Whether a connection that was seen at its socket until {@code lastNs}, and is heard now, can be one that goes on in this file. */
        boolean meets(final long lastNs, final long nowNs) {
            return lastNs < doneNs && beganNs <= nowNs;
        }
    }

    /**
     * @param sinceNs from when on it may have used the last library (CLOCK_MONOTONIC)
     * @param probed of each
     * @param ended or has deleted one of its files, before that could be looked at
     */
    private record Early(long sinceNs, List<Probed> probed, boolean ended) {
        private Early and(final Early later) {
            final List<Probed> all = new ArrayList<>(probed);
            later.probed.forEach(one -> {
                all.removeIf(each -> each.beganNs() == one.beganNs()); // it is done now
                all.add(one);
            });
            return new Early(later.ended ? sinceNs : later.sinceNs, List.copyOf(all), ended || later.ended);
        }

        private long doneNs() {
            return probed.stream().mapToLong(Probed::doneNs).max().orElse(0);
        }

        private boolean isLate(final long sentNs) {
            return ended || sentNs < doneNs();
        }

        private String explain(final long sentNs) {
            return "it sent over TLS before the probes were on its library, "
                    + (sentNs < doneNs()
                            ? (doneNs() - sinceNs) / 1_000_000 + " ms after it had loaded that"
                            : "and ended, or deleted that, before they could be");
        }
    }

    /** A process uses a file on which probes are put, or were. */
    void probed(final Subject process, final Probed when) {
        add(process, new Early(process.ktimeNs(), List.of(when), false));
    }

    /** A process used a file that could not be looked at any more. */
    void gone(final Subject process) {
        add(process, new Early(process.ktimeNs(), List.of(), true));
    }

    private void add(final Subject process, final Early early) {
        known.merge(ProcessKey.of(process), early, Early::and);
    }

    /** What it uses has no probes, nor will have any. */
    void forget(final Subject process) {
        known.remove(ProcessKey.of(process));
    }

    /** When probes were put on what a process uses, if that was after it had begun to. */
    List<Probed> of(final KernelProcess process) {
        final Early early = known.get(ProcessKey.of(process));
        return early == null ? List.of() : early.probed();
    }

    /** How late the probes were for what a process sent when it was seen; empty if they were not. */
    Optional<String> explain(final Subject process) {
        final long sentNs = process.ktimeNs();
        return Optional.ofNullable(known.get(ProcessKey.of(process)))
                .filter(early -> early.isLate(sentNs))
                .map(early -> early.explain(sentNs));
    }
}
