package io.fourthlog.operator.retentiontier;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.api.AgentAuditPolicySpec.EventKind;
import io.fourthlog.api.Retention;
import io.fourthlog.api.RetentionTierSpec;
import io.fourthlog.api.RetentionTierSpec.Erasure;
import io.fourthlog.api.RetentionTierSpec.Periods;
import io.fourthlog.api.RetentionTierSpec.SubjectKeys;
import io.fourthlog.api.RetentionTierStatus.Effective;
import io.fourthlog.operator.cluster.Fault;
import io.fourthlog.operator.retentiontier.TierResolution.Refused;
import io.fourthlog.operator.retentiontier.TierResolution.Resolved;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TierResolverTest {

    @ParameterizedTest
    @CsvSource({
        "PCI-DSS-4.0, 90d, 12mo, PCI DSS 4.0 requirement 10.5.1",
        "HIPAA, 30d, 6y, 45 CFR 164.316(b)(2)(i)",
        "NYDFS-500, 30d, 5y, 23 NYCRR 500.06(b)",
        "EU-AI-Act, 30d, 6mo, Regulation (EU) 2024/1689 Articles 19(1) and 26(6)",
        "SOX, 30d, 7y, 17 CFR 210.2-06(a)"
    })
    void aFrameworkDecidesWhatTheSpecLeavesOut(String framework, String hot, String cold, String clause) {
        assertThat(effective(List.of(framework), periods(null, null), periods(null, null)))
                .hasSize(EventKind.values().length)
                .allSatisfy(one -> {
                    assertThat(one.hot().text()).isEqualTo(hot);
                    assertThat(one.cold().text()).isEqualTo(cold);
                    assertThat(one.coldDecidedBy()).isEqualTo(clause);
                });
    }

    @Test
    void theLongestOfSeveralFrameworksDecides() {
        assertThat(effective(List.of("PCI-DSS-4.0", "SOX", "HIPAA"), periods(null, null), periods(null, null)))
                .allSatisfy(one -> {
                    assertThat(one.hotDecidedBy()).startsWith("PCI DSS");
                    assertThat(one.cold().text()).isEqualTo("7y");
                });
    }

    @Test
    void aTypeOfEventCanHaveAPeriodOfItsOwn() {
        assertThat(effective(List.of(), periods("90d", "30d"), periods("5y", null)))
                .anySatisfy(one -> {
                    assertThat(one.eventType()).isEqualTo(EventKind.ERROR);
                    assertThat(one.hot().text()).isEqualTo("30d");
                    assertThat(one.hotDecidedBy()).isEqualTo("spec.hot.error");
                })
                .anySatisfy(one -> assertThat(one.hotDecidedBy()).isEqualTo("spec.hot.default"));
    }

    @Test
    void whatIsKeptHotIsKeptColdAsLong() {
        assertThat(effective(List.of(), periods("1y", null), periods(null, null)))
                .allSatisfy(one -> assertThat(one.cold().text()).isEqualTo("1y"));
    }

    @Test
    void aPeriodBelowAFloorIsRefusedWithTheClause() {
        assertThat(refused(List.of("HIPAA"), periods(null, null), periods("5y", null)))
                .containsExactly(new Fault(
                        "spec.cold.default",
                        "5y is shorter than the 6y that 45 CFR 164.316(b)(2)(i) asks for: raise it, or leave it out"));
    }

    @Test
    void coldMayNotBeShorterThanHot() {
        assertThat(refused(List.of(), periods("1y", null), periods("2y", "30d")))
                .containsExactly(new Fault(
                        "spec.cold.error",
                        "30d is shorter than the 1y of spec.hot.default: keep error cold at least as long as hot"));
    }

    @Test
    void howEventsCanBeErasedReachesTheSensors() {
        final Erasure erasure = new Erasure(SubjectKeys.PER_WORKLOAD, true);
        assertThat(TierResolver.resolve(
                        new RetentionTierSpec(List.of(), periods(null, null), periods(null, null), erasure)))
                .isInstanceOfSatisfying(
                        Resolved.class,
                        resolved -> assertThat(resolved.merged().erasure()).isEqualTo(erasure));
    }

    private static List<Effective> effective(List<String> frameworks, Periods hot, Periods cold) {
        TierResolution resolution = TierResolver.resolve(new RetentionTierSpec(frameworks, hot, cold));
        assertThat(resolution).isInstanceOf(Resolved.class);
        return ((Resolved) resolution).effective();
    }

    private static List<Fault> refused(List<String> frameworks, Periods hot, Periods cold) {
        TierResolution resolution = TierResolver.resolve(new RetentionTierSpec(frameworks, hot, cold));
        assertThat(resolution).isInstanceOf(Refused.class);
        return ((Refused) resolution).faults();
    }

    private static Periods periods(@Nullable String byDefault, @Nullable String error) {
        return new Periods(of(byDefault), null, null, null, null, null, of(error));
    }

    private static @Nullable Retention of(@Nullable String text) {
        return text == null ? null : new Retention(text);
    }
}
