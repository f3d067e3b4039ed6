package io.fourthlog.actionlog.log;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/**
 * The public key of a log or a witness, as C2SP signed-note writes it: {@code NAME+ID+BASE64}, where the id is eight hex
 * digits of SHA-256(name ‖ 0x0A ‖ type ‖ key) and the base64 is of type ‖ key.
 */
public final class VerifierKey {

    private static final int KEY_LENGTH = 32; // bytes
    private static final int ID_LENGTH = 4; // bytes
    private static final int SIGNATURE_LENGTH = 64; // bytes

    private final String name;
    private final SignatureType type;
    private final Ed25519PublicKeyParameters key;
    private final int id;

    VerifierKey(String name, SignatureType type, Ed25519PublicKeyParameters key) {
        this.name = name;
        this.type = type;
        this.key = key;
        this.id = id(name, type, key.getEncoded());
    }

    /** Reads a vkey, and checks that its id is that of the key. */
    public static VerifierKey parse(String vkey) throws LogFormatException {
        final String[] parts = vkey.split("\\+", 3);
        if (parts.length != 3 || !isName(parts[0])) {
            throw new LogFormatException("a verifier key looks like NAME+ID+BASE64, not \"" + vkey + "\"");
        }
        final byte[] typeAndKey = Base64Strict.decode(parts[2]);
        if (typeAndKey.length != 1 + KEY_LENGTH) {
            throw new LogFormatException("the key of " + parts[0] + " does not have " + KEY_LENGTH + " bytes");
        }
        final VerifierKey key;
        try {
            key = new VerifierKey(
                    parts[0], SignatureType.of(typeAndKey[0]), new Ed25519PublicKeyParameters(typeAndKey, 1));
        } catch (IllegalArgumentException e) {
            throw new LogFormatException("the key of " + parts[0] + " is not an Ed25519 key: " + e.getMessage());
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
        return switch (type) {
            case ED25519 -> bytes.length == SIGNATURE_LENGTH && verifies(utf8(text), bytes);
            case COSIGNATURE -> {
                if (bytes.length != Long.BYTES + SIGNATURE_LENGTH) {
                    yield false;
                }
                final long seconds = ByteBuffer.wrap(bytes).getLong();
                yield seconds >= 0
                        && seconds <= Instant.MAX.getEpochSecond()
                        && verifies(cosigned(text, seconds), Arrays.copyOfRange(bytes, Long.BYTES, bytes.length));
            }
        };
    }

    private boolean verifies(byte[] message, byte[] signature) {
        final Ed25519Signer signer = new Ed25519Signer();
        signer.init(false, key);
        signer.update(message, 0, message.length);
        return signer.verifySignature(signature);
    }

    /** What a witness signs: C2SP tlog-cosignature, "Ed25519 signed message". */
    static byte[] cosigned(String text, long seconds) {
        return utf8("cosignature/v1\ntime " + seconds + "\n" + text);
    }

    static boolean isName(String name) {
        return !name.isEmpty() && name.codePoints().noneMatch(c -> c == '+' || c < ' ' || isUnicodeSpace(c));
    }

    private static boolean isUnicodeSpace(int c) {
        return Character.isSpaceChar(c) || Character.isWhitespace(c) || c == 0x85;
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
        final byte[] typeAndKey = new byte[1 + KEY_LENGTH];
        typeAndKey[0] = type.wire();
        key.encode(typeAndKey, 1);
        return name + "+" + hexId() + "+" + Base64.getEncoder().encodeToString(typeAndKey);
    }
}
