package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiResponsesTest {
    private static final String SAID = "{\"type\":\"message\",\"role\":\"assistant\",\"content\":["
            + "{\"type\":\"output_text\",\"text\":\"yes\"}]}";

    private static Watched asked(final String body) {
        return new Watched()
                .sent("POST /v1/responses HTTP/1.1\r\nHost: m\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body);
    }

    private static String response(final String output) {
        return "{\"id\":\"resp_1\",\"model\":\"m-1\",\"status\":\"completed\",\"output\":[" + output
                + "],\"usage\":{\"input_tokens\":3,\"output_tokens\":2}}";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"prompt\":{\"id\":\"pmpt_1\",\"version\":\"2\"}}; null",
                "{\"model\":\"m\",\"previous_response_id\":\"resp_1\",\"instructions\":\"go on\"}; m|SYSTEM go on",
                "{\"model\":\"m\",\"conversation\":\"conv_1\"}; m",
                "{\"model\":\"m\",\"conversation\":{\"id\":\"conv_1\"}}; m",
                "{\"prompt\":{\"variables\":{\"who\":\"Ann\",\"of\":{\"type\":\"input_text\",\"text\":\"Rome\"},"
                        + "\"at\":{\"type\":\"input_image\",\"file_id\":\"f\"}},\"id\":\"pmpt_1\"}}; null|USER Ann|USER Rome"
            })
    void aRequestMayOnlyNameWhatTheEndpointKeeps(final String body, final String prompt) {
        final Watched watched = asked(body)
                .received("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                        + response(SAID).length() + "\r\n\r\n" + response(SAID));
        assertThat(watched.prompts).containsExactly(prompt);
        assertThat(watched.answers).containsExactly("200 m-1 yes|3/2|null");
        assertThat(watched.close().budget.used()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"prompt\":{\"id\":\"q7\",\"variables\":{\"a\":\"b\"}},\"answer\":\"no\"}",
                "{\"prompt\":\"Who?\"}",
                "{\"conversation\":\"c7\",\"text\":\"hello\"}",
                "{\"conversation\":{\"title\":\"conv_1\"}}",
                "{\"previous_response_id\":null}"
            })
    void anotherServicesResponsesAreNone(final String body) {
        final Watched watched = asked(body);
        assertThat(watched.prompts).isEmpty();
        assertThat(watched.close().budget.used()).isZero();
    }
}
