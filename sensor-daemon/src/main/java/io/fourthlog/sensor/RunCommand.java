package io.fourthlog.sensor;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.log.RetentionClass;
import io.fourthlog.monitoring.MonitoringServer;
import io.fourthlog.sensor.config.Acknowledgement;
import io.fourthlog.sensor.config.ConfigCompiler;
import io.fourthlog.sensor.config.ConfigFollower;
import io.fourthlog.sensor.config.ConfigKeeper;
import io.fourthlog.sensor.config.DecisionCounts;
import io.fourthlog.sensor.kernel.Kernel;
import io.fourthlog.sensor.kernel.KernelOptions;
import io.fourthlog.sensor.kernel.KernelUnavailableException;
import io.fourthlog.sensor.pipeline.EventSink;
import io.fourthlog.sensor.pipeline.Pipeline;
import io.fourthlog.sensor.ship.Shipper;
import io.fourthlog.sensor.ship.TlsFiles;
import io.fourthlog.sensor.spool.Spools;
import io.fourthlog.sensor.workload.CgroupWatch;
import io.fourthlog.sensor.workload.PodWatches;
import io.fourthlog.sensor.workload.Workloads;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code fourthlog-sensor run}: kernel → pipeline → spool → collector, for the pods that the namespace's policies select.
 *
 * <p>Threads: this one polls the kernel and runs the pipeline; the spool, the shipper, the config follower, the cgroup watch
 * and the informers have their own.
 */
