package io.fourthlog.redaction;

import static io.fourthlog.redaction.Keys.plaintext;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class PromptEmbeddingsTest {

    private static final int EXAMPLES = PromptClass.builtIn().examples().size();
    private static final int PLACES = 16;

    @Test
    void whereNoModelIsToBeHadNoPromptIsTaken() {
        try (PromptEmbeddings none = new PromptEmbeddings(null)) {
            assertThat(take(none, "a prompt that nobody classifies")).isEmpty();
        }
    }

    @Test
    void whileTheModelIsLoadingNoPromptIsTaken() {
        try (PromptEmbeddings loading = new PromptEmbeddings(new LetterEmbedder.Provider(new Semaphore(0)))) {
            assertThat(loading.ready()).isFalse();
            assertThat(take(loading, "a prompt that comes too early")).isEmpty();
        }
    }

    @Test
    void whatIsMoreThanThePlacesIsNotTakenAndNobodyWaits() {
        Semaphore permits = new Semaphore(EXAMPLES);
        try (PromptEmbeddings busy = new PromptEmbeddings(new LetterEmbedder.Provider(permits))) {
            Awaitility.await().until(busy::ready);
            List<LateClass> taken = new ArrayList<>();
            for (int i = 0; i < PLACES; i++) {
                taken.add(
                        take(busy, "translate the following text into Italian").orElseThrow());
            }
            assertThat(take(busy, "one more prompt than there are places")).isEmpty();
            assertThat(taken).allSatisfy(late -> assertThat(late.now()).isEmpty());

            permits.release(PLACES);
            Awaitility.await()
                    .untilAsserted(() -> assertThat(taken)
                            .allSatisfy(late -> assertThat(late.now()).isPresent()));
            assertThat(taken).allSatisfy(late -> assertThat(late.model()).isEqualTo("letters"));
            permits.release(1);
            Awaitility.await()
                    .until(() -> take(busy, "and there are places again").isPresent());
        }
    }

    private static Optional<LateClass> take(PromptEmbeddings embeddings, String prompt) {
        try (Plaintext text = plaintext(prompt)) {
            return RedactionEngine.create(Profile.builtin(), Keys.HMAC, embeddings)
                    .classifyLater(text);
        }
    }
}
