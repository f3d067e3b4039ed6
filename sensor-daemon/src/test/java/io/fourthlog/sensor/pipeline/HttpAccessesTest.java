package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Enforcement;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What agents read from and send to anything over HTTP that is no model and no tool. */
class HttpAccessesTest {
    private static final int AGENT = 1;
    private static final String CUSTOMERS = "[{\"name\":\"x\",\"email\":\"ann.canary@example.org\"}]";

    private static String request(final String line, final String fields, final String body) {
        return line + " HTTP/1.1\r\nHost: crm.internal\r\n" + fields
                + (body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n") + "\r\n" + body;
    }

    private static String answer(final int status, final String fields, final String body) {
        return "HTTP/1.1 " + status + " Whatever\r\n" + fields + "Content-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static String json(final String body) {
        return answer(200, "Content-Type: application/json\r\n", body);
    }

    private static Scene exchanged(final String request, final String answer) {
        return new Scene().sent(AGENT, 1, request).received(AGENT, 1, answer).exit(AGENT);
    }

    @Test
    void whatAnAgentReadsFromAnApiIsOneAccess() {
        final Scene scene = exchanged(request("GET /customers?since=2026", "", ""), json(CUSTOMERS));
        assertThat(scene.events).hasSize(2); // with the decision
        final DataAccess access = scene.accesses().getFirst();
        assertThat(access.resourceUri()).isEqualTo("https://crm.internal/customers");
        assertThat(access.accessMode()).isEqualTo("read");
        assertThat(access.byteCount()).isEqualTo(CUSTOMERS.length());
        assertThat(access.sensitivityTagsResolved()).containsExactly("PII:email");
        assertThat(access.header().completeness()).isEqualTo(Completeness.COMPLETE);
        assertThat(access.header().unknown()).containsEntry("row_count", "an answer over HTTP has bytes, not rows");
        assertThat(scene.written()).doesNotContain("canary", "since");
        assertThat(scene.pipeline.contentBytes()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, read",
        "HEAD, read",
        "OPTIONS, read",
        "QUERY, read",
        "PUT, write",
        "PATCH, write",
        "DELETE, write",
        "POST, read_write",
        "PROPFIND, read_write"
    })
    void theMethodSaysHow(final String method, final String mode) {
        final Scene scene = exchanged(request(method + " /x", "", ""), "HTTP/1.1 204 Done\r\n\r\n");
        assertThat(scene.accesses())
                .extracting(DataAccess::accessMode, DataAccess::byteCount)
                .containsExactly(tuple(mode, 0L));
    }

    @Test
    void aDocumentThatIsSentIsCountedWithItsAnswer() {
        final Scene scene = exchanged(
                request("POST /paste", "Content-Type: text/plain\r\n", "card 4111 1111 1111 1111"), json("{}"));
        assertThat(scene.accesses())
                .extracting(DataAccess::accessMode, DataAccess::byteCount, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple("read_write", 26L, List.of("PCI:pan")));
    }

    @Test
    void jsonThatIsNoMessageIsAnAccess() {
        final Scene scene = exchanged(
                request("POST /collections/x/points/search", "Content-Type: application/json\r\n", "{\"limit\":5}"),
                json(CUSTOMERS));
        assertThat(scene.accesses())
                .extracting(DataAccess::byteCount, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple(11L + CUSTOMERS.length(), List.of("PII:email")));
        assertThat(scene.events).hasSize(2); // with the decision
    }

    @Test
    void jsonRpcOfAnotherServiceIsAnAccess() {
        final String asks = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"host.get\",\"params\":{}}";
        final Scene scene = exchanged(
                request("POST /api_jsonrpc.php", "Content-Type: application/json\r\n", asks),
                json("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[\"ann.canary@example.org\"]}"));
        assertThat(scene.accesses())
                .extracting(DataAccess::byteCount, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple(56L + 60, List.of("PII:email")));
    }

    /** Nobody asked, nobody knows the method, or nobody is to answer: no event but this one tells of it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"id\":1,\"result\":{\"x\":\"ann.canary@example.org\"}",
                "\"id\":1,\"error\":{\"code\":1,\"message\":\"ann.canary@example.org\"}",
                "\"id\":1,\"method\":\"a/b\",\"params\":{\"x\":\"ann.canary@example.org\"}",
                "\"method\":\"a/b\",\"params\":{\"x\":\"ann.canary@example.org\"}",
                "\"id\":1,\"method\":\"initialize\",\"params\":{\"x\":\"ann.canary@example.org\"}"
            })
    void aMessageThatIsNoCallIsAnAccess(final String members) {
        final String message = "{\"jsonrpc\":\"2.0\"," + members + "}";
        final String answer = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}";
        final Scene scene = new Scene("event.access_mode != 'read'", Set.of(EventType.DATA_ACCESS));
        scene.sent(AGENT, 1, request("POST /x", "Content-Type: application/json\r\n", message));
        assertThat(scene.terminated).hasSize(1);
        scene.received(AGENT, 1, json(answer)).exit(AGENT);
        assertThat(scene.accesses())
                .extracting(
                        DataAccess::resourceUri,
                        DataAccess::byteCount,
                        DataAccess::sensitivityTagsResolved,
                        access -> access.header().completeness())
                .containsExactly(tuple(
                        "https://crm.internal/x",
                        (long) message.length() + answer.length(),
                        List.of("PII:email"),
                        Completeness.COMPLETE));
        assertThat(scene.tools()).isEmpty();
        assertThat(scene.errors()).isEmpty();
        assertThat(scene.pipeline.contentBytes()).isZero();
    }

    /** As servers in Python take it. */
    @ParameterizedTest
    @CsvSource({"UTF-16, '{'", "UTF-16BE, '{'", "UTF-32LE, '{'", "UTF-8, '\uFEFF{'", "UTF-8, ' {\"x\":NaN,'"})
    void aQuestionInAnotherCodingIsNoMereAccess(final String charset, final String begins) {
        final byte[] body = (begins + "\"messages\":[{\"role\":\"user\",\"content\":\"ann.canary@example.org\"}]}")
                .getBytes(Charset.forName(charset));
        final Scene scene = new Scene()
                .sent(
                        AGENT,
                        1,
                        "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: " + body.length + "\r\n\r\n")
                .tls(AGENT, 1, new Chunk(true, body), true)
                .received(AGENT, 1, json("{\"model\":\"m\",\"choices\":[]}"))
                .exit(AGENT);
        if (begins.contains("NaN")) { // which is no JSON
            assertThat(scene.errors()).containsExactly("sensor.gap.json");
        } else {
            assertThat(scene.models())
                    .extracting(ModelInvocation::inputSensitivity)
                    .containsExactly(List.of("PII:email"));
        }
        assertThat(scene.accesses()).isEmpty();
        assertThat(scene.pipeline.contentBytes()).isZero();
    }

    /** Nothing in the protocol says what answers it, so all that does is of the access. */
    @Test
    void aCallWithoutAnIdIsACallAndAnAccess() {
        final String asks =
                "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"x\",\"arguments\":{}}}";
        final Scene scene = exchanged(
                request("POST /mcp", "Content-Type: application/json\r\n", asks), json("ann.canary@example.org"));
        assertThat(scene.tools())
                .extracting(ToolInvocation::toolName, ToolInvocation::returnStatus)
                .containsExactly(tuple("x", "none"));
        assertThat(scene.accesses())
                .extracting(DataAccess::byteCount, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple(asks.length() + 22L, List.of("PII:email")));
    }

    /** RFC 9113, 8.3.1: the server goes by the one. */
    @Test
    void theAuthorityIsTheHostWhateverAFieldSays() {
        final String fields = "\u0082\u0087\4\2/a\1\4real\17\27\4else"; // HPACK, RFC 7541, 6.2.2
        final String request = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0" + (char) fields.length()
                + "\1\5\0\0\0\1" + fields;
        final Scene scene = new Scene()
                .tls(AGENT, 1, new Chunk(true, request.getBytes(StandardCharsets.ISO_8859_1)), true)
                .exit(AGENT);
        assertThat(scene.accesses()).extracting(DataAccess::resourceUri).containsExactly("https://real/a");
    }

    /** Servers that take no notice of the one undo the other, or nothing. */
    @ParameterizedTest
    @CsvSource({
        "Content-Encoding: gzip, Content-Encoding: br, true",
        "Content-Encoding: identity, Content-Encoding: x, true",
        "Content-Encoding: identity, Content-Encoding:, false"
    })
    void aBodyWithSeveralCodingsIsNotTakenForPlain(final String one, final String other, final boolean gap) {
        final Scene scene = exchanged(
                request("POST /paste", "Content-Type: text/plain\r\n" + one + "\r\n" + other + "\r\n", "abc"),
                json("{}"));
        assertThat(scene.accesses())
                .extracting(access -> access.header().completeness().gap())
                .containsExactly(gap);
    }

    /** Of a coding that only ends like chunked, the length says where the body ends. */
    @Test
    void whatOnlyEndsLikeChunkedIsNot() {
        final Scene scene = exchanged(
                request("POST /paste", "Transfer-Encoding: unchunked\r\n", "0\r\n\r\nGET /other HTTP/1.1\r\n\r\n"),
                json("{}"));
        assertThat(scene.errors()).containsExactly("sensor.gap.http");
    }

    @Test
    void aServerThatRefusesAMessageIsAnError() {
        final String asks = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{}}";
        final Scene scene = exchanged(
                request("POST /mcp", "Content-Type: application/json\r\n", asks), answer(401, "", "Unauthorized"));
        assertThat(scene.accesses()).extracting(DataAccess::resourceUri).containsExactly("https://crm.internal/mcp");
        assertThat(scene.errors()).containsExactly("data.http.401");
    }

