package io.fourthlog.operator.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Issues the client certificates of sensors and the webhook's own with the key in the Secret {@value #SECRET}, which is read only when
 * one is due.
 */
public final class CertificateAuthority {

    private static final String SECRET = "fourthlog-ca";

    private static final String REMEDY = "delete the Secrets of what the former one has issued"
            + " (fourthlog-trail-tls, fourthlog-reader-tls, sensor-NAMESPACE-tls); \"helm upgrade\" of the chart and the operator make all anew";

    private static final Duration LIFE = Duration.ofDays(90);
    private static final Duration SKEW = Duration.ofMinutes(5); // between the clocks of nodes
    private static final int SERIAL_BITS = 127; // positive, and beyond guessing

    private final String certificatePem;
    private final X509CertificateHolder certificate;
    private final PrivateKey key;
    private final SecureRandom random = new SecureRandom();

    /** There is no usable Secret; the message names the remedy. */
    public static final class UnusableException extends RuntimeException {
        private UnusableException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    private CertificateAuthority(String certificatePem, X509CertificateHolder certificate, PrivateKey key) {
        this.certificatePem = certificatePem;
        this.certificate = certificate;
        this.key = key;
    }

    /** Reads the Secret; throws {@link UnusableException} with the remedy when it cannot be used. */
    public static CertificateAuthority read(KubernetesClient client, String systemNamespace) {
        String where = "Secret " + systemNamespace + "/" + SECRET;
        Secret secret =
                client.secrets().inNamespace(systemNamespace).withName(SECRET).get();
        if (secret == null) {
            throw new UnusableException(where + " is missing: " + REMEDY, null);
        }
        try {
            String certificatePem = text(secret, "tls.crt");
            Object certificate = parse(certificatePem);
            JcaPEMKeyConverter keys = new JcaPEMKeyConverter();
            PrivateKey key = switch (parse(text(secret, "tls.key"))) {
                case PEMKeyPair pair -> keys.getPrivateKey(pair.getPrivateKeyInfo());
                case PrivateKeyInfo info -> keys.getPrivateKey(info);
                case null, default -> throw new IOException("tls.key has no private key");
            };
            if (!(certificate instanceof X509CertificateHolder holder)) {
                throw new IOException("tls.crt has no certificate");
            }
            return new CertificateAuthority(certificatePem, holder, key);
        } catch (IOException | IllegalArgumentException e) {
            throw new UnusableException(
                    where + " cannot be used (" + e.getMessage() + "): delete it, and " + REMEDY, e);
        }
    }

    /** The authority's certificate, which verifies what it issued. */
    public String certificatePem() {
        return certificatePem;
    }

    /**
     * A new key and its certificate.
     *
     * @param key PKCS #8 in PEM
     * @param certificate X.509 in PEM
     */
    public record Issued(String key, String certificate) {}

    /**
     * A client certificate for the sensors named after a namespace, as the data of a Secret of type {@code kubernetes.io/tls} with {@code
     * ca.crt}.
     */
    public Map<String, String> issueSensor(String namespace, Instant now) {
        Issued issued = issue("sensor:" + namespace, List.of(), KeyPurposeId.id_kp_clientAuth, now);
        return Map.of(
                "tls.crt", base64(issued.certificate()),
                "tls.key", base64(issued.key()),
                "ca.crt", base64(certificatePem));
    }

    /** A server certificate for these names of DNS, the first of which is its own. */
    public Issued issueServer(List<String> names, Instant now) {
        return issue(names.getFirst(), names, KeyPurposeId.id_kp_serverAuth, now);
    }

    private Issued issue(String commonName, List<String> dnsNames, KeyPurposeId purpose, Instant now) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            KeyPair pair = generator.generateKeyPair();
            JcaX509ExtensionUtils utilities = new JcaX509ExtensionUtils();
            X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                            certificate.getSubject(),
                            new BigInteger(SERIAL_BITS, random).add(BigInteger.ONE),
                            Date.from(now.minus(SKEW)),
                            Date.from(now.plus(LIFE)),
                            new X500NameBuilder().addRDN(BCStyle.CN, commonName).build(),
                            pair.getPublic())
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
                    .addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose))
                    .addExtension(
                            Extension.authorityKeyIdentifier,
                            false,
                            utilities.createAuthorityKeyIdentifier(certificate));
            if (!dnsNames.isEmpty()) {
                builder.addExtension(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(dnsNames.stream()
                                .map(name -> new GeneralName(GeneralName.dNSName, name))
                                .toArray(GeneralName[]::new)));
            }
            X509CertificateHolder issued = builder.build(new JcaContentSignerBuilder(signatureAlgorithm()).build(key));
            return new Issued(pem(new JcaPKCS8Generator(pair.getPrivate(), null)), pem(issued));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException("the certificate of " + commonName + " cannot be signed", e);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
    }

    private String signatureAlgorithm() {
        return switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC", "ECDSA" -> "SHA256withECDSA";
            default -> key.getAlgorithm(); // Ed25519, Ed448
        };
    }

    private static String text(Secret secret, String item) throws IOException {
        String base64 = secret.getData() == null ? null : secret.getData().get(item);
        if (base64 == null) {
            throw new IOException(item + " is missing");
        }
        return new String(Base64.getDecoder().decode(base64), UTF_8);
    }

    private static @Nullable Object parse(String pem) throws IOException {
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
            return parser.readObject();
        }
    }

    private static String pem(Object object) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        }
        return text.toString();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }
}
