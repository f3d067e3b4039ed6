package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;
import org.jspecify.annotations.Nullable;

/**
 * One model API: how its requests and answers are written. Which one a request speaks is told by its path, and believed when
 * its body has that API's shape; the host does not matter, so that compatible servers and gateways are read as well.
 *
 * <pre>
 *  …/chat/completions, …/completions              OpenAiChat       also Azure, vLLM, Mistral, DeepSeek, OpenRouter, …
 *  …/text/chat, …/text/chat_stream                OpenAiChat       watsonx
 *  …/serving-endpoints/M/invocations              OpenAiChat       Databricks
 *  …/responses, …/responses/compact; GET …/responses/resp_…  OpenAiResponses
 *  …/v1/messages, …:rawPredict, …:streamRawPredict  AnthropicMessages  the latter two on Vertex, where other makers' models and own endpoints speak OpenAiChat
 *  …/model/M/converse, …/converse-stream          BedrockConverse
 *  …/model/M/invoke, …/invoke-with-response-stream  BedrockInvoke   in the format of the model's maker
 *  …:generateContent, …:streamGenerateContent     Gemini           also Vertex
 *  …/interactions; GET …/interactions/ID          GeminiInteractions
 *  …/api/chat, …/api/generate                     Ollama
 *  …/v2/chat                                      CohereChat
 *  …/generate, …/generate_stream, …/completion    TextGeneration
 *  …/services/aigc/…/generation                   DashScope
 *  …/ai/language-model                            AiSdkGateway     the model is named by a field
 *  …/embeddings, …/embed, …/rerank, …             Inputs           texts in, numbers out
 *  a path that is not known                      ShapeOnly
 *  anything posted to a known model host          UnknownApi       as JSON or as a form
 * </pre>
 */
sealed interface Dialect
        permits OpenAiChat,
                OpenAiResponses,
                AnthropicMessages,
                BedrockConverse,
                BedrockInvoke,
                Gemini,
                GeminiInteractions,
                Ollama,
                CohereChat,
                CohereCommand,
                TextGeneration,
                DashScope,
                AiSdkGateway,
                Inputs,
                ShapeOnly,
                UnknownApi {
    /** Reads a request, whose object is the cursor's current value; what has not the shape of one is not recognised. */
    void request(JsonCursor json, PromptBuilder prompt);

    /** Reads a whole answer or one event of it, likewise. */
    void answer(JsonCursor json, AnswerBuilder answer);

    /** The one that a request's head speaks of, {@code null} if it is none. */
    static @Nullable Dialect of(final HttpHead head) {
        if (head.isTargetUnknown() && (head.method().isEmpty() || head.method().equals("POST"))) {
            return new ShapeOnly();
        }
        if (head.method().equals("GET") && head.pathContains("/responses/resp_")) {
            return new OpenAiResponses(); // an answer that was asked for before
        }
        if (head.method().equals("GET") && head.pathContains("/v1") && head.pathContains("/interactions/")) {
            return new GeminiInteractions(); // the same
        }
        if (!head.method().equals("POST")) {
            return null;
        }
        if (head.pathEndsWith("/completions")
                || head.pathEndsWith("/text/chat")
                || head.pathEndsWith("/text/chat_stream")
                || (head.pathContains("/serving-endpoints/") && head.pathEndsWith("/invocations"))) {
            return new OpenAiChat();
        }
        if (head.pathEndsWith("/responses") || head.pathEndsWith("/responses/compact")) {
            return new OpenAiResponses();
        }
        if (head.pathEndsWith("/v1/messages")) {
            return new AnthropicMessages();
        }
        if (head.pathEndsWith(":rawpredict") || head.pathEndsWith(":streamrawpredict")) {
            final boolean anthropic = head.pathContains("/publishers/anthropic/")
                    || (!head.pathContains("/publishers/") && !head.pathContains("/endpoints/"));
            return anthropic ? new AnthropicMessages() : new OpenAiChat();
        }
        final boolean bedrock = head.pathContains("/model/");
        if (bedrock && (head.pathEndsWith("/converse") || head.pathEndsWith("/converse-stream"))) {
            return new BedrockConverse();
        }
        if (bedrock && (head.pathEndsWith("/invoke") || head.pathEndsWith("/invoke-with-response-stream"))) {
            return new BedrockInvoke();
        }
        if (bedrock && head.pathEndsWith("/invoke-with-bidirectional-stream")) {
            return new UnknownApi(); // speech, in signed events
        }
        if (head.pathEndsWith(":generatecontent") || head.pathEndsWith(":streamgeneratecontent")) {
            return new Gemini();
        }
        if (head.pathEndsWith("/interactions")) {
            return new GeminiInteractions();
        }
        if (head.pathEndsWith("/api/chat") || head.pathEndsWith("/api/generate")) {
            return new Ollama();
        }
        if (head.pathEndsWith("/v2/chat")) {
            return new CohereChat();
        }
        if (head.pathEndsWith("/generate") || head.pathEndsWith("/generate_stream")) {
            return TextGeneration.ofInference();
        }
        if (head.pathEndsWith("/completion")) {
            return TextGeneration.ofLlamaCpp();
        }
        if (head.pathContains("/services/aigc/") && head.pathEndsWith("/generation")) {
            return new DashScope();
        }
        if (head.pathEndsWith("/ai/language-model")) {
            return new AiSdkGateway();
        }
        if (Inputs.matches(head)) {
            return new Inputs();
        }
        final boolean read = head.media() == HttpHead.Media.JSON || head.media() == HttpHead.Media.FORM;
        return read && ModelHosts.contains(head.host()) && isVersioned(head) ? new UnknownApi() : null;
    }

    /** Whether a path is of an API that has a version; the clients' own telemetry goes to the same hosts, and has none. */
    private static boolean isVersioned(final HttpHead head) {
        return head.pathContains("/v1")
                || head.pathContains("/v2")
                || head.pathContains("/v3")
                || head.pathContains("/v4")
                || head.pathContains("/openai/")
                || ModelHosts.hasNoVersions(head.host());
    }

    /** The role that a name stands for; everything that is not the model, a tool or the operator is the user. */
    static Role role(final @Nullable String name) {
        return switch (name) {
            case "system", "developer" -> Role.SYSTEM;
            case "assistant", "model" -> Role.ASSISTANT;
            case "tool", "function" -> Role.TOOL;
            case null, default -> Role.USER;
        };
    }
}
