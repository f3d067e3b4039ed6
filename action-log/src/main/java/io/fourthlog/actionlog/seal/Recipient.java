package io.fourthlog.actionlog.seal;

import io.fourthlog.actionlog.event.SubjectKey;
import io.fourthlog.actionlog.log.DurableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.hpke.HPKE;

/**
 * Whom subject keys are wrapped for on their way: the collector's X25519 key, and HPKE (RFC 9180, base mode, HKDF-SHA256,
 * AES-256-GCM) to it. The key's id is authenticated with it.
 *
 * <pre>
 *   wrapped   encapsulated key (32) ‖ AES-256-GCM of the subject key (32 + 16)
 * </pre>
 */
public final class Recipient {

    private static final int KEY_LENGTH = 32; // X25519, either half
    private static final int MAX_FILE = 1024; // bytes
    private static final byte[] INFO = "fourthlog-subject-key/1".getBytes(StandardCharsets.US_ASCII);

    private final HPKE hpke =
            new HPKE(HPKE.mode_base, HPKE.kem_X25519_SHA256, HPKE.kdf_HKDF_SHA256, HPKE.aead_AES_GCM256);
    private final AsymmetricCipherKeyPair keys;

    private Recipient() {
        this.keys = hpke.generatePrivateKey();
    }

    private Recipient(byte[] privateKey, byte[] publicKey) {
        this.keys = hpke.deserializePrivateKey(privateKey, publicKey);
    }

    /** Reads a private key, or makes it if there is none. */
    public static Recipient open(Path file) throws IOException {
        if (!Files.exists(file)) {
            new Recipient().store(file);
        }
        final byte[] both;
        try {
            both = Files.size(file) > MAX_FILE
                    ? new byte[0]
                    : Base64.getDecoder().decode(Files.readString(file).strip());
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is not a recipient's key: " + e.getMessage(), e);
        }
        if (both.length != 2 * KEY_LENGTH) {
            throw new IOException(file + " is not a recipient's key");
        }
        return new Recipient(Arrays.copyOf(both, KEY_LENGTH), Arrays.copyOfRange(both, KEY_LENGTH, both.length));
    }

    private void store(Path file) throws IOException {
        final byte[] both = ByteBuffer.allocate(2 * KEY_LENGTH)
                .put(hpke.serializePrivateKey(keys.getPrivate()))
                .put(hpke.serializePublicKey(keys.getPublic()))
                .array();
        DurableFile.createSecret(
                file, (Base64.getEncoder().encodeToString(both) + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    /** The public key, in base64. */
    public String publicKey() {
        return Base64.getEncoder().encodeToString(hpke.serializePublicKey(keys.getPublic()));
    }

    /**
     * Wraps a key for a recipient.
     *
     * @param publicKey of the recipient, in base64
     * @return in base64
     * @throws IllegalArgumentException when that is no public key
     */
    public static String wrap(SubjectKey key, String publicKey) {
        final byte[] recipient = Base64.getDecoder().decode(publicKey);
        if (recipient.length != KEY_LENGTH) {
            throw new IllegalArgumentException("a recipient's public key has " + KEY_LENGTH + " bytes");
        }
        final HPKE hpke = new HPKE(HPKE.mode_base, HPKE.kem_X25519_SHA256, HPKE.kdf_HKDF_SHA256, HPKE.aead_AES_GCM256);
        try {
            final byte[][] sealed =
                    hpke.seal(hpke.deserializePublicKey(recipient), INFO, aad(key.id()), key.bytes(), null, null, null);
            return Base64.getEncoder()
                    .encodeToString(ByteBuffer.allocate(sealed[0].length + sealed[1].length)
                            .put(sealed[1]) // the encapsulated key
                            .put(sealed[0])
                            .array());
        } catch (InvalidCipherTextException e) {
            throw new IllegalStateException("everything can be encrypted", e);
        }
    }

    /**
     * Unwraps a key.
     *
     * @throws IOException when it is not one that was wrapped for this recipient under this id
     */
    public SubjectKey unwrap(String id, String wrapped) throws IOException {
        try {
            final byte[] both = Base64.getDecoder().decode(wrapped);
            final int split = Math.min(KEY_LENGTH, both.length);
            return new SubjectKey(
                    id,
                    hpke.open(
                            Arrays.copyOf(both, split),
                            keys,
                            INFO,
                            aad(id),
                            Arrays.copyOfRange(both, split, both.length),
                            null,
                            null,
                            null));
        } catch (InvalidCipherTextException
                | RuntimeException e) { // Bouncy Castle has the latter for what is too short
            throw new IOException("the key " + id + " was not wrapped for this recipient", e);
        }
    }

    private static byte[] aad(String id) {
        return id.getBytes(StandardCharsets.US_ASCII);
    }
}
