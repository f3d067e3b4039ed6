package io.fourthlog.redaction;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TokenRanksTest {

    @ParameterizedTest
    @ValueSource(strings = {"cl100k_base", "o200k_base"})
    void everyTokenOfAVocabularyHasItsRankWhateverIsBehindIt(String name) throws IOException {
        TokenRanks ranks = TokenRanks.read(name);
        String file = "/com/knuddels/jtokkit/" + name + ".tiktoken";
        int tokens = 0;
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(requireNonNull(TokenRanks.class.getResourceAsStream(file)), US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                int space = line.indexOf(' ');
                byte[] token = Base64.getDecoder().decode(line.substring(0, space));
                byte[] text = Arrays.copyOf(token, token.length + TokenRanks.PADDING);
                text[token.length] = 'x';
                assertThat(ranks.rank(text, 0, token.length)).isEqualTo(Integer.parseInt(line.substring(space + 1)));
                tokens++;
            }
        }
        assertThat(tokens).isGreaterThan(100_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "YQ== 0\nYg==\n",
                "YQ== 1\nYg== 1\n",
                "YQ== 0\nYg== -1\n",
                "YQ== 0\nYg== 1 1\n",
                "YQ== 0\n 1\n",
                "YQ== 0\nYg== 9999999999\n",
                "YQ== 0\n<a> 1\n"
            })
    void aFileWithOtherLinesIsNoVocabulary(String file) {
        assertThatThrownBy(() -> TokenRanks.read(new ByteArrayInputStream(file.getBytes(US_ASCII))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("token 2");
    }
}
