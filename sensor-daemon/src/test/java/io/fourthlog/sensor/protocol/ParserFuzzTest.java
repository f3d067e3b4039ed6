package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fourthlog.redaction.Hmac;
import io.fourthlog.redaction.Peek;
import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.action.Credential;
import io.fourthlog.sensor.http.Heads;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/**
 * Every parser that reads a network byte, on bytes that nobody would send: nothing is thrown, no more is held than allowed,
 * and nothing is held at the end. The {@code @FuzzTest}s run known inputs in every build and look for new ones with
 * {@code -Pfuzz}; the properties change what real clients sent.
 */
class ParserFuzzTest {
    private static final Limits SMALL = new Limits(2 << 10, 8 << 10, 4 << 10, 32, 64);
    private static final long MOST =
            512 << 10; // bytes that these limits may hold on one connection, all buffers together

    private static final String CHUNKED = """
            POST /v1/chat/completions HTTP/1.1
            Host: m
            Transfer-Encoding: chunked

            """; // lines that end without a carriage return are read as well
    private static final String SWITCHING = """
            HTTP/1.1 101 Switching
            Upgrade: websocket
            Sec-WebSocket-Extensions: permessage-deflate

            """;

    private static final String[] PATHS = {
        "/v1/chat/completions",
        "/v1/responses",
        "/v1/messages",
        "/model/m/converse-stream",
        "/model/m/invoke-with-response-stream",
        "/v1beta/models/m:streamGenerateContent",
        "/v1beta/interactions",
        "/api/chat",
        "/v2/chat",
        "/generate_stream",
        "/completion",
        "/v4/ai/language-model",
        "/v1/embeddings"
    };

    private static Watched watched() {
        return new Watched(SMALL);
    }

    private static void play(final Watched watched, final FuzzedDataProvider data) {
        while (data.remainingBytes() > 0) {
            final boolean sent = data.consumeBoolean();
            final boolean captured = data.consumeInt(0, 9) > 0;
            watched.pass(new Chunk(sent, data.consumeBytes(data.consumeInt(0, 600))), captured);
            assertThat(watched.budget.used()).isLessThan(MOST);
        }
        watched.close();
        assertThat(watched.budget.used()).isZero();
    }

    @FuzzTest
    void connection(final FuzzedDataProvider data) {
        play(watched(), data);
    }

    @FuzzTest
    void http1(final FuzzedDataProvider data) {
        play(watched().sent(CHUNKED), data);
    }

    @FuzzTest
    void http2(final FuzzedDataProvider data) {
        play(watched().pass(new Frames(true).preface()), data);
    }

    @FuzzTest
    void grpc(final FuzzedDataProvider data) {
        final Frames client = new Frames(true);
        final Watched watched = watched()
                .pass(client.preface())
                .pass(client.headers(
                        1,
                        false,
                        ":method",
                        "POST",
                        ":path",
                        "/google.ai.generativelanguage.v1.GenerativeService/GenerateContent",
                        "content-type",
                        "application/grpc"));
        while (data.remainingBytes() > 0) {
            watched.pass(client.raw(0, data.consumeBoolean() ? 1 : 0, 1, data.consumeBytes(data.consumeInt(0, 600))));
            assertThat(watched.budget.used()).isLessThan(MOST);
        }
        watched.close();
        assertThat(watched.budget.used()).isZero();
    }

    @FuzzTest
    void webSocket(final FuzzedDataProvider data) {
        play(
                watched()
                        .sent("GET /socket HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")
                        .received(SWITCHING),
                data);
    }

    @FuzzTest
    void resource(final FuzzedDataProvider data) {
        final String[] codings = {"identity", "gzip", "deflate", "br", "zstd", "x", "aws-chunked", "gzip, aws-chunked"};
        final String[] types = {"application/json", "text/csv", "image/png", "application/grpc"};
        final String fields = " HTTP/1.1\r\nHost: h\r\nContent-Type: " + data.pickValue(types)
                + "\r\nContent-Encoding: " + data.pickValue(codings) + "\r\nTransfer-Encoding: chunked\r\n\r\n";
        play(watched().sent("POST /resource" + fields).received("HTTP/1.1 200 OK" + fields.substring(9)), data);
    }

