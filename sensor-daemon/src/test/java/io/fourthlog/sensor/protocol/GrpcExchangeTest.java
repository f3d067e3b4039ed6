package io.fourthlog.sensor.protocol;

import static io.fourthlog.sensor.protocol.Frames.message;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.streams.GapCause;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls of models by gRPC, with messages in the encoding that a client would make of Gemini's and of Triton's requests. */
class GrpcExchangeTest {
    private static final String GEMINI = "/google.ai.generativelanguage.v1beta.GenerativeService/GenerateContent";

    private final Frames client = new Frames(true);
    private final Frames server = new Frames(false);
    private final Watched watched = new Watched().pass(client.preface());

    private static byte[] field(final int number, final byte[] content) {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write((number << 3) | 2);
        int length = content.length;
        while (length > 0x7f) {
            out.write((length & 0x7f) | 0x80);
            length >>= 7;
        }
        out.write(length);
        out.writeBytes(content);
        return out.toByteArray();
    }

    private static byte[] field(final int number, final String text) {
        return field(number, text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] all(final byte[]... parts) {
        return Arrays.stream(parts).reduce(new byte[0], Frames::concat);
    }

    /** GenerateContentRequest: model, contents (parts (text), role), generation_config (a number). */
    private static byte[] gemini(final String text) {
        return all(
                field(1, "models/gemini-2.5-pro"),
                field(2, all(field(1, field(1, text)), field(2, "user"))),
                field(4, new byte[] {0x20, (byte) 0x80, 0x01}));
    }

    private Chunk call(final String host, final String path) {
        return client.headers(
                1, false, ":method", "POST", ":path", path, ":authority", host, "content-type", "application/grpc");
    }

    private Chunk data(final int compressed, final byte[] content) {
        return client.raw(0, 1, 1, message(compressed, content));
    }

    private void answer(final String grpcStatus) {
        watched.pass(server.response(1, "content-type", "application/grpc+proto"))
                .pass(server.raw(0, 0, 1, message(0, field(1, "the answer"))))
                .pass(server.headers(1, true, "grpc-status", grpcStatus));
    }

    @Test
    void aCallOfGeminiHasItsModelItsTextsAndItsStatus() {
        watched.pass(call("generativelanguage.googleapis.com", GEMINI))
                .pass(data(0, gemini("naïve “quotes”\n\ud83d\ude00")));
        assertThat(watched.prompts)
                .containsExactly(
                        "gemini-2.5-pro|USER models/gemini-2.5-pro|USER naïve “quotes”\n\ud83d\ude00|USER user");
        answer("0");
        assertThat(watched.answers).containsExactly("200 null |-1/-1|null");
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void aCallThatFailsSaysHow() {
        watched.pass(call("localhost:50051", GEMINI)).pass(data(0, gemini("hello")));
        answer("8");
        assertThat(watched.answers).containsExactly("200 null |-1/-1|grpc_8");
    }

    /** As xai-sdk asks, also through a gateway. */
    @Test
    void aCallOfGrokIsOneWhereverItRuns() {
        watched.pass(call("gateway.internal:443", "/xai_api.Chat/GetCompletion"))
                .pass(data(0, all(field(1, field(1, field(1, "Who?"))), field(2, "grok-4"))));
        assertThat(watched.prompts).singleElement().asString().contains("USER Who?", "USER grok-4");
        answer("0");
        assertThat(watched.answers).containsExactly("200 null |-1/-1|null");
    }

    @Test
    void aCallThatFailsAtOnceSaysHow() {
        watched.pass(call("localhost:8001", "/inference.GRPCInferenceService/ModelInfer"))
                .pass(data(0, field(1, "llama")))
                .pass(server.headers(
                        1, true, ":status", "200", "content-type", "application/grpc", "grpc-status", "16"));
        assertThat(watched.prompts).containsExactly("null|USER llama");
        assertThat(watched.answers).containsExactly("200 null |-1/-1|grpc_16");
    }

    @Test
    void aCallThatIsRefusedBeforeItIsAskedSaysHow() {
        watched.pass(call("localhost:8001", "/inference.GRPCInferenceService/ModelInfer"))
                .pass(server.headers(1, true, ":status", "200", "grpc-status", "12"))
                .pass(data(0, field(1, "llama")));
        assertThat(watched.prompts).containsExactly("null|USER llama");
        assertThat(watched.answers).containsExactly("200 null |-1/-1|grpc_12");
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void aCallInBase64IsReadAsWell() {
        watched.pass(client.headers(
                        1,
                        false,
                        ":method",
                        "POST",
                        ":path",
                        GEMINI,
                        ":authority",
                        "h",
                        "content-type",
                        "application/grpc-web-text"))
                .pass(client.raw(0, 1, 1, Base64.getEncoder().encode(message(0, field(1, "hello")))));
        assertThat(watched.prompts).containsExactly("null|USER hello");
    }

    private static byte[] compressed(final byte[] content, final boolean gzip) throws IOException {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream zip = gzip ? new GZIPOutputStream(out) : new DeflaterOutputStream(out)) {
            zip.write(content);
        }
        return out.toByteArray();
    }

    /** As tonic and grpc-go ask where they are told to. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCompressedMessageIsReadAsWell(final boolean gzip) throws IOException {
        watched.pass(call("localhost:50051", GEMINI))
                .pass(data(1, compressed(gemini("who is ann@example.com?"), gzip)));
        assertThat(watched.prompts)
                .containsExactly("gemini-2.5-pro|USER models/gemini-2.5-pro|USER who is ann@example.com?|USER user");
        answer("0");
        assertThat(watched.answers).containsExactly("200 null |-1/-1|null");
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void allOfSeveralMessagesCompressedAndNot() throws IOException {
        final byte[] zipped = compressed(field(1, "second"), true);
        watched.pass(call("localhost:50051", GEMINI))
                .pass(client.raw(
                        0,
                        1,
                        1,
                        all(
                                message(0, field(1, "first")),
                                message(1, zipped),
                                message(1, new byte[0]),
                                message(1, zipped))));
        assertThat(watched.prompts).containsExactly("null|USER first|USER second|USER second");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aMessageInACompressionThatIsNotUndoneIsAGapOfTheCall(final int flags) {
        watched.pass(call("europe-west1-aiplatform.googleapis.com", "/a.B/C")).pass(data(flags, new byte[] {1, 2, 3}));
        answer("0");
        assertThat(watched.prompts).isEmpty();
        assertThat(watched.cutAnswers).containsExactly("200 null |-1/-1|null");
        assertThat(watched.gaps).containsExactly(GapCause.ENCODING);
    }

    @Test
    void messagesThatBecomeVeryLargeAreAGapOfTheCall() throws IOException {
        final byte[] bomb = message(1, compressed(new byte[60 << 10], true));
        final byte[] body = new byte[bomb.length * 300]; // 17.6 MiB in all
        for (int at = 0; at < body.length; at += bomb.length) {
            System.arraycopy(bomb, 0, body, at, bomb.length);
        }
        watched.pass(call("localhost:50051", GEMINI));
        for (int at = 0; at < body.length; at += 16 << 10) {
            final int end = Math.min(body.length, at + (16 << 10));
            watched.pass(client.raw(0, end == body.length ? 1 : 0, 1, Arrays.copyOfRange(body, at, end)));
        }
        answer("0");
        assertThat(watched.prompts).isEmpty();
        assertThat(watched.gaps).containsExactly(GapCause.TOO_LARGE);
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void aMessageThatIsCutIsAGapOfTheCall() {
        final byte[] whole = message(0, gemini("hello"));
        watched.pass(call("generativelanguage.googleapis.com", GEMINI))
                .pass(client.raw(0, 1, 1, Arrays.copyOf(whole, whole.length - 1)));
        answer("0");
        assertThat(watched.gaps).containsExactly(GapCause.UNFINISHED);
    }

    @Test
    void aCallOfAnotherServiceIsNoModels() {
        watched.pass(call("collector:4317", "/opentelemetry.proto.collector.trace.v1.TraceService/Export"))
                .pass(data(0, field(1, "spans")));
        answer("0");
        assertThat(watched.prompts).isEmpty();
        assertThat(watched.answers).isEmpty();
    }

    @Property(tries = 500)
    void whateverComesIsBoundedAndAnEnd(
            @ForAll @Size(max = 200) final byte[] content, @ForAll @IntRange(max = 3) final int shape) {
        final Watched any = new Watched();
        final byte[] body = switch (shape) {
            case 0 -> content;
            case 1 -> message(0, content);
            case 2 -> message(0, field(3, content));
            default -> message(0, field(2, field(1, all(field(1, content), field(15, "x")))));
        };
        any.pass(new Frames(true).preface());
        final Frames asking = new Frames(true);
        any.pass(asking.headers(
                        1,
                        false,
                        ":method",
                        "POST",
                        ":path",
                        GEMINI,
                        ":authority",
                        "m",
                        "content-type",
                        "application/grpc"))
                .pass(asking.raw(0, 1, 1, body))
                .close();
        assertThat(any.answers.size() + any.cutAnswers.size()).isEqualTo(1);
        assertThat(any.budget.used()).isZero();
    }

    @Property(tries = 500)
    void aTextIsHandedOnHoweverDeepItIs(@ForAll @IntRange(max = 20) final int depth) {
        byte[] message = field(7, "canary é");
        for (int i = 0; i < depth; i++) {
            message = field(1, all(new byte[] {0x08, 0x00}, message));
        }
        final byte[] bytes = message;
        final StringBuilder found = new StringBuilder();
        Protobuf.texts(
                bytes,
                0,
                bytes.length,
                64,
                (from, length) -> found.append(new String(bytes, from, length, StandardCharsets.UTF_8)));
        assertThat(found.toString()).isEqualTo("canary é");
    }
}
