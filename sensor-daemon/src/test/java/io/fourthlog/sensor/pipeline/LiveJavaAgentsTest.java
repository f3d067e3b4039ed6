package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An agent of langchain4j, unchanged, on a JVM: TLS through JSSE, of which no byte passes through a library that has functions to probe. */
class LiveJavaAgentsTest extends LiveAgents {
    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin");

    @BeforeAll
    static void trust() throws IOException, InterruptedException {
        LiveRun.run(
                folder,
                (JAVA
                                + "/keytool -importcert -noprompt -storetype PKCS12 -keystore trust.p12 -storepass changeit -file certificate.pem")
                        .split(" ", -1));
    }

    @ParameterizedTest
    @CsvSource({"openai, plain", "openai, stream", "anthropic, plain", "anthropic, stream"})
    void anAgentOfLangchain4jIsABlindSpotThatIsRecorded(final String provider, final String mode) throws IOException {
        final Path agent = installed("java");
        assertThat(run.ask(
                        folder,
                        command(JAVA.resolve("java") + " -XX:TieredStopAtLevel=1 -Djavax.net.ssl.trustStore=" + folder
                                + "/trust.p12 -Djavax.net.ssl.trustStorePassword=changeit -cp '" + agent + "/lib/*:"
                                + agent + "/classes' Agent BASE " + provider + " " + mode + " " + file)))
                .hasSize(2);
        run.untilGap();
        assertThat(run.scene.models()).isEmpty();
        assertThat(run.scene.errors()).containsOnly("sensor.gap.unhooked");
        assertThat(run.scene.accesses())
                .extracting(access -> access.resourceUri())
                .contains("file://" + file);
    }
}
