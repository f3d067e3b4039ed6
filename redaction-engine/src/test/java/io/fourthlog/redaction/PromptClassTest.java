package io.fourthlog.redaction;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
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

    private static Optional<String> of(String prompt) {
        byte[] bytes = prompt.getBytes(UTF_8);
        return PromptClass.builtIn().of(bytes, bytes.length);
    }
}
