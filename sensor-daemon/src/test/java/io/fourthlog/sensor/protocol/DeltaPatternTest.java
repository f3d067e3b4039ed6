package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.redaction.Peek;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeltaPatternTest {
    /** Streamed documents of the APIs; T is a text, P padding, N a number. */
    private static final List<List<String>> STREAMS = List.of(
            List.of(
                    "/v1/chat/completions",
                    "{\"id\":\"c\",\"created\":N,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"T\"},\"finish_reason\":null}],\"obfuscation\":\"P\"}",
                    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"T\"}}]}",
                    "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"T\"}}]}",
                    "{\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"T\"}}]}",
                    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"T\",\"content\":\"T\"}}]}",
                    "{\"choices\":[{\"delta\":{\"content\":\"T\"},\"index\":0}]}",
                    "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"t\",\"arguments\":\"T\"}}]}}]}",
                    "{\"choices\":[],\"usage\":{\"prompt_tokens\":N,\"completion_tokens\":N}}",
                    "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}",
                    "{\"error\":{\"type\":\"T\"}}"),
            List.of(
                    "/v1/responses",
                    "{\"type\":\"response.output_text.delta\",\"sequence_number\":N,\"output_index\":0,\"delta\":\"T\",\"obfuscation\":\"P\"}",
                    "{\"sequence_number\":N,\"delta\":\"T\",\"output_index\":0,\"type\":\"response.output_text.delta\"}",
                    "{\"type\":\"response.reasoning_summary_text.delta\",\"sequence_number\":N,\"delta\":\"T\"}",
                    "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":1,\"delta\":\"T\"}",
                    "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"T\"}]}}",
                    "{\"type\":\"response.output_item.done\",\"output_index\":2,\"item\":{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"T\"}]}}"),
            List.of(
                    "/v1/messages",
                    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"T\"}}",
                    "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"T\"},\"p\":\"P\"}",
                    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"T\"}}",
                    "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"T\"}}",
                    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":N}}",
                    "{\"type\":\"message_stop\"}"),
            List.of(
                    "/api/chat",
                    "{\"model\":\"m\",\"created_at\":\"P\",\"message\":{\"role\":\"assistant\",\"content\":\"T\"},\"done\":false}",
                    "{\"model\":\"m\",\"created_at\":\"P\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"T\"},\"done\":false}",
                    "{\"model\":\"m\",\"message\":{\"content\":\"T\"},\"done\":true,\"eval_count\":N}"),
            List.of(
                    "/v1beta/models/g:streamGenerateContent?alt=sse",
                    "{\"candidates\":[{\"index\":0,\"content\":{\"parts\":[{\"text\":\"T\"}],\"role\":\"model\"}}],\"responseId\":\"P\"}",
                    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"T\",\"thought\":true}]}}],\"usageMetadata\":{\"promptTokenCount\":N}}",
                    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"T\"},{\"text\":\"T\"}]}}]}"),
            List.of(
                    "/v1beta/interactions",
                    "{\"event_type\":\"step.delta\",\"index\":0,\"delta\":{\"type\":\"text\",\"text\":\"T\"},\"event_id\":\"P\"}",
                    "{\"event_type\":\"step.delta\",\"index\":1,\"delta\":{\"type\":\"thought_summary\",\"content\":{\"type\":\"text\",\"text\":\"T\"}}}",
                    "{\"event_type\":\"step.delta\",\"index\":2,\"delta\":{\"type\":\"arguments_delta\",\"arguments\":\"T\"}}"),
            List.of(
                    "/v2/chat",
                    "{\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"T\"}}},\"n\":N}",
                    "{\"type\":\"tool-call-delta\",\"index\":0,\"delta\":{\"message\":{\"tool_calls\":{\"function\":{\"arguments\":\"T\"}}}}}"),
            List.of(
                    "/generate_stream",
                    "{\"index\":N,\"token\":{\"id\":N,\"text\":\"T\",\"logprob\":-0.N,\"special\":false},\"generated_text\":null}",
                    "{\"text_output\":\"T\"}",
                    "{\"content\":\"T\",\"stop\":false}"));

    private static final String[] TEXTS = {
        "a",
        " word",
        "of tokens",
        "",
        "\\n",
        "\\u0041",
        "\\\"",
        "é",
        "😀",
        "\\ud83d",
        "\t",
        "\"",
        "\\",
        "DEL\u007f",
        "a\",\"b\":\"c"
    };
    private static final String[] NUMBERS = {"0", "7", "12", "123456", "-1", "1.5", "1e3", "007", "", "null", "1 "};

    @Provide
    Arbitrary<List<Integer>> choices() {
        return Arbitraries.integers().between(0, 1 << 20).list().ofMinSize(2).ofMaxSize(24);
    }

    private static String document(final List<String> stream, final int kind, final int choice) {
        String document = stream.get(1 + kind % (stream.size() - 1));
        for (int at = 0, rest = choice; at < document.length(); at++, rest = rest * 31 + 7) {
            final char c = document.charAt(at);
            final boolean value = at > 0 && at + 1 < document.length() && !Character.isLetter(document.charAt(at + 1));
            final boolean quoted = at > 0 && document.charAt(at - 1) == '"';
            final int index = Math.abs(rest % 97);
            String instead = null; // mostly what is plain
            if (value && quoted && (c == 'T' || c == 'P')) {
                instead = TEXTS[index < 70 ? index % 3 : index % TEXTS.length];
            } else if (value && c == 'N') {
                instead = NUMBERS[index < 70 ? index % 4 : index % NUMBERS.length];
            }
            if (instead != null) {
                document = document.substring(0, at) + instead + document.substring(at + 1);
                at += instead.length() - 1;
            }
        }
        return document;
    }

    private static Watched play(final String path, final List<String> documents, final String between) {
        final Watched seen = new Watched();
        final String body =
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"input\":\"q\",\"inputs\":\"q\",\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"q\"}]}]}";
        seen.pass(new Chunk(
                true,
                ("POST " + path + " HTTP/1.1\r\nHost: m\r\nContent-Type: application/json\r\nContent-Length: "
                                + body.length() + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.UTF_8)));
        final StringBuilder answer =
                new StringBuilder("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
        documents.forEach(document ->
                answer.append(between).append("data: ").append(document).append("\n\n"));
        seen.pass(new Chunk(false, answer.toString().getBytes(StandardCharsets.UTF_8)));
        seen.connection.close();
        return seen;
    }

    /** An empty document between two is like neither, so that each is read. */
    @Property(tries = 3000)
    void whatIsLikeTheOneBeforeSaysWhatItSaysWhenItIsRead(
            @ForAll("choices") final List<Integer> choices, @ForAll final boolean mixed) {
        final List<String> stream = STREAMS.get(choices.getFirst() % STREAMS.size());
        final int kind = choices.get(1);
        final List<String> documents = choices.stream()
                .map(choice -> document(stream, mixed && choice % 3 == 0 ? choice / 3 : kind, choice))
                .toList();
        final Watched expected = play(stream.getFirst(), documents, "data: {}\n\n");
        final Watched seen = play(stream.getFirst(), documents, "");
        assertThat(seen.answers).as(documents.toString()).isEqualTo(expected.answers);
        assertThat(seen.cutAnswers).as(documents.toString()).isEqualTo(expected.cutAnswers);
        assertThat(seen.gaps).as(documents.toString()).isEqualTo(expected.gaps);
        assertThat(seen.budget.used()).isZero();
    }

    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private final AnswerBuilder answer = new AnswerBuilder(budget, Limits.DEFAULT);
    private final JsonCursor json = new JsonCursor(16);
    private final DeltaPattern pattern = new DeltaPattern(budget);

    private void read(final String document) {
        final byte[] bytes = document.getBytes(StandardCharsets.UTF_8);
        answer.begin();
        assertThat(json.begin(bytes, 0, bytes.length)).isTrue();
        new OpenAiChat().answer(json, answer);
        assertThat(json.finish()).isTrue();
        pattern.learn(bytes, 0, bytes.length, json, answer);
    }

    private boolean add(final String document) {
        final byte[] bytes = ("before" + document).getBytes(StandardCharsets.UTF_8);
        return pattern.add(bytes, 6, bytes.length - 6, answer);
    }

    private static String delta(final String number, final String content, final String padding) {
        return "{\"created\":" + number + ",\"choices\":[{\"delta\":{\"content\":\"" + content + "\"}}],\"pad\":\""
                + padding + "\"}";
    }

    @Test
    void theSecondDocumentOfAKindTeachesAndTheThirdIsLikeIt() {
        read(delta("1", "a", "xy"));
        assertThat(add(delta("2", "b", ""))).isFalse();
        read(delta("2", "b", ""));
        assertThat(add(delta("30", "c d", "xyz"))).isTrue();
        assertThat(add(delta("0", "", ""))).isTrue();
        assertThat(add(delta("5", "!", "x"))).isTrue();
        try (ModelAnswer all = answer.seal(200, null, 0)) {
            assertThat(Peek.text(all.text())).isEqualTo("abc d!");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"07", "", "-1", "1.5", "1 ", "null", "\"1\"", "1,\"x\":2"})
    void whatIsNoPlainNumberIsRead(final String number) {
        read(delta("1", "a", "xy"));
        read(delta("1", "a", "xy"));
        assertThat(add(delta(number, "b", "xy"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\n", "é", "\u0001", "a\",\"role\":\"b", "\\"})
    void whatIsNoPlainTextIsRead(final String text) {
        read(delta("1", "a", "xy"));
        read(delta("1", "a", "xy"));
        assertThat(add(delta("1", text, "xy"))).isFalse();
        assertThat(add(delta("1", "a", text))).isFalse();
    }
}
