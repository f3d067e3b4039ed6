package io.fourthlog.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.api.PodSelector.Operator;
import io.fourthlog.api.PodSelector.Requirement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class PodSelectorTest {

    private static final Map<String, String> AGENT = Map.of("app", "agent", "tier", "gold");

    @Test
    void anEmptySelectorSelectsEveryPod() {
        assertThat(PodSelector.EVERYTHING.matches(Map.of())).isTrue();
    }

    @Test
    void everyLabelMustMatch() {
        assertThat(labels(Map.of("app", "agent")).matches(AGENT)).isTrue();
        assertThat(labels(Map.of("app", "agent", "zone", "a")).matches(AGENT)).isFalse();
    }

    @Test
    void requirementsMeanWhatTheyMeanInKubernetes() {
        assertThat(requires("tier", Operator.In, "gold", "silver").matches(AGENT))
                .isTrue();
        assertThat(requires("tier", Operator.NotIn, "gold").matches(AGENT)).isFalse();
        assertThat(requires("absent", Operator.In, "x").matches(AGENT)).isFalse();
        assertThat(requires("absent", Operator.NotIn, "x").matches(AGENT)).isTrue();
        assertThat(requires("tier", Operator.Exists).matches(AGENT)).isTrue();
        assertThat(requires("tier", Operator.DoesNotExist).matches(AGENT)).isFalse();
    }

    private static PodSelector labels(Map<String, String> labels) {
        return new PodSelector(labels, List.of());
    }

    private static PodSelector requires(String key, Operator operator, String... values) {
        return new PodSelector(Map.of(), List.of(new Requirement(key, operator, List.of(values))));
    }
}
