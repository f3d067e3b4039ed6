package io.fourthlog.operator.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fourthlog.operator.cluster.CertificateAuthority;
import io.fourthlog.operator.cluster.Cluster;
import io.fourthlog.operator.cluster.Fault;
import io.fourthlog.operator.cluster.OperatorConfig;
import io.fourthlog.operator.cluster.StartException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves {@code /validate} to the API server with a certificate of its own, on every replica. The ValidatingWebhookConfiguration is the
 * chart's, so that uninstalling removes it; only the authority that the API server shall trust is written into it from here.
 */
public final class AdmissionServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(AdmissionServer.class);
    private static final String CONFIGURATION = "fourthlog";
    private static final int BODY_BYTES = 4 << 20; // etcd takes 1.5 MiB of an object; twice: old and new
    private static final int TOKENS =
            100_000; // of its JSON, each of up to a hundred bytes of memory; a policy has some thousands
    static final int AT_ONCE = 2; // bodies that are in memory; whoever reaches the port can send them
    private static final long PATIENCE_SECONDS = 2; // the API server waits for five
    private static final int UNPROCESSABLE = 422;
    private static final long RENEWAL_MINUTES =
            10; // a certificate is renewed a month before it ends, what Helm made anew is seen then

    private final Cluster cluster;
    private final Admission admission;
    private final ServingKey key;
    private final HttpsServer server;
    private final ObjectMapper json = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxTokenCount(TOKENS).build())
            .build());
    private final Semaphore turns = new Semaphore(AT_ONCE);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("webhook-key").factory());

    private AdmissionServer(Cluster cluster, Admission admission, ServingKey key, HttpsServer server) {
        this.cluster = cluster;
        this.admission = admission;
        this.key = key;
        this.server = server;
    }

    /**
     * Serves from now on.
     *
     * @throws StartException with the remedy when it cannot
     */
    public static AdmissionServer start(Cluster cluster, OperatorConfig config, OperatorConfig.Webhook webhook) {
        String host = webhook.service() + "." + config.systemNamespace() + ".svc";
        ServingKey key = new ServingKey(
                () -> CertificateAuthority.read(cluster.client(), config.systemNamespace()),
                List.of(host, host + ".cluster.local", "localhost"));
        try {
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(new KeyManager[] {key}, null, null);
            HttpsServer server = HttpsServer.create(new InetSocketAddress(webhook.port()), 0);
            server.setHttpsConfigurator(new HttpsConfigurator(tls));
            AdmissionServer admission = new AdmissionServer(
                    cluster, new Admission(cluster.client(), config.systemNamespace(), cluster.clock()), key, server);
            admission.renew();
            server.createContext("/validate", admission::validate);
            server.setExecutor(admission.threads);
            server.start();
            ScheduledFuture<?> _ = admission.timer.scheduleWithFixedDelay(
                    admission::renewOrLog, RENEWAL_MINUTES, RENEWAL_MINUTES, TimeUnit.MINUTES);
            return admission;
        } catch (IOException e) {
            throw new StartException(
                    "the webhook cannot listen on port " + webhook.port() + " (" + e.getMessage()
                            + "): free it, or set webhook.port to another",
                    e);
        } catch (CertificateAuthority.UnusableException e) {
            throw new StartException("the webhook has no certificate: " + e.getMessage(), e);
        } catch (GeneralSecurityException e) {
            throw new StartException("the webhook cannot use TLS: " + e.getMessage(), e);
        }
    }

    public int port() {
        return server.getAddress().getPort();
    }

    void renew() {
        String authority = key.renew(cluster.clock().instant());
        trust(Base64.getEncoder().encodeToString(authority.getBytes(UTF_8)));
    }

    private void renewOrLog() {
        try {
            renew();
        } catch (RuntimeException e) { // the timer would not run again
            LOG.error("the webhook's certificate could not be renewed, trying again: {}", e.getMessage());
        }
    }

    /** Writes the authority into the configuration: the API server asks nobody whom it cannot verify. */
    private void trust(String bundle) {
        var configurations = cluster.client().admissionRegistration().v1().validatingWebhookConfigurations();
        try {
            ValidatingWebhookConfiguration found =
                    configurations.withName(CONFIGURATION).get();
            if (found == null) {
                LOG.warn("there is no ValidatingWebhookConfiguration {}, so nobody will ask", CONFIGURATION);
                return;
            }
            boolean known = found.getWebhooks().stream()
                    .allMatch(webhook -> bundle.equals(webhook.getClientConfig().getCaBundle()));
            if (!known) {
                configurations.withName(CONFIGURATION).edit(configuration -> {
                    for (ValidatingWebhook webhook : configuration.getWebhooks()) {
                        webhook.getClientConfig().setCaBundle(bundle);
                    }
                    return configuration;
                });
            }
        } catch (KubernetesClientException e) {
            LOG.error("the webhook's authority could not be written, so nobody can ask: {}", e.getMessage());
        }
    }

    private void validate(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!turns.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                exchange.sendResponseHeaders(HttpURLConnection.HTTP_UNAVAILABLE, -1);
                return;
            }
            byte[] answer;
            try {
                JsonNode review = json.readTree(exchange.getRequestBody().readNBytes(BODY_BYTES));
                answer = json.writeValueAsBytes(answer(review.path("request")));
            } catch (JsonProcessingException e) {
                exchange.sendResponseHeaders(HttpURLConnection.HTTP_BAD_REQUEST, -1); // cut off, or no API server
                return;
            } finally {
                turns.release();
            }
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(HttpURLConnection.HTTP_OK, answer.length);
            exchange.getResponseBody().write(answer);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it is closed
        }
    }

    private ObjectNode answer(JsonNode request) {
        Verdict verdict;
        try {
            verdict = admission.judge(request.path("object"), request.path("oldObject"));
        } catch (IllegalArgumentException e) {
            verdict = new Verdict(List.of(new Fault("spec", String.valueOf(e.getMessage()))), List.of());
        }
        ObjectNode review =
                json.createObjectNode().put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
        ObjectNode response = review.putObject("response")
                .put("uid", request.path("uid").asText())
                .put("allowed", verdict.faults().isEmpty());
        if (!verdict.faults().isEmpty()) {
            response.putObject("status").put("code", UNPROCESSABLE).put("message", Fault.message(verdict.faults()));
        }
        ArrayNode warnings = response.putArray("warnings");
        verdict.warnings().forEach(warning -> warnings.add(warning.toString()));
        return review;
    }

    @Override
    public void close() {
        timer.shutdownNow();
        server.stop(0);
        threads.close();
    }
}
