package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.Transcript.Chunk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a request that is served says. */
class ServedExchangeTest {
    private static List<String> said(final String head, final String body) {
        return said(head, body.getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> said(final String head, final byte[] body) {
        final Watched watched = new Watched();
        watched.received(head + "\r\nContent-Length: " + body.length + "\r\n\r\n")
                .pass(new Chunk(false, body))
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
    void ofJsonWhateverItBeginsWith() {
        final String head = "POST /chat HTTP/1.1\r\nContent-Type: application/json";
        assertThat(said(head, " \r\n\t{\"q\":\"Who is it?\"}")).contains("says Who is it?");
        assertThat(said(head, "\ufeff{\"q\":\"Who is it?\"}")).contains("says Who is it?");
        assertThat(said(head, "\"Who is it?\"")).contains("says Who is it?");
        assertThat(said("POST /poll HTTP/1.1\r\nContent-Type: text/plain", "42[\"say\",{\"q\":\"Who is it?\"}]"))
                .contains("says Who is it?");
    }

    @Test
    void whatOnlyBeginsLikeJsonIsText() {
        assertThat(said("POST /note HTTP/1.1\r\nContent-Type: text/plain", "[Ann] Who is it?"))
                .contains("says [Ann] Who is it?");
    }

    @Test
    void thePartsOfAFormWithFiles() {
        final String large = "large".repeat(200_000);
        assertThat(
                        said(
                                "POST /chat HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b0",
                                "--b0\r\nContent-Disposition: form-data; name=\"first\"\r\n\r\nWho is it?\r\n"
                                        + "--b0\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n"
                                        + large + "\r\n"
                                        + "--b0\r\nContent-Disposition: form-data; name=\"last\"\r\n\r\n{\"q\":\"Where is it?\"}\r\n--b0--\r\n"))
                .containsExactly("POST", "says Who is it?", "says Where is it?", "answers", "over");
        assertThat(said("POST /chat HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b0", large))
                .containsExactly("POST", "answers", "over");
    }

    @Test
    void theTextsOfACallByGrpc() {
        assertThat(said(
                        "POST /agent.Chat/Ask HTTP/1.1\r\nContent-Type: application/grpc",
                        "\0\0\0\0\u0014\u0012\u0002en\n\u000eWho is she, so?"))
                .containsExactly("POST", "says en", "says Who is she, so", "answers", "over");
    }

    @Test
    void alsoThoseOfACallInBase64() {
        final byte[] message = "\0\0\0\0\u0014\u0012\u0002en\n\u000eWho is she, so?".getBytes(StandardCharsets.UTF_8);
        assertThat(said(
                        "POST /agent.Chat/Ask HTTP/1.1\r\nContent-Type: application/grpc-web-text+proto",
                        Base64.getEncoder().encodeToString(message)))
                .containsExactly("POST", "says en", "says Who is she, so", "answers", "over");
    }

    @Test
    void alsoThoseOfMessagesThatAreCompressed() throws IOException {
        final ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
            zip.write("\n,Who is she that comes out of the wilderness?".getBytes(StandardCharsets.UTF_8));
        }
        final byte[] message = Frames.message(1, zipped.toByteArray());
        final String head = "POST /agent.Chat/Ask HTTP/1.1\r\nContent-Type: application/grpc";
        final List<String> said = said(head, Frames.concat(message, message));
        assertThat(said)
                .filteredOn("says Who is she that comes out of the wilderness?"::equals)
                .hasSize(2);
        assertThat(said).noneMatch(each -> each.startsWith("unread"));
    }

    @Test
    void messagesInACompressionThatIsNotUndoneAreOneGap() {
        final String snappy = "\u0001\0\0\0\u0004snap";
        assertThat(said("POST /agent.Chat/Ask HTTP/1.1\r\nContent-Type: application/grpc", snappy + snappy))
                .containsExactly("POST", "unread ENCODING", "answers", "over");
    }

    @Test
    void alsoThoseInAMessageThatCanBePrinted() {
        assertThat(said(
                        "POST /agent.Chat/Ask HTTP/1.1\r\nContent-Type: application/grpc",
                        "\000\000\000\0004\u0008\u0001\n0z.\n,Who is she that comes out of the wilderness?"))
                .contains("says Who is she that comes out of the wilderness?");
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "grpc+proto", "grpc-web", "grpc-web+proto", "connect+proto"})
    void alsoThatOfAMessageThatIsAllText(final String type) {
        assertThat(said(
                        "POST /agent.Chat/Ask HTTP/1.1\r\nContent-Type: application/" + type,
                        "\0\0\0\0.\n,Who is she that comes out of the wilderness?"))
                .contains("says Who is she that comes out of the wilderness?");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/proto", "application/x-protobuf", "application/vnd.google.protobuf"})
    void theTextsOfAMessageOfProtocolBuffers(final String type) {
        final String head = "POST /agent.Chat/Ask HTTP/1.1\r\nContent-Type: " + type;
        assertThat(said(head, "\u0012\u0002en\n\u000eWho is she, so?"))
                .containsExactly("POST", "says en", "says Who is she, so", "answers", "over");
        assertThat(said(head, "\n,Who is she that comes out of the wilderness?"))
                .contains("says Who is she that comes out of the wilderness?");
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
    void whatIsSaidToBeAFormAndIsNone() {
        final String form = "POST /chat HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded";
        assertThat(said(form, "{\"q\":\"Is 1=1?\"}")).containsExactly("POST", "says Is 1=1?", "answers", "over");
        assertThat(said(form, "Who is it, 50% or all?"))
                .containsExactly("POST", "says Who is it, 50% or all?", "answers", "over");
        assertThat(said(form, "")).containsExactly("POST", "answers", "over");
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
    void whatIsBehindAnEmptyLine() {
        assertThat(said("\r\nGET /ask?q=Who HTTP/1.1", "")).containsExactly("GET", "says Who", "answers", "over");
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
