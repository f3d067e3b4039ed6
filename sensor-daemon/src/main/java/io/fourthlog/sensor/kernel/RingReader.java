package io.fourthlog.sensor.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Reads a ring buffer through shared memory, in the layout of kernel/bpf/ringbuf.c:
 *
 * <pre>
 *  page 0 (ours)         page 1 (the kernel's)      data
 * ┌───────────────────┐ ┌───────────────────────┐ ┌───────────────────────────────┬───────────────────
 * │ u64 consumer_pos  │ │ u64 producer_pos      │ │ u32 length │ u32 page │ bytes │ … to 8, and so on
 * └───────────────────┘ └───────────────────────┘ └───────────────────────────────┴───────────────────
 *  length: bit 31 while it is being written, bit 30 if it was given up
 * </pre>
 *
 * The data could be mapped twice in a row, so that no record is cut at the end. All of a mapping is resident, so it is mapped once,
 * and the record that is cut, one for each round, is put together.
 */
final class RingReader implements AutoCloseable {
    /** Takes one record, which is the next one after the call. */
    @FunctionalInterface
    interface RecordHandler {
        void record(RingRecord record);
    }

    private static final int PAGE = 4096;
    private static final int BUSY = 1 << 31;
    private static final int DISCARDED = 1 << 30;
    private static final int RECORD_HEADER = 8;
    static final int LARGEST = 32 << 10; // bytes of a record: a piece of 16 KiB with what is told of it, a path
    private static final long RELEASE_BYTES = 1 << 20; // read before their room is given back

    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

    private final int fd;
    private final int bytes;
    private final long mask;
    private final MemorySegment consumer;
    private final MemorySegment producer; // its page and the data
    private final long data; // address
    private final MemorySegment joined = Arena.ofAuto().allocate(LARGEST, Long.BYTES); // a record that is cut
    private final RingRecord record = new RingRecord();
    private long marked;
    private long position; // of what is to be read next
    private long records; // read so far

    /** Maps a ring with so many bytes of data; its descriptor is closed with this. */
    RingReader(final int fd, final int bytes) throws LibC.Errno {
        this.fd = fd;
        this.bytes = bytes;
        mask = bytes - 1L;
        producer = LibC.map(fd, PAGE, PAGE + (long) bytes, LibC.PROT_READ);
        data = producer.address() + PAGE;
        try {
            consumer = LibC.map(fd, 0, PAGE, LibC.PROT_READ | LibC.PROT_WRITE);
        } catch (final LibC.Errno e) {
            LibC.unmap(producer);
            throw e;
        }
    }

    int bytes() {
        return bytes;
    }

    /** Takes what is there as what is to be read next. Returns how many bytes that are. */
    long mark() {
        marked = (long) LONG.getAcquire(producer, 0L);
        return marked - (long) LONG.get(consumer, 0L);
    }

    /** Hands on what was there at the mark, as far as it is written. Returns how many records that were. */
    long drain(final RecordHandler handler) {
        final long end = marked;
        final long before = records;
        position = (long) LONG.get(consumer, 0L);
        long released;
        do {
            released = position;
            try {
                hand(handler, Math.min(end, released + RELEASE_BYTES));
            } finally {
                LONG.setRelease(consumer, 0L, position); // what a handler failed on is not handed to it again
            }
        } while (position > released && position < end);
        return records - before;
    }

    /**
     * Hands on records from the position on, those that begin before an end. It has nothing else in it, since the compiler has an end to what it
     * takes into a loop, and what is done with a record is to be taken into this one.
     */
    private void hand(final RecordHandler handler, final long end) {
        while (position < end) {
            final long at = position & mask;
            final int length = RingRecord.length(data + at);
            if ((length & BUSY) != 0) {
                return;
            }
            final int size = length & ~DISCARDED;
            position += RECORD_HEADER + (size + 7 & ~7);
            if ((length & DISCARDED) == 0) {
                records++;
                record.set(at + RECORD_HEADER + size <= bytes ? data + at + RECORD_HEADER : join(at, size), size);
                handler.record(record);
            }
        }
    }

    /** Puts together what is cut by the end of the ring. Returns where it is. */
    private long join(final long at, final int size) {
        final long whole = bytes - at - RECORD_HEADER;
        MemorySegment.copy(producer, PAGE + at + RECORD_HEADER, joined, 0, whole);
        MemorySegment.copy(producer, PAGE, joined, whole, size - whole);
        return joined.address();
    }

    /** Whether all that was there at the mark was read. */
    boolean drained() {
        return (long) LONG.get(consumer, 0L) == marked;
    }

    /** Whether there is nothing to be read now. */
    boolean isEmpty() {
        return (long) LONG.getVolatile(producer, 0L) == (long) LONG.get(consumer, 0L);
    }

    @Override
    public void close() {
        LibC.unmap(consumer);
        LibC.unmap(producer);
        LibC.close(fd);
    }
}
