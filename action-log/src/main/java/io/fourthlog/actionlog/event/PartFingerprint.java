package io.fourthlog.actionlog.event;

import org.jspecify.annotations.Nullable;

/**
 * What lets a person who holds a document recognise it, or a piece of it, in one part of a message.
 *
 * @param part which part: {@code input.user}, {@code input.tool}, {@code output}, {@code return}, …
 * @param bytes its length as UTF-8
 * @param sha256 hex of its SHA-256; {@code null} when the content could be guessed
 * @param normalizedSha256 the same with white space normalised
 * @param keyedHash {@code KEYID:hex}: its HMAC-SHA-256
 * @param winnow base64url of keyed winnowing fingerprints, each 64 bits, big-endian
 */
public record PartFingerprint(
        String part,
        long bytes,
        @Nullable String sha256,
        @Nullable String normalizedSha256,
        @Nullable String keyedHash,
        @Nullable String winnow) {

    public PartFingerprint {
        part = Rules.text("fingerprints.part", part);
        Rules.count("fingerprints.bytes", bytes);
        Rules.sha256("fingerprints.sha256", sha256);
        Rules.sha256("fingerprints.normalized_sha256", normalizedSha256);
        Rules.labelledHash("fingerprints.keyed_hash", keyedHash);
        winnow = Rules.optionalText("fingerprints.winnow", winnow);
    }
}
