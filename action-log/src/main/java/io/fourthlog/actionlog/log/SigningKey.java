package io.fourthlog.actionlog.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/**
 * The private key of a log or a witness. Its file has the format of Go's {@code golang.org/x/mod/sumdb/note}: {@code
 * PRIVATE+KEY+NAME+ID+BASE64}, where the base64 is of type ‖ seed.
 */
public final class SigningKey {

    private static final String PREFIX = "PRIVATE+KEY+";
    private static final int SEED_LENGTH = 32; // bytes
    private static final int MAX_FILE = 4 * 1024; // bytes

    private final Ed25519PrivateKeyParameters key;
    private final VerifierKey verifierKey;

    private SigningKey(String name, SignatureType type, Ed25519PrivateKeyParameters key) {
        if (!VerifierKey.isName(name)) {
            throw new IllegalArgumentException("a key name has neither spaces nor plus signs: \"" + name + "\"");
        }
        this.key = key;
        this.verifierKey = new VerifierKey(name, type, key.generatePublicKey());
    }

    /** A new key for a log with this origin. */
    public static SigningKey generate(String name) {
        return new SigningKey(name, SignatureType.ED25519, new Ed25519PrivateKeyParameters(new SecureRandom()));
    }

    /** A new key for a witness with this name. */
    public static SigningKey generateWitness(String name) {
        return new SigningKey(name, SignatureType.COSIGNATURE, new Ed25519PrivateKeyParameters(new SecureRandom()));
    }

    /** Reads a key file. */
    public static SigningKey load(Path file) throws IOException {
        if (Files.size(file) > MAX_FILE) {
            throw new LogFormatException(file + " is too large to be a signing key");
        }
        final String[] parts = Files.readString(file).strip().split("\\+", 5);
        if (parts.length != 5 || !(parts[0] + "+" + parts[1] + "+").equals(PREFIX) || !VerifierKey.isName(parts[2])) {
            throw new LogFormatException(file + " is not a signing key: it should be PRIVATE+KEY+NAME+ID+BASE64");
        }
        final byte[] typeAndSeed = Base64Strict.decode(parts[4]);
        if (typeAndSeed.length != 1 + SEED_LENGTH) {
            throw new LogFormatException(file + " is not a signing key: the seed does not have 32 bytes");
        }
        final SigningKey key = new SigningKey(
                parts[2], SignatureType.of(typeAndSeed[0]), new Ed25519PrivateKeyParameters(typeAndSeed, 1));
        if (!key.verifierKey.hexId().equals(parts[3])) {
            throw new LogFormatException(file + " is not a signing key: its id does not match");
        }
        return key;
    }

    /** Writes a new key file, which only its owner can read. */
    public void store(Path file) throws IOException {
        final byte[] typeAndSeed = new byte[1 + SEED_LENGTH];
        typeAndSeed[0] = verifierKey.type().wire();
        key.encode(typeAndSeed, 1);
        final String text = PREFIX + verifierKey.name() + "+" + verifierKey.hexId() + "+"
                + Base64.getEncoder().encodeToString(typeAndSeed) + "\n";
        try (SeekableByteChannel channel = Files.newByteChannel(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SYNC),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            final ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
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

    /** A witness's signature of a note's text, at this time. */
    NoteSignature cosign(String text, Instant time) {
        require(SignatureType.COSIGNATURE);
        final byte[] signature = sign(VerifierKey.cosigned(text, time.getEpochSecond()));
        final byte[] timestamped = ByteBuffer.allocate(Long.BYTES + signature.length)
                .putLong(time.getEpochSecond())
                .put(signature)
                .array();
        return new NoteSignature(verifierKey.name(), verifierKey.id(), timestamped);
    }

    void require(SignatureType type) {
        if (verifierKey.type() != type) {
            throw new IllegalArgumentException(verifierKey + " is a key for " + verifierKey.type() + ", not " + type);
        }
    }

    private byte[] sign(byte[] message) {
        final Ed25519Signer signer = new Ed25519Signer();
        signer.init(true, key);
        signer.update(message, 0, message.length);
        return signer.generateSignature();
    }

    /** The public half only. */
    @Override
    public String toString() {
        return "SigningKey[" + verifierKey + "]";
    }
}
