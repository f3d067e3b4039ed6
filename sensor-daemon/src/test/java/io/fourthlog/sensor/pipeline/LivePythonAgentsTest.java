package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.ModelInvocation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Agents on Python, unchanged: langchain, openai-agents, the MCP SDK, and Google's client over gRPC. */
class LivePythonAgentsTest extends LiveAgents {
    private static Path python() {
        return installed("python").resolve("bin/python");
    }

    private static String script(final String words) {
        return command(python() + " python/" + words);
    }

    private List<JsonNode> langchain(final String provider, final String mode) throws IOException {
        return run.ask(folder, script("langchain_agent.py BASE " + provider + " " + mode + " " + file));
    }

    private static String key(final String provider) {
        return provider.equals("anthropic") ? "sk-ant-canary" : "sk-canary";
    }

    @ParameterizedTest
    @CsvSource({
        "chat, invoke", "chat, stream", "chat, ainvoke", "chat, astream",
        "responses, invoke", "responses, stream", "responses, ainvoke", "responses, astream",
        "anthropic, invoke", "anthropic, stream", "anthropic, ainvoke", "anthropic, astream"
    })
    void anAgentOfLangchainIsSeenWithItsToolLoop(final String provider, final String mode) throws IOException {
        final List<JsonNode> asked = langchain(provider, mode);
        assertThat(asked).hasSize(2);
        assertThat(told().ran(asked)).hasSize(2);
        run.witness()
                .asked(asked)
                .asserted(key(provider))
                .read(file, TABLE.length(), run.scene.models())
                .nothingElse();
    }

    @ParameterizedTest
    @CsvSource({"chat, batch", "chat, abatch", "responses, batch", "anthropic, batch", "anthropic, abatch"})
    void questionsThatLangchainAsksAtOnceAreToldApart(final String provider, final String mode) throws IOException {
        final List<JsonNode> asked = langchain(provider, mode);
        assertThat(asked).hasSize(6);
        run.witness().asked(asked).asserted(key(provider)).nothingElse();
    }

    @ParameterizedTest
    @CsvSource({"responses, run", "responses, stream", "chat_completions, run", "chat_completions, stream"})
    void anAgentOfOpenAiAgentsIsSeenWithItsToolsOverStdio(final String api, final String mode) throws IOException {
        final List<JsonNode> asked =
                run.ask(folder, script("openai_agent.py BASE " + api + " " + mode + " stdio " + file));
        assertThat(asked).hasSize(2);
        run.witness()
                .asked(asked)
                .called(told().ran(asked), "mcp+stdio:files", told().definitions())
                .asserted("sk-canary")
                .read(file, TABLE.length(), run.scene.tools())
                .nothingElse();
    }

    @ParameterizedTest
    @CsvSource({"responses, run", "chat_completions, stream"})
    void anAgentOfOpenAiAgentsIsSeenWithItsToolsOverHttps(final String api, final String mode) throws IOException {
        final String tools = serve(python(), SOURCES.resolve("python/tool_server.py"), folder);
        final List<JsonNode> asked = run.ask(
                folder, script("openai_agent.py BASE " + api + " " + mode + " https://" + tools + "/mcp " + file));
        assertThat(asked).hasSize(2);
        run.witness()
                .asked(asked)
                .called(Told.of(Files.readString(log())).ran(asked), "mcp+http:" + tools, told().definitions())
                .asserted("sk-canary")
                .nothingElse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "legacy"})
    void theMcpClientIsSeenOverStdio(final String protocol) throws IOException {
        run.watch(script("mcp_agent.py " + protocol + " stdio " + file));
        run.witness()
                .called(told().called(), "mcp+stdio:files", told().definitions())
                .read(file, TABLE.length(), run.scene.tools())
                .nothingElse("tool.error", "tool.error");
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "legacy"})
    void theMcpClientIsSeenOverHttps(final String protocol) throws IOException {
        final String tools = serve(python(), SOURCES.resolve("python/tool_server.py"), folder);
        run.watch(script("mcp_agent.py " + protocol + " https://" + tools + "/mcp " + file));
        run.witness()
                .called(told().called(), "mcp+http:" + tools, told().definitions())
                .nothingElse("tool.error", "tool.error");
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "tls"})
    void googlesClientIsSeenOverGrpc(final String transport) throws IOException {
        final Object certificates = transport.equals("tls") ? folder : transport;
        final String endpoint = serve(python(), SOURCES.resolve("python/grpc_server.py"), certificates);
        run.watchLoaded(script("grpc_agent.py " + endpoint + " " + transport + " " + file));
        assertThat(run.printed()).endsWith("busy\n");
        final List<ModelInvocation> models = run.scene.models();
        assertThat(models)
                .hasSize(3)
                .allSatisfy(model -> {
                    assertThat(model.modelId()).isEqualTo("gemini-2.5-flash");
                    assertThat(model.httpStatus()).isEqualTo(200);
                    assertThat(model.outputHash()).isNull();
                    assertThat(model.header().completeness()).isEqualTo(Completeness.COMPLETE);
                })
                .extracting(ModelInvocation::inputSensitivity)
                .satisfiesExactly(
                        whole -> assertThat(whole).contains("PII:email", "secret:aws-access-key"),
                        streamed -> assertThat(streamed).containsExactly("PII:email"),
                        refused -> assertThat(refused).isEmpty());
        assertThat(run.scene.accesses())
                .filteredOn(access -> access.resourceUri().equals("file://" + file))
                .singleElement()
                .satisfies(access -> assertThat(access.byteCount()).isEqualTo(TABLE.length()));
        run.witness().nothingElse("model.error.grpc_8");
    }
}
