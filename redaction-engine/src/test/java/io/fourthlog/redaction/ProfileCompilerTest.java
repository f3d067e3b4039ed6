package io.fourthlog.redaction;

import static io.fourthlog.redaction.Keys.plaintext;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.redaction.ProfileSource.Allowed;
import io.fourthlog.redaction.ProfileSource.CustomDetector;
import io.fourthlog.redaction.ProfileSource.KeyNames;
import io.fourthlog.redaction.ProfileSource.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProfileCompilerTest {

    private static final CustomDetector TICKET = new CustomDetector(
            "ticket-number", "PII:case_id", "CASE-[0-9]{8}", List.of("CASE-00012345"), List.of("CASE-1"));

    @Test
    void aCustomDetectorIsOneMoreDetector() {
        Profile profile = compiled(List.of("PII:*", "PHI:*"), List.of("PII:ip"), List.of(TICKET), List.of());

        assertThat(tags(profile, "CASE-00012345 of jane@example.com")).containsExactly("PII:case_id", "PII:email");
        assertThat(tags(profile, "4111111111111111 CASE-1")).isEmpty();
    }

    @Test
    void whatIsDisabledIsNotLookedFor() {
        Profile profile = compiled(List.of("PII:*"), List.of("PII:email", "PII:case_id"), List.of(TICKET), List.of());

        assertThat(tags(profile, "CASE-00012345 jane@example.com 219-45-6789")).containsExactly("PII:us-ssn");
    }

    @Test
    void whatIsAllowedIsNoFinding() {
        Allowed documentation = new Allowed("PII:email", "@example\\.com$", "documentation addresses");
        Profile profile = compiled(List.of("PII:*"), List.of(), List.of(), List.of(documentation));

        assertThat(tags(profile, "jane@example.com")).isEmpty();
        assertThat(tags(profile, "jane@example.com, joe@example.com.evil.org")).containsExactly("PII:email");
    }

    @Test
    void patternsAreMatchedOnUtf8AndGiveOffsetsInIt() {
        CustomDetector umlaut =
                new CustomDetector("street", "PII:street", "\\p{L}+straße", List.of("Königstraße"), List.of());
        RedactionEngine engine =
                RedactionEngine.create(compiled(List.of(), List.of(), List.of(umlaut), List.of()), Keys.HMAC);
        try (Plaintext text = plaintext("é: Königstraße 1")) {
            assertThat(engine.findings(text, Findings.Unit.UTF16).list())
                    .containsExactly(new Finding("PII:street", 3, 14));
        }
    }

    @Test
    void everyMistakeIsNamedWithItsField() {
        ProfileSource source = new ProfileSource(
                "bad",
                List.of("secret:githb", "pii:*"),
                List.of("nonsense"),
                List.of(
                        TICKET,
                        new CustomDetector("ticket-number", "case", "(?=x)", List.of("x"), List.of()),
                        new CustomDetector("Bad_Name", "PII:a", "x*", List.of("x"), List.of()),
                        new CustomDetector("long", "PII:b", "a{1000}{2}", List.of("a"), List.of()),
                        new CustomDetector("wrong", "PII:c", "a+b", List.of("ab", "ba"), List.of("x", "aab")),
                        new CustomDetector("bare", "PII:d", "abc", List.of(), List.of())),
                List.of(new Allowed("PII:nobody", "[", " ")),
                new Shape(0, 5000, KeyNames.KEEP),
                true);

        assertThat(errors(source))
                .extracting(ProfileError::path)
                .containsExactly(
                        "spec.detectors.enable[0]",
                        "spec.detectors.enable[1]",
                        "spec.detectors.disable[0]",
                        "spec.shape.maxDepth",
                        "spec.shape.maxFields",
                        "spec.detectors.custom[1].name",
                        "spec.detectors.custom[1].tag",
                        "spec.detectors.custom[1].pattern",
                        "spec.detectors.custom[2].name",
                        "spec.detectors.custom[2].pattern",
                        "spec.detectors.custom[3].pattern",
                        "spec.detectors.custom[4].examples[1]",
                        "spec.detectors.custom[4].counterExamples[1]",
                        "spec.detectors.custom[5].examples",
                        "spec.detectors.allow[0].tag",
                        "spec.detectors.allow[0].reason",
                        "spec.detectors.allow[0].pattern");
        assertThat(errors(source).getFirst().message())
                .startsWith("no detector has the tag 'secret:githb'; there are PCI:cvv, ")
                .contains("secret:github");
    }

    @ParameterizedTest
    @CsvSource({
        "CASE-[0-9]{8}, CASE-",
        "^ticket\\.id: , ticket.id:",
        "abcd?efgh, efgh",
        "abc*, ''",
        "abcde*f, abcd",
        "abcde{2}, abcd",
        "(abc)def, ''",
        "abc|def, ''",
        "(?i)abcdef, ''",
        "\\bword, ''",
        "x.needle+s, needle",
        "\\x{41}bcdef, ''",
        "größe, ''",
        "100%abcd, ''"
    })
    void aPatternIsGatedByALiteralThatEveryMatchHas(String pattern, String literal) {
        assertThat(CustomPattern.requiredLiteral(pattern)).isEqualTo(literal);
    }

    private static Profile compiled(
            List<String> enable, List<String> disable, List<CustomDetector> custom, List<Allowed> allow) {
        return Keys.compiled(new ProfileSource("test", enable, disable, custom, allow, Shape.DEFAULT, true));
    }

    private static Iterable<String> tags(Profile profile, String text) {
        try (Plaintext plaintext = plaintext(text)) {
            return RedactionEngine.create(profile, Keys.HMAC).redact(plaintext).sensitivity();
        }
    }

    private static List<ProfileError> errors(ProfileSource source) {
        return switch (ProfileCompiler.compile(source)) {
            case ProfileCompiler.Result.Compiled compiled -> throw new AssertionError("it compiled: " + compiled);
            case ProfileCompiler.Result.Refused(List<ProfileError> errors) -> errors;
        };
    }
}
