package io.fourthlog.sensor.ship;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Issues real certificates into folders that look like mounted Secrets. */
final class Authority {

    private static final Duration LIFE = Duration.ofHours(1);

    private final X500Principal name;
    private final KeyPair keys;
    private final byte[] certificate;

    Authority(String commonName) throws GeneralSecurityException, IOException, OperatorCreationException {
        name = new X500Principal("CN=" + commonName);
        keys = newKeys();
        certificate = sign(
                certificate(name, keys).addExtension(Extension.basicConstraints, true, new BasicConstraints(true)));
    }

    /** Writes {@code tls.crt}, {@code tls.key} and {@code ca.crt} for a subject at 127.0.0.1. */
    Path issue(String commonName, Path directory)
            throws GeneralSecurityException, IOException, OperatorCreationException {
        final KeyPair subject = newKeys();
        final byte[] issued = sign(certificate(new X500Principal("CN=" + commonName), subject)
                .addExtension(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(new GeneralName(GeneralName.iPAddress, "127.0.0.1"))));
        Files.createDirectories(directory);
        write(directory.resolve("tls.crt"), "CERTIFICATE", issued);
        write(directory.resolve("tls.key"), "PRIVATE KEY", subject.getPrivate().getEncoded());
        write(directory.resolve("ca.crt"), "CERTIFICATE", certificate);
        return directory;
    }

    private X509v3CertificateBuilder certificate(X500Principal subject, KeyPair of) {
        final Instant now = Instant.now();
        return new JcaX509v3CertificateBuilder(
                name,
                new BigInteger(64, new SecureRandom()),
                Date.from(now.minus(LIFE)),
                Date.from(now.plus(LIFE)),
                subject,
                of.getPublic());
    }

    private byte[] sign(X509v3CertificateBuilder certificate) throws IOException, OperatorCreationException {
        return certificate
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
                .getEncoded();
    }

    private static KeyPair newKeys() throws GeneralSecurityException {
        final KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return generator.generateKeyPair();
    }

    private static void write(Path file, String type, byte[] der) throws IOException {
        final FileTime before = Files.exists(file) ? Files.getLastModifiedTime(file) : FileTime.fromMillis(0);
        Files.writeString(
                file,
                "-----BEGIN " + type + "-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                        + "\n-----END " + type + "-----\n");
        if (Files.getLastModifiedTime(file).equals(before)) {
            Files.setLastModifiedTime(file, FileTime.fromMillis(before.toMillis() + 1));
        }
    }
}
