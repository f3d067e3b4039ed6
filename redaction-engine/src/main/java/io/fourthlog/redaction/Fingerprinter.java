package io.fourthlog.redaction;

import io.fourthlog.fingerprint.Normalizer;
import io.fourthlog.fingerprint.Winnowing;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Mac;
import org.jspecify.annotations.Nullable;

/** Makes the {@link Fingerprint} of a content. Confined to one thread. */
final class Fingerprinter {

    private final Hmac hmac;
    private final @Nullable Winnowing winnowing;
    private final MessageDigest sha256 = Hmac.sha256();
    private final Mac mac;
    private final Scratch scratch = new Scratch();

    Fingerprinter(Profile profile, Hmac hmac) {
        this.hmac = hmac;
        this.mac = hmac.mac();
        this.winnowing = profile.fingerprints() ? new Winnowing(hmac.derive(Winnowing.PURPOSE)) : null;
    }

    /** The {@linkplain Fingerprint#keyedHash keyed hash} alone, which tells contents apart. */
    String keyedHash(byte[] text, int length) {
        try {
            mac.update(text, 0, length);
            return hmac.format(mac.doFinal());
        } finally {
            Hmac.forget(mac);
        }
    }

    /**
     * The fingerprint of a content.
     *
     * @param sensitive whether something sensitive was found in it
     * @param keyedHash of it
     */
    Fingerprint of(byte[] text, int length, boolean sensitive, String keyedHash) {
        int guessable = sensitive ? Fingerprint.GUESSABLE_SENSITIVE : Fingerprint.GUESSABLE;
        byte[] normalized = scratch.reserve(length);
        try {
            int normalizedLength = Normalizer.normalize(text, length, normalized);
            String hash = sha256(text, length, guessable);
            boolean normal = Arrays.equals(text, 0, length, normalized, 0, normalizedLength); // as one line is
            return new Fingerprint(
                    length,
                    hash,
                    normal ? hash : sha256(normalized, normalizedLength, guessable),
                    keyedHash,
                    winnowing == null ? null : winnowing.fingerprint(normalized, normalizedLength));
        } finally {
            sha256.reset();
            scratch.wipe();
        }
    }

    private @Nullable String sha256(byte[] bytes, int length, int guessable) {
        if (length < guessable) {
            return null;
        }
        sha256.update(bytes, 0, length);
        return HexFormat.of().formatHex(sha256.digest());
    }
}
