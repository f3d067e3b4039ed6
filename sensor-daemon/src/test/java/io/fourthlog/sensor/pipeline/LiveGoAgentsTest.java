package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs in Go with the official OpenAI client and the official MCP SDK, unchanged, with their symbols and stripped. */
class LiveGoAgentsTest extends LiveAgents {
    private static Path program(final String name) {
        return installed("go").resolve(name);
    }

    @ParameterizedTest
    @CsvSource({
        "chat, chat, plain",
        "chat, chat, stream",
        "chat, responses, plain",
        "chat, responses, stream",
        "chat-stripped, chat, plain",
        "chat-stripped, chat, stream",
        "chat-stripped, responses, plain",
        "chat-stripped, responses, stream"
    })
    void theOpenAiClientIsSeenWithItsToolLoop(final String name, final String api, final String mode)
            throws IOException {
        run.introduce(command(program(name).toString()));
        final List<JsonNode> asked = run.ask(folder, command(program(name) + " BASE " + api + " " + mode + " " + file));
        assertThat(asked)
                .hasSize(2)
                .allSatisfy(each -> assertThat(each.path("http").asText()).isEqualTo("2.0"));
        assertThat(told().ran(asked)).hasSize(2);
        run.witness()
                .asked(asked)
                .asserted("sk-canary")
                .read(file, TABLE.length(), run.scene.models())
                .nothingElse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tools", "tools-stripped"})
    void theMcpClientIsSeenOverStdio(final String name) throws IOException {
        run.watch(command(program(name) + " ask stdio " + file));
        run.witness()
                .called(told().called(), "mcp+stdio:files", told().definitions())
                .read(file, TABLE.length(), run.scene.tools())
                .nothingElse("tool.error");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tools", "tools-stripped"})
    void theMcpClientIsSeenOverHttps(final String name) throws IOException {
        run.introduce(command(program(name).toString()));
        final String tools = serve(program("tools"), "serve", folder);
        run.watch(command(program(name) + " ask https://" + tools + " " + file));
        run.witness()
                .called(told().called(), "mcp+http:" + tools, told().definitions())
                .nothingElse("tool.error");
    }
}
