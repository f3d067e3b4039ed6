package io.fourthlog.trail.collector;

import io.fourthlog.actionlog.log.OtherWitness;
import io.fourthlog.monitoring.MonitoringServer;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.folder.NumberedFiles;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.timestamp.TimestampCa;
import io.fourthlog.trail.tls.TlsFiles;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code fourthlog-trail serve}: the collector, until it is told to stop. */
@Command(
        name = "serve",
        description = "Takes sensors' logs, witnesses them, and publishes them to readers.",
        mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);
    private static final Duration RELOAD = Duration.ofSeconds(5);
    private static final long SHUTDOWN_SECONDS = 20; // of the pod's grace period of 30

    @Option(names = "--dir", required = true, description = "folder of the trail")
    private Path directory = Path.of("");

    @Option(names = "--tls-cert", required = true, description = "PEM with the collector's certificate")
    private Path certificate = Path.of("");

    @Option(names = "--tls-key", required = true, description = "PEM with its private key")
    private Path key = Path.of("");

    @Option(names = "--client-ca", required = true, description = "PEM with the authority of sensors and readers")
    private Path clientAuthority = Path.of("");

    @Option(names = "--address", defaultValue = "0.0.0.0", description = "address to listen on (${DEFAULT-VALUE})")
    private String address = "";

    @Option(names = "--port", defaultValue = "8443", description = "port of the API (${DEFAULT-VALUE})")
    private int port;

    @Option(
            names = "--metrics-port",
            defaultValue = "9464",
            description = "port of /metrics, /healthz and /readyz, without TLS (${DEFAULT-VALUE})")
    private int metricsPort;

    @Option(
            names = "--witness-name",
            defaultValue = "fourthlog-trail",
            description = "name of the witness's key, when a new one is made (${DEFAULT-VALUE})")
    private String witnessName = "";

    @Option(
            names = "--external-witness",
            arity = "2",
            paramLabel = "URL VKEY",
            description =
                    "ask this witness to cosign as well (C2SP tlog-witness), and believe cosignatures of this key; may be"
                            + " repeated")
    private List<String> external = List.of();

    @Option(
            names = "--retention",
            description = "file with what the tiers ask for, as the operator writes it; without it nothing expires")
    private @Nullable Path retention;

    @Option(
            names = "--expire-every",
            paramLabel = "SECONDS",
            defaultValue = "3600",
            description = "how often to look for what has expired (${DEFAULT-VALUE})")
    private long expireEvery;

    @Option(
            names = "--timestamp-authority",
            paramLabel = "URL",
            description = "have the logs' checkpoints stamped there (RFC 3161 over HTTP)")
    private @Nullable String timestampAuthority;

    @Option(
            names = "--timestamp-ca",
            paramLabel = "FILE",
            description = "PEM with who has to have certified the authority; else any of its tokens is kept")
    private @Nullable Path timestampCa;

    @Option(
            names = "--timestamp-every",
            paramLabel = "MINUTES",
            defaultValue = "60",
            description = "between two timestamps, if a log has grown (${DEFAULT-VALUE})")
    private int timestampMinutes;

    @Override
    public Integer call() throws UsageException, IOException, InterruptedException {
        final CountDownLatch stop = new CountDownLatch(1);
        final CountDownLatch stopped = new CountDownLatch(1);
        final TrailMetrics metrics = new TrailMetrics();
        final List<OtherWitness> elsewhere = new ArrayList<>();
        for (int i = 0; i < external.size(); i += 2) {
            elsewhere.add(TlogWitness.of(external.get(i), external.get(i + 1), metrics));
        }
        final TrailFolder folder = new TrailFolder(directory);
        try (Mirrors mirrors = Mirrors.open(directory, witnessName, elsewhere, Clock.systemUTC());
                CollectorServer server = CollectorServer.start(
                        new InetSocketAddress(address, port),
                        new TlsFiles(certificate, key, clientAuthority),
                        new HttpApi(mirrors, folder, new SubjectKeyApi(folder, Clock.systemUTC()), metrics),
                        metrics,
                        RELOAD);
                MonitoringServer monitoring = MonitoringServer.start(
                        new InetSocketAddress(address, metricsPort), metrics.registry(), List::of, mirrors::obstacles);
                Expiry expiry = new Expiry(mirrors, Optional.ofNullable(retention), Clock.systemUTC(), metrics);
                Timestamper timestamper = timestamper(mirrors, folder.timestamps(), metrics)) {
            metrics.watch(mirrors);
            expiry.every(Duration.ofSeconds(Math.max(1, expireEvery)));
            if (timestamper != null) {
                timestamper.start();
            }
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
                stop.countDown();
                await(stopped);
            }));
            LOG.info(
                    "{} logs in {}; listening on {}:{}, metrics on {}; witness {}",
                    mirrors.states().size(),
                    directory,
                    address,
                    server.port(),
                    monitoring.port(),
                    mirrors.witness());
            stop.await();
            LOG.info("stopping");
        } finally {
            stopped.countDown();
        }
        return 0;
    }

    private @Nullable Timestamper timestamper(Mirrors mirrors, NumberedFiles folder, TrailMetrics metrics)
            throws UsageException {
        if (timestampAuthority == null) {
            return null;
        }
        if (timestampMinutes < 1) {
            throw new UsageException("--timestamp-every " + timestampMinutes + ": a number of minutes from 1 on");
        }
        return new Timestamper(
                mirrors,
                folder,
                TimestampAuthority.of(timestampAuthority, TimestampCa.load(timestampCa)),
                Duration.ofMinutes(timestampMinutes),
                metrics,
                Clock.systemUTC());
    }

    private static void await(CountDownLatch stopped) {
        try {
            if (!stopped.await(SHUTDOWN_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("gave up waiting for requests under way");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
