package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.testing.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * An agent of langchain4j, unchanged, on a JVM: TLS through JSSE, of which no byte passes through a library that has functions to probe,
 * without and with the agent that hands it over.
 */
class LiveJavaAgentsTest extends LiveAgents {
    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin");

    @BeforeAll
    static void trust() throws IOException, InterruptedException {
        Command.run(
                folder,
                (JAVA
                                + "/keytool -importcert -noprompt -storetype PKCS12 -keystore trust.p12 -storepass changeit -file certificate.pem")
                        .split(" ", -1));
    }

    @ParameterizedTest
    @CsvSource({"openai, plain", "openai, stream", "anthropic, plain", "anthropic, stream"})
    void anAgentOfLangchain4jIsABlindSpotThatIsRecorded(final String provider, final String mode) throws IOException {
        assertThat(run.ask(folder, agent("", provider, mode))).hasSize(2);
        run.untilGap();
        assertThat(run.scene.models()).isEmpty();
        assertThat(run.scene.errors()).containsOnly("sensor.gap.unhooked");
        assertThat(run.scene.all(ErrorEvent.class))
                .allSatisfy(gap -> assertThat(gap.header().unknown().get("recovery_action"))
                        .contains("JSSE is seen where a policy has javaTls: Attach"));
        assertThat(run.scene.accesses())
                .extracting(access -> access.resourceUri())
                .contains("file://" + file);
    }

    @ParameterizedTest
    @CsvSource({"openai, plain", "openai, stream", "anthropic, plain", "anthropic, stream"})
    void anAgentOfLangchain4jIsSeenWithItsToolLoopWhereThatIsWanted(final String provider, final String mode)
            throws IOException {
        final Path waiting = Files.writeString(folder.resolve("Waiting.java"), """
                public class Waiting {
                    public static void main(String[] words) throws Exception {
                        while (System.in.read() >= 0) {}
                        Class.forName(words[0], true, ClassLoader.getSystemClassLoader())
                                .getMethod("main", String[].class)
                                .invoke(null, (Object) java.util.Arrays.copyOfRange(words, 1, words.length));
                    }
                }
                """);
        final List<JsonNode> asked = run.askThroughJsse(folder, agent(waiting.toString(), provider, mode));
        assertThat(asked).hasSize(2);
        run.witness()
                .asked(asked)
                .asserted(provider.equals("openai") ? "sk-canary" : "sk-ant-canary")
                .read(file, TABLE.length(), run.scene.models())
                .nothingElse();
    }

    /** The command of the agent, or of a program that runs it. */
    private static String agent(final String within, final String provider, final String mode) {
        final Path agent = installed("java");
        return command(JAVA.resolve("java") + " -XX:TieredStopAtLevel=1 -Djavax.net.ssl.trustStore=" + folder
                + "/trust.p12 -Djavax.net.ssl.trustStorePassword=changeit -cp '" + agent + "/lib/*:" + agent
                + "/classes' " + within + " Agent BASE " + provider + " " + mode + " " + file);
    }
}
