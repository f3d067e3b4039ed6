package io.fourthlog.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class MonitoringServerTest {

    private static MonitoringServer start(int port, Supplier<List<String>> unhealthy, Supplier<List<String>> unready)
            throws IOException {
        return MonitoringServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                new PrometheusRegistry(),
                unhealthy,
                unready);
    }

    private static HttpResponse<String> get(MonitoringServer server, String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void whatIsWrongIsALineEachAndIsAskedAnewEachTime() throws Exception {
        final List<String> faults = new CopyOnWriteArrayList<>();
        try (MonitoringServer server = start(0, List::of, () -> faults)) {
            assertThat(get(server, "/readyz").statusCode()).isEqualTo(200);
            faults.addAll(List.of("no config yet", "the disk is full"));
            final HttpResponse<String> unready = get(server, "/readyz");
            assertThat(unready.statusCode()).isEqualTo(503);
            assertThat(unready.body()).isEqualTo("no config yet\nthe disk is full\n");
            assertThat(get(server, "/healthz").body()).isEqualTo("ok\n");
            assertThat(get(server, "/metrics").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aPortThatIsTakenIsNamedWithWhatToDo() throws Exception {
        try (MonitoringServer first = start(0, List::of, List::of)) {
            assertThatThrownBy(() -> start(first.port(), List::of, List::of))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("127.0.0.1:" + first.port())
                    .hasMessageEndingWith("end what uses the port, or choose another for metrics");
        }
    }
}
