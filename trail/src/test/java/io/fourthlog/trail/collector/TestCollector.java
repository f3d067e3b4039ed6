package io.fourthlog.trail.collector;

import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.tls.TlsFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The collector as {@code serve} puts it together, on a free port of loopback. */
public final class TestCollector implements AutoCloseable {

    private final Mirrors mirrors;
    private final CollectorServer server;
    private final TrailMetrics metrics = new TrailMetrics();

    public TestCollector(Path directory, TlsFiles tls) throws UsageException {
        this(directory, tls, Clock.systemUTC());
    }

    public TestCollector(Path directory, TlsFiles tls, Clock clock) throws UsageException {
        mirrors = Mirrors.open(directory, "fourthlog-trail", List.of(), clock);
        metrics.watch(mirrors);
        server = CollectorServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                tls,
                new HttpApi(mirrors, metrics),
                metrics,
                Duration.ofMillis(20));
    }

    public URI url() {
        return URI.create("https://127.0.0.1:" + server.port());
    }

    TrailMetrics metrics() {
        return metrics;
    }

    /** Drops what has expired, as the collector does every hour. */
    public void expire(Path retention, Clock clock) {
        try (Expiry expiry = new Expiry(mirrors, Optional.of(retention), clock, metrics)) {
            expiry.run();
        }
    }

    Mirrors mirrors() {
        return mirrors;
    }

    @Override
    public void close() throws IOException {
        server.close();
        mirrors.close();
    }
}
