package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.streams.GapCause;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionTest {
    private static final String BODY = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final String ANSWER = "{\"model\":\"m-1\",\"choices\":[{\"message\":{\"content\":\"yes\"}}]}";

    private static String post(final String body) {
        return "POST /v1/chat/completions HTTP/1.1\r\nHost: model\r\nContent-Length: " + body.length() + "\r\n\r\n"
                + body;
    }

    private static String ok(final String body) {
        return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n"
                + body;
    }

    @Test
    void pipelinedRequestsMeetTheirAnswersInOrder() {
        final Watched watched = new Watched()
                .sent(post(BODY) + "GET /health HTTP/1.1\r\nHost: model\r\n\r\n" + post(BODY))
                .received(ok(ANSWER) + ok("up") + ok(ANSWER.replace("yes", "no")));
        assertThat(watched.answers).containsExactly("200 m-1 yes|-1/-1|null", "200 m-1 no|-1/-1|null");
        assertThat(watched.gaps).isEmpty();
    }

    private static String put(final String fields) {
        return "PUT /resource/a HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\n" + fields
                + "\r\n\r\n";
    }

    /** As curl asks again without waiting when it is told 417. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 300",
                "Transfer-Encoding: chunked",
                "Content-Encoding: aws-chunked\r\nContent-Length: 300",
                "Content-Encoding: gzip\r\nContent-Length: 300"
            })
    void aBodyThatIsNotSentBecauseOfTheAnswerHidesNoRequest(final String fields) {
        final Watched watched = new Watched()
                .sent(put(fields))
                .received("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno")
                .sent(post(BODY))
                .received(ok(ANSWER));
        assertThat(watched.resources).containsExactly("417 2 -1|no");
        assertThat(watched.answers).containsExactly("200 m-1 yes|-1/-1|null");
        assertThat(watched.close().gaps).isEmpty();
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void aBodyThatIsSentAllTheSameIsOfItsRequest() {
        final Watched watched = new Watched()
                .sent(put("Content-Length: 30"))
                .received("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
                .sent("to bob@example.com ")
                .sent("POST / HTTP" + post(BODY))
                .received(ok(ANSWER));
        assertThat(watched.resources).containsExactly("413 30 -1|to bob@example.com POST / HTTP");
        assertThat(watched.answers).containsExactly("200 m-1 yes|-1/-1|null");
        assertThat(watched.close().gaps).isEmpty();
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void aClientThatClosesInsteadOfSendingTheBodyHasSentNone() {
        final String refused = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
        final Watched closed = new Watched().sent(put("Content-Length: 30")).received(refused);
        closed.connection.closed();
        assertThat(closed.resources).containsExactly("401 0 -1");
        assertThat(closed.gaps).isEmpty();
        final Watched gone =
                new Watched().sent(put("Content-Length: 30")).received(refused).close();
        assertThat(gone.gaps).containsExactly(GapCause.STREAM); // what was sent last may not have been seen
        assertThat(gone.budget.used()).isZero();
    }

    @Test
    void chunksWithExtensionsAndTrailersAreUnwrapped() {
        final int half = ANSWER.length() / 2;
        final Watched watched = new Watched()
                .sent(post(BODY))
                .received("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nTrailer: Digest\r\n\r\n"
                        + Integer.toHexString(half) + ";name=\"value\"\r\n" + ANSWER.substring(0, half) + "\r\n"
                        + Integer.toHexString(ANSWER.length() - half).toUpperCase(java.util.Locale.ROOT) + " \r\n"
                        + ANSWER.substring(half) + "\r\n0\r\nDigest: x\r\n\r\n" + "");
        assertThat(watched.answers).containsExactly("200 m-1 yes|-1/-1|null");
        assertThat(watched.gaps).isEmpty();
    }

    /** Most servers take the last, some the first, and Go's in any case. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"messages\":[{\"role\":\"user\",\"content\":\"secret\"}],\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"secret\",\"content\":\"hi\"}]}",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\",\"Content\":\"secret\"}]}",
                "{\"me\u00c5\u00bf\u00c5\u00bfage\\u0053\":[{\"role\":\"user\",\"content\":\"secret\"}]}",
                "{\"Messages\":[{\"role\":\"user\",\"content\":\"secret\"}]}"
            })
    void aQuestionThatServersMayTakeForAnotherIsAGap(final String body) {
        final Watched watched = new Watched().sent(post(body)).received(ok(ANSWER));
        assertThat(watched.prompts).hasSize(1);
        assertThat(watched.cutAnswers).hasSize(1);
        assertThat(watched.gaps).containsExactly(GapCause.JSON);
    }

    @Test
    void whatAnErrorSaysNeedNotBeRead() {
        final Watched watched = new Watched()
                .sent(post(BODY))
                .received("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 100\r\n\r\n{\"error")
                .close();
        assertThat(watched.answers).containsExactly("429 null |-1/-1|null");
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void whatIsCompressedForTheTransferIsRead() throws IOException {
        final ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(BODY.getBytes(StandardCharsets.UTF_8));
        }
        final String chunk = compressed.toString(StandardCharsets.ISO_8859_1);
        final Watched watched = new Watched()
                .sent("POST /v1/chat/completions HTTP/1.1\r\nHost: m\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
                        + Integer.toHexString(chunk.length()) + "\r\n" + chunk + "\r\n0\r\n\r\n")
                .received(ok(ANSWER));
        assertThat(watched.prompts).hasSize(1);
        assertThat(watched.answers).hasSize(1);
    }

    @Test
    void fieldsThatGoOnInTheNextLineAreRead() {
        final Watched watched = new Watched()
                .sent("POST /v1/chat/completions HTTP/1.1\r\nHost: m\r\nContent-Length:\r\n\t " + BODY.length()
                        + " \r\n\r\n" + BODY + "GET /v1/models HTTP/1.1\r\nHost:\n m\n\n")
                .received(ok(ANSWER) + ok("{}"));
        assertThat(watched.answers).hasSize(1);
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void theTextOfADocumentIsPartOfAQuestion() {
        final String source = "{\"type\":\"document\",\"source\":{\"media_type\":\"x\",";
        final String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":["
                + source + "\"data\":\"plain\",\"type\":\"text\"}}," + source
                + "\"type\":\"base64\",\"data\":\"JVBERi0=\"}}," + source
                + "\"type\":\"content\",\"content\":[{\"type\":\"text\",\"text\":\"block\"}]}},"
                + "{\"type\":\"text\",\"text\":\"hi\"}]}]}";
        final Watched watched = new Watched().sent(post(body).replace("/v1/chat/completions", "/v1/messages"));
        assertThat(watched.prompts).containsExactly("m|USER plain|USER block|USER hi");
    }

    @Test
    void whatToolsThatAnthropicRunsPrintedAndFetchedIsPartOfAQuestion() {
        final String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":["
                + "{\"type\":\"code_execution_tool_result\",\"tool_use_id\":\"a\",\"content\":"
                + "{\"type\":\"code_execution_result\",\"stdout\":\"out\",\"stderr\":\"err\",\"return_code\":0,\"content\":[]}},"
                + "{\"type\":\"web_fetch_tool_result\",\"tool_use_id\":\"b\",\"content\":{\"type\":\"web_fetch_result\",\"url\":\"u\","
                + "\"content\":{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"page\"}}}},"
                + "{\"type\":\"tool_result\",\"tool_use_id\":\"c\",\"content\":[{\"type\":\"search_result\",\"source\":\"s\","
                + "\"content\":[{\"type\":\"text\",\"text\":\"found\"}]},"
                + "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"iVBO\"}}]}]}]}";
        final Watched watched = new Watched().sent(post(body).replace("/v1/chat/completions", "/v1/messages"));
        assertThat(watched.prompts).containsExactly("m|TOOL out@a|TOOL err@a|TOOL page@b|TOOL found@c");
    }

    /** As nginx takes them. */
    @Test
    void linesThatAreNoFieldsHideNoQuestion() {
        final Watched watched = new Watched()
                .sent("POST /v1/chat/completions HTTP/1.1\r\nHost: m\r\nX-A : b\r\nno field\r\n: x\r\nContent-Length: "
                        + BODY.length() + "\r\n\r\n" + BODY)
                .received(ok(ANSWER));
        assertThat(watched.answers).hasSize(1);
        assertThat(watched.gaps).isEmpty();
    }

    /** Servers that do not refuse them differ in what they take such a field for. */
    @Test
    void aBlankBeforeTheColonOfAFieldThatFramesARequestIsAGap() {
        for (final String field : List.of("Content-Length : 5", "Transfer-Encoding\t: chunked")) {
            final Watched watched =
                    new Watched().sent("POST /x HTTP/1.1\r\nHost: m\r\n" + field + "\r\n\r\n5\r\nGET /");
            assertThat(watched.gaps).as(field).containsExactly(GapCause.HTTP);
        }
        assertThat(new Watched()
                        .sent(post(BODY))
                        .received("HTTP/1.1 200 OK\r\nContent-Length : " + ANSWER.length() + "\r\n\r\n" + ANSWER)
                        .answers)
                .hasSize(1);
    }

    @Test
    void interimAndBodilessAnswersDoNotShiftThePairing() {
        final Watched watched = new Watched()
                .sent("HEAD /v1/models HTTP/1.1\r\nHost: m\r\n\r\n")
                .received("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
                .sent("DELETE /v1/x HTTP/1.1\r\nHost: m\r\n\r\n")
                .received("HTTP/1.1 204 No Content\r\n\r\n")
                .sent(post(BODY))
                .received("HTTP/1.1 100 Continue\r\n\r\n" + ok(ANSWER));
        assertThat(watched.answers).containsExactly("200 m-1 yes|-1/-1|null");
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void anAnswerWithoutLengthEndsWithItsConnection() {
        final Watched watched = new Watched()
                .sent(post(BODY))
                .received("HTTP/1.0 200 OK\r\n\r\n" + ANSWER)
                .close();
        assertThat(watched.answers).containsExactly("200 m-1 yes|-1/-1|null");
    }

    @Test
    void anotherApiOnTheSamePathIsNotInvented() {
        final Watched watched = new Watched().sent(post("{\"input\":\"hi\"}")).received(ok("{\"data\":[]}"));
        assertThat(watched.prompts).isEmpty();
        assertThat(watched.answers).isEmpty();
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void anUpgradeToAnotherProtocolIsAGap() {
        final Watched watched = new Watched()
                .sent("GET /x HTTP/1.1\r\nUpgrade: something\r\nConnection: upgrade\r\n\r\n")
                .received("HTTP/1.1 101 Switching Protocols\r\nUpgrade: something\r\n\r\nhello")
                .sent("hello");
        assertThat(watched.gaps).containsExactly(GapCause.UPGRADE);
    }

    @Test
    void aQuestionThatIsAnsweredByAnotherProtocolIsCut() {
        final Watched watched = new Watched()
                .sent(post(BODY))
                .received("HTTP/1.1 101 Switching Protocols\r\nUpgrade: something\r\n\r\nhello");
        assertThat(watched.gaps).containsExactly(GapCause.UPGRADE);
        assertThat(watched.cutAnswers).hasSize(1);
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void aTunnelIsReadLikeAConnection() {
        final Watched watched = new Watched()
                .sent("CONNECT model:80 HTTP/1.1\r\nHost: model:80\r\n\r\n")
                .received("HTTP/1.1 200 Connection established\r\n\r\n")
                .sent(post(BODY))
                .received(ok(ANSWER));
        assertThat(watched.answers).containsExactly("200 m-1 yes|-1/-1|null");
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void tlsOnTheWireIsReadElsewhere() {
        final Watched watched = new Watched().sent("\u0016\u0003\u0001\u0002\0").received("\u0016\u0003\u0003");
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void aConnectionThatIsServedIsTheOtherEndsToRecord() {
        final Watched watched = new Watched().received(post(BODY)).sent(ok(ANSWER));
        assertThat(watched.prompts).isEmpty();
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void anotherProtocolIsOneGapHoweverLongItGoesOn() {
        final Watched watched = new Watched();
        for (int i = 0; i < 100; i++) {
            watched.sent("\0\0\0\u0008\u0004binary").received("\u0001\u0002\u0003");
        }
        assertThat(watched.gaps).containsExactly(GapCause.PROTOCOL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"B\0\0\0\5\0\0\0\0", "GE", "A", "\0"})
    void whatEndsBeforeItCanBeToldIsAGap(final String said) {
        final Watched watched = new Watched().sent(said);
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.close().gaps).containsExactly(GapCause.PROTOCOL);
    }

    @Test
    void anotherProtocolThatBeginsInPiecesIsAGapBeforeItGoesOn() {
        assertThat(new Watched().sent("HEL").sent("O\n").gaps).containsExactly(GapCause.PROTOCOL);
    }

    @Test
    void aConnectionThatNobodyUsedIsNone() {
        assertThat(new Watched().close().gaps).isEmpty();
    }

    @Test
    void aCaptureThatBeginsInTheMiddleFindsTheNextRequest() {
        final Watched watched = new Watched()
                .sent("tail of a body\"}]}")
                .received("rest of an answer")
                .sent(post(BODY))
                .received(ok(ANSWER));
        assertThat(watched.answers).containsExactly("200 m-1 yes|-1/-1|null");
        assertThat(watched.gaps).isNotEmpty();
    }

    @Test
    void aContentLengthThatLiesIsAGapAndTheNextConnectionIsUnharmed() {
        final Watched watched = new Watched()
                .sent(post(BODY))
                .received("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n" + ANSWER)
                .close();
        assertThat(watched.answers).isEmpty();
        assertThat(watched.cutAnswers).hasSize(1);
        assertThat(watched.gaps).containsExactly(GapCause.UNFINISHED);
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void twoContentLengthsThatDisagreeAreRefused() {
        final Watched watched = new Watched()
                .sent(post(BODY))
                .received("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!");
        assertThat(watched.answers).isEmpty();
        assertThat(watched.gaps).containsExactly(GapCause.HTTP);
    }

    @Test
    void aHeadOfTenGigabytesIsBounded() {
        final Watched watched = new Watched().sent("POST /v1/chat/completions HTTP/1.1\r\n");
        final Transcript.Chunk megabyte =
                new Chunk(true, ("X-Pad: " + "a".repeat((1 << 20) - 9) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        for (int i = 0; i < 10 << 10; i++) {
            watched.pass(megabyte);
            assertThat(watched.budget.used()).isLessThan(256 << 10);
        }
        assertThat(watched.gaps).containsExactly(GapCause.TOO_LARGE);
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void aBombIsBounded() throws IOException {
        final ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
            gzip.write("{\"x\":\"".getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < 64; i++) {
                gzip.write("a".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII));
            }
        }
        final String latin1 = bomb.toString(StandardCharsets.ISO_8859_1);
        final Watched watched = new Watched()
                .sent(post(BODY))
                .received("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + bomb.size() + "\r\n\r\n"
                        + latin1)
                .sent(post(BODY))
                .received(ok(ANSWER));
        assertThat(watched.gaps).containsExactly(GapCause.TOO_LARGE);
        assertThat(watched.answers).containsExactly("200 m-1 yes|-1/-1|null");
    }

    @Test
    void codingsThatAreNotUndoneAreAGap() {
        final Watched watched = new Watched()
                .sent(post(BODY))
                .received("HTTP/1.1 200 OK\r\nContent-Encoding: lzma\r\nContent-Length: 3\r\n\r\nabc");
        assertThat(watched.gaps).containsExactly(GapCause.ENCODING);
        assertThat(watched.cutAnswers).hasSize(1);
    }

    @Test
    void deepJsonIsAGap() {
        final String deep = "{\"messages\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
        final Watched watched = new Watched().sent(post(deep)).received(ok("{\"x\":1}"));
        assertThat(watched.gaps).containsExactly(GapCause.JSON);
    }

    @Test
    void aHundredThousandDeltasAreOneText() {
        final Watched watched = new Watched()
                .sent(post(BODY))
                .received("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        final String delta = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ab\"}}]}\n\n";
        final String chunk = Integer.toHexString(delta.length()) + "\r\n" + delta + "\r\n";
        for (int i = 0; i < 100_000; i++) {
            watched.received(chunk);
        }
        watched.received("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.answers).containsExactly("200 null " + "ab".repeat(100_000) + "|-1/-1|null");
        assertThat(watched.budget.used()).isLessThan(128 << 10);
    }

    @Test
    void pipeliningThatLosesBytesIsNotGuessedAt() {
        final Watched watched = new Watched().sent(post(BODY) + post(BODY));
        watched.pass(new Chunk(false, new byte[100]), false);
        watched.received(ok(ANSWER)).connection.flush();
        watched.sent(post(BODY)).received(ok(ANSWER)).close();
        assertThat(watched.answers).isEmpty();
        assertThat(watched.gaps).isNotEmpty();
    }

    @Test
    void afterAnAnswerThatWasLostTheNextRequestsAreReadAgain() {
        final Watched watched = new Watched().sent(post(BODY));
        watched.pass(new Chunk(false, ok(ANSWER).getBytes(StandardCharsets.ISO_8859_1)), false);
        watched.sent(post(BODY)).received(ok(ANSWER)).connection.flush();
        assertThat(watched.answers).isEmpty();
        assertThat(watched.cutAnswers).hasSize(2);
        watched.sent(post(BODY)).received(ok(ANSWER)).close();
        assertThat(watched.answers).containsExactly("200 m-1 yes|-1/-1|null");
    }

    @Test
    void aRequestToAProxyIsFoundAgainAsWell() {
        final String post = post(BODY).replace("POST /", "POST http://model/");
        final Watched watched = new Watched().sent(post);
        watched.pass(new Chunk(false, ok(ANSWER).getBytes(StandardCharsets.ISO_8859_1)), false);
        watched.pass(new Chunk(true, post.getBytes(StandardCharsets.ISO_8859_1)), false);
        watched.received(ok(ANSWER)).sent(post).received(ok(ANSWER)).close();
        assertThat(watched.answers).containsExactly("200 m-1 yes|-1/-1|null");
    }

    /** A client that waits for each answer. */
    @Property(tries = 1000)
    void whateverIsLostAnswersMeetTheirRequestsAndWhatComesLaterIsRead(
            @ForAll @Size(min = 1, max = 12) final List<@IntRange(min = 20, max = 300) Integer> sizes,
            @ForAll @Size(min = 60, max = 60) final List<@IntRange(min = 0, max = 3) Integer> fates) {
        final Watched watched = new Watched();
        final Iterator<Integer> fate = fates.iterator();
        for (int i = 0; i < 8; i++) {
            for (final Chunk chunk : Transcript.cut(exchange(i), sizes)) {
                watched.pass(chunk, !fate.hasNext() || fate.next() > 0);
            }
        }
        for (int i = 8; i < 11; i++) {
            watched.pass(exchange(i));
        }
        watched.close();
        assertThat(watched.pairs).allSatisfy(pair -> assertThat(pair).matches(".*ask(\\d+) > answer\\1"));
        assertThat(watched.pairs).contains("m|USER ask10 > answer10");
        assertThat(watched.budget.used()).isZero();
    }

    private static List<Chunk> exchange(final int number) {
        return List.of(
                new Chunk(true, post(BODY.replace("hi", "ask" + number)).getBytes(StandardCharsets.ISO_8859_1)),
                new Chunk(false, ok(ANSWER.replace("yes", "answer" + number)).getBytes(StandardCharsets.ISO_8859_1)));
    }

    @Property(tries = 500)
    void hostileBytesNeverThrow(@ForAll final byte[] sent, @ForAll final byte[] received, @ForAll final long seed) {
        final Random random = new Random(seed);
        final Watched watched = new Watched();
        for (int i = 0; i < 4; i++) {
            if (random.nextBoolean()) {
                watched.sent(random.nextBoolean() ? post(BODY) : "POST /v1/chat/completions HTTP/1.1\r\n");
            }
            watched.pass(new Chunk(true, sent));
            if (random.nextBoolean()) {
                watched.received(
                        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n");
            }
            watched.pass(new Chunk(false, received));
        }
        assertThat(watched.close().budget.used()).isZero();
    }
}
