package io.fourthlog.redaction.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.redaction.json.JsonReader.Token;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JsonReaderTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"a":1,}      | 7 | expected a name in quotes
                    {"a" 1}       | 5 | expected ':'
                    {"a":1 "b":2} | 7 | expected ',' or '}'
                    [1 2]         | 3 | expected ',' or ']'
                    [1,]          | 3 | expected a value
                    [01]          | 2 | expected ',' or ']'
                    [1.x]         | 3 | expected a digit
                    [trux]        | 4 | expected true
                    ["\\x"]       | 2 | not an escape
                    ["\\u00zz"]   | 2 | not an escape
                    {} {}         | 3 | something follows the value
                    """)
    void aMistakeIsNamedWithItsOffset(String json, int offset, String problem) {
        byte[] bytes = ("##" + json.strip()).getBytes(UTF_8);
        JsonReader reader = new JsonReader().reset(bytes, 2, bytes.length - 2);
        while (!reader.next().isLast()) {
            assertThat(reader.position()).isGreaterThan(2);
        }

        assertThat(reader.token()).isEqualTo(Token.MALFORMED);
        assertThat(reader.problem()).isEqualTo(problem);
        assertThat(reader.problemOffset()).isEqualTo(offset);
        assertThat(reader.next()).isEqualTo(Token.MALFORMED);
    }

    @Test
    void theRangeIsNotLeft() {
        byte[] bytes = "[12]34".getBytes(UTF_8);
        JsonReader reader = new JsonReader().reset(bytes, 1, 2);

        assertThat(reader.next()).isEqualTo(Token.NUMBER);
        assertThat(reader.longValue()).isEqualTo(12);
        assertThat(reader.next()).isEqualTo(Token.END);
        assertThat(reader.next()).isEqualTo(Token.END);
    }

    @Test
    void nestingIsBounded() {
        byte[] bytes = "[".repeat(1_000_000).getBytes(UTF_8);
        JsonReader reader = new JsonReader(70).reset(bytes, 0, bytes.length);
        for (int i = 0; i < 70; i++) {
            assertThat(reader.next()).isEqualTo(Token.ARRAY_START);
        }

        assertThat(reader.next()).isEqualTo(Token.TOO_DEEP);
        assertThat(reader.problemOffset()).isEqualTo(70);
    }

    @Test
    void namesAreKnownByIndexHoweverTheyAreEscaped() {
        JsonNames names = JsonNames.of("model", "messages");
        byte[] bytes = """
                {"messages": 1, "\\u006dodel": 2, "other": 3, "mode": 4}""".getBytes(UTF_8);
        JsonReader reader = new JsonReader().reset(bytes, 0, bytes.length);
        StringBuilder seen = new StringBuilder();
        while (!reader.next().isLast()) {
            if (reader.token() == Token.FIELD_NAME) {
                seen.append(reader.nameIn(names)).append(' ');
                assertThat(reader.skipValue()).isEqualTo(Token.NUMBER);
            }
        }

        assertThat(seen).hasToString("1 0 -1 -1 ");
        assertThat(reader.token()).isEqualTo(Token.END);
    }

    @Test
    void itPrintsNoContent() {
        byte[] bytes = "\"hunter2\"".getBytes(UTF_8);
        JsonReader reader = new JsonReader().reset(bytes, 0, bytes.length);
        reader.next();

        assertThat(reader).hasToString("JsonReader[STRING at byte 1]");
    }
}
