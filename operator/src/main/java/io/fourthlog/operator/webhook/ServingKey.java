package io.fourthlog.operator.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fourthlog.operator.cluster.CertificateAuthority;
import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The key that a server shows, in memory only: made at the start and again after two thirds of its certificate's life; connections that
 * are open go on with the one that they began with.
 */
final class ServingKey extends X509ExtendedKeyManager {

    private static final String ALIAS = "webhook";

    /** @param authority that issued the certificate, in PEM */
    private record Current(PrivateKey key, X509Certificate certificate, String authority) {}

    private final Supplier<CertificateAuthority> authority;
    private final List<String> names;
    private volatile @Nullable Current current;

    /**
     * @param authority is asked when a certificate is due
     * @param names of the server in DNS
     */
    ServingKey(Supplier<CertificateAuthority> authority, List<String> names) {
        this.authority = authority;
        this.names = List.copyOf(names);
    }

    /** Makes a new key if it is time; returns the certificate of the authority behind the one that is shown now, in PEM. */
    String renew(Instant now) {
        Current last = current;
        if (last != null && now.isBefore(renewAt(last.certificate()))) {
            return last.authority();
        }
        CertificateAuthority issuer = authority.get();
        CertificateAuthority.Issued issued = issuer.issueServer(names, now);
        try {
            byte[] der = Base64.getMimeDecoder()
                    .decode(issued.key().replaceAll("-----[A-Z ]+-----", "").getBytes(UTF_8));
            current = new Current(
                    KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der)),
                    (X509Certificate) CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(
                                    issued.certificate().getBytes(UTF_8))),
                    issuer.certificatePem());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("what was just issued cannot be read", e);
        }
        return issuer.certificatePem();
    }

    private static Instant renewAt(X509Certificate certificate) {
        Instant from = certificate.getNotBefore().toInstant();
        return from.plus(Duration.between(from, certificate.getNotAfter().toInstant())
                .multipliedBy(2)
                .dividedBy(3));
    }

    @Override
    public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
        return ALIAS;
    }

    @Override
    public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
        return ALIAS;
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        Current now = current;
        return now == null ? null : new X509Certificate[] {now.certificate()};
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        Current now = current;
        return now == null ? null : now.key();
    }

    @Override
    public String[] getServerAliases(String keyType, Principal[] issuers) {
        return new String[] {ALIAS};
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal[] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
        return null;
    }
}
