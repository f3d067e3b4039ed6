package io.fourthlog.redaction;

import static io.fourthlog.redaction.Keys.plaintext;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class TokenCountsTest {

    @Test
    void theTextsOfAPromptAreCountedTogether() {
        try (TokenCounts counts = new TokenCounts();
                Plaintext system = plaintext("You are helpful.");
                Plaintext question = plaintext("Who is our first customer?")) {
            LateCount late = counts.take("gpt-4o-mini", List.of(text(system, null), text(question, null)))
                    .orElseThrow();

            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> late.now().isPresent());
            assertThat(late.now()).hasValue(4 + 6);
        }
    }

    @Test
    void whatIsShortIsCountedAtOnceWhenTheVocabularyHasBeenRead() {
        Plaintext closed = plaintext("Who is our last customer?");
        closed.close();
        try (TokenCounts counts = new TokenCounts();
                Plaintext question = plaintext("Who is our first customer?")) {
            List<TokenCounts.Text> texts = List.of(text(question, null));
            LateCount first = counts.take("gpt-4o-mini", texts).orElseThrow();
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> first.now().isPresent());

            assertThat(counts.take("gpt-4o-mini", texts).orElseThrow().now()).hasValue(6);
            assertThatThrownBy(() -> counts.take("gpt-4o-mini", List.of(text(question, null), text(closed, null))))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(counts.take("gpt-4o-mini", texts).orElseThrow().now()).hasValue(6);
        }
    }

    @Test
    void whatCannotBeCountedIsNotTaken() {
        try (TokenCounts counts = new TokenCounts();
                Plaintext question = plaintext("Who is our first customer?");
                Plaintext document = plaintext("word ".repeat(60_000))) {
            assertThat(counts.take("claude-sonnet-4", List.of(text(question, null))))
                    .isEmpty();
            assertThat(counts.take("gpt-5", List.of(text(document, null)))).isEmpty();
        }
    }

    @Test
    void whatIsMoreThanMayWaitIsNotTakenAndNobodyWaits() {
        try (TokenCounts counts = new TokenCounts();
                Plaintext document = plaintext("a word or two ".repeat(18_000))) {
            Optional<LateCount> taken = counts.take("gpt-5", List.of(text(document, null)));
            for (int i = 0; i < 100 && taken.isPresent(); i++) {
                taken = counts.take("gpt-5", List.of(text(document, null)));
            }
            assertThat(taken).as("of a hundred at once").isEmpty();
        }
    }

    @Test
    void whatComesAgainIsKnownAtOnceByTheVocabularyThatItWasCountedWith() {
        try (TokenCounts counts = new TokenCounts();
                Plaintext system = plaintext("You are helpful.");
                Plaintext question = plaintext("Who is our first customer?")) {
            List<TokenCounts.Text> first = List.of(text(system, "k1:1"));
            LateCount alone = counts.take("gpt-4o-mini", first).orElseThrow();
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> alone.now().isPresent());

            assertThat(counts.take("gpt-4o-mini", first).orElseThrow().now()).hasValue(4);

            List<TokenCounts.Text> both = List.of(text(system, "k1:1"), text(question, "k1:2"));
            LateCount together = counts.take("gpt-4o-mini", both).orElseThrow();
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> together.now().isPresent());
            assertThat(together.now()).hasValue(4 + 6);
            assertThat(counts.take("gpt-4o-mini", both).orElseThrow().now()).hasValue(4 + 6);

            LateCount older = counts.take("gpt-4", both).orElseThrow();
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> older.now().isPresent());
            assertThat(older.now()).hasValue(4 + 6);
        }
    }

    private static TokenCounts.Text text(Plaintext content, @Nullable String name) {
        return new TokenCounts.Text(content, name);
    }
}
