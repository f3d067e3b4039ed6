package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The answers are those of the servers' own documentation, with shorter texts. */
class TextGenerationTest {
    private static final String JSON = "application/json";
    private static final String EVENTS = "text/event-stream";

    private static Watched asked(
            final String path, final String body, final int status, final String type, final String answer) {
        return new Watched()
                .sent(question(path, body))
                .received("HTTP/1.1 " + status + " X\r\nContent-Type: " + type + "\r\nContent-Length: "
                        + answer.length() + "\r\n\r\n" + answer);
    }

    private static String question(final String path, final String body) {
        return "POST " + path + " HTTP/1.1\r\nHost: m\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    @Test
    void aTextOfHuggingFacesServerIsReadWhole() {
        final Watched watched = asked(
                "/generate",
                "{\"inputs\":\"Who?\",\"parameters\":{\"max_new_tokens\":9}}",
                200,
                JSON,
                "{\"generated_text\":\"The first one\",\"details\":{\"finish_reason\":\"length\",\"generated_tokens\":3,"
                        + "\"prefill\":[{\"id\":1,\"text\":\"Who\"}],\"tokens\":[{\"id\":2,\"text\":\"The\"}]}}");
        assertThat(watched.prompts).containsExactly("null|USER Who?");
        assertThat(watched.answers).containsExactly("200 null The first one|-1/3|null");
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void aStreamOfHuggingFacesServerIsTheTextThatItsEndRepeats() {
        final Watched watched = asked("/generate_stream", "{\"inputs\":\"Who?\"}", 200, EVENTS, """
                data:{"index":1,"token":{"id":450,"text":"The","logprob":-0.5,"special":false},"generated_text":null,"details":null}

                data:{"index":2,"token":{"id":937,"text":" first","special":false},"generated_text":null,"details":null}

                data:{"index":3,"token":{"id":2,"text":"</s>","special":true},"generated_text":"The first","details":{"finish_reason":"eos_token","generated_tokens":3,"input_length":4}}

                """);
        assertThat(watched.answers).containsExactly("200 null The first|4/3|null");
    }

    /** Its client hangs up when it has that. */
    @Test
    void aStreamIsOverWithItsLastEvent() {
        final String ask = "{\"inputs\":\"Who?\"}";
        final Watched watched =
                new Watched().sent(question("/generate_stream", ask)).received("""
                HTTP/1.1 200 OK
                Content-Type: text/event-stream
                Content-Length: 999

                data:{"token":{"text":"x"},"generated_text":"The","details":{"generated_tokens":1}}

                """);
        assertThat(watched.answers).containsExactly("200 null The|-1/1|null");
    }

    @Test
    void anAnswerOfLlamaCppIsReadWholeAndStreamed() {
        final String ask = "{\"prompt\":\"Who?\",\"n_predict\":9}";
        final String end = "\"model\":\"gpt-oss.gguf\",\"tokens_predicted\":3,\"tokens_evaluated\":4,\"stop\":true}";
        assertThat(asked("/completion", ask, 200, JSON, "{\"index\":0,\"content\":\"The first\"," + end).answers)
                .containsExactly("200 gpt-oss.gguf The first|4/3|null");
        final String events =
                "data: {\"index\":0,\"content\":\"The\",\"stop\":false}\n\ndata: {\"content\":\" first\",\"stop\":false}\n\n"
                        + "data: {\"content\":\"\"," + end + "\n\n";
        assertThat(asked("/completion", ask, 200, EVENTS, events).answers)
                .containsExactly("200 gpt-oss.gguf The first|4/3|null");
    }

    @Test
    void aFailureIsOne() {
        assertThat(asked(
                                "/generate",
                                "{\"inputs\":\"Who?\"}",
                                429,
                                JSON,
                                "{\"error\":\"Model is overloaded\",\"error_type\":\"overloaded\"}")
                        .answers)
                .containsExactly("429 null |-1/-1|unnamed");
    }

    @ParameterizedTest
    @CsvSource({"/generate, prompt", "/completion, inputs", "/generate, text"})
    void anotherApplicationOnTheSamePathIsNotInvented(final String path, final String name) {
        final Watched watched = asked(path, "{\"" + name + "\":\"Who?\"}", 200, JSON, "{}");
        assertThat(watched.prompts).isEmpty();
        assertThat(watched.answers).isEmpty();
        assertThat(watched.gaps).isEmpty();
    }
}
