package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** aichat from crates.io, unchanged: TLS through rustls, tools that are programs. */
class LiveRustAgentsTest extends LiveAgents {
    @TempDir
    Path config;

    private List<JsonNode> aichat(final String options) throws IOException {
        Files.createSymbolicLink(config.resolve("functions"), SOURCES.resolve("rust/functions"));
        final Path program = installed("rust").resolve("bin/aichat");
        run.introduce(
                command("sh -c 'sed s,BASE,none, rust/config.yaml > " + config + "/config.yaml; AICHAT_CONFIG_DIR="
                        + config + " exec " + program + " --dry-run until its input ends'"));
        return run.ask(
                folder,
                command("sh rust/aichat.sh BASE " + config + " " + program + options
                        + " 'Who is our first customer? prompt.canary@example.com scenario-loop reading " + file
                        + "'"));
    }

    @ParameterizedTest
    @ValueSource(strings = {" -S", ""})
    void aichatIsSeenWithItsToolLoop(final String options) throws IOException {
        final List<JsonNode> asked = aichat(options);
        assertThat(asked).hasSize(2);
        assertThat(told().ran(asked)).hasSize(2);
        run.witness()
                .asked(asked)
                .asserted("sk-canary")
                .read(file, TABLE.length(), run.scene.models())
                .nothingElse();
    }
}
