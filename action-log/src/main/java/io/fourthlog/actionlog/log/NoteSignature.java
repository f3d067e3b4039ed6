package io.fourthlog.actionlog.log;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;

/** One signature line of a note: {@code — NAME BASE64}, where the base64 is of the key's id and the signature. */
public final class NoteSignature {

    static final String START = "— ";

    private final String keyName;
    private final int keyId;
    private final byte[] signature;

    NoteSignature(String keyName, int keyId, byte[] signature) {
        this.keyName = keyName;
        this.keyId = keyId;
        this.signature = signature.clone();
    }

    /** Reads a line, without its newline. */
    public static NoteSignature parse(String line) throws LogFormatException {
        final int space = line.indexOf(' ', START.length());
        if (!line.startsWith(START) || space < 0) {
            throw new LogFormatException("a signature line looks like \"— NAME BASE64\", not \"" + line + "\"");
        }
        final String name = line.substring(START.length(), space);
        if (!VerifierKey.isName(name)) {
            throw new LogFormatException("a signature line has the key name \"" + name + "\"");
        }
        final byte[] bytes = Base64Strict.decode(line.substring(space + 1));
        if (bytes.length <= Integer.BYTES) {
            throw new LogFormatException("the signature of " + name + " is too short");
        }
        return new NoteSignature(
                name, ByteBuffer.wrap(bytes).getInt(), Arrays.copyOfRange(bytes, Integer.BYTES, bytes.length));
    }

    /** The name of the key. */
    public String keyName() {
        return keyName;
    }

    /** The id of the key. */
    public int keyId() {
        return keyId;
    }

    /** When a witness signed: the first eight bytes of a cosignature, as trustworthy as the signature. */
    public Instant cosignedAt() {
        return Instant.ofEpochSecond(ByteBuffer.wrap(signature).getLong());
    }

    byte[] signature() {
        return signature.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NoteSignature that && toString().equals(that.toString());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(signature);
    }

    /** The line, without its newline. */
    @Override
    public String toString() {
        final byte[] bytes = ByteBuffer.allocate(Integer.BYTES + signature.length)
                .putInt(keyId)
                .put(signature)
                .array();
        return START + keyName + " " + Base64.getEncoder().encodeToString(bytes);
    }
}
