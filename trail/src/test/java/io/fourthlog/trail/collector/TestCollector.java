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

/** The collector as {@code serve} puts it together, on a free port of loopback. */
public final class TestCollector implements AutoCloseable {

    private final Mirrors mirrors;
    private final CollectorServer server;
    private final TrailMetrics metrics = new TrailMetrics();

    public TestCollector(Path directory, TlsFiles tls) throws UsageException {
        mirrors = Mirrors.open(directory, "fourthlog-trail", List.of(), Clock.systemUTC());
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

    @Override
    public void close() throws IOException {
        server.close();
        mirrors.close();
    }
}
