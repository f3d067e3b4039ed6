package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.kernel.RingReader.RecordHandler;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

    private final Map<Key, List<byte[]>> held = new LinkedHashMap<>();
    private final RingRecord piece = new RingRecord();
    private final MemorySegment handed = Arena.ofAuto().allocate(RingReader.LARGEST, Long.BYTES);
    private long bytes;
    private long lostRecords;
    private long lostBytes;

    void hold(final Key key, final RingRecord record) {
        final byte[] kept = record.bytes(0, record.size()).toArray(ValueLayout.JAVA_BYTE);
        held.computeIfAbsent(key, _ -> new ArrayList<>()).add(kept);
        bytes += record.size();
        for (final Iterator<List<byte[]>> oldest = held.values().iterator(); bytes > MAX_BYTES; ) {
            lose(oldest.next());
            oldest.remove();
        }
    }

    /** Hands on what was held of a key, in order; it is held no more. */
    void take(final Key key, final RecordHandler handler) {
        final List<byte[]> records = held.remove(key);
        if (records == null) {
            return;
        }
        for (final byte[] record : records) {
            bytes -= record.length;
            MemorySegment.copy(record, 0, handed, ValueLayout.JAVA_BYTE, 0, record.length);
            piece.set(handed.address(), record.length);
            handler.record(piece);
        }
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

    private void lose(final List<byte[]> records) {
        for (final byte[] record : records) {
            bytes -= record.length;
            lostRecords++;
            lostBytes += record.length;
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