    @FuzzTest
    void answer(final FuzzedDataProvider data) {
        final String[] types = {
            "application/json", "text/event-stream", "application/vnd.amazon.eventstream", "application/x-ndjson", "x/y"
        };
        final String[] codings = {"identity", "gzip", "deflate", "br", "zstd"};
        final String body = data.consumeAsciiString(400);
        final Watched watched = watched()
                .sent("POST " + data.pickValue(PATHS) + " HTTP/1.1\r\nContent-Length: " + body.length() + "\r\n\r\n"
                        + body)
                .received("HTTP/1.1 200 OK\r\nContent-Type: " + data.pickValue(types) + "\r\nContent-Encoding: "
                        + data.pickValue(codings) + "\r\n\r\n");
        while (data.remainingBytes() > 0) {
            watched.pass(new Chunk(false, data.consumeBytes(data.consumeInt(1, 300))));
            assertThat(watched.budget.used()).isLessThan(MOST);
        }
        assertThat(watched.close().budget.used()).isZero();
    }

    @FuzzTest
    void question(final FuzzedDataProvider data) {
        final String path = data.pickValue(PATHS);
        final byte[] body = data.consumeRemainingAsBytes();
        final Watched watched = watched()
                .sent("POST " + path + " HTTP/1.1\r\nContent-Length: " + body.length + "\r\n\r\n")
                .pass(new Chunk(true, body));
        assertThat(watched.budget.used()).isLessThan(MOST);
        assertThat(watched.close().budget.used()).isZero();
    }

    /** A model's WebSocket: messages of both sides, in frames that are right. */
    @FuzzTest
    void modelSocket(final FuzzedDataProvider data) {
        final String[] targets = {
            "/v1/realtime?model=m",
            "/v1/responses",
            "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
        };
        final Watched watched = watched()
                .sent("GET " + data.pickValue(targets) + " HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")
                .received("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n");
        while (data.remainingBytes() > 0) {
            final boolean sent = data.consumeBoolean();
            final byte[] message = data.consumeBytes(data.consumeInt(1, 600));
            final byte[] head = {
                (byte) 0x81, (byte) (sent ? 0xFE : 126), (byte) (message.length >> 8), (byte) message.length
            };
            watched.pass(new Chunk(sent, sent ? Frames.concat(head, new byte[4]) : head)); // a mask of zeros
            watched.pass(new Chunk(sent, message));
            assertThat(watched.budget.used()).isLessThan(MOST);
        }
        assertThat(watched.close().budget.used()).isZero();
    }

    @FuzzTest
    void rpcOverHttp(final FuzzedDataProvider data) {
        final String[] codings = {"identity", "gzip", "br"};
        final String[] types = {"application/json", "text/event-stream", "x/y"};
        final boolean post = data.consumeBoolean();
        final MemoryBudget budget = new MemoryBudget(1 << 20);
        final RpcExchange exchange = new RpcExchange(
                budget,
                SMALL,
                Heads.request((post ? "POST" : "GET") + " /mcp HTTP/1.1\r\nAccept: text/event-stream\r\nContent-Type: "
                        + data.pickValue(types) + "\r\nContent-Encoding: " + data.pickValue(codings) + "\r\n\r\n"),
                data.consumeBoolean(),
                null,
                new Messages());
        final byte[] question = data.consumeBytes(data.consumeInt(0, 1000));
        exchange.requestBody(question, 0, question.length);
        if (data.consumeInt(0, 9) == 0) {
            exchange.requestGap(7);
        }
        exchange.requestEnd();
        exchange.responseHead(Heads.response("HTTP/1.1 200 OK\r\nContent-Type: " + data.pickValue(types)
                + "\r\nContent-Encoding: " + data.pickValue(codings) + "\r\n\r\n"));
        while (data.remainingBytes() > 0) {
            final byte[] answer = data.consumeBytes(data.consumeInt(1, 300));
            exchange.responseBody(answer, 0, answer.length);
            if (data.consumeInt(0, 9) == 0) {
                exchange.responseGap(7);
            }
            assertThat(budget.used()).isLessThan(MOST);
        }
        if (post) {
            exchange.responseEnd();
        } else {
            exchange.abort(GapCause.UNFINISHED, -1);
        }
        assertThat(budget.used()).isZero();
    }

    @FuzzTest
    void url(final FuzzedDataProvider data) {
        final byte[] target = data.consumeRemainingAsBytes();
        final String head = new String(target, StandardCharsets.ISO_8859_1).replaceAll("[ \n]", "%");
        try (ResourceUrl url = ResourceUrl.of(Heads.request("GET " + head + " HTTP/1.1\r\nHost: h\r\n\r\n"), true)) {
            assertThat(url.masked(List.of()))
                    .hasSizeLessThan(2048)
                    .matches("https?://[a-z0-9.:\\[\\]_-]+/[!-~]*|https?://\\(unknown\\)/[!-~]*");
        }
    }

