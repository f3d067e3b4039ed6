package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.kernel.KernelEventSink.Flow;
import io.fourthlog.sensor.kernel.Unheard.Subject;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The datagrams of a process to one destination, on whichever of its sockets: a flow. It ends with the process, with a pause, or after a
 * while, and the next datagram begins another. The kernel counts; what it counted is asked for when a flow may have ended.
 *
 * <p>Of the thread that reads the ring.
 */
final class Flows {
    private static final int MOST = 4096; // beyond it the one that began first is ended; the kernel has room for more
    private static final long LOOK_NS = 5_000_000_000L;
    private static final long PAUSE_NS = 60_000_000_000L;
    private static final long WHILE_NS = 600_000_000_000L;
    private static final int ADDRESS = 40; // offset in the record
    private static final int ADDRESS_SIZE = 16;

    /** What the kernel has counted. */
    interface Counts {
        /**
         * Reads a {@code struct flow}, whose bytes stay zeros if there is none.
         *
         * @param key a {@code struct flow_key}
         * @param last whether it is forgotten
         */
        void read(MemorySegment key, MemorySegment flow, boolean last);
    }

    private record Open(Flow flow, Subject process, MemorySegment key) {}

    private final Counts counts;
    private final Map<Long, Open> open = new LinkedHashMap<>();
    private final KernelProcess reported = new KernelProcess();
    private final MemorySegment key;
    private final MemorySegment counted;
    private long sequence;
    private long looked;

    Flows(final Counts counts) {
        this.counts = counts;
        this.key = Arena.ofAuto().allocate(32, Long.BYTES);
        this.counted = Arena.ofAuto().allocate(24, Long.BYTES);
    }

    /** The first datagram of a flow, as the record says. */
    void began(final KernelProcess process, final RingRecord record, final String address, final KernelEventSink sink) {
        final Flow flow = new Flow(++sequence, record.integer(84) & 0xffff, address, record.integer(80));
        open.put(flow.sequence(), new Open(flow, Subject.of(process), key(process, flow, record)));
        sink.datagramsBegan(process, flow);
        if (open.size() > MOST) {
            final Iterator<Open> eldest = open.values().iterator();
            end(eldest.next(), sink);
            eldest.remove();
        }
    }

    /**
     * <pre>
     * struct flow_key: 0 u64 start_ns │ 8 u32 tgid │ 12 u16 port │ 14 u16 protocol │ 16 address[16] │ 32
     * </pre>
     */
    private static MemorySegment key(final KernelProcess process, final Flow flow, final RingRecord record) {
        final MemorySegment key = MemorySegment.ofArray(new long[4]);
        key.set(ValueLayout.JAVA_LONG, 0, process.startNs());
        key.set(ValueLayout.JAVA_INT, 8, process.tgid());
        key.set(ValueLayout.JAVA_SHORT, 12, (short) flow.port());
        key.set(ValueLayout.JAVA_SHORT, 14, (short) flow.protocol());
        MemorySegment.copy(record.bytes(ADDRESS, ADDRESS_SIZE), 0, key, 16, ADDRESS_SIZE);
        return key;
    }

    /** Ends the flows that have ended. */
    void look(final long nowNs, final KernelEventSink sink) {
        if (nowNs - looked >= LOOK_NS) {
            looked = nowNs;
            end(sink, each -> {
                read(each, false);
                return nowNs - lastNs() > PAUSE_NS || nowNs - each.process().ktimeNs() > WHILE_NS;
            });
        }
    }

    /** A process has ended. */
    void exited(final KernelProcess process, final KernelEventSink sink) {
        end(
                sink,
                each -> each.process().tgid() == process.tgid()
                        && each.process().startNs() == process.startNs());
    }

    /** Ends all, for the end. */
    void end(final KernelEventSink sink) {
        end(sink, _ -> true);
    }

    private void end(final KernelEventSink sink, final Predicate<Open> ended) {
        open.values().removeIf(each -> {
            final boolean now = ended.test(each);
            if (now) {
                end(each, sink);
            }
            return now;
        });
    }

    private void end(final Open ended, final KernelEventSink sink) {
        read(ended, true);
        final Subject process = ended.process();
        reported.set(process.tgid(), process.ppid(), process.startNs(), process.cgroupId(), lastNs());
        sink.datagramsEnded(
                reported,
                ended.flow(),
                counted.get(ValueLayout.JAVA_LONG, 0),
                counted.get(ValueLayout.JAVA_LONG, Long.BYTES));
    }

    private void read(final Open of, final boolean last) {
        key.copyFrom(of.key());
        counted.fill((byte) 0);
        counts.read(key, counted, last);
    }

    /** When the last datagram was seen of the flow that was read: CLOCK_MONOTONIC, as {@link System#nanoTime}. */
    private long lastNs() {
        return counted.get(ValueLayout.JAVA_LONG, 2 * Long.BYTES);
    }
}
