package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a request that is served says. */
class ServedExchangeTest {
    private static List<String> said(final String head, final String body) {
        final Watched watched = new Watched();
        watched.received(head + "\r\nContent-Length: " + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n"
                        + body)
                .sent("HTTP/1.1 204 No Content\r\n\r\n");
        watched.close();
        assertThat(watched.budget.used()).isZero();
        assertThat(watched.gaps).isEmpty();
        return watched.served;
    }

    @Test
    void theStringsOfJson() {
        assertThat(said("POST /chat HTTP/1.1\r\nContent-Type: application/json", """
                {"user":"u7","n":7,"messages":[{"content":"Who is \\"she\\"?"},{"content":"\\u00fc"}]}"""))
                .containsExactly("POST", "says u7", "says Who is \"she\"?", "says ü", "answers", "over");
    }

    @Test
    void theLastOnesOfVeryMany() {
        final StringBuilder json = new StringBuilder("[");
        for (int i = 0; i < 1000; i++) {
            json.append("\"text ").append(i).append("\",");
        }
        assertThat(said(
                        "POST /chat HTTP/1.1\r\nContent-Type: application/json",
                        json.append("\"end\"]").toString()))
                .hasSize(1 + 128 + 2)
                .contains("says text 873", "says end");
    }

    @Test
    void theValuesOfAFormAndOfAQuery() {
        assertThat(said(
                        "POST /chat?lang=en&empty=&flag HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded",
                        "q=Who+is%20it%3F&n=50%&x=%c3%bc"))
                .containsExactly("POST", "says en", "says Who is it?", "says 50%", "says ü", "answers", "over");
    }

    @Test
    void allOfWhatIsPlain() {
        assertThat(said("PUT /note HTTP/1.1\r\nContent-Type: text/plain", "Who is it?"))
                .containsExactly("PUT", "says Who is it?", "answers", "over");
        assertThat(said("PUT /note HTTP/1.1\r\nContent-Type: application/octet-stream", "Who is it?"))
                .containsExactly("PUT", "answers", "over");
    }

    @Test
    void ofWhatIsLargeOrCutOffTheBeginning() {
        assertThat(said(
                        "POST /chat HTTP/1.1\r\nContent-Type: application/json",
                        "{\"q\":\"Who?\",\"a\":[" + "1,".repeat(200_000)))
                .containsExactly("POST", "says Who?", "answers", "over");
    }

    @Test
    void whatIsAskedOverHttp2IsServedAsWell() {
        final Frames client = new Frames(false);
        final Frames server = new Frames(true);
        final Watched watched = new Watched()
                .pass(server.raw(4, 0, 0, new byte[6])) // servers may begin
                .pass(client.preface())
                .pass(client.request(1, "/chat"))
                .pass(client.data(1, true, "{\"q\":\"Who is it?\"}"))
                .pass(server.response(1))
                .pass(server.data(1, true, "{}"));
        assertThat(watched.close().served).containsExactly("POST", "says Who is it?", "answers", "over");
        assertThat(watched.gaps).isEmpty();
    }
}
