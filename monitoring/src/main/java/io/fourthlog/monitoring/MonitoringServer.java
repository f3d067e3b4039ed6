package io.fourthlog.monitoring;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Serves {@code /metrics} to Prometheus; {@code /healthz} and {@code /readyz} to the kubelet, which answer 503 with a line for each
 * thing that is wrong.
 */
public final class MonitoringServer implements AutoCloseable {

    private static final int THREADS = 2; // so that a slow scrape does not stop a probe

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(
            THREADS, Thread.ofPlatform().daemon().name("monitoring-", 0).factory());

    private MonitoringServer(HttpServer server) {
        this.server = server;
    }

    /**
     * Begins to serve.
     *
     * @param unhealthy what only a restart mends
     * @param unready what keeps the program from doing its work now
     * @throws BindException when it cannot listen there; the message says what to do
     */
    public static MonitoringServer start(
            InetSocketAddress address,
            PrometheusRegistry registry,
            Supplier<List<String>> unhealthy,
            Supplier<List<String>> unready)
            throws IOException {
        final HttpServer server;
        try {
            server = HttpServer.create(address, 0);
        } catch (BindException e) {
            throw (BindException) new BindException("cannot listen on " + address + ": " + e.getMessage()
                            + "; end what uses the port, or choose another for metrics")
                    .initCause(e);
        }
        final MonitoringServer monitoring = new MonitoringServer(server);
        server.createContext("/metrics", new MetricsHandler(registry));
        server.createContext("/healthz", exchange -> answer(exchange, unhealthy.get()));
        server.createContext("/readyz", exchange -> answer(exchange, unready.get()));
        server.setExecutor(monitoring.threads);
        server.start();
        return monitoring;
    }

    /** On which it listens. */
    public int port() {
        return server.getAddress().getPort();
    }

    private static void answer(HttpExchange exchange, List<String> faults) throws IOException {
        try (exchange) {
            final byte[] body =
                    (faults.isEmpty() ? "ok\n" : String.join("\n", faults) + "\n").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
            exchange.sendResponseHeaders(faults.isEmpty() ? 200 : 503, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
