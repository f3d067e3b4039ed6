package io.fourthlog.sensor.protocol;

import static io.fourthlog.sensor.protocol.Frames.message;
import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.streams.GapCause;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests over HTTP/2 that ask no model, among them calls by gRPC. */
class ResourceExchangeTest {
    private static final byte[] GREETING = {0x0a, 5, 'h', 'e', 'l', 'l', 'o', 0x10, 7}; // a text and a number

    private Frames client = new Frames(true);
    private Frames server = new Frames(false);

    private void begin() {
        client = new Frames(true);
        server = new Frames(false);
    }

    private List<Chunk> mixed() {
        begin();
        return List.of(
                client.preface(),
                client.request(1, "/resource/a"),
                client.data(1, false, "one "),
                client.headers(3, true, ":method", "GET", ":path", "/resource/b", ":authority", "h"),
                client.data(1, true, "two"),
                server.response(3, "content-type", "text/plain"),
                server.data(3, false, "three"),
                server.headers(1, true, ":status", "404"),
                server.data(3, true, "four"));
    }

    private Chunk call() {
        return call("application/grpc");
    }

    private Chunk call(final String type) {
        return client.headers(
                1, false, ":method", "POST", ":path", "/resource.Of/Call", ":authority", "h", "content-type", type);
    }

    private List<Chunk> called(final byte[] message, final String status) {
        begin();
        return List.of(
                client.preface(),
                call(),
                client.raw(0, 1, 1, message),
                server.response(1, "content-type", "application/grpc"),
                server.raw(0, 0, 1, message),
                server.headers(1, true, "grpc-status", status));
    }

    @Test
    void streamsThatAreMixedAreToldApart() {
        final Watched watched = new Watched().pass(mixed());
        assertThat(watched.resources).containsExactly("404 7 -1|one two", "200 9 -1|threefour");
        assertThat(watched.close().budget.used()).isZero();
    }

    @Property(tries = 200)
    void everyCutGivesTheSame(@ForAll @IntRange(min = 1, max = 60) final int size) {
        final Watched watched = new Watched().pass(Transcript.cut(mixed(), List.of(size)));
        assertThat(watched.resources).containsExactly("404 7 -1|one two", "200 9 -1|threefour");
        assertThat(watched.gaps).isEmpty();
        assertThat(watched.close().budget.used()).isZero();
    }

