package io.fourthlog.trail.collector;

import io.fourthlog.trail.Tsa;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.tls.TlsFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
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
    private final TrailFolder folder;

    public TestCollector(Path directory, TlsFiles tls) throws UsageException {
        this(directory, tls, Clock.systemUTC());
    }

    public TestCollector(Path directory, TlsFiles tls, Clock clock) throws UsageException {
        mirrors = Mirrors.open(directory, "fourthlog-trail", List.of(), clock);
        folder = new TrailFolder(directory);
        metrics.watch(mirrors);
        server = CollectorServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                tls,
                new HttpApi(mirrors, folder, subjectKeys(folder), metrics),
                metrics,
                Duration.ofMillis(20));
    }

    /** What has the checkpoints stamped by an authority. */
    Timestamper timestamper(Tsa tsa, Duration timeout) {
        return new Timestamper(
                mirrors,
                folder.timestamps(),
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

    private static SubjectKeyApi subjectKeys(TrailFolder folder) {
        try {
            return new SubjectKeyApi(folder, Clock.systemUTC());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs {@code fourthlog-trail}. */
    public static int main(List<Object> arguments, PrintWriter out, PrintWriter err) {
        return TrailMain.commandLine()
                .setOut(out)
                .setErr(err)
                .execute(arguments.stream().map(String::valueOf).toArray(String[]::new));
    }

    /** The options with which a reader reaches it. */
    public List<Object> options(TlsFiles reader, Path cache) {
        return List.of(
                "--server",
                url(),
                "--ca",
                reader.authority(),
                "--client-cert",
                reader.certificate(),
                "--client-key",
                reader.key(),
                "--cache",
                cache);
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
