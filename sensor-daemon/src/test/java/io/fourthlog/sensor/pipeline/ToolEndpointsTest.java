package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MCP over HTTP as the official client and server speak it, recorded: both transports, the same conversation. */
class ToolEndpointsTest {
    private static final int AGENT = 1;
    private static final String MAIL =
            "{\"message\":{\"role\":\"ROLE_USER\",\"messageId\":\"m\",\"parts\":[{\"text\":\"mail a.b@example.org\"}]}}";
    private static final String CALL =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"read_file\",\"arguments\":{}}}";
    private static final String RESULT =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"_meta\":{\"io.modelcontextprotocol/serverInfo\":"
                    + "{\"name\":\"files\",\"version\":\"1.4.2\"}},\"content\":[{\"type\":\"text\",\"text\":\"name,email\"}]}}";
    private static final String EVENTS =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    /** The connections of one conversation, in the order in which their chunks passed by. */
    private static Scene played(final String name, final int size, final int dropped) {
        final Scene scene = new Scene();
        final List<Iterator<Chunk>> connections = new ArrayList<>();
        for (int i = 0; Transcript.class.getResource("transcripts/" + name + "-" + i + ".capture") != null; i++) {
            connections.add(Transcript.load(name + "-" + i + ".capture").iterator());
        }
        int count = 0;
        for (final char connection : Transcript.order(name).toCharArray()) {
            final int number = connection - '0';
            final Chunk next = connections.get(number).next();
            for (final Chunk chunk : Transcript.cut(List.of(next), List.of(size))) {
                scene.tls(AGENT, number + 1, chunk, count++ != dropped);
            }
        }
        return scene.exit(AGENT);
    }

