package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.binary.ElfFile;
import io.fourthlog.sensor.binary.TlsLibrary;
import io.fourthlog.sensor.kernel.ProcessFiles.FileKey;
import io.fourthlog.sensor.kernel.Unheard.Subject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files that carry probes. */
final class AttachedFiles {
    private static final Logger LOG = LoggerFactory.getLogger(AttachedFiles.class);

    static final int MOST = 256; // of two descriptors or more each; a node's programs use some dozens
    static final int MOST_OF_ONE = MOST / 2; // that one container was the first to use

    /**
     * A file under whatever device number: an overlay has another one than what is below it.
     *
     * @param born when it was made, which nobody can choose, where the file system knows: inode numbers of a tenant's own file system are
     *     any, and a build id is what the file says, so that these two alone could be those of another's library
     * @param written when it was last, as not all files have a build id
     */
    record Identity(long inode, FileTime born, FileTime written, String buildId) {
        static Identity of(final Path opened, final FileKey key, final String buildId) throws IOException {
            final BasicFileAttributes attributes = Files.readAttributes(opened, BasicFileAttributes.class);
            return new Identity((Long) key.inode(), attributes.creationTime(), attributes.lastModifiedTime(), buildId);
        }
    }

    /**
     * The probes on a file.
     *
     * @param process the first to use it
     * @param file a descriptor of it
     * @param watch by which it is told that somebody writes to it
     * @param seenAs under whatever device numbers
     * @param unused how many times in a row it was found that nobody uses it
     */
    private record Attached(
            Subject process,
            int file,
            int watch,
            List<Integer> descriptors,
            Set<FileKey> seenAs,
            AtomicInteger unused) {
        private boolean isUnused(final int times) {
            return unused.get() >= times;
        }
    }

    /** A file that somebody writes to. */
    record Written(Subject process, Identity identity) {}

    private final Programs programs;
    private final Map<Identity, Attached> files = new ConcurrentHashMap<>();
    private final Inotify inotify = new Inotify();

    AttachedFiles(final Programs programs) {
        this.programs = programs;
    }

    /** Readable when {@link #written} has something to tell. */
    int descriptor() {
        return inotify.descriptor();
    }

    /**
     * Attaches to a library of this process and detaches again: shows at once whether the kernel lets it, and what that does to programs
     * with a filter, and takes the time that the first attachment costs now and not when an agent starts.
     */
    static void rehearse(final Programs programs, final String release) throws IOException, KernelUnavailableException {
        final String function = LibBpf.SMALL_FUNCTION;
        for (final String line : Files.readAllLines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
            final int path = line.indexOf('/');
            if (line.contains("libbpf.so") && path > 0) {
                try (ElfFile elf = ElfFile.open(Path.of(line.substring(path)))) {
                    final long offset = Objects.requireNonNull(
                            elf.functions(Set.of(function)).get(function));
                    programs.uprobes()
                            .attachTls(line.substring(path), List.of(offset), List.of(0L))
                            .forEach(LibC::close);
                    final List<Integer> returns = programs.uprobes().attachReturn(line.substring(path), offset);
                    try {
                        FilteredReturns.refuse(release, programs.libbpf()::callSmallFunction);
                    } finally {
                        returns.forEach(LibC::close);
                    }
                    return;
                }
            }
        }
    }

    int size() {
        return files.size();
    }

    /** How many files carry probes, if no other one of this container's may; else 0. Files that nobody uses make room. */
    int full(final long cgroupId) {
        if (files.size() >= MOST) {
            return release(each -> each.isUnused(1)) ? 0 : MOST;
        }
        final Predicate<Attached> own = each -> each.process().cgroupId() == cgroupId;
        final boolean room =
                files.values().stream().filter(own).count() < MOST_OF_ONE || release(own.and(each -> each.isUnused(1)));
        return room ? 0 : MOST_OF_ONE;
    }

    /** Whether a file carries probes; if so, it does under this key as well, and is used. */
    boolean has(final Identity identity, final FileKey key) {
        final Attached attached = files.get(identity);
        if (attached == null) {
            return false;
        }
        attached.seenAs().add(key);
        attached.unused().set(0);
        return true;
    }

