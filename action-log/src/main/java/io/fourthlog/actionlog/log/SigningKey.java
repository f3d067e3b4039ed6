package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.Signer;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;

/**
 * The private key of a log or a witness. Its file has the format of Go's {@code golang.org/x/mod/sumdb/note}: {@code
 * PRIVATE+KEY+NAME+ID+BASE64}, where the base64 is of type ‖ seed.
 */
public final class SigningKey {

    private static final String PREFIX = "PRIVATE+KEY+";
    private static final int MAX_FILE = 4 * 1024; // bytes

    private final byte[] seed;
    private final AsymmetricKeyParameter key;
    private final VerifierKey verifierKey;

    private SigningKey(String name, SignatureType type, byte[] seed) {
        if (!VerifierKey.isName(name)) {
            throw new IllegalArgumentException("a key name has neither spaces nor plus signs: \"" + name + "\"");
        }
        if (type == SignatureType.COSIGNATURE_ML_DSA_44 && VerifierKey.utf8(name).length > VerifierKey.MAX_NAME) {
            throw new IllegalArgumentException(
                    "the name of an ML-DSA-44 key has at most " + VerifierKey.MAX_NAME + " bytes: \"" + name + "\"");
        }
        this.seed = seed.clone();
        this.key = type.privateKey(seed);
        this.verifierKey = new VerifierKey(name, type, type.publicHalf(key));
    }

    /** A new key for a log with this origin. */
    public static SigningKey generate(String name) {
        return new SigningKey(name, SignatureType.ED25519, randomSeed());
    }

    /** A new key for a witness with this name. */
    public static SigningKey generateWitness(String name) {
        return new SigningKey(name, SignatureType.COSIGNATURE, randomSeed());
    }

    /** A new key for a witness with this name, for cosignatures that a quantum computer does not forge. */
    public static SigningKey generateMlDsaWitness(String name) {
        return new SigningKey(name, SignatureType.COSIGNATURE_ML_DSA_44, randomSeed());
    }

    private static byte[] randomSeed() {
        final byte[] seed = new byte[SignatureType.SEED_LENGTH];
        new SecureRandom().nextBytes(seed);
        return seed;
    }

    /** Reads a key file. */
    public static SigningKey load(Path file) throws IOException {
        if (Files.size(file) > MAX_FILE) {
            throw new LogFormatException(file + " is too large to be a signing key");
        }
        final String[] parts = new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                .strip()
                .split("\\+", 5);
        if (parts.length != 5 || !(parts[0] + "+" + parts[1] + "+").equals(PREFIX) || !VerifierKey.isName(parts[2])) {
            throw new LogFormatException(file + " is not a signing key: it should be PRIVATE+KEY+NAME+ID+BASE64");
        }
        final byte[] typeAndSeed = Base64Strict.decode(parts[4]);
        if (typeAndSeed.length != 1 + SignatureType.SEED_LENGTH) {
            throw new LogFormatException(file + " is not a signing key: the seed does not have 32 bytes");
        }
        final SigningKey key = new SigningKey(
                parts[2], SignatureType.of(typeAndSeed[0]), Arrays.copyOfRange(typeAndSeed, 1, typeAndSeed.length));
        if (!key.verifierKey.hexId().equals(parts[3])) {
            throw new LogFormatException(file + " is not a signing key: its id does not match");
        }
        return key;
    }

    /** Writes a new key file, which only its owner can read. */
    public void store(Path file) throws IOException {
        DurableFile.createSecret(file, bytes());
    }

    /** The private key, as a file has it. */
    byte[] bytes() {
        final byte[] typeAndSeed = ByteBuffer.allocate(1 + seed.length)
                .put(verifierKey.type().wire())
                .put(seed)
                .array();
        final String text = PREFIX + verifierKey.name() + "+" + verifierKey.hexId() + "+"
                + Base64.getEncoder().encodeToString(typeAndSeed) + "\n";
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The public half. */
    public VerifierKey verifierKey() {
        return verifierKey;
    }

    /** A log's signature of a note's text. */
    NoteSignature sign(String text) {
        require(SignatureType.ED25519);
        return new NoteSignature(verifierKey.name(), verifierKey.id(), sign(VerifierKey.utf8(text)));
    }

    /**
     * A witness's signature of a checkpoint's text, at this time.
     *
     * @throws LogFormatException when it is not a checkpoint, or a name does not fit into what is signed
     */
    NoteSignature cosign(String text, Instant time) throws LogFormatException {
        final byte[] signature = sign(verifierKey.cosigned(text, time.getEpochSecond()));
        final byte[] timestamped = ByteBuffer.allocate(Long.BYTES + signature.length)
                .putLong(time.getEpochSecond())
                .put(signature)
                .array();
        return new NoteSignature(verifierKey.name(), verifierKey.id(), timestamped);
    }

    /**
     * A witness's signature of something else than a checkpoint.
     *
     * @param text with its last newline; not to be mistaken for a checkpoint, whose second line is a number
     */
    public Note state(String text, Instant time) {
        require(SignatureType.COSIGNATURE);
        try {
            return new Note(text, List.of(cosign(text, time)));
        } catch (LogFormatException e) {
            throw new IllegalStateException("Ed25519 signs any text", e);
        }
    }

    void require(SignatureType type) {
        if (verifierKey.type() != type) {
            throw new IllegalArgumentException(verifierKey + " is a key for " + verifierKey.type() + ", not " + type);
        }
    }

    private byte[] sign(byte[] message) {
        final Signer signer = verifierKey.type().signer();
        signer.init(true, key);
        signer.update(message, 0, message.length);
        try {
            return signer.generateSignature();
        } catch (CryptoException e) {
            throw new IllegalStateException("a key of its own kind signs everything", e);
        }
    }

    /** The public half only. */
    @Override
    public String toString() {
        return "SigningKey[" + verifierKey + "]";
    }
}
