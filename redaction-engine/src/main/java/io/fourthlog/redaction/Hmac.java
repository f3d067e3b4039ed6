package io.fourthlog.redaction;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The per-installation key, with its id, and HMAC-SHA-256 (RFC 2104) under it: for values that a bare hash would not protect.
 * Comes from a Kubernetes Secret; the id is written beside every hash, so that keys can be rotated. Safe for use by several
 * threads.
 */
public final class Hmac {

    /** Shortest key that is accepted, in bytes: RFC 2104 advises against keys shorter than the hash. */
    public static final int MIN_KEY_LENGTH = 32;

    private static final Pattern KEY_ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final String ALGORITHM = "HmacSHA256";

    private final String keyId;
    private final SecretKeySpec key;
    private final Mac unused; // has the key and nothing else: a copy of it is had for a tenth of what a new one takes

    private Hmac(String keyId, SecretKeySpec key) {
        this.keyId = keyId;
        this.key = key;
        this.unused = make(key);
    }

    /**
     * Takes a key into use.
     *
     * @param keyId letters, digits, dot, underscore and hyphen, at most 64
     * @param key at least {@link #MIN_KEY_LENGTH} random bytes; copied
     * @throws IllegalArgumentException if either is not so
     */
    public static Hmac of(String keyId, byte[] key) {
        if (!KEY_ID.matcher(keyId).matches()) {
            throw new IllegalArgumentException(
                    "key id: 1 to 64 letters, digits, dots, underscores or hyphens, not '" + keyId + "'");
        }
        if (key.length < MIN_KEY_LENGTH) {
            throw new IllegalArgumentException(
                    "key " + keyId + ": at least " + MIN_KEY_LENGTH + " bytes, not " + key.length);
        }
        return new Hmac(keyId, new SecretKeySpec(key, ALGORITHM));
    }

    public String keyId() {
        return keyId;
    }

    /**
     * Hashes a short value such as a token or an identifier.
     *
     * @return {@code KEYID:hex}
     */
    public String keyedHash(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        Mac mac = mac();
        mac.update(bytes, offset, length);
        try {
            return format(mac.doFinal());
        } finally {
            forget(mac);
        }
    }

    String format(byte[] hash) {
        return keyId + ":" + HexFormat.of().formatHex(hash);
    }

    /** A key for one purpose, which reveals nothing about the key for another. */
    byte[] derive(String purpose) {
        return mac().doFinal(purpose.getBytes(StandardCharsets.US_ASCII));
    }

    Mac mac() {
        try {
            return (Mac) unused.clone();
        } catch (CloneNotSupportedException e) {
            return make(key); // of a provider whose codes cannot be copied, such as a token
        }
    }

    private static Mac make(SecretKeySpec key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac;
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    /**
     * Wipes what a code keeps of what it was given. The JDK's digests hold their last block, as it is and as a message schedule, until
     * they are used again, and {@link Mac#reset()} alone does nothing after {@link Mac#doFinal()}.
     */
    static void forget(Mac mac) {
        mac.update((byte) 0);
        mac.reset();
    }

    /** A digest that keeps its last block until it is used again or reset. */
    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The key id, never the key. */
    @Override
    public String toString() {
        return "Hmac[" + keyId + "]";
    }
}
