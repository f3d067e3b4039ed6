package io.fourthlog.policy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which conditions were over their time on the events of which workload: one whose events are slow to look at takes no rule
 * away from the others. A condition that was over its time {@link Budget#OVERRUNS} times in a row rests on that workload, and
 * is tried again after a pause, which doubles whenever it is over its time again. Safe for use by several threads.
 */
final class Overruns {

    static final int MOST =
            1_024; // pairs of a condition and a workload; the one that was asked for least lately is forgotten
    static final long PAUSE = 60_000_000_000L; // ns, the first
    static final long LONGEST = 3_600_000_000_000L; // ns

    private record Key(int condition, String workload) {}

    private static final class Tally {
        private int times;
        private long pause;
        private long until;

        boolean rests(long now) {
            return times >= Budget.OVERRUNS && now - until < 0;
        }
    }

    private final boolean[] seen; // of the conditions, those that ever were; when threads race, one is seen later
    private final Map<Key, Tally> tallies = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Tally> eldest) {
            return size() > MOST;
        }
    };

    Overruns(int conditions) {
        seen = new boolean[conditions];
    }

    /** Whether it ever was over its time, on any workload. */
    boolean any(int condition) {
        return seen[condition];
    }

    /** @param now in nanoseconds, as of {@link System#nanoTime} */
    synchronized boolean rests(int condition, String workload, long now) {
        final @Nullable Tally tally = tallies.get(new Key(condition, workload));
        return tally != null && tally.rests(now);
    }

    /** Notes that it was over its time. */
    synchronized void over(int condition, String workload, long now) {
        seen[condition] = true;
        final Tally tally = tallies.computeIfAbsent(new Key(condition, workload), key -> new Tally());
        if (tally.rests(now)) {
            return; // another thread was here
        }
        if (++tally.times >= Budget.OVERRUNS) {
            tally.pause = tally.pause == 0 ? PAUSE : Math.min(2 * tally.pause, LONGEST);
            tally.until = now + tally.pause;
        }
    }

    /** Notes that it was not: the machine had stalled, not the rule. */
    synchronized void inTime(int condition, String workload) {
        tallies.remove(new Key(condition, workload));
    }
}
