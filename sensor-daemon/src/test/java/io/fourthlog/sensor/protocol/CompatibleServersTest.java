package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Servers that speak OpenAI's chat completions in their own way, as their references describe it: what they add, leave empty, or write
 * between the events of a stream.
 */
class CompatibleServersTest {
    private static final String QUESTION = "{\"model\":\"M\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

    /**
     * A request and its answer.
     *
     * @param model the name that the request's body has, or else its path
     * @param answered as {@link Watched} writes it
     */
    record Case(String server, String path, String model, int status, String type, String body, String answered) {
        @Override
        public String toString() {
            return server;
        }

        private List<Chunk> chunks() {
            final String question = QUESTION.replace("M", model);
            return List.of(
                    chunk(
                            true,
                            "POST " + path
                                    + " HTTP/1.1\r\nHost: gateway.example\r\nContent-Type: application/json\r\nContent-Length: "
                                    + question.length() + "\r\n\r\n" + question),
                    chunk(
                            false,
                            "HTTP/1.1 " + status + " X\r\nContent-Type: " + type + "\r\nContent-Length: "
                                    + body.length() + "\r\n\r\n" + body));
        }

        private static Chunk chunk(final boolean sent, final String text) {
            return new Chunk(sent, text.getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    private static Case streamed(
            final String server, final String path, final String model, final String events, final String answered) {
        return new Case(server, path, model, 200, "text/event-stream", events.replace("\n", "\n\n"), answered);
    }

    private static Case whole(
            final String server,
            final String path,
            final String model,
            final int status,
            final String json,
            final String answered) {
        return new Case(server, path, model, status, "application/json", json, answered);
    }

    static Stream<Case> cases() {
        return Stream.of(
                streamed(
                        "Azure: a first event without a model or a choice, and verdicts of its filters",
                        "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
                        "gpt-4o",
                        """
                        data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}
                        data: {"choices":[{"content_filter_results":{},"delta":{"content":"","refusal":null,"role":"assistant"},"finish_reason":null,"index":0,"logprobs":null}],"id":"c","model":"gpt-4o-2024-11-20","object":"chat.completion.chunk","usage":null}
                        data: {"choices":[{"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}},"delta":{"content":"Hi"},"finish_reason":null,"index":0}],"id":"c","model":"gpt-4o-2024-11-20","usage":null}
                        data: {"choices":[{"content_filter_results":{},"delta":{},"finish_reason":"stop","index":0}],"id":"c","model":"gpt-4o-2024-11-20","usage":null}
                        data: {"choices":[],"id":"c","model":"gpt-4o-2024-11-20","usage":{"completion_tokens":2,"prompt_tokens":8,"total_tokens":10}}
                        data: [DONE]
                        """,
                        "200 gpt-4o-2024-11-20 Hi|8/2|null"),
                whole(
                        "Azure: a prompt that its filters refuse",
                        "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
                        "gpt-4o",
                        400,
                        """
                        {"error":{"message":"filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"jailbreak":{"filtered":true,"detected":true}}}}}""",
                        "400 null |-1/-1|content_filter"),
                streamed(
                        "vLLM: thinking under its new and its old name, usage with each event",
                        "/v1/chat/completions",
                        "Qwen/Qwen3-8B",
                        """
                        data: {"id":"c","object":"chat.completion.chunk","model":"Qwen/Qwen3-8B","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null,"usage":{"prompt_tokens":9,"total_tokens":9,"completion_tokens":0}}
                        data: {"id":"c","model":"Qwen/Qwen3-8B","choices":[{"index":0,"delta":{"reasoning":"Let me","reasoning_content":"Let me"},"finish_reason":null}],"usage":{"prompt_tokens":9,"total_tokens":11,"completion_tokens":2}}
                        data: {"id":"c","model":"Qwen/Qwen3-8B","choices":[{"index":0,"delta":{"reasoning":" see.","reasoning_content":" see."},"finish_reason":null}],"usage":{"prompt_tokens":9,"total_tokens":13,"completion_tokens":4}}
                        data: {"id":"c","model":"Qwen/Qwen3-8B","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop","stop_reason":null}],"usage":{"prompt_tokens":9,"total_tokens":14,"completion_tokens":5}}
                        data: [DONE]
                        """,
                        "200 Qwen/Qwen3-8B Hi|thinks Let me see.|9/5|null"),
                whole(
                        "vLLM: both names in a whole answer",
                        "/v1/chat/completions",
                        "Qwen/Qwen3-8B",
                        200,
                        """
                        {"id":"c","object":"chat.completion","model":"Qwen/Qwen3-8B","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null,"annotations":null,"audio":null,"function_call":null,"tool_calls":[],"reasoning":"So.","reasoning_content":"So."},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"total_tokens":12,"completion_tokens":3,"prompt_tokens_details":null},"kv_transfer_params":null}""",
                        "200 Qwen/Qwen3-8B Hi|thinks So.|9/3|null"),
                whole(
                        "Mistral: thinking is a part of the content, with parts of its own",
                        "/v1/chat/completions",
                        "magistral-medium-latest",
                        200,
                        """
                        {"id":"c","object":"chat.completion","model":"magistral-medium-latest","usage":{"prompt_tokens":7,"total_tokens":19,"completion_tokens":12},"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","tool_calls":null,"content":[{"type":"thinking","thinking":[{"type":"text","text":"A greeting."}]},{"type":"text","text":"Hi"}]}}]}""",
                        "200 magistral-medium-latest Hi|thinks A greeting.|7/12|null"),
                streamed(
                        "Mistral: the same, streamed, and a call of a tool",
                        "/v1/chat/completions",
                        "magistral-medium-latest",
                        """
                        data: {"id":"c","object":"chat.completion.chunk","model":"magistral-medium-2509","choices":[{"index":0,"delta":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"I must"}]}]},"finish_reason":null}]}
                        data: {"id":"c","model":"magistral-medium-2509","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":" look."}]}]},"finish_reason":null}]}
                        data: {"id":"c","model":"magistral-medium-2509","choices":[{"index":0,"delta":{"content":"Wait"},"finish_reason":null}]}
                        data: {"id":"c","model":"magistral-medium-2509","choices":[{"index":0,"delta":{"content":"","tool_calls":[{"id":"D681PevKs","function":{"name":"look","arguments":"{\\"at\\": 1}"},"index":0}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":7,"total_tokens":30,"completion_tokens":23}}
                        data: [DONE]
                        """,
                        "200 magistral-medium-2509 Wait|thinks I must look.|look@D681PevKs{\"at\": 1}|7/23|null"),
                streamed(
                        "DeepSeek: comments that keep the connection alive",
                        "/chat/completions",
                        "deepseek-reasoner",
                        """
                        : keep-alive
                        : keep-alive
                        data: {"id":"c","object":"chat.completion.chunk","model":"deepseek-reasoner","system_fingerprint":"fp","choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":"Hm."},"logprobs":null,"finish_reason":null}]}
                        : keep-alive
                        data: {"id":"c","model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":"Hi","reasoning_content":null},"logprobs":null,"finish_reason":null}]}
                        data: {"id":"c","model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":"","reasoning_content":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":4},"prompt_cache_hit_tokens":0,"prompt_cache_miss_tokens":5}}
                        data: [DONE]
                        """,
                        "200 deepseek-reasoner Hi|thinks Hm.|5/6|null"),
                whole(
                        "DeepSeek: empty lines until the answer is there",
                        "/chat/completions",
                        "deepseek-chat",
                        200,
                        """



                        {"id":"c","object":"chat.completion","model":"deepseek-chat","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}""",
                        "200 deepseek-chat Hi|5/1|null"),
                streamed(
                        "OpenRouter: comments, the provider, and thinking in two forms",
                        "/api/v1/chat/completions",
                        "anthropic/claude-sonnet-4.5",
                        """
                        : OPENROUTER PROCESSING
                        data: {"id":"gen-1","provider":"Anthropic","model":"anthropic/claude-4.5-sonnet","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"Well.","reasoning_details":[{"type":"reasoning.text","text":"Well.","format":"anthropic-claude-v1","index":0}]},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}
                        : OPENROUTER PROCESSING
                        data: {"id":"gen-1","provider":"Anthropic","model":"anthropic/claude-4.5-sonnet","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":"stop","native_finish_reason":"stop"}]}
                        data: {"id":"gen-1","provider":"Anthropic","model":"anthropic/claude-4.5-sonnet","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":{"prompt_tokens":4,"completion_tokens":3,"total_tokens":7,"cost":0.0001,"is_byok":false,"cost_details":{"upstream_inference_cost":null}}}
                        data: [DONE]
                        """,
                        "200 anthropic/claude-4.5-sonnet Hi|thinks Well.|4/3|null"),
                streamed(
                        "OpenRouter: a provider that fails midway",
                        "/api/v1/chat/completions",
                        "openai/gpt-4o",
                        """
                        data: {"id":"gen-1","provider":"OpenAI","model":"openai/gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}
                        data: {"id":"gen-1","object":"chat.completion.chunk","provider":"OpenAI","model":"openai/gpt-4o","error":{"code":"server_error","message":"Provider disconnected unexpectedly"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}
                        data: [DONE]
                        """,
                        "200 openai/gpt-4o Hi|-1/-1|server_error"),
                streamed(
                        "Gemini: its OpenAI-compatible endpoint, which numbers each call 0, or none",
                        "/v1beta/openai/chat/completions",
                        "gemini-2.5-flash",
                        """
                        data: {"choices":[{"delta":{"role":"assistant","tool_calls":[{"function":{"arguments":"{\\"a\\":1}","name":"look"},"id":"f-1","index":0,"type":"function"}]},"index":0}],"model":"gemini-2.5-flash","object":"chat.completion.chunk"}
                        data: {"choices":[{"delta":{"role":"assistant","tool_calls":[{"function":{"arguments":"{\\"b\\":","name":"look"},"id":"f-2","index":0,"type":"function"}]},"index":0}],"model":"gemini-2.5-flash"}
                        data: {"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"2}"},"index":0}]},"index":0}],"model":"gemini-2.5-flash"}
                        data: {"choices":[{"delta":{"role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"tell"},"id":"f-3","type":"function"}]},"finish_reason":"tool_calls","index":0}],"model":"gemini-2.5-flash","usage":{"completion_tokens":5,"prompt_tokens":3,"total_tokens":8}}
                        data: [DONE]
                        """,
                        "200 gemini-2.5-flash |look@f-1{\"a\":1}|look@f-2{\"b\":2}|tell@f-3{}|3/5|null"),
                streamed(
                        "vLLM, before: another id with each piece of one call",
                        "/v1/chat/completions",
                        "M",
                        """
                        data: {"model":"M","choices":[{"index":0,"delta":{"tool_calls":[{"id":"t-1","type":"function","index":0,"function":{"name":"look"}}]}}]}
                        data: {"model":"M","choices":[{"index":0,"delta":{"tool_calls":[{"id":"t-2","type":"function","index":0,"function":{"arguments":"{\\"a\\":"}}]}}]}
                        data: {"model":"M","choices":[{"index":0,"delta":{"tool_calls":[{"id":"t-2","type":"function","index":0,"function":{"arguments":"1}"}}]},"finish_reason":"tool_calls"}]}
                        data: [DONE]
                        """,
                        "200 M |look@t-2{\"a\":1}|-1/-1|null"),
                whole(
                        "Vertex: its OpenAI-compatible endpoint",
                        "/v1/projects/p/locations/l/endpoints/openapi/chat/completions",
                        "google/gemini-2.5-flash",
                        200,
                        """
                        {"choices":[{"finish_reason":"stop","index":0,"logprobs":null,"message":{"content":"Hi","role":"assistant"}}],"created":1,"id":"c","model":"google/gemini-2.5-flash","object":"chat.completion","system_fingerprint":"","usage":{"completion_tokens":1,"extra_properties":{"google":{"traffic_type":"ON_DEMAND"}},"prompt_tokens":3,"total_tokens":4}}""",
                        "200 google/gemini-2.5-flash Hi|3/1|null"),
                whole(
                        "Vertex: Mistral's models as their maker writes them",
                        "/v1/projects/p/locations/l/publishers/mistralai/models/mistral-medium-3:rawPredict",
                        "mistral-medium-3",
                        200,
                        """
                        {"id":"c","object":"chat.completion","model":"mistral-medium-3","usage":{"prompt_tokens":7,"total_tokens":8,"completion_tokens":1},"choices":[{"index":0,"message":{"role":"assistant","content":"Hi","tool_calls":null},"finish_reason":"stop"}]}""",
                        "200 mistral-medium-3 Hi|7/1|null"));
    }

    @Provide
    Arbitrary<Case> servers() {
        return Arbitraries.of(cases().toList());
    }

    private static void isRead(final Case server, final List<Chunk> chunks) {
        final Watched watched = new Watched().pass(chunks).close();
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.prompts).containsExactly(server.model() + "|USER hello");
        assertThat(watched.answers).containsExactly(server.answered());
        assertThat(watched.budget.used()).isZero();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aServerIsReadAsItSpeaks(final Case server) {
        isRead(server, server.chunks());
    }

    @Property(tries = 200)
    void everyChunkingGivesTheSame(
            @ForAll("servers") final Case server,
            @ForAll @Size(min = 1, max = 12) final List<@IntRange(min = 1, max = 300) Integer> sizes) {
        isRead(server, Transcript.cut(server.chunks(), sizes));
    }
}
