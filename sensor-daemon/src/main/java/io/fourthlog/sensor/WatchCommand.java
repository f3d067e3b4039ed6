package io.fourthlog.sensor;

import com.google.re2j.PatternSyntaxException;
import io.fourthlog.monitoring.MonitoringServer;
import io.fourthlog.policy.Compiled;
import io.fourthlog.policy.PolicyCompiler;
import io.fourthlog.policy.PolicyError;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.author.PolicyReader;
import io.fourthlog.redaction.Hmac;
import io.fourthlog.redaction.Profile;
import io.fourthlog.sensor.config.HeldPaths;
import io.fourthlog.sensor.kernel.JavaTls;
import io.fourthlog.sensor.kernel.Kernel;
import io.fourthlog.sensor.kernel.KernelOptions;
import io.fourthlog.sensor.kernel.KernelUnavailableException;
import io.fourthlog.sensor.pipeline.EventSink;
import io.fourthlog.sensor.pipeline.Pipeline;
import io.fourthlog.sensor.pipeline.PipelineConfig;
import io.fourthlog.sensor.pipeline.Rules;
import io.fourthlog.sensor.spool.Spools;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.workload.CgroupWatch;
import io.fourthlog.sensor.workload.LocalWorkloads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code fourthlog-sensor watch}: kernel → pipeline → a log in a folder, for agents of a machine without Kubernetes: a program
 * that it starts, cgroups, units of systemd, or whatever runs under a matching command line.
 */
@Command(
        name = "watch",
        description = {
            "Audits agents of this machine, without Kubernetes; until it is interrupted, or the program has ended.",
            "Everything is redacted by all detectors. Policies hold for all that is followed, whatever pods they select.",
        },
        mixinStandardHelpOptions = true)
final class WatchCommand implements Callable<Integer> {

    private static final Duration POLL = Duration.ofMillis(250);
    private static final long SHUTDOWN_SECONDS = 10;

    @Option(
            names = "--cgroup",
            paramLabel = "DIR",
            description = "a cgroup, with those below it; now or when it is made")
    private List<Path> cgroups = List.of();

    @Option(names = "--unit", paramLabel = "NAME", description = "a unit of systemd, whenever it runs")
    private List<String> units = List.of();

    @Option(
            names = "--command",
            paramLabel = "PATTERN",
            description = "processes whose command line matches (RE2), with what they start, wherever they are")
    private List<String> commands = List.of();

    @Option(names = "--policy", paramLabel = "FILE", description = "an AgentAuditPolicy, YAML")
    private List<Path> policies = List.of();

    @Option(
            names = "--java-tls",
            paramLabel = "MODE",
            defaultValue = "OFF",
            description =
                    "see through Java's own TLS: off; option, in JVMs that are started with -javaagent:fourthlog-jsse.jar; attach, loading that into JVMs that run (off)")
    private JavaTls javaTls = JavaTls.OFF;

