package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.kernel.Unheard.Subject;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongFunction;
import java.util.function.ToLongFunction;

/**
 * The loaded eBPF programs: follows the processes of tracked cgroups and hands what they did to a {@link KernelEventSink}.
 *
 * <p>{@link #poll} belongs to one thread; everything else may be called from any.
 */
public final class Kernel implements AutoCloseable {
    private static final Duration SETTLE = Duration.ofMillis(50); // without a record
    private static final Duration SKIPPED = Duration.ofSeconds(10); // so often it is asked how many calls were
    private static final Duration LONGEST_SETTLE = Duration.ofSeconds(2);
    private static final int MAPPED_BYTES = 30_000; // less than the JVM's chunks of 32 KiB, without their ends

    private final Programs programs;
    private final Processes processes;
    private final Holds holds;
    private final Rings rings;
    private final JavaAgents java;
    private final AttachManager attach;
    private final Commands commands;
    private final Flows flows;
    private final RecordDecoder decoder;
    private final Destinations destinations;
    private final Connections connections;
    private final KernelProcess reported = new KernelProcess();
    private final Queue<Subject> running = new ConcurrentLinkedQueue<>();
    private final Map<Path, Long> tracked = new ConcurrentHashMap<>();
    private final int trackedMap;
    private final int bornMap;
    private final int condemnedMap;
    private volatile boolean followsCommands;
    private volatile boolean containers;
    private volatile long skipped; // system calls
    private long skippedRead = System.nanoTime();
    private long lostRecords; // that were reported, with skipped calls
    private long lostBytes;

    private Kernel(
            final KernelOptions options,
            final Programs programs,
            final Duration sweep,
            final Duration rest,
            final Duration patience)
            throws LibC.Errno {
        this.programs = programs;
        this.processes = new Processes(options.proc());
        this.holds = new Holds(programs, processes);
        this.rings = new Rings(programs, options, rest);
        this.commands = new Commands(programs, processes);
        this.java = new JavaAgents(programs, processes, options.proc());
        this.attach = new AttachManager(programs, holds, java, options.proc(), this::followed, sweep, patience);
        if (attach.changes() >= 0) {
            rings.wakenBy(attach.changes());
        }
        final int counts = programs.mapFd("flows");
        this.flows = new Flows((key, flow, last) -> programs.libbpf().read(counts, key, flow, last));
        this.decoder = new RecordDecoder(attach, flows, commands::begins);
        this.destinations = new Destinations(programs);
        this.connections = new Connections(options.proc(), processes);
        this.trackedMap = programs.mapFd("tracked");
        this.bornMap = programs.mapFd("born");
        this.condemnedMap = programs.mapFd("condemned");
    }

    /**
     * Loads the programs and attaches those that need no target.
     *
     * @throws KernelUnavailableException with the missing capability or feature and the remedy
     */
    public static Kernel open(final KernelOptions options) throws KernelUnavailableException {
        return open(options, UprobeLinks.SESSION, AttachManager.SWEEP, Rings.REST, AttachManager.PATIENCE);
    }

    /**
     * The same, for tests.
     *
     * @param newest of the links to probes that are used, if the kernel has them
     * @param sweep how often it is looked whether probes are still used
     * @param rest with little in the ring, until the small one is taken again
     * @param patience with a file system
     */
    static Kernel open(
            final KernelOptions options,
            final UprobeLinks newest,
            final Duration sweep,
            final Duration rest,
            final Duration patience)
            throws KernelUnavailableException {
        if (!Files.isReadable(options.cgroups().resolve("cgroup.procs"))) {
            throw new KernelUnavailableException("there is no cgroup v2 hierarchy at " + options.cgroups()
                    + ": mount it (cgroup2), or mount the host's /sys into the container");
        }
        LibC.mapFrom(MAPPED_BYTES);
        final Programs programs = Programs.load(newest);
        try {
            AttachedFiles.rehearse(programs, System.getProperty("os.version"));
            return new Kernel(options, programs, sweep, rest, patience);
        } catch (final IOException e) {
            programs.close();
            throw new KernelUnavailableException(
                    "the eBPF programs are loaded and cannot be used: " + e.getMessage()
                            + "; probes need the capability PERFMON, and before Linux 6.6 SYS_ADMIN (in the chart: sensor.sysAdmin)",
                    e);
        }
    }

