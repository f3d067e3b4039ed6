package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.foreign.CFunction;
import io.fourthlog.sensor.kernel.RingReader.RecordHandler;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ring buffers between the programs and the thread that reads: one is written at a time, a small one as a rule, and a large one from
 * when much comes until little has come for a while.
 *
 * <pre>
 *  rings (array of maps): 0 → ring that is written       read, oldest first
 *                                                        ┌─────────┬─────────┐
 *                              large replaces small:     │ small   │ large   │ ◄── programs
 *                                                        └─────────┴─────────┘
 *                              empty for a while: given back ┘
 * </pre>
 *
 * <p>All of a ring's pages are the kernel's, charged to the sensor's cgroup, and resident where they are mapped, so that its size is paid
 * whether it is used or not.
 *
 * <p><b>Order.</b> How far a ring is read is marked before the older ones are marked, and the older ones are read first. So whatever happened
 * before a record, in an older ring, is below that one's mark and is handed on before it.
 *
 * <p><b>Waiting.</b> Before the reader waits it says how in {@code shared.waiting} (.bss): asleep, any record wakes it; with records coming in,
 * only urgent ones do, or many. A record's room is taken before {@code waiting} is read, and {@code waiting} is written before the positions
 * are compared, so one side always sees the other.
 *
 * <p>Everything but the counters belongs to the thread that reads.
 */
