package io.fourthlog.sensor.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts probes on the TLS libraries of tracked processes, and takes them off when none of them uses the file any more.
 *
 * <p>A process is looked at when it runs another program, when it maps executable code of a file, and when its cgroup begins
 * to be followed. Files are opened through the process's own mount namespace ({@code /proc/PID/root}), and attached to by the
 * descriptor, so that what was inspected is what is probed. One file can have two device numbers (overlayfs): files are told
 * apart by inode and build id, since probing one twice would double every event.
 *
 * <p>Inspection and attachment have a thread of their own; what could not be hooked goes back through {@link #deliver}.
 */
final class AttachManager implements ProcessWatcher, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AttachManager.class);

    private static final long TLS_WRITE = 0; // cookies, as sensor.bpf.c has them
    private static final long TLS_READ = 1;
    private static final long TLS_EX = 2;
    private static final String FREE = "SSL_free";
    private static final Map<String, Long> FUNCTIONS = Map.of(
            "SSL_write",
            TLS_WRITE,
            "SSL_write_ex",
            TLS_WRITE | TLS_EX,
            "SSL_read",
            TLS_READ,
            "SSL_read_ex",
            TLS_READ | TLS_EX);
    private static final Set<String> OPENSSL = names(FUNCTIONS.keySet(), FREE);

    /** Functions of libraries that are recognised and not hooked. */
    private static final Map<String, String> OTHERS = Map.of(
            "gnutls_record_send",
            "GnuTLS",
            "mbedtls_ssl_write",
            "Mbed TLS",
            "wolfSSL_write",
            "wolfSSL",
            "PR_Write",
            "NSS");

    private static final Set<String> ALL = names(OPENSSL, OTHERS.keySet().toArray(String[]::new));

    /** Texts in programs that have a TLS library linked in and no symbols of it. */
    private static final List<String> LINKED_IN =
            List.of("BoringSSL", "OpenSSL 1.", "OpenSSL 3.", "rustls", "crypto/tls.(*Conn).Write");

    private static final int MAX_JOBS = 8192;
    private static final int MAX_REMEMBERED = 8192;
    private static final Duration SWEEP = Duration.ofSeconds(60); // what is used again within it stays attached

    private record Subject(int tgid, int ppid, long startNs, long cgroupId, long ktimeNs) {
        static Subject of(final KernelProcess process) {
            return new Subject(
                    process.tgid(), process.ppid(), process.startNs(), process.cgroupId(), process.ktimeNs());
        }
    }

    /**
     * A file to look at.
     *
     * @param path in the process's mount namespace
     * @param program whether it is the process's executable
     * @param texts whether to look for a TLS library without symbols, which takes a while
     */
    private record Job(Subject process, String path, boolean program, boolean texts) {}

    private record Place(long cgroupId, String path) {}

    /** A file's content, as far as it can be told without reading it. */
    private record FileKey(Object device, Object inode, Object size, Object changed) {}

    private record Identity(long inode, String buildId) {}

    /** Names a process that connected. */
    private record Connection(int tgid, long startNs) {}

    private record Blind(Subject process, String kind, String detail) {}

    private final Programs programs;
    private final Holds holds;
    private final Path proc;
    private final Supplier<Collection<Path>> cgroups;
    private final BlockingDeque<Job> jobs = new LinkedBlockingDeque<>(MAX_JOBS);
    private final Queue<Blind> blindSpots = new ConcurrentLinkedQueue<>();
    private final Map<Identity, List<Integer>> links = new ConcurrentHashMap<>();

    /** Times of CLOCK_MONOTONIC; those of processes that have ended as well, which may be looked at too late. */
    private final Map<Connection, Long> firstConnections = Collections.synchronizedMap(bounded());

    private final Thread thread;
    private volatile boolean closing;
    private volatile boolean someExited;

    /** What was found in each file: what it cannot be seen through, or empty. Of the thread, as what follows. */
    private final Map<FileKey, String> inspected = bounded();

    /** Names under which a container's files were looked at, for processes that end before they are. */
    private final Set<Place> lookedAt = Collections.newSetFromMap(bounded());

    private final Map<Identity, Set<FileKey>> attachedAs = new HashMap<>();

    /** @param cgroups directories of the tracked cgroups */
    AttachManager(
            final Programs programs, final Holds holds, final Path proc, final Supplier<Collection<Path>> cgroups) {
        this.programs = programs;
        this.holds = holds;
        this.proc = proc;
        this.cgroups = cgroups;
        this.thread = Thread.ofPlatform().daemon().name("attach").start(this::run);
    }

    /**
     * Attaches to a library of this process and detaches again: shows at once whether the kernel lets it, and takes the time
     * that the first attachment costs now and not when an agent starts.
     */
    static void rehearse(final Programs programs) throws IOException {
        final String function = "libbpf_version_string";
        for (final String line : lines(Path.of("/proc/self/maps"))) {
            final int path = line.indexOf('/');
            if (line.contains("libbpf.so") && path > 0) {
                try (ElfFile elf = ElfFile.open(Path.of(line.substring(path)))) {
                    final long offset = offset(elf.functions(Set.of(function)), function);
                    programs.attachTls(line.substring(path), new long[] {offset}, new long[] {TLS_WRITE})
                            .forEach(LibC::close);
                    return;
                }
            }
        }
    }

    /** A map that forgets the oldest. */
    private static <K, V> Map<K, V> bounded() {
        return new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(final Map.Entry<K, V> eldest) {
                return size() > MAX_REMEMBERED;
            }
        };
    }

    private static Set<String> names(final Set<String> some, final String... more) {
        final Set<String> all = new HashSet<>(some);
        all.addAll(List.of(more));
        return Set.copyOf(all);
    }

    @Override
    public void executed(final KernelProcess process, final String path) {
        add(new Job(Subject.of(process), path, true, false));
    }

    @Override
    public void mapped(final KernelProcess process, final String path) {
        add(new Job(Subject.of(process), path, false, false));
    }

    /** A process ran before it was followed. */
    void found(final int tgid, final long startNs, final long cgroupId) {
        final Subject process = new Subject(tgid, 0, startNs, cgroupId, System.nanoTime());
        add(new Job(process, "exe", true, false));
        mappedFiles(tgid).keySet().forEach(path -> add(new Job(process, path, false, false)));
    }

    @Override
    public void connected(final KernelProcess process) {
        firstConnections.putIfAbsent(new Connection(process.tgid(), process.startNs()), process.ktimeNs());
    }

    @Override
    public void judged(final KernelProcess process) {
        holds.judged(process.tgid(), process.startNs());
    }

    @Override
    public void exited() {
        someExited = true;
    }

    /** How many files carry probes. */
    int attachedFiles() {
        return links.size();
    }

    private void add(final Job job) {
        // First what most often is attached to.
        final boolean urgent = job.program() ? !job.texts() : job.path().contains("ssl");
        if (!(urgent ? jobs.offerFirst(job) : jobs.offerLast(job))) {
            blindSpots.add(
                    new Blind(job.process(), "attach-failed", "more programs started at once than can be looked at"));
        }
    }

    /** Hands on what could not be hooked since the last time. */
    void deliver(final KernelProcess flyweight, final KernelEventSink sink) {
        for (Blind blind = blindSpots.poll(); blind != null; blind = blindSpots.poll()) {
            final Subject process = blind.process();
            flyweight.set(process.tgid(), process.ppid(), process.startNs(), process.cgroupId(), process.ktimeNs());
            sink.blindSpot(flyweight, blind.kind(), blind.detail());
        }
    }

    private void run() {
        long nextSweep = System.nanoTime() + SWEEP.toNanos();
        while (!closing) {
            try {
                final Job job = jobs.poll(Math.max(1, nextSweep - System.nanoTime()), TimeUnit.NANOSECONDS);
                if (job != null) {
                    look(job);
                }
                if (System.nanoTime() >= nextSweep) {
                    if (someExited) {
                        someExited = false;
                        sweep();
                    }
                    nextSweep = System.nanoTime() + SWEEP.toNanos();
                }
            } catch (final InterruptedException e) {
                return; // close()
            } catch (final RuntimeException bug) {
                LOG.error("looking for TLS libraries failed", bug);
            }
        }
    }

    private void look(final Job job) {
        final String process = proc + "/" + job.process().tgid();
        final String path = job.program() ? process + "/exe" : process + "/root" + job.path();
        final int fd;
        try {
            fd = LibC.open(path, LibC.O_RDONLY);
        } catch (final LibC.Errno e) {
            if (e.errno() == LibC.EACCES || e.errno() == LibC.EPERM) {
                blindSpots.add(new Blind(
                        job.process(),
                        "attach-failed",
                        e.getMessage() + ": the sensor needs the capability SYS_PTRACE to open files of other pods"));
            }
            if (!lookedAt.contains(new Place(job.process().cgroupId(), job.path()))) {
                late(job.process()); // it has ended, or the file is deleted: then it cannot be attached to either
            }
            return;
        }
        try {
            final String opened = "/proc/self/fd/" + fd;
            final String finding = inspect(Path.of(opened), job);
            lookedAt.add(new Place(job.process().cgroupId(), job.path()));
            if (!finding.isEmpty()) {
                blindSpots.add(new Blind(job.process(), "tls-unhookable", finding));
            }
        } catch (final LibC.Errno e) {
            blindSpots.add(new Blind(job.process(), "attach-failed", e.getMessage()));
        } catch (final IOException e) {
            LOG.debug("{} is not looked at: {}", path, e.getMessage());
        } finally {
            LibC.close(fd);
        }
    }

    private String inspect(final Path opened, final Job job) throws IOException {
        final Map<String, Object> attributes = Files.readAttributes(opened, "unix:dev,ino,size,ctime");
        final FileKey key = new FileKey(
                attribute(attributes, "dev"),
                attribute(attributes, "ino"),
                attribute(attributes, "size"),
                attribute(attributes, "ctime"));
        final String known = inspected.get(key);
        if (known != null) {
            return known;
        }
        final String finding;
        try (ElfFile elf = ElfFile.open(opened)) {
            final Map<String, Long> functions = elf.functions(ALL);
            if (functions.containsKey("SSL_write") && functions.containsKey("SSL_read")) {
                final Identity identity = new Identity((Long) attribute(attributes, "ino"), elf.buildId());
                if (attach(opened, identity, functions)) {
                    late(job.process());
                }
                attachedAs.computeIfAbsent(identity, _ -> new HashSet<>()).add(key);
                finding = "";
            } else {
                finding = unhookable(elf, functions, job.texts());
                if (finding.isEmpty() && job.program() && !job.texts()) {
                    add(new Job(job.process(), job.path(), true, true));
                    return "";
                }
            }
        }
        inspected.put(key, finding);
        return finding;
    }

    private static Object attribute(final Map<String, Object> attributes, final String name) {
        final Object value = attributes.get(name);
        if (value == null) {
            throw new IllegalStateException("the file system tells no " + name);
        }
        return value;
    }

    /** Returns whether the file had no probes before. */
    private boolean attach(final Path opened, final Identity identity, final Map<String, Long> functions)
            throws LibC.Errno {
        if (links.containsKey(identity)) {
            return false;
        }
        final List<String> names = FUNCTIONS.keySet().stream()
                .filter(functions::containsKey)
                .sorted()
                .toList();
        final long[] offsets =
                names.stream().mapToLong(name -> offset(functions, name)).toArray();
        final long[] cookies =
                names.stream().mapToLong(name -> offset(FUNCTIONS, name)).toArray();
        final List<Integer> attached = new ArrayList<>(programs.attachTls(opened.toString(), offsets, cookies));
        if (functions.containsKey(FREE)) {
            try {
                attached.add(programs.attachFree(opened.toString(), offset(functions, FREE)));
            } catch (final LibC.Errno e) {
                attached.forEach(LibC::close);
                throw e;
            }
        }
        links.put(identity, List.copyOf(attached));
        LOG.info("probes on inode {}, build {}: {}", identity.inode(), identity.buildId(), names);
        return true;
    }

    /** What a process sent while the probes were put on was not seen; only the first user of a file is that early. */
    private void late(final Subject process) {
        final Long connected = firstConnections.remove(new Connection(process.tgid(), process.startNs()));
        if (connected != null) {
            final long milliseconds = (System.nanoTime() - connected) / 1_000_000;
            blindSpots.add(new Blind(
                    process,
                    "attach-late",
                    "it connected " + milliseconds + " ms before the probes were on its TLS library"));
        }
    }

    private static long offset(final Map<String, Long> of, final String name) {
        final Long value = of.get(name);
        if (value == null) {
            throw new IllegalStateException(name);
        }
        return value;
    }

    private static String unhookable(final ElfFile elf, final Map<String, Long> functions, final boolean lookForTexts) {
        for (final Map.Entry<String, String> other : OTHERS.entrySet()) {
            if (functions.containsKey(other.getKey())) {
                return other.getValue() + " is not hooked by this version";
            }
        }
        final List<String> texts = lookForTexts ? elf.texts(LINKED_IN) : List.of();
        return texts.isEmpty() ? "" : "a TLS library is linked in without symbols (\"" + texts.getFirst() + "\")";
    }

    /** Takes the probes off files that no process of a tracked cgroup has mapped. */
    private void sweep() {
        final Set<Long> inodes = new HashSet<>();
        for (final Path cgroup : cgroups.get()) {
            for (final int tgid : processes(cgroup)) {
                inodes.addAll(mappedFiles(tgid).values());
            }
        }
        for (final Identity identity : Set.copyOf(links.keySet())) {
            if (!inodes.contains(identity.inode())) {
                final List<Integer> unused = links.remove(identity);
                if (unused != null) {
                    unused.forEach(LibC::close);
                    LOG.info("probes off inode {}", identity.inode());
                }
                final Set<FileKey> keys = attachedAs.remove(identity);
                if (keys != null) {
                    keys.forEach(inspected::remove);
                }
            }
        }
    }

    /** The processes of a cgroup and of those below it. */
    static List<Integer> processes(final Path cgroup) {
        final List<Integer> found = new ArrayList<>();
        try (Stream<Path> tree = Files.walk(cgroup)) {
            for (final Path directory : (Iterable<Path>) tree.filter(Files::isDirectory)::iterator) {
                for (final String line : lines(directory.resolve("cgroup.procs"))) {
                    found.add(Integer.parseInt(line));
                }
            }
        } catch (final IOException | UncheckedIOException e) {
            LOG.debug("{} is gone: {}", cgroup, e.getMessage());
        }
        return found;
    }

    /** Files of which a process has mapped executable code, with their inodes (proc_pid_maps(5)). */
    private Map<String, Long> mappedFiles(final int tgid) {
        final Map<String, Long> files = new HashMap<>();
        for (final String line : lines(proc.resolve(tgid + "/maps"))) {
            final String[] columns = line.split(" +", 6); // range, permissions, offset, device, inode, path
            if (columns.length == 6 && columns[1].indexOf('x') >= 0 && columns[5].startsWith("/")) {
                files.put(columns[5], Long.parseLong(columns[4]));
            }
        }
        return files;
    }

    private static List<String> lines(final Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (final NoSuchFileException e) {
            return List.of();
        } catch (final IOException e) {
            LOG.debug("{}: {}", file, e.getMessage());
            return List.of(); // a process that has just ended
        }
    }

    @Override
    public void close() {
        closing = true;
        thread.interrupt();
        try {
            thread.join();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        links.values().forEach(each -> each.forEach(LibC::close));
        links.clear();
    }
}
