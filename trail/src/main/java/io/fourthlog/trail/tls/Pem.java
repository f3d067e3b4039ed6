package io.fourthlog.trail.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/** Reads PEM files: certificates, and private keys in PKCS #8, PKCS #1 (as Helm makes them) and SEC 1. */
public final class Pem {

    private Pem() {}

    /**
     * The certificates in a file, at least one.
     *
     * @throws IOException that names the file and what is wrong with it
     */
    public static List<X509Certificate> certificates(Path file) throws IOException {
        final List<X509Certificate> certificates = new ArrayList<>();
        try (PEMParser parser = new PEMParser(open(file))) {
            final CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Object object = parser.readObject(); object != null; object = parser.readObject()) {
                if (object instanceof X509CertificateHolder holder) {
                    certificates.add((X509Certificate)
                            factory.generateCertificate(new ByteArrayInputStream(holder.getEncoded())));
                }
            }
        } catch (NoSuchFileException e) {
            throw missing(file, e);
        } catch (GeneralSecurityException | IOException e) {
            throw new IOException(file + " is not PEM with certificates: " + e.getMessage(), e);
        }
        if (certificates.isEmpty()) {
            throw new IOException(file + " has no certificate in it: it should be PEM");
        }
        return certificates;
    }

    /**
     * The private key in a file.
     *
     * @throws IOException that names the file and what is wrong with it, without its content
     */
    public static PrivateKey privateKey(Path file) throws IOException {
        try (PEMParser parser = new PEMParser(open(file))) {
            final JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
            return switch (parser.readObject()) {
                case PEMKeyPair pair -> converter.getPrivateKey(pair.getPrivateKeyInfo());
                case PrivateKeyInfo info -> converter.getPrivateKey(info);
                case null, default ->
                    throw new IOException("it should have an unencrypted key in PKCS #8, PKCS #1 or SEC 1");
            };
        } catch (NoSuchFileException e) {
            throw missing(file, e);
        } catch (IOException e) {
            throw new IOException(file + " is not PEM with a private key: " + e.getMessage(), e);
        }
    }

    private static Reader open(Path file) throws IOException {
        return Files.newBufferedReader(file);
    }

    private static IOException missing(Path file, NoSuchFileException cause) {
        return new IOException(file + " does not exist", cause);
    }
}
