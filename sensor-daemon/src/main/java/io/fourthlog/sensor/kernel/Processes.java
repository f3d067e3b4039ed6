package io.fourthlog.sensor.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Signals processes that are told apart by number and start time. */
final class Processes {
    private static final Logger LOG = LoggerFactory.getLogger(Processes.class);

    static final int SIGKILL = 9;
    static final int SIGCONT = 18;

    static final long TICK_NS = 1_000_000_000L / 100; // USER_HZ

    private final Path proc;

    Processes(final Path proc) {
        this.proc = proc;
    }

    /**
     * What {@code /proc/PID/stat} says (proc_pid_stat(5)).
     *
     * @param state field 3: {@code T} is stopped, {@code Z} has ended and waits for its parent; of a process whose first thread has ended
     *     and others have not, another thread's
     * @param ppid field 4: its parent
     * @param startNs field 22: when the process was forked, in nanoseconds since boot, to the kernel's clock tick
     */
    record Stat(char state, int ppid, long startNs) {}

    /** Empty if it has ended. */
    Optional<Stat> stat(final int tgid) {
        try {
            final List<String> fields = fields(proc.resolve(String.valueOf(tgid)));
            char state = fields.get(0).charAt(0);
            if (state == 'Z' && Integer.parseInt(fields.get(17)) > 1) { // field 20: how many threads it has
                state = fields(ProcessFiles.of(proc, tgid)).get(0).charAt(0);
            }
            return Optional.of(
                    new Stat(state, Integer.parseInt(fields.get(1)), Long.parseLong(fields.get(19)) * TICK_NS));
        } catch (final IOException _) {
            return Optional.empty();
        }
    }

    /** From field 3 on, behind a name that may have anything in it. */
    private static List<String> fields(final Path thread) throws IOException {
        final String line = Files.readString(thread.resolve("stat"), StandardCharsets.ISO_8859_1);
        return List.of(line.substring(line.lastIndexOf(')') + 2).split(" ", -1));
    }

    /** Whether the process with this number is the one that started then, and not a later one or what its parent has yet to bury. */
    boolean runs(final int tgid, final long startNs) {
        return stat(tgid)
                .filter(now -> now.state() != 'Z' && Math.abs(now.startNs() - startNs) <= TICK_NS)
                .isPresent();
    }

    /** The words of its command line (proc_pid_cmdline(5)); none if it has ended, or is the kernel's. */
    String commandLine(final int tgid) {
        try {
            return line(Files.readString(ProcessFiles.of(proc, tgid).resolve("cmdline"), StandardCharsets.ISO_8859_1));
        } catch (final IOException _) {
            return "";
        }
    }

    /** Words with a space between that have a zero behind each. */
    static String line(final String words) {
        return words.replace('\0', ' ').strip();
    }

    /** All processes of this machine. */
    List<Integer> all() {
        try (Stream<Path> entries = Files.list(proc)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.chars().allMatch(c -> c >= '0' && c <= '9'))
                    .map(Integer::valueOf)
                    .toList();
        } catch (final IOException e) {
            throw new UncheckedIOException("cannot list " + proc, e);
        }
    }

    /** The processes of a cgroup and of those below it, each with the one that it is in itself. */
    static Map<Integer, Path> of(final Path cgroup) {
        final Map<Integer, Path> found = new HashMap<>();
        for (final Path directory : tree(cgroup)) {
            try {
                for (final String line : Files.readAllLines(directory.resolve("cgroup.procs"))) {
                    found.put(Integer.parseInt(line), directory);
                }
            } catch (final IOException e) { // or it is a threaded one, whose processes another one above it has
                LOG.debug("{} is gone: {}", directory, e.getMessage());
            }
        }
        return found;
    }

    /** A cgroup with those below it, but for those that go meanwhile. */
    static List<Path> tree(final Path cgroup) {
        final List<Path> tree = new ArrayList<>();
        try {
            Files.walkFileTree(cgroup, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(final Path directory, final BasicFileAttributes attributes) {
                    tree.add(directory);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(final Path file, final IOException e) {
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(final Path directory, final @Nullable IOException e) {
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (final IOException e) {
            throw new UncheckedIOException("nothing above throws any", e);
        }
        return tree;
    }

    /** Sends a signal through a pidfd, so that a later process with the same number is left alone. */
    TerminateResult signal(final int tgid, final long startNs, final int signal) {
        final int pidfd;
        try {
            pidfd = LibC.pidfd(tgid);
        } catch (final LibC.Errno e) {
            return result(e);
        }
        try {
            if (!runs(tgid, startNs)) { // of what the descriptor holds: its number is not free while it is
                return new TerminateResult.AlreadyGone();
            }
            LibC.syscall("pidfd_send_signal", LibC.NR_PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0);
            return new TerminateResult.Terminated();
        } catch (final LibC.Errno e) {
            return result(e);
        } finally {
            LibC.close(pidfd);
        }
    }

    private static TerminateResult result(final LibC.Errno e) {
        return e.errno() == LibC.ESRCH
                ? new TerminateResult.AlreadyGone()
                : new TerminateResult.Refused(
                        e.getMessage() + (e.errno() == LibC.EPERM ? ": the sensor lacks the capability KILL" : ""));
    }
}
