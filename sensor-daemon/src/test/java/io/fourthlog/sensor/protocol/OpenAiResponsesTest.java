package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiResponsesTest {
    private static final String SAID = "{\"type\":\"message\",\"role\":\"assistant\",\"content\":["
            + "{\"type\":\"output_text\",\"text\":\"yes\"}]}";

    private static Watched asked(final String body) {
        return new Watched()
                .sent("POST /v1/responses HTTP/1.1\r\nHost: m\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body);
    }

    private static Watched answered(final String question, final String type, final String body) {
        return asked(question)
                .received("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: " + body.length()
                        + "\r\n\r\n" + body);
    }

    private static String response(final String output) {
        return "{\"id\":\"resp_1\",\"model\":\"m-1\",\"status\":\"completed\",\"output\":[" + output
                + "],\"usage\":{\"input_tokens\":3,\"output_tokens\":2}}";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"prompt\":{\"id\":\"pmpt_1\",\"version\":\"2\"}}; null",
                "{\"model\":\"m\",\"previous_response_id\":\"resp_1\",\"instructions\":\"go on\"}; m|SYSTEM go on",
                "{\"model\":\"m\",\"conversation\":\"conv_1\"}; m",
                "{\"model\":\"m\",\"conversation\":{\"id\":\"conv_1\"}}; m",
                "{\"prompt\":{\"variables\":{\"who\":\"Ann\",\"of\":{\"type\":\"input_text\",\"text\":\"Rome\"},"
                        + "\"at\":{\"type\":\"input_image\",\"file_id\":\"f\"}},\"id\":\"pmpt_1\"}}; null|USER Ann|USER Rome"
            })
    void aRequestMayOnlyNameWhatTheEndpointKeeps(final String body, final String prompt) {
        final Watched watched = answered(body, "application/json", response(SAID));
        assertThat(watched.prompts).containsExactly(prompt);
        assertThat(watched.answers).containsExactly("200 m-1 yes|3/2|null");
        assertThat(watched.close().budget.used()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"prompt\":{\"id\":\"q7\",\"variables\":{\"a\":\"b\"}},\"answer\":\"no\"}",
                "{\"prompt\":\"Who?\"}",
                "{\"conversation\":\"c7\",\"text\":\"hello\"}",
                "{\"conversation\":{\"title\":\"conv_1\"}}",
                "{\"previous_response_id\":null}"
            })
    void anotherServicesResponsesAreNone(final String body) {
        final Watched watched = asked(body);
        assertThat(watched.prompts).isEmpty();
        assertThat(watched.close().budget.used()).isZero();
    }

    private static String reasoning(final String... texts) {
        final StringBuilder parts = new StringBuilder();
        for (final String text : texts) {
            parts.append(parts.isEmpty() ? "" : ",").append("{\"type\":\"reasoning_text\",\"text\":\"" + text + "\"}");
        }
        return "{\"id\":\"rs_1\",\"type\":\"reasoning\",\"summary\":[],\"content\":[" + parts + "]}";
    }

    private static Watched thought(final String type, final String body) {
        return answered("{\"model\":\"m\",\"input\":\"hi\"}", type, body);
    }

    @Test
    void whatAModelThinksIsInItsItemsOrInTheirSummaries() {
        final String summary =
                "{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"In short.\"}]}";
        final Watched watched = thought(
                "application/json", response(reasoning("Who", " asks?") + "," + summary + "," + summary + "," + SAID));
        assertThat(watched.answers).containsExactly("200 m-1 yes|thinks Who asks?In short.In short.|3/2|null");
    }

    private static String event(final String type, final String members) {
        return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + members + "}\n\n";
    }

    /** Some servers do not say again at the end what the model thought. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStreamEndsWithWhatTheModelThought(final boolean again) {
        final Watched watched = thought(
                "text/event-stream",
                event("response.reasoning_text.delta", "\"output_index\":0,\"delta\":\"Who\"")
                        + event("response.reasoning_text.delta", "\"output_index\":0,\"delta\":\" asks?\"")
                        + event("response.output_item.done", "\"output_index\":0,\"item\":" + reasoning("Who asks?"))
                        + event("response.output_text.delta", "\"output_index\":1,\"delta\":\"yes\"")
                        + event(
                                "response.completed",
                                "\"response\":" + response((again ? reasoning("Who asks?") + "," : "") + SAID)));
        assertThat(watched.answers).containsExactly("200 m-1 yes|thinks Who asks?|3/2|null");
        assertThat(watched.close().budget.used()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"type\":\"shell_call_output\",\"call_id\":\"c\",\"output\":[{\"stdout\":\"a\",\"stderr\":\"b\","
                        + "\"outcome\":{\"type\":\"exit\",\"exit_code\":0}}]}; |TOOL a@c|TOOL b@c",
                "{\"type\":\"local_shell_call_output\",\"id\":\"c\",\"output\":\"a\"}; |TOOL a@c",
                "{\"id\":\"p\",\"call_id\":\"c\",\"result\":\"a\",\"type\":\"program_output\"}; |TOOL a@c",
                "{\"id\":\"i\",\"result\":\"iVBORw==\",\"type\":\"image_generation_call\"}; '|ASSISTANT '",
                "{\"type\":\"code_interpreter_call\",\"outputs\":[{\"type\":\"logs\",\"logs\":\"a\"}]}; |ASSISTANT a",
                "{\"type\":\"file_search_call\",\"results\":[{\"file_id\":\"f\",\"text\":\"a\"}]}; |ASSISTANT a",
                "{\"type\":\"mcp_approval_response\",\"approve\":false,\"reason\":\"a\"}; |USER a",
                "{\"role\":\"assistant\",\"content\":[{\"type\":\"refusal\",\"refusal\":\"a\"}]}; |ASSISTANT a"
            })
    void whatAToolPrintedOrFoundIsPartOfTheQuestion(final String item, final String parts) {
        final Watched watched = asked("{\"model\":\"m\",\"input\":[" + item + "]}");
        assertThat(watched.prompts).containsExactly("m" + parts);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"type\":\"apply_patch_call\",\"call_id\":\"c\",\"operation\":{\"path\":\"/a\"}};"
                        + " apply_patch@c{\"path\":\"/a\"}",
                "{\"type\":\"shell_call\",\"call_id\":\"c\",\"action\":{\"commands\":[\"ls\"]}};"
                        + " shell@c{\"commands\":[\"ls\"]}",
                "{\"type\":\"computer_call\",\"call_id\":\"c\",\"action\":null,\"actions\":[{\"type\":\"wait\"}]};"
                        + " computer@c[{\"type\":\"wait\"}]",
                "{\"type\":\"tool_search_call\",\"id\":\"t\",\"call_id\":null,\"arguments\":{\"goal\":\"g\"}};"
                        + " tool_search@t{\"goal\":\"g\"}",
                "{\"type\":\"mcp_approval_request\",\"id\":\"a\",\"name\":\"rm\",\"arguments\":\"[]\"}; rm@a[]",
                "{\"type\":\"program\",\"call_id\":\"c\",\"code\":\"x()\"}; program@c\"x()\"",
                "{\"type\":\"custom_tool_call\",\"call_id\":\"c\",\"name\":\"run\",\"input\":\"x\"}; run@cx"
            })
    void aToolIsAskedForByItsItem(final String item, final String tool) {
        final Watched watched = thought("application/json", response(item));
        assertThat(watched.answers).containsExactly("200 m-1 |" + tool + "|3/2|null");
    }

    @Test
    void whatIsSpokenIsText() {
        final Watched watched = thought(
                "text/event-stream",
                event("response.audio.transcript.delta", "\"delta\":\"y\"")
                        + event("response.audio.transcript.delta", "\"delta\":\"es\"")
                        + event("response.completed", "\"response\":" + response("")));
        assertThat(watched.answers).containsExactly("200 m-1 yes|3/2|null");
    }
}
