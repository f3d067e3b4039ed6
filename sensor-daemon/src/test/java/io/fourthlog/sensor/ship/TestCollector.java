package io.fourthlog.sensor.ship;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.fourthlog.actionlog.event.EventFormatException;
import io.fourthlog.actionlog.event.SealedEvent;
import io.fourthlog.actionlog.event.SubjectKey;
import io.fourthlog.actionlog.log.AcceptResult;
import io.fourthlog.actionlog.log.MirrorLog;
import io.fourthlog.actionlog.log.Note;
import io.fourthlog.actionlog.log.SigningKey;
import io.fourthlog.actionlog.log.VerifierKey;
import io.fourthlog.actionlog.seal.Recipient;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** The other end of the wire: a real HTTPS server that asks for a certificate, in front of a real mirror of the log. */
final class TestCollector implements AutoCloseable {

    private static final JsonMapper JSON = new JsonMapper();

    private final HttpsServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final MirrorLog mirror;
    private final Set<String> clients = ConcurrentHashMap.newKeySet();
    private final Recipient recipient;
    private final Map<String, SubjectKey> keys = new ConcurrentHashMap<>();
    private final AtomicInteger opened = new AtomicInteger();
    private final Set<String> erased = ConcurrentHashMap.newKeySet();

    TestCollector(Path mirrorDirectory, SigningKey witness, Path tls, int port) throws IOException {
        mirror = MirrorLog.open(mirrorDirectory, witness, Clock.systemUTC());
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        final SSLContext context = new TlsFiles(tls).load();
        server.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                final SSLParameters ssl = context.getDefaultSSLParameters();
                ssl.setNeedClientAuth(true);
                parameters.setSSLParameters(ssl);
            }
        });
        server.createContext("/v1/logs/demo.support.node-1", this::push);
        server.createContext("/v1/logs/demo.support.node-1/subject-keys", this::keys);
        server.createContext("/v1/recipient", this::recipient);
        recipient = Recipient.open(mirrorDirectory.resolveSibling("recipient.key"));
        server.setExecutor(threads);
        server.start();
    }

    URI url() {
        return URI.create("https://127.0.0.1:" + server.getAddress().getPort());
    }

    long size() {
        return mirror.size();
    }

    /** Subjects of the certificates that were presented. */
    Set<String> clients() {
        return clients;
    }

    /** How many sealed events came after their key, and were opened with it. */
    int opened() {
        return opened.get();
    }

    /** The keys that were sent. */
    Map<String, SubjectKey> keys() {
        return keys;
    }

    /** From now on these count as destroyed. */
    void erase(Set<String> ids) {
        erased.addAll(ids);
    }

    private void recipient(HttpExchange exchange) throws IOException {
        try (exchange) {
            answer(exchange, 200, "{\"public_key\":\"" + recipient.publicKey() + "\"}");
        }
    }

    private void keys(HttpExchange exchange) throws IOException {
        try (exchange) {
            for (final JsonNode key : JSON.readTree(exchange.getRequestBody()).path("keys")) {
                final String id = key.path("key_id").asText();
                keys.put(id, recipient.unwrap(id, key.path("wrapped").asText()));
            }
            answer(exchange, 200, "{}");
        }
    }

    private void open(byte[] entry) throws IOException {
        if (SealedEvent.looksSealed(entry)) {
            try {
                final SealedEvent sealed = SealedEvent.parse(entry);
                sealed.open(requireNonNull(keys.get(sealed.subjectKey()), "the key came before"));
                opened.incrementAndGet();
            } catch (EventFormatException e) {
                throw new IOException(e);
            }
        }
    }

    private String erasedOf(List<byte[]> entries) {
        return erased.stream()
                .filter(id ->
                        entries.stream().anyMatch(entry -> new String(entry, StandardCharsets.UTF_8).contains(id)))
                .map(id -> "\"" + id + "\"")
                .collect(Collectors.joining(","));
    }

    private void push(HttpExchange exchange) throws IOException {
        try (exchange) {
            clients.add(((HttpsExchange) exchange)
                    .getSSLSession()
                    .getPeerPrincipal()
                    .getName());
            final DataInputStream in = new DataInputStream(exchange.getRequestBody());
            final ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int b = in.read(); b != '\n'; b = in.read()) {
                line.write(b);
            }
            final JsonNode header = JSON.readTree(line.toByteArray());
            final List<byte[]> entries = new ArrayList<>();
            for (int i = 0; i < header.get("count").intValue(); i++) {
                entries.add(in.readNBytes(in.readInt()));
                open(entries.getLast());
            }
            final AcceptResult result = mirror.accept(
                    header.get("first").longValue(),
                    entries,
                    Note.parse(header.get("checkpoint").textValue()),
                    VerifierKey.parse(header.get("vkey").textValue()));
            switch (result) {
                case AcceptResult.Accepted accepted ->
                    answer(
                            exchange,
                            200,
                            "{\"size\":" + accepted.checkpoint().size() + ",\"cosignature\":\"-\",\"erased\":["
                                    + erasedOf(entries) + "]}");
                case AcceptResult.Stale(long size) ->
                    answer(exchange, 409, "{\"size\":" + size + ",\"error\":\"stale\"}");
                case AcceptResult.Conflict conflict ->
                    answer(exchange, 409, "{\"size\":" + mirror.size() + ",\"error\":\"conflict\"}");
                case AcceptResult.Refused(String message) -> answer(exchange, 400, "{\"error\":\"" + message + "\"}");
            }
        }
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        final byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() throws IOException {
        server.stop(0);
        threads.shutdownNow();
        mirror.close();
    }
}
