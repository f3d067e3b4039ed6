package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.kernel.RingReader.RecordHandler;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** Records of the ring that are kept for a moment, in order. They are zeros when they were handed on. */
final class KeptRecords {
    private final Deque<byte[]> records = new ArrayDeque<>();
    private final RingRecord handed = new RingRecord();
    private long bytes;

    void add(final RingRecord record) {
        records.add(record.bytes(0, record.size()).toArray(ValueLayout.JAVA_BYTE));
        bytes += record.size();
    }

    int count() {
        return records.size();
    }

    long bytes() {
        return bytes;
    }

    /** Hands on what is kept, which it is no more. */
    void take(final RecordHandler handler) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment memory = arena.allocate(RingReader.LARGEST, Long.BYTES);
            for (byte[] record = records.poll(); record != null; record = records.poll()) {
                bytes -= record.length;
                MemorySegment.copy(record, 0, memory, ValueLayout.JAVA_BYTE, 0, record.length);
                handed.set(memory.address(), record.length);
                try {
                    handler.record(handed);
                } finally {
                    Arrays.fill(record, (byte) 0);
                    memory.asSlice(0, record.length).fill((byte) 0);
                }
            }
        }
    }

    /** Forgets what is kept. */
    void forget() {
        records.forEach(record -> Arrays.fill(record, (byte) 0));
        records.clear();
        bytes = 0;
    }
}
