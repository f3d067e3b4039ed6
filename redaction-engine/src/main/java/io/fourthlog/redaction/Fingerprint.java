package io.fourthlog.redaction;

import io.fourthlog.fingerprint.Winnowing;
import org.jspecify.annotations.Nullable;

/**
 * What may be kept of a text part so that a document, or an excerpt of one, can be recognised later; made by the
 * {@link RedactionEngine}, carried by events, and matched by whoever holds the document and the key.
 *
 * @param bytes length of the raw content
 * @param sha256 lower-case hex of SHA-256 over the raw bytes; null for content that a bare hash would not protect, which is shorter than
 *     {@link #GUESSABLE} bytes, or than {@link #GUESSABLE_SENSITIVE} where something sensitive was found, and for dropped content
 * @param normalizedSha256 the same over the {@linkplain Winnowing normalised} bytes, null when those are shorter
 * @param keyedHash {@code KEYID:hex} of HMAC-SHA-256 over the raw bytes; null for dropped content
 * @param winnow base64url without padding of concatenated big-endian 64-bit keyed hashes, see {@link Winnowing}; null when the
 *     profile asks for no fingerprints or the content is too short to have one
 */
public record Fingerprint(
        long bytes,
        @Nullable String sha256,
        @Nullable String normalizedSha256,
        @Nullable String keyedHash,
        @Nullable String winnow) {

    /** Content shorter than this many bytes has no bare hash: it could be found by trying. */
    public static final int GUESSABLE = 64;

    /** The same for content with something sensitive in it: whoever knows the rest has only that to try. */
    public static final int GUESSABLE_SENSITIVE = 1 << 10;

    /** The fingerprint of content that was dropped: its length and nothing else. */
    static Fingerprint dropped(long bytes) {
        return new Fingerprint(bytes, null, null, null, null);
    }
}
