package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rarer members of requests and answers, as the makers' SDKs have them. */
class ChatShapesTest {
    private static final String OPENAI = "/v1/chat/completions";
    private static final String ANTHROPIC = "/v1/messages";
    private static final String GEMINI = "/v1beta/models/g:generateContent";

    private static Watched answered(final String path, final String question, final String answer) {
        return new Watched()
                .sent("POST " + path + " HTTP/1.1\r\nHost: m\r\nContent-Type: application/json\r\nContent-Length: "
                        + question.length() + "\r\n\r\n" + question)
                .received("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + answer.length()
                        + "\r\n\r\n" + answer)
                .close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                OPENAI
                        + "; {\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"prediction\":{\"type\":\"content\","
                        + "\"content\":\"old\"}}; null|USER hi|SYSTEM old",
                OPENAI + "; {\"messages\":[],\"prediction\":{\"type\":\"content\",\"content\":[{\"type\":\"text\","
                        + "\"text\":\"old\"}]}}; null|SYSTEM old",
                "/v1/fim/completions; {\"prompt\":\"def f(\",\"suffix\":\"return\"}; null|USER def f(|SYSTEM return",
                "/api/generate; {\"model\":\"m\",\"prompt\":\"def f(\",\"suffix\":\"return\"};"
                        + " m|USER def f(|SYSTEM return",
                ANTHROPIC + "; {\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"title\":\"t\","
                        + "\"context\":\"c\",\"source\":{\"type\":\"text\",\"data\":\"d\"}}]}]};"
                        + " null|USER t|USER c|USER d",
                ANTHROPIC + "; {\"messages\":[{\"role\":\"assistant\",\"content\":["
                        + "{\"type\":\"text_editor_code_execution_tool_result\",\"tool_use_id\":\"t\",\"content\":"
                        + "{\"type\":\"text_editor_code_execution_str_replace_result\",\"lines\":[\"-a\",\"+b\"]}}]}]};"
                        + " null|TOOL -a@t|TOOL +b@t",
                GEMINI + "; {\"contents\":[{\"role\":\"model\",\"parts\":[{\"executableCode\":{\"code\":\"x()\"}},"
                        + "{\"codeExecutionResult\":{\"id\":\"e\",\"outcome\":\"OUTCOME_OK\",\"output\":\"7\"}},"
                        + "{\"toolResponse\":{\"id\":\"s\",\"toolType\":\"URL_CONTEXT\",\"response\":{\"a\":1}}},"
                        + "{\"text\":\"It is 7.\"}]}]}; g|TOOL 7@e|TOOL {\"a\":1}@s|ASSISTANT It is 7."
            })
    void aQuestionHasAllThatIsSaid(final String path, final String question, final String prompt) {
        assertThat(answered(path, question, "{}").prompts).containsExactly(prompt);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                OPENAI + "; {\"choices\":[{\"message\":{\"content\":null,\"audio\":{\"id\":\"a\",\"data\":\"AAAA\","
                        + "\"transcript\":\"yes\"}}}]}; 200 null yes|-1/-1|null",
                OPENAI + "; {\"choices\":[{\"message\":{\"content\":null,\"audio\":null,\"tool_calls\":[{\"id\":\"c\","
                        + "\"type\":\"custom\",\"custom\":{\"name\":\"run\",\"input\":\"x\"}}]}}]};"
                        + " 200 null |run@cx|-1/-1|null",
                ANTHROPIC + "; {\"type\":\"message\",\"content\":[{\"type\":\"compaction\",\"content\":\"So far.\"},"
                        + "{\"type\":\"mcp_tool_use\",\"id\":\"i\",\"name\":\"n\",\"server_name\":\"s\",\"input\":{\"a\":1}},"
                        + "{\"type\":\"mcp_tool_result\",\"tool_use_id\":\"i\",\"content\":\"found\"},"
                        + "{\"type\":\"text\",\"text\":\"yes\"}],\"usage\":{\"input_tokens\":10,"
                        + "\"cache_read_input_tokens\":5,\"output_tokens\":4,\"iterations\":["
                        + "{\"type\":\"compaction\",\"input_tokens\":100,\"cache_read_input_tokens\":7,\"output_tokens\":30},"
                        + "{\"type\":\"message\",\"input_tokens\":10,\"output_tokens\":4}]}};"
                        + " 200 null yes|thinks So far.|n@i{\"a\":1}|122/34|null",
                GEMINI + "; {\"candidates\":[{\"content\":{\"parts\":[{\"executableCode\":{\"language\":\"PYTHON\","
                        + "\"code\":\"x()\"}},{\"codeExecutionResult\":{\"output\":\"7\"}},{\"toolCall\":{\"id\":\"s\","
                        + "\"toolType\":\"GOOGLE_SEARCH_WEB\",\"args\":{\"queries\":[\"q\"]}}},{\"functionCall\":{"
                        + "\"name\":\"f\",\"args\":{}}},{\"text\":\"yes\"}]}}]};"
                        + " 200 null yes|code_execution@null\"x()\"|google_search_web@s{\"queries\":[\"q\"]}|f@null"
                        + "|-1/-1|null"
            })
    void anAnswerHasAllThatIsSaidAndAskedFor(final String path, final String answer, final String seen) {
        final Watched watched = answered(path, "{\"model\":\"m\",\"messages\":[],\"contents\":[]}", answer);
        assertThat(watched.answers).containsExactly(seen);
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.budget.used()).isZero();
    }
}
