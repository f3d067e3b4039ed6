package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.airlift.compress.v3.zstd.ZstdJavaCompressor;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerBodyTest {
    private static final String BODY = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final String ANSWER =
            "{\"model\":\"m-1\",\"choices\":[{\"message\":{\"content\":\"" + "yes ".repeat(40) + "\"}}]}";
    private static final String SEEN = "200 m-1 " + "yes ".repeat(40) + "|-1/-1|null";

    private static Watched asked(final String path, final String body) {
        return asked(new Watched(), path, body);
    }

    private static Watched asked(final Watched watched, final String path, final String body) {
        return watched.sent(
                "POST " + path + " HTTP/1.1\r\nHost: m\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }

    private static Watched answered(final String fields, final byte[] body) {
        return asked("/v1/chat/completions", BODY)
                .received("HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + body.length + "\r\n\r\n")
                .pass(new Chunk(false, body));
    }

    private static byte[] zstd(final byte[] plain) {
        final ZstdJavaCompressor compressor = new ZstdJavaCompressor();
        final byte[] out = new byte[compressor.maxCompressedLength(plain.length)];
        return Arrays.copyOf(out, compressor.compress(plain, 0, plain.length, out, 0, out.length));
    }

    private static byte[] message(final String exception, final String payload) {
        final ByteArrayOutputStream headers = new ByteArrayOutputStream();
        if (!exception.isEmpty()) {
            headers.write(15);
            headers.writeBytes(":exception-type".getBytes(StandardCharsets.US_ASCII));
            headers.writeBytes(new byte[] {7, 0, (byte) exception.length()});
            headers.writeBytes(exception.getBytes(StandardCharsets.US_ASCII));
        }
        final byte[] body = payload.getBytes(StandardCharsets.UTF_8);
        final ByteBuffer message = ByteBuffer.allocate(16 + headers.size() + body.length);
        message.putInt(message.capacity()).putInt(headers.size());
        message.putInt((int) crc(message.array(), 8)).put(headers.toByteArray()).put(body);
        return message.putInt((int) crc(message.array(), message.capacity() - 4))
                .array();
    }

    private static long crc(final byte[] bytes, final int length) {
        final CRC32 crc = new CRC32();
        crc.update(bytes, 0, length);
        return crc.getValue();
    }

    private static Watched streamed(final byte[]... messages) {
        final Watched watched = asked("/model/m/converse-stream", "{\"messages\":[]}")
                .received("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n\r\n");
        for (final byte[] message : messages) {
            watched.pass(new Chunk(false, message));
        }
        return watched.close();
    }

    private static String delta(final String text) {
        return "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"" + text + "\"}}";
    }

    @Test
    void brotliAndZstandardAreUndone() {
        final byte[] brotli = Base64.getDecoder()
                .decode("G9UAAK0ObLfJ9FkUE5PK7Olrkb25rc0S05anuvpCp1rKCkQEHHIicPBDW4ARSg3wnGaIv0UorxdBudK55Ucs");
        assertThat(answered("Content-Encoding: br\r\n", brotli).answers).containsExactly(SEEN);
        final byte[] zstd = zstd(ANSWER.getBytes(StandardCharsets.UTF_8));
        assertThat(answered("Content-Encoding: zstd\r\n", zstd).answers).containsExactly(SEEN);
    }

    @Test
    void bombsOfEitherAreBounded() {
        final byte[] plain = new byte[64 << 20];
        Arrays.fill(plain, (byte) 'a');
        plain[0] = '{';
        plain[1] = '"';
        final Watched zstd = answered("Content-Encoding: zstd\r\n", zstd(plain));
        assertThat(zstd.gaps).containsExactly(GapCause.TOO_LARGE);
        final byte[] bomb = Base64.getDecoder()
                .decode(
                        "y///P/iN1GDNmGOliM5eheHFbYHA2fu/Ffz//4NfAiAOiwB07//4//8HvwRAHBYA6N7/8f//D34JgDgsANC9/+P//x/8EgBxWACge//H//8/+CUA4rAAQPf+j///f/BLAMRhAYDu/R/////glwCIwwIA3fu/KADALwEQBAQA");
        final Watched brotli = answered("Content-Encoding: br\r\n", bomb);
        assertThat(brotli.gaps).containsExactly(GapCause.TOO_LARGE);
        assertThat(brotli.close().budget.used() + zstd.close().budget.used()).isZero();
    }

    @Test
    void aBombOfAKilobyteCostsNotWhatAnAnswerOfItsSizeDoes() {
        final String plain = ANSWER.replace("yes ", "a".repeat(200_000));
        final Watched watched = answered("Content-Encoding: zstd\r\n", zstd(plain.getBytes(StandardCharsets.UTF_8)));
        assertThat(watched.gaps).containsExactly(GapCause.TOO_LARGE);
        assertThat(watched.answers).isEmpty();
    }

    @Test
    void argumentsThatDoNotFitAreAGap() {
        final int most = 4096;
        final Limits small = new Limits(most, most, 1 << 20, 64, 16);
        for (final int length : new int[] {most / 2, most}) {
            final String event =
                    "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"look\",\"args\":{\"x\":\""
                            + "a".repeat(length) + "\"}}}]}}]}";
            final Watched watched = asked(
                            new Watched(small),
                            "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
                            "{\"contents\":[{\"parts\":[{\"text\":\"Look.\"}]}]}")
                    .received("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: "
                            + (event.length() + 8) + "\r\n\r\ndata: " + event + "\n\n")
                    .close();
            assertThat(watched.gaps).isEqualTo(length < most ? List.of() : List.of(GapCause.TOO_LARGE));
            assertThat(watched.answers).hasSize(length < most ? 1 : 0);
        }
    }

    private static Watched called(final String... calls) {
        final StringBuilder events = new StringBuilder();
        for (final String call : calls) {
            events.append("data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{")
                    .append(call)
                    .append("}}]}}]}\n\n");
        }
        return asked(
                        "/v1/projects/p/locations/l/publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse",
                        "{\"contents\":[{\"parts\":[{\"text\":\"Look.\"}]}]}")
                .received("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " + events.length()
                        + "\r\n\r\n" + events)
                .close();
    }

    private static String piece(final String path, final String value) {
        return "\"partialArgs\":[{\"jsonPath\":\"" + path + "\"," + value + "}],\"willContinue\":true";
    }

    /** Vertex AI, "streamFunctionCallArguments". */
    @Test
    void argumentsThatComeInPiecesArePutTogether() {
        final Watched watched = called(
                "\"name\":\"look\",\"id\":\"c1\",\"willContinue\":true",
                piece("$.place", "\"stringValue\":\"New \\\"\",\"willContinue\":true"),
                piece("$.of[0].kind", "\"stringValue\":\"a\""),
                piece("$.place", "\"stringValue\":\"Delhi\\\"\""),
                piece("$.of[0]['so far']", "\"numberValue\":1.5"),
                piece("$.of[1]", "\"willContinue\":true"),
                piece("$.of[1]", "\"boolValue\":true"),
                piece("$.none", "\"nullValue\":null"),
                "",
                "\"name\":\"go\",\"partialArgs\":[{\"jsonPath\":\"$[\\\"to\\\"]\",\"stringValue\":\"\"}]",
                "");
        assertThat(watched.answers)
                .containsExactly(
                        "200 null |look@c1{\"place\":\"New \\\"Delhi\\\"\",\"of\":[{\"kind\":\"a\",\"so far\":1.5},true],"
                                + "\"none\":null}|go@null{\"to\":\"\"}|-1/-1|null");
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.budget.used()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "$",
                "",
                "a",
                "$..a",
                "$.a[1]",
                "$.a[*]",
                "$.a[",
                "$['a",
                "$.a['b\\\\'c']",
                "$.given",
                "$.given.a",
                "$.list.a"
            })
    void anArgumentWithoutAPlaceIsAGap(final String path) {
        final Watched watched = called(
                "\"name\":\"look\"",
                piece("$.given", "\"numberValue\":1"),
                piece("$.list[0]", "\"numberValue\":1"),
                piece(path, "\"stringValue\":\"b\""));
        assertThat(watched.cutAnswers).hasSize(1);
        assertThat(watched.gaps).containsExactly(GapCause.JSON);
        assertThat(watched.budget.used()).isZero();
        assertThat(called(piece("$.a", "\"numberValue\":1")).gaps).containsExactly(GapCause.JSON);
    }

    @Test
    void aCodingThatIsNotTheOneSaidIsAGap() {
        assertThat(answered("Content-Encoding: br\r\n", ANSWER.getBytes(StandardCharsets.UTF_8)).gaps)
                .containsExactly(GapCause.ENCODING);
        assertThat(answered("Content-Encoding: zstd\r\n", ANSWER.getBytes(StandardCharsets.UTF_8)).gaps)
                .containsExactly(GapCause.ENCODING);
    }

    private static final String OPENAI_TEXT =
            "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"yes\"},\"finish_reason\":null}]}";
    private static final String OPENAI_STOP = "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";

    private static Watched letGo(final String path, final String body, final String... events) {
        final Watched watched = asked(path, body)
                .received("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (final String event : events) {
            watched.received("%x\r\ndata: %s\n\n\r\n".formatted(event.length() + 8, event));
        }
        return watched.close();
    }

    @Test
    void aClientMayLetGoOfAStreamWhenTheModelHasSaidWhyItStopped() {
        final Watched openai = letGo("/v1/chat/completions", BODY, OPENAI_TEXT, OPENAI_STOP);
        assertThat(openai.gaps).isEmpty();
        assertThat(openai.answers).containsExactly("200 null yes|-1/-1|null");
        final Watched anthropic = letGo(
                "/v1/messages",
                BODY,
                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"yes\"}}",
                "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":4}}");
        assertThat(anthropic.gaps).isEmpty();
        assertThat(anthropic.answers).containsExactly("200 null yes|-1/4|null");
        final Watched gemini = letGo(
                "/v1beta/models/m:streamGenerateContent",
                "{\"contents\":[]}",
                "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"yes\"}]},\"finishReason\":\"STOP\"}]}");
        assertThat(gemini.gaps).isEmpty();
        assertThat(gemini.answers).hasSize(1);
    }

    /** Streams of each API, of which the last event says that nothing follows. */
    private static Stream<Arguments> streams() {
        final String said = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        return Stream.of(
                arguments("/v1/chat/completions", BODY, List.of(OPENAI_TEXT, "[DONE]")),
                arguments(
                        "/v1/completions",
                        "{\"prompt\":\"hi\"}",
                        List.of("{\"choices\":[{\"text\":\"yes\"}]}", "[DONE]")),
                arguments(
                        "/v1/responses",
                        "{\"input\":\"hi\"}",
                        List.of(
                                "{\"type\":\"response.output_text.delta\",\"delta\":\"yes\"}",
                                "{\"type\":\"response.completed\",\"response\":{\"status\":\"completed\"}}")),
                arguments(
                        "/v1/messages",
                        BODY,
                        List.of(
                                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"yes\"}}",
                                "{\"type\":\"message_stop\"}")),
                arguments(
                        "/v1beta/models/m:streamGenerateContent",
                        "{\"contents\":[]}",
                        List.of(
                                "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"yes\"}]}}]}",
                                "{\"candidates\":[{\"finishReason\":\"STOP\"}]}")),
                arguments(
                        "/v1beta/interactions",
                        "{\"model\":\"m\",\"input\":\"hi\"}",
                        List.of(
                                "{\"event_type\":\"content.delta\",\"index\":0,\"delta\":{\"type\":\"text\",\"text\":\"yes\"}}",
                                "{\"event_type\":\"interaction.completed\",\"interaction\":{\"status\":\"completed\"}}")),
                arguments(
                        "/v2/chat",
                        said,
                        List.of(
                                "{\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"yes\"}}}}",
                                "{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\"}}")),
                arguments(
                        "/generate_stream",
                        "{\"inputs\":\"hi\"}",
                        List.of(
                                "{\"token\":{\"text\":\"yes\"}}",
                                "{\"token\":{\"text\":\"\"},\"generated_text\":\"yes\"}")),
                arguments(
                        "/completion",
                        "{\"prompt\":\"hi\"}",
                        List.of("{\"content\":\"yes\",\"stop\":false}", "{\"content\":\"\",\"stop\":true}")),
                arguments(
                        "/api/v1/services/aigc/text-generation/generation",
                        "{\"model\":\"m\",\"input\":" + said + "}",
                        List.of(
                                "{\"output\":{\"text\":\"yes\",\"finish_reason\":\"null\"}}",
                                "{\"output\":{\"text\":\"yes\",\"finish_reason\":\"stop\"}}")),
                arguments(
                        "/v3/ai/language-model",
                        "{\"prompt\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}]}",
                        List.of(
                                "{\"type\":\"text-delta\",\"id\":\"0\",\"delta\":\"yes\"}",
                                "{\"type\":\"finish\",\"finishReason\":\"stop\"}")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("streams")
    void aClientMayLetGoOfAStreamThatSaidThatItIsOver(final String path, final String body, final List<String> events) {
        final Watched whole = letGo(path, body, events.toArray(String[]::new));
        assertThat(whole.gaps).isEmpty();
        assertThat(whole.answers).containsExactly("200 null yes|-1/-1|null");
        final Watched cut = letGo(path, body, events.getFirst());
        assertThat(cut.gaps).as("without its end").containsExactly(GapCause.UNFINISHED);
        assertThat(cut.cutAnswers).containsExactly("200 null yes|-1/-1|null");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/chat", "/api/generate"})
    void aClientMayLetGoOfLinesOfWhichTheLastSaysSo(final String path) {
        final String body = path.endsWith("chat") ? BODY : "{\"model\":\"m\",\"prompt\":\"hi\"}";
        final String text = path.endsWith("chat") ? "\"message\":{\"content\":\"yes\"}" : "\"response\":\"yes\"";
        final String head =
                "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";
        final String first = "{" + text + ",\"done\":false}\n";
        final String last = "{\"done\":true}\n";
        final Watched cut = asked(path, body).received(head + "%x\r\n%s\r\n".formatted(first.length(), first));
        assertThat(cut.close().gaps).containsExactly(GapCause.UNFINISHED);
        final Watched whole = asked(path, body)
                .received(head + "%x\r\n%s\r\n".formatted(first.length(), first))
                .received("%x\r\n%s\r\n".formatted(last.length(), last));
        assertThat(whole.close().gaps).isEmpty();
        assertThat(whole.answers).containsExactly("200 null yes|-1/-1|null");
    }

    @Test
    void aClientMayLetGoAtTheMarkBeforeItsBlankLine() {
        final Watched watched = asked("/v1/chat/completions", BODY)
                .received("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
                .received("%x\r\ndata: %s\n\ndata: [DONE]\n\r\n".formatted(OPENAI_TEXT.length() + 21, OPENAI_TEXT));
        assertThat(watched.close().gaps).isEmpty();
        assertThat(watched.answers).containsExactly("200 null yes|-1/-1|null");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{\"inputText\":\"hi\"}; {\"outputText\":\"yes\",\"completionReason\":null}",
                "{\"prompt\":\"hi\"}; {\"generation\":\"yes\",\"stop_reason\":null}",
                "{\"message\":\"hi\"}; {\"event_type\":\"text-generation\",\"text\":\"yes\"}",
            })
    void aClientMayLetGoOfAnInvocationOnceItsMetricsAreThere(final String body, final String event) {
        final byte[] first = message("", wrapped(event));
        final byte[] last = message("", wrapped("""
                        {"amazon-bedrock-invocationMetrics":{"inputTokenCount":3,"outputTokenCount":2}}"""));
        final Watched watched = asked("/model/m/invoke-with-response-stream", body)
                .received("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n")
                .received("Transfer-Encoding: chunked\r\n\r\n%x\r\n".formatted(first.length))
                .pass(new Chunk(false, first))
                .received("\r\n%x\r\n".formatted(last.length))
                .pass(new Chunk(false, last));
        assertThat(watched.close().gaps).isEmpty();
        assertThat(watched.answers).containsExactly("200 null yes|3/2|null");
    }

    private static String wrapped(final String event) {
        return "{\"bytes\":\"" + Base64.getEncoder().encodeToString(event.getBytes(StandardCharsets.UTF_8)) + "\"}";
    }

    @Test
    void aStreamThatIsLetGoOfBeforeIsCut() {
        assertThat(letGo("/v1/chat/completions", BODY, OPENAI_TEXT).gaps).containsExactly(GapCause.UNFINISHED);
        final Watched second = letGo(
                "/v1/chat/completions",
                BODY,
                OPENAI_TEXT,
                OPENAI_TEXT.replace("\"index\":0", "\"index\":1"),
                OPENAI_STOP);
        assertThat(second.gaps).as("one of two has stopped").containsExactly(GapCause.UNFINISHED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"data: {\"model\":\"m-1\"", "data: {\"model\":\"m-1\"}\n", "data: {}\n\ndata: "})
    void aStreamThatEndsWithinAnEventIsCut(final String events) {
        final byte[] body = events.getBytes(StandardCharsets.UTF_8);
        final Watched watched = answered("Content-Type: text/event-stream\r\n", body);
        assertThat(watched.gaps).containsExactly(GapCause.UNFINISHED);
    }

    @Test
    void theMarkOfAStreamsEndNeedsNoBlankLine() {
        final byte[] body = ("data: " + ANSWER + "\n\ndata: [DONE]").getBytes(StandardCharsets.UTF_8);
        final Watched watched = answered("Content-Type: text/event-stream\r\n", body);
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void anEventThatIsTooLargeAndHasNoEndIsAGap() {
        final byte[] body = ("data: " + "x".repeat(2 << 20)).getBytes(StandardCharsets.UTF_8);
        final Watched watched = answered("Content-Type: text/event-stream\r\n", body);
        assertThat(watched.gaps).containsExactly(GapCause.UNFINISHED);
    }

    @Test
    void anAwsStreamIsReadAndItsExceptionsAreErrors() {
        final Watched watched =
                streamed(message("", delta("one ")), message("throttlingException", "{\"message\":\"m\"}"));
        assertThat(watched.answers).containsExactly("200 null one |-1/-1|throttlingException");
    }

    @Test
    void anAwsMessageWhoseChecksumDoesNotHoldIsAGapAndTheNextIsRead() {
        final byte[] broken = message("", delta("two "));
        broken[broken.length - 20] ^= 1;
        final Watched watched = streamed(message("", delta("one ")), broken, message("", delta("three")));
        assertThat(watched.gaps).containsExactly(GapCause.EVENT_STREAM);
        assertThat(watched.cutAnswers).containsExactly("200 null one three|-1/-1|null");
    }

    @Test
    void anAwsLengthThatLiesIsAGap() {
        final byte[] broken = message("", delta("two "));
        broken[1] ^= 0x7f;
        final Watched watched = streamed(message("", delta("one ")), broken, message("", delta("three")));
        assertThat(watched.gaps).containsExactly(GapCause.EVENT_STREAM);
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void anArrayThatIsStreamedIsReadElementByElement() {
        final Watched watched = asked("/v1/models/m:streamGenerateContent", "{\"contents\":[]}")
                .received("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (final String piece : List.of(
                "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a]\\\"\"}]}}]}\n",
                ",\r\n{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"b\"}]}}],",
                "\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":2},\"modelVersion\":\"m-2\"}\n]")) {
            watched.received(Integer.toHexString(piece.length()) + "\r\n" + piece + "\r\n");
        }
        watched.received("0\r\n\r\n");
        assertThat(watched.answers).containsExactly("200 m-2 a]\"b|3/2|null");
    }

    @Test
    void invalidUtf8IsAGap() {
        final byte[] bytes = ANSWER.getBytes(StandardCharsets.UTF_8);
        bytes[60] = (byte) 0xc3;
        assertThat(answered("", bytes).gaps).containsExactly(GapCause.JSON);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"stream\":true | true",
                "\"stream\":false | false",
                "\"n\":1 | false",
                "\"stream\":true,\"stream_options\":{\"include_usage\":true} | false",
                "\"stream_options\":{\"include_usage\":false},\"stream\":true | true",
                "\"stream\":true,\"stream_options\":null | true"
            })
    void aStreamThatIsNotAskedForUsageWillNotCount(final String members, final boolean uncounted) {
        final String body =
                "{\"model\":\"gpt-5\"," + members + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        final Watched watched = new Watched()
                .sent("POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Type: application/json\r\n"
                        + "Content-Length: " + body.length() + "\r\n\r\n" + body);
        assertThat(watched.prompts).containsExactly("gpt-5|USER hi");
        assertThat(watched.uncounted).containsExactly(uncounted);
    }

    @Test
    void anUnknownApiOfAModelHostIsAQuestionToAModel() {
        final String body = "{\"model\":\"sora\",\"what\":\"a.b@example.org\"}";
        final Watched watched = new Watched()
                .sent("POST /v1/videos HTTP/1.1\r\nHost: api.openai.com\r\nContent-Type: application/json\r\n"
                        + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                .received("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"id\":\"vid\"}\n");
        assertThat(watched.prompts).containsExactly("sora|USER " + body);
        assertThat(watched.answers).containsExactly("200 null |-1/-1|null");
    }

    @ParameterizedTest
    @CsvSource({
        "'--b+Content-Disposition: form-data; name=\"model\"++whisper-1+--b+Content-Disposition: form-data; name=\"file\"; filename=\"a\"++a.b@example.org+--b--+', whisper-1, whisper-1a.b@example.org",
        "'--b+Content-Disposition: form-data; name=\"purpose\"++batch+--b+name=\"file\"++x++y', null, batchx++y",
        "'no boundary', null, 'no boundary'",
        "'--b', null, --b",
        "'--b+', null, ''",
    })
    void whatIsUploadedToAModelHostIsReadPartByPart(final String form, final String model, final String texts) {
        final String body = form.replace("+", "\r\n");
        final Watched watched = new Watched()
                .sent(
                        "POST /v1/files HTTP/1.1\r\nHost: api.openai.com\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                                + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                .received("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"id\":\"file\"}");
        assertThat(watched.prompts).singleElement().satisfies(prompt -> {
            assertThat(prompt).startsWith(model + "|");
            assertThat(prompt.substring(prompt.indexOf('|')).replace("|USER ", ""))
                    .isEqualTo(texts.replace("+", "\r\n"));
        });
    }
}
