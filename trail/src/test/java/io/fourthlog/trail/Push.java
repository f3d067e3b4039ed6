package io.fourthlog.trail;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fourthlog.actionlog.event.SubjectKey;
import io.fourthlog.actionlog.log.LogReader;
import io.fourthlog.actionlog.log.Note;
import io.fourthlog.actionlog.seal.Recipient;
import io.fourthlog.trail.tls.TlsFiles;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** The body of a push, as a sensor makes it. */
public final class Push {

    private Push() {}

    /** A batch of a spool's log, from this index up to its end. */
    public static byte[] body(Path state, long first) throws IOException {
        final LogReader log = LogReader.open(state.resolve("log"));
        return body(log, first, log.size() - first);
    }

    /** A batch that says it has {@code count} entries. */
    public static byte[] body(LogReader log, long first, long count) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final DataOutputStream out = new DataOutputStream(bytes);
        out.write(header(log, first, count).getBytes(StandardCharsets.UTF_8));
        for (long i = first; i < log.size(); i++) {
            out.writeInt(log.entry(i).length);
            out.write(log.entry(i));
        }
        return bytes.toByteArray();
    }

    /** The first line of a batch. */
    public static String header(LogReader log, long first, long count) {
        return "{\"first\":" + first + ",\"count\":" + count + ",\"vkey\":\""
                + log.statedKeys().getFirst()
                + "\",\"checkpoint\":" + json(log.checkpoint().note())
                + (log.successions().isEmpty()
                        ? ""
                        : log.successions().stream()
                                .map(succession -> json(succession.at().note()))
                                .collect(Collectors.joining(",", ",\"successions\":[", "]")))
                + "}\n";
    }

    private static String json(Note note) {
        return '"' + note.toString().replace("\n", "\\n") + '"';
    }

    /** Sends a batch with a sensor's certificate; the status of the answer. */
    public static int send(URI collector, TlsFiles sensor, String log, byte[] body) throws Exception {
        return push(collector, sensor, log, body).statusCode();
    }

    /** Sends a batch with a sensor's certificate; the answer. */
    public static String answer(URI collector, TlsFiles sensor, String log, byte[] body) throws Exception {
        return push(collector, sensor, log, body).body();
    }

    private static HttpResponse<String> push(URI collector, TlsFiles sensor, String log, byte[] body) throws Exception {
        return client(sensor)
                .send(
                        HttpRequest.newBuilder(collector.resolve("/v1/logs/" + log))
                                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    /** Asks for a resource; the status of the answer. */
    public static int get(URI collector, TlsFiles files, String path) throws Exception {
        return client(files)
                .send(HttpRequest.newBuilder(collector.resolve(path)).build(), HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    /** Sends keys of subjects with a sensor's certificate, wrapped for the collector; the status of the answer. */
    public static int sendKeys(
            URI collector, TlsFiles sensor, String log, Map<String, SubjectKey> byWorkload, boolean legalHold)
            throws Exception {
        final HttpClient client = client(sensor);
        final JsonMapper json = new JsonMapper();
        final String recipient = json.readTree(client.send(
                                HttpRequest.newBuilder(collector.resolve("/v1/recipient"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body())
                .path("public_key")
                .asText();
        final ObjectNode body = json.createObjectNode();
        body.putArray("keys");
        byWorkload.forEach((workload, key) -> body.withArray("keys")
                .addObject()
                .put("key_id", key.id())
                .put("workload_id", workload)
                .put("from", legalHold ? "2026-01-31T13:00:00Z" : "2026-01-31T12:00:00Z")
                .put("legal_hold", legalHold)
                .put("wrapped", Recipient.wrap(key, recipient)));
        return client.send(
                        HttpRequest.newBuilder(collector.resolve("/v1/logs/" + log + "/subject-keys"))
                                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                                .build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    /** A client with a certificate. */
    public static HttpClient client(TlsFiles files) throws Exception {
        return HttpClient.newBuilder()
                .sslContext(context(files))
                .version(HttpClient.Version.HTTP_1_1)
                .build();
    }

    /** What these files make of TLS. */
    public static SSLContext context(TlsFiles files) throws Exception {
        final TlsFiles.Loaded loaded = files.load();
        final KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("me", loaded.key(), new char[0], loaded.chain().toArray(X509Certificate[]::new));
        store.setCertificateEntry("ca", loaded.authorities().getFirst());
        final KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, new char[0]);
        final TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        final SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    /** Writes the batch of a whole spool to standard output. */
    public static void main(String[] arguments) throws IOException {
        System.out.write(body(Path.of(arguments[0]), Long.parseLong(arguments[1])));
        System.out.flush();
    }
}
