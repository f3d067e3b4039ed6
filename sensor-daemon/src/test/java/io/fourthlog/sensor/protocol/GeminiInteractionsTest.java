package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GeminiInteractionsTest {
    private static final String USAGE = "\"usage\":{\"total_input_tokens\":50,\"total_tool_use_tokens\":7,"
            + "\"total_output_tokens\":30,\"total_thought_tokens\":11,\"total_tokens\":98}";
    private static final String TOOLS = "{\"type\":\"thought\",\"summary\":[{\"type\":\"text\",\"text\":\"hm\"}]},"
            + "{\"type\":\"google_search_call\",\"id\":\"s1\",\"arguments\":{\"queries\":[\"q\"]}},"
            + "{\"type\":\"function_call\",\"id\":\"f1\",\"name\":\"read_file\",\"arguments\":{\"path\":\"/a\"}}";

    private static Watched asked(final String method, final String path, final String body, final String answer) {
        final String type = answer.startsWith("event") ? "text/event-stream" : "application/json";
        return new Watched()
                .sent(method + " " + path + " HTTP/1.1\r\nHost: m\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.length() + "\r\n\r\n" + body)
                .received("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: " + answer.length()
                        + "\r\n\r\n" + answer);
    }

    private static Watched asked(final String body, final String answer) {
        return asked("POST", "/v1beta/interactions", body, answer);
    }

    private static String whole(final String status, final String steps) {
        return "{\"id\":\"v1_x\",\"model\":\"gemini-3\",\"status\":\"" + status + "\",\"steps\":[" + steps + "],"
                + USAGE + "}";
    }

    private static String event(final String type, final String members) {
        return "event: " + type + "\ndata: {" + members + ",\"event_type\":\"" + type + "\"}\n\n";
    }

    @Test
    void aTextIsAskedAndAnswered() {
        final Watched watched = asked(
                "{\"system_instruction\":\"be brief\",\"input\":\"Who?\",\"model\":\"gemini\"}",
                whole(
                        "completed",
                        "{\"type\":\"user_input\",\"content\":[{\"type\":\"text\",\"text\":\"Who?\"}]},"
                                + "{\"content\":[{\"text\":\"The \",\"type\":\"text\"},{\"text\":\"first\"}],\"type\":\"model_output\"}"));
        assertThat(watched.prompts).containsExactly("gemini|SYSTEM be brief|USER Who?");
        assertThat(watched.answers).containsExactly("200 gemini-3 The first|57/41|null");
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void toolsAreAskedForAndTheirResultsGiven() {
        final Watched watched = asked(
                "{\"model\":\"gemini\",\"previous_interaction_id\":\"v1_w\",\"input\":["
                        + "{\"type\":\"user_input\",\"content\":[{\"type\":\"text\",\"text\":\"Go\"}]},"
                        + "{\"type\":\"function_call\",\"id\":\"f0\",\"name\":\"x\",\"arguments\":{}},"
                        + "{\"type\":\"function_result\",\"call_id\":\"f0\",\"result\":{\"a\":1}},"
                        + "{\"result\":[{\"type\":\"text\",\"text\":\"b\"}],\"type\":\"function_result\",\"call_id\":\"f2\"}]}",
                whole("requires_action", TOOLS));
        assertThat(watched.prompts).containsExactly("gemini|USER Go|ASSISTANT |TOOL {\"a\":1}@f0|TOOL b@f2");
        assertThat(watched.answers)
                .containsExactly(
                        "200 gemini-3 |thinks hm|google_search@s1{\"queries\":[\"q\"]}|read_file@f1{\"path\":\"/a\"}|57/41|null");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"type\":\"text\",\"text\":\"Who?\"}", "[{\"type\":\"text\",\"text\":\"Who?\"}]"})
    void partsWithoutAStepAreTheUsers(final String input) {
        assertThat(asked("{\"agent\":\"deep-research\",\"input\":" + input + "}", "{}").prompts)
                .containsExactly("deep-research|USER Who?");
    }

    private static String streamed(final String lastSteps) {
        return event(
                        "interaction.created",
                        "\"interaction\":{\"id\":\"v1_x\",\"status\":\"in_progress\",\"model\":\"gemini-3\"}")
                + event("step.start", "\"index\":0,\"step\":{\"type\":\"thought\"}")
                + event(
                        "step.delta",
                        "\"index\":0,\"delta\":{\"type\":\"thought_summary\",\"content\":{\"type\":\"text\",\"text\":\"hm\"}}")
                + event("step.start", "\"index\":1,\"step\":{\"type\":\"model_output\"}")
                + event("step.delta", "\"index\":1,\"delta\":{\"type\":\"text\",\"text\":\"The \"}")
                + event("step.delta", "\"index\":1,\"delta\":{\"type\":\"text\",\"text\":\"first\"}")
                + event(
                        "step.start",
                        "\"index\":2,\"step\":{\"type\":\"function_call\",\"id\":\"f1\",\"name\":\"read_file\",\"arguments\":{}}")
                + event(
                        "step.delta",
                        "\"index\":2,\"delta\":{\"type\":\"arguments_delta\",\"arguments\":\"{\\\"path\\\":\"}")
                + event(
                        "step.delta",
                        "\"index\":2,\"delta\":{\"type\":\"arguments_delta\",\"arguments\":\"\\\"/a\\\"}\"}")
                + event("step.stop", "\"index\":2")
                + event(
                        "interaction.completed",
                        "\"interaction\":{\"id\":\"v1_x\",\"status\":\"requires_action\"," + lastSteps + USAGE + "}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\"steps\":[{\"type\":\"thought\",\"summary\":[{\"type\":\"text\",\"text\":\"hm\"}]},"
                        + "{\"type\":\"model_output\",\"content\":[{\"type\":\"text\",\"text\":\"The first\"}]},"
                        + "{\"type\":\"function_call\",\"id\":\"f1\",\"name\":\"read_file\",\"arguments\":{\"path\":\"/a\"}}],"
            })
    void aStreamGrowsByDeltasAndItsEndMaySayAllOfIt(final String lastSteps) {
        final Watched watched = asked("{\"model\":\"gemini\",\"input\":\"Who?\",\"stream\":true}", streamed(lastSteps));
        assertThat(watched.answers)
                .containsExactly("200 gemini-3 The first|thinks hm|read_file@f1{\"path\":\"/a\"}|57/41|null");
        assertThat(watched.cutAnswers).isEmpty();
    }

    @Test
    void anErrorOfAStreamHasItsCode() {
        assertThat(asked(
                                "{\"model\":\"gemini\",\"input\":\"Who?\",\"stream\":true}",
                                event("error", "\"error\":{\"code\":\"overloaded\",\"message\":\"m\"}"))
                        .answers)
                .containsExactly("200 null |-1/-1|overloaded");
    }

    @Test
    void anAnswerIsTakenUpWhenItIsThere() {
        final String path = "/v1beta/interactions/v1_x";
        assertThat(asked(
                                "GET",
                                path,
                                "",
                                whole("completed", "{\"type\":\"model_output\",\"content\":[{\"text\":\"y\"}]}"))
                        .answers)
                .containsExactly("200 gemini-3 y|57/41|null");
        assertThat(asked("GET", path, "", whole("in_progress", "")).answers)
                .containsExactly("200 gemini-3 |57/41|null");
    }

    @Test
    void anotherServicesInteractionsAreNone() {
        final Watched watched = asked("{\"type\":2,\"data\":{\"name\":\"ping\"}}", "{\"type\":4}");
        assertThat(watched.prompts).isEmpty();
        assertThat(watched.answers).isEmpty();
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void anInteractionThatFailedSaysWhy() {
        final Watched watched = asked(
                "{\"input\":\"Who?\",\"model\":\"gemini\"}",
                "{\"id\":\"v1_x\",\"status\":\"failed\",\"errors\":[{\"code\":\"deadline_exceeded\",\"message\":\"m\"}],"
                        + "\"steps\":[]}");
        assertThat(watched.answers).containsExactly("200 null |-1/-1|deadline_exceeded");
    }
}
