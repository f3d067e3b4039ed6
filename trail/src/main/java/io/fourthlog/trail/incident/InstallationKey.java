package io.fourthlog.trail.incident;

import io.fourthlog.trail.UsageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A key of the installation for keyed hashes, as the Secret fourthlog-hmac has it. */
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
     * Reads a folder with {@code key-id} and {@code key}, and {@code retired}, if there is one: a line for each key that was used before,
     * its id and itself in base64.
     *
     * @return the key in use, then the retired ones
     * @throws UsageException when one cannot be used
     */
    public static List<InstallationKey> load(Path directory) throws UsageException {
        final List<InstallationKey> keys = new ArrayList<>();
        try {
            keys.add(of(
                    directory.resolve("key"),
                    Files.readString(directory.resolve("key-id")).strip(),
                    Files.readAllBytes(directory.resolve("key"))));
            final Path retired = directory.resolve("retired");
            if (Files.exists(retired)) {
                for (final String line : Files.readAllLines(retired)) {
                    if (!line.isBlank()) {
                        keys.add(retired(retired, line.strip()));
                    }
                }
            }
        } catch (IOException e) {
            throw new UsageException(
                    "cannot read the installation's key: " + e
                            + "; --hmac takes a folder with key-id and key, as the Secret fourthlog-hmac has them",
                    e);
        }
        return keys;
    }

    private static InstallationKey retired(Path file, String line) throws UsageException {
        final String[] words = line.split(" +", -1);
        try {
            if (words.length == 2) {
                return of(file, words[0], Base64.getDecoder().decode(words[1]));
            }
        } catch (IllegalArgumentException e) {
            throw new UsageException(file + ": the key " + words[0] + " is not in base64", e);
        }
        throw new UsageException(file + ": a line is the id of a key, a space, and the key in base64");
    }

    private static InstallationKey of(Path file, String id, byte[] key) throws UsageException {
        if (key.length < MIN_LENGTH) {
            throw new UsageException(
                    file + ": the key " + id + " has " + key.length + " bytes, and a key has at least " + MIN_LENGTH);
        }
        return new InstallationKey(id, new SecretKeySpec(key, ALGORITHM));
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
