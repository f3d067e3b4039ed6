package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.ToolInvocation;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** An agent that calls several tools at once: which file was opened for which call. */
class ParallelCallsTest {
    private static final int AGENT = 1;
    private static final int FILES = 12; // serves what AGENT calls on socket pair 40
    private static final int OTHER = 13; // on socket pair 50
    private static final int CHILD_OF_FILES = 121;
    private static final String CSV = "/data/a.csv";
    private static final String LOG = "/var/log/b.log";

    private final Scene scene = new Scene();

    /** A model asks for tools, with these arguments each. */
    private ModelInvocation asks(final String... toolAndArguments) {
        final StringBuilder calls = new StringBuilder();
        for (int i = 0; i < toolAndArguments.length; i += 2) {
            calls.append(i == 0 ? "" : ",")
                    .append("{\"id\":\"c")
                    .append(i)
                    .append("\",\"type\":\"function\",\"function\":{\"name\":\"")
                    .append(toolAndArguments[i])
                    .append("\",\"arguments\":\"")
                    .append(toolAndArguments[i + 1].replace("\"", "\\\""))
                    .append("\"}}");
        }
        scene.chat(
                AGENT,
                1,
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"go\"}]}",
                "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"tool_calls\":[" + calls + "]}}]}");
        return scene.models().getLast();
    }

    private void call(final int channel, final int id, final String tool, final String arguments) {
        scene.write(AGENT, channel, channel, rpc(id, tool, arguments) + "\n");
    }

    private static String rpc(final int id, final String tool, final String arguments) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                + "\",\"arguments\":" + arguments + "}}";
    }

    private void answer(final int server, final int channel, final int id) {
        scene.write(
                server,
                channel,
                channel + 1,
                "{\"jsonrpc\":\"2.0\",\"id\":" + id
                        + ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}}\n");
    }

    /** Which tool was called for this file, or {@code model}. */
    private @Nullable String cause(final String path) {
        final DataAccess access = scene.accesses().stream()
                .filter(each -> each.resourceUri().equals("file://" + path))
                .findFirst()
                .orElseThrow();
        final Event cause = scene.cause(access);
        return switch (cause) {
            case ToolInvocation tool -> tool.toolName();
            case ModelInvocation _ -> "model";
            case null, default -> null;
        };
    }

    @Test
    void aFileIsOpenedForTheCallThatNamesIt() {
        asks("read", "{\"path\":\"/data/a.csv\"}", "run", "{\"command\":\"tail ./log/b.log | wc\"}");
        call(40, 1, "read", "{\"path\":\"/data/a.csv\"}");
        call(40, 2, "run", "{\"command\":\"tail ./log/b.log | wc\"}");
        scene.pipeline.running(scene.process(FILES));
        scene.read(CHILD_OF_FILES, LOG, 5).read(FILES, CSV, 5);
        answer(FILES, 40, 2);
        answer(FILES, 40, 1);
        assertThat(cause(CSV)).isEqualTo("read");
        assertThat(cause(LOG)).isEqualTo("run");
        assertThat(scene.tools())
                .allSatisfy(tool -> assertThat(tool.targetResourceType()).isEqualTo("file"));
    }

    @Test
    void aFolderThatIsNamedIsLessThanTheFile() {
        asks("list", "{\"path\":\"/data/\"}", "read", "{\"path\":\"file:///data/a.csv\"}", "x", "{}");
        call(40, 1, "list", "{\"path\":\"/data/\"}");
        call(40, 2, "read", "{\"path\":\"file:///data/a.csv\"}");
        call(40, 3, "x", "{}");
        scene.read(FILES, CSV, 5).read(FILES, "/data/c.csv", 5);
        for (int id = 1; id <= 3; id++) {
            answer(FILES, 40, id);
        }
        assertThat(cause(CSV)).isEqualTo("read");
        assertThat(cause("/data/c.csv")).isEqualTo("list");
    }

    @Test
    void whatNoneOfThemNamesFollowsFromTheModelThatAskedForAll() {
        final ModelInvocation model = asks("one", "{\"a\":1}", "two", "{\"a\":2}");
        call(40, 1, "one", "{\"a\":1}");
        call(40, 2, "two", "{\"a\":2}");
        scene.read(FILES, CSV, 5);
        answer(FILES, 40, 1);
        answer(FILES, 40, 2);
        assertThat(cause(CSV)).isEqualTo("model");
        assertThat(scene.accesses().getFirst().header().traceId())
                .isEqualTo(model.header().traceId());
        assertThat(scene.tools())
                .allSatisfy(tool -> assertThat(tool.targetResourceType()).isNull());
    }

    @Test
    void theServerThatOpensItIsWhoWasCalledForIt() {
        asks("one", "{}", "two", "{}");
        call(40, 1, "one", "{}");
        answer(FILES, 40, 1); // so that both servers are known
        call(50, 1, "two", "{}");
        answer(OTHER, 50, 1);
        call(40, 2, "one", "{}");
        call(50, 2, "two", "{}");
        final String remote = rpc(3, "three", "{}");
        scene.sent(
                AGENT,
                7,
                "POST /mcp HTTP/1.1\r\nHost: tools.example.com\r\nContent-Type: application/json\r\nContent-Length: "
                        + remote.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + remote);
        scene.read(FILES, CSV, 5);
        answer(FILES, 40, 2);
        answer(OTHER, 50, 2);
        assertThat(cause(CSV)).isEqualTo("one");
    }
}
