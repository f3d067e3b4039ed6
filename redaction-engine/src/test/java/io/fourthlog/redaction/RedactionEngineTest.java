package io.fourthlog.redaction;

import static io.fourthlog.redaction.Keys.HMAC;
import static io.fourthlog.redaction.Keys.plaintext;
import static io.fourthlog.redaction.Keys.redact;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.redaction.detect.Detector;
import io.fourthlog.redaction.detect.Detectors;
import io.fourthlog.redaction.detect.Documentation;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class RedactionEngineTest {

    private static final String TEXT = "Ask jane@example.com\nabout card 4111 1111 1111 1111.\n";

    @Test
    void aTextBecomesTagsCountsAndHashes() {
        Redacted redacted = redact(TEXT);

        assertThat(redacted.sensitivity()).containsExactly("PCI:pan", "PII:email");
        assertThat(redacted.semanticTags()).containsExactly("contained payment card data", "contained personal data");
        assertThat(redacted.bytes()).isEqualTo(TEXT.length());
        assertThat(redacted.lines()).isEqualTo(2);
        assertThat(redacted.dropped()).isFalse();
        assertThat(redacted.fingerprint().keyedHash()).matches("k1:[0-9a-f]{64}");
    }

    @Property(tries = 30)
    void whatWasRedactedBeforeMakesNoDifference(@ForAll @Size(max = 40) List<@IntRange(max = 9) Integer> order) {
        RedactionEngine engine = RedactionEngine.create(Profile.builtin(), HMAC);
        for (int which : order) {
            String text = TEXT.repeat(which % 3) + "agent-" + which + "@example.com ".repeat(which % 2)
                    + "x".repeat(9 * which);
            assertThat(redacted(engine, text)).isEqualTo(redact(text));
        }
    }

    @Test
    void textsAreRememberedInBoundedMemoryAndRedactedAgainWhenTheyWereForgotten() {
        RedactionEngine engine = RedactionEngine.create(Profile.builtin(), HMAC);
        RedactedTexts texts = new RedactedTexts();
        Redacted first = redacted(engine, letter(0));
        for (int i = 0; i < 2_000; i++) {
            Redacted redacted = redacted(engine, letter(i % 1_000));
            assertThat(redacted.sensitivity()).contains("PII:email");
            texts.add(String.valueOf(i), redacted);
        }

        assertThat(redacted(engine, letter(0))).isEqualTo(first);
        assertThat(texts.size()).isBetween(100, 1_000);
        assertThat(texts.get("0")).isNull();
        assertThat(texts.get("1999")).isEqualTo(redact(letter(999)));
    }

    /** Some 2 KiB, no two alike. */
    private static String letter(int number) {
        return new Random(number)
                .ints(300, 100_000, 1_000_000)
                .mapToObj(word -> Integer.toString(word, 36))
                .collect(Collectors.joining(" ", "To jane@example.com: ", "."));
    }

    private static Redacted redacted(RedactionEngine engine, String text) {
        try (Plaintext plaintext = plaintext(text)) {
            return engine.redact(plaintext);
        }
    }

    @Test
    void nothingIsFoundInNothing() {
        Redacted redacted = redact("");

        assertThat(redacted.sensitivity()).isEmpty();
        assertThat(redacted.lines()).isZero();
        assertThat(redacted.fingerprint().sha256()).isNull();
    }

    @Test
    void aLastLineNeedsNoLineFeed() {
        assertThat(redact("a\nb").lines()).isEqualTo(2);
        assertThat(redact("a\nb\n").lines()).isEqualTo(2);
    }

    @Test
    void whenADetectorThrowsTheContentIsDropped() {
        RedactionEngine engine = RedactionEngine.create(brokenProfile(), HMAC);
        try (Plaintext text = plaintext(TEXT);
                Plaintext json = plaintext("{\"card\":4111111111111111}")) {
            Redacted redacted = engine.redact(text);
            assertThat(redacted.sensitivity()).containsExactly("unknown:failed-ArithmeticException");
            assertThat(redacted.fingerprint()).isEqualTo(Fingerprint.dropped(TEXT.length()));
            assertThat(redacted.dropped()).isTrue();

            RedactedJson redactedJson = engine.redactJson(json);
            assertThat(redactedJson.sensitivity()).containsExactly("unknown:failed-ArithmeticException");
            assertThat(redactedJson.shape()).isNull();
            assertThat(redactedJson.keyedHash()).isNull();
            assertThat(redactedJson.problem()).doesNotContain("4111");

            assertThat(engine.findings(text, Findings.Unit.BYTES))
                    .isEqualTo(new Findings(List.of(), "unknown:failed-ArithmeticException"));
        }
    }

    @Test
    void whenTheBudgetOfCustomPatternsRunsOutTheContentIsDropped() {
        ProfileSource.CustomDetector slow = new ProfileSource.CustomDetector(
                "slow", "PII:slow", "([a-f]{1,60}[0-9]){9}Z", List.of("a1b2c3d4e5f6a7b8c9Z"), List.of());
        ProfileSource defaults = ProfileSource.defaults("slow");
        Profile profile = Keys.compiled(new ProfileSource(
                "slow", defaults.enable(), List.of(), List.of(slow), List.of(), defaults.shape(), true));
        try (Plaintext text = plaintext("abcdef1".repeat(1 << 16))) {
            Redacted redacted = RedactionEngine.create(profile, HMAC).redact(text);

            assertThat(redacted.sensitivity()).containsExactly("unknown:over-budget");
            assertThat(redacted.fingerprint().sha256()).isNull();
        }
    }

    @Test
    void findingsCountBytesOrUtf16UnitsAsAsked() {
        RedactionEngine engine = RedactionEngine.create(Profile.builtin(), HMAC);
        String text = "😀é水 jane@example.com";
        try (Plaintext plaintext = plaintext(text)) {
            Finding inUtf16 =
                    engine.findings(plaintext, Findings.Unit.UTF16).list().getFirst();

            assertThat(text.substring(inUtf16.start(), inUtf16.end())).isEqualTo("jane@example.com");
            assertThat(engine.findings(plaintext, Findings.Unit.BYTES).list())
                    .containsExactly(new Finding("PII:email", 10, 26));
        }
    }

    /** A profile whose card detector divides by zero. */
    private static Profile brokenProfile() {
        Detector card = Detectors.builtIn().stream()
                .filter(detector -> detector.documentation().tag().equals("PCI:pan"))
                .findFirst()
                .orElseThrow();
        Documentation documentation = card.documentation();
        Detector broken = (Detector) Proxy.newProxyInstance(
                Detector.class.getClassLoader(),
                new Class<?>[] {Detector.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "documentation" -> documentation;
                    case "anchors" -> card.anchors();
                    default -> throw new ArithmeticException("4111 1111 1111 1111 / 0");
                });
        return new Profile(
                ProfileSource.defaults("broken"), List.of(broken), List.of(), Map.of(), PromptClass.builtIn());
    }
}
