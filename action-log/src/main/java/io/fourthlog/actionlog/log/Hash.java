package io.fourthlog.actionlog.log;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/** A SHA-256 hash: of a leaf, of an inner node, or of a whole tree. */
public final class Hash {

    /** Its length in bytes. */
    public static final int LENGTH = 32;

    private final byte[] bytes;

    private Hash(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A copy of 32 bytes. */
    public static Hash of(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException("a hash has " + LENGTH + " bytes, not " + bytes.length);
        }
        return new Hash(bytes.clone());
    }

    /** A copy of the 32 bytes at {@code offset}. */
    static Hash at(byte[] bytes, int offset) {
        return new Hash(Arrays.copyOfRange(bytes, offset, offset + LENGTH));
    }

    /** Takes over an array that nobody else has. */
    static Hash owning(byte[] bytes) {
        return new Hash(bytes);
    }

    /** SHA-256 of bytes that are no leaf and no node: those are {@link MerkleTree}'s. */
    public static Hash sha256(byte[] bytes) {
        return new Hash(MerkleTree.sha256().digest(bytes));
    }

    /** Reads standard base64, and no other spelling of it. */
    public static Hash fromBase64(String text) throws LogFormatException {
        final byte[] bytes = Base64Strict.decode(text);
        if (bytes.length != LENGTH) {
            throw new LogFormatException("a hash has " + LENGTH + " bytes, not " + bytes.length);
        }
        return new Hash(bytes);
    }

    /** A copy of its bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** Lower-case hex. */
    public String hex() {
        return HexFormat.of().formatHex(bytes);
    }

    /** Standard base64, as checkpoints have it. */
    public String base64() {
        return Base64.getEncoder().encodeToString(bytes);
    }

    void copyTo(byte[] target, int offset) {
        System.arraycopy(bytes, 0, target, offset, LENGTH);
    }

    void writeTo(ByteArrayOutputStream out) {
        out.write(bytes, 0, LENGTH);
    }

    boolean isAt(byte[] source, int offset) {
        return Arrays.equals(bytes, 0, LENGTH, source, offset, offset + LENGTH);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Hash hash && Arrays.equals(bytes, hash.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Lower-case hex. */
    @Override
    public String toString() {
        return hex();
    }
}
