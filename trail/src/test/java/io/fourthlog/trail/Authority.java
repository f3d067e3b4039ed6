package io.fourthlog.trail;

import io.fourthlog.trail.tls.TlsFiles;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Issues real certificates into folders that look like mounted Secrets. */
public final class Authority {

    private static final Duration LIFE = Duration.ofHours(1);

    private final X500Principal name = new X500Principal("CN=fourthlog");
    private final KeyPair keys = newKeys();
    private final Object certificate = sign(name, keys, new BasicConstraints(true), Extension.basicConstraints, true);

    /** Writes {@code tls.crt}, {@code tls.key} and {@code ca.crt} for a subject at 127.0.0.1. */
    public TlsFiles issue(String subject, Path directory) throws IOException {
        final KeyPair own = newKeys();
        Files.createDirectories(directory);
        final GeneralNames here = new GeneralNames(new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
        write(
                directory.resolve("tls.crt"),
                sign(new X500Principal(subject), own, here, Extension.subjectAlternativeName, false));
        write(directory.resolve("tls.key"), new JcaPKCS8Generator(own.getPrivate(), null));
        write(directory.resolve("ca.crt"), certificate);
        return new TlsFiles(directory.resolve("tls.crt"), directory.resolve("tls.key"), directory.resolve("ca.crt"));
    }

    private Object sign(
            X500Principal subject, KeyPair of, ASN1Encodable extension, ASN1ObjectIdentifier type, boolean critical) {
        final Instant now = Instant.now();
        try {
            final X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                            name,
                            new BigInteger(64, new SecureRandom()),
                            Date.from(now.minus(LIFE)),
                            Date.from(now.plus(LIFE)),
                            subject,
                            of.getPublic())
                    .addExtension(type, critical, extension);
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static KeyPair newKeys() {
        try {
            final KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(256);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void write(Path file, Object object) throws IOException {
        final StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        }
        Files.writeString(file, text.toString());
    }
}
