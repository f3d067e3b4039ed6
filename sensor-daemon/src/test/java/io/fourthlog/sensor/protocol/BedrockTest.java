package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bodies as Amazon's API reference and the makers of Bedrock's models write them. */
class BedrockTest {
    private static final String CONVERSED = "{\"output\":{\"message\":{\"role\":\"assistant\",\"content\":["
            + "{\"text\":\"yes\"}]}},\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\":3,\"outputTokens\":2}}";

    private static Watched answered(final String path, final String question, final String answer) {
        final Watched watched = new Watched()
                .sent("POST /model/m/" + path + " HTTP/1.1\r\nHost: bedrock\r\nContent-Type: application/json\r\n"
                        + "Content-Length: " + question.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + question)
                .received("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + answer.length()
                        + "\r\n\r\n" + answer)
                .close();
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.budget.used()).isZero();
        return watched;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"guardContent\":{\"text\":{\"text\":\"guarded\",\"qualifiers\":[\"query\"]}}}; guarded",
                "{\"searchResult\":{\"source\":\"https://a\",\"title\":\"t\",\"content\":[{\"text\":\"found\"}]}}; found",
                "{\"document\":{\"name\":\"d\",\"context\":\"about\",\"source\":{\"text\":\"written\"}}};"
                        + " about|USER written",
                "{\"document\":{\"name\":\"d\",\"source\":{\"content\":[{\"text\":\"a\"},{\"text\":\"b\"}]}}}; a|USER b",
                "{\"document\":{\"name\":\"d\",\"source\":{\"bytes\":\"AAAA\"}}}; ''",
                "{\"citationsContent\":{\"content\":[{\"text\":\"cited\"}],\"citations\":[{\"title\":\"t\"}]}}; cited"
            })
    void aTextIsReadInWhateverWrapsIt(final String block, final String texts) {
        final Watched watched =
                answered("converse", "{\"messages\":[{\"role\":\"user\",\"content\":[" + block + "]}]}", CONVERSED);
        assertThat(watched.prompts).containsExactly("m|USER " + texts);
        assertThat(watched.answers).containsExactly("200 null yes|3/2|null");
    }

    @Test
    void aResultMayBeWhatWasFound() {
        final Watched watched = answered(
                "converse",
                "{\"messages\":[{\"role\":\"user\",\"content\":[{\"toolResult\":{\"toolUseId\":\"t-1\",\"content\":["
                        + "{\"searchResult\":{\"source\":\"s\",\"content\":[{\"text\":\"found\"}]}},"
                        + "{\"document\":{\"source\":{\"text\":\"written\"}}}]}}]}]}",
                CONVERSED);
        assertThat(watched.prompts).containsExactly("m|TOOL found@t-1|TOOL written@t-1");
    }

    @Test
    void anAnswerMayCiteWhatItSays() {
        final Watched watched = answered(
                "converse",
                "{\"messages\":[]}",
                CONVERSED.replace(
                        "{\"text\":\"yes\"}",
                        "{\"text\":\"So \"},{\"citationsContent\":{\"citations\":[{\"sourceContent\":[{\"text\":\"no\"}]}],"
                                + "\"content\":[{\"text\":\"yes\"},{\"text\":\"!\"}]}}"));
        assertThat(watched.answers).containsExactly("200 null So yes!|3/2|null");
    }

    private static final String PARTS = "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},"
            + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}]}";

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // Pixtral, gpt-oss, Qwen
                PARTS
                        + "; m|SYSTEM s|USER hi; {\"choices\":[{\"index\":0,\"message\":{\"content\":\"yes\",\"tool_calls\":[]},"
                        + "\"stop_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}};"
                        + " 200 null yes|3/2|null",
                // Nova
                "{\"schemaVersion\":\"messages-v1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]};"
                        + " m|USER hi; " + CONVERSED + "; 200 null yes|3/2|null",
                // DeepSeek-R1
                "{\"prompt\":\"hi\"}; m|USER hi; {\"choices\":[{\"text\":\"yes\",\"stop_reason\":\"stop\"}]};"
                        + " 200 null yes|-1/-1|null",
                // Command
                "{\"prompt\":\"hi\"}; m|USER hi; {\"generations\":[{\"text\":\"yes\",\"finish_reason\":\"COMPLETE\"}]};"
                        + " 200 null yes|-1/-1|null",
                // Command R
                "{\"message\":\"and now?\",\"preamble\":\"Be brief\",\"chat_history\":["
                        + "{\"role\":\"USER\",\"message\":\"hi\"},{\"role\":\"CHATBOT\",\"message\":\"yes\"}],"
                        + "\"documents\":[{\"title\":\"t\",\"snippet\":\"s\"}],"
                        + "\"tool_results\":[{\"call\":{\"name\":\"f\",\"parameters\":{}},\"outputs\":[{\"sum\":\"7\"}]}]};"
                        + " m|SYSTEM Be brief|USER hi|ASSISTANT yes|USER and now?|USER t|USER s|TOOL [{\"sum\":\"7\"}];"
                        + " {\"text\":\"\",\"chat_history\":[{\"role\":\"USER\",\"message\":\"hi\"}],\"tool_calls\":["
                        + "{\"name\":\"f\",\"parameters\":{\"a\":1}},{\"name\":\"g\",\"parameters\":{}}]};"
                        + " 200 null |f@null{\"a\":1}|g@null|-1/-1|null",
                // Llama
                "{\"prompt\":\"hi\"}; m|USER hi; {\"generation\":\"yes\",\"prompt_token_count\":3,"
                        + "\"generation_token_count\":2}; 200 null yes|3/2|null",
                // Embed and Rerank
                "{\"texts\":[\"a\",\"b\"],\"input_type\":\"search_document\"}; m|USER a|USER b;"
                        + " {\"embeddings\":[[1]]}; 200 null |-1/-1|null",
                "{\"query\":\"a\",\"documents\":[\"b\"],\"api_version\":2}; m|USER a|USER b;"
                        + " {\"results\":[{\"index\":0}]}; 200 null |-1/-1|null"
            })
    void aModelIsInvokedAsItsMakerWritesIt(
            final String question, final String prompt, final String answer, final String seen) {
        final Watched watched = answered("invoke", question, answer);
        assertThat(watched.prompts).containsExactly(prompt);
        assertThat(watched.answers).containsExactly(seen);
    }

    @Test
    void commandRStreamsItsTextAndThenItsTools() {
        final String question = "{\"message\":\"hi\"}";
        final String[] events = {
            "{\"is_finished\":false,\"event_type\":\"text-generation\",\"text\":\"I \"}",
            "{\"text\":\"look.\",\"is_finished\":false,\"event_type\":\"text-generation\"}",
            "{\"text\":\"I look.\",\"event_type\":\"tool-calls-generation\",\"tool_calls\":["
                    + "{\"name\":\"f\",\"parameters\":{\"a\":1}}]}",
            "{\"is_finished\":true,\"event_type\":\"stream-end\",\"response\":{\"text\":\"I look.\",\"tool_calls\":["
                    + "{\"name\":\"f\",\"parameters\":{\"a\":1}}]},\"finish_reason\":\"COMPLETE\","
                    + "\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":3,\"outputTokenCount\":2}}"
        };
        final String answer = "data: " + String.join("\n\ndata: ", events) + "\n\n";
        final Watched watched = new Watched()
                .sent("POST /model/m/invoke-with-response-stream HTTP/1.1\r\nHost: bedrock\r\nContent-Length: "
                        + question.length() + "\r\n\r\n" + question)
                .received("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " + answer.length()
                        + "\r\n\r\n" + answer);
        assertThat(watched.prompts).containsExactly("m|USER hi");
        assertThat(watched.answers).containsExactly("200 null I look.|f@null{\"a\":1}|3/2|null");
        assertThat(watched.close().gaps).isEmpty();
        assertThat(watched.budget.used()).isZero();
    }
}
