package io.fourthlog.operator;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/**
 * Stands between an operator and the API server, and fails: answers some requests with a status of its own, before or after they were
 * done, and ends watches, with or without saying that they are too old.
 */
final class FaultingProxy implements AutoCloseable {

    private static final Set<String> HOP_BY_HOP = Set.of(
            "connection",
            "content-length",
            "host",
            "upgrade",
            "http2-settings",
            "transfer-encoding",
            "accept-encoding");

    private final Config upstream;
    private final HttpServer server;
    private final HttpClient http;
    private final Random random;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<InputStream> watches = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<String> requests = new ConcurrentLinkedQueue<>();
    private final AtomicInteger faults = new AtomicInteger();
    private volatile List<Integer> statuses = List.of();
    private volatile int percent;
    private final AtomicInteger expired = new AtomicInteger(); // watches that are told so when they come again

    FaultingProxy(KubeApiServer api, long seed) {
        try {
            upstream = api.config("test");
            random = new Random(seed);
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(null, SSLUtils.trustManagers(upstream), null);
            http = HttpClient.newBuilder()
                    .sslContext(tls)
                    .version(HttpClient.Version.HTTP_1_1)
                    .executor(threads)
                    .build();
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        server.createContext("/", this::relay);
        server.setExecutor(threads);
        server.start();
    }

    /** An operator's client that comes through here. */
    KubernetesClient client() {
        return FourthlogOperator.client(new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                .withOauthToken(upstream.getOauthToken())
                .withRequestRetryBackoffLimit(0)
                .withWatchReconnectInterval(100)
                .withOnlyHttpWatches(true)
                .build());
    }

    /** From now on so many of a hundred requests that write are answered with one of these. */
    void fail(int ofHundred, Integer... with) {
        statuses = List.of(with);
        percent = ofHundred;
    }

    int faults() {
        return faults.get();
    }

    /** Requests that write since the last call, as {@code METHOD PATH}. */
    List<String> writes() {
        List<String> seen =
                requests.stream().filter(request -> !request.startsWith("GET")).toList();
        requests.clear();
        return seen;
    }

    /** Ends all watches, as a proxy with a timeout or an API server that goes does. */
    void endWatches() throws IOException {
        for (InputStream watch : watches) {
            watch.close();
        }
    }

    /** Ends all watches; those that want to go on where they were are told that it is too long ago. */
    void expireWatches() throws IOException {
        expired.set(watches.size());
        endWatches();
    }

    private void relay(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String method = exchange.getRequestMethod();
            URI uri = exchange.getRequestURI();
            boolean watch = String.valueOf(uri.getQuery()).contains("watch=true");
            boolean faulty = !method.equals("GET") && hit();
            requests.add(method + " " + uri.getPath());
            if (watch && expired.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                exchange.sendResponseHeaders(200, 0);
                exchange.getResponseBody()
                        .write(
                                exchange.getRequestHeaders().getFirst("Accept").contains("protobuf")
                                        ? Protobuf.frame(
                                                Protobuf.event("ERROR", Protobuf.text(3, "too old resource version")))
                                        : """
                                {"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","message":"too old resource version","code":410}}
                                """.getBytes(UTF_8));
                return;
            }
            if (faulty && coin()) { // before it was done
                answer(exchange);
                return;
            }
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            URI.create(upstream.getMasterUrl()).resolve(uri.toString()))
                    .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
            exchange.getRequestHeaders().forEach((name, values) -> {
                if (!HOP_BY_HOP.contains(name.toLowerCase(Locale.ROOT))) {
                    values.forEach(value -> request.header(name, value));
                }
            });
            HttpResponse<InputStream> response;
            try {
                response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            if (faulty) { // after it was done, which the client does not learn
                response.body().close();
                answer(exchange);
                return;
            }
            response.headers()
                    .firstValue("content-type")
                    .ifPresent(type -> exchange.getResponseHeaders().set("Content-Type", type));
            if (watch) {
                exchange.sendResponseHeaders(response.statusCode(), 0);
                stream(response.body(), exchange.getResponseBody());
            } else {
                byte[] all = response.body().readAllBytes();
                exchange.sendResponseHeaders(response.statusCode(), all.length == 0 ? -1 : all.length);
                exchange.getResponseBody().write(all);
            }
        }
    }

    private void stream(InputStream from, OutputStream to) throws IOException {
        watches.add(from);
        try (from) {
            byte[] buffer = new byte[1 << 16];
            for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
                to.write(buffer, 0, read);
                to.flush();
            }
        } finally {
            watches.remove(from);
        }
    }

    private synchronized boolean hit() {
        return random.nextInt(100) < percent;
    }

    private synchronized boolean coin() {
        return random.nextBoolean();
    }

    private void answer(HttpExchange exchange) throws IOException {
        int status;
        synchronized (this) {
            status = statuses.get(random.nextInt(statuses.size()));
        }
        faults.incrementAndGet();
        byte[] body = """
                {"kind":"Status","apiVersion":"v1","status":"Failure","message":"made to fail","code":%d}
                """.formatted(status).getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
        http.shutdownNow();
        threads.shutdownNow();
    }
}
