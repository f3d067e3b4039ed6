package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.kernel.RingReader.RecordHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Puts what processes do behind what they do it for. A write to a channel is seen when it returns; who reads the channel can have opened
 * files, answered and ended before, when the writer's processor was given to others. The kernel says so where it happens (KIND_OVERTAKEN),
 * and what the reader's cgroup does from there on is kept until the write is told, which is as soon as the writer runs again.
 *
 * <p>Of the thread that reads the ring. Times are of CLOCK_MONOTONIC, as {@link System#nanoTime}.
 */
final class Overtaken {
    /** No time at which something was read. */
    static final long NOBODY = Long.MAX_VALUE;

    private static final long PATIENCE_NS =
            200_000_000L; // longer than a period of the bandwidth that a cgroup may have
    private static final long MAX_BYTES = 4 << 20; // that are kept in all; beyond it the order is given up
    private static final int MAX_ENDS = 16 << 10; // as the kernel follows
    private static final int TRIES = 3; // in vain; after that an end is written in a way that is not seen

    /** Up to where something was read, and when that was first. */
    private record Read(long position, long ns) {
        private Read and(final Read later) {
            return new Read(Math.max(position, later.position), ns);
        }
    }

    /** What is kept of a cgroup, and which ends of channels have to be told before it is handed on. */
    private static final class Wait {
        private final Map<Long, Read> ends = new HashMap<>();
        private final KeptRecords records = new KeptRecords();
        private final long untilNs;

        private Wait(final long untilNs) {
            this.untilNs = untilNs;
        }
    }

    private final Map<Long, Long> told = BoundedMap.byUse(MAX_ENDS); // by end: up to where
    private long lastEnd; // that was told of: most are again, and need no look into the map
    private long lastPosition;
    private final Map<Long, Integer> vain = BoundedMap.byUse(MAX_ENDS);
    private final Map<Long, Wait> waits = new HashMap<>(); // by cgroup
    private long kept; // bytes

    /** Nothing is kept now. */
    boolean isEmpty() {
        return waits.isEmpty();
    }

    /** Notes that so much of what was written to an end came. */
    void came(final long end, final long position) {
        if (end != lastEnd) {
            told.put(lastEnd, lastPosition);
            lastPosition = told.getOrDefault(end, 0L);
            lastEnd = end;
        }
        lastPosition = Math.max(lastPosition, position);
    }

    private boolean hasCome(final long end, final long position) {
        return (end == lastEnd ? lastPosition : told.getOrDefault(end, 0L)) >= position;
    }

    /**
     * When that was read which is written to an end, as far as somebody waits for it: it was written before, whenever the call returned.
     * {@link #NOBODY} if nobody waits.
     */
    long readNs(final long end) {
        long first = NOBODY;
        for (final Wait wait : waits.values()) {
            final Read read = wait.ends.get(end);
            first = read == null ? first : Math.min(first, read.ns());
        }
        return first;
    }

    /** A process of a cgroup has read up to a position of what is written to an end. */
    void overtaken(final long cgroupId, final long end, final long position, final long nowNs) {
        if (!hasCome(end, position) && vain.getOrDefault(end, 0) < TRIES) {
            waits.computeIfAbsent(cgroupId, _ -> new Wait(nowNs + PATIENCE_NS))
                    .ends
                    .merge(end, new Read(position, nowNs), Read::and);
        }
    }

    /** Keeps a record if its cgroup waits. */
    boolean keep(final long cgroupId, final RingRecord record) {
        final Wait wait = waits.get(cgroupId);
        if (wait == null) {
            return false;
        }
        wait.records.add(record);
        kept += record.size();
        return true;
    }

    /** Hands on what waits no more. */
    void release(final long nowNs, final RecordHandler handler) {
        final List<KeptRecords> ready = new ArrayList<>();
        final boolean full = kept > MAX_BYTES;
        for (final Iterator<Wait> each = waits.values().iterator(); each.hasNext(); ) {
            final Wait wait = each.next();
            wait.ends
                    .entrySet()
                    .removeIf(end -> hasCome(end.getKey(), end.getValue().position()));
            if (wait.ends.isEmpty() || nowNs - wait.untilNs > 0 || full) {
                wait.ends.keySet().forEach(end -> vain.merge(end, 1, Integer::sum));
                each.remove();
                kept -= wait.records.bytes();
                ready.add(wait.records);
            }
        }
        ready.forEach(records -> records.take(handler));
    }

    /** Hands on all, for the end. */
    void end(final RecordHandler handler) {
        final List<Wait> ended = List.copyOf(waits.values());
        waits.clear();
        kept = 0;
        ended.forEach(wait -> wait.records.take(handler));
    }
}