    @Property(tries = 400)
    void aLostChunkIsNeverAWrongCount(
            @ForAll @IntRange(min = 5, max = 60) final int size,
            @ForAll @IntRange(min = 0, max = 60) final int dropped) {
        final Watched watched = new Watched();
        int count = 0;
        for (final Chunk chunk : Transcript.cut(mixed(), List.of(size))) {
            watched.pass(chunk, count++ != dropped);
        }
        watched.close();
        assertThat(watched.resources).isSubsetOf("404 7 -1|one two", "200 9 -1|threefour");
        assertThat(watched.resources.size() == 2 || !watched.gaps.isEmpty()).isTrue();
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void aStreamThatIsCancelledIsAGapWithWhatCame() {
        final Watched watched = new Watched()
                .pass(client.preface())
                .pass(client.headers(1, true, ":method", "GET", ":path", "/resource", ":authority", "h"))
                .pass(server.response(1))
                .pass(server.data(1, false, "some"))
                .pass(client.raw(3, 0, 1, new byte[] {0, 0, 0, 8}));
        assertThat(watched.cutResources).containsExactly("200 4 -1|some -1");
        assertThat(watched.gaps).containsExactly(GapCause.UNFINISHED);
    }

    private static Watched letGo(final String fields, final byte[] body, final int size) {
        final Watched watched = new Watched()
                .sent("POST /resource HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}")
                .received("HTTP/1.1 200 OK\r\n" + fields + "Transfer-Encoding: chunked\r\n\r\n");
        for (int at = 0; at < body.length; at += size) {
            final byte[] part = Arrays.copyOfRange(body, at, Math.min(at + size, body.length));
            watched.received("%x\r\n".formatted(part.length))
                    .pass(new Chunk(false, part))
                    .received("\r\n");
        }
        return watched.close();
    }

    private static Watched letGo(final String events, final int size) {
        return letGo("Content-Type: text/event-stream\r\n", events.getBytes(StandardCharsets.UTF_8), size);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: [DONE]\n\n",
                "data:[DONE]\r\n\r\n",
                "data: {}\n\ndata: [DONE]\n",
                "id: 1\ndata: {\"a\":\"long enough for more than what is kept\"}\n\nid: 2\nevent: done\ndata: [DONE]\n\n"
            })
    void aStreamOfEventsMayBeLetGoOfAtTheMarkOfItsEnd(final String events) {
        for (int size = 1; size <= events.length(); size++) {
            final Watched watched = letGo(events, size);
            assertThat(watched.gaps).isEmpty();
            assertThat(watched.resources).containsExactly("200 %d -1|{}|%s".formatted(events.length() + 2, events));
            assertThat(watched.budget.used()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {}\n\n",
                "data: [DONE",
                "data: x[DONE]\n\n",
                "xdata: [DONE]\n\n",
                "data: {\"a\":\"data: [DONE]\"}\n\n",
                "data: [DONE]\n\ndata: {}\n\n",
                "data: {\"a\":\"long enough for more than what is kept\"}\n\ndata:",
                "data: {\"a\":\"data: [DONE]\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
            })
    void aStreamOfEventsThatIsLetGoOfElsewhereIsCut(final String events) {
        for (int size = 1; size <= events.length(); size++) {
            assertThat(letGo(events, size).gaps).containsExactly(GapCause.UNFINISHED);
        }
    }

    @Test
    void whatIsNoStreamOfEventsHasNoMark() {
        final byte[] body = "data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8);
        assertThat(letGo("Content-Type: text/plain\r\n", body, body.length).gaps)
                .containsExactly(GapCause.UNFINISHED);
    }

    @Test
    void aStreamThatIsCompressedMayBeLetGoOfAtItsMark() throws IOException {
        final String events = "data: {}\n\ndata: [DONE]\n\n";
        final ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(zipped, true)) {
            zip.write(events.getBytes(StandardCharsets.UTF_8));
            zip.flush();
            final Watched watched =
                    letGo("Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n", zipped.toByteArray(), 64);
            assertThat(watched.gaps).isEmpty();
            assertThat(watched.resources).containsExactly("200 26 -1|{}|" + events);
        }
    }

    @Test
    void ofACallByGrpcTheTextsAreSeenAndItsStatus() {
        final Watched watched = new Watched().pass(called(message(0, GREETING), "5"));
        assertThat(watched.resources).containsExactly("200 28 5|hello\n|hello\n");
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void aCompressedMessageOfACallIsReadAndOneOfAnotherKindIsSaidNotToBe() throws IOException {
        final ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
            zip.write(GREETING);
        }
        assertThat(new Watched().pass(called(message(1, zipped.toByteArray()), "0")).resources)
                .singleElement()
                .asString()
                .endsWith(" 0|hello\n|hello\n");
        assertThat(new Watched().pass(called(message(1, new byte[] {'s', 'n', 'a', 'p'}), "0")).resources)
                .containsExactly("200 18 0?compressed?compressed");
    }

    @Test
    void ofACallByGrpcWebTheTextsAreSeenAndItsTrailersAreNoneThatIsCompressed() {
        begin();
        final byte[] trailers = "grpc-status:0\r\n".getBytes(StandardCharsets.US_ASCII);
        final Watched watched = new Watched()
                .pass(List.of(
                        client.preface(),
                        call("application/grpc-web+proto"),
                        client.raw(0, 1, 1, message(0, GREETING)),
                        server.response(1, "content-type", "application/grpc-web+proto"),
                        server.raw(0, 1, 1, Frames.concat(message(0, GREETING), message(0x80, trailers)))));
        assertThat(watched.resources)
                .singleElement()
                .asString()
                .contains("|hello\n|hello\n")
                .doesNotContain("?compressed");
        assertThat(watched.close().budget.used()).isZero();
    }

