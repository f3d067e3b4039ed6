package io.fourthlog.api.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fourthlog.api.AgentAuditPolicy;
import io.fourthlog.api.AgentAuditPolicySpec;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.author.PolicyReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code fourthlog policy check} reads from a file is what the operator and the sensors make of the object. */
final class EngineSourcesTest {

    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    static List<Path> library() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("..", "config", "samples", "library"))) {
            return files.filter(file -> !file.toString().endsWith(".test.yaml"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("library")
    void aPolicyOfTheLibraryIsTheSameFromAFileAndFromTheCluster(Path file) throws IOException {
        same(Files.readString(file));
    }

    @Test
    void soIsOneThatSaysEverything() {
        final PolicySource policy = same("""
                apiVersion: fourthlog.io/v1alpha1
                kind: AgentAuditPolicy
                metadata: {name: everything, namespace: support}
                spec:
                  podSelector: {matchLabels: {app: agent}}
                  redactionProfileRef: {name: default}
                  retentionTierRef: {name: default}
                  failurePolicy: Ignore
                  validationActions: [Audit, Deny]
                  variables:
                  - {name: secret, expression: "event.resource_uri.startsWith('file:///etc/secrets')"}
                  rules:
                  - {name: a, on: [data_access, error], when: variables.secret, decision: deny, enforce: terminate, severity: critical, messageExpression: "'read'"}
                  - {name: b, on: [model_invocation], when: "true", decision: deny, enforce: block, severity: low}
                  - {name: c, on: [tool_invocation], when: "true", decision: deny, enforce: reset, severity: info}
                  - {name: d, on: [policy_decision], when: "true", decision: flag, severity: high}
                  - {name: e, on: [identity_assertion], when: "true", decision: allow}
                  exceptions:
                  - {rule: a, when: "true", reason: key rotation, expiresAt: "2027-01-31T00:00:00Z"}
                  - {rule: b, when: "true", reason: a trial}
                """);
        assertThat(policy.rules()).hasSize(5);
    }

    /** The policy of this text, when both make the same of it. */
    private static PolicySource same(String yaml) {
        final PolicyReader.Result read = PolicyReader.read(yaml);
        assertThat(read.errors()).isEmpty();
        final PolicySource policy = read.sources().getFirst();
        final AgentAuditPolicySpec spec =
                YAML.unmarshal(yaml, AgentAuditPolicy.class).getSpec();
        assertThat(EngineSources.policy(policy.id(), spec)).isEqualTo(policy);
        return policy;
    }
}
