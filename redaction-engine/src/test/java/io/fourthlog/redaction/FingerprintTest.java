package io.fourthlog.redaction;

import static io.fourthlog.redaction.Keys.HMAC;
import static io.fourthlog.redaction.Keys.OTHER;
import static io.fourthlog.redaction.Keys.plaintext;
import static io.fourthlog.redaction.Keys.redact;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FingerprintTest {

    @Test
    void theHashesAreTheOnesThatAnyoneCanCompute() {
        String text = "  The quarterly figures,\n\tas agreed  on Tuesday, are not to leave the building.\n";
        Fingerprint fingerprint = redact(text).fingerprint();

        assertThat(fingerprint.bytes()).isEqualTo(text.length());
        assertThat(fingerprint.sha256()).isEqualTo(sha256(text));
        assertThat(fingerprint.normalizedSha256()).isEqualTo(sha256(text.strip().replaceAll("\\s+", " ")));
        assertThat(fingerprint.keyedHash()).isEqualTo(HMAC.keyedHash(text.getBytes(UTF_8), 0, text.length()));
    }

    @Test
    void whatCouldBeGuessedHasNoBareHash() {
        Fingerprint shorter = redact("x".repeat(63)).fingerprint();
        Fingerprint blank = redact(" ".repeat(100) + "x").fingerprint();

        assertThat(shorter.sha256()).isNull();
        assertThat(shorter.normalizedSha256()).isNull();
        assertThat(shorter.keyedHash()).isNotNull();
        assertThat(blank.sha256()).isNotNull();
        assertThat(blank.normalizedSha256()).isNull();
    }

    @Property
    void theChunksThatATextCameInDoNotMatter(@ForAll long seed, @ForAll @IntRange(min = 1, max = 700) int chunk) {
        String text = prose(seed, 600) + " jane@example.com";
        byte[] bytes = text.getBytes(UTF_8);
        try (PlaintextBuffer buffer = new PlaintextBuffer(1 << 16)) {
            for (int at = 0; at < bytes.length; at += chunk) {
                buffer.append(bytes, at, Math.min(chunk, bytes.length - at));
            }
            try (Plaintext sealed = buffer.seal()) {
                assertThat(RedactionEngine.create(Profile.builtin(), HMAC).redact(sealed))
                        .isEqualTo(redact(text));
            }
        }
    }

    @Property
    void anExcerptOfTheGuaranteedLengthIsAlwaysNoticed(
            @ForAll long seed, @ForAll @IntRange(min = 0, max = 4000) int at) {
        String leaked = prose(seed, 8000);
        String excerpt =
                leaked.substring(at, at + Winnowing.guarantee(8000) + 2); // a space at either end may be trimmed
        String document = prose(seed + 1, 500) + " " + excerpt.replace(" ", "\n   ") + " " + prose(seed + 2, 500);

        assertThat(Winnowing.guarantee(8000)).isEqualTo(47);
        assertThat(match(leaked, document).matched()).isPositive();
        assertThat(match(document, leaked).matched()).isPositive();
    }

    @Test
    void aWholeDocumentMatchesWholly() {
        String text = prose(1, 3000);
        Winnowing.Match match = match(text, text.replace(' ', '\n'));

        assertThat(match.matched()).isEqualTo(match.recorded()).isBetween(250, 500);
    }

    @Test
    void strangersDoNotMatch() {
        assertThat(match(prose(1, 20_000), prose(2, 20_000)).matched()).isZero();
    }

    @Test
    void withoutTheKeyNothingMatches() {
        String text = prose(1, 3000);
        try (Plaintext document = plaintext(text)) {
            assertThat(Winnowing.match(winnow(text), document, OTHER).matched()).isZero();
        }
    }

    @Test
    void aFingerprintDoesNotGrowWithTheText() {
        for (int length = 1 << 12; length <= 1 << 22; length <<= 2) {
            assertThat(Base64.getUrlDecoder().decode(winnow(prose(3, length))).length)
                    .as("%d bytes", length)
                    .isBetween(400 * Long.BYTES, 1200 * Long.BYTES);
        }
    }

    @Test
    void aTextThatRepeatsItselfHasFewHashes() {
        assertThat(Base64.getUrlDecoder().decode(winnow("a".repeat(100_000)))).hasSize(Long.BYTES);
    }

    @Test
    void aTextShorterThanTheGuaranteeHasNoWinnow() {
        assertThat(redact(prose(1, 46)).fingerprint().winnow()).isNull();
        assertThat(redact("x" + prose(1, 47).substring(2) + "x").fingerprint().winnow())
                .isNotNull();
    }

    @Test
    void aWinnowThatIsNotOneIsRefused() {
        try (Plaintext document = plaintext("x")) {
            assertThatThrownBy(() -> Winnowing.match("AAAA", document, HMAC))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** Test vectors of the SipHash authors: key 00…0f, message 00, 01, 02, …. */
    @ParameterizedTest
    @CsvSource({"0, 726fdb47dd0e0e31", "8, 93f5f5799a932462", "16, 3f2acc7f57c29bdb"})
    void sipHashIsThatOfItsAuthors(int length, String hash) {
        byte[] key = HexFormat.of().parseHex("000102030405060708090a0b0c0d0e0f");

        assertThat(new SipHash(key).hash(key, 0, length)).isEqualTo(Long.parseUnsignedLong(hash, 16));
    }

    private static Winnowing.Match match(String recorded, String document) {
        try (Plaintext plaintext = plaintext(document)) {
            return Winnowing.match(winnow(recorded), plaintext, HMAC);
        }
    }

    private static String winnow(String text) {
        return requireNonNull(redact(text).fingerprint().winnow());
    }

    /** Words from a small vocabulary, so many bytes of them, with single spaces. */
    private static String prose(long seed, int length) {
        Random random = new Random(seed);
        String words = random.ints(length / 4 + 1, 0, 5000)
                .mapToObj(word -> Integer.toString(word * 7919 + 36 * 36 * 36, 36))
                .collect(Collectors.joining(" "));
        return words.substring(0, length);
    }

    private static String sha256(String text) {
        return HexFormat.of().formatHex(Hmac.sha256().digest(text.getBytes(UTF_8)));
    }
}
