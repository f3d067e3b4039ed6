package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** What the official openai package for Node sent and got, recorded against a scripted endpoint. */
class ChatTranscriptTest {
    private static final List<Chunk> FIRST = Transcript.load("openai-node-0.capture");
    private static final List<Chunk> SECOND = Transcript.load("openai-node-1.capture");
    private static final Watched FIRST_WHOLE = new Watched().pass(FIRST).close();
    private static final Watched SECOND_WHOLE = new Watched().pass(SECOND).close();

    private static final String QUESTION =
            "Who is our first customer? canary-prompt reach me at prompt.canary@example.com or +1 and card 4111 1111 1111 1111.";

    @Test
    void aJsonAnswerIsReadWithItsUsage() {
        assertThat(FIRST_WHOLE.prompts.getFirst())
                .isEqualTo("gpt-4o-mini|SYSTEM You are the support agent.|USER " + QUESTION);
        assertThat(FIRST_WHOLE.answers.getFirst())
                .isEqualTo("200 gpt-4o-mini-2024-07-18 A plain answer of the model that says canary-json-answer and is"
                        + " longer than sixty-four bytes.|19/10|null");
    }

    @Test
    void aStreamedAnswerIsTheDocumentItBecomes() {
        assertThat(FIRST_WHOLE.prompts.get(1))
                .contains("|USER " + QUESTION)
                .contains("|ASSISTANT |")
                .contains("|TOOL name,email\nCanary File,file.canary@example.net\n@call_a1")
                .endsWith("|TOOL customers.csv@call_b2");
        assertThat(FIRST_WHOLE.answers.get(1))
                .isEqualTo("200 gpt-4o-mini-2024-07-18 The first customer is Canary Answer, reachable at"
                        + " answer.canary@example.org; naïve “quotes” \u2028 and \ud83d\ude00 follow.|-1/-1|null");
    }

    @Test
    void parallelToolCallsArePutTogetherFromTheirFragments() {
        assertThat(SECOND_WHOLE.answers.getFirst())
                .isEqualTo("200 gpt-4o-mini-2024-07-18 |read_file@call_a1{\"path\":\"/data/customers.csv\"}"
                        + "|list_directory@call_b2{\"path\":\"/data\"}|57/41|null");
    }

    @Test
    void aCompressedAnswerIsRead() {
        assertThat(SECOND_WHOLE.answers.get(1)).contains("canary-json-answer").endsWith("|19/10|null");
    }

    @Test
    void anErrorKeepsItsStatusAndType() {
        assertThat(FIRST_WHOLE.answers.get(2)).isEqualTo("429 null |-1/-1|requests");
    }

    @Test
    void nothingIsMissingAndNothingIsKept() {
        assertThat(FIRST_WHOLE.gaps).isEmpty();
        assertThat(SECOND_WHOLE.gaps).isEmpty();
        assertThat(FIRST_WHOLE.answers).hasSize(3);
        assertThat(SECOND_WHOLE.answers).hasSize(2);
        assertThat(FIRST_WHOLE.budget.used()).isZero();
        assertThat(SECOND_WHOLE.budget.used()).isZero();
    }

    @Property(tries = 200)
    void everyChunkingGivesTheSame(
            @ForAll @Size(min = 1, max = 12) final List<@IntRange(min = 1, max = 700) Integer> sizes) {
        for (final List<Chunk> recorded : List.of(FIRST, SECOND)) {
            final Watched whole = recorded.equals(FIRST) ? FIRST_WHOLE : SECOND_WHOLE;
            final Watched cut =
                    new Watched().pass(Transcript.cut(recorded, sizes)).close();
            assertThat(cut.prompts).isEqualTo(whole.prompts);
            assertThat(cut.answers).isEqualTo(whole.answers);
            assertThat(cut.gaps).isEmpty();
            assertThat(cut.budget.used()).isZero();
        }
    }

    @Property(tries = 400)
    void lostChunksAreAGapAndNeverAWrongAnswer(
            @ForAll @Size(min = 1, max = 12) final List<@IntRange(min = 20, max = 900) Integer> sizes,
            @ForAll @Size(min = 1, max = 4) final List<@IntRange(min = 0, max = 1000) Integer> which) {
        for (final List<Chunk> recorded : List.of(FIRST, SECOND)) {
            final Watched whole = recorded.equals(FIRST) ? FIRST_WHOLE : SECOND_WHOLE;
            final List<Chunk> chunks = Transcript.cut(recorded, sizes);
            final Set<Integer> lost = Transcript.lost(chunks, which);
            final Watched lossy = new Watched();
            for (int i = 0; i < chunks.size(); i++) {
                lossy.pass(chunks.get(i), !lost.contains(i));
            }
            lossy.close();
            assertThat(whole.prompts).containsAll(lossy.prompts);
            assertThat(whole.answers).containsAll(lossy.answers);
            if (lossy.gaps.isEmpty()) { // only framing was lost
                assertThat(lossy.prompts).isEqualTo(whole.prompts);
                assertThat(lossy.answers).isEqualTo(whole.answers);
            }
            assertThat(lossy.budget.used()).isZero();
        }
    }
}
