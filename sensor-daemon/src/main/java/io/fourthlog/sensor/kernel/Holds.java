package io.fourthlog.sensor.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops a process that opens a file under certain paths until it is judged: the program sends it SIGSTOP before open returns,
 * and it goes on after its record was handled, unless that ended it. So a denied file cannot be read before the denial.
 *
 * <pre>
 *  held: LPM trie, struct held_path: u32 bits │ path[248]   a beginning of a path, which need not end at a slash
 * </pre>
 */
final class Holds {
    private static final Logger LOG = LoggerFactory.getLogger(Holds.class);
    private static final int PATH_BYTES = 248;

    private record Judged(long startNs, long atNs) {}

    private final LibBpf libbpf;
    private final int held;
    private final Processes processes;
    private final Map<Integer, Judged> judged = new HashMap<>(); // of the thread that reads the ring
    private Set<String> paths = Set.of(); // guarded by this

    Holds(final Programs programs, final Processes processes) {
        this.libbpf = programs.libbpf();
        this.held = programs.mapFd("held");
        this.processes = processes;
    }

    /** Holds who opens a file whose path begins so, and nobody else. */
    synchronized void hold(final Collection<String> beginnings) {
        final Set<String> wanted = new TreeSet<>(beginnings);
        try (Arena arena = Arena.ofConfined()) {
            for (final String path : wanted) {
                libbpf.update(held, key(arena, path), arena.allocate(1));
            }
            for (final String path : paths) {
                if (!wanted.contains(path)) {
                    libbpf.delete(held, key(arena, path));
                }
            }
            paths = wanted;
        } catch (final LibC.Errno e) {
            throw new IllegalStateException("the paths to hold at: " + e.getMessage(), e);
        }
    }

    private static MemorySegment key(final Arena arena, final String path) {
        final byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        final int length = Math.min(bytes.length, PATH_BYTES); // a shorter beginning holds more, never less
        final MemorySegment key = arena.allocate(Integer.BYTES + PATH_BYTES, Integer.BYTES);
        key.set(ValueLayout.JAVA_INT, 0, length * Byte.SIZE);
        MemorySegment.copy(bytes, 0, key, ValueLayout.JAVA_BYTE, Integer.BYTES, length);
        return key;
    }

    /** A held process was judged. */
    void judged(final int tgid, final long startNs) {
        judged.put(tgid, new Judged(startNs, System.nanoTime()));
    }

    /**
     * Lets those go on that were judged before {@code toldNs}, up to which all records were told: no other of their threads, which have
     * been stopped since, waits to be judged. Who fills the ring without end holds nobody else for longer.
     */
    void release(final long toldNs) {
        judged.entrySet().removeIf(each -> {
            final Judged process = each.getValue();
            if (process.atNs() >= toldNs) {
                return false;
            }
            if (processes.signal(each.getKey(), process.startNs(), Processes.SIGCONT)
                    instanceof TerminateResult.Refused(String reason)) {
                LOG.error("process {} was stopped to be judged and cannot be let go on: {}", each.getKey(), reason);
            }
            return true;
        });
    }
}
