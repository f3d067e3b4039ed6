package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToolChannelsTest {
    private static final int AGENT = 1;
    private static final int FILES = 12;
    private static final int MAIL = 13;

    private static String call(final int id, final String tool) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                + "\",\"arguments\":{\"a\":1}}}\n";
    }

    private static String result(final int id, final String text) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"" + text
                + "\"}]}}\n";
    }

    private static String initialize(final int id) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"initialize\",\"params\":{}}\n";
    }

    private static String serverInfo(final int id, final String name) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{\"serverInfo\":{\"name\":\"" + name
                + "\",\"version\":\"2\"}}}\n";
    }

    @Test
    void twoServersOnPipesWithTheSameIdsAreKeptApart() {
        final Scene scene = new Scene();
        scene.write(AGENT, 100, 100, initialize(0)).write(AGENT, 110, 110, initialize(0));
        scene.write(MAIL, 111, 111, serverInfo(0, "mail")).write(FILES, 101, 101, serverInfo(0, "files"));
        scene.write(AGENT, 100, 100, call(1, "read_file")).write(AGENT, 110, 110, call(1, "send_mail"));
        scene.write(MAIL, 111, 111, result(1, "sent")).write(FILES, 101, 101, result(1, "content of a file"));
        assertThat(scene.tools())
                .extracting(ToolInvocation::toolName, ToolInvocation::toolVersion, ToolInvocation::returnSize)
                .containsExactly(tuple("send_mail", "mail/2", 4L), tuple("read_file", "files/2", 17L));
    }

    @Test
    void bodyAndNewlineMayComeInTwoWrites() {
        final Scene scene = new Scene();
        scene.write(AGENT, 100, 100, call(1, "x").stripTrailing()).write(AGENT, 100, 100, "\n");
        scene.write(FILES, 101, 101, result(1, "y").stripTrailing()).write(FILES, 101, 101, "\n");
        assertThat(scene.tools())
                .singleElement()
                .satisfies(tool -> assertThat(tool.returnStatus()).isEqualTo("ok"));
    }

    /** As servers take them: blanks before a message, a carriage return between two, a batch, a call that nobody is to answer or without a name. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BLANKS CALL1 | x ok",
                "CALL1 RETURN CALL2 | x ok, y none",
                "[CALL1,CALL2] | x ok, y none",
                "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"x\"}} | x none",
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"tools\\/call\",\"params\":{\"n\\u0061me\":\"x\"}} | x none",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"\"}} | (no name) ok"
            })
    void aCallInAnyFormIsRecorded(final String form, final String expected) {
        final String sent = form.replace("BLANKS", " \t")
                .replace(" RETURN ", "\r")
                .replace("CALL1", call(1, "x").stripTrailing())
                .replace("CALL2", call(2, "y").stripTrailing());
        final Scene scene = new Scene().write(AGENT, 100, 101, sent + "\n").write(FILES, 100, 102, result(1, "r"));
        scene.exit(FILES).exit(AGENT);
        assertThat(scene.tools())
                .extracting(tool -> tool.toolName() + " " + tool.returnStatus())
                .containsExactlyInAnyOrder(expected.split(", ", -1));
    }

    /** Servers need not take notice of it. */
    @Test
    void whatAnswersACallThatWasCancelledIsTold() {
        final String cancels =
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}\n";
        final Scene scene = new Scene().write(AGENT, 100, 101, call(1, "x") + cancels);
        assertThat(scene.tools()).extracting(ToolInvocation::returnStatus).containsExactly("none");
        scene.write(FILES, 100, 102, result(1, "r") + result(1, "r"));
        assertThat(scene.errors()).containsExactly("tool.no_answer", "tool.late_answer");
    }

    /** A client and a server need not write it alike. */
    @ParameterizedTest
    @CsvSource({"\"\\u0061\", \"a\"", "\"é\", \"\\u00e9\"", "1.0, 1", "10, 1e1"})
    void anIdIsTheSameInEachOfItsSpellings(final String asked, final String answered) {
        final Scene scene = new Scene();
        scene.write(AGENT, 100, 101, call(1, "x").replace("\"id\":1", "\"id\":" + asked));
        scene.write(FILES, 100, 102, result(1, "r").replace("\"id\":1", "\"id\":" + answered));
        assertThat(scene.tools()).extracting(ToolInvocation::returnStatus).containsExactly("ok");
    }

    @Test
    void anIdThatIsATextIsNoNumber() {
        final Scene scene = new Scene();
        scene.write(AGENT, 100, 101, call(1, "x") + call(1, "y").replace("\"id\":1", "\"id\":\"1\""));
        scene.write(FILES, 100, 102, result(1, "r")).exit(FILES);
        assertThat(scene.tools())
                .extracting(tool -> tool.toolName() + " " + tool.returnStatus())
                .containsExactlyInAnyOrder("x ok", "y none");
    }

    @Test
    void aServerThatDiesLeavesACallWithoutAnswer() {
        final Scene scene = new Scene();
        scene.write(AGENT, 100, 101, initialize(0)).write(FILES, 100, 102, serverInfo(0, "files"));
        scene.write(AGENT, 100, 101, call(1, "read_file")).exit(FILES);
        assertThat(scene.tools()).singleElement().satisfies(tool -> {
            assertThat(tool.returnStatus()).isEqualTo("none");
            assertThat(tool.returnHash()).isNull();
        });
    }

    @Test
    void anAnswerThatWasNotCapturedIsUnknownAndNotNone() {
        final Scene scene = new Scene();
        scene.write(AGENT, 100, 101, initialize(0)).write(FILES, 100, 102, serverInfo(0, "files"));
        scene.write(AGENT, 100, 101, call(1, "read_file"));
        scene.write(FILES, 100, 102, result(1, "lost").getBytes(StandardCharsets.UTF_8), false);
        scene.write(FILES, 100, 102, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n");
        scene.pipeline.tick();
        assertThat(scene.tools()).singleElement().satisfies(tool -> {
            assertThat(tool.returnStatus()).isNull();
            assertThat(tool.header().completeness().gap()).isTrue();
        });
        assertThat(scene.errors()).containsExactly("sensor.gap.stream");
    }

    @Test
    void aToolsErrorAndAProtocolErrorAreErrors() {
        final Scene scene = new Scene();
        scene.write(AGENT, 100, 101, call(1, "a") + call(2, "b"));
        scene.write(FILES, 100, 102, """
                {"jsonrpc":"2.0","id":1,"result":{"isError":true,"content":[]}}
                {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"no"}}
                """);
        assertThat(scene.tools()).extracting(ToolInvocation::returnStatus).containsExactly("error", "error");
        assertThat(scene.errors()).containsExactly("tool.error", "tool.rpc.-32602");
    }

    @Test
    void aCallThatBecomesATaskIsAnsweredByTheTasksResult() {
        final Scene scene = new Scene();
        scene.write(AGENT, 100, 101, call(1, "a"));
        scene.write(FILES, 100, 102, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"task\":{\"taskId\":\"t\"}}}\n");
        scene.write(
                AGENT,
                100,
                101,
                "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tasks/result\",\"params\":{\"taskId\":\"t\"}}\n");
        assertThat(scene.tools()).isEmpty();
        scene.write(FILES, 100, 102, result(2, "done"));
        assertThat(scene.tools())
                .extracting(ToolInvocation::toolName, ToolInvocation::returnStatus, ToolInvocation::returnSize)
                .containsExactly(tuple("a", "ok", 4L));
        assertThat(scene.exit(FILES).exit(AGENT).errors()).isEmpty();
    }

    @Test
    void whatAProgramPrintsIsNotACall() {
        final Scene scene = new Scene().write(FILES, 101, 101, """
                { not json
                Starting server...
                {"method":"tools/call","id":1}
                """);
        assertThat(scene.events).isEmpty();
    }

    @Property(tries = 200)
    void everyCutOfARealConversationGivesTheSame(@ForAll @IntRange(min = 1, max = 200) final int size) {
        final Scene scene = new Scene();
        for (final Chunk message : Transcript.cut(Transcript.load("mcp-node.capture"), List.of(size))) {
            scene.write(message.sent() ? AGENT : FILES, 40, message.sent() ? 40 : 41, message.bytes(), true);
        }
        assertThat(scene.tools())
                .extracting(ToolInvocation::toolName, ToolInvocation::returnStatus, ToolInvocation::returnSize)
                .containsExactly(
                        tuple("read_file", "ok", 47L), tuple("read_file", "error", 56L), tuple("nope", "error", 37L));
        assertThat(scene.errors()).containsExactly("tool.error", "tool.error");
    }

    @Property(tries = 300)
    void aLostWriteIsAGapAndNeverAWrongCall(
            @ForAll @IntRange(min = 5, max = 300) final int size,
            @ForAll @IntRange(min = 0, max = 500) final int which) {
        final List<Chunk> chunks = Transcript.cut(Transcript.load("mcp-node.capture"), List.of(size));
        final int dropped = which % chunks.size();
        final Scene scene = new Scene();
        for (int i = 0; i < chunks.size(); i++) {
            final Chunk chunk = chunks.get(i);
            scene.write(chunk.sent() ? AGENT : FILES, 40, chunk.sent() ? 40 : 41, chunk.bytes(), i != dropped);
            if (i == dropped) {
                scene.pipeline.lost(1, chunk.bytes().length);
            }
            scene.pipeline.tick();
        }
        scene.exit(FILES).exit(AGENT);
        assertThat(scene.errors()).contains("sensor.gap.ring");
        assertThat(scene.tools())
                .filteredOn(tool -> tool.returnStatus() != null)
                .allMatch(tool -> List.of("read_file ok 47", "read_file error 56", "nope error 37")
                        .contains(tool.toolName() + " " + tool.returnStatus() + " " + tool.returnSize()));
    }
}
