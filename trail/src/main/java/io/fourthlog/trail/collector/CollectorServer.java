package io.fourthlog.trail.collector;

import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.tls.TlsFiles;
import io.helidon.common.tls.Tls;
import io.helidon.common.tls.TlsClientAuth;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** HTTPS with mutual TLS in front of {@link HttpApi}, on certificates that may be replaced while it runs. */
final class CollectorServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CollectorServer.class);

    private static final int MAX_CONNECTIONS = 4_096;
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(10); // of silence within a request or a handshake
    private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration SESSION_TIMEOUT = Duration.ofMinutes(10); // after which a client proves itself anew

    private final WebServer server;
    private final TlsFiles files;
    private final TrailMetrics metrics;
    private final ScheduledExecutorService reloading = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("certificates").factory());
    private List<FileTime> version; // of the reloading thread

    private CollectorServer(WebServer server, TlsFiles files, List<FileTime> version, TrailMetrics metrics) {
        this.server = server;
        this.files = files;
        this.version = version;
        this.metrics = metrics;
    }

    /**
     * @param reloadEvery how often to look for new certificates
     * @throws UsageException when the certificates cannot be used, or the port is taken
     */
    static CollectorServer start(
            InetSocketAddress address, TlsFiles files, HttpApi api, TrailMetrics metrics, Duration reloadEvery)
            throws UsageException {
        final List<FileTime> version;
        final Tls tls;
        try {
            version = files.version();
            tls = tls(files, metrics);
        } catch (IOException e) {
            throw new UsageException(
                    "cannot serve TLS: " + e.getMessage()
                            + "; point --tls-cert, --tls-key and --client-ca at the files of a Secret of type kubernetes.io/tls",
                    e);
        }
        final WebServer server = WebServer.builder()
                .bindAddress(address)
                .tls(tls)
                .shutdownHook(false)
                .featuresDiscoverServices(false)
                .maxTcpConnections(MAX_CONNECTIONS)
                .maxPayloadSize(2L * Batch.MAX_BODY) // behind the bound that Batch refuses and counts
                .idleConnectionTimeout(IDLE_TIMEOUT)
                .connectionOptions(options -> options.readTimeout(READ_TIMEOUT))
                .routing(routing -> routing.any(api::handle))
                .build();
        server.start();
        if (!server.isRunning()) { // it does not throw
            throw new UsageException("cannot listen on " + address + ": the port is in use, or the address not of this"
                    + " machine; end what uses it, or choose another with --address and --port");
        }
        final CollectorServer collector = new CollectorServer(server, files, version, metrics);
        final ScheduledFuture<?> _ = collector.reloading.scheduleWithFixedDelay(
                collector::reload, reloadEvery.toMillis(), reloadEvery.toMillis(), TimeUnit.MILLISECONDS);
        return collector;
    }

    private static Tls tls(TlsFiles files, TrailMetrics metrics) throws IOException {
        final TlsFiles.Loaded loaded = files.load();
        final Tls tls = Tls.builder()
                .privateKey(loaded.key())
                .privateKeyCertChain(loaded.chain())
                .trust(loaded.authorities())
                .clientAuth(TlsClientAuth.REQUIRED)
                .enabledProtocols(List.of("TLSv1.3"))
                .sessionTimeout(SESSION_TIMEOUT)
                .build();
        metrics.certificateExpires(loaded.chain().getFirst().getNotAfter().toInstant());
        return tls;
    }

    private void reload() {
        try {
            final List<FileTime> now = files.version();
            if (now.equals(version)) {
                return;
            }
            server.reloadTls(tls(files, metrics));
            version = now;
            LOG.info("the certificates changed and are in use");
        } catch (IOException | RuntimeException e) {
            LOG.warn("the certificates cannot be read anew, and the old ones stay in use: {}", e.toString());
        }
    }

    int port() {
        return server.port();
    }

    @Override
    public void close() {
        reloading.shutdownNow();
        server.stop();
    }
}
