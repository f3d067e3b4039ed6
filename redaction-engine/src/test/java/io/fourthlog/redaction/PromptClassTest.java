package io.fourthlog.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PromptClassTest {

    @ParameterizedTest
    @CsvSource({
        "Please write a function in Java that merges two sorted lists, code generation",
        "Summarize the timeline of the incident for the postmortem report, investigation summarization",
        "Translate the following text into Italian, translation",
        "Find out why the pods were evicted last night and what the root cause of the outage is, incident investigation"
    })
    void aPromptHasTheClassOfItsWork(String prompt, String promptClass) {
        assertThat(of(prompt)).contains(promptClass);
    }

    @Test
    void afewWordsAreTooFew() {
        assertThat(of("go on")).isEmpty();
    }

    @Test
    void theTaxonomyIsCoarse() {
        assertThat(PromptClass.builtIn().names()).hasSizeBetween(20, 40).doesNotHaveDuplicates();
    }

    @Test
    void aClassOfAProfileIsToldFromTheBuiltInOnes() {
        Profile profile = Keys.compiled(source(CLAIMS));
        RedactionEngine engine = RedactionEngine.create(profile, Keys.HMAC);

        assertThat(of(engine, "Please assess this claim: is the water damage covered by the policyholder's insurance?"))
                .contains("claims handling");
        assertThat(of(engine, "Please write a function in Java that merges two sorted lists"))
                .contains("code generation");
        assertThat(of(engine, "Translate the following text into Italian")).contains("translation");
    }

    @Test
    void everyMistakeOfAClassIsNamedWithItsField() {
        List<String> fine = CLAIMS.examples();
        assertThat(errors(
                        new ProfileSource.PromptClass("Claims", fine),
                        new ProfileSource.PromptClass("code review", fine),
                        new ProfileSource.PromptClass("other", fine),
                        new ProfileSource.PromptClass("few", fine.subList(0, 2)),
                        new ProfileSource.PromptClass("short", List.of("assess it", fine.get(0), "x".repeat(2_000)))))
                .extracting(ProfileError::path)
                .containsExactly(
                        "spec.promptClasses.custom[0].name",
                        "spec.promptClasses.custom[1].name",
                        "spec.promptClasses.custom[2].name",
                        "spec.promptClasses.custom[3].examples",
                        "spec.promptClasses.custom[4].examples[0]",
                        "spec.promptClasses.custom[4].examples[2]");
        assertThat(errors(IntStream.range(0, 17)
                        .mapToObj(i -> new ProfileSource.PromptClass("class " + i, fine))
                        .toArray(ProfileSource.PromptClass[]::new)))
                .first()
                .isEqualTo(new ProfileError("spec.promptClasses.custom", "17 classes, of at most 16"));
    }

    @Test
    void aClassThatCannotBeToldFromAnotherIsRefused() {
        assertThat(errors(new ProfileSource.PromptClass(
                        "java code",
                        List.of(
                                "Write a Python function that parses a CSV file and returns a list of dictionaries",
                                "Implement a REST endpoint in Java that creates a user and returns 201",
                                "Create a React component for a date picker with keyboard support"))))
                .anySatisfy(error -> {
                    assertThat(error.path()).isEqualTo("spec.promptClasses.custom[0].examples");
                    assertThat(error.message()).contains("no longer of 'code generation'");
                });
        assertThat(errors(CLAIMS, new ProfileSource.PromptClass("the same", CLAIMS.examples())))
                .extracting(ProfileError::message)
                .contains("reads as 'claims handling': give examples with words that only this class has");
    }

    private static final ProfileSource.PromptClass CLAIMS = new ProfileSource.PromptClass(
            "claims handling",
            List.of(
                    "Decide whether this insurance claim is covered by the policyholder's contract",
                    "Assess the damage in the claim and propose a settlement for the policyholder",
                    "Summarize the claim file for the adjuster and list the missing documents of the insured"));

    private static ProfileSource source(ProfileSource.PromptClass... classes) {
        ProfileSource defaults = ProfileSource.defaults("classes");
        return new ProfileSource(
                "classes",
                defaults.enable(),
                List.of(),
                List.of(),
                List.of(),
                defaults.shape(),
                true,
                false,
                List.of(classes),
                false);
    }

    private static List<ProfileError> errors(ProfileSource.PromptClass... classes) {
        return switch (ProfileCompiler.compile(source(classes))) {
            case ProfileCompiler.Result.Compiled compiled -> List.of();
            case ProfileCompiler.Result.Refused(List<ProfileError> errors) -> errors;
        };
    }

    private static Optional<String> of(RedactionEngine engine, String prompt) {
        try (Plaintext text = Keys.plaintext(prompt)) {
            return engine.classify(text);
        }
    }

    private static Optional<String> of(String prompt) {
        byte[] bytes = prompt.getBytes(UTF_8);
        return PromptClass.builtIn().of(bytes, bytes.length);
    }
}
