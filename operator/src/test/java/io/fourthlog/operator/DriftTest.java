package io.fourthlog.operator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DriftTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // observed              | desired               | covered
                "{\"a\":1}               | {\"a\":1}             | true",
                "{\"a\":1,\"b\":2}       | {\"a\":1}             | true",
                "{\"a\":2}               | {\"a\":1}             | false",
                "{}                      | {\"a\":1}             | false",
                "{\"a\":[{\"b\":1,\"c\":2}]} | {\"a\":[{\"b\":1}]} | true",
                "{\"a\":[1,2]}           | {\"a\":[1]}           | false",
                "{\"a\":[2]}             | {\"a\":[1]}           | false",
                "{}                      | {\"a\":{}}            | true",
                "{}                      | {\"a\":[]}            | true"
            })
    void whatOthersAddedIsNoDriftAndWhatTheyChangedIs(String observed, String desired, boolean covered)
            throws JsonProcessingException {
        assertThat(Drift.covers(JSON.readTree(observed), JSON.readTree(desired)))
                .isEqualTo(covered);
    }

    /** A restart must not write every object again: the order of {@code Map.of} is another one in each process. */
    @Test
    void theOrderOfMapsIsNoChange() {
        assertThat(checksum("a", "b")).isEqualTo(checksum("b", "a"));
        assertThat(checksum("a", "b")).isNotEqualTo(checksum("a", "c"));
    }

    private static String checksum(String first, String second) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put(first, "x");
        labels.put(second, "x");
        return requireNonNull(new Drift(new KubernetesSerialization())
                .seal(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withLabels(labels)
                        .addToAnnotations(Map.of())
                        .endMetadata()
                        .build())
                .getMetadata()
                .getAnnotations()
                .get("fourthlog.io/applied"));
    }
}
