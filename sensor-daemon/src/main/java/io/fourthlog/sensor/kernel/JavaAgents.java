package io.fourthlog.sensor.kernel;

import io.fourthlog.sensor.kernel.EarlyProcesses.Probed;
import io.fourthlog.sensor.kernel.Unheard.Subject;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has JVMs hand over what goes through JSSE, where that is wanted: says to the programs whose hand-overs are believed (the map
 * {@code jvms}), and loads the agent ({@link JvmAttach}). A thread of its own waits for JVMs, one after the other.
 */
final class JavaAgents implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JavaAgents.class);

    private static final int MAX_JVMS = 8192; // beyond it the one that was found first is forgotten
    private static final int TRIES = 11; // 20 s in all, of a JVM that starts, or a pod that is not known yet
    private static final Duration FIRST_RETRY = Duration.ofMillis(10); // each next one takes twice as long

    /** What became of a JVM, for who asks why it was not heard. Of this object's lock. */
    private static final class Jvm {
        private final Subject process;
        private @Nullable JavaTls wanted; // not known before its pod is
        private boolean present; // the agent
        private long beganNs; // to load it: System.nanoTime, which is CLOCK_MONOTONIC; 0: it is not loaded from here
        private long sinceNs;
        private String obstacle = "";

        private Jvm(final Subject process) {
            this.process = process;
        }
    }

    private final LibBpf libbpf;
    private final int map;
    private final JvmAttach attach;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("java").factory());
    private final Map<ProcessKey, Jvm> jvms = BoundedMap.byAge(MAX_JVMS);
    private volatile LongFunction<Optional<JavaTls>> wanted = _ -> Optional.of(JavaTls.OFF);

    JavaAgents(final Programs programs, final Processes processes, final Path proc) {
        this.libbpf = programs.libbpf();
        this.map = programs.mapFd("jvms");
        this.attach = new JvmAttach(processes, proc);
    }

    /** From now on, for the JVMs that run as well; an agent that is in one stays, and is no longer believed where it is not wanted. */
    void want(final LongFunction<Optional<JavaTls>> byCgroup) {
        wanted = byCgroup;
        final List<Jvm> known;
        synchronized (this) {
            known = List.copyOf(jvms.values());
        }
        known.forEach(this::begin);
    }

    /** A process has HotSpot's library in it. */
    void found(final Subject process) {
        final Jvm jvm;
        synchronized (this) {
            jvm = jvms.computeIfAbsent(ProcessKey.of(process), _ -> new Jvm(process));
        }
        begin(jvm);
    }

    private void begin(final Jvm jvm) {
        look(jvm, 0, Duration.ZERO);
    }

    private void look(final Jvm jvm, final int tries, final Duration delay) {
        try {
            final Future<?> _ = thread.schedule(() -> look(jvm, tries), delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (final RejectedExecutionException _) {
            LOG.debug("{} is not looked at: the sensor stops", jvm.process.tgid());
        }
    }

    private void again(final Jvm jvm, final int tries) {
        if (tries < TRIES) {
            look(jvm, tries + 1, FIRST_RETRY.multipliedBy(1L << tries));
        }
    }

    private void look(final Jvm jvm, final int tries) {
        try {
            final Optional<JavaTls> now = wanted.apply(jvm.process.cgroupId());
            if (now.isEmpty()) {
                again(jvm, tries);
                return;
            }
            final JavaTls mode = now.get();
            synchronized (this) {
                jvm.wanted = mode;
                jvm.beganNs = mode == JavaTls.ATTACH && jvm.beganNs == 0 ? System.nanoTime() : jvm.beganNs;
            }
            believe(jvm.process, mode != JavaTls.OFF);
            if (mode == JavaTls.OFF) {
                return;
            }
            switch (mode == JavaTls.ATTACH ? attach.load(jvm.process) : attach.look(jvm.process)) {
                case JvmAttach.Result.Present() -> {
                    synchronized (this) {
                        jvm.sinceNs = jvm.present ? jvm.sinceNs : System.nanoTime();
                        jvm.present = true;
                    }
                }
                case JvmAttach.Result.NotYet(final String obstacle) -> {
                    tell(jvm, obstacle);
                    again(jvm, tries);
                }
                case JvmAttach.Result.Refused(final String obstacle) -> {
                    tell(jvm, obstacle);
                    synchronized (this) {
                        jvm.beganNs = 0;
                    }
                }
                case JvmAttach.Result.Ended() -> LOG.debug("{} has ended", jvm.process.tgid());
            }
        } catch (final LibC.Errno e) {
            tell(jvm, "the kernel does not take it: " + e.getMessage());
        } catch (final RuntimeException bug) {
            tell(jvm, "the sensor failed to load the agent");
            LOG.error("loading the agent into {} failed", jvm.process.tgid(), bug);
        }
    }

    private synchronized void tell(final Jvm jvm, final String obstacle) {
        jvm.obstacle = obstacle;
    }

    private void believe(final Subject process, final boolean believed) throws LibC.Errno {
        try (Arena arena = Arena.ofConfined()) {
            final var key = arena.allocateFrom(ValueLayout.JAVA_INT, process.tgid());
            if (believed) {
                libbpf.update(
                        map,
                        key,
                        arena.allocateFrom(
                                ValueLayout.JAVA_LONG, ProcessKey.of(process).startTicks()));
            } else {
                libbpf.delete(map, key);
            }
        }
    }

    /** How many JVMs have the agent, of those that are remembered. */
    synchronized int present() {
        return (int) jvms.values().stream().filter(jvm -> jvm.present).count();
    }

    /** When a JVM was given the agent, which hears some of what is sent meanwhile; empty if it has none. */
    synchronized List<Probed> probed(final KernelProcess process) {
        final Jvm jvm = jvms.isEmpty() ? null : jvms.get(ProcessKey.of(process));
        if (jvm == null || (!jvm.present && jvm.beganNs == 0)) {
            return List.of();
        }
        return List.of(
                new Probed(jvm.beganNs > 0 ? jvm.beganNs : jvm.sinceNs, jvm.present ? jvm.sinceNs : Long.MAX_VALUE));
    }

    /** Why a JVM was not heard; empty for any other process. */
    synchronized Optional<Reason> explain(final Subject process) {
        final Jvm jvm = jvms.get(ProcessKey.of(process));
        if (jvm == null) {
            return Optional.empty();
        }
        final String sent = "it sent over TLS, through JSSE or another library of its JVM: ";
        if (jvm.wanted == null) {
            return Optional.of(new Reason(false, sent + "its pod was not known"));
        }
        if (jvm.wanted == JavaTls.OFF) {
            return Optional.of(new Reason(false, sent + "JSSE is seen where a policy has javaTls: Attach"));
        }
        if (!jvm.obstacle.isEmpty() && !jvm.present) {
            return Optional.of(new Reason(false, sent + jvm.obstacle));
        }
        if (!jvm.present || process.ktimeNs() < jvm.sinceNs) {
            return Optional.of(new Reason(true, "it sent over TLS before the agent was in its JVM"));
        }
        return Optional.of(new Reason(false, sent + "the agent in it hears JSSE, and heard nothing of it"));
    }

    /**
     * Why a JVM was not heard.
     *
     * @param late whether it is heard from now on
     */
    record Reason(boolean late, String detail) {}

    @Override
    public void close() {
        thread.shutdownNow();
        attach.close();
    }
}
