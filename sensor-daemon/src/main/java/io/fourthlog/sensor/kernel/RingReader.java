package io.fourthlog.sensor.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads the ring buffer through shared memory, in the layout of kernel/bpf/ringbuf.c:
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
 *
 * Before it waits it says how in {@code shared.waiting} (.bss): asleep, any record wakes it; with records coming in, only
 * urgent ones do, or many. A record's room is taken before {@code waiting} is read, and {@code waiting} is written before
 * the positions are compared, so one side always sees the other.
 */
final class RingReader implements AutoCloseable {
    /** Takes one record; the segment points into the ring and is valid during the call. */
    @FunctionalInterface
    interface RecordHandler {
        void record(MemorySegment record);
    }

    private static final int PAGE = 4096;
    private static final int BUSY = 1 << 31;
    private static final int DISCARDED = 1 << 30;
    private static final int RECORD_HEADER = 8;
    private static final int LARGEST = 32 << 10; // bytes of a record: a piece of 16 KiB with what is told of it, a path
    private static final long RELEASE_BYTES = 1 << 20; // read before their room is given back

    private static final long BATCH_MS = 50; // while records come, so often they are read
    private static final long PROMPT_MS = 10; // and so often where what is read may be answered by ending its process
    private static final long BUSY_MS = 1; // for a writer that was interrupted in a record

    private static final long WAITING = 0; // offsets in shared
    private static final long LOST_RECORDS = 8;
    private static final long LOST_BYTES = 16;
    private static final long CONTAINERS = 32;
    private static final long COMMANDS = 40;

    private static final long READS = 0; // values of shared.waiting
    private static final long SLEEPS = 1;
    private static final long BATCHES = 2;

    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

    private final Arena arena = Arena.ofShared();
    private final MemorySegment callState = arena.allocate(LibC.stateLayout());
    private final MemorySegment epollEvent = arena.allocate(16);
    private final int epoll;
    private final long mask;
    private final MemorySegment consumer;
    private final MemorySegment producer; // its page and the data
    private final MemorySegment joined = arena.allocate(LARGEST, Long.BYTES); // a record that is cut
    private final MemorySegment shared;
    private final AtomicLong records = new AtomicLong();
    private volatile long batchMs = PROMPT_MS;

    RingReader(final int ringFd, final int ringBytes, final int sharedFd) throws LibC.Errno {
        mask = ringBytes - 1L;
        consumer = LibC.map(ringFd, 0, PAGE, LibC.PROT_READ | LibC.PROT_WRITE);
        producer = LibC.map(ringFd, PAGE, PAGE + (long) ringBytes, LibC.PROT_READ);
        shared = LibC.map(sharedFd, 0, PAGE, LibC.PROT_READ | LibC.PROT_WRITE);
        epoll = LibC.epoll(ringFd);
    }

    /** Hands on what is there. Returns how many records that were. */
    long drain(final RecordHandler handler) {
        long position = (long) LONG.get(consumer, 0L);
        long written = (long) LONG.getAcquire(producer, 0L);
        long released = position;
        long read = 0;
        try {
            while (position < written || position < (written = (long) LONG.getAcquire(producer, 0L))) {
                final long at = PAGE + (position & mask);
                final int length = (int) INT.getAcquire(producer, at);
                if ((length & BUSY) != 0) {
                    break;
                }
                final int size = length & ~DISCARDED;
                position += RECORD_HEADER + (size + 7 & ~7);
                if ((length & DISCARDED) == 0) {
                    read++;
                    handler.record(record(at + RECORD_HEADER, size));
                }
                if (position - released >= RELEASE_BYTES) {
                    LONG.setRelease(consumer, 0L, position);
                    released = position;
                }
            }
        } finally {
            LONG.setRelease(consumer, 0L, position); // what a handler failed on is not handed to it again
            records.addAndGet(read);
        }
        return read;
    }

    private MemorySegment record(final long at, final int size) {
        final long whole = producer.byteSize() - at;
        return size <= whole ? producer.asSlice(at, size) : join(at, whole, size);
    }

    private MemorySegment join(final long at, final long whole, final int size) {
        MemorySegment.copy(producer, at, joined, 0, whole);
        MemorySegment.copy(producer, PAGE, joined, whole, size - whole);
        return joined.asSlice(0, size);
    }

    /** Waits for records, for so long at most. */
    void await(final boolean recordsCome, final long milliseconds) {
        LONG.setVolatile(shared, WAITING, recordsCome ? BATCHES : SLEEPS);
        VarHandle.fullFence();
        final boolean empty = (long) LONG.getVolatile(producer, 0L) == (long) LONG.get(consumer, 0L);
        final long longest = recordsCome ? Math.min(batchMs, milliseconds) : milliseconds;
        if (empty || recordsCome) {
            LibC.await(epoll, callState, epollEvent, (int) longest);
        } else {
            LibC.await(epoll, callState, epollEvent, (int) BUSY_MS);
        }
        LONG.setVolatile(shared, WAITING, READS);
    }

    /** Whether records may be answered by what has to come soon; else they are read in larger batches, which takes less CPU. */
    void prompt(final boolean prompt) {
        batchMs = prompt ? PROMPT_MS : BATCH_MS;
    }

    /** Has the programs take the runtime of containers for what it is. */
    void expectContainers() {
        LONG.setVolatile(shared, CONTAINERS, 1L);
    }

    /** Has the programs tell of each program that is executed and not followed. */
    void expectCommands() {
        LONG.setVolatile(shared, COMMANDS, 1L);
    }

    /** Records that were read since the ring was made. */
    long records() {
        return records.get();
    }

    /** Records that found no room, since the programs were loaded. */
    long lostRecords() {
        return (long) LONG.getVolatile(shared, LOST_RECORDS);
    }

    /** Bytes of data of those. */
    long lostBytes() {
        return (long) LONG.getVolatile(shared, LOST_BYTES);
    }

    @Override
    public void close() {
        LibC.close(epoll);
        LibC.unmap(consumer);
        LibC.unmap(producer);
        LibC.unmap(shared);
        arena.close();
    }
}
