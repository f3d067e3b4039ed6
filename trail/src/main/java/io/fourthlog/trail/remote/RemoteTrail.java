package io.fourthlog.trail.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fourthlog.actionlog.event.SubjectKey;
import io.fourthlog.actionlog.log.PublishedLog;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.folder.LogName;
import io.fourthlog.trail.tls.TlsFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serial;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;

/** A collector's trail, over HTTPS with a reader's certificate. What it answers is not believed. */
public final class RemoteTrail implements AutoCloseable {

    private static final int MAX_LIST = 32 << 20; // bytes
    private static final int MAX_KEY = 8 << 10; // bytes
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final JsonMapper JSON = new JsonMapper();

    private final URI server;
    private final HttpClient client;

    private RemoteTrail(URI server, HttpClient client) {
        this.server = server;
        this.client = client;
    }

    /** The collector could not be asked. */
    static final class UnreachableException extends IOException {

        @Serial
        private static final long serialVersionUID = 1;

        private UnreachableException(IOException cause) {
            super(cause);
        }
    }

    /**
     * What a collector says it has.
     *
     * @param witness the vkey of its witness
     */
    public record Listing(String witness, List<Entry> logs) {

        public Listing {
            logs = List.copyOf(logs);
        }

        /**
         * A log.
         *
         * @param expired how many of its first leaves are gone
         * @param lastPush when it was last pushed since the collector started
         * @param conflicts contradictions that it was caught in
         */
        public record Entry(LogName name, long size, long expired, Optional<Instant> lastPush, int conflicts) {}
    }

    /**
     * Prepares to talk to a collector.
     *
     * @param server {@code https://HOST:PORT}
     * @throws UsageException when the certificates cannot be used
     */
    public static RemoteTrail of(URI server, TlsFiles files) throws UsageException {
        if (!"https".equals(server.getScheme()) || server.getHost() == null) {
            throw new UsageException("--server " + server + ": a collector's address looks like https://HOST:PORT");
        }
        try {
            return new RemoteTrail(
                    server,
                    HttpClient.newBuilder()
                            .sslContext(context(files.load()))
                            .connectTimeout(CONNECT_TIMEOUT)
                            .version(HttpClient.Version.HTTP_1_1)
                            .build());
        } catch (IOException e) {
            throw new UsageException("cannot use the reader's certificate: " + e.getMessage(), e);
        } catch (GeneralSecurityException e) {
            throw new UsageException(
                    files.certificate() + " and " + files.key() + " are not an identity: " + e.getMessage(), e);
        }
    }

    private static SSLContext context(TlsFiles.Loaded loaded) throws GeneralSecurityException, IOException {
        final KeyStore identity = KeyStore.getInstance("PKCS12");
        identity.load(null, null);
        identity.setKeyEntry("reader", loaded.key(), new char[0], loaded.chain().toArray(X509Certificate[]::new));
        final KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(identity, new char[0]);
        final KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        for (int i = 0; i < loaded.authorities().size(); i++) {
            trusted.setCertificateEntry("ca" + i, loaded.authorities().get(i));
        }
        final TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        final SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    /** The address. */
    public URI server() {
        return server;
    }

    /**
     * Asks what logs there are.
     *
     * @throws UsageException when the collector cannot be reached, does not allow it, or answers nonsense
     */
    public Listing list() throws UsageException {
        try {
            final JsonNode answer = JSON.readTree(get("/v1/logs", MAX_LIST));
            final List<Listing.Entry> logs = new ArrayList<>();
            for (final JsonNode log : answer.path("logs")) {
                logs.add(new Listing.Entry(
                        LogName.parse(log.path("name").asText())
                                .orElseThrow(() ->
                                        new UsageException(server + " lists a log with the name " + log.path("name"))),
                        log.path("size").asLong(),
                        log.path("expired").asLong(),
                        time(log.path("last_push")),
                        log.path("conflicts").asInt()));
            }
            return new Listing(answer.path("witness").asText(), logs);
        } catch (DateTimeParseException e) {
            throw new UsageException(server + " does not answer like a collector: " + e.getMessage(), e);
        } catch (UnreachableException | NoSuchFileException e) {
            throw explain(e);
        } catch (IOException e) {
            throw new UsageException(server + " does not answer like a collector: " + e.getMessage(), e);
        }
    }

    private static Optional<Instant> time(JsonNode node) {
        return node.isTextual() ? Optional.of(Instant.parse(node.textValue())) : Optional.empty();
    }

    /** Gets a file of a log. */
    byte[] file(LogName log, String name) throws IOException {
        return get("/v1/logs/" + log + "/" + name, PublishedLog.MAX_FILE);
    }

    /** The number of the last of numbered files, {@code timestamps} or {@code erasures}; 0 when there is none. */
    int last(String kind) throws IOException {
        return JSON.readTree(get("/v1/" + kind, MAX_LIST)).path("last").asInt();
    }

    /** Gets a numbered file, if it is there. */
    Optional<byte[]> numbered(String kind, int number, int atMost) throws IOException {
        try {
            return Optional.of(get("/v1/" + kind + "/" + number, atMost));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Gets the key that opens events, if the collector has it. What is sealed stays sealed in a copy. */
    public Optional<SubjectKey> subjectKey(String id) throws IOException {
        try {
            final JsonNode key = JSON.readTree(get("/v1/subject-keys/" + id, MAX_KEY));
            return Optional.of(new SubjectKey(
                    id, Objects.requireNonNullElse(key.path("key").binaryValue(), new byte[0])));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            throw new IOException(server + " answers with no key", e);
        }
    }

    /** What the user can do about it. */
    UsageException explain(IOException failure) {
        final Throwable reason = failure.getCause() == null ? failure : failure.getCause();
        final String why = switch (reason) {
            case ConnectException refused -> "nobody listens there, or the port-forward has ended";
            case SSLException ssl ->
                "TLS: " + ssl.getMessage() + "; --ca, --client-cert and --client-key have to be of its installation";
            case NoSuchFileException missing -> "it has no " + missing.getMessage() + ": is it a collector?";
            default -> reason.getMessage() == null ? reason.toString() : reason.getMessage();
        };
        return new UsageException("cannot read from " + server + ": " + why, failure);
    }

    private byte[] get(String path, int atMost) throws NoSuchFileException, UnreachableException {
        final HttpRequest request = HttpRequest.newBuilder(server.resolve(path))
                .timeout(REQUEST_TIMEOUT)
                .build();
        try {
            final HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                final byte[] bytes = body.readNBytes(atMost + 1);
                if (response.statusCode() == NOT_FOUND) {
                    throw new NoSuchFileException(path);
                }
                if (response.statusCode() != OK) {
                    throw new IOException("it answers " + response.statusCode() + " " + printable(bytes));
                }
                if (bytes.length > atMost) {
                    throw new IOException(path + " is longer than " + atMost + " bytes");
                }
                return bytes;
            }
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            throw new UnreachableException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnreachableException(new IOException("interrupted", e));
        }
    }

    /** The start of an answer, without what could steer a terminal. */
    private static String printable(byte[] bytes) {
        final String text = new String(bytes, 0, Math.min(bytes.length, 300), StandardCharsets.UTF_8);
        return text.replaceAll("\\p{Cc}", " ").strip();
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