    /** Hands on what comes into the ring, for about {@code time}, even if ever more comes. */
    public void poll(final Duration time, final KernelEventSink sink) {
        poll(time, sink, _ -> {});
    }

    /** The same, and shows each record as it is first. */
    void poll(final Duration time, final KernelEventSink sink, final RingReader.RecordHandler tap) {
        final long deadline = System.nanoTime() + time.toNanos();
        while (true) {
            final long read = rings.drain(
                    record -> {
                        tap.record(record);
                        decoder.decode(record, sink);
                    },
                    deadline);
            holds.release(rings.isEmpty() ? Long.MAX_VALUE : decoder.toldNs());
            deliver(sink);
            reportLost(sink);
            final long left = deadline - System.nanoTime();
            if (left <= 0) {
                return;
            }
            rings.await(read > 0, Math.ceilDiv(left, 1_000_000)); // rounded down, each time was waited for twice
        }
    }

    /** Hands on what happened so far and could not be seen of it, for the end; gives up when more and more comes. */
    public void settle(final KernelEventSink sink) throws InterruptedException {
        final long deadline = System.nanoTime() + LONGEST_SETTLE.toNanos();
        long before;
        do {
            before = rings.records();
            poll(SETTLE, sink);
        } while (rings.records() != before && System.nanoTime() < deadline);
        attach.settle();
        decoder.end(sink);
        deliver(sink);
        flows.end(sink);
    }

    /** Hands on what no record says. */
    private void deliver(final KernelEventSink sink) {
        for (Subject process = running.poll(); process != null; process = running.poll()) {
            process.show(reported);
            sink.running(reported);
        }
        attach.deliver(reported, sink);
        final long now = System.nanoTime();
        decoder.release(now, sink);
        flows.look(now, sink);
    }

    private void reportLost(final KernelEventSink sink) {
        final long now = System.nanoTime();
        if (now - skippedRead >= SKIPPED.toNanos()) {
            skipped = programs.skipped();
            skippedRead = now;
        }
        final long records = rings.lostRecords() + skipped;
        if (records != lostRecords) {
            final long bytes = rings.lostBytes();
            sink.lost(records - lostRecords, bytes - lostBytes);
            lostRecords = records;
            lostBytes = bytes;
        }
    }

    /**
     * Follows a cgroup, those below it and those that will be made below it, with what already runs in them.
     *
     * @param cgroup absolute path of its directory on this host
     * @return the cgroup's id, which is the inode of the directory
     * @throws IOException if there is no such cgroup
     */
    public long track(final Path cgroup) throws IOException {
        final long id = id(cgroup);
        put(trackedMap, id, id);
        tracked.put(cgroup, id);
        share();
        // One that is made now is either seen here or by the program, whose parent is in the map before.
        for (final Path below : Processes.tree(cgroup)) {
            try {
                put(trackedMap, id(below), id);
            } catch (final NoSuchFileException _) {
                // it is gone
            }
        }
        final List<Subject> found = new ArrayList<>();
        for (final Map.Entry<Integer, Path> process : Processes.of(cgroup).entrySet()) {
            final long own = id(process.getValue()); // a container's, where the one that is followed is a pod's
            processes.stat(process.getKey()).ifPresent(stat -> found.add(found(process.getKey(), stat, own)));
            if (!containers) { // a daemon, whose parent has ended; of a container, a runtime may be preparing it
                put(bornMap, process.getKey());
            }
        }
        found(found);
        return id;
    }

