package io.fourthlog.operator.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fourthlog.operator.SharedApiServer;
import io.fourthlog.operator.cluster.CertificateAuthority;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;

final class ServingKeyTest {

    @Test
    void afterTwoThirdsOfACertificatesLifeWhoConnectsIsShownAnother() throws Exception {
        try (KubernetesClient client = SharedApiServer.get().client()) {
            ServingKey key = new ServingKey(
                    () -> CertificateAuthority.read(client, SharedApiServer.SYSTEM), List.of("localhost"));
            SSLContext server = SSLContext.getInstance("TLS");
            server.init(new KeyManager[] {key}, null, null);

            Instant made = Instant.now().minus(Duration.ofDays(61)); // of the 90 that it lives
            String authority = key.renew(made);
            X509Certificate first = shown(server, authority);
            assertThat(key.renew(made.plus(Duration.ofDays(59)))).isEqualTo(authority);
            assertThat(shown(server, authority)).isEqualTo(first);

            assertThat(key.renew(Instant.now())).isEqualTo(authority);
            X509Certificate second = shown(server, authority);
            assertThat(second.getSerialNumber()).isNotEqualTo(first.getSerialNumber());
            assertThat(second.getPublicKey()).isNotEqualTo(first.getPublicKey());
        }
    }

    /** The certificate of a server, to somebody who believes this authority and no other. */
    private static X509Certificate shown(SSLContext server, String authority)
            throws IOException, GeneralSecurityException {
        SSLContext client = trusting(authority);
        try (SSLServerSocket listening = (SSLServerSocket)
                server.getServerSocketFactory().createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Void> served = CompletableFuture.runAsync(() -> {
                try (SSLSocket accepted = (SSLSocket) listening.accept()) {
                    accepted.startHandshake();
                    int _ = accepted.getInputStream().read(); // until the other side has seen enough
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            X509Certificate shown;
            try (Socket plain = new Socket(listening.getInetAddress(), listening.getLocalPort());
                    SSLSocket socket = (SSLSocket) client.getSocketFactory()
                            .createSocket(plain, "localhost", listening.getLocalPort(), true)) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            }
            served.join();
            return shown;
        }
    }

    static SSLContext trusting(String authority) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry(
                "authority",
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(authority.getBytes(UTF_8))));
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
