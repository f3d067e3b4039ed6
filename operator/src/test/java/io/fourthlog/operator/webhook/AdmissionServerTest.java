package io.fourthlog.operator.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fourthlog.operator.Scenario;
import io.fourthlog.operator.SharedApiServer;
import io.fourthlog.operator.cluster.Cluster;
import io.fourthlog.operator.cluster.OperatorConfig;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Who is no API server, and asks. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AdmissionServerTest {

    private final KubernetesClient client = SharedApiServer.get().client();
    private final OperatorConfig.Webhook webhook = new OperatorConfig.Webhook(0, "fourthlog-operator");
    private final AdmissionServer server = AdmissionServer.start(
            new Cluster(client, Clock.systemUTC()),
            Scenario.config(OperatorConfig.Isolation.NAMESPACE, 0, false, webhook),
            webhook);
    private final SSLContext tls = trusting();

    private SSLContext trusting() {
        try {
            String authority = client.secrets()
                    .inNamespace(SharedApiServer.SYSTEM)
                    .withName("fourthlog-ca")
                    .require()
                    .getData()
                    .get("tls.crt");
            return ServingKeyTest.trusting(new String(Base64.getDecoder().decode(authority), UTF_8));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterAll
    void close() {
        server.close();
        client.close();
    }

    @Test
    void noMoreBodiesAreReadAtOnceThanThereIsRoomFor() throws Exception {
        List<SSLSocket> slow = new ArrayList<>();
        for (int i = 0; i < AdmissionServer.AT_ONCE; i++) {
            SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket("localhost", server.port());
            slow.add(socket);
            socket.getOutputStream()
                    .write("POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{".getBytes(UTF_8));
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> post("{}") == 503);
        for (SSLSocket socket : slow) {
            socket.getOutputStream().write('}');
            assertThat(new String(socket.getInputStream().readNBytes(12), UTF_8))
                    .isEqualTo("HTTP/1.1 200");
            socket.close();
        }
        assertThat(post("{}")).isEqualTo(200);
    }

    @Test
    void aBodyOfManySmallThingsIsNotMadeATreeOf() throws Exception {
        assertThat(post("{\"request\":{\"object\":[" + "0,".repeat(99_000) + "0]}}"))
                .isEqualTo(200);
        assertThat(post("{\"request\":{\"object\":[" + "0,".repeat(100_000) + "0]}}"))
                .isEqualTo(400);
    }

    @Test
    void aConfigurationThatWasMadeAnewIsToldWhomToTrust() {
        configure();
        server.renew();
        String bundle = bundle();
        assertThat(bundle).isNotBlank();
        client.admissionRegistration()
                .v1()
                .validatingWebhookConfigurations()
                .withName("fourthlog")
                .delete();
        configure();
        server.renew();
        assertThat(bundle()).isEqualTo(bundle);
        client.admissionRegistration()
                .v1()
                .validatingWebhookConfigurations()
                .withName("fourthlog")
                .delete();
    }

    private void configure() {
        client.resource(new ValidatingWebhookConfigurationBuilder()
                        .withNewMetadata()
                        .withName("fourthlog")
                        .endMetadata()
                        .addNewWebhook()
                        .withName("objects.fourthlog.io")
                        .withAdmissionReviewVersions("v1")
                        .withSideEffects("None")
                        .withFailurePolicy("Ignore")
                        .withNewClientConfig()
                        .withUrl("https://localhost:" + server.port() + "/validate")
                        .endClientConfig()
                        .endWebhook()
                        .build())
                .create();
    }

    private String bundle() {
        return client.admissionRegistration()
                .v1()
                .validatingWebhookConfigurations()
                .withName("fourthlog")
                .require()
                .getWebhooks()
                .getFirst()
                .getClientConfig()
                .getCaBundle();
    }

    private int post(String body) throws Exception {
        try (HttpClient http = HttpClient.newBuilder().sslContext(tls).build()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + "/validate"))
                                    .POST(HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                            BodyHandlers.discarding())
                    .statusCode();
        }
    }
}
