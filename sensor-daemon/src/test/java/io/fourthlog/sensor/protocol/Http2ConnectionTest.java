package io.fourthlog.sensor.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.streams.GapCause;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Http2ConnectionTest {
    private static final String PATH = "/v1/chat/completions";
    private static final String BODY = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private final Frames client = new Frames(true);
    private final Frames server = new Frames(false);

    private static String answer(final String text) {
        return "{\"model\":\"m-1\",\"choices\":[{\"message\":{\"content\":\"" + text + "\"}}]}";
    }

    private List<Chunk> exchange(final int stream, final String text) {
        return List.of(
                client.request(stream, PATH),
                client.data(stream, true, BODY),
                server.response(stream, "content-type", "application/json", "x-request-id", "r" + stream),
                server.data(stream, true, answer(text)));
    }

    private static String seen(final String text) {
        return "200 m-1 " + text + "|-1/-1|null";
    }

    @Test
    void mixedStreamsMeetTheirAnswers() {
        final Watched watched = new Watched()
                .pass(client.preface())
                .pass(server.raw(4, 0, 0, new byte[6]))
                .pass(client.request(1, PATH))
                .pass(client.request(3, PATH))
                .pass(client.data(3, true, BODY))
                .pass(client.data(1, false, BODY.substring(0, 9)))
                .pass(server.raw(8, 0, 0, new byte[] {0, 0, 9, 9}))
                .pass(client.data(1, true, BODY.substring(9)))
                .pass(server.response(3))
                .pass(server.data(3, false, answer("three").substring(0, 20)))
                .pass(server.response(1))
                .pass(server.data(1, true, answer("one")))
                .pass(server.data(3, true, answer("three").substring(20)));
        assertThat(watched.answers).containsExactly(seen("one"), seen("three"));
        assertThat(watched.prompts).containsExactly("m|USER hi", "m|USER hi");
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void continuationsPaddingPrioritiesAndTrailersAreUnwrapped() {
        final byte[] block = client.block(":method", "POST", ":path", PATH, ":authority", "model");
        final byte[] first =
                new byte[] {2, 0, 0, 0, 0, 7, block[0], block[1], 0, 0}; // pad length, priority, two, padding
        final byte[] second = {block[2]};
        final byte[] third = java.util.Arrays.copyOfRange(block, 3, block.length);
        final byte[] padded = Frames.concat(
                new byte[] {3}, Frames.concat(BODY.getBytes(java.nio.charset.StandardCharsets.UTF_8), new byte[3]));
        final Watched watched = new Watched()
                .pass(client.preface())
                .pass(client.raw(1, 0x28, 1, first))
                .pass(client.raw(9, 0, 1, second))
                .pass(client.raw(9, 4, 1, third))
                .pass(client.raw(0, 8, 1, padded))
                .pass(client.headers(1, true, "grpc-status", "0"))
                .pass(server.headers(1, false, ":status", "103", "link", "x"))
                .pass(server.response(1))
                .pass(server.data(1, false, answer("yes")))
                .pass(server.headers(1, true, "server-timing", "a"));
        assertThat(watched.answers).containsExactly(seen("yes"));
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void aRequestWhoseHeadNeverEndsIsAGap() {
        final Watched watched = new Watched()
                .pass(client.preface())
                .pass(client.raw(1, 0, 1, client.block(":method", "POST", ":path", PATH)))
                .close();
        assertThat(watched.gaps).containsExactly(GapCause.UNFINISHED);
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void aConnectionThatIsGivenUpSaysSoThoughNothingIsUnderWay() {
        final Watched watched = new Watched().pass(client.preface()).pass(exchange(1, "one"));
        watched.connection.shed();
        watched.connection.shed();
        watched.pass(exchange(3, "three"));
        assertThat(watched.answers).containsExactly(seen("one"));
        assertThat(watched.close().gaps).containsExactly(GapCause.SHED);
    }

    @Test
    void anUpgradeFromHttp1IsFollowed() {
        final Watched watched = new Watched()
                .sent("POST " + PATH + " HTTP/1.1\r\nHost: m\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                        + "HTTP2-Settings: \r\nContent-Length: " + BODY.length() + "\r\n\r\n" + BODY)
                .received("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
                .pass(server.raw(4, 0, 0, new byte[0]))
                .pass(client.preface())
                .pass(server.response(1))
                .pass(server.data(1, true, answer("one")))
                .pass(exchange(3, "three"));
        assertThat(watched.answers).containsExactly(seen("one"), seen("three"));
        assertThat(watched.gaps).isEmpty();
    }

    @Test
    void aCancelledStreamIsCutAndTheOthersGoOn() {
        final Watched watched = new Watched()
                .pass(client.preface())
                .pass(client.request(1, PATH))
                .pass(client.data(1, true, BODY))
                .pass(server.response(1))
                .pass(server.data(1, false, answer("one").substring(0, 20)))
                .pass(client.raw(3, 0, 1, new byte[] {0, 0, 0, 8}))
                .pass(server.data(1, false, answer("one").substring(20)))
                .pass(exchange(3, "three"));
        assertThat(watched.answers).containsExactly(seen("three"));
        assertThat(watched.cutAnswers).hasSize(1);
        assertThat(watched.gaps).containsExactly(GapCause.UNFINISHED);
    }

    @Test
    void whatIsUnderWayWhenAStreamIsCancelledIsOfAStreamThatWasSeen() {
        final Watched watched = new Watched()
                .pass(client.preface())
                .pass(client.request(1, PATH))
                .pass(client.data(1, true, BODY))
                .pass(client.raw(3, 0, 1, new byte[] {0, 0, 0, 8}))
                .pass(server.response(1))
                .pass(server.data(1, true, answer("one")))
                .pass(exchange(3, "three"));
        assertThat(watched.answers).containsExactly(seen("three"));
        assertThat(watched.gaps).containsExactly(GapCause.UNFINISHED);
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void aServerThatAnswersBeforeAllIsAskedIsOneGapUnlessTheRestIsSentAllTheSame() {
        for (final boolean more : new boolean[] {false, true}) {
            final Http2ConnectionTest fresh = new Http2ConnectionTest();
            final Watched watched = new Watched()
                    .pass(fresh.client.preface())
                    .pass(fresh.client.request(1, PATH))
                    .pass(fresh.client.data(1, false, BODY.substring(0, 20)))
                    .pass(fresh.server.headers(1, false, ":status", "413", "content-type", "application/json"))
                    .pass(fresh.server.data(1, true, "{\"error\":{\"type\":\"too_large\"}}"))
                    .pass(fresh.client.data(1, false, more ? BODY.substring(20) : ""))
                    .pass(fresh.server.raw(3, 0, 1, new byte[4]))
                    .pass(fresh.exchange(3, "three"));
            final String refused = "413 null |-1/-1|too_large";
            assertThat(watched.answers)
                    .containsExactlyElementsOf(more ? List.of(refused, seen("three")) : List.of(seen("three")));
            assertThat(watched.cutAnswers).containsExactlyElementsOf(more ? List.of() : List.of(refused));
            assertThat(watched.gaps).containsExactlyElementsOf(more ? List.of() : List.of(GapCause.UNFINISHED));
            assertThat(watched.close().budget.used()).isZero();
        }
    }

    @Test
    void anAnswerThatCameInItsWholeLengthIsNotCutByACancelledStream() {
        final Watched watched = new Watched()
                .pass(client.preface())
                .pass(client.request(1, PATH))
                .pass(client.data(1, true, BODY))
                .pass(server.response(
                        1, "content-length", String.valueOf(answer("one").length())))
                .pass(server.data(1, false, answer("one")))
                .pass(client.raw(3, 0, 1, new byte[] {0, 0, 0, 8}))
                .pass(server.data(1, true, ""))
                .pass(exchange(3, "three"));
        assertThat(watched.answers).containsExactly(seen("one"), seen("three"));
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void whatBeganBeforeTheCaptureIsToldByItsBodyAndNeverWrong() {
        exchange(1, "not captured"); // fills both tables: path, x-app, content-type
        client.request(3, "/v1/other");
        final Watched watched = new Watched()
                .pass(exchange(5, "indexed")) // names its path by an entry that was not seen
                .pass(client.request(7, "/v1/new/chat/completions"))
                .pass(client.data(7, true, BODY))
                .pass(server.response(7, "content-type", "application/json"))
                .pass(server.data(7, true, answer("seven")))
                .pass(client.request(9, "/v1/other")) // so does this, and it is no question to a model
                .pass(client.data(9, true, "{\"input\":\"x\"}"))
                .pass(server.response(9))
                .pass(server.data(9, true, answer("nine")));
        assertThat(watched.prompts).containsExactly("m|USER hi", "m|USER hi");
        assertThat(watched.answers).containsExactly(seen("indexed"), seen("seven"));
        assertThat(watched.gaps).containsExactly(GapCause.MIDDLE, GapCause.MIDDLE, GapCause.MIDDLE);
    }

    /** As gRPC's does, and others over TLS. */
    @Test
    void aServerThatSpeaksFirstIsAServer() {
        final Frames server = new Frames(true);
        final Frames client = new Frames(false);
        final Watched watched = new Watched()
                .pass(server.raw(4, 0, 0, new byte[12])) // settings
                .pass(server.raw(8, 0, 0, new byte[] {0, 0, 1, 0})) // its window
                .pass(client.preface())
                .pass(client.request(1, "/v1/chat/completions"))
                .pass(server.response(1))
                .pass(server.data(1, true, "{}"));
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.prompts).isEmpty();
        watched.close();
    }

    /** As by a client whose thread that reads is ahead of the one that writes the preface. */
    @Test
    void aServerThatIsHeardBeforeItsClientBeginsTheConnection() {
        final Watched watched = new Watched()
                .pass(server.raw(4, 0, 0, new byte[6])) // settings
                .pass(client.preface())
                .pass(exchange(1, "one"))
                .pass(exchange(3, "three")); // names its path by the table
        assertThat(watched.answers).containsExactly(seen("one"), seen("three"));
        assertThat(watched.gaps).isEmpty();
        watched.close();
    }

    /** Java's: the client's end is told when it has said its own, and the server says last that it goes. */
    @Test
    void whatAServerSaysAfterTheEndOfAConnectionIsNone() {
        final Watched watched = new Watched().pass(server.raw(7, 0, 0, new byte[8])); // GOAWAY
        assertThat(watched.close().gaps).isEmpty();
    }

    @Test
    void aClientWhoseConnectionIsHeardFromASettingOnIsInTheMiddleOfIt() {
        final Frames client = new Frames(true);
        final Watched watched =
                new Watched().pass(client.raw(4, 1, 0, new byte[0])).pass(client.request(3, "/v1/chat/completions"));
        assertThat(watched.gaps).contains(GapCause.MIDDLE);
        watched.close();
    }

    @Test
    void aLostHeaderBlockDoesNotShiftTheTable() {
        final Watched watched = new Watched().pass(client.preface()).pass(exchange(1, "one"));
        watched.pass(client.request(3, "/v1/added/to/the/table"), false);
        watched.pass(client.request(5, PATH))
                .pass(client.data(5, true, "{\"x\":1}")); // by its old entry: not to be known
        watched.pass(client.request(7, "/v2/chat/completions")).pass(client.data(7, true, BODY));
        watched.pass(server.response(7))
                .pass(server.data(7, true, answer("seven")))
                .close();
        assertThat(watched.answers).containsExactly(seen("one"), seen("seven"));
        assertThat(watched.gaps).contains(GapCause.STREAM);
        assertThat(watched.budget.used()).isZero();
    }

    /** Clients that imitate browsers allow 65,536. */
    @ParameterizedTest
    @ValueSource(longs = {4095, 4097, 16_384, 16_385, 65_535, 65_536})
    void aLargeTableIsKept(final long octets) {
        final Watched watched = new Watched().pass(client.preface()).pass(exchange(1, "one"));
        final long held = watched.budget.used();
        server.table(octets);
        for (int stream = 3; stream < 400; stream += 2) { // each answer is another entry
            watched.pass(exchange(stream, "s" + stream));
        }
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.answers).hasSize(200).startsWith(seen("one")).endsWith(seen("s399"));
        assertThat(watched.budget.used()).isEqualTo(held + Math.max(0, octets - (16 << 10)));
        assertThat(watched.close().budget.used()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {65_537, 1 << 20, (1L << 32) - 1})
    void aTableThatIsTooLargeIsAGapOfWhatItBeginsWith(final long octets) {
        server.table(octets);
        final Watched watched =
                new Watched().pass(client.preface()).pass(exchange(1, "one")).pass(exchange(3, "three"));
        assertThat(watched.answers).containsExactly(seen("three"));
        assertThat(watched.gaps).containsExactly(GapCause.MIDDLE);
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void aTableGivesBackWhatItNoLongerHas() {
        final Watched watched = new Watched().pass(client.preface()).pass(exchange(1, "one"));
        final long held = watched.budget.used();
        server.table(65_536);
        watched.pass(exchange(3, "three"));
        assertThat(watched.budget.used()).isEqualTo(held + (48 << 10));
        server.table(100);
        watched.pass(exchange(5, "five"));
        assertThat(watched.answers).containsExactly(seen("one"), seen("three"), seen("five"));
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.budget.used()).isEqualTo(held);
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void aHundredThousandContinuationsAreBounded() {
        final Watched watched = new Watched().pass(client.preface()).pass(client.raw(1, 0, 1, new byte[] {0x40}));
        for (int i = 0; i < 100_000; i++) {
            watched.pass(client.raw(9, 0, 1, new byte[1000]));
            assertThat(watched.budget.used()).isLessThan(256 << 10);
        }
        watched.pass(client.raw(9, 4, 1, new byte[0]));
        watched.pass(client.request(3, "/v3/chat/completions")).pass(client.data(3, true, BODY));
        watched.pass(server.response(3)).pass(server.data(3, true, answer("next")));
        assertThat(watched.gaps).containsExactly(GapCause.TOO_LARGE);
        assertThat(watched.answers).containsExactly(seen("next"));
    }

    @Test
    void aMillionStreamsAreBounded() {
        final Watched watched = new Watched().pass(client.preface());
        final byte[] block = client.block(":method", "POST", ":path", PATH);
        client.block(":method", "POST", ":path", PATH);
        watched.pass(client.raw(1, 4, 1, block));
        for (int stream = 3; stream < 2_000_000; stream += 2) {
            watched.pass(client.raw(1, 4, stream, new byte[] {(byte) 0x83, (byte) 0xbe}));
        }
        assertThat(watched.gaps).contains(GapCause.SHED);
        assertThat(watched.budget.used()).isZero();
        assertThat(new Watched()
                        .pass(new Frames(true).preface())
                        .pass(new Http2ConnectionTest().exchange(1, "next"))
                        .answers)
                .containsExactly(seen("next"));
    }

    @Test
    void nothingIsReadOfAConnectionThatWasGivenUpInTheMiddleOfAChunk() {
        final Watched watched = new Watched().pass(client.preface());
        byte[] frames = client.request(1, PATH).bytes();
        for (int stream = 3; stream < 6000; stream += 2) {
            frames = Frames.concat(frames, client.request(stream, PATH).bytes());
        }
        watched.pass(new Chunk(true, frames));
        assertThat(watched.gaps).contains(GapCause.SHED);
        assertThat(watched.budget.used()).isZero();
    }

    @Property(tries = 200)
    void everyChunkingGivesTheSame(
            @ForAll @Size(min = 1, max = 12) final List<@IntRange(min = 1, max = 200) Integer> sizes) {
        final Http2ConnectionTest fresh = new Http2ConnectionTest();
        final List<Chunk> whole = new ArrayList<>(List.of(fresh.client.preface()));
        whole.addAll(fresh.exchange(1, "one"));
        whole.addAll(fresh.exchange(3, "three"));
        final Watched watched = new Watched().pass(Transcript.cut(whole, sizes));
        assertThat(watched.answers).containsExactly(seen("one"), seen("three"));
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.close().budget.used()).isZero();
    }

    @Property(tries = 400)
    void lostBytesAreAGapAndNeverAWrongAnswer(
            @ForAll @Size(min = 1, max = 8) final List<@IntRange(min = 5, max = 200) Integer> sizes,
            @ForAll @Size(min = 1, max = 4) final List<@IntRange(min = 0, max = 1000) Integer> which) {
        final Frames from = new Frames(true);
        final Frames to = new Frames(false);
        final List<Chunk> whole = new ArrayList<>(List.of(from.preface()));
        for (int stream = 1; stream < 9; stream += 2) {
            whole.add(from.request(stream, PATH));
            whole.add(from.data(stream, true, BODY));
            whole.add(to.response(stream, "x", "y" + stream));
            whole.add(to.data(stream, false, answer("text" + stream).substring(0, 30)));
            whole.add(to.data(stream, true, answer("text" + stream).substring(30)));
        }
        final List<Chunk> chunks = Transcript.cut(whole, sizes);
        final Set<Integer> lost = Transcript.lost(chunks, which);
        final Watched watched = new Watched();
        for (int i = 0; i < chunks.size(); i++) {
            watched.pass(chunks.get(i), !lost.contains(i));
        }
        watched.close();
        assertThat(List.of(seen("text1"), seen("text3"), seen("text5"), seen("text7")))
                .containsAll(watched.answers);
        assertThat(watched.prompts).allMatch("m|USER hi"::equals);
        if (watched.answers.size() < 4) {
            assertThat(watched.gaps).isNotEmpty();
        }
        assertThat(watched.budget.used()).isZero();
    }

    @Property(tries = 500)
    void hostileFramesNeverThrow(@ForAll final byte[] noise, @ForAll final long seed) {
        final Random random = new Random(seed);
        final Watched watched = new Watched().pass(client.preface());
        for (int i = 0; i < 20; i++) {
            final byte[] payload = random.nextBoolean() ? noise : new byte[random.nextInt(40)];
            final boolean sent = random.nextBoolean();
            watched.pass(
                    new Chunk(sent, Frames.frame(random.nextInt(11), random.nextInt(256), random.nextInt(4), payload)));
            watched.pass(client.request(2 * i + 11, PATH));
            watched.pass(new Chunk(sent, noise), random.nextInt(4) > 0);
        }
        assertThat(watched.close().budget.used()).isZero();
    }
}
