package io.fourthlog.trail.incident;

import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.fingerprint.Normalizer;
import io.fourthlog.fingerprint.Winnowing;
import io.fourthlog.trail.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
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
    private final Optional<InstallationKey> key;
    private final Optional<String> keyedHash;
    private final Winnowing.@Nullable Document runs;

    private Document(String name, byte[] content, Optional<InstallationKey> key) {
        final byte[] normalized = new byte[content.length];
        final int length = Normalizer.normalize(content, content.length, normalized);
        this.name = name;
        this.length = content.length;
        this.normalizedLength = length;
        this.sha256 = sha256(content);
        this.normalizedSha256 = sha256(Arrays.copyOf(normalized, length));
        this.key = key;
        this.keyedHash = key.map(hmac -> hmac.keyedHash(content));
        this.runs = key.map(hmac -> new Winnowing(hmac.derive(Winnowing.PURPOSE)).document(normalized, length))
                .orElse(null);
    }

    /**
     * Reads a document.
     *
     * @param key without it, only the whole document is recognised, and no excerpt
     * @throws UsageException when it cannot be read, or is too large
     */
    public static Document load(Path file, Optional<InstallationKey> key) throws UsageException {
        try {
            if (Files.size(file) > MAX_LENGTH) {
                throw new UsageException(
                        file + " is larger than " + (MAX_LENGTH >> 20) + " MiB: give an excerpt of it");
            }
            return new Document(file.toString(), Files.readAllBytes(file), key);
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
        if (sha256.equals(part.sha256())
                || keyedHash.filter(hash -> hash.equals(part.keyedHash())).isPresent()) {
            return new Likeness.Exact();
        }
        if (normalizedSha256.equals(part.normalizedSha256())) {
            return new Likeness.Normalized();
        }
        if (part.sha256() == null && part.keyedHash() == null) {
            return new Likeness.Unknown("of a part only the length was recorded");
        }
        if (part.sha256() == null && key.isEmpty()) {
            return new Likeness.Unknown("short parts were recorded with a keyed hash only: give the key with --hmac");
        }
        final Winnowing.Document all = runs;
        if (all == null) {
            return new Likeness.Unknown(
                    "excerpts are only recognised with the installation's key: give it with --hmac");
        }
        final String keyedHash = part.keyedHash();
        if (keyedHash != null && !keyedHash.startsWith(key.orElseThrow().id() + ":")) {
            return new Likeness.Unknown(
                    "a part was recorded with the key " + keyedHash.substring(0, keyedHash.indexOf(':')));
        }
        return excerpt(all, part.winnow());
    }

    private static Likeness excerpt(Winnowing.Document all, @Nullable String winnow) {
        if (winnow == null) {
            return new Likeness.None(); // too short for an excerpt that is noticed for certain
        }
        try {
            final Winnowing.Match match = all.match(winnow);
            return match.matched() == 0 ? new Likeness.None() : new Likeness.Excerpt(match.matched(), match.recorded());
        } catch (IllegalArgumentException e) {
            return new Likeness.Unknown("a part has fingerprints that are none: " + e.getMessage());
        }
    }

    /** Whether a recorded hash of a whole content is the document's. */
    public boolean hasHash(@Nullable String hash) {
        return sha256.equals(hash) || keyedHash.filter(own -> own.equals(hash)).isPresent();
    }

    /**
     * What says which document it is to somebody who has it, and does not give away what is in it.
     *
     * @param bytes its length
     * @param sha256 hex; {@code null} when it is so short that it could be guessed
     * @param normalizedSha256 the same with white space normalised
     * @param keyedHash {@code KEYID:hex}, when the installation's key was given
     */
    public record Digests(
            long bytes,
            @Nullable String sha256,
            @Nullable String normalizedSha256,
            @Nullable String keyedHash) {}

    /** What may be told of the document. */
    public Digests digests() {
        return new Digests(
                length,
                length < GUESSABLE ? null : sha256,
                normalizedLength < GUESSABLE ? null : normalizedSha256,
                keyedHash.orElse(null));
    }

    /** Whether excerpts are recognised. */
    public boolean recognisesExcerpts() {
        return runs != null;
    }

    /** As the user named it. */
    public String name() {
        return name;
    }

    /** Lower-case hex. */
    public String sha256() {
        return sha256;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
