package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.kernel.RingReader.RecordHandler;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Pieces of a TLS stream that came before it was known which connection they are of (KIND_TLS_HELD, {@code aead.h}): kept, whole
 * records of the ring, until it is; the system call that tells follows at once. Of the thread that reads the ring.
 */
final class HeldRecords {
    private static final int MAX_BYTES = 4 << 20; // beyond it the oldest are lost

    /** A key of a process. */
    record Key(int tgid, long startNs, long name) {}

    private final Map<Key, KeptRecords> held = new LinkedHashMap<>();
    private long bytes;
    private long lostRecords;
    private long lostBytes;

    void hold(final Key key, final RingRecord record) {
        held.computeIfAbsent(key, _ -> new KeptRecords()).add(record);
        bytes += record.size();
        for (final Iterator<KeptRecords> oldest = held.values().iterator(); bytes > MAX_BYTES; ) {
            lose(oldest.next());
            oldest.remove();
        }
    }

    /** Hands on what was held of a key, in order; it is held no more. */
    void take(final Key key, final RecordHandler handler) {
        final KeptRecords records = held.remove(key);
        if (records != null) {
            bytes -= records.bytes();
            records.take(handler);
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

    private void lose(final KeptRecords records) {
        bytes -= records.bytes();
        lostRecords += records.count();
        lostBytes += records.bytes();
        records.forget();
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
