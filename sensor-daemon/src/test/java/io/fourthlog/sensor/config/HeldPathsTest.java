package io.fourthlog.sensor.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.api.AgentAuditPolicySpec.Decision;
import io.fourthlog.api.AgentAuditPolicySpec.Enforce;
import io.fourthlog.api.AgentAuditPolicySpec.EventKind;
import io.fourthlog.api.AgentAuditPolicySpec.FailurePolicy;
import io.fourthlog.api.AgentAuditPolicySpec.Rule;
import io.fourthlog.api.AgentAuditPolicySpec.Severity;
import io.fourthlog.api.AgentAuditPolicySpec.ValidationAction;
import io.fourthlog.api.AgentAuditPolicySpec.Variable;
import io.fourthlog.api.PodSelector;
import io.fourthlog.api.RedactionProfileSpec;
import io.fourthlog.api.config.SensorConfig;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeldPathsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "event.resource_uri.startsWith('file:///etc/secrets/'); /etc/secrets/",
                "event.resource_uri.startsWith('file:///etc/secrets'); /etc/",
                "event.resource_uri == \"file:///etc/secrets/key\"; /etc/secrets/",
                "event.resource_uri.startsWith('file:///a%20b/') && event.access_mode == 'read'; /a b/",
                "variables.secret; /run/secrets/",
                "glob(event.resource_uri, 'file:///etc/secrets/**'); /etc/secrets/",
                "glob(event.resource_uri, 'file:///home/*/.ssh/**'); /home/",
                "glob(event.resource_uri, 'file:///{etc,run}/secrets/**'); /",
                "event.resource_uri.endsWith('.env'); ''",
                "!event.resource_uri.startsWith('file:///data/'); ''",
                "event.resource_uri.startsWith('file:///data/') || event.byte_count > 5; ''",
                "event.resource_uri == 'file:///da' + 'ta'; ''",
                "event.resource_uri == 'file:///\\u0064ata/x'; ''",
            })
    void aRuleIsWaitedForWhereItCanFire(final String when, final String path) {
        assertThat(HeldPaths.of(config(when, Enforce.TERMINATE, ValidationAction.Deny)))
                .containsExactly(path);
    }

    @Test
    void nobodyWaitsForARuleThatStopsNothing() {
        final String when = "event.resource_uri.startsWith('file:///etc/secrets/')";
        assertThat(HeldPaths.of(config(when, Enforce.TERMINATE, ValidationAction.Audit)))
                .isEmpty();
        assertThat(HeldPaths.of(config(when, Enforce.NONE, ValidationAction.Deny)))
                .isEmpty();
    }

    private static SensorConfig config(final String when, final Enforce enforce, final ValidationAction action) {
        final RedactionProfileSpec profile = new RedactionProfileSpec(
                null,
                new RedactionProfileSpec.Detectors(List.of("secret:*"), List.of(), List.of(), List.of(), List.of()),
                RedactionProfileSpec.Shape.DEFAULT,
                RedactionProfileSpec.Hashing.DEFAULT,
                RedactionProfileSpec.OnFailure.Drop);
        final Rule rule =
                new Rule("rule", List.of(EventKind.DATA_ACCESS), when, Decision.DENY, enforce, Severity.HIGH, null);
        return new SensorConfig(
                "demo",
                "support",
                List.of(new SensorConfig.Policy(
                        "support/a",
                        List.of("support"),
                        PodSelector.EVERYTHING,
                        List.of(action),
                        FailurePolicy.Fail,
                        List.of(
                                new Variable("secret", "event.resource_uri.startsWith(variables.folder)"),
                                new Variable("folder", "'file:///run/secrets/'"),
                                new Variable("unused", "'file:///tmp/'")),
                        List.of(rule),
                        List.of(),
                        "default",
                        "standard")),
                Map.of("default", profile),
                Map.of("standard", ConfigKeeperTest.TIER),
                new SensorConfig.Collector(URI.create("https://trail.fourthlog-system.svc:8443")),
                SensorConfig.Capture.EVERYTHING);
    }
}
