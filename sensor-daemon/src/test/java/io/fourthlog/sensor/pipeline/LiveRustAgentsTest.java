package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** aichat from crates.io, unchanged: TLS through rustls, tools that are programs. */
class LiveRustAgentsTest extends LiveAgents {
    @TempDir
    Path config;

    private List<JsonNode> aichat(final String options) throws IOException {
        Files.createSymbolicLink(config.resolve("functions"), SOURCES.resolve("rust/functions"));
        return run.ask(
                folder,
                command("sh rust/aichat.sh BASE " + config + " "
                        + installed("rust").resolve("bin/aichat") + options
                        + " 'Who is our first customer? prompt.canary@example.com scenario-loop reading " + file
                        + "'"));
    }

    @ParameterizedTest
    @ValueSource(strings = {" -S", ""})
    @Disabled("rustls is not hooked yet; when it is, this takes the place of the test below")
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

    @ParameterizedTest
    @ValueSource(strings = {" -S", ""})
    void aichatIsABlindSpotThatIsRecorded(final String options) throws IOException {
        assertThat(aichat(options)).hasSize(2);
        run.untilGap();
        assertThat(run.scene.models()).isEmpty();
        assertThat(run.scene.errors()).isNotEmpty().allMatch("sensor.gap.unhooked"::equals);
        assertThat(run.scene.accesses())
                .extracting(access -> access.resourceUri())
                .contains("file://" + file);
    }
}
