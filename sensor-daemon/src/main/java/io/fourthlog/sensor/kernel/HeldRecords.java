package io.fourthlog.sensor.kernel;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Pieces of a TLS stream that came before it was known which connection they are of (KIND_TLS_HELD, {@code aead.h}): kept, whole
 * records of the ring, until it is; the system call that tells follows at once. Of the thread that reads the ring.
 */
final class HeldRecords {
    private static final int MAX_BYTES = 4 << 20; // beyond it the oldest are lost

    /** A key of a process. */
    record Key(int tgid, long startNs, long name) {}

    private final Map<Key, List<MemorySegment>> held = new LinkedHashMap<>();
    private long bytes;
    private long lostRecords;
    private long lostBytes;

    void hold(final Key key, final MemorySegment record) {
        final long[] copy =
                new long[Math.toIntExact((record.byteSize() + Long.BYTES - 1) / Long.BYTES)]; // aligned as the ring
        final MemorySegment kept = MemorySegment.ofArray(copy).asSlice(0, record.byteSize());
        kept.copyFrom(record);
        held.computeIfAbsent(key, _ -> new ArrayList<>()).add(kept);
        bytes += record.byteSize();
        for (final Iterator<List<MemorySegment>> oldest = held.values().iterator(); bytes > MAX_BYTES; ) {
            lose(oldest.next());
            oldest.remove();
        }
    }

    /** What was held of a key, in order; it no longer is. */
    List<MemorySegment> take(final Key key) {
        final List<MemorySegment> records = held.remove(key);
        if (records == null) {
            return List.of();
        }
        records.forEach(record -> bytes -= record.byteSize());
        return records;
    }

    /** A process has ended. */
    void forget(final int tgid, final long startNs) {
        held.entrySet().removeIf(each -> {
            final boolean its = each.getKey().tgid() == tgid && each.getKey().startNs() == startNs;
            if (its) {
                lose(each.getValue());
            }
            return its;
        });
    }

    private void lose(final List<MemorySegment> records) {
        for (final MemorySegment record : records) {
            bytes -= record.byteSize();
            lostRecords++;
            lostBytes += record.byteSize();
        }
    }

    /** Tells what was lost since the last time. */
    void report(final KernelEventSink sink) {
        if (lostRecords > 0) {
            sink.lost(lostRecords, lostBytes);
            lostRecords = 0;
            lostBytes = 0;
        }
    }
}
