package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.streams.GapCause;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The answers are those of the API's reference, with shorter texts. */
class DashScopeTest {
    private static final String PATH = "/api/v1/services/aigc/text-generation/generation";
    private static final String JSON = "application/json";
    private static final String EVENTS = "text/event-stream;charset=UTF-8";

    private static Watched asked(final String body, final int status, final String type, final String answer) {
        return new Watched()
                .sent("POST " + PATH + " HTTP/1.1\r\nHost: m\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.length() + "\r\n\r\n" + body)
                .received("HTTP/1.1 " + status + " X\r\nContent-Type: " + type + "\r\nContent-Length: "
                        + answer.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + answer);
    }

    private static String question(final String parameters) {
        return "{\"model\":\"qwen-plus\",\"parameters\":{\"result_format\":\"message\"" + parameters
                + "},\"input\":{\"messages\":[{\"role\":\"system\",\"content\":\"Be brief\"},"
                + "{\"role\":\"user\",\"content\":[{\"text\":\"Who?\"}]}]}}";
    }

    private static String event(final String message, final String reason, final int tokens) {
        return "id:1\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{\"choices\":[{\"message\":{\"role\":\"assistant\","
                + message
                + "},\"finish_reason\":\"" + reason + "\"}]},\"usage\":{\"total_tokens\":" + (9 + tokens)
                + ",\"input_tokens\":9,\"output_tokens\":" + tokens + "},\"request_id\":\"r\"}\n\n";
    }

    private static String call(final String id, final String name, final String arguments) {
        return "\"content\":\"\",\"tool_calls\":[{\"index\":0,\"id\":\"" + id
                + "\",\"type\":\"function\",\"function\":{\"name\":\"" + name + "\",\"arguments\":\"" + arguments
                + "\"}}]";
    }

    @Test
    void anAnswerInOnePieceIsRead() {
        final Watched watched = asked(
                question(""),
                200,
                JSON,
                "{\"output\":{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":[{\"text\":\"The first\"}]}}]},"
                        + "\"usage\":{\"input_tokens\":9,\"output_tokens\":3},\"code\":\"\",\"message\":\"\"}");
        assertThat(watched.prompts).containsExactly("qwen-plus|SYSTEM Be brief|USER Who?");
        assertThat(watched.answers).containsExactly("200 null The first|9/3|null");
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void aPromptAndAnAnswerWithoutMessagesAreRead() {
        final Watched watched = asked(
                "{\"model\":\"qwen-plus\",\"input\":{\"prompt\":\"Who?\"}}",
                200,
                JSON,
                "{\"output\":{\"finish_reason\":\"stop\",\"text\":\"The first\"},\"usage\":{\"input_tokens\":9,\"output_tokens\":3}}");
        assertThat(watched.prompts).containsExactly("qwen-plus|USER Who?");
        assertThat(watched.answers).containsExactly("200 null The first|9/3|null");
    }

    @Test
    void eventsAddToTheAnswerWhereThatIsAskedFor() {
        final String events = event("\"content\":\"\",\"reasoning_content\":\"Hm\"", "null", 1)
                + event("\"content\":\"ha\",\"reasoning_content\":\"\"", "null", 2)
                + event("\"content\":\"haha\",\"reasoning_content\":\"\"", "null", 3)
                + event("\"content\":\"\",\"reasoning_content\":\"\"", "stop", 3);
        assertThat(asked(question(",\"incremental_output\":true"), 200, EVENTS, events).answers)
                .containsExactly("200 null hahaha|thinks Hm|9/3|null");
    }

    @Test
    void elseEachEventHasAllThatWasSaidSoFar() {
        final String events = event("\"content\":\"ha\"", "null", 1)
                + event("\"content\":\"haha\"", "null", 2)
                + event("\"content\":\"hahaha\"", "stop", 3);
        assertThat(asked(question(""), 200, EVENTS, events).answers).containsExactly("200 null hahaha|9/3|null");
        assertThat(asked(question(",\"incremental_output\":false"), 200, EVENTS, events).answers)
                .containsExactly("200 null hahaha|9/3|null");
    }

    @Test
    void whatBeginsWithWhatWasSaidIsAddedToItAsWellIfTheNextEventIs() {
        final String events = event("\"content\":\"\",\"reasoning_content\":\"a\"", "null", 1)
                + event("\"content\":\"\",\"reasoning_content\":\"ab\"", "null", 2)
                + event("\"content\":\"ha\",\"reasoning_content\":\"\"", "null", 3)
                + event("\"content\":\"ha\",\"reasoning_content\":\"\"", "null", 4)
                + event("\"content\":\"haha\",\"reasoning_content\":\"\"", "null", 5)
                + event("\"content\":\", so\",\"reasoning_content\":\"\"", "null", 6)
                + event("\"content\":\"\",\"reasoning_content\":\"\"", "stop", 6);
        final Watched watched = asked(question(""), 200, EVENTS, events);
        assertThat(watched.answers).containsExactly("200 null hahahaha, so|thinks aab|9/6|null");
        assertThat(watched.close().budget.used()).isZero();
        final Watched either = asked(
                question(""),
                200,
                EVENTS,
                event("\"content\":\"ha\"", "null", 1)
                        + event("\"content\":\"haha\"", "null", 2)
                        + event("\"content\":\"\"", "stop", 2));
        assertThat(either.cutAnswers).hasSize(1);
        assertThat(either.gaps).containsExactly(GapCause.JSON);
    }

    /** Of models that think this need not be asked for. */
    @Test
    void orAddsToItWhereItDoesNotBeginWithWhatWasSaid() {
        final String events = event("\"content\":\"\",\"reasoning_content\":\"Hm\"", "null", 1)
                + event("\"content\":\"\",\"reasoning_content\":\", so\"", "null", 2)
                + event("\"content\":\"The\",\"reasoning_content\":\"\"", "null", 3)
                + event("\"content\":\" first\",\"reasoning_content\":\"\"", "null", 4)
                + event("\"content\":\"\",\"reasoning_content\":\"\"", "stop", 4);
        assertThat(asked(question(""), 200, EVENTS, events).answers)
                .containsExactly("200 null The first|thinks Hm, so|9/4|null");
        final String parts = event("\"content\":[{\"text\":\"The\"}]", "null", 1)
                + event("\"content\":[{\"text\":\" first\"}]", "null", 2)
                + event("\"content\":[]", "stop", 2);
        assertThat(asked(question(""), 200, EVENTS, parts).answers).containsExactly("200 null The first|9/2|null");
        final String pieces = event(call("call_1", "get_weather", ""), "null", 1)
                + event(call("", "", "{\\\"city\\\":"), "null", 2)
                + event(call("", "", "\\\"Oslo\\\"}"), "tool_calls", 3);
        assertThat(asked(question(""), 200, EVENTS, pieces).answers)
                .containsExactly("200 null |get_weather@call_1{\"city\":\"Oslo\"}|9/3|null");
    }

    @Test
    void whatAnEmbeddingIsMadeOfIsRead() {
        final Watched watched = new Watched();
        for (final String[] each : new String[][] {
            {"embeddings/text-embedding/text-embedding", "{\"texts\":[\"Oslo\",\"Rome\"]}", "embeddings"},
            {
                "embeddings/multimodal-embedding/multimodal-embedding",
                "{\"contents\":[{\"text\":\"Oslo\"}]}",
                "embeddings"
            },
            {"rerank/text-rerank/text-rerank", "{\"query\":\"Where?\",\"documents\":[\"Oslo\"]}", "results"}
        }) {
            final String body = "{\"model\":\"m\",\"input\":" + each[1] + "}";
            final String answer = "{\"output\":{\"" + each[2] + "\":[]},\"usage\":{\"total_tokens\":3}}";
            watched.sent("POST /api/v1/services/" + each[0] + " HTTP/1.1\r\nHost: m\r\nContent-Length: " + body.length()
                            + "\r\n\r\n" + body)
                    .received("HTTP/1.1 200 OK\r\nContent-Length: " + answer.length() + "\r\n\r\n" + answer);
        }
        assertThat(watched.prompts).containsExactly("m|USER Oslo|USER Rome", "m|USER Oslo", "m|USER Where?|USER Oslo");
        assertThat(watched.answers).hasSize(3).allMatch(each -> each.startsWith("200 null |3/-1"));
    }

    @Test
    void aToolIsReadInPiecesAndWhole() {
        final String pieces = event(call("call_1", "get_weather", ""), "null", 1)
                + event(call("", "", "{\\\"city\\\":"), "null", 2)
                + event(call("", "", "\\\"Oslo\\\"}"), "tool_calls", 3);
        final String wholes = event(call("call_1", "get_weather", "{\\\"city\\\":"), "null", 2)
                + event(call("call_1", "get_weather", "{\\\"city\\\":\\\"Oslo\\\"}"), "tool_calls", 3);
        final String expected = "200 null |get_weather@call_1{\"city\":\"Oslo\"}|9/3|null";
        assertThat(asked(question(",\"incremental_output\":true"), 200, EVENTS, pieces).answers)
                .containsExactly(expected);
        assertThat(asked(question(""), 200, EVENTS, wholes).answers).containsExactly(expected);
    }

    @Test
    void aFailureHasItsCode() {
        assertThat(asked(
                                question(""),
                                429,
                                JSON,
                                "{\"code\":\"Throttling.RateQuota\",\"message\":\"Requests rate limit exceeded\",\"request_id\":\"r\"}")
                        .answers)
                .containsExactly("429 null |-1/-1|Throttling.RateQuota");
    }
}
