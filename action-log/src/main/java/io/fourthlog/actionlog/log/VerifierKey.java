package io.fourthlog.actionlog.log;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.crypto.Signer;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;

/**
 * The public key of a log or a witness, as C2SP signed-note writes it: {@code NAME+ID+BASE64}, where the id is eight hex
 * digits of SHA-256(name ‖ 0x0A ‖ type ‖ key) and the base64 is of type ‖ key.
 */
public final class VerifierKey {

    private static final int ID_LENGTH = 4; // bytes
    private static final byte[] SUBTREE = "subtree/v1\n\0".getBytes(StandardCharsets.UTF_8);
    static final int MAX_NAME = 0xFF; // bytes: cosigned_message has a u8 for the length

    private final String name;
    private final SignatureType type;
    private final byte[] encoded;
    private final AsymmetricKeyParameter key;
    private final int id;

    VerifierKey(String name, SignatureType type, byte[] encoded) {
        this.name = name;
        this.type = type;
        this.encoded = encoded.clone();
        this.key = type.publicKey(encoded);
        this.id = id(name, type, encoded);
    }

    /** Reads a vkey, and checks that its id is that of the key. */
    public static VerifierKey parse(String vkey) throws LogFormatException {
        final String[] parts = vkey.split("\\+", 3);
        if (parts.length != 3 || !isName(parts[0])) {
            throw new LogFormatException("a verifier key looks like NAME+ID+BASE64, not \"" + vkey + "\"");
        }
        final byte[] typeAndKey = Base64Strict.decode(parts[2]);
        if (typeAndKey.length == 0) {
            throw new LogFormatException("the key of " + parts[0] + " is empty");
        }
        final SignatureType type = SignatureType.of(typeAndKey[0]);
        if (typeAndKey.length != 1 + type.keyLength()) {
            throw new LogFormatException("the key of " + parts[0] + " does not have " + type.keyLength() + " bytes");
        }
        final VerifierKey key;
        try {
            key = new VerifierKey(parts[0], type, Arrays.copyOfRange(typeAndKey, 1, typeAndKey.length));
        } catch (IllegalArgumentException e) {
            throw new LogFormatException("the key of " + parts[0] + " is no key for " + type + ": " + e.getMessage());
        }
        if (!key.hexId().equals(parts[1])) {
            throw new LogFormatException(
                    "the id of the key of " + parts[0] + " is " + parts[1] + ", and should be " + key.hexId());
        }
        return key;
    }

    /** The name: a log's origin, or a witness's name. */
    public String name() {
        return name;
    }

    /** What kind of signature it verifies. */
    public SignatureType type() {
        return type;
    }

    /** The key id, which stands before each signature. */
    public int id() {
        return id;
    }

    /** Whether a signature claims to be of this key; that it verifies is another matter. */
    public boolean matches(NoteSignature signature) {
        return signature.keyId() == id && signature.keyName().equals(name);
    }

    /** Whether the signature is this key's, over this text. */
    boolean verifies(String text, NoteSignature signature) {
        final byte[] bytes = signature.signature();
        if (!type.isCosignature()) {
            return bytes.length == type.signatureLength() && verifies(utf8(text), bytes);
        }
        if (bytes.length != Long.BYTES + type.signatureLength()) {
            return false;
        }
        final long seconds = ByteBuffer.wrap(bytes).getLong();
        if (seconds < 0 || seconds > Instant.MAX.getEpochSecond()) {
            return false;
        }
        try {
            return verifies(cosigned(text, seconds), Arrays.copyOfRange(bytes, Long.BYTES, bytes.length));
        } catch (LogFormatException e) {
            return false; // nothing that a witness could have cosigned
        }
    }

    private boolean verifies(byte[] message, byte[] signature) {
        final Signer signer = type.signer();
        signer.init(false, key);
        signer.update(message, 0, message.length);
        return signer.verifySignature(signature);
    }

    /**
     * What this witness signs of a checkpoint's text: C2SP tlog-cosignature, "Ed25519 signed message" and "ML-DSA-44
     * signed message".
     *
     * @throws LogFormatException when it is not a checkpoint, or a name does not fit into the message
     */
    byte[] cosigned(String text, long seconds) throws LogFormatException {
        return switch (type) {
            case ED25519 -> throw new IllegalArgumentException(this + " is not a witness's key");
            case COSIGNATURE -> utf8("cosignature/v1\ntime " + seconds + "\n" + text);
            case COSIGNATURE_ML_DSA_44 -> subtree(Checkpoint.parse(new Note(text, List.of())), seconds);
        };
    }

    /** The tree from its first leaf on; lines of the checkpoint after its root hash are not in it. */
    private byte[] subtree(Checkpoint checkpoint, long seconds) throws LogFormatException {
        final byte[] cosigner = shortName(name);
        final byte[] origin = shortName(checkpoint.origin());
        return ByteBuffer.allocate(SUBTREE.length + 2 + cosigner.length + origin.length + 3 * Long.BYTES + Hash.LENGTH)
                .put(SUBTREE)
                .put((byte) cosigner.length)
                .put(cosigner)
                .putLong(seconds)
                .put((byte) origin.length)
                .put(origin)
                .putLong(0)
                .putLong(checkpoint.size())
                .put(checkpoint.rootHash().bytes())
                .array();
    }

    private static byte[] shortName(String name) throws LogFormatException {
        final byte[] bytes = utf8(name);
        if (bytes.length > MAX_NAME) {
            throw new LogFormatException("a name in an ML-DSA-44 cosignature has at most " + MAX_NAME + " bytes");
        }
        return bytes;
    }

    static boolean isName(String name) {
        return !name.isEmpty() && name.codePoints().noneMatch(c -> c == '+' || isUnicodeSpace(c) || isUnseen(c));
    }

    private static boolean isUnicodeSpace(int c) {
        return Character.isSpaceChar(c) || Character.isWhitespace(c);
    }

    /** Controls, and what turns the direction of what can be seen: names stand in messages for people. */
    private static boolean isUnseen(int c) {
        return Character.isISOControl(c) || Character.getType(c) == Character.FORMAT;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static int id(String name, SignatureType type, byte[] key) {
        final MessageDigest digest = MerkleTree.sha256();
        digest.update(utf8(name));
        digest.update((byte) '\n');
        digest.update(type.wire());
        digest.update(key);
        return ByteBuffer.wrap(digest.digest(), 0, ID_LENGTH).getInt();
    }

    String hexId() {
        return HexFormat.of().toHexDigits(id);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VerifierKey that && toString().equals(that.toString());
    }

    @Override
    public int hashCode() {
        return id;
    }

    /** The vkey. */
    @Override
    public String toString() {
        final byte[] typeAndKey = ByteBuffer.allocate(1 + encoded.length)
                .put(type.wire())
                .put(encoded)
                .array();
        return name + "+" + hexId() + "+" + Base64.getEncoder().encodeToString(typeAndKey);
    }
}
