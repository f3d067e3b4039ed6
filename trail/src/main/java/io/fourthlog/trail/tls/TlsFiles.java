package io.fourthlog.trail.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * One end's identity, and whom it trusts, as kubelet mounts them from a Secret and replaces them in place when the Secret
 * changes.
 *
 * @param certificate PEM with the certificate, and those of its issuers below the root
 * @param key PEM with its private key
 * @param authority PEM with the certificates that the other end's has to be issued by
 */
public record TlsFiles(Path certificate, Path key, Path authority) {

    /**
     * What the files say.
     *
     * @param chain the own certificate first
     */
    public record Loaded(List<X509Certificate> chain, PrivateKey key, List<X509Certificate> authorities) {

        public Loaded {
            chain = List.copyOf(chain);
            authorities = List.copyOf(authorities);
        }
    }

    /** Changes whenever one of the files does. */
    public List<FileTime> version() throws IOException {
        return List.of(changed(certificate), changed(key), changed(authority));
    }

    private static FileTime changed(Path file) throws IOException {
        try {
            return Files.getLastModifiedTime(file);
        } catch (NoSuchFileException e) {
            throw new IOException(file + " does not exist", e);
        }
    }

    /**
     * Reads the files.
     *
     * @throws IOException that names the file at fault
     */
    public Loaded load() throws IOException {
        final Loaded loaded =
                new Loaded(Pem.certificates(certificate), Pem.privateKey(key), Pem.certificates(authority));
        if (!belong(loaded.chain().getFirst().getPublicKey(), loaded.key())) {
            throw new IOException(key + " is not the key of the certificate in " + certificate);
        }
        return loaded;
    }

    /** A half-replaced Secret has the certificate of one and the key of the other. */
    private static boolean belong(PublicKey publicKey, PrivateKey privateKey) {
        final String algorithm = switch (privateKey.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC", "ECDSA" -> "SHA256withECDSA";
            default -> privateKey.getAlgorithm();
        };
        try {
            final byte[] challenge = new byte[32];
            new SecureRandom().nextBytes(challenge);
            final Signature signature = Signature.getInstance(algorithm);
            signature.initSign(privateKey);
            signature.update(challenge);
            final byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(challenge);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false; // of another algorithm
        }
    }
}