    private static String seen(final ToolInvocation tool) {
        return tool.toolName() + " " + tool.returnStatus() + " " + tool.returnSize();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mcp-http", "mcp-sse"})
    void everyKindOfRequestIsRecorded(final String name) {
        final Scene scene = played(name, 100_000, -1);
        assertThat(scene.tools())
                .extracting(ToolEndpointsTest::seen)
                .containsExactlyInAnyOrder(
                        "read_file ok 47",
                        "read_file error 6",
                        "prompts/get:greet ok 12",
                        "think ok 27",
                        "elicitation/create ok 24",
                        "ask ok 13",
                        "change ok 7",
                        "read_file ok 47");
        assertThat(scene.accesses())
                .filteredOn(access -> !access.resourceUri().startsWith("https://127.0.0.1:"))
                .extracting(DataAccess::resourceUri, DataAccess::byteCount, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple("notes://all", 27L, List.of("PII:email")));
        assertThat(scene.accesses())
                .hasSize(1 + 4); // what is posted and is no call: initialize, that it is done, two lists
        assertThat(scene.models())
                .extracting(
                        ModelInvocation::modelId, ModelInvocation::inputSensitivity, ModelInvocation::outputSensitivity)
                .containsExactly(tuple("sampled-model", List.of("PII:email"), List.of("PII:email")));
        assertThat(scene.errors()).containsExactlyInAnyOrder("tool.error", "tool.definition.changed");
        assertThat(scene.pipeline.contentBytes()).isZero();
    }

    /** As servers read them: what a body is said to be, and how its text is coded, hides no call. */
    @ParameterizedTest
    @CsvSource({
        "'application/json', UTF-16",
        "'application/json', UTF-16LE",
        "'application/json', UTF-32BE",
        "'text/plain, application/json', UTF-8",
        "'text/plain;application/json', UTF-8",
        "'application/json\r\nContent-Type: text/plain', UTF-8"
    })
    void aCallInAnotherGuiseIsRecorded(final String type, final String charset) {
        final byte[] body = CALL.getBytes(Charset.forName(charset));
        final Scene scene = new Scene()
                .sent(
                        AGENT,
                        1,
                        "POST /mcp HTTP/1.1\r\nHost: h\r\nContent-Type: " + type + "\r\nContent-Length: " + body.length
                                + "\r\n\r\n")
                .tls(AGENT, 1, new Chunk(true, body), true)
                .received(AGENT, 1, json(RESULT))
                .exit(AGENT);
        assertThat(scene.tools()).extracting(ToolEndpointsTest::seen).containsExactly("read_file ok 10");
        assertThat(scene.accesses()).isEmpty();
        assertThat(scene.pipeline.contentBytes()).isZero();
    }

    /** Most parsers take the last of two names, some the first, and Go's a name in any case. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"Method\":\"tools/call\",\"params\":{\"name\":\"read_file\"}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":\"tools/call\",\"params\":{\"name\":\"read_file\"}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"list\",\"name\":\"read_file\"}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"METHOD\":\"tools/call\",\"params\":{\"name\":\"list\",\"Name\":\"read_file\"}}"
            })
    void aCallThatServersMayTakeForAnotherIsAGap(final String call) {
        final Scene http = posted(call).received(AGENT, 1, json(RESULT));
        assertThat(http.tools()).extracting(ToolEndpointsTest::seen).containsExactly("read_file ok 10");
        assertThat(http.errors()).containsExactly("sensor.gap.mcp");
        final Scene stdio = new Scene().write(AGENT, 100, 100, call + "\n").write(AGENT + 1, 101, 101, RESULT + "\n");
        assertThat(stdio.errors()).startsWith("sensor.gap.mcp");
    }

    /** Its server does not look at what the body is said to be. */
    @Test
    void whatIsPostedToAnAnnouncedEndpointIsRead() {
        final Scene scene = new Scene()
                .sent(AGENT, 1, "GET /sse HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n")
                .received(AGENT, 1, EVENTS + event("/messages?session=1"))
                .sent(
                        AGENT,
                        2,
                        "POST /messages?session=1 HTTP/1.1\r\nHost: h\r\nContent-Length: " + (CALL.length() + 3)
                                + "\r\n\r\n\uFEFF" + CALL)
                .received(AGENT, 2, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
                .received(AGENT, 1, event(RESULT));
        assertThat(scene.tools()).extracting(ToolEndpointsTest::seen).containsExactly("read_file ok 10");
    }

    @Test
    void aToolThatBecomesAnotherHasAnotherVersion() {
        final List<String> versions = played("mcp-http", 100_000, -1).tools().stream()
                .filter(tool -> tool.toolName().equals("read_file"))
                .map(tool -> String.valueOf(tool.toolVersion()))
                .toList();
        assertThat(versions).hasSize(3).allMatch(version -> version.matches("files/1\\.4\\.2\\+def\\.[0-9a-f]{16}"));
        assertThat(versions.get(0)).isEqualTo(versions.get(1)).isNotEqualTo(versions.get(2));
    }

    private static Scene posted(final String ask) {
        return new Scene().sent(AGENT, 1, request(ask));
    }

    private static Scene posted(final String path, final String ask) {
        return new Scene().sent(AGENT, 1, request(ask).replace("POST /", "POST " + path));
    }

    private static String request(final String ask) {
        return "POST / HTTP/1.1\r\nHost: other.example.com\r\nContent-Type: application/json\r\nContent-Length: "
                + ask.length() + "\r\n\r\n" + ask;
    }

    private static String json(final String answer) {
        return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + answer.length() + "\r\n\r\n"
                + answer;
    }

    private static String numbered(final String message, final String id) {
        return message.replace("\"id\":1", "\"id\":" + id);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theMessagesOfABatchAreReadOneByOne(final boolean events) {
        final String answers = "[" + RESULT + "," + numbered(RESULT, "2") + "]";
        final Scene scene = posted(
                        " [" + CALL + " , {\"jsonrpc\":\"2.0\",\"method\":\"a/b\"}, 7," + numbered(CALL, "2") + "]\n")
                .received(AGENT, 1, events ? EVENTS + event(answers) + "0\r\n\r\n" : json(answers));
        assertThat(scene.tools())
                .extracting(ToolEndpointsTest::seen)
                .containsExactly("read_file ok 10", "read_file ok 10");
        assertThat(scene.accesses()).isEmpty();
        assertThat(scene.exit(AGENT).errors()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[" + CALL, "[" + CALL + "}", "[[" + CALL + "]]", "[]", "[{}]"})
    void whatIsNoBatchIsAnAccess(final String body) {
        final Scene scene = posted(body).received(AGENT, 1, json("{}")).exit(AGENT);
        assertThat(scene.tools()).isEmpty();
        assertThat(scene.accesses()).extracting(DataAccess::byteCount).containsExactly(body.length() + 2L);
        assertThat(scene.errors()).isEmpty();
    }

    @Test
    void aCallBehindWhiteSpaceIsOne() {
        final Scene scene = posted(" \r\n\t" + CALL).received(AGENT, 1, json("\n" + RESULT));
        assertThat(scene.tools()).extracting(ToolEndpointsTest::seen).containsExactly("read_file ok 10");
        assertThat(scene.accesses()).isEmpty();
    }

    @Test
    void idsOfAnyLengthTellCallsApart() {
        final String one = "\"" + "x".repeat(4096) + "1\"";
        final String two = "\"" + "x".repeat(4096) + "2\"";
        final Scene scene = posted("[" + numbered(CALL, one) + "," + numbered(CALL, two) + "]")
                .received(AGENT, 1, json(numbered(RESULT, two)))
                .exit(AGENT);
        assertThat(scene.tools())
                .extracting(ToolEndpointsTest::seen)
                .containsExactly("read_file ok 10", "read_file none null");
        assertThat(scene.pipeline.contentBytes()).isZero();
    }

    private static final String ACCEPTED =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"task\":{\"taskId\":\"t-1\",\"status\":\"working\"}}}";

    private static String ofTask(final String method, final String id) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"tasks/" + method
                + "\",\"params\":{\"taskId\":\"t-1\"}}";
    }

    /** Since 2025-11-25 a server may only accept a call, and answer when it is asked for the task's result. */
    @Test
    void aCallThatBecomesATaskIsAnsweredByTheTasksResult() {
        final Scene scene = posted(CALL).received(AGENT, 1, json(ACCEPTED));
        scene.sent(AGENT, 1, request(ofTask("get", "2")))
                .received(
                        AGENT,
                        1,
                        json("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"taskId\":\"t-1\",\"status\":\"working\"}}"));
        assertThat(scene.tools()).isEmpty();
        scene.sent(AGENT, 2, request(ofTask("result", "3"))).received(AGENT, 2, EVENTS + event(numbered(RESULT, "3")));
        scene.pipeline.tlsClosed(scene.process(AGENT), 2);
        assertThat(scene.tools()).extracting(ToolEndpointsTest::seen).containsExactly("read_file ok 10");
        assertThat(scene.accesses()).hasSize(1); // tasks/get
        assertThat(scene.exit(AGENT).errors()).isEmpty();
        assertThat(scene.tools()).hasSize(1);
    }

    @Test
    void aTaskThatIsCancelledIsNotAnswered() {
        final Scene scene = posted(CALL).received(AGENT, 1, json(ACCEPTED));
        scene.sent(AGENT, 1, request(ofTask("cancel", "2")));
        assertThat(scene.tools()).extracting(ToolEndpointsTest::seen).containsExactly("read_file none null");
        assertThat(scene.errors()).containsExactly("tool.no_answer");
    }

    /** What cancels a call is posted by itself, and the call's own stream ends without an answer, or goes on. */
    @Test
    void aCallThatIsCancelledIsNotAnswered() {
        final Scene scene = posted(CALL).received(AGENT, 1, EVENTS);
        scene.sent(
                AGENT,
                2,
                request("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}"));
        assertThat(scene.tools()).extracting(ToolEndpointsTest::seen).containsExactly("read_file none null");
        scene.received(AGENT, 2, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
        scene.pipeline.tlsClosed(scene.process(AGENT), 1);
        assertThat(scene.exit(AGENT).errors()).containsExactly("tool.no_answer");
        assertThat(scene.tools()).hasSize(1);
    }

    /** The official clients for Python hang up on the events of a response when the answer is among them. */
    @Test
    void aClientThatHangsUpOnTheAnswerHasMissedNothing() {
        final Scene scene = posted(CALL).received(AGENT, 1, EVENTS + event(RESULT));
        scene.pipeline.tlsClosed(scene.process(AGENT), 1);
        assertThat(scene.tools()).extracting(ToolEndpointsTest::seen).containsExactly("read_file ok 10");
        assertThat(scene.errors()).isEmpty();
    }

    @Test
    void aClientThatHangsUpBeforeTheAnswerHasMissedIt() {
        final Scene scene = posted(CALL).received(AGENT, 1, EVENTS + event("{\"jsonrpc\":\"2.0\",\"method\":\"x\"}"));
        scene.pipeline.tlsClosed(scene.process(AGENT), 1);
        assertThat(scene.errors()).containsExactly("sensor.gap.unfinished");
    }

    /** Of the transport with SSE, the answer and the response to what was posted come by two connections, in either order. */
    @Test
    void anAnswerInAnothersEventsMayComeBeforeTheResponse() {
        final Scene scene = new Scene()
                .sent(AGENT, 1, "GET /sse HTTP/1.1\r\nHost: other.example.com\r\nAccept: text/event-stream\r\n\r\n")
                .received(AGENT, 1, EVENTS + event("/"));
        scene.sent(AGENT, 2, request(CALL)).sent(AGENT, 3, request(CALL.replace("\"id\":1", "\"id\":2")));
        scene.received(AGENT, 1, event(RESULT.replace("\"id\":1", "\"id\":2")) + event(RESULT));
        for (final int connection : new int[] {2, 3}) {
            scene.received(AGENT, connection, "HTTP/1.1 202 Accepted\r\nContent-Length: 8\r\n\r\nAccepted");
        }
        assertThat(scene.exit(AGENT).tools())
                .extracting(ToolEndpointsTest::seen)
                .containsExactly("read_file ok 10", "read_file ok 10");
        assertThat(scene.errors()).isEmpty();
    }

    /** Since 2026-07-28 there need be no initialize: a server introduces itself in the metadata of its results. */
    @Test
    void aServerIntroducesItselfInAnyResult() {
        final Scene scene = posted(CALL).received(AGENT, 1, json(RESULT));
        assertThat(scene.tools()).extracting(ToolInvocation::toolVersion).containsExactly("files/1.4.2");
    }

    /** Since 2026-07-28 a server asks in its result, and the call is made again with the answers: it is one call. */
    @Test
    void aCallThatIsMadeAgainWithWhatItsServerAskedForIsOne() {
        final String waits =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"input_required\",\"inputRequests\":{\"who\":"
                        + "{\"method\":\"elicitation/create\",\"params\":{\"message\":\"a.b@example.org?\"}}},\"requestState\":\"s\\/1\"}}";
        final String again = CALL.replace("\"id\":1", "\"id\":2")
                .replace(
                        "\"arguments\":{}",
                        "\"arguments\":{},\"requestState\":\"s/1\",\"inputResponses\":{\"who\":{\"action\":\"accept\","
                                + "\"content\":{\"name\":\"x\"}}}");
        final Scene scene = posted(CALL).received(AGENT, 1, EVENTS + event(waits));
        scene.pipeline.tlsClosed(scene.process(AGENT), 1);
        scene.sent(AGENT, 2, request(again)).received(AGENT, 2, json(RESULT.replace("\"id\":1", "\"id\":2")));
        assertThat(scene.tools())
                .extracting(ToolEndpointsTest::seen)
                .containsExactly("elicitation/create ok 12", "read_file ok 10");
        assertThat(scene.tools().getFirst().paramSensitivity()).containsExactly("PII:email");
        assertThat(scene.errors()).isEmpty();
        assertThat(scene.exit(AGENT).errors()).isEmpty();
    }

    @Test
    void aQuestionWithoutParametersTakesNoneOfAnother() {
        final String waits =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"input_required\",\"inputRequests\":{"
                        + "\"a\":{\"method\":\"elicitation/create\",\"params\":{\"message\":\"a.b@example.org?\"}},"
                        + "\"b\":{\"method\":\"elicitation/create\"},\"c\":{\"method\":\"roots/list\"},\"d\":7}}}";
        final Scene scene = posted(CALL).received(AGENT, 1, json(waits)).exit(AGENT);
        assertThat(scene.tools())
                .filteredOn(tool -> tool.toolName().equals("elicitation/create"))
                .extracting(ToolInvocation::paramSensitivity)
                .containsExactlyInAnyOrder(List.of("PII:email"), List.of());
    }

    @Test
    void aCallThatIsNeverMadeAgainHasNoAnswer() {
        final String waits =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"input_required\",\"requestState\":\"s\"}}";
        final Scene scene = posted(CALL).received(AGENT, 1, json(waits));
        assertThat(scene.tools()).isEmpty();
        assertThat(scene.exit(AGENT).tools())
                .extracting(ToolInvocation::returnStatus)
                .containsExactly("none");
    }

    private static String event(final String message) {
        final String event = "data: " + message + "\n\n";
        return Integer.toHexString(event.length()) + "\r\n" + event + "\r\n";
    }

    @Test
    void anotherAgentIsATool() {
        final String ask =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"message/send\",\"params\":{\"message\":{\"role\":\"user\","
                        + "\"parts\":[{\"kind\":\"text\",\"text\":\"mail a.b@example.org\"}],\"messageId\":\"m\"}}}";
        final String answer =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"kind\":\"message\",\"role\":\"agent\",\"parts\":[]}}";
        final Scene scene = posted(ask);
        scene.received(AGENT, 1, json(answer));
        assertThat(scene.tools()).singleElement().satisfies(tool -> {
            assertThat(tool.toolName()).isEqualTo("message/send");
            assertThat(tool.destination()).isEqualTo("a2a:other.example.com");
            assertThat(tool.paramSensitivity()).containsExactly("PII:email");
            assertThat(tool.returnStatus()).isEqualTo("ok");
        });
    }

    /** Since A2A 1.0 the methods are those of its gRPC service, and a result says by its member what it is. */
    @ParameterizedTest
    @CsvSource({"SendMessage, task", "SendMessage, message", "SendStreamingMessage, task"})
    void anotherAgentOfA2a1IsATool(final String method, final String member) {
        final String result = "{\"" + member + "\":{\"status\":{\"state\":\"TASK_STATE_COMPLETED\"}}}";
        final String answer = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" + result + "}";
        final Scene scene = posted("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method
                + "\",\"params\":{\"message\":{\"role\":\"ROLE_USER\",\"messageId\":\"m\",\"parts\":"
                + "[{\"text\":\"mail a.b@example.org\"}]}}}");
        scene.received(AGENT, 1, method.equals("SendMessage") ? json(answer) : EVENTS + event(answer) + "0\r\n\r\n");
        assertThat(scene.tools()).singleElement().satisfies(tool -> {
            assertThat(seen(tool)).isEqualTo(method + " ok " + result.length());
            assertThat(tool.destination()).isEqualTo("a2a:other.example.com");
            assertThat(tool.paramSensitivity()).containsExactly("PII:email");
            assertThat(tool.returnHash()).isNotNull();
        });
        assertThat(scene.accesses()).isEmpty();
    }

    /** A2A's third transport: the method is the path. */
    @ParameterizedTest
    @CsvSource({"/v1/message:send, message/send", "/message:stream, message/stream"})
    void anotherAgentIsAToolWithoutJsonRpcAsWell(final String path, final String method) {
        final String answer = "{\"task\":{\"id\":\"t\",\"status\":{\"state\":\"TASK_STATE_COMPLETED\"}}}";
        final Scene scene = posted(path, MAIL);
        final String later = "{\"statusUpdate\":{\"taskId\":\"t\",\"final\":true}}";
        scene.received(
                AGENT, 1, path.endsWith("send") ? json(answer) : EVENTS + event(answer) + event(later) + "0\r\n\r\n");
        assertThat(scene.tools()).singleElement().satisfies(tool -> {
            assertThat(seen(tool)).isEqualTo(method + " ok " + answer.length());
            assertThat(tool.destination()).isEqualTo("a2a:other.example.com");
            assertThat(tool.paramSensitivity()).containsExactly("PII:email");
            assertThat(tool.returnHash()).isNotNull();
        });
        assertThat(scene.accesses()).isEmpty();
        assertThat(scene.errors()).isEmpty();
    }

    @Test
    void anotherAgentThatRefusesIsAToolThatFailed() {
        final String refusal = "{\"error\":{\"code\":404,\"status\":\"NOT_FOUND\",\"message\":\"no task\"}}";
        final Scene scene = posted("/v1/message:send", MAIL)
                .received(AGENT, 1, json(refusal).replace("200 OK", "404 Not Found"));
        assertThat(scene.tools()).extracting(ToolInvocation::returnStatus).containsExactly("error");
        assertThat(scene.accesses()).isEmpty();
    }

    @Property(tries = 100)
    void everyCutGivesTheSame(@ForAll @IntRange(min = 1, max = 400) final int size) {
        for (final String name : List.of("mcp-http", "mcp-sse")) {
            final Scene scene = played(name, size, -1);
            assertThat(scene.tools()).hasSize(8);
            assertThat(scene.errors()).containsExactlyInAnyOrder("tool.error", "tool.definition.changed");
        }
    }

    @Property(tries = 200)
    void aLostChunkIsNeverAWrongCall(
            @ForAll @IntRange(min = 20, max = 900) final int size,
            @ForAll @IntRange(min = 0, max = 400) final int which) {
        for (final String name : List.of("mcp-http", "mcp-sse")) {
            final List<String> whole = played(name, size, -1).tools().stream()
                    .map(ToolEndpointsTest::seen)
                    .toList();
            final Scene lossy = played(name, size, which);
            assertThat(lossy.tools())
                    .filteredOn(tool -> !"none".equals(tool.returnStatus()) && tool.returnStatus() != null)
                    .extracting(ToolEndpointsTest::seen)
                    .allMatch(whole::contains);
            assertThat(lossy.<Event>all(Event.class)).isNotEmpty();
            assertThat(lossy.pipeline.contentBytes()).isZero();
        }
    }
}