@Command(name = "run", description = "Audits pods of this node.", mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

    private static final Duration POLL = Duration.ofMillis(250); // so often, at least, the pipeline ticks
    private static final long SHUTDOWN_SECONDS = 10; // of the pod's grace period of 15
    private static final Duration LAST_PUSH = Duration.ofSeconds(5);

    @Option(
            names = "--cluster",
            required = true,
            defaultValue = "${env:CLUSTER_NAME}",
            description = "name of the cluster")
    private String cluster = "";

    @Option(
            names = "--namespace",
            required = true,
            defaultValue = "${env:AUDITED_NAMESPACE}",
            description = "the audited namespace, or Fourthlog's own when the sensor is shared")
    private String namespace = "";

    @Option(
            names = "--system-namespace",
            defaultValue = "${env:SYSTEM_NAMESPACE:-fourthlog-system}",
            description = "where the sensor's DaemonSet, its config and its Lease are (${DEFAULT-VALUE})")
    private String systemNamespace = "";

    @Option(names = "--node", required = true, defaultValue = "${env:NODE_NAME}", description = "name of this node")
    private String node = "";

    @Option(names = "--pod", required = true, defaultValue = "${env:POD_NAME}", description = "name of this pod")
    private String pod = "";

    @Option(
            names = "--state",
            description =
                    "folder for the log, its key, the last config and the baselines (/var/lib/fourthlog/sensor-NAMESPACE)")
    private @Nullable Path state;

    @Option(
            names = "--tls",
            defaultValue = "/etc/fourthlog/tls",
            description = "folder with tls.crt, tls.key and ca.crt (${DEFAULT-VALUE})")
    private Path tls = Path.of("");

    @Option(
            names = "--hmac",
            defaultValue = "/etc/fourthlog/hmac",
            description = "folder with key-id and key (${DEFAULT-VALUE})")
    private Path hmac = Path.of("");

    @Option(
            names = "--metrics-address",
            defaultValue = "0.0.0.0",
            description = "address of /metrics, /healthz and /readyz (${DEFAULT-VALUE})")
    private String metricsAddress = "";

    @Option(
            names = "--metrics-port",
            defaultValue = "9464",
            description = "port of /metrics, /healthz and /readyz (${DEFAULT-VALUE})")
    private int metricsPort;

    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean stopping;

    @Override
    public Integer call() throws SetupException, KernelUnavailableException, IOException {
        final Clock clock = Clock.systemUTC();
        final String sensorId = String.join(".", cluster, namespace, node);
        final Path folder = state == null ? Path.of("/var/lib/fourthlog/sensor-" + namespace) : state;
        final HmacFiles key = new HmacFiles(hmac);
        final SensorMetrics metrics = new SensorMetrics();
        final AtomicReference<Supplier<List<String>>> unready = new AtomicReference<>(() -> List.of("starting"));
        final KernelOptions options = KernelOptions.defaults();
        try (MonitoringServer monitoring = MonitoringServer.start(
                        new InetSocketAddress(metricsAddress, metricsPort),
                        metrics.registry(),
                        List::of,
                        () -> unready.get().get());
                Kernel kernel = Kernel.open(options);
                KubernetesClient client = new KubernetesClientBuilder().build()) {
            LOG.info(
                    "{} on kernel {}, monitoring port {}",
                    sensorId,
                    kernel.features().release(),
                    monitoring.port());
            kernel.expectContainers();
            metrics.ring(
                    () -> kernel.counters().ringBytes(), () -> kernel.counters().lostRecords());
            run(new Parts(clock, sensorId, folder, key, metrics, options, kernel, client), unready);
        } finally {
            stopped.countDown();
        }
        return 0;
    }

    private record Parts(
            Clock clock,
            String sensorId,
            Path state,
            HmacFiles hmac,
            SensorMetrics metrics,
            KernelOptions options,
            Kernel kernel,
            KubernetesClient client) {}

    /** What runs while this sensor watches. */
    private record Running(
            Workloads workloads,
            PodWatches pods,
            Spools spools,
            ConfigKeeper keeper,
            DecisionCounts decisions,
            Pipeline pipeline,
            BaselineKeeper baselines) {}

    private void run(Parts parts, AtomicReference<Supplier<List<String>>> unready) throws IOException {
        final AtomicReference<Optional<URI>> collector = new AtomicReference<>(Optional.empty());
        final Queue<Shipper> shippers = new ConcurrentLinkedQueue<>(); // one for each log
        final Spools spools = Spools.open(parts.state(), parts.sensorId(), parts.clock(), spool -> {
            final Shipper shipper = new Shipper(spool, collector::get, new TlsFiles(tls));
            shippers.add(shipper);
            return shipper::wake;
        });
        parts.metrics().spool(spools::waiting, spools::disk);
        parts.metrics().shipLag(() -> shippers.stream().mapToLong(Shipper::lag).sum());
        try {
            final Workloads workloads =
                    new Workloads(cluster, parts.options().cgroups(), new KernelTracker(parts.kernel()));
            final DecisionCounts decisions = new DecisionCounts();
            final EventSink sink = new EventSink() {

                @Override
                public void accept(Event event) {
                    accept(event, null);
                }

                @Override
                public void accept(Event event, @Nullable RetentionClass kept) {
                    spools.accept(event, kept);
                    parts.metrics().recorded(event);
                    decisions.recorded(event);
                }
            };
            final PodWatches pods = new PodWatches(parts.client(), node, workloads);
            final ConfigCompiler compiler =
                    new ConfigCompiler(parts.sensorId(), parts.hmac().current());
            final Pipeline pipeline = new Pipeline(
                    compiler.nothing(), workloads, new KernelEnforcer(parts.kernel()), sink, parts.clock());
            final ConfigKeeper keeper = new ConfigKeeper(parts.state(), compiler, config -> {
                spools.sealer().configure(config.config().sealedNamespaces());
                pipeline.configure(config.pipeline());
                parts.kernel().hold(config.heldPaths());
                parts.kernel().enforce(config.enforces());
                parts.kernel()
                        .javaTls(cgroup ->
                                Optional.ofNullable(workloads.byCgroup(cgroup)).map(config::javaTls));
                workloads.select(config.selection());
                pods.watch(config.config().auditedNamespaces());
                collector.set(Optional.of(config.config().collector().url()));
            });
            keeper.restore();
            unready.set(() -> faults(keeper, spools));
            parts.metrics().forgotten(pipeline::forgotten);
            parts.metrics()
                    .stalled(() -> keeper.active()
                            .map(config -> config.policies().stalled())
                            .orElse(List.of()));
            try (pods;
                    BaselineKeeper baselines = new BaselineKeeper(parts.state(), pipeline, parts.clock())) {
                baselines.restore();
                spools.watchedUntil(
                        audit(parts, new Running(workloads, pods, spools, keeper, decisions, pipeline, baselines)));
            }
        } finally {
            spools.close();
            final Instant end = parts.clock().instant().plus(LAST_PUSH);
            for (final Shipper shipper : shippers) {
                shipper.drain();
            }
            for (final Shipper shipper : shippers) {
                shipper.close(Duration.between(parts.clock().instant(), end));
            }
        }
    }

    /** Watches until it is to stop; until when that was. */
    private Instant audit(Parts parts, Running running) throws IOException {
        final Acknowledgement acknowledgement = new Acknowledgement(
                parts.client(),
                systemNamespace,
                namespace,
                node,
                pod,
                parts.kernel().features().enforcement(),
                running.decisions(),
                parts.clock());
        try (CgroupWatch _ = new CgroupWatch(running.workloads());
                ConfigFollower _ = new ConfigFollower(
                        parts.client(),
                        systemNamespace,
                        namespace,
                        running.keeper(),
                        acknowledgement,
                        parts.hmac()::replaced)) {
            return pollUntilStopped(parts, running);
        }
    }

    private Instant pollUntilStopped(Parts parts, Running running) {
        final Pipeline pipeline = running.pipeline();
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
        final OldGeneration old = new OldGeneration();
        boolean watching = false;
        while (!stopping) {
            if (!watching && running.pods().followListed()) {
                watching = true;
                running.spools().watching();
            }
            parts.kernel().poll(POLL, pipeline);
            pipeline.tick();
            old.tick();
            running.baselines().tick();
        }
        LOG.info("stopping");
        final Instant end = parts.clock().instant();
        try {
            parts.kernel().settle(pipeline);
            pipeline.end();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return end;
    }

    private void stop() {
        stopping = true;
        try {
            if (!stopped.await(SHUTDOWN_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("not all is shipped after {} s; the rest follows after the next start", SHUTDOWN_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static List<String> faults(ConfigKeeper keeper, Spools spools) {
        return Stream.of(
                        keeper.active().isPresent() ? Optional.<String>empty() : Optional.of("no config yet"),
                        spools.obstacle())
                .flatMap(Optional::stream)
                .toList();
    }
}
