package io.fourthlog.sensor.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fourthlog.api.Names;
import io.fourthlog.api.config.SensorDecisions;
import io.fourthlog.api.config.SensorDecisions.Totals;
import io.fourthlog.redaction.Hmac;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AcknowledgementTest {

    private static final String LEASES = "/apis/coordination.k8s.io/v1/namespaces/fourthlog-system/leases/";
    private static final SensorDecisions COUNTED =
            new SensorDecisions(Map.of("team/agents", new Totals(7, 1)), Map.of());

    private HttpServer server;
    private Lease former = new Lease();

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    /** Knows one Lease, {@code sensor-team-gpu-1}, and takes any. */
    private void answer(HttpExchange exchange) throws IOException {
        final byte[] body = exchange.getRequestBody().readAllBytes();
        final boolean get = exchange.getRequestMethod().equals("GET");
        final boolean known = exchange.getRequestURI().getPath().equals(LEASES + "sensor-team-gpu-1");
        final byte[] answer = get ? Serialization.asJson(former).getBytes(UTF_8) : body;
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(get && !known ? 404 : 200, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    @Test
    void itGoesOnFromTheLeaseOfTheFormerName(@TempDir Path state) {
        former = lease("team");
        assertThat(restored("team", "gpu-1", state)).isEqualTo(COUNTED);
    }

    @Test
    void butNotFromAnotherNamespacesThatWasCalledAlike(@TempDir Path state) {
        former = lease("team");
        assertThat(restored("team-gpu", "1", state)).isEqualTo(SensorDecisions.NONE);
    }

    private SensorDecisions restored(String namespace, String node, Path state) {
        final DecisionCounts counts = new DecisionCounts();
        try (KubernetesClient client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder()
                        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                        .build())
                .build()) {
            new Acknowledgement(
                            client, "fourthlog-system", namespace, node, "pod", List.of(), counts, Clock.systemUTC())
                    .renew(new ConfigKeeper(
                            state, new ConfigCompiler("demo.team.1", Hmac.of("k1", new byte[32])), config -> {}));
        }
        return counts.of(Set.of("team/agents"));
    }

    private static Lease lease(String namespace) {
        return new LeaseBuilder()
                .withNewMetadata()
                .withName("sensor-team-gpu-1")
                .addToLabels(Names.NAMESPACE_LABEL, namespace)
                .addToAnnotations(Names.DECISIONS_ANNOTATION, COUNTED.toJson())
                .endMetadata()
                .build();
    }
}
