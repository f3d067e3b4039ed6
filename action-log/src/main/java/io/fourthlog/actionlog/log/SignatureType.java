package io.fourthlog.actionlog.log;

/** The kinds of signature on a checkpoint, with their type bytes of C2SP signed-note. */
public enum SignatureType {
    /** Ed25519 over the note's text: the log's own. */
    ED25519(0x01),
    /** Ed25519 over a time and the note's text: a witness's, C2SP tlog-cosignature, {@code cosignature/v1}. */
    COSIGNATURE(0x04);

    private final byte wire;

    SignatureType(int wire) {
        this.wire = (byte) wire;
    }

    byte wire() {
        return wire;
    }

    static SignatureType of(byte wire) throws LogFormatException {
        for (final SignatureType type : values()) {
            if (type.wire == wire) {
                return type;
            }
        }
        throw new LogFormatException("signature type " + (wire & 0xFF) + " is neither 1 (Ed25519) nor 4 (cosignature)");
    }
}
