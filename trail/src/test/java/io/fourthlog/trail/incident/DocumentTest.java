package io.fourthlog.trail.incident;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.fingerprint.Normalizer;
import io.fourthlog.fingerprint.Winnowing;
import io.fourthlog.trail.UsageException;
import io.fourthlog.trail.incident.Document.Likeness;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DocumentTest {

    private static final String SECRET =
            "The quarterly figures, as agreed on Tuesday, are not to leave the building before the board"
                    + " has seen them; whoever has them in hand keeps them in hand.";

    @TempDir
    private Path folder;

    private InstallationKey key;

    @BeforeEach
    void makeKey() throws Exception {
        key = key("k1", "0123456789abcdef0123456789abcdef");
    }

    private InstallationKey key(String id, String secret) throws Exception {
        final Path directory = Files.createDirectories(folder.resolve(id));
        Files.writeString(directory.resolve("key-id"), id + "\n");
        Files.writeString(directory.resolve("key"), secret);
        return InstallationKey.load(directory).getFirst();
    }

    private Document document(String text, @Nullable InstallationKey with) throws Exception {
        return Document.load(
                Files.writeString(folder.resolve("document"), text), with == null ? List.of() : List.of(with));
    }

    /** What a sensor records of a text. */
    private PartFingerprint recorded(String text) throws Exception {
        final byte[] bytes = text.getBytes(UTF_8);
        final byte[] normalized = new byte[bytes.length];
        final int length = Normalizer.normalize(bytes, bytes.length, normalized);
        return new PartFingerprint(
                "input.tool",
                bytes.length,
                bytes.length < 64 ? null : sha256(bytes),
                length < 64 ? null : sha256(Arrays.copyOf(normalized, length)),
                key.keyedHash(bytes),
                new Winnowing(key.derive(Winnowing.PURPOSE)).fingerprint(normalized, length));
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    @Test
    void theWholeDocumentIsRecognisedWithoutAKey() throws Exception {
        assertThat(document(SECRET, null).compare(recorded(SECRET))).isEqualTo(new Likeness.Exact());
        assertThat(document(SECRET.replace(" ", "\n  "), null).compare(recorded(SECRET)))
                .isEqualTo(new Likeness.Normalized());
    }

    @Test
    void aPartOfWhichNoExcerptsWereRecordedIsNotCalledAnother() throws Exception {
        final String around = "Dear all, for your information: " + SECRET + " Please do not share this any further.";
        assertThat(document(SECRET, key).compare(without(recorded(around)))).isInstanceOf(Likeness.Unknown.class);
        assertThat(document(SECRET, key).compare(without(recorded("Something else, and too short."))))
                .isEqualTo(new Likeness.None());
    }

    private static PartFingerprint without(PartFingerprint part) {
        return new PartFingerprint(
                part.part(), part.bytes(), part.sha256(), part.normalizedSha256(), part.keyedHash(), null);
    }

    @Test
    void anExcerptIsRecognisedWithTheKeyInBothDirections() throws Exception {
        final String around = "Dear all, for your information: " + SECRET + " Please do not share this any further.";

        assertThat(document(SECRET, key).compare(recorded(around))).isInstanceOf(Likeness.Excerpt.class);
        assertThat(document(around, key).compare(recorded(SECRET))).isInstanceOf(Likeness.Excerpt.class);
        assertThat(document(SECRET, key)
                        .compare(recorded(
                                "Something else altogether, that is long enough to have fingerprints of its own.")))
                .isEqualTo(new Likeness.None());
    }

    @Test
    void withoutTheKeyAnExcerptIsNotDeniedButUnknown() throws Exception {
        assertThat(document(SECRET, null).compare(recorded("Dear all: " + SECRET)))
                .isInstanceOf(Likeness.Unknown.class);
    }

    @Test
    void aShortTextIsRecognisedByItsKeyedHashOnly() throws Exception {
        assertThat(document("4111 1111 1111 1111", key).compare(recorded("4111 1111 1111 1111")))
                .isEqualTo(new Likeness.Exact());
        assertThat(document("4111 1111 1111 1111", null).compare(recorded("4111 1111 1111 1111")))
                .isInstanceOf(Likeness.Unknown.class);
    }

    @Test
    void aPartOfAnotherKeyIsNotCalledDifferent() throws Exception {
        final InstallationKey other = key("k2", "fedcba9876543210fedcba9876543210");

        assertThat(document(SECRET, other).compare(recorded("Dear all: " + SECRET)))
                .isEqualTo(new Likeness.Unknown("a part was recorded with the key k1"));
    }

    @Test
    void aPartOfARetiredKeyIsComparedWithThat() throws Exception {
        final Path rotated = Files.createDirectories(folder.resolve("rotated"));
        Files.writeString(rotated.resolve("key-id"), "k2");
        Files.writeString(rotated.resolve("key"), "fedcba9876543210fedcba9876543210");
        Files.writeString(
                rotated.resolve("retired"),
                "k0 " + base64("00000000000000000000000000000000") + "\n\nk1 "
                        + base64("0123456789abcdef0123456789abcdef") + "\n");
        final Document known =
                Document.load(Files.writeString(folder.resolve("document"), SECRET), InstallationKey.load(rotated));
        final Document guessable = Document.load(
                Files.writeString(folder.resolve("short"), "4111 1111 1111 1111"), InstallationKey.load(rotated));

        assertThat(known.compare(recorded("Dear all: " + SECRET))).isInstanceOf(Likeness.Excerpt.class);
        assertThat(guessable.compare(recorded("4111 1111 1111 1111"))).isEqualTo(new Likeness.Exact());
        assertThat(guessable.digests().keyedHashes())
                .extracting(hash -> hash.substring(0, 3))
                .containsExactly("k2:", "k0:", "k1:");
        assertThat(guessable.digests().has(recorded("4111 1111 1111 1111").keyedHash()))
                .isTrue();
    }

    /** Whoever checks has a newer Secret than whoever made the bundle, or an older one. */
    @Test
    void digestsAgreeUnderTheKeysThatBothWereMadeWith() throws Exception {
        final InstallationKey newer = key("k2", "fedcba9876543210fedcba9876543210");
        final InstallationKey wrong = key("k1", "another key that has the same id");
        final Path text = Files.writeString(folder.resolve("document"), "4111 1111 1111 1111");
        final Document.Digests own = Document.load(text, List.of(key)).digests();

        assertThat(own.agree(Document.load(text, List.of(newer, key)).digests()))
                .isTrue();
        assertThat(own.agree(Document.load(text, List.of(newer)).digests())).isTrue();
        assertThat(own.agree(Document.load(text, List.of(newer, wrong)).digests()))
                .isFalse();
        assertThat(own.agree(document("4111 1111 1111 1112", key).digests())).isFalse();
    }

    private static String base64(String key) {
        return Base64.getEncoder().encodeToString(key.getBytes(UTF_8));
    }

    @Test
    void aKeyThatIsNoneIsRefusedWithTheRemedy() {
        assertThatThrownBy(() -> InstallationKey.load(folder.resolve("nowhere")))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("key-id and key");
        assertThatThrownBy(() -> key("k3", "short"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("32");
        assertThatThrownBy(() -> {
                    Files.writeString(folder.resolve("k1").resolve("retired"), "k0\n");
                    InstallationKey.load(folder.resolve("k1"));
                })
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("retired: a line is the id of a key, a space, and the key in base64");
        assertThat(key).hasToString("InstallationKey[k1]");
    }
}
