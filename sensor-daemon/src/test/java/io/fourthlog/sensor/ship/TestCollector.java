package io.fourthlog.sensor.ship;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.fourthlog.actionlog.log.AcceptResult;
import io.fourthlog.actionlog.log.MirrorLog;
import io.fourthlog.actionlog.log.Note;
import io.fourthlog.actionlog.log.SigningKey;
import io.fourthlog.actionlog.log.VerifierKey;
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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** The other end of the wire: a real HTTPS server that asks for a certificate, in front of a real mirror of the log. */
final class TestCollector implements AutoCloseable {

    private static final JsonMapper JSON = new JsonMapper();

    private final HttpsServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final MirrorLog mirror;
    private final Set<String> clients = ConcurrentHashMap.newKeySet();

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
            }
            final AcceptResult result = mirror.accept(
                    header.get("first").longValue(),
                    entries,
                    Note.parse(header.get("checkpoint").textValue()),
                    VerifierKey.parse(header.get("vkey").textValue()));
            switch (result) {
                case AcceptResult.Accepted accepted ->
                    answer(exchange, 200, "{\"size\":" + accepted.checkpoint().size() + ",\"cosignature\":\"-\"}");
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
