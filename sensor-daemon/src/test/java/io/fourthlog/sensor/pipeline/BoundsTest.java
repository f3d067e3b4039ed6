package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.EventCodec;
import io.fourthlog.actionlog.event.Gap;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.actionlog.log.LogWriter;
import io.fourthlog.sensor.Transcript.Chunk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;

/** What an agent that means harm can make the sensor hold, and that all others are still heard. */
class BoundsTest {
    private static final int AGENT = 1;
    private static final int CHANNEL = 40;
    private static final int MIB = 1 << 20;
    private static final long MOST = 64L << 20; // bytes that are held between two records
    private static final String ANSWER =
            "{\"object\":\"chat.completion\",\"model\":\"gpt-4o\",\"choices\":[{\"message\":"
                    + "{\"role\":\"assistant\",\"content\":\"an answer that is long enough to be hashed without a key, so long it is\"}}]}";

    private final Scene scene = new Scene();

    private static String question(final String text) {
        return "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";
    }

    private static String post(final int length, final String fields) {
        return "POST /v1/chat/completions HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: " + length + "\r\n"
                + fields + "\r\n";
    }

    /** A masked text message whose mask is zero. */
    private static Chunk message(final String text) {
        final byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        return new Chunk(
                true,
                ByteBuffer.allocate(14 + payload.length)
                        .put((byte) 0x81)
                        .put((byte) 0xff)
                        .putLong(payload.length)
                        .putInt(0)
                        .put(payload)
                        .array());
    }

