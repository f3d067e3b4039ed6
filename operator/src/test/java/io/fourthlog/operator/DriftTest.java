package io.fourthlog.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
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
}