    private Subject found(final int tgid, final Processes.Stat stat, final long cgroupId) {
        if (stat.state() == 'T') { // held by a sensor that ended before it let it go on
            processes.signal(tgid, stat.startNs(), Processes.SIGCONT);
        }
        return new Subject(tgid, stat.ppid(), stat.startNs(), cgroupId, System.nanoTime());
    }

    private void found(final List<Subject> found) {
        found.sort(Comparator.comparingLong(Subject::startNs).thenComparingInt(Subject::tgid)); // parents first
        running.addAll(found);
        found.forEach(attach::found);
    }

    /** The processes that are followed. */
    private Collection<Subject> followed() {
        final List<Subject> followed = new ArrayList<>();
        commands.processes().forEach(tgid -> subject(tgid, commands.id(tgid)).ifPresent(followed::add));
        tracked.forEach((cgroup, id) -> Processes.of(cgroup)
                .forEach((tgid, directory) -> subject(tgid, idOr(id, directory)).ifPresent(followed::add)));
        return followed;
    }

    private Optional<Subject> subject(final int tgid, final long cgroupId) {
        return processes
                .stat(tgid)
                .map(stat -> new Subject(tgid, stat.ppid(), stat.startNs(), cgroupId, System.nanoTime()));
    }

    /** Of one that may be gone. */
    private static long idOr(final long other, final Path cgroup) {
        try {
            return id(cgroup);
        } catch (final IOException _) {
            return other;
        }
    }

    /**
     * Says that the cgroups are containers': what their runtime does from within, before it starts the container's program, is not
     * the container's. Elsewhere that could hide a program that shares the mount namespace of what started it.
     */
    public void expectContainers() {
        containers = true;
        rings.expectContainers();
    }

    /**
     * Follows processes by their command lines, wherever they are, with all that they start.
     *
     * @param ids what stands for the cgroup's id in the records of a process with this command line (words with a space between); 0
     *     for one that is not followed. Called on the thread that polls.
     * @throws IOException if more processes match than can be followed
     */
    public void followCommands(final ToLongFunction<String> ids) throws IOException {
        rings.expectCommands();
        followsCommands = true;
        share();
        final List<Subject> found = new ArrayList<>();
        commands.follow(ids, (tgid, stat, id) -> found.add(found(tgid, stat, id)));
        found(found);
    }

    /**
     * Makes ready for a program that will be started in this process's mount namespace, so that what it says first is heard as well.
     *
     * @param files that it will execute: those that are looked through before are not waited for then
     */
    public void prepare(final Collection<Path> files) throws InterruptedException {
        attach.prepare(files);
    }

    /** Stops following one cgroup; those below it stay as they are. */
    public void untrack(final long cgroupId) {
        try (Arena arena = Arena.ofConfined()) {
            programs.libbpf().delete(trackedMap, arena.allocateFrom(ValueLayout.JAVA_LONG, cgroupId));
        }
        tracked.values().removeIf(id -> id == cgroupId);
        share();
        attach.someExited();
        destinations.forget();
    }

    private void share() {
        rings.share(tracked.size() > 1 || followsCommands);
    }

    private static long id(final Path cgroup) throws IOException {
        return (Long) Files.getAttribute(cgroup, "unix:ino");
    }

    private void put(final int map, final long key, final long value) throws LibC.Errno {
        try (Arena arena = Arena.ofConfined()) {
            programs.libbpf()
                    .update(
                            map,
                            arena.allocateFrom(ValueLayout.JAVA_LONG, key),
                            arena.allocateFrom(ValueLayout.JAVA_LONG, value));
        }
    }

