package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.binary.ElfFile;
import io.fourthlog.sensor.kernel.AttachedFiles.Identity;
import io.fourthlog.sensor.kernel.EarlyProcesses.Probed;
import io.fourthlog.sensor.kernel.ProcessFiles.FileKey;
import io.fourthlog.sensor.kernel.ProcessFiles.Root;
import io.fourthlog.sensor.kernel.Unheard.Subject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
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

    private static final String JVM = "/libjvm.so";

    /** Texts in programs that have a TLS library linked in without its symbols, and what it is. */
    private static final Map<String, String> LINKED_IN = Map.of(
            "BoringSSL", "BoringSSL",
            "OpenSSL 1.", "OpenSSL",
            "OpenSSL 3.", "OpenSSL",
            "rustls", "rustls",
            "crypto/tls.(*Conn).Write", TlsSearch.GO);

    private static final int MAX_JOBS = 8192;
    private static final int MAX_REMEMBERED = 8192;
    private static final Duration LONGEST_REACH = Duration.ofSeconds(8); // of the 10 in which a sensor has to stop
    static final Duration PATIENCE =
            Duration.ofSeconds(30); // with a file system; no file takes as long to be looked through
    private static final String SILENT = "a file system in which it is looked for TLS libraries does not answer";
    private static final String WRITTEN =
            "a file that it uses was written to: until there are probes on what is in it now, it is not heard";
    private static final int LONGEST_NAME = 1024; // that is remembered
    static final Duration SWEEP =
            Duration.ofSeconds(60); // what is used again before the one after the next stays attached

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

    /** What a process has mapped that ran before it was followed. */
    private record Mapped(Subject process) implements Job {}

    /** Why a process was not heard. */
    private record Explain(Subject process) implements Job {}

    /** A process in whose root programs will be started. */
    private record Prepare(Subject process) implements Job {}

    /** A file with probes that somebody writes to. */
    private record Changed(Subject process, Identity identity) implements Job {}

    /** Everything before it was done. */
    private record Mark(CountDownLatch reached) implements Job {}

    private record Place(long cgroupId, String path) {}

    /**
     * A file that was looked at.
     *
     * @param library on which it carries probes, empty if on none
     */
    private record Inspected(String library, Probed probed) {
        private static final Inspected NOTHING = new Inspected("", Probed.NEVER);
    }

    private record Blind(Subject process, String kind, String detail) {}

    private final Holds holds;
    private final JavaAgents java;
    private final Path proc;
    private final Supplier<Collection<Subject>> processes;
    private final Duration sweep;
    private final FairQueue<Job> jobs = new FairQueue<>(MAX_JOBS, MAX_JOBS / 2);
    private final Queue<Blind> blindSpots = new ConcurrentLinkedQueue<>();
    private final AttachedFiles attached;
    private final EarlyProcesses early = new EarlyProcesses();
    private final PatientThread thread;
    private volatile boolean closing;
    private volatile boolean someExited;

    private final TlsSearch search = new TlsSearch();
    private final Unheard unheard = new Unheard(); // of the thread that reads the ring

    /** Of the thread that attaches, as what follows. */
    private final Map<FileKey, Inspected> inspected = remembered();

    /** Names under which a container's files were looked at, for processes that end before they are. */
    private final Set<Place> lookedAt = Collections.newSetFromMap(remembered());

    /** Inodes of the libraries that were looked at in a root of a mount namespace before a process mapped them. */
    private final Map<Root, Set<Long>> surveyed = remembered();

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
            final Supplier<Collection<Subject>> processes,
            final Duration sweep,
            final Duration patience) {
        this.holds = holds;
        this.java = java;
        this.proc = proc;
        this.processes = processes;
        this.sweep = sweep;
        this.attached = new AttachedFiles(programs);
        this.thread = new PatientThread("attach", patience, this::run);
        thread.start();
    }

    private static <K, V> Map<K, V> remembered() {
        return Collections.synchronizedMap(
                BoundedMap.byAge(MAX_REMEMBERED)); // synchronized for one thread that replaces another
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
        accepted(jobs.offer(process.cgroupId(), new Mapped(process), false), process);
    }

    /** What a process has mapped is looked at before whoever waits for that goes on; first what most often is attached to. */
    private void addMapped(final Subject process) {
        ProcessFiles.mapped(of(process), MAX_JOBS).stream()
                .sorted(Comparator.comparing(AttachManager::isUrgent))
                .forEach(path -> add(new Look(process, path, Use.MAPPED), true));
    }

    private static boolean isUrgent(final String path) {
        return path.contains("ssl");
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
        final List<Probed> agent = java.probed(process);
        unheard.spoke(process, agent.isEmpty() ? early.of(process) : agent);
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

    /** Readable when files that carry probes were written to; negative if that cannot be told. */
    int changes() {
        return attached.descriptor();
    }

    /** How many files carry probes. */
    int attachedFiles() {
        return attached.size();
    }

    private void add(final Look look) {
        add(look, look.program() || isUrgent(look.path()));
    }

    private void add(final Look look, final boolean urgent) {
        if (look.path().endsWith(JVM)) {
            java.found(look.process());
        }
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
        for (final AttachedFiles.Written file : attached.written()) {
            final Changed changed = new Changed(file.process(), file.identity());
            accepted(jobs.offer(file.process().cgroupId(), changed, true), file.process());
        }
        thread.replaceIfSilent().ifPresent(process -> {
            blindSpots.add(new Blind(process, "attach-failed", SILENT));
            LOG.warn("{} of process {}", SILENT, process.tgid());
        });
        for (Blind blind = blindSpots.poll(); blind != null; blind = blindSpots.poll()) {
            blind.process().show(flyweight);
            sink.blindSpot(flyweight, blind.kind(), blind.detail());
        }
    }

    private void run() {
        if (thread.isAlone()) {
            search.warmUp();
        }
        long nextSweep = System.nanoTime() + sweep.toNanos();
        while (!closing && !thread.isReplaced()) {
            try {
                if (jobs.isEmpty() && thread.isAlone()) {
                    search.rest();
                }
                if (jobs.isEmpty() && attached.releaseOne()) {
                    continue;
                }
                final Job job = jobs.poll(Math.max(1, nextSweep - System.nanoTime()));
                switch (job) {
                    case null -> {}
                    case Look look ->
                        ask(look.process(), () -> {
                            look(look);
                            if (look.program()) {
                                survey(look.process());
                            }
                        });
                    case Mapped(Subject process) -> ask(process, () -> addMapped(process));
                    case Prepare(Subject process) -> ask(process, () -> survey(process));
                    case Explain(Subject process) -> ask(process, () -> blindSpots.add(explain(process)));
                    case Changed(Subject process, Identity identity) -> written(process, identity);
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

    /** Takes the probes off a file that somebody writes to. Who uses it is not heard until they are on what is in it now. */
    private void written(final Subject process, final Identity identity) {
        final Set<FileKey> keys = new HashSet<>();
        ask(process, () -> keys.addAll(attached.writtenTo(identity)));
        if (keys.isEmpty()) {
            return;
        }
        keys.forEach(inspected::remove);
        for (final Subject other : processes.get()) {
            final Set<Long> inodes = new HashSet<>();
            thread.ask(other, () -> ProcessFiles.codeMappings(of(other), (_, inode, _) -> inodes.add(inode)));
            if (inodes.contains(identity.inode())) {
                blindSpots.add(new Blind(other, "attach-failed", WRITTEN));
                accepted(jobs.offer(other.cgroupId(), new Mapped(other), true), other);
            }
        }
    }

    private void ask(final Subject process, final Runnable question) {
        if (!thread.ask(process, question)) {
            blindSpots.add(new Blind(process, "attach-failed", SILENT));
        }
    }

    /** Looks at the libraries of the process's root, if no process was seen in that before. */
    private void survey(final Subject process) {
        final Path root = of(process).resolve("root");
        try {
            final Root key = ProcessFiles.root(of(process));
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

    private Path of(final Subject process) {
        return ProcessFiles.of(proc, process.tgid());
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
            } else if (job.use() != Use.NONE && !lookedAt.contains(place)) {
                early.gone(job.process());
            }
            return;
        }
        try {
            inspect(Path.of("/proc/self/fd/" + fd), job);
            if (place.path().length() <= LONGEST_NAME) {
                lookedAt.add(place);
            }
        } catch (final LibC.Errno e) {
            early.forget(job.process()); // it is not late
            blindSpots.add(new Blind(job.process(), "attach-failed", e.getMessage()));
        } catch (final IOException | UncheckedIOException e) { // also of a file that became shorter meanwhile
            LOG.debug("{} of {} is not looked at: {}", job.path(), job.process().tgid(), e.getMessage());
        } finally {
            LibC.close(fd);
        }
    }

    private int open(final Look job) throws LibC.Errno {
        final Path seen = of(job.process());
        try {
            return open(job, seen);
        } catch (final LibC.Errno e) {
            final Path now = of(job.process());
            if (now.equals(seen)) {
                throw e;
            }
            return open(job, now); // its first thread ended meanwhile
        }
    }

    private static int open(final Look job, final Path process) throws LibC.Errno {
        return job.program() ? ProcessFiles.openProgram(process) : ProcessFiles.openMapped(process, job.path());
    }

    private void inspect(final Path opened, final Look job) throws IOException {
        final Subject process = job.process();
        final FileKey key = ProcessFiles.key(opened);
        final Inspected before = inspected.get(key);
        if (before != null) {
            if (process.ktimeNs() < before.probed().doneNs()) {
                early(job, before.probed());
            }
            return;
        }
        try (ElfFile elf = ElfFile.open(opened)) {
            final TlsSearch.Found found = search.in(elf, key);
            if (found.isEmpty()) {
                inspected.put(key, Inspected.NOTHING);
                return;
            }
            final Identity identity = Identity.of(opened, key, elf.buildId());
            if (attached.has(identity, key)) {
                inspected.put(key, new Inspected(found.names(), Probed.NEVER));
                return;
            }
            final int full = attached.full(process.cgroupId());
            if (full > 0) {
                early.forget(process); // it is not late
                blindSpots.add(new Blind(
                        process,
                        "attach-failed",
                        "there are probes on " + full + " other files, until nobody uses those any more"));
                return; // and is looked at again when it is used again
            }
            if (thread.isReplaced()) {
                throw new IOException("its file system took too long to answer");
            }
            final long began = System.nanoTime();
            early(job, new Probed(began, Long.MAX_VALUE)); // so that it is known to who hears the first of them
            attached.attach(identity, key, process, opened, found);
            final Probed probed = new Probed(began, System.nanoTime());
            early(job, probed);
            inspected.put(key, new Inspected(found.names(), probed));
            LOG.info(
                    "probes on {}, inode {}, build {}, {} ms after process {} loaded it",
                    found.names(),
                    identity.inode(),
                    identity.buildId(),
                    (probed.doneNs() - process.ktimeNs()) / 1_000_000,
                    process.tgid());
        }
    }

    private void early(final Look job, final Probed probed) {
        if (job.use() != Use.NONE) {
            early.probed(job.process(), probed);
        }
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
        return early.explain(process)
                .map(late -> new Blind(process, "attach-late", late))
                .orElseGet(() -> new Blind(process, "tls-unhookable", unhooked(process)));
    }

    private String unhooked(final Subject process) {
        final Path program = of(process).resolve("exe");
        final Set<String> reasons = new TreeSet<>();
        String probed = "";
        try (ElfFile elf = ElfFile.open(program)) {
            elf.texts(LINKED_IN.keySet()).stream()
                    .map(LINKED_IN::get)
                    .filter(Objects::nonNull)
                    .forEach(reasons::add);
            final Inspected known = inspected.get(ProcessFiles.key(program));
            probed = known == null ? "" : known.library();
            List.of(probed.split(" and ", -1)).forEach(reasons::remove);
        } catch (final IOException | UncheckedIOException e) {
            LOG.debug("the program of {} is not looked at: {}", process.tgid(), e.getMessage());
        }
        final String library = reasons.isEmpty() ? "a library that is not known" : String.join(" or ", reasons);
        return "it sent over TLS, through " + library
                + (reasons.isEmpty() ? "" : ", which is not hooked")
                + (probed.isEmpty() ? "" : "; the probes on its " + probed + " heard nothing of it");
    }

    /**
     * Looks which files no process which is followed has mapped, or has a root in which they were surveyed. A container of which a file
     * system does not answer is not asked, and keeps those that it was the first to use.
     */
    private void sweep() {
        final Set<Long> inodes = new HashSet<>();
        final Set<Root> roots = new HashSet<>();
        for (final Subject process : processes.get()) {
            thread.ask(process, () -> uses(of(process), inodes, roots));
            if (thread.isReplaced()) {
                return;
            }
        }
        surveyed.keySet().retainAll(roots);
        surveyed.values().forEach(inodes::addAll);
        for (final FileKey unused : attached.used(inodes, thread::waitsFor)) {
            inspected.remove(unused);
            someExited(); // whether it is still unused the next time
        }
    }

    private void uses(final Path process, final Set<Long> inodes, final Set<Root> roots) {
        final Set<Long> mapped = new HashSet<>();
        ProcessFiles.codeMappings(process, (_, inode, _) -> mapped.add(inode));
        if (mapped.isEmpty()) {
            someExited(); // it is about to end, or to become another program: the next time will tell
        }
        inodes.addAll(mapped);
        try {
            roots.add(ProcessFiles.root(process));
        } catch (final IOException e) {
            LOG.debug("{} has ended: {}", process, e.getMessage());
        }
    }

    @Override
    public void close() {
        closing = true;
        thread.stop(LONGEST_REACH);
        attached.close();
    }
}
