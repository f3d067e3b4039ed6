package io.fourthlog.redaction;

import static io.fourthlog.redaction.Keys.HMAC;
import static io.fourthlog.redaction.Keys.redact;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

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

    /** Else whoever knows the letter tries ten thousand millions of numbers. */
    @Test
    void aShortTextWithOneSensitiveFigureHasNoBareHash() {
        String letter = prose(1, 900) + ", her social security number is ";
        Fingerprint sensitive = redact(letter + "219-45-6789").fingerprint();
        Fingerprint spaced = redact(letter + "  219-45-6789").fingerprint();
        Fingerprint unsuspicious = redact(letter + "not known").fingerprint();
        Fingerprint longer = redact(prose(2, 100) + letter + "219-45-6789").fingerprint();

        assertThat(sensitive.sha256()).isNull();
        assertThat(sensitive.normalizedSha256()).isNull();
        assertThat(sensitive.keyedHash()).isNotNull();
        assertThat(spaced.normalizedSha256()).isNull();
        assertThat(unsuspicious.sha256()).isNotNull();
        assertThat(unsuspicious.normalizedSha256()).isNotNull();
        assertThat(longer.sha256()).isNotNull();
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

    @Test
    void aTextShorterThanTheGuaranteeHasNoWinnow() {
        assertThat(redact(prose(1, 46)).fingerprint().winnow()).isNull();
        assertThat(redact("x" + prose(1, 47).substring(2) + "x").fingerprint().winnow())
                .isNotNull();
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