    private void put(final int set, final int key) throws LibC.Errno {
        try (Arena arena = Arena.ofConfined()) {
            programs.libbpf()
                    .update(
                            set,
                            arena.allocateFrom(ValueLayout.JAVA_INT, key),
                            arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte) 1));
        }
    }

    /**
     * Holds processes that open a file whose path begins so until the sink was told of it, and no others: what the sink ends is
     * ended before it can read.
     *
     * @param beginnings of paths in a process's own mount namespace; one that is empty holds at every file
     */
    public void hold(final Collection<String> beginnings) {
        holds.hold(beginnings);
    }

    /**
     * Sees through Java's own TLS where that is wanted, from now on; nowhere until it is said.
     *
     * @param wanted of JVMs by cgroup, or what stands for it in their records; empty if it is not known yet whose that is
     */
    public void javaTls(final LongFunction<Optional<JavaTls>> wanted) {
        java.want(wanted);
    }

    /** Says whether processes may be ended, or refused destinations, for what they do; until it is said, they may. */
    public void enforce(final boolean enforced) {
        rings.prompt(enforced);
    }

    /**
     * Ends a process now (SIGKILL through a pidfd), and at its next TLS write should it get that far before.
     *
     * @param startNs as {@link KernelProcess#startNs()}: a later process with the same number is left alone
     */
    public TerminateResult terminate(final int tgid, final long startNs) {
        condemn(tgid, startNs);
        return processes.signal(tgid, startNs, Processes.SIGKILL);
    }

    /** Ends a process at its next TLS write, before the library takes the payload. */
    private void condemn(final int tgid, final long startNs) {
        try (Arena arena = Arena.ofConfined()) {
            programs.libbpf()
                    .update(
                            condemnedMap,
                            arena.allocateFrom(ValueLayout.JAVA_INT, tgid),
                            arena.allocateFrom(ValueLayout.JAVA_LONG, startNs));
        } catch (final LibC.Errno e) {
            throw new IllegalStateException("an LRU map takes any key", e);
        }
    }

    /**
     * Closes a process's connections to a destination.
     *
     * @param startNs as {@link KernelProcess#startNs()}: a later process with the same number is left alone
     * @param podCgroup absolute path of its pod's cgroup directory
     * @param address numeric IPv4 or IPv6
     */
    public ResetResult reset(
            final int tgid, final long startNs, final Path podCgroup, final String address, final int port) {
        final InetAddress given;
        try {
            given = InetAddress.ofLiteral(address);
        } catch (final IllegalArgumentException _) {
            return new ResetResult.Refused("not a numeric address: " + address);
        }
        final Set<InetSocketAddress> peers = new HashSet<>();
        peers.add(new InetSocketAddress(given, port));
        final Long id = tracked.get(podCgroup);
        if (id != null) {
            destinations.askedFor(id, given, port).ifPresent(peers::add);
        }
        return connections.reset(tgid, startNs, peers);
    }

    /**
     * Refuses a pod a destination, for as long as the sensor runs.
     *
     * @param podCgroup absolute path of the pod's cgroup directory
     * @param address numeric IPv4 or IPv6
     * @param port 0 for any
     */
    public BlockResult block(final Path podCgroup, final String address, final int port) {
        final Long id = tracked.get(podCgroup);
        if (id == null) {
            return new BlockResult.Refused("the pod at " + podCgroup + " is not followed any more");
        }
        try {
            return destinations.block(podCgroup, id, InetAddress.ofLiteral(address), port);
        } catch (final IllegalArgumentException e) {
            return new BlockResult.Refused("not a numeric address: " + address);
        }
    }

    public KernelFeatures features() {
        return new KernelFeatures(System.getProperty("os.version"), true, Connections.canBeTaken(), programs.network());
    }

    public KernelCounters counters() {
        return new KernelCounters(
                rings.records(),
                rings.lostRecords() + skipped,
                rings.lostBytes(),
                rings.bytes(),
                attach.attachedFiles(),
                java.present());
    }

    @Override
    public void close() {
        programs.detach();
        decoder.letGoOn(); // nobody stays stopped
        rings.drain(decoder::letGoOn, System.nanoTime());
        holds.release(Long.MAX_VALUE);
        java.close();
        attach.close();
        destinations.close();
        rings.close();
        programs.close();
    }
}
