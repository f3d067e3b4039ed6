package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.RequestedTool;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Answers that the endpoint of OpenAI's responses keeps, and that are asked for by their id. */
class KeptAnswersTest {
    private static final int AGENT = 5;
    private static final long CONNECTION = 1;
    private static final String ASKED = """
            {"model":"gpt-5","background":true,"input":"Who is it? kept.canary@example.com"}""";
    private static final String QUEUED = """
            {"id":"resp_7","object":"response","status":"queued","model":"gpt-5-2026","output":[],"usage":null}""";
    private static final String RUNNING = QUEUED.replace("queued", "in_progress");
    private static final String DONE = """
            {"id":"resp_7","object":"response","status":"completed","model":"gpt-5-2026","output":[
            {"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"It is she."}]},
            {"type":"function_call","id":"fc_1","call_id":"call_1","name":"read_file","arguments":"{}","status":"completed"}],
            "usage":{"input_tokens":11,"output_tokens":7}}""";

    private final Scene scene = new Scene();

    private void ask(final String request, final String answer) {
        scene.sent(
                AGENT,
                CONNECTION,
                "POST /v1/responses HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: " + request.length()
                        + "\r\n\r\n" + request);
        answer(200, answer);
    }

    private void get(final String id, final int status, final String answer) {
        scene.sent(AGENT, CONNECTION, "GET /v1/responses/" + id + " HTTP/1.1\r\nHost: api.example.com\r\n\r\n");
        answer(status, answer);
    }

    private void answer(final int status, final String answer) {
        scene.received(
                AGENT,
                CONNECTION,
                "HTTP/1.1 " + status + " OK\r\nContent-Type: application/json\r\nContent-Length: "
                        + answer.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + answer);
    }

    @Test
    void anAnswerThatIsGivenLaterIsRecordedWhenItIsAskedFor() {
        ask(ASKED, QUEUED);
        get("resp_7", 200, RUNNING);
        get("resp_7", 200, DONE);

        assertThat(scene.models()).hasSize(2);
        final ModelInvocation question = scene.models().getFirst();
        assertThat(question.inputSensitivity()).contains("PII:email");
        assertThat(question.promptTokenCount()).isNull();
        assertThat(question.outputHash()).isNull();
        assertThat(question.header().unknown().get("output_hash")).contains("answers later");

        final ModelInvocation answer = scene.models().get(1);
        assertThat(scene.cause(answer)).isEqualTo(question);
        assertThat(answer.outputHash()).isNotNull();
        assertThat(answer.promptTokenCount()).isEqualTo(11);
        assertThat(answer.outputTokenCount()).isEqualTo(7);
        assertThat(answer.toolsRequested()).extracting(RequestedTool::name).containsExactly("read_file");
        assertThat(answer.header().unknown().get("prompt_class")).contains("the event that triggered this one");
        assertThat(scene.errors()).isEmpty();
    }

    @Test
    void anAnswerThatIsKnownIsNotRecordedAgain() {
        ask(ASKED.replace("true", "false"), DONE);
        get("resp_7", 200, DONE);
        get("resp_8", 404, "{\"error\":{\"message\":\"m\",\"type\":\"invalid_request_error\"}}");
        scene.exit(AGENT);
        assertThat(scene.models()).hasSize(1);
        assertThat(scene.errors()).containsExactly("data.http.404");
        assertThat(scene.pipeline.contentBytes()).isZero();
    }

    @Test
    void anAnswerThatSomebodyElseAskedForIsRecordedWithoutItsQuestion() {
        get("resp_7", 200, DONE);
        assertThat(scene.models()).singleElement().satisfies(answer -> {
            assertThat(answer.outputTokenCount()).isEqualTo(7);
            assertThat(answer.header().triggeringEventId()).isNull();
            assertThat(answer.header().unknown().get("prompt_class")).contains("not captured");
        });
    }

    @Test
    void whoeverWaitsForAnAnswerThatSomebodyElseAskedForIsRecordedOnce() {
        get("resp_7", 200, QUEUED);
        get("resp_7", 200, RUNNING);
        assertThat(scene.models()).singleElement().satisfies(waits -> {
            assertThat(waits.outputHash()).isNull();
            assertThat(waits.header().unknown().get("output_hash")).contains("answers later");
            assertThat(waits.header().unknown().get("prompt_class")).contains("not captured");
        });
        get("resp_7", 200, DONE);
        assertThat(scene.models()).hasSize(2);
        assertThat(scene.cause(scene.models().get(1))).isEqualTo(scene.models().getFirst());
        assertThat(scene.accesses()).isEmpty();
    }

    @Test
    void aStreamThatIsTakenUpAgainGoesOnAnywhere() {
        ask(ASKED, QUEUED);
        final String events =
                "data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"message\"}}\n\n"
                        + "data: {\"type\":\"response.completed\",\"response\":" + DONE.replace("\n", "") + "}\n\n";
        scene.sent(
                AGENT,
                CONNECTION,
                "GET /v1/responses/resp_7?stream=true&starting_after=2 HTTP/1.1\r\nHost: api.example.com\r\n\r\n");
        scene.received(
                AGENT,
                CONNECTION,
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " + events.length() + "\r\n\r\n"
                        + events);
        assertThat(scene.models()).hasSize(2);
        assertThat(scene.cause(scene.models().get(1))).isEqualTo(scene.models().getFirst());
        assertThat(scene.accesses()).isEmpty();
    }

    @Test
    void aQuestionThatNamesAnAnswerFollowsFromIt() {
        ask(ASKED, QUEUED);
        get("resp_7", 200, DONE);
        ask(
                "{\"model\":\"gpt-5\",\"previous_response_id\":\"resp_7\",\"input\":\"And he?\"}",
                DONE.replace("_7", "_9"));
        assertThat(scene.cause(scene.models().get(2))).isEqualTo(scene.models().get(1));
    }

    @Test
    void whatElseLiesUnderSuchAPathIsNoAnswer() {
        get("12", 200, "{\"id\":12,\"status\":\"completed\",\"output\":[],\"model\":\"a form\"}");
        assertThat(scene.models()).isEmpty();
        assertThat(scene.accesses())
                .extracting(DataAccess::resourceUri)
                .containsExactly("https://api.example.com/v1/responses/12");
    }
}