    @Option(
            names = "--state",
            paramLabel = "DIR",
            defaultValue = "/var/lib/fourthlog/watch",
            description = "folder for the log and the keys (${DEFAULT-VALUE})")
    private Path state = Path.of("");

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description = "serve /metrics there, on loopback; not at all if it is not given")
    private @Nullable Integer metricsPort;

    @Parameters(paramLabel = "PROGRAM", description = "a program to start, and its arguments; after --")
    private List<String> program = List.of();

    @Spec
    private @Nullable CommandSpec spec;

    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean stopping;

    @Override
    public Integer call() throws SetupException, KernelUnavailableException, IOException {
        if (cgroups.isEmpty() && units.isEmpty() && commands.isEmpty() && program.isEmpty()) {
            throw new SetupException(
                    "say what to follow: --cgroup DIR, --unit NAME, --command PATTERN, or a program to start after --");
        }
        Thread.ofPlatform().daemon().name("tables").start(Profile::builtin); // while the kernel verifies the programs
        final List<String> texts = new ArrayList<>();
        final List<PolicySource> sources = sources(texts);
        final Compiled compiled = PolicyCompiler.compile(sources);
        refuse("", compiled.errors());
        final Clock clock = Clock.systemUTC();
        final String host =
                Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        final KernelOptions options = KernelOptions.defaults();
        final SensorMetrics metrics = new SensorMetrics();
        try (MonitoringServer _ = monitoring(metrics);
                Kernel kernel = Kernel.open(options);
                Spools spools = Spools.open(state, "watch." + host, clock, _ -> () -> {})) {
            final PipelineConfig config = config("watch." + host, compiled, digest(texts));
            metrics.ring(
                    () -> kernel.counters().ringBytes(), () -> kernel.counters().lostRecords());
            metrics.spool(spools::waiting, spools::disk);
            final EventSink sink = event -> {
                spools.accept(event);
                metrics.recorded(event);
            };
            final LocalWorkloads workloads = workloads(host, options.cgroups(), kernel);
            final Pipeline pipeline = new Pipeline(config, workloads, new KernelEnforcer(kernel), sink, clock);
            kernel.hold(HeldPaths.of(sources));
            kernel.enforce(HeldPaths.enforces(sources));
            kernel.javaTls(_ -> Optional.of(javaTls));
            final int code = program.isEmpty()
                    ? follow(kernel, workloads, pipeline, spools)
                    : start(options.cgroups(), kernel, workloads, pipeline, spools);
            final Instant end = clock.instant();
            kernel.settle(pipeline);
            pipeline.end();
            spools.watchedUntil(end);
            say("the trail is in " + state + ": fourthlog trace --trail " + state);
            return code;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        } finally {
            stopped.countDown();
        }
    }

    private @Nullable MonitoringServer monitoring(SensorMetrics metrics) throws IOException {
        return metricsPort == null
                ? null
                : MonitoringServer.start(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), metricsPort),
                        metrics.registry(),
                        List::of,
                        List::of);
    }

    private LocalWorkloads workloads(String host, Path root, Kernel kernel) throws SetupException {
        final LocalWorkloads workloads = new LocalWorkloads(host, root, new KernelTracker(kernel));
        cgroups.forEach(workloads::cgroup);
        units.forEach(workloads::unit);
        for (final String pattern : commands) {
            try {
                workloads.command(pattern);
            } catch (PatternSyntaxException e) {
                throw new SetupException("--command " + pattern + ": " + e.getMessage());
            }
        }
        return workloads;
    }

    private int follow(Kernel kernel, LocalWorkloads workloads, Pipeline pipeline, Spools spools) throws IOException {
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
        workloads.refresh();
        workloads.absent().forEach(name -> say(name + " is not there yet: it is followed when it is"));
        if (workloads.hasCommands()) {
            kernel.followCommands(workloads::idOf);
        }
        spools.watching();
        final OldGeneration old = new OldGeneration();
        try (CgroupWatch _ = new CgroupWatch(workloads)) {
            while (!stopping) {
                kernel.poll(POLL, pipeline);
                pipeline.tick();
                old.tick();
            }
        }
        return 0;
    }

    /** Starts the program in a cgroup of its own; its exit code is this one's. */
    private int start(Path root, Kernel kernel, LocalWorkloads workloads, Pipeline pipeline, Spools spools)
            throws IOException, InterruptedException {
        kernel.prepare(ProgramFiles.of(
                program.getFirst(), Objects.requireNonNullElse(System.getenv("PATH"), ProgramFiles.DEFAULT_PATH)));
        final String name = String.valueOf(Path.of(program.getFirst()).getFileName());
        final Path cgroup = Files.createDirectory(
                root.resolve("fourthlog-" + ProcessHandle.current().pid() + "-" + name));
        try {
            workloads.cgroup(cgroup);
            workloads.refresh();
            spools.watching();
            final List<String> words = new ArrayList<>(
                    List.of("sh", "-c", "echo $$ > \"$0\"/cgroup.procs && exec \"$@\"", cgroup.toString()));
            words.addAll(program);
            final Process process = new ProcessBuilder(words).inheritIO().start();
            final OldGeneration old = new OldGeneration();
            while (process.isAlive()) {
                kernel.poll(POLL, pipeline);
                pipeline.tick();
                old.tick();
            }
            return process.exitValue();
        } finally {
            remove(cgroup, kernel, pipeline);
        }
    }

    /** It can be removed a moment after its last process has ended. */
    private void remove(Path cgroup, Kernel kernel, Pipeline pipeline) {
        for (int tries = 10; ; tries--) {
            try {
                Files.delete(cgroup);
                return;
            } catch (IOException e) {
                if (tries == 0) {
                    say("what it started runs on, followed no more, in " + cgroup);
                    return;
                }
                kernel.poll(POLL, pipeline);
            }
        }
    }

    private void stop() {
        stopping = true;
        try {
            if (!stopped.await(SHUTDOWN_SECONDS, TimeUnit.SECONDS)) {
                say("the last events could not be written within " + SHUTDOWN_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Reads the policies, and adds what is in each file to {@code texts}. */
    private List<PolicySource> sources(List<String> texts) throws SetupException {
        final List<PolicySource> sources = new ArrayList<>();
        for (final Path file : policies) {
            try {
                texts.add(Files.readString(file));
            } catch (IOException e) {
                throw new SetupException("cannot read " + file + ": " + e);
            }
            final PolicyReader.Result read = PolicyReader.read(texts.getLast());
            refuse(file + ": ", read.errors());
            sources.addAll(read.sources());
        }
        return sources;
    }

    private PipelineConfig config(String sensorId, Compiled compiled, String digest)
            throws SetupException, IOException {
        final Hmac hmac = HmacFiles.loadOrMake(state.resolve("hmac"));
        final Rules rules = new Rules(compiled.set(), Profile.builtin());
        return new PipelineConfig(sensorId, digest, hmac, _ -> rules, List.of(), Limits.DEFAULT);
    }

    private static void refuse(String where, List<PolicyError> errors) throws SetupException {
        if (!errors.isEmpty()) {
            throw new SetupException(
                    where + errors.stream().map(PolicyError::toString).collect(Collectors.joining("; ")));
        }
    }

    /** Of the policies as they are in their files. */
    private static String digest(List<String> texts) {
        try {
            final MessageDigest digest = MessageDigest.getInstance("SHA-256");
            texts.forEach(text -> digest.update(text.getBytes(StandardCharsets.UTF_8)));
            return "sha256:" + HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    private void say(String message) {
        if (spec != null) {
            spec.commandLine().getErr().println("fourthlog-sensor watch: " + message);
        }
    }
}
