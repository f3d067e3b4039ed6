package io.fourthlog.redaction;

import static io.fourthlog.redaction.Keys.plaintext;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class TokenCountsTest {

    @Test
    void theTextsOfAPromptAreCountedTogether() {
        try (TokenCounts counts = new TokenCounts();
                Plaintext system = plaintext("You are helpful.");
                Plaintext question = plaintext("Who is our first customer?")) {
            LateCount late =
                    counts.take("gpt-4o-mini", List.of(system, question)).orElseThrow();

            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> late.now().isPresent());
            assertThat(late.now()).hasValue(4 + 6);
        }
    }

    @Test
    void whatCannotBeCountedIsNotTaken() {
        try (TokenCounts counts = new TokenCounts();
                Plaintext question = plaintext("Who is our first customer?");
                Plaintext document = plaintext("word ".repeat(60_000))) {
            assertThat(counts.take("claude-sonnet-4", List.of(question))).isEmpty();
            assertThat(counts.take("gpt-5", List.of(document))).isEmpty();
        }
    }

    @Test
    void whatIsMoreThanMayWaitIsNotTakenAndNobodyWaits() {
        try (TokenCounts counts = new TokenCounts();
                Plaintext document = plaintext("a word or two ".repeat(18_000))) {
            Optional<LateCount> taken = counts.take("gpt-5", List.of(document));
            for (int i = 0; i < 100 && taken.isPresent(); i++) {
                taken = counts.take("gpt-5", List.of(document));
            }
            assertThat(taken).as("of a hundred at once").isEmpty();
        }
    }
}
