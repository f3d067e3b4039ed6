package io.fourthlog.sensor.kernel;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files as a process has them: opened in its own mount namespace ({@code /proc/PID/root}), and told apart.
 *
 * <p>All of it is the process's to choose: where a path leads, what lies there, how much it has mapped.
 */
final class ProcessFiles {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessFiles.class);

    private static final int EXECUTABLE = 3; // characters behind a range in /proc/PID/maps
    private static final String DELETED = " (deleted)"; // behind a path in /proc/PID/maps

    /** A file's content, as far as it can be told without reading it. */
    record FileKey(Object device, Object inode, Object size, Object changed) {}

    record Root(Object device, Object inode) {}

    private ProcessFiles() {}

    /**
     * Where a process is seen: what it maps and its root are told by its first thread as long as that is there, then by any other
     * ({@code /proc/PID/task/TID}).
     */
    static Path of(final Path proc, final int tgid) {
        final Path process = proc.resolve(String.valueOf(tgid));
        if (hasProgram(process)) {
            return process;
        }
        try (Stream<Path> threads = Files.list(process.resolve("task"))) {
            return threads.filter(ProcessFiles::hasProgram).findFirst().orElse(process);
        } catch (final IOException | UncheckedIOException e) {
            LOG.debug("{} has ended: {}", process, e.getMessage());
            return process;
        }
    }

    private static boolean hasProgram(final Path thread) {
        try {
            Files.readSymbolicLink(thread.resolve("exe"));
            return true;
        } catch (final IOException _) {
            return false; // it has ended, or is the kernel's
        }
    }

    /** Opens the program that a process runs. */
    static int openProgram(final Path process) throws LibC.Errno {
        return LibC.open(process + "/exe", LibC.O_RDONLY);
    }

    /** What lies at a path that a process sees, if that is a file: a pipe in its place would be waited for without end. */
    static int open(final Path process, final String path) throws LibC.Errno {
        final int root = LibC.open(process + "/root", LibC.O_PATH | LibC.O_DIRECTORY);
        try {
            final int found = LibC.openBelow(root, path, LibC.O_PATH);
            try {
                final Path file = Path.of("/proc/self/fd/" + found);
                if (!Files.isRegularFile(file)) {
                    throw new LibC.Errno("open " + path + ", which is no file", LibC.ENOENT);
                }
                return LibC.open(file.toString(), LibC.O_RDONLY);
            } finally {
                LibC.close(found);
            }
        } finally {
            LibC.close(root);
        }
    }

    /**
     * Opens a file by its path, or, if it was deleted since it was mapped, as libraries are that a program unpacks for itself, by the mapping.
     * That takes the capability CHECKPOINT_RESTORE (proc_pid_map_files(5)), which a sensor in a pod has not.
     */
    static int openMapped(final Path process, final String path) throws LibC.Errno {
        try {
            return open(process, path);
        } catch (final LibC.Errno gone) {
            final Optional<String> mapping =
                    gone.errno() == LibC.ENOENT ? deletedMapping(process, path) : Optional.empty();
            if (mapping.isEmpty()) {
                throw gone;
            }
            try {
                return LibC.open(process + "/map_files/" + mapping.get(), LibC.O_RDONLY);
            } catch (final LibC.Errno e) {
                LOG.debug("a deleted library is not looked at: {}", e.getMessage());
                throw gone;
            }
        }
    }

    static FileKey key(final Path file) throws IOException {
        final Map<String, Object> attributes = Files.readAttributes(file, "unix:dev,ino,size,ctime");
        return new FileKey(
                attribute(attributes, "dev"),
                attribute(attributes, "ino"),
                attribute(attributes, "size"),
                attribute(attributes, "ctime"));
    }

    /** What a process has for the root of all paths. */
    static Root root(final Path process) throws IOException {
        final Map<String, Object> attributes = Files.readAttributes(process.resolve("root"), "unix:dev,ino");
        return new Root(attribute(attributes, "dev"), attribute(attributes, "ino"));
    }

    private static Object attribute(final Map<String, Object> attributes, final String name) {
        final Object value = attributes.get(name);
        if (value == null) {
            throw new IllegalStateException("the file system tells no " + name);
        }
        return value;
    }

    /** Files of which a process has mapped executable code, so many at most. */
    static Set<String> mapped(final Path process, final int most) {
        final Set<String> files = new HashSet<>();
        codeMappings(process, (_, _, path) -> {
            if (files.size() < most) {
                files.add(path);
            }
        });
        return files;
    }

    /** The range of addresses at which a process has code of a file that is not there any more. */
    private static Optional<String> deletedMapping(final Path process, final String path) {
        final String deleted = path.endsWith(DELETED) ? path : path + DELETED;
        final List<String> at = new ArrayList<>(1);
        codeMappings(process, (range, _, mapped) -> {
            if (at.isEmpty() && mapped.equals(deleted)) {
                at.add(range);
            }
        });
        return at.stream().findFirst();
    }

    /** Is told of each range of addresses at which a process has code of a file. */
    @FunctionalInterface
    interface CodeMappings {
        void mapped(String range, long inode, String path);
    }

    /**
     * Tells of what a process has mapped of files to execute: range, permissions, offset, device, inode and path of proc_pid_maps(5). One by one,
     * since whoever maps a file with a long name as often as it can makes some 270 MB of them.
     */
    static void codeMappings(final Path process, final CodeMappings to) {
        final Path maps = process.resolve("maps");
        try (BufferedReader lines = Files.newBufferedReader(maps, StandardCharsets.ISO_8859_1)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                final int range = line.indexOf(' ');
                final int path = line.indexOf(" /");
                if (path > 0 && line.charAt(range + EXECUTABLE) == 'x') {
                    final String fields = line.substring(range + 1, path).stripTrailing();
                    to.mapped(
                            line.substring(0, range),
                            Long.parseUnsignedLong(
                                    fields.substring(fields.lastIndexOf(' ') + 1)), // any, of FUSE and overlays
                            line.substring(path + 1));
                }
            }
        } catch (final IOException e) {
            LOG.debug("{}: {}", maps, e.getMessage()); // a process that has just ended
        }
    }
}
