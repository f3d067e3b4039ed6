package io.fourthlog.trail.incident;

import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.actionlog.log.Hash;
import io.fourthlog.fingerprint.Normalizer;
import io.fourthlog.fingerprint.Winnowing;
import io.fourthlog.trail.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A document that somebody holds, to be recognised in what a sensor recorded of a text part. */
public final class Document {

    private static final long MAX_LENGTH = 64L << 20; // bytes; looking for excerpts takes eight times as much memory

    private static final int GUESSABLE =
            64; // bytes: of shorter texts nothing is recorded that could be found by trying

    private final String name;
    private final int length;
    private final int normalizedLength;
    private final String sha256;
    private final String normalizedSha256;
    private final byte[] normalized;
    private final Map<String, InstallationKey> keys = new LinkedHashMap<>(); // by id
    private final List<String> keyedHashes;
    private final Map<String, Winnowing.Document> runs = new HashMap<>(); // by id of the key, of those that were needed

    private Document(String name, byte[] content, List<InstallationKey> keys) {
        this.name = name;
        this.length = content.length;
        this.normalized = new byte[content.length];
        this.normalizedLength = Normalizer.normalize(content, content.length, normalized);
        this.sha256 = Hash.sha256(content).hex();
        this.normalizedSha256 =
                Hash.sha256(Arrays.copyOf(normalized, normalizedLength)).hex();
        keys.forEach(key -> this.keys.putIfAbsent(key.id(), key));
        this.keyedHashes =
                this.keys.values().stream().map(key -> key.keyedHash(content)).toList();
    }

    /**
     * Reads a document.
     *
     * @param keys of the installation, the one in use and earlier ones; without them only the whole document is recognised, and no excerpt
     * @throws UsageException when it cannot be read, or is too large
     */
    public static Document load(Path file, List<InstallationKey> keys) throws UsageException {
        try {
            if (Files.size(file) > MAX_LENGTH) {
                throw new UsageException(
                        file + " is larger than " + (MAX_LENGTH >> 20) + " MiB: give an excerpt of it");
            }
            return new Document(file.toString(), Files.readAllBytes(file), keys);
        } catch (IOException e) {
            throw new UsageException("cannot read the document: " + e, e);
        }
    }

    /** How a document and a recorded text part are alike. */
    public sealed interface Likeness {

        /** The part is the document, byte for byte. */
        record Exact() implements Likeness {}

        /** The part is the document but for white space. */
        record Normalized() implements Likeness {}

        /**
         * The two have text in common.
         *
         * @param matched fingerprints of the part that the document has as well
         * @param recorded fingerprints of the part
         */
        record Excerpt(int matched, int recorded) implements Likeness {}

        /** They have nothing in common that the record could show. */
        record None() implements Likeness {}

        /** It could not be told. */
        record Unknown(String why) implements Likeness {}
    }

    /** Compares the document with a recorded text part. */
    public Likeness compare(PartFingerprint part) {
        if (hasHash(part.sha256()) || hasHash(part.keyedHash())) {
            return new Likeness.Exact();
        }
        if (normalizedSha256.equals(part.normalizedSha256())) {
            return new Likeness.Normalized();
        }
        if (part.sha256() == null && part.keyedHash() == null) {
            return new Likeness.Unknown("of a part only the length was recorded");
        }
        if (part.sha256() == null && keys.isEmpty()) {
            return new Likeness.Unknown(
                    "parts that are short, or under 1 KiB with something sensitive, were recorded with a keyed hash only: give the key with --hmac");
        }
        if (keys.isEmpty()) {
            return new Likeness.Unknown(
                    "excerpts are only recognised with the installation's key: give it with --hmac");
        }
        final String keyedHash = part.keyedHash();
        final String id = keyedHash == null
                ? keys.keySet().iterator().next()
                : keyedHash.substring(0, Math.max(0, keyedHash.indexOf(':')));
        final InstallationKey key = keys.get(id);
        return key == null ? new Likeness.Unknown("a part was recorded with the key " + id) : excerpt(key, part);
    }

    private Likeness excerpt(InstallationKey key, PartFingerprint part) {
        final String winnow = part.winnow();
        if (winnow == null) {
            return part.bytes() < Winnowing.guarantee(0)
                    ? new Likeness.None() // too short for an excerpt that is noticed for certain
                    : new Likeness.Unknown(
                            "of a part nothing was recorded by which excerpts are recognised: its profile does not ask for that,"
                                    + " or the event had no room for it");
        }
        try {
            final Winnowing.Match match = runs.computeIfAbsent(
                            key.id(),
                            id -> new Winnowing(key.derive(Winnowing.PURPOSE)).document(normalized, normalizedLength))
                    .match(winnow);
            return match.matched() == 0 ? new Likeness.None() : new Likeness.Excerpt(match.matched(), match.recorded());
        } catch (IllegalArgumentException e) {
            return new Likeness.Unknown("a part has fingerprints that are none: " + e.getMessage());
        }
    }

    /** Whether a recorded hash of a whole content is the document's. */
    public boolean hasHash(@Nullable String hash) {
        return hash != null && (sha256.equals(hash) || keyedHashes.contains(hash));
    }

    /**
     * What says which document it is to somebody who has it, and does not give away what is in it.
     *
     * @param bytes its length
     * @param sha256 hex; {@code null} when it is so short that it could be guessed
     * @param normalizedSha256 the same with white space normalised
     * @param keyedHashes {@code KEYID:hex} for each of the installation's keys that was given
     */
    public record Digests(
            long bytes, @Nullable String sha256, @Nullable String normalizedSha256, List<String> keyedHashes) {

        public Digests {
            keyedHashes = List.copyOf(keyedHashes);
        }

        /** Whether a recorded hash of a whole content is the document's. */
        public boolean has(@Nullable String hash) {
            return hash != null && (hash.equals(sha256) || keyedHashes.contains(hash));
        }

        /** Whether these can be of the same document, under those keys that both were made with. */
        public boolean agree(Digests other) {
            return bytes == other.bytes
                    && Objects.equals(sha256, other.sha256)
                    && Objects.equals(normalizedSha256, other.normalizedSha256)
                    && keyedHashes.stream()
                            .allMatch(hash -> other.keyedHashes.stream()
                                    .noneMatch(theirs -> keyId(theirs).equals(keyId(hash)) && !theirs.equals(hash)));
        }

        private static String keyId(String hash) {
            return hash.substring(0, Math.max(0, hash.indexOf(':')));
        }
    }

    /** What may be told of the document. */
    public Digests digests() {
        return new Digests(
                length,
                length < GUESSABLE ? null : sha256,
                normalizedLength < GUESSABLE ? null : normalizedSha256,
                keyedHashes);
    }

    /** Whether excerpts are recognised. */
    public boolean recognisesExcerpts() {
        return !keys.isEmpty();
    }

    /** As the user named it. */
    public String name() {
        return name;
    }

    /** Lower-case hex. */
    public String sha256() {
        return sha256;
    }
}