    /** Servers write each message, and the trailers, in a text of its own. */
    @Test
    void ofACallByGrpcWebInBase64TheTextsAreSeenAndItsStatus() {
        final byte[] trailers = "grpc-status:5\r\n".getBytes(StandardCharsets.US_ASCII);
        final byte[] asked = Base64.getEncoder().encode(message(0, GREETING));
        final byte[] answered = Frames.concat(asked, Base64.getEncoder().encode(message(0x80, trailers)));
        for (int size = 1; size < 40; size++) {
            begin();
            final Watched watched = new Watched()
                    .pass(Transcript.cut(
                            List.of(
                                    client.preface(),
                                    call("application/grpc-web-text"),
                                    client.raw(0, 1, 1, asked),
                                    server.response(1, "content-type", "application/grpc-web-text+proto"),
                                    server.raw(0, 1, 1, answered)),
                            List.of(size)));
            assertThat(watched.resources)
                    .singleElement()
                    .asString()
                    .startsWith("200 " + (asked.length + answered.length) + " 5|hello\n|hello\n");
            assertThat(watched.close().gaps).isEmpty();
            assertThat(watched.budget.used()).isZero();
        }
    }

    @Test
    void ofACallByGrpcWebThatIsNoBase64TheRestIsAGap() {
        begin();
        final Watched watched = new Watched()
                .pass(List.of(
                        client.preface(),
                        call("application/grpc-web-text"),
                        client.data(1, true, "AAAA!AAA"),
                        server.headers(1, true, ":status", "200")));
        assertThat(watched.gaps).containsExactly(GapCause.ENCODING);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "grpc-web+proto; 128; grpc-message:no|Grpc-Status: 5|; 5",
                "grpc-web+proto; 128; x-grpc-status:5|grpc-status:0; 0",
                "grpc-web+proto; 128; grpc-status:|grpc-status:99999999999999999999; 65536",
                "connect+json; 2; {\"error\":{\"code\":\"not_found\",\"message\":\"no\"},\"metadata\":{}}; 5",
                "connect+json; 2; {\"error\":{\"message\":\"no\"}}; 2",
                "connect+proto; 2; {}; -1"
            })
    void aCallMaySayInItsLastMessageWhatItCameTo(
            final String type, final int flags, final String text, final String status) {
        begin();
        final byte[] last = text.replace("|", "\r\n").getBytes(StandardCharsets.US_ASCII);
        final Watched watched = new Watched()
                .pass(List.of(
                        client.preface(),
                        call("application/" + type),
                        client.raw(0, 1, 1, message(0, GREETING)),
                        server.response(1, "content-type", "application/" + type),
                        server.raw(0, 1, 1, Frames.concat(message(0, GREETING), message(flags, last)))));
        assertThat(watched.resources).singleElement().satisfies(all -> {
            assertThat(all).startsWith("200 " + (2 * (5 + GREETING.length) + 5 + last.length) + " " + status + "|");
        });
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void ofABodyOfProtocolBuffersTheTextsAreSeen() {
        begin();
        final Watched watched = new Watched()
                .pass(List.of(
                        client.preface(),
                        call("application/x-protobuf"),
                        client.raw(0, 1, 1, GREETING),
                        server.response(1, "content-type", "application/x-protobuf"),
                        server.raw(0, 1, 1, GREETING)));
        assertThat(watched.resources).containsExactly("200 18 -1|hello\n|hello\n");
        assertThat(watched.close().budget.used()).isZero();
    }

    @Test
    void ofABodyThatIsOnlySaidToBeProtocolBuffersAllIsSeen() {
        begin();
        final byte[] other = "\0\1 to bob@example.com \1".getBytes(StandardCharsets.US_ASCII);
        final Watched watched = new Watched()
                .pass(List.of(
                        client.preface(),
                        call("application/x-protobuf"),
                        client.raw(0, 1, 1, other),
                        server.response(1),
                        server.raw(0, 1, 1, GREETING)));
        assertThat(watched.resources).singleElement().asString().contains("to bob@example.com");
    }

    private Watched refused(final Chunk... then) {
        return new Watched()
                .pass(client.preface())
                .pass(call())
                .pass(server.headers(1, true, ":status", "200", "grpc-status", "12"))
                .pass(List.of(then));
    }

    @Test
    void aCallThatIsRefusedBeforeItsMessageIsSentIsWhole() {
        final byte[] noError = new byte[4];
        for (final Chunk last : List.of(client.raw(3, 0, 1, noError), client.raw(0, 1, 1, new byte[0]))) {
            begin();
            final Watched watched = refused(server.raw(3, 0, 1, noError), last);
            assertThat(watched.resources).containsExactly("200 0 12");
            assertThat(watched.gaps).isEmpty();
            assertThat(watched.close().budget.used()).isZero();
        }
    }

    @Test
    void aCallThatIsRefusedIsOverWhenItsClientSaysSo() {
        final Watched watched = refused();
        assertThat(watched.resources).isEmpty();
        assertThat(watched.pass(client.raw(0, 1, 1, message(0, GREETING))).resources)
                .containsExactly("200 14 12|hello\n");
        begin();
        final Watched closed = refused();
        closed.connection.closed();
        assertThat(closed.resources).containsExactly("200 0 12");
        begin();
        assertThat(refused().close().gaps)
                .containsExactly(GapCause.STREAM); // what was sent last may not have been seen
    }

    @Test
    void aCallThatItsServerStopsIsOverWhenItsClientAsksSomethingElse() {
        final Watched watched = refused(server.raw(3, 0, 1, new byte[4]));
        assertThat(watched.resources).isEmpty();
        watched.pass(client.headers(3, true, ":method", "GET", ":path", "/resource/b", ":authority", "h"));
        assertThat(watched.resources).containsExactly("200 0 12");
    }

    @Test
    void callsThatAreRefusedAndGoOnAreToldAsWell() {
        final Watched watched = refused();
        for (int stream = 3; stream < 4000; stream += 2) {
            watched.pass(client.headers(stream, false, ":method", "POST", ":path", "/resource/a", ":authority", "h"))
                    .pass(server.headers(stream, true, ":status", "400"));
        }
        assertThat(watched.cutResources).hasSizeGreaterThan(1000);
        assertThat(watched.gaps).containsOnly(GapCause.STREAM);
        assertThat(watched.close().cutResources.size() + watched.resources.size())
                .isEqualTo(2000);
        assertThat(watched.budget.used()).isZero();
    }

    @Property(tries = 100)
    void aCallIsTheSameHoweverItIsCut(@ForAll @IntRange(min = 1, max = 40) final int size) {
        final byte[] two = Frames.concat(message(0, GREETING), message(0, GREETING));
        final Watched watched = new Watched().pass(Transcript.cut(called(two, "0"), List.of(size)));
        assertThat(watched.resources).containsExactly("200 56 0|hello\nhello\n|hello\nhello\n");
    }

    @Test
    void aMessageThatIsLargerThanIsKeptIsLookedThroughAsItIs() {
        final byte[] text = "word ".repeat(300_000).getBytes(StandardCharsets.US_ASCII);
        final List<Chunk> chunks = new ArrayList<>(List.of(client.preface(), call()));
        final byte[] message = message(0, text);
        for (int at = 0; at < message.length; at += 16_000) {
            chunks.add(client.raw(0, 0, 1, Arrays.copyOfRange(message, at, Math.min(message.length, at + 16_000))));
        }
        final Watched watched = new Watched().pass(chunks).close();
        assertThat(watched.cutResources)
                .singleElement()
                .satisfies(all -> assertThat(all.length()).isGreaterThan(text.length));
        assertThat(watched.budget.used()).isZero();
    }

    @Test
    void aWebSocketInHttp2IsCountedAndSaidNotToBeRead() {
        final Watched watched = new Watched()
                .pass(client.preface())
                .pass(client.headers(
                        1,
                        false,
                        ":method",
                        "CONNECT",
                        ":protocol",
                        "websocket",
                        ":path",
                        "/resource",
                        ":authority",
                        "h"))
                .pass(server.response(1))
                .pass(client.data(1, true, "abc"))
                .pass(server.data(1, true, "defg"));
        assertThat(watched.cutResources).singleElement().asString().startsWith("200 7 -1");
        assertThat(watched.gaps).containsExactly(GapCause.UPGRADE);
    }
}
