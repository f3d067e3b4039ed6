package io.fourthlog.actionlog.log;

import org.bouncycastle.crypto.Signer;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLDSAPublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.bouncycastle.crypto.signers.MLDSASigner;

/** The kinds of signature on a checkpoint, with their type bytes of C2SP signed-note. */
public enum SignatureType {
    /** Ed25519 over the note's text: the log's own. */
    ED25519(0x01, 32, 64),
    /** Ed25519 over a time and the note's text: a witness's, C2SP tlog-cosignature, {@code cosignature/v1}. */
    COSIGNATURE(0x04, 32, 64),
    /** ML-DSA-44 (FIPS 204) over a time and the tree: a witness's that outlasts curves, C2SP tlog-cosignature, {@code subtree/v1}. */
    COSIGNATURE_ML_DSA_44(0x06, 1_312, 2_420);

    static final int SEED_LENGTH = 32; // bytes, of each of them

    private final byte wire;
    private final int keyLength;
    private final int signatureLength;

    SignatureType(int wire, int keyLength, int signatureLength) {
        this.wire = (byte) wire;
        this.keyLength = keyLength;
        this.signatureLength = signatureLength;
    }

    /** Whether it is a witness's. */
    public boolean isCosignature() {
        return this != ED25519;
    }

    byte wire() {
        return wire;
    }

    /** Bytes of a public key. */
    int keyLength() {
        return keyLength;
    }

    /** Bytes of a signature, without the time of a cosignature. */
    int signatureLength() {
        return signatureLength;
    }

    Signer signer() {
        return switch (this) {
            case ED25519, COSIGNATURE -> new Ed25519Signer();
            case COSIGNATURE_ML_DSA_44 -> new MLDSASigner();
        };
    }

    AsymmetricKeyParameter privateKey(byte[] seed) {
        return switch (this) {
            case ED25519, COSIGNATURE -> new Ed25519PrivateKeyParameters(seed);
            case COSIGNATURE_ML_DSA_44 -> new MLDSAPrivateKeyParameters(MLDSAParameters.ml_dsa_44, seed);
        };
    }

    /** The encoded public half of a private key. */
    byte[] publicHalf(AsymmetricKeyParameter privateKey) {
        return switch (privateKey) {
            case Ed25519PrivateKeyParameters key -> key.generatePublicKey().getEncoded();
            case MLDSAPrivateKeyParameters key -> key.getPublicKey();
            default -> throw new IllegalArgumentException("not a key for " + this);
        };
    }

    /** A public key of {@link #keyLength} bytes. */
    AsymmetricKeyParameter publicKey(byte[] encoded) {
        return switch (this) {
            case ED25519, COSIGNATURE -> new Ed25519PublicKeyParameters(encoded);
            case COSIGNATURE_ML_DSA_44 -> new MLDSAPublicKeyParameters(MLDSAParameters.ml_dsa_44, encoded);
        };
    }

    static SignatureType of(byte wire) throws LogFormatException {
        for (final SignatureType type : values()) {
            if (type.wire == wire) {
                return type;
            }
        }
        throw new LogFormatException("signature type " + (wire & 0xFF)
                + " is neither 1 (Ed25519), 4 (cosignature) nor 6 (ML-DSA-44 cosignature)");
    }
}
