package io.fourthlog.trail.command;

import io.fourthlog.actionlog.log.SignatureType;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.folder.TrailFolder;
import io.fourthlog.trail.proof.EvidenceFolder;
import io.fourthlog.trail.reading.Subjects;
import io.fourthlog.trail.reading.Trail;
import io.fourthlog.trail.reading.TrailLog;
import io.fourthlog.trail.remote.Mirror;
import io.fourthlog.trail.remote.RemoteTrail;
import io.fourthlog.trail.timestamp.Timestamps;
import io.fourthlog.trail.tls.TlsFiles;
import io.fourthlog.trail.verify.LogVerdict;
import io.fourthlog.trail.verify.TrailVerifier;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

    /**
     * A trail that can be read.
     *
     * @param contradictions what was found while the copy caught up with the collector
     * @param copied whether it is a copy, of which everything was checked on the way
     */
    record Opened(Trail trail, List<Mirror.Contradicted> contradictions, boolean copied) {

        Opened {
            contradictions = List.copyOf(contradictions);
        }

        /**
         * Recomputes every log, and shows how far it is.
         *
         * @param given keys that are trusted, and not those beside the logs; may be none
         * @param timestamps of the trail
         */
        List<LogVerdict> verify(List<VerifierKey> given, Timestamps timestamps, Terminal terminal)
                throws UsageException {
            final TrailVerifier verifier = new TrailVerifier(trail, given, timestamps, subjects(given));
            final List<LogVerdict> verdicts = new ArrayList<>();
            for (final TrailLog log : trail.logs()) {
                final long size = TrailVerifier.statedSize(log);
                verdicts.add(verifier.verify(log, done -> terminal.progress("verifying " + log.name(), done, size)));
                terminal.clearProgress();
            }
            return verdicts;
        }

        /** What opens sealed events; records of erasures count if a witness has signed them that is trusted. */
        Subjects subjects(List<VerifierKey> given) throws UsageException {
            final List<VerifierKey> witnesses = given.stream()
                    .filter(key -> key.type() == SignatureType.COSIGNATURE)
                    .toList();
            try {
                return witnesses.isEmpty() ? trail.subjects() : trail.subjects().with(trail.erasures(witnesses));
            } catch (IOException e) {
                throw new UsageException("cannot read the erasures of " + trail.directory() + ": " + e, e);
            }
        }

        /**
         * Checks the timestamps.
         *
         * @param trusted authorities; may be none
         */
        Timestamps timestamps(List<X509Certificate> trusted) throws UsageException {
            try {
                return Timestamps.read(trail.timestamps(), trusted);
            } catch (IOException e) {
                throw new UsageException("cannot read the timestamps of " + trail.directory() + ": " + e, e);
            }
        }

        /** Files that say what a log was caught in, each of which proves it or not by itself. */
        List<Path> evidence(String log) throws UsageException {
            try {
                final Optional<LogName> name = LogName.parse(log);
                return name.isEmpty()
                        ? List.of()
                        : new EvidenceFolder(new TrailFolder(trail.directory()).evidence(name.get())).files();
            } catch (IOException e) {
                throw new UsageException("cannot read the evidence in " + trail.directory() + ": " + e, e);
            }
        }

        /** Complains about what was found; the exit code. */
        int report(Terminal terminal) {
            for (final Mirror.Contradicted found : contradictions) {
                terminal.complain("FOUND in " + found.log() + ": "
                        + found.finding().file() + ": " + found.finding().message() + "; the copy is as it was before"
                        + found.evidence()
                                .map(file -> "; " + file + " proves it to others")
                                .orElse(""));
            }
            return contradictions.isEmpty() ? ExitCode.HOLDS : ExitCode.FINDING;
        }
    }

    /** Opens the trail that the options name. */
    Opened open(Terminal terminal) throws UsageException {
        return open(null, terminal);
    }

    /** Opens the trail in a folder, or else the one that the options name. */
    Opened open(@Nullable Path named, Terminal terminal) throws UsageException {
        final Path folder = named == null ? directory : named;
        if (folder != null) {
            return new Opened(Trail.open(folder), List.of(), false);
        }
        final Path copy = cache == null ? defaultCache(server()) : cache;
        final RemoteTrail remote = remote(); // stays open: it is asked for keys, which a copy does not keep
        final List<Mirror.Contradicted> found =
                new Mirror(copy).update(remote, (done, of) -> terminal.progress("copying", done, of));
        terminal.clearProgress();
        return new Opened(Trail.open(copy).with(remote::subjectKey), found, true);
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
