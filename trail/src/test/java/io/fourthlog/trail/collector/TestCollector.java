package io.fourthlog.trail.collector;

import io.fourthlog.trail.Tsa;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.timestamp.TimestampFolder;
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
    private final TimestampFolder timestamps;

    public TestCollector(Path directory, TlsFiles tls) throws UsageException {
        mirrors = Mirrors.open(directory, "fourthlog-trail", List.of(), Clock.systemUTC());
        timestamps = new TimestampFolder(new TrailFolder(directory).timestamps());
        metrics.watch(mirrors);
        server = CollectorServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                tls,
                new HttpApi(mirrors, timestamps, metrics),
                metrics,
                Duration.ofMillis(20));
    }

    /** What has the checkpoints stamped by an authority. */
    Timestamper timestamper(Tsa tsa, Duration timeout) {
        return new Timestamper(
                mirrors,
                timestamps,
                new TimestampAuthority(tsa.url(), List.of(tsa.root()), timeout),
                Duration.ofHours(1),
                metrics,
                Clock.systemUTC());
    }

    /** Has all that is new stamped. */
    public void stamp(Tsa tsa) {
        try (Timestamper timestamper = timestamper(tsa, Duration.ofMinutes(1))) {
            if (timestamper.stamp() != Timestamper.Result.STAMPED) {
                throw new IllegalStateException("the test's authority does not stamp");
            }
        }
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