    @Test
    void aMessageThatIsNotAnsweredIsCut() {
        final String notifies = "{\"jsonrpc\":\"2.0\",\"method\":\"a/b\"}";
        final Scene scene =
                new Scene().sent(AGENT, 1, request("POST /x", "Content-Type: application/json\r\n", notifies));
        scene.pipeline.tlsClosed(scene.process(AGENT), 1);
        assertThat(scene.accesses())
                .extracting(DataAccess::byteCount, access -> access.header().completeness())
                .containsExactly(tuple((long) notifies.length(), Completeness.gap(null)));
        assertThat(scene.errors()).containsExactly("sensor.gap.unfinished");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"query\":\"a\"}", "[1]", "query=a", "{}"})
    void aModelsPathWithAnotherBodyIsAnAccess(final String body) {
        final Scene scene =
                exchanged(request("POST /api/generate", "Content-Type: application/json\r\n", body), json("{}"));
        assertThat(scene.models()).isEmpty();
        assertThat(scene.errors()).isEmpty();
        assertThat(scene.accesses())
                .extracting(DataAccess::resourceUri, DataAccess::byteCount)
                .containsExactly(tuple("https://crm.internal/api/generate", body.length() + 2L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models", "/v1/responses/abc"})
    void whatIsReadAtAModelHostAndIsNoAnswerIsAnAccess(final String path) {
        final Scene scene = exchanged(
                "GET " + path + " HTTP/1.1\r\nHost: api.openai.com\r\n\r\n", json("{\"object\":\"list\",\"data\":[]}"));
        assertThat(scene.accesses())
                .extracting(DataAccess::resourceUri, DataAccess::byteCount)
                .containsExactly(tuple("https://api.openai.com" + path, 27L));
        assertThat(scene.events).hasSize(2); // with the decision
    }

    @Test
    void aQuestionToAModelIsNoAccess() {
        final Scene scene = new Scene().chat(AGENT, 1, "{\"model\":\"m\",\"messages\":[]}", "{\"choices\":[]}");
        assertThat(scene.models()).hasSize(1);
        assertThat(scene.accesses()).isEmpty();
    }

    @Test
    void whatIsSensitiveInAPathIsNotWritten() {
        final Scene scene =
                exchanged(request("GET /users/ann.canary%40example.org/orders", "", ""), "HTTP/1.1 204 Done\r\n\r\n");
        assertThat(scene.accesses())
                .extracting(DataAccess::resourceUri, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple("https://crm.internal/users/(PII:email)/orders", List.of("PII:email")));
        assertThat(scene.written()).doesNotContain("canary");
    }

    @Test
    void theTokenOfABotIsNotWritten() {
        final String token = "123456789:AA" + "canaryCANARY0123456789".repeat(2).substring(0, 33);
        final Scene scene = exchanged(
                "POST /bot" + token + "/sendMessage HTTP/1.1\r\nHost: api.telegram.org\r\nContent-Length: 0\r\n\r\n",
                json("{}"));
        assertThat(scene.accesses())
                .extracting(DataAccess::resourceUri, DataAccess::sensitivityTagsResolved)
                .containsExactly(
                        tuple("https://api.telegram.org/(secret:telegram)/sendMessage", List.of("secret:telegram")));
        assertThat(scene.written()).doesNotContainIgnoringCase("canary");
    }

    @Test
    void aWebhookThatIsASecretWithItsHostIsNotWritten() {
        final Scene scene = exchanged(
                request("POST /services/T0CANARY01/B0CANARY012/canary7canary7canary7cana", "", "")
                        .replace("crm.internal", "hooks.slack.com"),
                answer(200, "", "ok"));
        assertThat(scene.accesses())
                .extracting(DataAccess::resourceUri, DataAccess::sensitivityTagsResolved)
                .containsExactly(
                        tuple("https://hooks.slack.com/(secret:slack-webhook)", List.of("secret:slack-webhook")));
        assertThat(scene.written()).doesNotContainIgnoringCase("canary");
    }

    @Test
    void whatAQueryCarriesOutIsSeenAndItsCredentialIsNone() {
        final Scene scene = exchanged(
                request("GET /track?mail=ann.canary%40example.org&key=AKIA2OGYBAH6QLPC5EFF", "", ""),
                "HTTP/1.1 204 Done\r\n\r\n");
        assertThat(scene.accesses())
                .extracting(DataAccess::resourceUri, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple("https://crm.internal/track", List.of("PII:email")));
    }

    @Test
    void anAnswerThatRefusesIsAnErrorThatFollows() {
        final Scene scene = exchanged(request("GET /x", "", ""), answer(403, "", "no"));
        final ErrorEvent error = scene.all(ErrorEvent.class).getFirst();
        assertThat(error.errorClass()).isEqualTo("data.http.403");
        assertThat(scene.cause(error)).isEqualTo(scene.accesses().getFirst());
        assertThat(error.originatingEventId())
                .isEqualTo(scene.accesses().getFirst().header().eventId());
    }

    @Test
    void withoutTlsAndThroughAProxyItIsNamedByItsTarget() {
        final Scene scene = new Scene()
                .plain(AGENT, 1, true, "GET /a HTTP/1.1\r\nHost: qdrant:6333\r\n\r\n")
                .plain(AGENT, 1, false, answer(200, "", "1"))
                .plain(AGENT, 2, true, "GET http://u:canary@web.example.com./a/../b HTTP/1.1\r\nHost: proxy\r\n\r\n")
                .plain(AGENT, 2, false, answer(200, "", "1"));
        assertThat(scene.accesses())
                .extracting(DataAccess::resourceUri)
                .containsExactly("http://qdrant:6333/a", "http://web.example.com/b");
        assertThat(scene.written()).doesNotContain("canary");
    }

    @Test
    void aTunnelIsNoneAndWhatGoesThroughItIs() {
        final Scene scene = new Scene()
                .plain(AGENT, 1, true, "CONNECT web.example.com:80 HTTP/1.1\r\nHost: web.example.com:80\r\n\r\n")
                .plain(AGENT, 1, false, "HTTP/1.1 200 OK\r\n\r\n")
                .plain(AGENT, 1, true, "GET /a HTTP/1.1\r\nHost: web.example.com\r\n\r\n")
                .plain(AGENT, 1, false, answer(200, "", "1"));
        assertThat(scene.accesses()).extracting(DataAccess::resourceUri).containsExactly("http://web.example.com/a");
        assertThat(scene.events).hasSize(2); // with the decision
    }

    /** Else there would be a channel for as much as heads can carry, and over HTTP/2 for any bytes. */
    @Test
    void aTunnelThatLeadsNowhereIsAnAccess() {
        final String connects = "CONNECT web.example.com:443 HTTP/1.1\r\nHost: other\r\n\r\n";
        final Scene scene = new Scene()
                .plain(AGENT, 1, true, connects)
                .plain(AGENT, 1, false, answer(403, "", ""))
                .plain(AGENT, 2, true, connects)
                .plain(AGENT, 2, false, "HTTP/1.1 200 OK\r\n\r\n")
                .plain(AGENT, 3, true, connects)
                .plain(AGENT, 3, false, "HTTP/1.1 200 OK\r\n\r\n");
        scene.pipeline.socketClosed(scene.process(AGENT), 2); // of one that carries TLS its end is not told so
        scene.exit(AGENT);
        assertThat(scene.accesses())
                .extracting(
                        DataAccess::resourceUri,
                        access -> access.header().completeness().gap())
                .containsExactly(
                        tuple("http://web.example.com:443/", false), tuple("http://web.example.com:443/", true));
        assertThat(scene.errors()).containsExactly("data.http.403", "sensor.gap.unfinished");
        assertThat(scene.pipeline.contentBytes()).isZero();
    }

    @Test
    void whatGoesThroughATunnelInHttp2IsCounted() {
        final String fields = "\2\7CONNECT\1\5h:443"; // HPACK, RFC 7541, 6.2.2
        final String request = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0" + (char) fields.length()
                + "\1\4\0\0\0\1" + fields + "\0\0\6\0\0\0\0\0\1secret";
        final String answer = "\0\0\0\4\0\0\0\0\0\0\0\1\1\4\0\0\0\1\u0088\0\0\2\0\1\0\0\0\1ok";
        final Scene scene = new Scene()
                .tls(AGENT, 1, new Chunk(true, request.getBytes(StandardCharsets.ISO_8859_1)), true)
                .tls(AGENT, 1, new Chunk(false, answer.getBytes(StandardCharsets.ISO_8859_1)), true)
                .exit(AGENT);
        assertThat(scene.accesses())
                .extracting(DataAccess::resourceUri, DataAccess::byteCount)
                .containsExactly(tuple("https://h/", 8L));
    }

    @Test
    void whoAsksIsAssertedByTheAccess() {
        final Scene scene = exchanged(request("GET /x", "Authorization: Bearer canary\r\n", ""), answer(200, "", "1"));
        final IdentityAssertion identity = scene.all(IdentityAssertion.class).getFirst();
        assertThat(scene.cause(identity)).isEqualTo(scene.accesses().getFirst());
        assertThat(scene.written()).doesNotContain("canary");
    }

    @Test
    void theTraceThatARequestNamesIsTheAccesses() {
        final String trace = "0af7651916cd43dd8448eb211c80319c";
        final Scene scene = exchanged(
                request("GET /x", "Traceparent: 00-" + trace + "-b7ad6b7169203331-01\r\n", ""), answer(200, "", "1"));
        assertThat(scene.accesses().getFirst().header().traceId()).isEqualTo(trace);
    }

    @Test
    void whatAToolServerReadsFollowsFromItsCall() {
        final Scene scene = new Scene();
        final int server = 12;
        final List<Chunk> messages = Transcript.load("mcp-node.capture");
        scene.pipeline.forked(scene.process(AGENT));
        for (int i = 0; i < 7; i++) {
            final Chunk message = messages.get(i);
            if (i == 6) {
                scene.sent(server, 9, request("GET /customers", "", "")).received(server, 9, json(CUSTOMERS));
            }
            scene.write(message.sent() ? AGENT : server, 40, message.sent() ? 40 : 41, message.bytes(), true);
        }
        final ToolInvocation call = scene.tools().getFirst();
        assertThat(scene.cause(scene.accesses().getFirst())).isEqualTo(call);
        assertThat(call.targetResourceType()).isEqualTo("https");
    }

    @Test
    void aDenialComesBeforeTheAnswer() {
        final Scene scene = new Scene(
                "event.access_mode != 'read' && event.destination.host == 'crm.internal'",
                Set.of(EventType.DATA_ACCESS));
        scene.sent(AGENT, 1, "PUT /x HTTP/1.1\r\nHost: crm.internal\r\nContent-Length: 1000000\r\n\r\n");
        assertThat(scene.terminated).hasSize(1);
        scene.exit(AGENT);
        assertThat(scene.terminated).hasSize(1);
        assertThat(scene.decisions()).singleElement().satisfies(decision -> {
            assertThat(decision.decision()).isEqualTo(Decision.DENY);
            assertThat(decision.enforcement()).isEqualTo(Enforcement.ENFORCED);
            assertThat(decision.evaluatedEventId())
                    .isEqualTo(scene.accesses().getFirst().header().eventId());
        });
        assertThat(scene.errors()).containsExactly("sensor.gap.unfinished");
    }

    @Test
    void aDenialOfJsonComesWhenItIsKnownToBeNoMessage() {
        final Scene scene = new Scene("event.access_mode != 'read'", Set.of(EventType.DATA_ACCESS));
        scene.sent(AGENT, 1, request("POST /x", "Content-Type: application/json\r\n", "{\"a\":1}"));
        assertThat(scene.terminated).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "200; text/plain; a",
                "200; application/json; {\"data\":[]}",
                "200; text/event-stream; 'data: {\"a\":1}\\n\\n'",
                "404; application/json; ''"
            })
    void aDenialOfWhatIsNoKeptAnswerComesWhenThatShows(final int status, final String type, final String begins) {
        final Scene scene = new Scene("event.destination.host == 'crm.internal'", Set.of(EventType.DATA_ACCESS));
        scene.sent(AGENT, 1, request("GET /v1/responses/resp_7?d=canary", "", ""));
        assertThat(scene.terminated).isEmpty();
        scene.received(
                AGENT,
                1,
                "HTTP/1.1 " + status + " X\r\nContent-Type: " + type + "\r\nContent-Length: 1000000\r\n\r\n"
                        + begins.replace("\\n", "\n"));
        assertThat(scene.terminated).hasSize(1);
        scene.exit(AGENT);
        assertThat(scene.accesses()).hasSize(1);
        assertThat(scene.pipeline.contentBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"status\":\"ok\"}", "{\"error\":\"none\"}", "{\"output\":[]}"})
    void whatHasNoAnswersIdIsAnAccess(final String body) {
        final Scene scene = exchanged(
                request("GET /v1/responses/resp_7", "Content-Type: text/plain\r\n", "ann.canary@example.org"),
                json(body));
        assertThat(scene.models()).isEmpty();
        assertThat(scene.accesses())
                .extracting(DataAccess::byteCount, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple(22L + body.length(), List.of("PII:email")));
    }

    private static byte[] gzip(final byte[] plain) {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            zip.write(plain);
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    @Test
    void aCompressedBodyIsCountedAsItReads() {
        final byte[] zipped = gzip((CUSTOMERS + " ".repeat(10_000)).getBytes(StandardCharsets.UTF_8));
        final Scene scene = new Scene()
                .sent(AGENT, 1, request("GET /x", "", ""))
                .received(
                        AGENT,
                        1,
                        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + zipped.length + "\r\n\r\n")
                .tls(AGENT, 1, new Chunk(false, zipped), true);
        assertThat(scene.accesses())
                .extracting(DataAccess::byteCount, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple(10_000L + CUSTOMERS.length(), List.of("PII:email")));
        assertThat(scene.errors()).isEmpty();
    }

    private static byte[] upload(final String coding, final byte[]... parts) {
        final ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (final byte[] part : parts) {
            body.writeBytes(
                    (Integer.toHexString(part.length) + ";chunk-signature=ad80\r\n").getBytes(StandardCharsets.UTF_8));
            body.writeBytes(part);
            body.writeBytes(new byte[] {'\r', '\n'});
        }
        body.writeBytes("0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        final ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(
                ("PUT /bucket/x HTTP/1.1\r\nHost: s3.internal\r\nContent-Type: text/csv\r\nContent-Encoding: " + coding
                                + "\r\nTransfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(body.size()) + "\r\n")
                        .getBytes(StandardCharsets.UTF_8));
        request.writeBytes(body.toByteArray());
        request.writeBytes("\r\n0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        return request.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"aws-chunked", "gzip,aws-chunked", "aws-chunked, gzip"})
    void anObjectThatIsSentInAwsChunksIsCountedWithoutThem(final String coding) {
        final String text = CUSTOMERS + " ".repeat(1000);
        final byte[] content = coding.contains("gzip")
                ? gzip(text.getBytes(StandardCharsets.UTF_8))
                : text.getBytes(StandardCharsets.UTF_8);
        final byte[] sent = upload(coding, Arrays.copyOf(content, 20), Arrays.copyOfRange(content, 20, content.length));
        for (int cut = 1; cut < sent.length; cut++) {
            final Scene scene = new Scene()
                    .tls(AGENT, 1, new Chunk(true, Arrays.copyOf(sent, cut)), true)
                    .tls(AGENT, 1, new Chunk(true, Arrays.copyOfRange(sent, cut, sent.length)), true)
                    .received(AGENT, 1, answer(200, "", ""));
            assertThat(scene.accesses())
                    .extracting(DataAccess::byteCount, DataAccess::sensitivityTagsResolved)
                    .containsExactly(tuple((long) text.length(), List.of("PII:email")));
            assertThat(scene.errors()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "3\r\nabcd\r\n", ";\r\n", "3\r\nabc\r\n", "fffffffff\r\na", "\n"})
    void whatOnlySaysToBeInAwsChunksIsAGap(final String body) {
        final Scene scene =
                exchanged(request("PUT /x", "Content-Encoding: aws-chunked\r\n", body), answer(200, "", ""));
        assertThat(scene.accesses())
                .extracting(access -> access.header().completeness())
                .containsExactly(Completeness.gap(null));
        assertThat(scene.errors()).containsExactly("sensor.gap.encoding");
    }

    @Test
    void anAnswerThatSaysSoHasTheObjectAsItIs() {
        final Scene scene =
                exchanged(request("GET /x", "", ""), answer(200, "Content-Encoding: aws-chunked\r\n", CUSTOMERS));
        assertThat(scene.accesses())
                .extracting(DataAccess::byteCount, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple((long) CUSTOMERS.length(), List.of("PII:email")));
        assertThat(scene.errors()).isEmpty();
    }

    @Test
    void aBodyThatCannotBeDecodedIsNotCounted() {
        final Scene scene = exchanged(request("GET /x", "", ""), answer(200, "Content-Encoding: aes128gcm\r\n", "abc"));
        final DataAccess access = scene.accesses().getFirst();
        assertThat(access.byteCount()).isNull();
        assertThat(access.header().unknown()).containsEntry("byte_count", "a body could not be decoded");
        assertThat(scene.errors()).containsExactly("sensor.gap.encoding");
    }

    @Test
    void whatIsLostOfABodyIsMissingFromTheCount() {
        final Scene scene = new Scene()
                .sent(AGENT, 1, request("GET /x", "", ""))
                .received(AGENT, 1, "HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n" + "a".repeat(100))
                .tls(AGENT, 1, new Chunk(false, new byte[100]), false)
                .received(AGENT, 1, "a".repeat(100));
        scene.pipeline.tick();
        assertThat(scene.accesses())
                .extracting(DataAccess::byteCount, access -> access.header().completeness())
                .containsExactly(tuple(200L, Completeness.gap(100L)));
        assertThat(scene.errors()).containsExactly("sensor.gap.stream");
    }

    @Test
    void anAnswerThatIsCutIsAGap() {
        final Scene scene = new Scene()
                .sent(AGENT, 1, request("GET /x", "", ""))
                .received(AGENT, 1, "HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\nabc");
        scene.pipeline.tlsClosed(scene.process(AGENT), 1);
        assertThat(scene.accesses()).extracting(DataAccess::byteCount).containsExactly(3L);
        assertThat(scene.accesses().getFirst().header().completeness()).isEqualTo(Completeness.gap(null));
        assertThat(scene.errors()).containsExactly("sensor.gap.unfinished");
    }

    @Test
    void aBodyOfAnyLengthTakesABlockOfMemory() {
        final Scene scene = new Scene()
                .sent(AGENT, 1, request("GET /dump", "", ""))
                .received(AGENT, 1, "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 268435456\r\n\r\n");
        final byte[] rows = "name,street\n".repeat(6000).getBytes(StandardCharsets.UTF_8);
        final Chunk chunk = new Chunk(false, Arrays.copyOf(rows, 64 << 10));
        long most = 0;
        for (int i = 0; i < 4095; i++) {
            scene.tls(AGENT, 1, chunk, true);
            most = Math.max(most, scene.pipeline.contentBytes());
        }
        final String last = "\nann.canary@example.org\n";
        scene.received(AGENT, 1, "a ".repeat((32 << 10) - last.length() / 2) + last);
        assertThat(scene.accesses())
                .extracting(DataAccess::byteCount, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple(268_435_456L, List.of("PII:email")));
        assertThat(most).isLessThan(128 << 10);
        assertThat(scene.pipeline.contentBytes()).isLessThan(8 << 10);
    }

    @Test
    void aWebSocketIsOneAccessOfBothSides() {
        final Scene scene = new Scene()
                .sent(AGENT, 1, request("GET /feed", "Upgrade: websocket\r\n", ""))
                .received(AGENT, 1, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n")
                .tls(AGENT, 1, new Chunk(true, new byte[] {(byte) 0x81, (byte) 0x82, 0, 0, 0, 0, 'h', 'i'}), true)
                .tls(AGENT, 1, frame("ann.canary@example.org"), true);
        scene.pipeline.tlsClosed(scene.process(AGENT), 1);
        assertThat(scene.accesses())
                .extracting(DataAccess::accessMode, DataAccess::byteCount, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple("read_write", 24L, List.of("PII:email")));
        assertThat(scene.errors()).isEmpty();
    }

    /** Another service's, what is only to be transcribed, a session in which nothing is asked. */
    @ParameterizedTest
    @CsvSource({
        "/live/realtime, ann.canary@example.org",
        "/v1/realtime, '{\"type\":\"conversation.item.input_audio_transcription.completed\",\"transcript\":\"ann.canary@example.org\"}'",
        "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent, '{\"setupComplete\":{\"x\":\"ann.canary@example.org\"}}'"
    })
    void aModelsWebSocketOnWhichNothingIsAskedIsAnAccess(final String path, final String said) {
        final Scene scene = new Scene()
                .sent(AGENT, 1, request("GET " + path, "Upgrade: websocket\r\n", ""))
                .received(AGENT, 1, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n")
                .tls(AGENT, 1, frame(said), true);
        scene.pipeline.tlsClosed(scene.process(AGENT), 1);
        assertThat(scene.accesses())
                .extracting(DataAccess::accessMode, DataAccess::byteCount, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple("read_write", (long) said.length(), List.of("PII:email")));
        assertThat(scene.models()).isEmpty();
        assertThat(scene.errors()).isEmpty();
        assertThat(scene.pipeline.contentBytes()).isZero();
    }

    @Test
    void aRealtimeSessionThatIsRefusedIsAnError() {
        final Scene scene = exchanged(
                request("GET /v1/realtime", "Upgrade: websocket\r\nAuthorization: Bearer sk-canary\r\n", ""),
                answer(401, "", "{}"));
        assertThat(scene.accesses())
                .extracting(DataAccess::resourceUri, DataAccess::byteCount)
                .containsExactly(tuple("https://crm.internal/v1/realtime", 2L));
        assertThat(scene.errors()).containsExactly("data.http.401");
        assertThat(scene.all(IdentityAssertion.class)).hasSize(1);
    }

    @Test
    void aClientThatGoesBeforeItIsLetInHasOnlyAskedForTheUrl() {
        final Scene scene = new Scene()
                .sent(AGENT, 1, request("GET /v1/realtime?q=ann.canary@example.org", "Upgrade: websocket\r\n", ""));
        scene.pipeline.tlsClosed(scene.process(AGENT), 1);
        assertThat(scene.accesses())
                .extracting(DataAccess::byteCount, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple(0L, List.of("PII:email")));
        assertThat(scene.errors()).isEmpty();
    }

    @Test
    void aWebSocketOnWhichAModelIsAskedIsNoAccess() {
        final String asks = "{\"type\":\"response.create\",\"model\":\"m\",\"input\":\"one?\"}";
        final byte[] frame = new byte[6 + asks.length()];
        frame[0] = (byte) 0x81;
        frame[1] = (byte) (0x80 | asks.length());
        System.arraycopy(asks.getBytes(StandardCharsets.US_ASCII), 0, frame, 6, asks.length());
        final Scene scene = new Scene()
                .sent(AGENT, 1, request("GET /v1/responses", "Upgrade: websocket\r\n", ""))
                .received(AGENT, 1, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n")
                .tls(AGENT, 1, frame("{\"type\":\"x\"}"), true)
                .tls(AGENT, 1, new Chunk(true, frame), true)
                .tls(AGENT, 1, frame("{\"type\":\"response.completed\",\"response\":{\"output\":[]}}"), true);
        scene.pipeline.tlsClosed(scene.process(AGENT), 1);
        assertThat(scene.models()).hasSize(1);
        assertThat(scene.accesses()).isEmpty();
        assertThat(scene.errors()).isEmpty();
    }

    private static Chunk frame(final String text) {
        final byte[] frame = new byte[2 + text.length()];
        frame[0] = (byte) 0x81;
        frame[1] = (byte) text.length();
        System.arraycopy(text.getBytes(StandardCharsets.US_ASCII), 0, frame, 2, text.length());
        return new Chunk(false, frame);
    }

    @Test
    void eventsThatAreNoMessagesAreAnAccess() {
        final Scene scene = new Scene()
                .sent(AGENT, 1, request("GET /feed", "Accept: text/event-stream\r\n", ""))
                .received(
                        AGENT,
                        1,
                        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 38\r\n\r\n"
                                + "data: {\"to\":\"ann.canary@example.org\"}\n\n".substring(0, 38));
        assertThat(scene.exit(AGENT).accesses())
                .extracting(DataAccess::byteCount, DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple(38L, List.of("PII:email")));
    }

    @Test
    void whatOnlySaysThatItIsAToolsStreamIsAnAccess() {
        final Scene scene = exchanged(
                request("GET /customers", "Accept: text/event-stream\r\nMcp-Session-Id: 1\r\n", ""), json(CUSTOMERS));
        assertThat(scene.accesses()).extracting(DataAccess::byteCount).containsExactly((long) CUSTOMERS.length());
        assertThat(exchanged(request("DELETE /customers/5", "Mcp-Session-Id: 1\r\n", ""), json("{}"))
                        .accesses())
                .extracting(DataAccess::accessMode)
                .containsExactly("write");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ": ann.canary@example.org\n\n",
                "data: /x\n\n: ann.canary@example.org\n\n",
                "data: {\"jsonrpc\":\"2.0\",\"method\":\"a/b\",\"params\":\"ann.canary@example.org\"}\n\n"
            })
    void aStreamInWhichNoCallIsAnsweredIsAnAccess(final String events) {
        final Scene scene = exchanged(
                request("GET /?q=secret", "Accept: text/event-stream\r\nMcp-Session-Id: 1\r\n", ""),
                answer(200, "Content-Type: text/event-stream\r\n", events));
        assertThat(scene.accesses())
                .extracting(
                        DataAccess::resourceUri,
                        DataAccess::accessMode,
                        DataAccess::byteCount,
                        DataAccess::sensitivityTagsResolved)
                .containsExactly(tuple("https://crm.internal/", "read", (long) events.length(), List.of("PII:email")));
        assertThat(scene.errors()).isEmpty();
        assertThat(scene.pipeline.contentBytes()).isZero();
    }

    @Test
    void aBodyThatIsLargerThanAMessageCanBeIsCountedToItsEnd() {
        final Scene scene = new Scene()
                .sent(
                        AGENT,
                        1,
                        request("POST /x", "Content-Type: application/json\r\n", "{\"a\":1}")
                                .replace("Content-Length: 7", "Content-Length: " + (7 + (20 << 20))));
        for (int i = 0; i < 20 << 4; i++) {
            scene.tls(AGENT, 1, new Chunk(true, new byte[64 << 10]), true);
        }
        scene.received(AGENT, 1, answer(200, "", ""));
        assertThat(scene.accesses()).extracting(DataAccess::byteCount).containsExactly(7L + (20 << 20));
        assertThat(scene.errors()).isEmpty();
    }

    private static Scene cut(final int size, final int dropped) {
        final Scene scene = new Scene();
        final String body = "x".repeat(70) + CUSTOMERS;
        final List<Chunk> chunks = List.of(
                chunk(true, request("GET /a", "", "")),
                chunk(false, json(body)),
                chunk(
                        true,
                        request("POST /b", "Content-Type: application/json\r\n", "{\"a\":\"b.canary@example.org\"}")),
                chunk(false, answer(404, "", "none")),
                chunk(true, request("PUT /c", "", "some text")),
                chunk(false, answer(200, "", "")));
        int count = 0;
        for (final Chunk each : Transcript.cut(chunks, List.of(size))) {
            scene.tls(AGENT, 1, each, count++ != dropped);
        }
        return scene.exit(AGENT);
    }

    private static Chunk chunk(final boolean sent, final String text) {
        return new Chunk(sent, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String seen(final DataAccess access) {
        return access.resourceUri() + " " + access.accessMode() + " " + access.byteCount() + " "
                + access.sensitivityTagsResolved();
    }

    @Property(tries = 200)
    void everyCutGivesTheSame(@ForAll @IntRange(min = 1, max = 300) final int size) {
        final Scene scene = cut(size, -1);
        assertThat(scene.accesses())
                .extracting(HttpAccessesTest::seen)
                .containsExactly(
                        "https://crm.internal/a read 117 [PII:email]",
                        "https://crm.internal/b read_write 32 [PII:email]",
                        "https://crm.internal/c write 9 []");
        assertThat(scene.errors()).containsExactly("data.http.404");
        assertThat(scene.pipeline.contentBytes()).isZero();
    }

    @Property(tries = 400)
    void aLostChunkIsNeverAWrongAccess(
            @ForAll @IntRange(min = 5, max = 300) final int size,
            @ForAll @IntRange(min = 0, max = 60) final int which) {
        final List<String> whole =
                cut(size, -1).accesses().stream().map(HttpAccessesTest::seen).toList();
        final Scene lossy = cut(size, which);
        assertThat(lossy.accesses())
                .filteredOn(access -> access.header().completeness().equals(Completeness.COMPLETE))
                .extracting(HttpAccessesTest::seen)
                .allMatch(whole::contains);
        assertThat(lossy.accesses().equals(cut(size, -1).accesses())
                        || lossy.written().contains("sensor.gap.")
                        || lossy.accesses().size() == whole.size())
                .isTrue();
        assertThat(lossy.pipeline.contentBytes()).isZero();
    }
}
