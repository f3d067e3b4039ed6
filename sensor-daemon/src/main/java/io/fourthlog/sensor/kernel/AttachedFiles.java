package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.binary.ElfFile;
import io.fourthlog.sensor.binary.TlsLibrary;
import io.fourthlog.sensor.kernel.ProcessFiles.FileKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongPredicate;
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
     */
    record Identity(long inode, FileTime born, String buildId) {}

    /**
     * The probes on a file.
     *
     * @param cgroupId of who was the first to use it
     * @param seenAs under whatever device numbers
     */
    private record Attached(long cgroupId, List<Integer> descriptors, Set<FileKey> seenAs) {}

    private final Programs programs;
    private final Map<Identity, Attached> files = new ConcurrentHashMap<>();

    AttachedFiles(final Programs programs) {
        this.programs = programs;
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
                    programs.attachTls(line.substring(path), List.of(offset), List.of(0L))
                            .forEach(LibC::close);
                    final int returns = programs.attachReturn(line.substring(path), offset);
                    try {
                        FilteredReturns.refuse(release, programs.libbpf()::callSmallFunction);
                    } finally {
                        LibC.close(returns);
                    }
                    return;
                }
            }
        }
    }

    int size() {
        return files.size();
    }

    /** How many files carry probes, if no other one of this container's may; else 0. */
    int full(final long cgroupId) {
        if (files.size() >= MOST) {
            return MOST;
        }
        final long own = files.values().stream()
                .filter(each -> each.cgroupId() == cgroupId)
                .count();
        return own >= MOST_OF_ONE ? MOST_OF_ONE : 0;
    }

    /** Whether a file carries probes; if so, it does under this key as well. */
    boolean has(final Identity identity, final FileKey key) {
        final Attached attached = files.get(identity);
        if (attached == null) {
            return false;
        }
        attached.seenAs().add(key);
        return true;
    }

    /**
     * Puts probes on a file that has none.
     *
     * @param opened its descriptor's path
     * @throws LibC.Errno if the kernel refuses one; the file has none then
     */
    void attach(
            final Identity identity,
            final FileKey key,
            final long cgroupId,
            final Path opened,
            final TlsSearch.Found found)
            throws LibC.Errno {
        final String file = opened.toString();
        final List<Integer> descriptors = new ArrayList<>();
        try {
            for (final TlsLibrary.Probes library : found.libraries()) {
                descriptors.addAll(
                        library.library().sealsRecords()
                                ? programs.attachRecords(file, library.offsets(), library.cookies())
                                : programs.attachTls(file, library.offsets(), library.cookies()));
                if (library.free() >= 0) {
                    descriptors.add(programs.attachFree(file, library.free()));
                }
            }
            if (found.go().isPresent()) {
                descriptors.addAll(programs.attachGo(file, found.go().get()));
            }
        } catch (final LibC.Errno e) {
            descriptors.forEach(LibC::close);
            throw e;
        }
        final Set<FileKey> seenAs = ConcurrentHashMap.newKeySet();
        seenAs.add(key);
        files.put(identity, new Attached(cgroupId, List.copyOf(descriptors), seenAs));
    }

    /**
     * Takes the probes off all files but those with these inodes. Returns the keys of what has none any more.
     *
     * @param keeps whether a container keeps those that it was the first to use
     */
    Set<FileKey> keep(final Set<Long> inodes, final LongPredicate keeps) {
        final Set<FileKey> unused = new HashSet<>();
        files.forEach((identity, attached) -> {
            if (!inodes.contains(identity.inode()) && !keeps.test(attached.cgroupId())) {
                files.remove(identity);
                attached.descriptors().forEach(LibC::close);
                unused.addAll(attached.seenAs());
                LOG.info("probes off inode {}", identity.inode());
            }
        });
        return unused;
    }

    void close() {
        files.values().forEach(each -> each.descriptors().forEach(LibC::close));
        files.clear();
    }
}
