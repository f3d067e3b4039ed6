package io.fourthlog.operator.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Argo CD makes of our conditions: its script, run by Lua as Argo CD runs it, with the object as the global {@code obj}. */
final class ArgoHealthTest {

    private static final Path SCRIPT = Tool.ROOT.resolve("config/argocd/health.lua");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nil                                                        | Progressing | Waiting for the operator to see it.",
                "{observedGeneration=2}                                     | Progressing | Waiting for the operator to see it.",
                "{observedGeneration=1, conditions={Ready('True')}}         | Progressing | Waiting for the operator to see its last edit.",
                "{observedGeneration=2, conditions={}}                      | Progressing | Waiting for the operator to say that it is ready.",
                "{observedGeneration=2, conditions={is('Accepted','True'), Ready('True')}} | Healthy | Ready it is",
                "{observedGeneration=2, conditions={is('Accepted','True'), is('Programmed','False','Pending'), Ready('False')}} | Progressing | Programmed it is",
                "{observedGeneration=2, conditions={is('Programmed','False','SensorSilent'), Ready('False')}}  | Degraded | Programmed it is",
                "{observedGeneration=2, conditions={is('Programmed','False','ConfigRefused'), Ready('False')}} | Degraded | Programmed it is",
                "{observedGeneration=2, conditions={is('Accepted','False'), is('Programmed','False'), Ready('False'), is('Stalled','True')}} | Degraded | Accepted it is",
                "{observedGeneration=2, conditions={Ready('True'), is('Stalled','False')}} | Healthy | Ready it is",
            })
    void healthFollowsTheConditions(String status, String health, String message) throws IOException {
        Path driver = Files.writeString(folder.resolve("driver.lua"), """
                function is(type, status, reason) return {type=type, status=status, reason=reason, message=type .. ' it is'} end
                function Ready(status) return is('Ready', status) end
                obj = {metadata = {generation = 2}, status = %s}
                local health = dofile('%s')
                print(health.status .. '|' .. health.message)
                """.formatted(status, SCRIPT));

        assertThat(Tool.run(folder, "lua5.4", List.of(driver.toString()))
                        .output()
                        .strip())
                .isEqualTo(health + "|" + message);
    }

    @Test
    void allThreeKindsHaveIt() throws IOException {
        JsonNode data = Chart.only(
                        Chart.documents(Tool.run(Tool.ROOT, "kubectl", List.of("kustomize", "config/argocd"))
                                .output()),
                        "ConfigMap",
                        "argocd-cm")
                .path("data");

        assertThat(data.properties().stream().map(java.util.Map.Entry::getKey))
                .containsExactlyInAnyOrder(
                        "resource.customizations.health.fourthlog.io_AgentAuditPolicy",
                        "resource.customizations.health.fourthlog.io_RedactionProfile",
                        "resource.customizations.health.fourthlog.io_RetentionTier");
        assertThat(data).allSatisfy(script -> assertThat(script.asText()).isEqualTo(Files.readString(SCRIPT)));
    }
}
