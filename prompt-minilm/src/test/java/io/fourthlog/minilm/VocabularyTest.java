package io.fourthlog.minilm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class VocabularyTest {

    @Test
    void tokensAreReadByTheirIds() throws IOException {
        assertThat(Vocabulary.read(
                        "{\"version\":\"1\",\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":1,\"\\u0022\":0}}}"
                                .getBytes(UTF_8)))
                .containsExactly("\"", "a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"model\":{\"vocab\":{\"a\":1}}} | no token has the id 0",
                "{\"model\":{\"vocab\":{\"a\":-1}}} | the id of \"a\" is none: -1",
                "{\"model\":{\"vocab\":[]}} | no object at byte 18",
                "{\"model\":{}} | no member \"vocab\"",
                "{\"model\":{\"vocab\":{\"a\":0 | not JSON"
            })
    void whatIsNoVocabularyIsRefused(String json, String problem) {
        assertThatThrownBy(() -> Vocabulary.read(json.getBytes(UTF_8)))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(problem);
    }
}