    private Scene upgrade(final int connection, final String more) {
        return scene.sent(
                        AGENT,
                        connection,
                        "GET /v1/realtime?model=gpt-4o HTTP/1.1\r\nHost: api.openai.com\r\nConnection: Upgrade\r\n"
                                + "Upgrade: websocket\r\n\r\n" + more)
                .received(
                        AGENT,
                        connection,
                        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    }

    @Test
    void whoHoldsTheMostIsGivenUpAndAllOthersAreHeard() {
        final String most = "{\"model\":\"" + "a".repeat(16_700_000);
        for (int connection = 0; connection < 6; connection++) {
            scene.sent(AGENT, 100 + connection, post(17_000_000, "") + most);
            assertThat(scene.pipeline.contentBytes()).isLessThanOrEqualTo(MOST);
        }
        assertThat(scene.errors()).isNotEmpty().containsOnly("sensor.gap.shed");

        scene.chat(AGENT, 200, question("x".repeat(MIB)), ANSWER);
        assertThat(scene.models()).hasSize(1);
        final ModelInvocation heard = scene.models().getFirst();
        assertThat(heard.header().completeness()).isEqualTo(Completeness.COMPLETE);
        assertThat(heard.outputHash()).hasSize(64);
    }

    @Test
    void whatAConnectionNeededOnceIsGivenBack() {
        for (int connection = 0; connection < 200; connection++) {
            scene.sent(AGENT, connection, "GET / HTTP/1.1\r\nHost: h\r\nX: " + "x".repeat(60_000) + "\r\n\r\n");
        }
        assertThat(scene.pipeline.contentBytes()).isLessThan(2 * MIB);
    }

    @Test
    void whatWaitsForAnAnswerCountsUntilNobodyWaits() {
        for (int id = 0; id < 1000; id++) {
            scene.write(
                    AGENT,
                    CHANNEL,
                    CHANNEL,
                    "{\"jsonrpc\":\"2.0\",\"id\":" + id
                            + ",\"method\":\"tools/call\",\"params\":{\"name\":\"t\",\"arguments\":{}}}\n");
        }
        scene.chat(AGENT, 1, question("one"), "");
        assertThat(scene.pipeline.contentBytes()).isGreaterThan(1000 * 1024);
        scene.exit(AGENT);
        assertThat(scene.pipeline.contentBytes()).isZero();
        assertThat(scene.tools()).hasSize(1000);
    }

    @Test
    void itemsOfAConversationThatNobodyAsksAboutCount() {
        upgrade(1, "");
        final Chunk item =
                message("{\"type\":\"conversation.item.create\",\"item\":{\"type\":\"message\",\"role\":\"user\","
                        + "\"content\":[{\"type\":\"input_text\",\"text\":\"" + "x".repeat(MIB) + "\"}]}}");
        for (int count = 0; count < 100; count++) {
            scene.tls(AGENT, 1, item, true);
            assertThat(scene.pipeline.contentBytes()).isLessThanOrEqualTo(MOST);
        }
        assertThat(scene.errors()).containsOnly("sensor.gap.shed");
    }

    @Test
    void whatIsAskedBehindAnUpgradeIsAGapAndIsForgotten() {
        upgrade(1, post(16 * MIB, "") + "{\"model\":\"" + "a".repeat(8 * MIB));
        assertThat(scene.errors()).containsExactly("sensor.gap.http");
        assertThat(scene.pipeline.contentBytes()).isLessThan(MIB);
    }

    @Test
    void windowsOfCompressedBodiesCount() throws IOException {
        final ByteArrayOutputStream begun = new ByteArrayOutputStream();
        begun.writeBytes(post(9999, "Content-Encoding: deflate\r\n").getBytes(StandardCharsets.UTF_8));
        try (DeflaterOutputStream zip = new DeflaterOutputStream(begun, new Deflater(), 512, true)) {
            zip.write("{\"model\":\"".getBytes(StandardCharsets.UTF_8));
            zip.flush();
        }
        for (int connection = 0; connection < 1500; connection++) {
            scene.tls(AGENT, connection, new Chunk(true, begun.toByteArray()), true);
            assertThat(scene.pipeline.contentBytes()).isLessThanOrEqualTo(MOST);
        }
        assertThat(scene.errors()).isNotEmpty().containsOnly("sensor.gap.shed");
    }

    @Test
    void aConversationOfAThousandMessagesFitsIntoTheLog() {
        final String messages = IntStream.range(0, 1000)
                .mapToObj(i -> "{\"role\":\"" + (i % 2 == 0 ? "user" : "assistant") + "\",\"content\":\""
                        + ("word" + i + " and more of it ").repeat(60) + "\"}")
                .collect(Collectors.joining(","));
        scene.chat(AGENT, 1, "{\"model\":\"gpt-4o\",\"messages\":[" + messages + "]}", ANSWER);
        final ModelInvocation model = scene.models().getFirst();
        assertThat(EventCodec.encode(model)).hasSizeLessThanOrEqualTo(LogWriter.MAX_ENTRY);
        assertThat(model.fingerprints().getLast().part()).isEqualTo("output");
        assertThat(model.fingerprints().reversed().subList(1, 10))
                .allSatisfy(part -> assertThat(part.winnow()).isNotNull());
        assertThat(model.fingerprints().getFirst())
                .extracting(PartFingerprint::winnow)
                .isNull();
        assertThat(model.fingerprints())
                .allSatisfy(part -> assertThat(part.sha256()).isNotNull());
    }

    @Test
    void moreToolsThanAnEventHasRoomForAreAGap() {
        final String tools = IntStream.range(0, 1000)
                .mapToObj(i -> "{\"id\":\"call_" + i + "\",\"type\":\"function\",\"function\":{\"name\":\"tool_" + i
                        + "\",\"arguments\":\"{\\\"path\\\":\\\"/a\\\"}\"}}")
                .collect(Collectors.joining(","));
        scene.chat(
                AGENT,
                1,
                question("use all tools"),
                "{\"object\":\"chat.completion\",\"model\":\"gpt-4o\",\"choices\":[{\"message\":{\"role\":\"assistant\","
                        + "\"content\":null,\"tool_calls\":[" + tools + "]}}]}");
        final ModelInvocation model = scene.models().getFirst();
        assertThat(EventCodec.encode(model)).hasSizeLessThanOrEqualTo(LogWriter.MAX_ENTRY);
        assertThat(model.toolsRequested()).hasSizeBetween(20, 999);
        assertThat(model.header().completeness()).isNotEqualTo(Completeness.COMPLETE);
        assertThat(scene.errors()).containsExactly("sensor.gap.too_large");
    }

    @Test
    void aFileWhoseClosingWillNotBeToldIsRecordedWithoutItsBytes() {
        final long first = scene.open(AGENT, "/data/first");
        scene.open(AGENT, "/data/second");
        scene.pipeline.closingLost(first);
        assertThat(scene.accesses()).singleElement().satisfies(access -> {
            assertThat(access.resourceUri()).isEqualTo("file:///data/first");
            assertThat(access.byteCount()).isNull();
        });
        assertThat(scene.errors()).containsExactly("sensor.gap.file");
    }

    @Test
    void gapsThatAreTooManyToBeToldOneByOneAreSummed() {
        for (int connection = 0; connection < 1000; connection++) {
            scene.sent(AGENT, connection, "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n");
        }
        assertThat(scene.errors()).hasSize(RepeatedGaps.TOLD).containsOnly("sensor.gap.http");

        scene.pipeline.tick();
        assertThat(scene.errors()).hasSize(RepeatedGaps.TOLD + 1).containsOnly("sensor.gap.http");
        final Gap sum = gaps().getLast();
        assertThat(sum.events()).isEqualTo(1000 - RepeatedGaps.TOLD);
        assertThat(sum.from()).isAfter(gaps().get(RepeatedGaps.TOLD - 1).to()).isBefore(sum.to());

        scene.pipeline.tick();
        scene.sent(AGENT, 2000, "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n");
        assertThat(scene.errors()).hasSize(RepeatedGaps.TOLD + 2);
        assertThat(gaps().getLast().events()).isNull();
    }

    @Test
    void whatIsSummedOfAProcessIsToldWhenItEnds() {
        for (int connection = 0; connection < 100; connection++) {
            scene.sent(AGENT, connection, "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n");
            scene.sent(AGENT + 1, connection, "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n");
        }
        assertThat(scene.errors()).hasSize(2 * RepeatedGaps.TOLD);
        scene.exit(AGENT);
        assertThat(scene.errors()).hasSize(2 * RepeatedGaps.TOLD + 1);
        assertThat(gaps().getLast().events()).isEqualTo(100 - RepeatedGaps.TOLD);
    }

    @Test
    void aLengthThatNothingCanHaveIsAGap() {
        for (int connection = 0; connection < 100; connection++) {
            scene.chat(AGENT, connection, question("hello"), "")
                    .sent(
                            AGENT,
                            1000 + connection,
                            post(9, "Content-Type: application/json\r\n")
                                    .replace("Length: 9", "Length: 9000000000000000000"))
                    .received(
                            AGENT,
                            1000 + connection,
                            "HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\nx");
        }
        scene.exit(AGENT);
        scene.pipeline.tick();
        assertThat(scene.errors()).isNotEmpty().doesNotContain("sensor.gap.internal");
    }

    private List<Gap> gaps() {
        return scene.all(ErrorEvent.class).stream().map(ErrorEvent::gap).toList();
    }
}
