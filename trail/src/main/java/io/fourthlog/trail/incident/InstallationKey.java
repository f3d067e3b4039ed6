package io.fourthlog.trail.incident;

import io.fourthlog.trail.UsageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The installation's key for keyed hashes, as the Secret fourthlog-hmac has it. */
public final class InstallationKey {

    private static final String ALGORITHM = "HmacSHA256";
    private static final int MIN_LENGTH = 32; // bytes

    private final String id;
    private final SecretKeySpec key;

    private InstallationKey(String id, SecretKeySpec key) {
        this.id = id;
        this.key = key;
    }

    /**
     * Reads a folder with {@code key-id} and {@code key}.
     *
     * @throws UsageException when it cannot be used
     */
    public static InstallationKey load(Path directory) throws UsageException {
        try {
            final byte[] key = Files.readAllBytes(directory.resolve("key"));
            if (key.length < MIN_LENGTH) {
                throw new UsageException(directory.resolve("key") + " has " + key.length
                        + " bytes, and a key has at least " + MIN_LENGTH);
            }
            return new InstallationKey(
                    Files.readString(directory.resolve("key-id")).strip(), new SecretKeySpec(key, ALGORITHM));
        } catch (IOException e) {
            throw new UsageException(
                    "cannot read the installation's key: " + e
                            + "; --hmac takes a folder with key-id and key, as the Secret" + " fourthlog-hmac has them",
                    e);
        }
    }

    String id() {
        return id;
    }

    /** {@code KEYID:hex}, as events have it. */
    String keyedHash(byte[] bytes) {
        return id + ":" + HexFormat.of().formatHex(hmac(bytes));
    }

    /** A key for one purpose. */
    byte[] derive(String purpose) {
        return hmac(purpose.getBytes(StandardCharsets.US_ASCII));
    }

    private byte[] hmac(byte[] bytes) {
        try {
            final Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(bytes);
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    /** The key id, never the key. */
    @Override
    public String toString() {
        return "InstallationKey[" + id + "]";
    }
}
