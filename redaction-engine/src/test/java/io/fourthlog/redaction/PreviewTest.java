package io.fourthlog.redaction;

import static io.fourthlog.redaction.Keys.plaintext;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.redaction.ProfileSource.Allowed;
import io.fourthlog.redaction.ProfileSource.CustomDetector;
import io.fourthlog.redaction.ProfileSource.Shape;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreviewTest {

    private static final List<String> ALL = List.of("secret:*", "PII:*", "PCI:*", "PHI:*");

    @Test
    void noPreviewIsMadeUnlessTheProfileAsksForOne() {
        try (Plaintext text = plaintext("Restart the deployment")) {
            assertThat(RedactionEngine.create(Profile.builtin(), Keys.HMAC).preview(text))
                    .isEmpty();
        }
    }

    @Test
    void whatIsFoundIsAPlaceholderOfItsType() {
        assertThat(preview("Mail jane@example.com that 4111 1111 1111 1111 was declined.")
                        .text())
                .isEqualTo("Mail [PII:email] that [PCI:pan] was declined.");
    }

    @Test
    void whatIsHiddenInEscapesAndBase64IsMaskedWhereItStands() {
        assertThat(preview("to jane%40example.com, amFuZS5kb2VAZXhhbXBsZS5jb20= and \\u006aane@example.com")
                        .text())
                .isEqualTo("to [PII:email], [PII:email]= and [PII:email]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Write to Mrs. Jane Miller about it | PII:person",
                "Send it to 12 Main Street, Springfield, IL 62704 | PII:address",
                "The patient was diagnosed with type 2 diabetes mellitus | PHI:diagnosis"
            })
    void whereMoreMayHaveBeenMissedNothingIsShown(String text, String tag) {
        Preview preview = preview(text + ", and to jane@example.com");

        assertThat(preview.text()).isNull();
        assertThat(preview.withheld()).isEqualTo("it holds " + tag + ", of which there may be more than was found");
    }

    @Test
    void whereRedactionFailsNothingIsShown() {
        CustomDetector slow = new CustomDetector(
                "slow", "PII:slow", "([a-f]{1,60}[0-9]){9}Z", List.of("a1b2c3d4e5f6a7b8c9Z"), List.of());
        Preview preview = preview(profile(List.of(slow), List.of()), "abcdef1".repeat(1 << 16));

        assertThat(preview).isEqualTo(Preview.withheld("it could not be classified: unknown:over-budget"));
    }

    @Test
    void whatTheProfileAllowsIsShown() {
        Allowed documentation = new Allowed("PII:email", "@example\\.com$", "documentation addresses");

        assertThat(preview(profile(List.of(), List.of(documentation)), "jane@example.com, joe@fourthlog.io")
                        .text())
                .isEqualTo("jane@example.com, [PII:email]");
    }

    /** What is found in the whole text is cut off masked, wherever the bound falls: never a piece of an address, or of a placeholder. */
    @Property(tries = 200)
    void theBoundNeverCutsWhatWasFound(@ForAll @IntRange(max = 2 * Preview.MAX_BYTES) int before) {
        String shown =
                String.valueOf(preview("é".repeat(before / 2) + ".".repeat(before % 2) + " jane.doe@example.com said 水")
                        .text());

        assertThat(shown).doesNotContain("jane", "example", "\uFFFD");
        assertThat(shown.replace("[PII:email]", "")).doesNotContain("[", "]");
        String withoutEllipsis = shown.endsWith("…") ? shown.substring(0, shown.length() - 1) : shown;
        assertThat(withoutEllipsis.getBytes(UTF_8)).hasSizeLessThanOrEqualTo(Preview.MAX_BYTES);
        assertThat(shown.endsWith("said 水") || shown.endsWith("…")).isTrue();
    }

    @Test
    void aPreviewAsksForEveryDetector() {
        ProfileSource source = new ProfileSource(
                "few",
                List.of("secret:*", "PII:email"),
                List.of("PCI:pan"),
                List.of(),
                List.of(),
                Shape.DEFAULT,
                true,
                true,
                List.of(),
                false);

        assertThat(ProfileCompiler.compile(source))
                .isEqualTo(new ProfileCompiler.Result.Refused(List.of(
                        new ProfileError(
                                "spec.preview",
                                "masked shows what no detector finds, so every family has to be looked for: add PCI:*, PHI:*, PII:*"
                                        + " to spec.detectors.enable, or remove the preview"),
                        new ProfileError(
                                "spec.preview",
                                "masked would show what is disabled, in the clear: remove PCI:pan from"
                                        + " spec.detectors.disable, or remove the preview"))));
    }

    private static Preview preview(String text) {
        return preview(profile(List.of(), List.of()), text);
    }

    private static Preview preview(Profile profile, String text) {
        try (Plaintext plaintext = plaintext(text)) {
            return RedactionEngine.create(profile, Keys.HMAC).preview(plaintext).orElseThrow();
        }
    }

    private static Profile profile(List<CustomDetector> custom, List<Allowed> allow) {
        return Keys.compiled(new ProfileSource(
                "previews", ALL, List.of(), custom, allow, Shape.DEFAULT, true, true, List.of(), false));
    }
}
