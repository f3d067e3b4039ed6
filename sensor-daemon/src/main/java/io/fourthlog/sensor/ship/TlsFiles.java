package io.fourthlog.sensor.ship;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The sensor's identity towards the collector, as kubelet mounts it from a Secret: {@code tls.crt}, {@code tls.key} (PKCS #8)
 * and {@code ca.crt}. Kubelet replaces them in place when the Secret changes.
 */
public final class TlsFiles {

    private static final Pattern PKCS8 =
            Pattern.compile("-----BEGIN PRIVATE KEY-----(?<base64>[^-]+)-----END PRIVATE KEY-----");
    private static final List<String> ALGORITHMS = List.of("EC", "RSA", "Ed25519");

    private final Path certificate;
    private final Path key;
    private final Path authority;

    public TlsFiles(Path directory) {
        this.certificate = directory.resolve("tls.crt");
        this.key = directory.resolve("tls.key");
        this.authority = directory.resolve("ca.crt");
    }

    /** Changes whenever one of the files does. */
    List<FileTime> version() throws IOException {
        return List.of(
                Files.getLastModifiedTime(certificate),
                Files.getLastModifiedTime(key),
                Files.getLastModifiedTime(authority));
    }

    /**
     * A context that presents the certificate, and trusts the authority alone.
     *
     * @throws IOException that names the file at fault
     */
    SSLContext load() throws IOException {
        try {
            final KeyStore identity = KeyStore.getInstance("PKCS12");
            identity.load(null, null);
            identity.setKeyEntry(
                    "sensor",
                    privateKey(),
                    new char[0],
                    certificates(certificate).toArray(Certificate[]::new));
            final KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(identity, new char[0]);
            final KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            int n = 0;
            for (final Certificate root : certificates(authority)) {
                trusted.setCertificateEntry("ca" + n++, root);
            }
            final TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            final SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(certificate + " and " + key + " are not an identity: " + e.getMessage(), e);
        }
    }

    private static Collection<? extends Certificate> certificates(Path file) throws IOException {
        try {
            final Collection<? extends Certificate> certificates = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)));
            if (certificates.isEmpty()) {
                throw new IOException(file + " has no certificate in it");
            }
            return certificates;
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " is not PEM with certificates: " + e.getMessage(), e);
        }
    }

    private PrivateKey privateKey() throws IOException, GeneralSecurityException {
        final Matcher pem = PKCS8.matcher(Files.readString(key));
        if (!pem.find()) {
            throw new IOException(
                    key + " is not a private key in PKCS #8: convert it with openssl pkcs8 -topk8 -nocrypt");
        }
        final PKCS8EncodedKeySpec encoded =
                new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group("base64")));
        InvalidKeySpecException last = new InvalidKeySpecException("no algorithm");
        for (final String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
            } catch (InvalidKeySpecException e) {
                last = e; // of another algorithm: PKCS #8 has to be tried
            }
        }
        throw new IOException(key + " is of none of " + ALGORITHMS, last);
    }
}
