package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.sensor.Transcript;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every recorded client through the whole pipeline, to the bytes that would be written. */
class RecordedClientsTest {
    private static final int AGENT = 1;
    private static final String TEXT = "The first customer is Canary Answer, reachable at answer.canary@example.org;"
            + " naïve “quotes” and \ud83d\ude00 follow.";

    private static Scene played(final String name) {
        return new Scene().tls(AGENT, 1, Transcript.load(name + ".capture")).exit(AGENT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "openai-chat-0",
                "openai-responses-0",
                "anthropic-messages-0",
                "bedrock-converse-0",
                "bedrock-invoke-0",
                "gemini-0",
                "ollama-0",
                "cohere-0",
                "python-http2-0",
                "websocket-0",
                "gemini-live-node-0",
                "gemini-live-python-0",
                "long-0",
                "long-1"
            })
    void nothingOfWhatWasSaidIsWritten(final String name) {
        final Scene scene = played(name);
        assertThat(scene.models()).isNotEmpty();
        assertThat(scene.errors()).noneMatch(error -> error.startsWith("sensor.gap"));
        assertThat(scene.written())
                .contains("PII:email")
                .doesNotContain("canary@")
                .doesNotContain("Canary Answer")
                .doesNotContain("customers.csv")
                .doesNotContain("must be read first")
                .doesNotContain("sk-canary")
                .doesNotContain("name,email");
        assertThat(scene.pipeline.contentBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "openai-chat-0",
                "openai-responses-0",
                "anthropic-messages-0",
                "bedrock-converse-0",
                "bedrock-invoke-0",
                "gemini-0",
                "ollama-0",
                "cohere-0",
                "python-http2-0",
                "websocket-0"
            })
    void theSameAnswerHasTheSameHashOverEveryApiStreamedOrNot(final String name) {
        final byte[] text = TEXT.getBytes(StandardCharsets.UTF_8);
        final String hash = Scene.HMAC.keyedHash(text, 0, text.length); // there is an address in it
        final List<ModelInvocation> plain = played(name).models().stream()
                .filter(model -> hash.equals(model.outputHash()))
                .toList();
        assertThat(plain).isNotEmpty().allSatisfy(model -> {
            assertThat(model.outputSensitivity()).contains("PII:email");
            assertThat(model.fingerprints()).extracting(PartFingerprint::part).contains("input.user", "output");
        });
    }

    @Test
    void parallelToolCallsOfAnthropicAreRequestedTools() {
        final ModelInvocation model = played("anthropic-messages-0").models().stream()
                .filter(each -> !each.toolsRequested().isEmpty())
                .findFirst()
                .orElseThrow();
        assertThat(model.toolsRequested())
                .extracting(RequestedTool::name)
                .containsExactly("read_file", "list_directory");
        assertThat(model.toolsRequested())
                .allSatisfy(
                        tool -> assertThat(String.valueOf(tool.paramSchema())).contains("\"path\""));
        assertThat(model.promptTokenCount()).isEqualTo(57);
        assertThat(model.outputTokenCount()).isEqualTo(41);
        assertThat(model.fingerprints()).extracting(PartFingerprint::part).contains("output.thinking");
    }

    @Test
    void anErrorInMidStreamIsAnErrorAndItsOutputIsNotCounted() {
        final Scene scene = played("anthropic-messages-0");
        assertThat(scene.errors())
                .containsExactly("model.http.400.invalid_request_error", "model.error.overloaded_error");
        final ModelInvocation broken = scene.models().getLast();
        assertThat(broken.promptTokenCount()).isEqualTo(57);
        assertThat(broken.outputTokenCount()).isNull();
        assertThat(broken.header().unknown()).containsEntry("output_token_count", "the answer carries no usage");
    }
}
