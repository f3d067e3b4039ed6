package io.fourthlog.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OperatorConfigTest {

    private static final String GOOD = """
            systemNamespace: fourthlog-system
            cluster: demo
            collectorUrl: https://trail.fourthlog-system.svc:8443
            metricsPort: 9464
            leaderElection: true
            sensor:
              isolation: shared
              sysAdmin: true
              namespaceNodeSelectors: true
              image: localhost/fourthlog-sensor:0.1.0
              resources: {limits: {memory: 768Mi}}
              tolerations: [{operator: Exists}]
            capture: {dataAccess: {exclude: [/proc/**]}}
            webhook: {port: 9443, service: fourthlog-operator}
            """;

    @TempDir
    Path folder = Path.of("");

    @Test
    void theFileIsReadWithDefaults() throws IOException {
        OperatorConfig config = read(GOOD);
        assertThat(config.sensor().isolation()).isEqualTo(OperatorConfig.Isolation.SHARED);
        assertThat(config.webhook()).isEqualTo(new OperatorConfig.Webhook(9443, "fourthlog-operator"));
        assertThat(config.sensor().sysAdmin()).isTrue();
        assertThat(config.sensor().imagePullPolicy()).isEqualTo("IfNotPresent");
        assertThat(config.sensor().hostPath()).isEqualTo("/var/lib/fourthlog");
        assertThat(config.capture().dataAccess().exclude()).containsExactly("/proc/**");
    }

    @Test
    void aMistakeIsNamedWithItsFile() {
        assertThatThrownBy(() -> read(GOOD + "clutser: demo\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("operator.yaml: ")
                .hasMessageContaining("clutser");
        assertThatThrownBy(() -> read(GOOD.replace("cluster: demo\n", "")))
                .hasMessageContaining("operator.yaml: cluster is required");
        assertThatThrownBy(() -> OperatorConfig.read(folder.resolve("none.yaml")))
                .hasMessageContaining("none.yaml is missing; --config names the file");
    }

    private OperatorConfig read(String yaml) throws IOException {
        return OperatorConfig.read(Files.writeString(folder.resolve("operator.yaml"), yaml));
    }
}
