package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.http.Heads;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.streams.GapCause;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DialectTest {
    private static HttpHead head(final String method, final String target, final String host) {
        return Heads.request(method + " " + target + " HTTP/1.1\r\nHost: " + host
                + "\r\nContent-Type: application/json; charset=utf-8\r\n\r\n");
    }

    private static String dialect(final String method, final String target, final String host) {
        final Dialect dialect = Dialect.of(head(method, target, host));
        return dialect == null ? "none" : dialect.getClass().getSimpleName();
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, OpenAiChat",
        "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21, OpenAiChat",
        "/api/v1/chat/completions, OpenAiChat",
        "/v1/completions, OpenAiChat",
        "/ml/v1/text/chat?version=2024-10-08, OpenAiChat",
        "/ml/v1/deployments/d/text/chat_stream, OpenAiChat",
        "/serving-endpoints/claude/invocations, OpenAiChat",
        "/v1/responses, OpenAiResponses",
        "/openai/v1/responses?api-version=preview, OpenAiResponses",
        "/backend-api/codex/responses, OpenAiResponses",
        "/v1/messages?beta=true, AnthropicMessages",
        "/anthropic/v1/messages, AnthropicMessages",
        "/v1/projects/p/locations/l/publishers/anthropic/models/claude@1:streamRawPredict, AnthropicMessages",
        "/v1/projects/p/locations/l/publishers/ai21/models/jamba:rawPredict, OpenAiChat",
        "/v1/projects/p/locations/l/endpoints/7:rawPredict, OpenAiChat",
        "/gateway/claude:rawPredict, AnthropicMessages",
        "/model/amazon.nova-lite-v1%3A0/converse, BedrockConverse",
        "/model/arn%3Aaws%3Abedrock%3Aus%3A1%3Ax%2Fy/converse-stream, BedrockConverse",
        "/model/anthropic.claude-3-haiku-20240307-v1:0/invoke, BedrockInvoke",
        "/model/m/invoke-with-response-stream, BedrockInvoke",
        "/v1beta/models/gemini-2.5-flash:generateContent, Gemini",
        "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse, Gemini",
        "/v1beta/interactions, GeminiInteractions",
        "/api/chat, Ollama",
        "/api/generate, Ollama",
        "/v2/chat, CohereChat",
        "/generate, TextGeneration",
        "/models/m/generate_stream, TextGeneration",
        "/completion, TextGeneration",
        "/api/v1/services/aigc/multimodal-generation/generation, DashScope",
        "/v4/ai/language-model, AiSdkGateway",
        "/v1/embeddings, Inputs",
        "/v2/rerank, Inputs",
        "/v1/chat/c%6Fmpletions, OpenAiChat",
        "/v1/x/../messages, AnthropicMessages",
        "/v1/x/%2e%2E/./messages;v=1/, AnthropicMessages",
        "/../v1;a=b/chat/completions/., OpenAiChat",
        "/v1%2Fmessages//?beta=true, AnthropicMessages",
        "/chain/invoke, none",
        "/v1/widgets, none"
    })
    void aPathTellsTheApiWhateverTheHost(final String target, final String expected) {
        assertThat(dialect("POST", target, "gateway.internal:8443")).isEqualTo(expected);
        assertThat(dialect("GET", target, "gateway.internal:8443")).isEqualTo("none");
    }

    @ParameterizedTest
    @CsvSource({
        "api.openai.com, /v1/videos, UnknownApi",
        "eu-aiplatform.googleapis.com, /v1/projects/p/locations/l/x:someNewThing, UnknownApi",
        "bedrock-runtime.eu-west-1.amazonaws.com, /model/m/count-tokens, UnknownApi",
        "bedrock-agent-runtime.us-east-1.amazonaws.com, /agents/A/agentAliases/B/sessions/s/text, UnknownApi",
        "bedrock-agentcore.us-east-1.amazonaws.com, /runtimes/arn/invocations, UnknownApi",
        "runtime.sagemaker.us-east-1.amazonaws.com:443, /endpoints/e/invocations, UnknownApi",
        "eu-de.ml.cloud.ibm.com, /ml/v1/text/generation, UnknownApi",
        "api.replicate.com, /v1/models/o/m/predictions, UnknownApi",
        "ai-gateway.vercel.sh, /v4/ai/image-model, UnknownApi",
        "gateway.ai.cloudflare.com, /v1/account/gateway/workers-ai/@cf/meta/llama, UnknownApi",
        "router.huggingface.co, /hf-inference/models/o/m, UnknownApi",
        "inference.generativeai.us-chicago-1.oci.oraclecloud.com, /20231130/actions/chat, UnknownApi",
        "inference.generativeai.evil.example, /20231130/actions/chat, none",
        "runtime.sagemaker.evil.example, /endpoints/e/invocations, none",
        "my.openai.azure.com:443, /openai/files, UnknownApi",
        "api.anthropic.com, /api/event_logging/batch, none",
        "api.openai.com.evil.example, /v1/videos, none",
        "evilapi.openai.com, /v1/videos, none"
    })
    void anotherApiIsRecordedOnlyOnAKnownModelHost(final String host, final String target, final String expected) {
        assertThat(dialect("POST", target, host)).isEqualTo(expected);
    }

    @Test
    void anAnswerThatIsAskedForByItsIdIsOne() {
        assertThat(dialect("GET", "/v1/responses/resp_1?stream=true", "gateway.internal"))
                .isEqualTo("OpenAiResponses");
        assertThat(dialect("GET", "/v1/responses", "gateway.internal")).isEqualTo("none");
        assertThat(dialect("GET", "/v1/responses/7", "gateway.internal")).isEqualTo("none");
    }

    @Test
    void thePathNamesTheModelWhereTheBodyDoesNot() {
        assertThat(head("POST", "/model/amazon.nova-lite-v1%3A0/converse", "m").pathPart("/model/", false))
                .isEqualTo("amazon.nova-lite-v1:0");
        assertThat(head("POST", "/v1beta/models/gemini-2.5-flash:generateContent", "m")
                        .pathPart("/models/", true))
                .isEqualTo("gemini-2.5-flash");
        assertThat(head("POST", "/model/%00/converse", "m").pathPart("/model/", false))
                .isNull();
        assertThat(head("POST", "/other", "m").pathPart("/model/", false)).isNull();
    }

    @Test
    void aServedModelIsNamedByItsPath() {
        final String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        final Watched watched = new Watched()
                .sent("POST /serving-endpoints/claude/invocations HTTP/1.1\r\nHost: m\r\nContent-Length: "
                        + body.length() + "\r\n\r\n" + body);
        assertThat(watched.prompts).containsExactly("claude|USER hi");
    }

    @Test
    void aPromptThatBedrockKeepsIsAskedByItsVariables() {
        final String body = "{\"promptVariables\":{\"who\":{\"text\":\"Ann\"},\"of\":{\"text\":\"Rome\"}}}";
        final Watched watched = new Watched()
                .sent(
                        "POST /model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aprompt%2FP%3A1/converse HTTP/1.1\r\nHost: m\r\n"
                                + "Content-Length: " + body.length() + "\r\n\r\n" + body);
        assertThat(watched.prompts).containsExactly("arn:aws:bedrock:us-east-1:1:prompt/P:1|USER Ann|USER Rome");
    }

    @Test
    void aModelMayBeNamedByItsId() {
        final String body = "{\"model_id\":\"ibm/granite\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        final Watched watched = new Watched()
                .sent("POST /ml/v1/text/chat HTTP/1.1\r\nHost: m\r\nContent-Length: " + body.length() + "\r\n\r\n"
                        + body);
        assertThat(watched.prompts).containsExactly("ibm/granite|USER hi");
    }

    /** Amazon's speech models: HTTP/2 alone, with answers while the request goes on. */
    @Test
    void aQuestionInEventsOfBothSidesIsAGap() {
        final Watched watched = new Watched()
                .sent("POST /model/amazon.nova-sonic-v1%3A0/invoke-with-bidirectional-stream HTTP/1.1\r\nHost: m\r\n"
                        + "Content-Type: application/vnd.amazon.eventstream\r\nContent-Length: 4\r\n\r\n1234")
                .received(
                        "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\nContent-Length: 0\r\n\r\n");
        assertThat(watched.prompts).isEmpty();
        assertThat(watched.gaps).containsExactly(GapCause.EVENT_STREAM);
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void anotherApplicationOnTheSamePathIsNotInvented() {
        final String body = "{\"id\":\"x\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        final Watched watched = new Watched()
                .sent("POST /api/chat HTTP/1.1\r\nHost: m\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .received("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        assertThat(watched.prompts).isEmpty();
        assertThat(watched.answers).isEmpty();
        assertThat(watched.gaps).isEmpty();
    }
}