    /**
     * Puts probes on a file that has none.
     *
     * @param process the first to use it
     * @param opened its descriptor's path
     * @throws LibC.Errno if the kernel refuses one; the file has none then
     * @throws IOException if it was written to since it was looked at
     */
    void attach(
            final Identity identity,
            final FileKey key,
            final Subject process,
            final Path opened,
            final TlsSearch.Found found)
            throws IOException {
        final String file = opened.toString();
        final List<Integer> descriptors = new ArrayList<>();
        final int own = LibC.open(file, LibC.O_PATH);
        final int watch = inotify.watch(file);
        descriptors.add(own);
        try {
            for (final TlsLibrary.Probes library : found.libraries()) {
                descriptors.addAll(
                        library.library().sealsRecords()
                                ? programs.uprobes().attachRecords(file, library.offsets(), library.cookies())
                                : programs.uprobes().attachTls(file, library.offsets(), library.cookies()));
                if (library.free() >= 0) {
                    descriptors.addAll(programs.uprobes().attachFree(file, library.free()));
                }
            }
            if (found.go().isPresent()) {
                descriptors.addAll(programs.uprobes().attachGo(file, found.go().get()));
            }
        } catch (final LibC.Errno e) {
            descriptors.forEach(LibC::close);
            forget(watch);
            throw e;
        }
        final Set<FileKey> seenAs = ConcurrentHashMap.newKeySet();
        seenAs.add(key);
        final Attached attached =
                new Attached(process, own, watch, List.copyOf(descriptors), seenAs, new AtomicInteger());
        files.put(identity, attached);
        releaseBefore(identity, key);
        if (!ProcessFiles.key(opened).equals(key)) {
            release(identity, attached);
            throw new IOException("it is being written to");
        }
    }

    /** Takes the probes off what was in a file before, where it was written to and nobody said so, as through a mapping. */
    private void releaseBefore(final Identity identity, final FileKey key) {
        files.forEach((before, attached) -> {
            if (!before.equals(identity)
                    && before.inode() == identity.inode()
                    && before.born().equals(identity.born())
                    && attached.seenAs().stream().anyMatch(seen -> seen.device().equals(key.device()))) {
                release(before, attached);
            }
        });
    }

    /** The files that somebody wrote to since they were asked for. */
    List<Written> written() {
        final Set<Integer> watches = inotify.fired();
        if (watches.isEmpty()) {
            return List.of();
        }
        return files.entrySet().stream()
                .filter(each -> watches.contains(each.getValue().watch()))
                .map(each -> new Written(each.getValue().process(), each.getKey()))
                .toList();
    }

    /**
     * Takes the probes off a file that somebody wrote to: they would be amid other instructions in who runs it next. Returns its keys; none
     * where an overlay had it copied first, and what was written to is the copy.
     */
    Set<FileKey> writtenTo(final Identity identity) {
        final Attached attached = files.get(identity);
        if (attached == null) {
            return Set.of();
        }
        try {
            final Path file = Path.of("/proc/self/fd/" + attached.file());
            if (!Files.readAttributes(file, BasicFileAttributes.class)
                    .creationTime()
                    .equals(identity.born())) {
                return Set.of();
            }
        } catch (final IOException e) {
            LOG.debug("inode {} cannot be looked at: {}", identity.inode(), e.getMessage());
        }
        release(identity, attached);
        return attached.seenAs();
    }

    /**
     * Notes which files are used: those with these inodes. Returns the keys of those that are not, by which it has to be asked whether they
     * {@link #has have} probes when they are used again.
     *
     * @param keeps whether a container keeps those that it was the first to use
     */
    Set<FileKey> used(final Set<Long> inodes, final LongPredicate keeps) {
        final Set<FileKey> unused = new HashSet<>();
        files.forEach((identity, attached) -> {
            if (inodes.contains(identity.inode())
                    || keeps.test(attached.process().cgroupId())) {
                attached.unused().set(0);
            } else {
                attached.unused().incrementAndGet();
                unused.addAll(attached.seenAs());
            }
        });
        return unused;
    }

    /** Takes the probes off one file that was found unused twice. False if there is none. */
    boolean releaseOne() {
        return release(each -> each.isUnused(2));
    }

    /** One only: the kernel takes some 50 ms for each of its links, in which no other file gets any. */
    private boolean release(final Predicate<Attached> which) {
        for (final Map.Entry<Identity, Attached> each : files.entrySet()) {
            if (which.test(each.getValue())) {
                release(each.getKey(), each.getValue());
                return true;
            }
        }
        return false;
    }

    private void release(final Identity identity, final Attached attached) {
        files.remove(identity);
        forget(attached.watch());
        attached.descriptors().forEach(LibC::close);
        LOG.info("probes off inode {}", identity.inode());
    }

    /** Of a file under two device numbers there is one watch. */
    private void forget(final int watch) {
        if (files.values().stream().noneMatch(other -> other.watch() == watch)) {
            inotify.forget(watch);
        }
    }

    void close() {
        inotify.close();
        files.values().forEach(each -> each.descriptors().forEach(LibC::close));
        files.clear();
    }
}
