package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.binary.Disassembler;
import io.fourthlog.sensor.binary.ElfFile;
import io.fourthlog.sensor.binary.GoProgram;
import io.fourthlog.sensor.binary.ProbePlacement;
import io.fourthlog.sensor.binary.TlsLibrary;
import io.fourthlog.sensor.kernel.Unheard.Subject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
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

    private static final String GO = "Go's crypto/tls";
    private static final String JVM = "/libjvm.so";
    private static final int EXECUTABLE = 3; // characters behind a range in /proc/PID/maps
    private static final String DELETED = " (deleted)"; // behind a path in /proc/PID/maps

    /** Texts in programs that have a TLS library linked in without its symbols, and what it is. */
    private static final Map<String, String> LINKED_IN = Map.of(
            "BoringSSL", "BoringSSL",
            "OpenSSL 1.", "OpenSSL",
            "OpenSSL 3.", "OpenSSL",
            "rustls", "rustls",
            "crypto/tls.(*Conn).Write", GO);

    private static final int MAX_JOBS = 8192;
    private static final int MAX_REMEMBERED = 8192;
    static final int MAX_PROBED = 256; // files, of two descriptors or more each; a node's programs use some dozens
    static final int MAX_OF_ONE = MAX_PROBED / 2; // that one container was the first to use
    private static final Duration LONGEST_REACH = Duration.ofSeconds(8); // of the 10 in which a sensor has to stop
    static final Duration PATIENCE =
            Duration.ofSeconds(30); // with a file system; no file takes as long to be looked through
    private static final int MAX_SILENT = 16; // file systems for each of which a thread waits
    private static final String SILENT = "a file system in which it is looked for TLS libraries does not answer";
    private static final int LONGEST_NAME = 1024; // that is remembered
    static final Duration SWEEP = Duration.ofSeconds(60); // what is used again within it stays attached

    /** What the thread has to do. */
    private sealed interface Job {}

    /**
     * A file to look at.
     *
     * @param path in the process's mount namespace
     */
    private record Look(Subject process, String path, Use use) implements Job {
        private boolean program() {
            return use == Use.PROGRAM;
        }
    }

    /** What a file is to the process in whose mount namespace it is. */
    private enum Use {
        PROGRAM,
        MAPPED,
        /** It lies there. */
        NONE
    }

    /** Why a process was not heard. */
    private record Explain(Subject process) implements Job {}

    /** A process in whose root programs will be started. */
    private record Prepare(Subject process) implements Job {}

    /** Everything before it was done. */
    private record Mark(CountDownLatch reached) implements Job {}

    private record Place(long cgroupId, String path) {}

    /** A file's content, as far as it can be told without reading it. */
    private record FileKey(Object device, Object inode, Object size, Object changed) {}

    private record Root(Object device, Object inode) {}

    /**
     * A file under whatever device number: an overlay has another one than what is below it.
     *
     * @param born when it was made, which nobody can choose, where the file system knows: inode numbers of a tenant's own file system are
     *     any, and a build id is what the file says, so that these two alone could be those of another's library
     */
    private record Identity(long inode, FileTime born, String buildId) {}

    /**
     * The probes on a file.
     *
     * @param cgroupId of who was the first to use it
     */
    private record Links(long cgroupId, List<Integer> descriptors) {}

    /**
     * When probes were put on a file, in CLOCK_MONOTONIC; what is sent meanwhile may be heard or not.
     *
     * @param doneNs {@link Long#MAX_VALUE} until they are there
     */
    record Probed(long beganNs, long doneNs) {
        /** There were none to put. */
        static final Probed NEVER = new Probed(0, 0);

        /** Whether a connection that was seen at its socket until {@code lastNs}, and is heard now, can be one that goes on in this file. */
        boolean meets(final long lastNs, final long nowNs) {
            return lastNs < doneNs && beganNs <= nowNs;
        }
    }

    /**
     * A process that may have used libraries before the probes were on them.
     *
     * @param sinceNs from when on it may have used the last (CLOCK_MONOTONIC)
     * @param probed of each
     * @param ended or has deleted one of its files, before that could be looked at
     */
    private record Early(long sinceNs, List<Probed> probed, boolean ended) {
        private Early and(final Early later) {
            final List<Probed> all = new ArrayList<>(probed);
            later.probed.forEach(one -> {
                all.removeIf(each -> each.beganNs() == one.beganNs()); // it is done now
                all.add(one);
            });
            return new Early(later.ended ? sinceNs : later.sinceNs, List.copyOf(all), ended || later.ended);
        }

        private long doneNs() {
            return probed.stream().mapToLong(Probed::doneNs).max().orElse(0);
        }

        private boolean isLate(final long sentNs) {
            return ended || sentNs < doneNs();
        }

        private String explain(final long sentNs) {
            return "it sent over TLS before the probes were on its library, "
                    + (sentNs < doneNs()
                            ? (doneNs() - sinceNs) / 1_000_000 + " ms after it had loaded that"
                            : "and ended, or deleted that, before they could be");
        }
    }

    /**
     * A file that was looked at.
     *
     * @param library on which it carries probes, empty if on none
     */
    private record Inspected(String library, Probed probed) {}

    private record Blind(Subject process, String kind, String detail) {}

    /** What the thread does, since when (System.nanoTime). */
    private record Busy(Subject process, long since) {}

    private final Programs programs;
    private final Holds holds;
    private final JavaAgents java;
    private final Path proc;
    private final Supplier<Collection<Integer>> processes;
    private final Duration sweep;
    private final FairQueue<Job> jobs = new FairQueue<>(MAX_JOBS, MAX_JOBS / 2);
    private final Queue<Blind> blindSpots = new ConcurrentLinkedQueue<>();
    private final Map<Identity, Links> links = new ConcurrentHashMap<>();

    private final Duration patience;
    private volatile Thread thread; // one that waits for a file system that does not answer is replaced
    private volatile @Nullable Busy busy;
    private final Map<Thread, Long> silent =
            new ConcurrentHashMap<>(); // threads that were replaced → whose file system it is
    private volatile boolean closing;
    private volatile boolean someExited;

    private final Optional<Disassembler> disassembler = Disassembler.load();
    private final Unheard unheard = new Unheard(); // of the thread that reads the ring

    /** Of this thread, as what follows. */
    private final Map<FileKey, Inspected> inspected = bounded();

    /**
     * What was found by looking through code, which takes long: kept when the probes are taken off. By the file, and not by its build
     * id, which whoever makes a file chooses: probes in the wrong place would break another's program.
     */
    private final Map<FileKey, List<TlsLibrary.Probes>> analysed = bounded();

    /** Names under which a container's files were looked at, for processes that end before they are. */
    private final Set<Place> lookedAt = Collections.newSetFromMap(bounded());

    /** Inodes of the libraries that were looked at in a root of a mount namespace before a process mapped them. */
    private final Map<Root, Set<Long>> surveyed = bounded();

    /** Processes that ran before the probes were on what they may use; also read by the thread that reads the ring. */
    private final Map<ProcessKey, Early> early = bounded();

    private final Map<Identity, Set<FileKey>> attachedAs = new ConcurrentHashMap<>();

    /**
     * @param processes those that are followed
     * @param sweep how often it is looked whether probes are still used
     * @param patience with a file system
     */
    AttachManager(
            final Programs programs,
            final Holds holds,
            final JavaAgents java,
            final Path proc,
            final Supplier<Collection<Integer>> processes,
            final Duration sweep,
            final Duration patience) {
        this.programs = programs;
        this.holds = holds;
        this.java = java;
        this.proc = proc;
        this.processes = processes;
        this.sweep = sweep;
        this.patience = patience;
        this.thread = begin();
    }

    private Thread begin() {
        final Thread next = Thread.ofPlatform().daemon().name("attach").unstarted(this::run);
        thread = next;
        next.start();
        return next;
    }

    /**
     * Attaches to a library of this process and detaches again: shows at once whether the kernel lets it, and takes the time
     * that the first attachment costs now and not when an agent starts.
     */
    static void rehearse(final Programs programs) throws IOException {
        final String function = "libbpf_version_string";
        for (final String line : Files.readAllLines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
            final int path = line.indexOf('/');
            if (line.contains("libbpf.so") && path > 0) {
                try (ElfFile elf = ElfFile.open(Path.of(line.substring(path)))) {
                    final long offset = offset(elf.functions(Set.of(function)), function);
                    programs.attachTls(line.substring(path), List.of(offset), List.of(0L))
                            .forEach(LibC::close);
                    return;
                }
            }
        }
    }

    /** A map that forgets the oldest. */
    private static <K, V> Map<K, V> bounded() {
        return Collections.synchronizedMap(new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(final Map.Entry<K, V> eldest) {
                return size() > MAX_REMEMBERED;
            }
        });
    }

    @Override
    public void executed(final KernelProcess process, final String path) {
        add(new Look(Subject.of(process), path, Use.PROGRAM));
    }

    @Override
    public void mapped(final KernelProcess process, final String path) {
        add(new Look(Subject.of(process), path, Use.MAPPED));
    }

    /** A process ran before it was followed. */
    void found(final Subject process) {
        add(new Look(process, "exe", Use.PROGRAM));
        mappedFiles(process.tgid()).forEach(path -> add(new Look(process, path, Use.MAPPED)));
    }

    @Override
    public void encrypted(final KernelProcess process, final long socket) {
        unheard.encrypted(process, socket);
    }

    @Override
    public void sentOn(final KernelProcess process, final long speaker) {
        unheard.sentOn(process, speaker);
    }

    @Override
    public void spoke(final KernelProcess process) {
        final Early known = early.get(ProcessKey.of(process));
        final List<Probed> agent = java.probed(process);
        unheard.spoke(process, !agent.isEmpty() ? agent : known == null ? List.of() : known.probed());
    }

    @Override
    public void judged(final KernelProcess process) {
        holds.judged(process.tgid(), process.startNs());
    }

    @Override
    public void exited(final KernelProcess process) {
        unheard.exited(process);
        someExited();
    }

    /** Some processes have ended, or are of no interest any more. */
    void someExited() {
        someExited = true;
    }

    /** How many files carry probes. */
    int attachedFiles() {
        return links.size();
    }

    private void add(final Look look) {
        if (look.path().endsWith(JVM)) {
            java.found(look.process());
        }
        final boolean urgent = look.program() || look.path().contains("ssl"); // first what most often is attached to
        accepted(jobs.offer(look.process().cgroupId(), look, urgent), look.process());
    }

    private void add(final Explain explain) {
        accepted(jobs.offer(explain.process().cgroupId(), explain, false), explain.process());
    }

    private void accepted(final boolean accepted, final Subject process) {
        if (!accepted) {
            blindSpots.add(new Blind(process, "attach-failed", "more programs started at once than can be looked at"));
        }
    }

    /** Waits until what is known now was looked at. */
    void settle() throws InterruptedException {
        unheard.all().forEach(process -> add(new Explain(process)));
        reach();
    }

    /**
     * Puts probes where a program that will be started in this process's root needs them, as far as that is known before, and waits
     * until they are there.
     *
     * @param files that it will execute
     */
    void prepare(final Collection<Path> files) throws InterruptedException {
        final int own = (int) ProcessHandle.current().pid();
        final Subject self = new Subject(own, 0, 0, 0, System.nanoTime());
        accepted(jobs.offer(self.cgroupId(), new Prepare(self), false), self);
        for (final Path file : files) {
            accepted(jobs.offer(self.cgroupId(), new Look(self, file.toString(), Use.NONE), false), self);
        }
        reach();
    }

    private void reach() throws InterruptedException {
        if (jobs.behindAll(Mark::new).await(LONGEST_REACH.toMillis(), TimeUnit.MILLISECONDS)) {
            return;
        }
        LOG.warn("not all that was to be looked at for TLS libraries was, after {} s", LONGEST_REACH.toSeconds());
        for (final Job left : jobs.take(Explain.class::isInstance)) {
            if (left instanceof Explain(Subject process)) {
                blindSpots.add(new Blind(
                        process, "tls-unhookable", "it sent over TLS, and there was no time to find out through what"));
            }
        }
    }

    /** Hands on what could not be hooked since the last time. */
    void deliver(final KernelProcess flyweight, final KernelEventSink sink) {
        unheard.due().forEach(process -> add(new Explain(process)));
        replaceIfSilent();
        for (Blind blind = blindSpots.poll(); blind != null; blind = blindSpots.poll()) {
            blind.process().show(flyweight);
            sink.blindSpot(flyweight, blind.kind(), blind.detail());
        }
    }

    /** What the first inspection costs more than any other is spent before there is one. */
    private void warmUp() {
        try (ElfFile elf = ElfFile.open(Path.of("/proc/self/exe"))) {
            TlsLibrary.in(elf.functions(TlsLibrary.symbols()));
            if (disassembler.isPresent()) {
                new ProbePlacement(elf, disassembler.get()).place(elf.entry());
            }
        } catch (final IOException e) {
            LOG.debug("this program is not looked at: {}", e.getMessage());
        }
    }

    /**
     * One who serves a file system, as with FUSE, can leave whoever reads a file of it waiting for ever. Others are looked at by another thread
     * then, and whose it is no more until the first one goes on, so that nobody can have more than one wait.
     */
    private void replaceIfSilent() {
        final Busy now = busy;
        if (now != null && System.nanoTime() - now.since() > patience.toNanos() && silent.size() < MAX_SILENT) {
            silent.put(thread, now.process().cgroupId());
            blindSpots.add(new Blind(now.process(), "attach-failed", SILENT));
            LOG.warn("{} of process {}", SILENT, now.process().tgid());
            busy = null;
            begin();
        }
    }

    private boolean isReplaced() {
        return Thread.currentThread() != thread;
    }

    private void run() {
        if (silent.isEmpty()) {
            warmUp();
        }
        try {
            work();
        } finally {
            silent.remove(Thread.currentThread());
        }
    }

    private void work() {
        long nextSweep = System.nanoTime() + sweep.toNanos();
        while (!closing && !isReplaced()) {
            try {
                if (jobs.isEmpty() && silent.isEmpty()) {
                    disassembler.ifPresent(Disassembler::rest);
                }
                final Job job = jobs.poll(Math.max(1, nextSweep - System.nanoTime()));
                switch (job) {
                    case null -> {}
                    case Look look ->
                        answered(look.process(), () -> {
                            look(look);
                            if (look.program()) {
                                survey(look.process());
                            }
                        });
                    case Prepare(Subject process) -> answered(process, () -> survey(process));
                    case Explain(Subject process) -> answered(process, () -> blindSpots.add(explain(process)));
                    case Mark(CountDownLatch reached) -> reached.countDown();
                }
                if (System.nanoTime() >= nextSweep) {
                    if (someExited) {
                        someExited = false;
                        sweep();
                    }
                    nextSweep = System.nanoTime() + sweep.toNanos();
                }
            } catch (final InterruptedException e) {
                return; // close()
            } catch (final RuntimeException bug) {
                LOG.error("looking for TLS libraries failed", bug);
            }
        }
    }

    /** Does what a file system has to answer to, if all of that container's do. */
    private void answered(final Subject process, final Runnable work) {
        if (silent.containsValue(process.cgroupId())) {
            blindSpots.add(new Blind(process, "attach-failed", SILENT));
            return;
        }
        busy = new Busy(process, System.nanoTime());
        try {
            work.run();
        } finally {
            if (!isReplaced()) {
                busy = null;
            }
        }
    }

    /** Looks at the libraries of the process's root, if no process was seen in that before. */
    private void survey(final Subject process) {
        final Path root = proc.resolve(process.tgid() + "/root");
        try {
            final Root key = root(root);
            if (surveyed.containsKey(key)) {
                return;
            }
            final Set<Long> inodes = new HashSet<>();
            surveyed.put(key, inodes);
            for (final String library : Survey.of(root)) {
                look(new Look(process, library, Use.NONE));
                inodes.add((Long) Files.getAttribute(Path.of(root + library), "unix:ino"));
            }
        } catch (final IOException | DirectoryIteratorException e) {
            LOG.debug("{} is not surveyed: {}", root, e.getMessage());
        }
    }

    private static Root root(final Path root) throws IOException {
        final Map<String, Object> attributes = Files.readAttributes(root, "unix:dev,ino");
        return new Root(attribute(attributes, "dev"), attribute(attributes, "ino"));
    }

    private void look(final Look job) {
        final Place place = new Place(job.process().cgroupId(), job.path());
        final int fd;
        try {
            fd = open(job);
        } catch (final LibC.Errno e) {
            if (e.errno() == LibC.EACCES || e.errno() == LibC.EPERM) {
                blindSpots.add(new Blind(
                        job.process(),
                        "attach-failed",
                        e.getMessage() + ": the sensor needs the capability SYS_PTRACE to open files of other pods"));
            } else if (!lookedAt.contains(place)) {
                early(job, Probed.NEVER, true);
            }
            return;
        }
        try {
            inspect(Path.of("/proc/self/fd/" + fd), job);
            if (place.path().length() <= LONGEST_NAME) {
                lookedAt.add(place);
            }
        } catch (final LibC.Errno e) {
            early.remove(ProcessKey.of(job.process())); // it is not late
            blindSpots.add(new Blind(job.process(), "attach-failed", e.getMessage()));
        } catch (final IOException | UncheckedIOException e) { // also of a file that became shorter meanwhile
            LOG.debug("{} of {} is not looked at: {}", job.path(), job.process().tgid(), e.getMessage());
        } finally {
            LibC.close(fd);
        }
    }

    /**
     * Opens a file by its path, or, if it was deleted since it was mapped, as libraries are that a program unpacks for itself, by the mapping.
     * That takes the capability CHECKPOINT_RESTORE (proc_pid_map_files(5)), which a sensor in a pod has not.
     */
    private int open(final Look job) throws LibC.Errno {
        final Path process = proc.resolve(String.valueOf(job.process().tgid()));
        try {
            return job.program() ? LibC.open(process + "/exe", LibC.O_RDONLY) : open(process, job.path());
        } catch (final LibC.Errno gone) {
            final Optional<String> mapping =
                    gone.errno() == LibC.ENOENT ? deletedMapping(process, job.path()) : Optional.empty();
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

    private void early(final Look job, final Probed probed, final boolean ended) {
        if (job.use() != Use.NONE) {
            final Early one = new Early(
                    job.process().ktimeNs(), probed.equals(Probed.NEVER) ? List.of() : List.of(probed), ended);
            early.merge(ProcessKey.of(job.process()), one, Early::and);
        }
    }

    private void inspect(final Path opened, final Look job) throws IOException {
        final FileKey key = fileKey(opened);
        final Inspected before = inspected.get(key);
        if (before != null) {
            if (job.process().ktimeNs() < before.probed().doneNs()) {
                early(job, before.probed(), false);
            }
            return;
        }
        String library = "";
        Probed probed = Probed.NEVER;
        try (ElfFile elf = ElfFile.open(opened)) {
            final FileTime born =
                    Files.readAttributes(opened, BasicFileAttributes.class).creationTime();
            final Identity identity = new Identity((Long) key.inode(), born, elf.buildId());
            final Optional<TlsLibrary.Probes> named = TlsLibrary.in(elf.functions(TlsLibrary.symbols()));
            final Optional<GoProgram> go =
                    disassembler.isPresent() ? GoProgram.in(elf, disassembler.get()) : Optional.empty();
            final List<TlsLibrary.Probes> probes = new ArrayList<>();
            // A library, and a program that exports one (Node.js), has that one alone.
            final boolean alone = go.isPresent()
                    || (named.isPresent() && !elf.exported(TlsLibrary.symbols()).isEmpty());
            for (final TlsLibrary.Probes found : alone ? named.stream().toList() : linkedIn(key, elf, named)) {
                probes.add(
                        disassembler.isPresent() ? found.placed(new ProbePlacement(elf, disassembler.get())) : found);
            }
            if (!probes.isEmpty() || go.isPresent()) {
                library = probes.isEmpty()
                        ? GO
                        : probes.stream().map(found -> found.library().name()).collect(Collectors.joining(" and "));
                final int most =
                        links.containsKey(identity) ? 0 : most(job.process().cgroupId());
                if (most > 0) {
                    early.remove(ProcessKey.of(job.process())); // it is not late
                    blindSpots.add(new Blind(
                            job.process(),
                            "attach-failed",
                            "there are probes on " + most + " other files, until nobody uses those any more"));
                    return; // and is looked at again when it is used again
                }
                if (isReplaced()) {
                    throw new IOException("its file system took too long to answer");
                }
                if (!links.containsKey(identity)) {
                    final long began = System.nanoTime();
                    // before they are there, so that it is known to who hears the first of them
                    early(job, new Probed(began, Long.MAX_VALUE), false);
                    links.put(identity, new Links(job.process().cgroupId(), attach(opened.toString(), probes, go)));
                    probed = new Probed(began, System.nanoTime());
                    early(job, probed, false);
                    LOG.info(
                            "probes on {}, inode {}, build {}, {} ms after process {} loaded it",
                            library,
                            identity.inode(),
                            identity.buildId(),
                            (probed.doneNs() - job.process().ktimeNs()) / 1_000_000,
                            job.process().tgid());
                }
                attachedAs
                        .computeIfAbsent(identity, _ -> ConcurrentHashMap.newKeySet())
                        .add(key);
            }
        }
        inspected.put(key, new Inspected(library, probed));
    }

    /** How many files carry probes, if no other one of this container's may; else 0. */
    private int most(final long cgroupId) {
        if (links.size() >= MAX_PROBED) {
            return MAX_PROBED;
        }
        final long own = links.values().stream()
                .filter(each -> each.cgroupId() == cgroupId)
                .count();
        return own >= MAX_OF_ONE ? MAX_OF_ONE : 0;
    }

    private List<TlsLibrary.Probes> linkedIn(
            final FileKey key, final ElfFile elf, final Optional<TlsLibrary.Probes> named) throws IOException {
        final List<TlsLibrary.Probes> known = analysed.get(key);
        if (known != null || disassembler.isEmpty()) {
            return Objects.requireNonNullElse(known, named.stream().toList());
        }
        analysed.put(key, named.stream().toList()); // if it cannot be read, it is not read again
        final List<TlsLibrary.Probes> found = TlsLibrary.linkedIn(elf, disassembler.get(), named);
        analysed.put(key, found);
        return found;
    }

    /** Why a process sent over TLS and no probe heard it. */
    private Blind explain(final Subject process) {
        final Optional<JavaAgents.Reason> jvm = java.explain(process);
        if (jvm.isPresent()) {
            return new Blind(
                    process,
                    jvm.get().late() ? "attach-late" : "tls-unhookable",
                    jvm.get().detail());
        }
        final Early before = early.get(ProcessKey.of(process));
        if (before != null && before.isLate(process.ktimeNs())) {
            return new Blind(process, "attach-late", before.explain(process.ktimeNs()));
        }
        final Path program = proc.resolve(process.tgid() + "/exe");
        final Set<String> reasons = new TreeSet<>();
        String probed = "";
        try (ElfFile elf = ElfFile.open(program)) {
            elf.texts(LINKED_IN.keySet()).stream()
                    .map(LINKED_IN::get)
                    .filter(Objects::nonNull)
                    .forEach(reasons::add);
            final Inspected known = inspected.get(fileKey(program));
            probed = known == null ? "" : known.library();
            List.of(probed.split(" and ", -1)).forEach(reasons::remove);
        } catch (final IOException | UncheckedIOException e) {
            LOG.debug("the program of {} is not looked at: {}", process.tgid(), e.getMessage());
        }
        final String library = reasons.isEmpty() ? "a library that is not known" : String.join(" or ", reasons);
        return new Blind(
                process,
                "tls-unhookable",
                "it sent over TLS, through " + library
                        + (reasons.isEmpty() ? "" : ", which is not hooked")
                        + (probed.isEmpty() ? "" : "; the probes on its " + probed + " heard nothing of it"));
    }

    private static FileKey fileKey(final Path file) throws IOException {
        final Map<String, Object> attributes = Files.readAttributes(file, "unix:dev,ino,size,ctime");
        return new FileKey(
                attribute(attributes, "dev"),
                attribute(attributes, "ino"),
                attribute(attributes, "size"),
                attribute(attributes, "ctime"));
    }

    private static Object attribute(final Map<String, Object> attributes, final String name) {
        final Object value = attributes.get(name);
        if (value == null) {
            throw new IllegalStateException("the file system tells no " + name);
        }
        return value;
    }

    private List<Integer> attach(
            final String opened, final List<TlsLibrary.Probes> probes, final Optional<GoProgram> go) throws LibC.Errno {
        final List<Integer> attached = new ArrayList<>();
        try {
            for (final TlsLibrary.Probes found : probes) {
                attached.addAll(
                        found.library().sealsRecords()
                                ? programs.attachRecords(opened, found.offsets(), found.cookies())
                                : programs.attachTls(opened, found.offsets(), found.cookies()));
                if (found.free() >= 0) {
                    attached.add(programs.attachFree(opened, found.free()));
                }
            }
            if (go.isPresent()) {
                attached.addAll(programs.attachGo(opened, go.get()));
            }
            return List.copyOf(attached);
        } catch (final LibC.Errno e) {
            attached.forEach(LibC::close);
            throw e;
        }
    }

    private static long offset(final Map<String, Long> of, final String name) {
        final Long value = of.get(name);
        if (value == null) {
            throw new IllegalStateException(name);
        }
        return value;
    }

    /** Takes the probes off files that no process which is followed has mapped, or has a root in which they were surveyed. */
    private void sweep() {
        final Set<Long> inodes = new HashSet<>();
        final Set<Root> roots = new HashSet<>();
        for (final int tgid : processes.get()) {
            codeMappings(proc.resolve(String.valueOf(tgid)), (_, inode, _) -> inodes.add(inode));
            try {
                roots.add(root(proc.resolve(tgid + "/root")));
            } catch (final IOException e) {
                LOG.debug("{} has ended: {}", tgid, e.getMessage());
            }
        }
        surveyed.keySet().retainAll(roots);
        surveyed.values().forEach(inodes::addAll);
        for (final Identity identity : Set.copyOf(links.keySet())) {
            if (!inodes.contains(identity.inode())) {
                final Links unused = links.remove(identity);
                if (unused != null) {
                    unused.descriptors().forEach(LibC::close);
                    LOG.info("probes off inode {}", identity.inode());
                }
                final Set<FileKey> keys = attachedAs.remove(identity);
                if (keys != null) {
                    keys.forEach(inspected::remove);
                }
            }
        }
    }

    /** Files of which a process has mapped executable code. */
    private Set<String> mappedFiles(final int tgid) {
        final Set<String> files = new HashSet<>();
        codeMappings(proc.resolve(String.valueOf(tgid)), (_, _, path) -> {
            if (files.size() < MAX_JOBS) {
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
                            Long.parseLong(fields.substring(fields.lastIndexOf(' ') + 1)),
                            line.substring(path + 1));
                }
            }
        } catch (final IOException e) {
            LOG.debug("{}: {}", maps, e.getMessage()); // a process that has just ended
        }
    }

    @Override
    public void close() {
        closing = true;
        thread.interrupt();
        try {
            thread.join(LONGEST_REACH);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        links.values().forEach(each -> each.descriptors().forEach(LibC::close));
        links.clear();
    }
}
