package io.fourthlog.operator;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * One API server for the test classes of this module, with the API, garbage collection, Fourthlog's namespace and its authority; it
 * ends with the JVM. Each test has a namespace of its own in it.
 */
public final class SharedApiServer {

    public static final String SYSTEM = "fourthlog-system";

    private static final KubeApiServer SERVER = start();

    private SharedApiServer() {}

    public static KubeApiServer get() {
        return SERVER;
    }

    private static KubeApiServer start() {
        KubeApiServer server = KubeApiServer.start();
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        try (KubernetesClient client = server.client()) {
            server.startControllerManager();
            KubeApiServer.installCrds(client);
            client.resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(SYSTEM)
                            .endMetadata()
                            .build())
                    .create();
            authority(client);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return server;
    }

    /** What the chart makes. */
    private static void authority(KubernetesClient client) {
        try {
            KeyPair pair = KeyPairGenerator.getInstance("RSA").generateKeyPair();
            X500Name name = new X500Name("CN=fourthlog-ca");
            Instant now = Instant.now();
            byte[] certificate = new JcaX509v3CertificateBuilder(
                            name,
                            BigInteger.ONE,
                            Date.from(now.minusSeconds(60)),
                            Date.from(now.plus(Duration.ofDays(365))),
                            name,
                            pair.getPublic())
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(true))
                    .build(new JcaContentSignerBuilder("SHA256withRSA").build(pair.getPrivate()))
                    .getEncoded();
            client.resource(new SecretBuilder()
                            .withNewMetadata()
                            .withName("fourthlog-ca")
                            .withNamespace(SYSTEM)
                            .endMetadata()
                            .addToStringData("tls.crt", pem("CERTIFICATE", certificate))
                            .addToStringData(
                                    "tls.key",
                                    pem("PRIVATE KEY", pair.getPrivate().getEncoded()))
                            .build())
                    .create();
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String pem(String type, byte[] der) {
        return "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END " + type + "-----\n";
    }
}
