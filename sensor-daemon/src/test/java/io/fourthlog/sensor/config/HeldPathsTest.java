package io.fourthlog.sensor.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.EnforceAction;
import io.fourthlog.policy.FailurePolicy;
import io.fourthlog.policy.PolicySource;
import io.fourthlog.policy.RuleSource;
import io.fourthlog.policy.VariableSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        assertThat(HeldPaths.of(policy(when, EnforceAction.TERMINATE, true))).containsExactly(path);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "event.resource_uri.startsWith('https://') && event.destination.external",
                "event.resource_uri == \"http://169.254.169.254/latest\"",
                "event.resource_type == 'https' && event.access_mode == 'write'"
            })
    void noFileWaitsForARuleOfSomethingElse(final String when) {
        assertThat(HeldPaths.of(policy(when, EnforceAction.TERMINATE, true))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "event.resource_uri.startsWith('fi')",
                "event.resource_type == 'file'",
                "trace.resources.exists(r, r.startsWith('https://'))",
                "trace.tools.all(t, event.resource_type == 'https')",
                "event.resource_type == 'https' || event.byte_count > 5"
            })
    void everyFileWaitsForARuleThatCanBeOfFiles(final String when) {
        assertThat(HeldPaths.of(policy(when, EnforceAction.TERMINATE, true))).containsExactly("");
    }

    @Test
    void nobodyWaitsForARuleThatStopsNothing() {
        final String when = "event.resource_uri.startsWith('file:///etc/secrets/')";
        assertThat(HeldPaths.of(policy(when, EnforceAction.TERMINATE, false))).isEmpty();
        assertThat(HeldPaths.of(policy(when, EnforceAction.NONE, true))).isEmpty();
    }

    @Test
    void itMattersHowSoonAnEventIsJudgedWhereARuleHasSomethingDone() {
        final String when = "event.byte_count > 5";
        assertThat(HeldPaths.enforces(policy(when, EnforceAction.BLOCK, true))).isTrue();
        assertThat(HeldPaths.enforces(policy(when, EnforceAction.BLOCK, false))).isFalse();
        assertThat(HeldPaths.enforces(policy(when, EnforceAction.NONE, true))).isFalse();
    }

    private static List<PolicySource> policy(final String when, final EnforceAction enforce, final boolean deny) {
        return List.of(new PolicySource(
                "support/a",
                deny,
                FailurePolicy.FAIL,
                List.of(
                        new VariableSource("secret", "event.resource_uri.startsWith(variables.folder)"),
                        new VariableSource("folder", "'file:///run/secrets/'"),
                        new VariableSource("unused", "'file:///tmp/'")),
                List.of(new RuleSource(
                        "rule", Set.of(EventType.DATA_ACCESS), when, Decision.DENY, enforce, "high", null)),
                List.of()));
    }
}
