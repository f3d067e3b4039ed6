package io.fourthlog.trail.command;

import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.reading.Trail;
import io.fourthlog.trail.remote.Mirror;
import io.fourthlog.trail.remote.RemoteTrail;
import io.fourthlog.trail.tls.TlsFiles;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say where the trail is: in a folder, or at a collector, of which a copy is kept. */
final class Source {

    @Option(
            names = "--trail",
            paramLabel = "DIR",
            description = "folder of a trail: a collector's, a copy, or a sensor's spool")
    private @Nullable Path directory;

    @Option(
            names = "--server",
            paramLabel = "URL",
            defaultValue = "${env:FOURTHLOG_SERVER}",
            description =
                    "collector, https://HOST:PORT; what is new is copied into the cache and checked ($FOURTHLOG_SERVER)")
    private @Nullable URI server;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            defaultValue = "${env:FOURTHLOG_CA}",
            description = "authority of the collector's certificate, PEM ($FOURTHLOG_CA)")
    private @Nullable Path authority;

    @Option(
            names = "--client-cert",
            paramLabel = "FILE",
            defaultValue = "${env:FOURTHLOG_CLIENT_CERT}",
            description = "a reader's certificate, PEM ($FOURTHLOG_CLIENT_CERT)")
    private @Nullable Path certificate;

    @Option(
            names = "--client-key",
            paramLabel = "FILE",
            defaultValue = "${env:FOURTHLOG_CLIENT_KEY}",
            description = "its private key, PEM ($FOURTHLOG_CLIENT_KEY)")
    private @Nullable Path key;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "folder of the copy (one for each collector in ~/.cache/fourthlog)")
    private @Nullable Path cache;

    /** Opens the trail that the options name. */
    OpenedTrail open(Terminal terminal) throws UsageException {
        return open(null, terminal);
    }

    /** Opens the trail in a folder, or else the one that the options name. */
    OpenedTrail open(@Nullable Path named, Terminal terminal) throws UsageException {
        final Path folder = named == null ? directory : named;
        if (folder != null) {
            return new OpenedTrail(Trail.open(folder), List.of(), false);
        }
        final Path copy = cache == null ? defaultCache(server()) : cache;
        final RemoteTrail remote = remote(); // stays open: it is asked for keys, which a copy does not keep
        final List<Mirror.Contradicted> found =
                new Mirror(copy).update(remote, (done, of) -> terminal.progress("copying", done, of));
        terminal.clearProgress();
        return new OpenedTrail(Trail.open(copy).with(remote::subjectKey), found, true);
    }

    /** The collector that the options name. */
    RemoteTrail remote() throws UsageException {
        if (authority == null || certificate == null || key == null) {
            throw new UsageException("--server takes --ca, --client-cert and --client-key: the chart makes them as the"
                    + " Secret fourthlog-reader-tls (ca.crt, tls.crt, tls.key)");
        }
        return RemoteTrail.of(server(), new TlsFiles(certificate, key, authority));
    }

    private URI server() throws UsageException {
        if (server == null) {
            throw new UsageException("say where the trail is: --trail DIR or --server URL");
        }
        return server;
    }

    private static Path defaultCache(URI server) {
        final String base = System.getenv("XDG_CACHE_HOME");
        final Path caches =
                base == null || base.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(base);
        return caches.resolve("fourthlog").resolve(server.getHost() + "_" + server.getPort());
    }
}