final class Rings implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Rings.class);

    private static final int PAGE = 4096;
    /** Over which it is counted how much comes. */
    private static final Duration WINDOW = Duration.ofMillis(50);

    /** What would fill the small ring in less is much: twice the longest stall. */
    private static final Duration FILLED = Duration.ofMillis(400);

    /** By which a record can come into a ring that was replaced. */
    private static final Duration LATE = Duration.ofSeconds(1);

    /** With little, until the small ring is taken again. */
    static final Duration REST = Duration.ofSeconds(10);

    private static final long BATCH_MS = 250; // while records come, so often they are read
    private static final long PROMPT_MS = 10; // and so often where what is read may be answered by ending its process
    private static final long BUSY_MS = 1; // for a writer that was interrupted in a record

    private static final long WAITING = 0; // offsets in shared
    private static final long LOST_RECORDS = 8;
    private static final long LOST_BYTES = 16;
    private static final long CONTAINERS = 32;
    private static final long COMMANDS = 40;
    private static final long SEVERAL = 48;

    private static final long READS = 0; // values of shared.waiting
    private static final long SLEEPS = 1;
    private static final long BATCHES = 2;

    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

    private final Arena arena = Arena.ofShared();
    private final MemorySegment callState = CFunction.state(arena);
    private final MemorySegment epollEvent = arena.allocate(16);
    private final Programs programs;
    private final int small;
    private final int large;
    private final long rest;
    private final int epoll;
    private final MemorySegment shared;
    private final AtomicLong records = new AtomicLong();
    private final List<RingReader> rings = new ArrayList<>(); // the last is written, or will be at once
    private volatile @Nullable RingReader made; // that is not among them yet
    private @Nullable Thread making;
    private volatile int bytes; // of the one that is written
    private long windowBegan; // as all times, System.nanoTime()
    private long inWindow; // bytes
    private long muchCame; // the last time
    private long replacedWritten; // when a record was last seen in a ring that was replaced
    private volatile long refused; // when the kernel last had no room for one
    private volatile long batchMs = PROMPT_MS;

    Rings(final Programs programs, final KernelOptions options, final Duration rest) throws LibC.Errno {
        this.programs = programs;
        this.small = options.ringBytes();
        this.large = options.burstRingBytes();
        this.rest = rest.toNanos();
        windowBegan = System.nanoTime();
        muchCame = windowBegan - this.rest;
        refused = muchCame;
        shared = LibC.map(programs.mapFd(".bss"), 0, PAGE, LibC.PROT_READ | LibC.PROT_WRITE);
        epoll = LibC.epoll();
        make(small);
    }

    /** Has the programs write to a new ring, which is read from then on. */
    private void make(final int bytes) throws LibC.Errno {
        final int ring = programs.makeRing(bytes);
        try {
            LibC.watch(epoll, ring);
            made = new RingReader(ring, bytes); // before anything is in it
        } catch (final LibC.Errno e) {
            LibC.close(ring);
            throw e;
        }
        programs.useRing(ring);
        this.bytes = bytes;
    }

    /**
     * Hands on what is there, and what comes meanwhile, until there is no more; from a time on (of System.nanoTime()) only what was
     * there before. Returns how many records that were.
     */
    long drain(final RecordHandler handler, final long until) {
        long read = 0;
        long before;
        do {
            before = read;
            weigh(mark());
            for (final RingReader ring : rings) {
                read += ring.drain(handler);
                if (!ring.drained()) {
                    break;
                }
            }
            records.addAndGet(read - before);
        } while (read > before && System.nanoTime() < until);
        return read;
    }

    /** Marks what is to be read next, newest ring first. Returns how many bytes that are. */
    private long mark() {
        final RingReader ring = made;
        if (ring != null) {
            rings.add(ring);
            made = null;
            replacedWritten = System.nanoTime();
        }
        long bytes = 0;
        for (int i = rings.size() - 1; i >= 0; i--) {
            bytes += rings.get(i).mark();
        }
        return bytes;
    }

    /** Changes to the other ring where what comes asks for it, and gives back one that is written no more. */
    private void weigh(final long bytes) {
        if (small == large) {
            return;
        }
        final long now = System.nanoTime();
        if (isMuch(bytes, now)) {
            muchCame = now;
        }
        final int wanted = now - muchCame < rest ? large : small;
        if (rings.getLast().bytes() != wanted && !isMaking() && now - refused >= rest) {
            making = Thread.ofPlatform().daemon().name("ring").start(() -> replaceBy(wanted));
        }
        giveBack(now);
    }

    /** Whether what is there fills half of the small ring, or what comes would soon fill all of it. */
    private boolean isMuch(final long bytes, final long now) {
        inWindow += bytes;
        final long window = now - windowBegan;
        if (window < WINDOW.toNanos()) {
            return bytes >= small / 2;
        }
        final boolean fast = (double) inWindow / window > (double) small / FILLED.toNanos();
        windowBegan = now;
        inWindow = 0;
        return fast || bytes >= small / 2;
    }

    private boolean isMaking() {
        return (making != null && making.isAlive()) || made != null;
    }

    /** On a thread of its own: the kernel takes some 50 ms for a large one, and waits until no program uses the other. */
    private void replaceBy(final int bytes) {
        try {
            make(bytes);
        } catch (final LibC.Errno e) {
            refused = System.nanoTime();
            LOG.warn(
                    "a ring buffer of {} MiB cannot be had, the one that is there is kept: {}",
                    bytes >> 20,
                    e.getMessage());
        }
    }

    /**
     * A program that may sleep can have looked up a ring before it was replaced, been preempted, and write to it then: so it is read for a
     * while longer.
     */
    private void giveBack(final long now) {
        if (rings.size() == 1) {
            return;
        }
        final RingReader oldest = rings.getFirst();
        if (!oldest.isEmpty()) {
            replacedWritten = now;
        } else if (now - replacedWritten >= LATE.toNanos()) {
            rings.removeFirst().close();
        }
    }

    /** Has who waits for records go on when this descriptor can be read as well. */
    void wakenBy(final int descriptor) throws LibC.Errno {
        LibC.watch(epoll, descriptor);
    }

    /** Waits for records, for so long at most. */
    void await(final boolean recordsCome, final long milliseconds) {
        LONG.setVolatile(shared, WAITING, recordsCome ? BATCHES : SLEEPS);
        VarHandle.fullFence();
        final long longest = recordsCome ? Math.min(batchMs, milliseconds) : milliseconds;
        LibC.await(epoll, callState, epollEvent, (int) (recordsCome || isEmpty() ? longest : BUSY_MS));
        LONG.setVolatile(shared, WAITING, READS);
    }

    /** Whether there is nothing to be read. */
    boolean isEmpty() {
        if (made != null) {
            return false;
        }
        for (final RingReader ring : rings) {
            if (!ring.isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** Whether records may be answered by what has to come soon; else they are read in larger batches, which takes less CPU. */
    void prompt(final boolean prompt) {
        batchMs = prompt ? PROMPT_MS : BATCH_MS;
    }

    /** Has the programs take the runtime of containers for what it is. */
    void expectContainers() {
        LONG.setVolatile(shared, CONTAINERS, 1L);
    }

    /** Says whether more than one is followed, so that nobody may take the whole ring. */
    void share(final boolean several) {
        LONG.setVolatile(shared, SEVERAL, several ? 1L : 0L);
    }

    /** Has the programs tell of each program that is executed and not followed. */
    void expectCommands() {
        LONG.setVolatile(shared, COMMANDS, 1L);
    }

    /** Records that were read since the first ring was made. */
    long records() {
        return records.get();
    }

    /** Size of the ring that is written now. */
    int bytes() {
        return bytes;
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
        try {
            if (making != null) {
                making.join();
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        mark();
        LibC.close(epoll);
        rings.forEach(RingReader::close);
        LibC.unmap(shared);
        arena.close();
    }
}