    @FuzzTest
    void rpc(final byte[] json) {
        final MemoryBudget budget = new MemoryBudget(1 << 20);
        final McpStream stream = new McpStream(budget, SMALL, new Discarding());
        stream.accept(0, json, json.length);
        stream.accept(json.length, new byte[] {'\n'}, 1);
        stream.close();
        assertThat(budget.used()).isZero();
    }

    @FuzzTest
    void form(final byte[] body) {
        final MemoryBudget budget = new MemoryBudget(1 << 20);
        try (PromptBuilder prompt = new PromptBuilder(budget, SMALL)) {
            FormData.read(body, body.length, prompt);
        }
        assertThat(budget.used()).isZero();
    }

    @FuzzTest
    void credential(final byte[] claims) {
        final byte[] token =
                ("e30." + Base64.getUrlEncoder().encodeToString(claims) + ".e30").getBytes(StandardCharsets.US_ASCII);
        final Credential credential = Credential.of(Hmac.of("k1", new byte[32]), token, 0, token.length);
        if (credential.scope() != null) {
            assertThat(credential.scope()).hasSizeLessThanOrEqualTo(128).doesNotContain("");
        }
    }

    @Test
    void nothingIsKeptOfWhatFollowsTheEndOfAnAnswer() {
        final String question = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
        final Watched watched = watched()
                .sent("POST /v1/chat/completions HTTP/1.1\r\nContent-Length: " + question.length() + "\r\n\r\n"
                        + question)
                .received("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: [DONE]\n\ndata: more");
        assertThat(watched.prompts).hasSize(1);
        assertThat(watched.close().budget.used()).isZero();
    }

    @Provide
    Arbitrary<String> recorded() {
        return Arbitraries.of(
                "openai-chat-0",
                "openai-responses-0",
                "anthropic-messages-0",
                "bedrock-converse-0",
                "bedrock-invoke-0",
                "gemini-0",
                "ollama-0",
                "cohere-0",
                "python-http2-0",
                "mcp-http-1");
    }

    @Property(tries = 600)
    void changedTranscriptsAreNeverFatal(@ForAll("recorded") final String name, @ForAll final long seed) {
        final Random random = new Random(seed);
        final Watched watched = new Watched();
        for (final Chunk chunk : Transcript.load(name + ".capture")) {
            watched.pass(new Chunk(chunk.sent(), changed(chunk.bytes(), random)), random.nextInt(40) > 0);
        }
        assertThat(watched.close().budget.used()).isZero();
    }

    private static byte[] changed(final byte[] bytes, final Random random) {
        byte[] now = bytes.clone();
        for (int i = random.nextInt(3); i > 0 && now.length > 0; i--) {
            final int at = random.nextInt(now.length);
            switch (random.nextInt(4)) {
                case 0 -> now[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> now[at] = "{}[]\",:\r\n0\u00ff".getBytes(StandardCharsets.ISO_8859_1)[random.nextInt(11)];
                case 2 ->
                    now = Frames.concat(
                            Arrays.copyOf(now, at),
                            Arrays.copyOfRange(now, at, now.length - random.nextInt(now.length - at)));
                default ->
                    now = Frames.concat(
                            Arrays.copyOf(now, at), Arrays.copyOfRange(now, Math.max(0, at - 20), now.length));
            }
        }
        return now;
    }

    /** The same over HTTP. */
    private static final class Messages implements RpcExchange.Listener {
        private final Discarding both = new Discarding();

        @Override
        public RpcReader.Listener client() {
            return both;
        }

        @Override
        public RpcReader.Listener server() {
            return both;
        }

        @Override
        public void endpoint(final long targetHash) {}

        @Override
        public void gap(final boolean client, final GapCause cause, final long missingBytes) {
            both.gap(cause, missingBytes);
        }

        @Override
        public boolean answered() {
            return both.seen.isEmpty();
        }

        @Override
        public void end(final int status) {}
    }

    /** Takes everything and keeps nothing. */
    private static final class Discarding implements McpStream.Listener {
        private final List<String> seen = new ArrayList<>();

        @Override
        public void call(final RpcCall call) {
            seen.add(Peek.text(call.arguments()));
            call.close();
        }

        @Override
        public void sampling(final String id, final ModelPrompt prompt) {
            prompt.close();
        }

        @Override
        public void request(final String id) {
            seen.add(id);
        }

        @Override
        public void cancelled(final String id) {
            seen.add(id);
        }

        @Override
        public boolean resumed(final String id, final String task) {
            return false;
        }

        @Override
        public boolean result(final McpResult result) {
            result.close();
            return false;
        }

        @Override
        public void gap(final GapCause cause, final long missingBytes) {
            seen.add(cause.errorClass());
        }
    }
}
