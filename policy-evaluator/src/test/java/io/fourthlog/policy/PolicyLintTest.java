package io.fourthlog.policy;

import static io.fourthlog.policy.Given.NOON;
import static io.fourthlog.policy.Given.policy;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.policy.PolicyLint.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PolicyLintTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "event.row_count > 3 && false ; UNREACHABLE",
                "event.resource_uri == 'a' && event.resource_uri == 'b' ; UNREACHABLE",
                "event.resource_uri == 'a' && event.resource_uri.startsWith('file:') ; UNREACHABLE",
                "event.destination.external && !event.destination.external ; UNREACHABLE",
                "event.resource_uri.size() < 0 ; UNREACHABLE",
                "true || event.row_count > 3 ; ALWAYS_TRUE",
                "event.row_count > 3 || !(event.row_count > 3) ; ALWAYS_TRUE",
                "event.resource_uri.size() >= 0 ; ALWAYS_TRUE",
                "'a' == 'a' ; ALWAYS_TRUE",
                "trace.tools.all(t, trace.resources.exists(r, r.contains(t))) ; UNBOUNDED",
                "!baseline.resource(event.resource_uri) ; UNLEARNED",
            })
    void whatIsProbablyNotMeantIsFound(String when, Kind kind) {
        assertThat(PolicyLint.check(policy(Given.rule("r", EventType.DATA_ACCESS, when, Decision.DENY)), NOON))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.kind()).isEqualTo(kind);
                    assertThat(finding.path()).isEqualTo("spec.rules[0].when");
                });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "event.resource_uri == 'a' || event.resource_uri == 'b'",
                "event.resource_uri.startsWith('file:') && event.resource_uri == 'file:///a'",
                "trace.tools.exists(t, t.startsWith('delete_')) && trace.sensitivity.exists(s, s.startsWith('PII:'))",
                "baseline.learned && !baseline.resource(event.resource_uri)",
                "[1, 2, 3].all(a, [1, 2, 3].all(b, [1, 2, 3].all(c, a + b + c < event.byte_count)))",
            })
    void whatMayWellBeMeantIsNot(String when) {
        assertThat(PolicyLint.check(policy(Given.rule("r", EventType.DATA_ACCESS, when, Decision.DENY)), NOON))
                .isEmpty();
    }

    @Test
    void aRuleThatNeverDecidesIsShadowed() {
        final PolicySource policy = Given.policy(
                FailurePolicy.FAIL,
                List.of(new VariableSource("secrets", "event.resource_uri.startsWith('file:///etc/secrets')")),
                List.of(),
                Given.rule(
                        "reads",
                        EventType.DATA_ACCESS,
                        "variables.secrets && event.access_mode == 'read'",
                        Decision.FLAG),
                Given.rule(
                        "all",
                        EventType.DATA_ACCESS,
                        "event.resource_uri.startsWith('file:///etc/secrets')",
                        Decision.DENY));

        assertThat(PolicyLint.check(policy, NOON)).singleElement().satisfies(finding -> {
            assertThat(finding.kind()).isEqualTo(Kind.SHADOWED);
            assertThat(finding.path()).isEqualTo("spec.rules[0].when");
            assertThat(finding.message()).contains("\"all\"");
        });
    }

    @Test
    void anExpiredExceptionIsFoundAndStopsNothing() {
        final PolicySource policy = Given.policy(
                FailurePolicy.FAIL,
                List.of(),
                List.of(new ExceptionSource("r", "true", "a week off", NOON)),
                Given.rule("r", EventType.DATA_ACCESS, "event.byte_count > 1", Decision.DENY));

        assertThat(PolicyLint.check(policy, NOON))
                .extracting(PolicyLint.Finding::kind)
                .containsExactly(Kind.EXPIRED);
        assertThat(PolicyCompiler.compile(List.of(policy), NOON).set().ids()).hasSize(1);
        assertThat(PolicyLint.check(policy, NOON.minusSeconds(1))).isEmpty();
    }
}
