package io.fourthlog.sensor.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows processes by their command lines, wherever they are, with all that they start: the map {@code followed}. The programs
 * hand it on to a child when it is forked, and take a process out when it ends.
 */
final class Commands {
    private static final Logger LOG = LoggerFactory.getLogger(Commands.class);
    private static final Duration PATIENCE = Duration.ofSeconds(2); // with all of them

    private final LibBpf libbpf;
    private final int followed;
    private final Processes processes;
    private volatile ToLongFunction<String> idOf = _ -> 0;

    Commands(final Programs programs, final Processes processes) {
        this.libbpf = programs.libbpf();
        this.followed = programs.mapFd("followed");
        this.processes = processes;
    }

    /** What is called when a process that runs already is followed. */
    interface Found {
        void found(int tgid, Processes.Stat stat, long id);
    }

    /** Follows what runs already and what it started; what is executed from now on is a {@linkplain #begins candidate}. */
    void follow(final ToLongFunction<String> ids, final Found then) throws LibC.Errno {
        idOf = ids;
        final Map<Integer, Processes.Stat> running = new HashMap<>();
        processes.all().forEach(tgid -> processes.stat(tgid).ifPresent(stat -> running.put(tgid, stat)));
        final Set<Integer> own =
                new HashSet<>(); // this process and what it was started by: their command lines have the pattern
        for (int at = (int) ProcessHandle.current().pid(); own.add(at) && running.get(at) != null; ) {
            at = running.get(at).ppid();
        }
        final Map<Integer, String> lines = commandLines(running.keySet());
        for (final Map.Entry<Integer, Processes.Stat> process : running.entrySet()) {
            final int tgid = process.getKey();
            final long id = id(tgid, running, lines, own);
            if (id == 0) {
                continue;
            }
            put(tgid, id);
            if (processes
                    .stat(tgid)
                    .map(Processes.Stat::startNs)
                    .equals(Optional.of(process.getValue().startNs()))) {
                then.found(tgid, process.getValue(), id);
            } else { // it has ended, and nobody takes it out
                remove(tgid);
            }
        }
    }

    /** Those that can be read: a process that has its memory locked leaves whoever reads of it waiting, if it wants to for ever. */
    private Map<Integer, String> commandLines(final Set<Integer> tgids) {
        final Map<Integer, String> lines = new ConcurrentHashMap<>();
        final ExecutorService readers = Executors.newCachedThreadPool(
                Thread.ofPlatform().daemon().name("command-lines").factory());
        tgids.forEach(tgid -> readers.execute(() -> lines.put(tgid, processes.commandLine(tgid))));
        readers.shutdown();
        try {
            if (!readers.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("{} processes do not let their command lines be read", tgids.size() - lines.size());
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return lines;
    }

    /** By its own command line, or that of the nearest ancestor that has one to follow. */
    private long id(
            final int tgid,
            final Map<Integer, Processes.Stat> running,
            final Map<Integer, String> lines,
            final Set<Integer> own) {
        final Set<Integer> seen = new HashSet<>(own);
        int at = tgid;
        while (seen.add(at)) {
            final Processes.Stat stat = running.get(at);
            if (stat == null) {
                return 0;
            }
            final long id = idOf.applyAsLong(lines.getOrDefault(at, ""));
            if (id != 0) {
                return id;
            }
            at = stat.ppid();
        }
        return 0;
    }

    /**
     * Follows a process that has just executed a program, if it is one to follow, or was forked by one before that was known; what
     * stands for its cgroup, or 0.
     *
     * @param words of the program, each with a zero behind it
     */
    long begins(final KernelProcess process, final String words) {
        final long own = idOf.applyAsLong(Processes.line(words));
        final long id = own != 0 ? own : id(process.ppid());
        if (id == 0) {
            return 0;
        }
        try {
            put(process.tgid(), id);
        } catch (final LibC.Errno e) {
            throw new IllegalStateException("too many processes are followed", e);
        }
        return id;
    }

    /** The processes that are followed. */
    Collection<Integer> processes() {
        return libbpf.keys(followed);
    }

    /** What stands for the cgroup of a process; 0 if it is not followed. */
    long id(final int tgid) {
        return libbpf.number(followed, tgid);
    }

    private void remove(final int tgid) {
        try (Arena arena = Arena.ofConfined()) {
            libbpf.delete(followed, arena.allocateFrom(ValueLayout.JAVA_INT, tgid));
        }
    }

    private void put(final int tgid, final long id) throws LibC.Errno {
        try (Arena arena = Arena.ofConfined()) {
            libbpf.update(
                    followed,
                    arena.allocateFrom(ValueLayout.JAVA_INT, tgid),
                    arena.allocateFrom(ValueLayout.JAVA_LONG, id));
        }
    }
}
