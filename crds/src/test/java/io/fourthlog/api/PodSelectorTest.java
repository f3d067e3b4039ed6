package io.fourthlog.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.api.PodSelector.Operator;
import io.fourthlog.api.PodSelector.Requirement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // one                        | other                          | whether a pod can carry both
                "                             |                                | true",
                "app In a                     |                                | true",
                "app In a                     | app In a                       | true",
                "app In a                     | app In b                       | false",
                "app In a                     | team In b                      | true",
                "app In a b                   | app NotIn a                    | true",
                "app In a                     | app NotIn a                    | false",
                "app Exists                   | app NotIn a                    | true",
                "app Exists                   | app DoesNotExist               | false",
                "app In a                     | app DoesNotExist               | false",
                "app NotIn a                  | app DoesNotExist               | true",
                "app In a, team In x          | team In y                      | false"
            })
    void twoSelectorsOverlapWhenOnePodCanCarryWhatBothWant(@Nullable String one, @Nullable String other, boolean both) {
        assertThat(selector(one).overlaps(selector(other))).isEqualTo(both);
        assertThat(selector(other).overlaps(selector(one))).isEqualTo(both);
    }

    private static PodSelector selector(@Nullable String text) {
        return new PodSelector(
                Map.of(),
                text == null
                        ? List.of()
                        : Arrays.stream(text.split(", ", -1))
                                .map(requirement -> requirement.trim().split(" ", -1))
                                .map(parts -> new Requirement(
                                        parts[0],
                                        Operator.valueOf(parts[1]),
                                        List.of(parts).subList(2, parts.length)))
                                .toList());
    }

    private static PodSelector labels(Map<String, String> labels) {
        return new PodSelector(labels, List.of());
    }

    private static PodSelector requires(String key, Operator operator, String... values) {
        return new PodSelector(Map.of(), List.of(new Requirement(key, operator, List.of(values))));
    }
}
