package io.fourthlog.minilm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.redaction.Hmac;
import io.fourthlog.redaction.LateClass;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.Profile;
import io.fourthlog.redaction.ProfileCompiler;
import io.fourthlog.redaction.ProfileSource;
import io.fourthlog.redaction.PromptEmbeddings;
import io.fourthlog.redaction.RedactionEngine;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class MiniLmTest {

    private static final Duration LOADING = Duration.ofMinutes(1); // at most, on a busy machine

    @Test
    void aProfileThatAsksForItHasPromptsClassifiedByIt() {
        RedactionEngine engine = RedactionEngine.create(profile(true), hmac());
        Awaitility.await().atMost(LOADING).until(() -> PromptEmbeddings.shared().ready());

        assertThat(classified(engine, "Could you put this paragraph into Spanish for our customers in Madrid?"))
                .isEqualTo("translation");
        assertThat(classified(
                        engine,
                        "Since noon the checkout is slow, please dig through the metrics and tell us the cause"))
                .isEqualTo("incident investigation");
        assertThat(classified(engine, "What should the insurer pay for the hail damage on this car?"))
                .isEqualTo("claims handling");
    }

    @Test
    void aProfileThatDoesNotAskForItHasNone() {
        byte[] bytes = "Could you put this paragraph into Spanish?".getBytes(UTF_8);
        try (Plaintext prompt = Plaintext.copyOf(bytes, 0, bytes.length)) {
            assertThat(RedactionEngine.create(profile(false), hmac()).classifyLater(prompt))
                    .isEmpty();
        }
    }

    @Test
    void nothingOfAPromptStaysInOurMemory() throws IOException {
        try (MiniLmEmbedder embedder = MiniLmEmbedder.open();
                Arena arena = Arena.ofConfined()) {
            MemorySegment ids = arena.allocateFrom(ValueLayout.JAVA_LONG, 101, 7592, 2088, 102);
            MemorySegment place = arena.allocate(ValueLayout.JAVA_FLOAT, embedder.dimensions());
            embedder.embed(ids, 4, place);

            assertThat(place.getAtIndex(ValueLayout.JAVA_FLOAT, 0)).isNotZero();
            assertThat(embedder.computed()
                            .mismatch(arena.allocate(embedder.computed().byteSize())))
                    .as("first byte that is not zero")
                    .isEqualTo(-1);
        }
    }

    private static String classified(RedactionEngine engine, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        try (Plaintext prompt = Plaintext.copyOf(bytes, 0, bytes.length)) {
            LateClass late = engine.classifyLater(prompt).orElseThrow();
            assertThat(late.model()).isEqualTo("minilm");
            Awaitility.await().atMost(LOADING).until(() -> late.now().isPresent());
            return late.now().orElseThrow();
        }
    }

    private static Hmac hmac() {
        return Hmac.of("k", new byte[Hmac.MIN_KEY_LENGTH]);
    }

    private static Profile profile(boolean embeddings) {
        ProfileSource defaults = ProfileSource.defaults("minilm");
        ProfileSource.PromptClass claims = new ProfileSource.PromptClass(
                "claims handling",
                List.of(
                        "Decide whether this insurance claim is covered by the policyholder's contract",
                        "Assess the damage in the claim and propose a settlement for the policyholder",
                        "Summarize the claim file for the adjuster and list the missing documents of the insured"));
        ProfileCompiler.Result result = ProfileCompiler.compile(new ProfileSource(
                "minilm",
                defaults.enable(),
                List.of(),
                List.of(),
                List.of(),
                defaults.shape(),
                true,
                false,
                List.of(claims),
                embeddings));
        assertThat(result).isInstanceOf(ProfileCompiler.Result.Compiled.class);
        return ((ProfileCompiler.Result.Compiled) result).profile();
    }
}
