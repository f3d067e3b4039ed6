package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.sensor.kernel.Direction;
import io.fourthlog.sensor.kernel.KernelEventSink.Peer;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Where a connection leads, of which that is known. */
class PeersTest {
    private static final int AGENT = 1;
    private static final String BODY = "{\"model\":\"gpt-5\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
    private static final String ANSWER =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    private static final String KAFKA = "\0\0\0\23\0\22\0\3\0\0\0\1\0\4test\0\0\0\0";

    private static String question(final String host) {
        return "POST /v1/chat/completions HTTP/1.1\r\nHost: " + host
                + "\r\nContent-Type: application/json\r\nContent-Length: " + BODY.length() + "\r\n\r\n" + BODY;
    }

    private static Scene leading(final Scene scene, final Peer peer) {
        scene.pipeline.connected(scene.process(AGENT), peer.address(), peer.port(), 0);
        scene.pipeline.tlsPeer(scene.process(AGENT), 1, peer);
        scene.pipeline.connected(scene.process(AGENT), "192.0.2.2", 443, 0); // another connection
        return scene;
    }

    @Test
    void aModelIsWhereItsConnectionLeads() {
        final Scene scene = leading(new Scene(), new Peer("192.0.2.1", 443, false, true))
                .sent(AGENT, 1, question("api.openai.com"))
                .received(AGENT, 1, ANSWER);
        assertThat(scene.models())
                .extracting(ModelInvocation::destination)
                .containsExactly(new Destination("api.openai.com", 443, "192.0.2.1", true));
    }

    @Test
    void whatIsAskedIsJudgedByIt() {
        final Scene scene = new Scene(
                "event.destination.host == 'files.internal' && event.destination.address == '10.0.0.1'",
                Set.of(EventType.DATA_ACCESS));
        leading(scene, new Peer("10.0.0.1", 8443, false, true))
                .sent(AGENT, 1, "GET / HTTP/1.1\r\nHost: files.internal\r\n\r\n");
        assertThat(scene.terminated).extracting(Target::address, Target::port).containsExactly(tuple("10.0.0.1", 8443));
    }

    /** Until then it is the last that was connected to. */
    @Test
    void itMayBeKnownAfterTheQuestion() {
        final Scene scene = new Scene();
        scene.pipeline.connected(scene.process(AGENT), "192.0.2.2", 443, 0);
        scene.sent(AGENT, 1, question("api.openai.com"));
        scene.pipeline.tlsPeer(scene.process(AGENT), 1, new Peer("192.0.2.1", 443, false, true));
        scene.received(AGENT, 1, ANSWER);
        assertThat(scene.models())
                .extracting(ModelInvocation::destination)
                .containsExactly(new Destination("api.openai.com", 443, "192.0.2.1", true));
    }

    @Test
    void theAddressBehindAProxyIsNotKnown() {
        final Scene scene = leading(new Scene(), new Peer("10.0.0.9", 3128, true, true))
                .sent(AGENT, 1, question("api.openai.com"))
                .received(AGENT, 1, ANSWER);
        assertThat(scene.models())
                .extracting(ModelInvocation::destination)
                .containsExactly(new Destination("api.openai.com", 443, null, true));
    }

    @Test
    void anObjectThatIsUsedAgainLeadsElsewhere() {
        final Scene scene = leading(new Scene(), new Peer("192.0.2.1", 443, false, true));
        scene.sent(AGENT, 1, question("api.openai.com")).received(AGENT, 1, ANSWER);
        scene.pipeline.tlsClosed(scene.process(AGENT), 1);
        leading(scene, new Peer("192.0.2.3", 443, false, true));
        final byte[] again = question("api.openai.com").getBytes(StandardCharsets.US_ASCII);
        scene.pipeline.tls(scene.process(AGENT), 1, Direction.SENT, 0, MemorySegment.ofArray(again));
        scene.exit(AGENT);
        assertThat(scene.models())
                .extracting(ModelInvocation::destination)
                .containsExactly(
                        new Destination("api.openai.com", 443, "192.0.2.1", true),
                        new Destination("api.openai.com", 443, "192.0.2.3", true));
    }

    @Test
    void ofWhatIsNotReadOverTlsTheBytesAreKnown() {
        final Scene scene = new Scene("event.resource_uri == 'tcp://10.0.0.9:9093'", Set.of(EventType.DATA_ACCESS));
        leading(scene, new Peer("10.0.0.9", 9093, false, true))
                .sent(AGENT, 1, KAFKA)
                .received(AGENT, 1, "\0\0\0\4abcd")
                .sent(AGENT, 1, KAFKA);
        assertThat(scene.accesses()).isEmpty();
        scene.pipeline.tlsClosed(scene.process(AGENT), 1);
        assertThat(scene.accesses())
                .extracting(
                        DataAccess::resourceUri,
                        DataAccess::byteCount,
                        each -> each.header().completeness())
                .containsExactly(tuple("tcp://10.0.0.9:9093", 2L * KAFKA.length() + 8, Completeness.COMPLETE));
        assertThat(scene.errors()).isEmpty();
        assertThat(scene.terminated).hasSize(1);
        assertThat(scene.pipeline.contentBytes()).isZero();
    }

    @Test
    void itMayBeKnownAfterALogin() {
        final Scene scene = new Scene().sent(AGENT, 1, "*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n");
        leading(scene, new Peer("10.0.0.9", 6380, false, true))
                .received(AGENT, 1, "+OK\r\n")
                .sent(AGENT, 1, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n")
                .received(AGENT, 1, "$1\r\nb\r\n")
                .exit(AGENT);
        assertThat(scene.all(IdentityAssertion.class))
                .extracting(IdentityAssertion::federatedIdentity)
                .containsExactly("redis://default@10.0.0.9:6380");
        assertThat(scene.accesses()).extracting(DataAccess::resourceUri).containsExactly("redis://10.0.0.9:6380/0");
    }

    @Test
    void itMayBeKnownAfterAStatement() {
        final Scene scene = new Scene();
        scene.pipeline.connected(scene.process(AGENT), "10.0.0.8", 6379, 0);
        scene.sent(AGENT, 1, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n");
        leading(scene, new Peer("10.0.0.9", 6379, false, true)).received(AGENT, 1, "$1\r\nb\r\n");
        assertThat(scene.accesses()).extracting(DataAccess::resourceUri).containsExactly("redis://10.0.0.9/0");
    }

    @Test
    void aLoginIsToldWhereItIsNotKnown() {
        final Scene scene = new Scene()
                .sent(AGENT, 1, "*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n")
                .received(AGENT, 1, "+OK\r\n")
                .exit(AGENT);
        assertThat(scene.all(IdentityAssertion.class))
                .extracting(IdentityAssertion::federatedIdentity)
                .containsExactly("redis://default@");
    }

    @Test
    void whatIsFirstSeenInItsMiddleIsAGapOfWhatItTurnsOutToBe() {
        final Scene scene = leading(new Scene(), new Peer("192.0.2.1", 443, false, true))
                .received(AGENT, 1, "of the last answer, for example\r\n")
                .sent(AGENT, 1, question("api.openai.com"))
                .received(AGENT, 1, ANSWER)
                .exit(AGENT);
        assertThat(scene.models()).hasSize(1);
        assertThat(scene.accesses()).isEmpty();
        assertThat(scene.errors()).containsExactly("sensor.gap.protocol");
    }

    @Test
    void aToolIsJudgedByWhereItsConnectionLeads() {
        final Scene scene = new Scene(
                "event.destination.external && event.destination.address == '192.0.2.1'",
                Set.of(EventType.TOOL_INVOCATION));
        final String call =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"find\",\"arguments\":{}}}";
        leading(scene, new Peer("192.0.2.1", 443, false, true))
                .sent(
                        AGENT,
                        1,
                        "POST /mcp HTTP/1.1\r\nHost: tools.internal\r\nContent-Type: application/json\r\nContent-Length: "
                                + call.length() + "\r\n\r\n" + call);
        assertThat(scene.terminated).extracting(Target::address, Target::port).containsExactly(tuple("192.0.2.1", 443));
    }

    @Test
    void aMailServerInsideOfTlsSpeaksNoHttp() {
        final Scene scene = leading(new Scene(), new Peer("10.0.0.9", 465, false, true))
                .received(AGENT, 1, "220 mail.example.com ESMTP ready at a moment of this day\r\n")
                .sent(AGENT, 1, "EHLO agent.example.com\r\n")
                .sent(AGENT, 1, "MAIL FROM:<agent@example.com>\r\n")
                .exit(AGENT);
        assertThat(scene.accesses()).extracting(DataAccess::resourceUri).containsExactly("tcp://10.0.0.9:465");
        assertThat(scene.errors()).isEmpty();
    }

    /** As of Python's asyncio and pyOpenSSL, whose library writes to memory. */
    @Test
    void whereWhatIsNotReadLeadsMayBeKnownAfterItsFirstBytes() {
        final Scene scene = new Scene().sent(AGENT, 1, KAFKA);
        leading(scene, new Peer("10.0.0.9", 9093, false, true))
                .received(AGENT, 1, "\0\0\0\4abcd")
                .exit(AGENT);
        assertThat(scene.accesses())
                .extracting(DataAccess::resourceUri, DataAccess::byteCount)
                .containsExactly(tuple("tcp://10.0.0.9:9093", KAFKA.length() + 8L));
        assertThat(scene.errors()).isEmpty();
    }

    @Test
    void whereItIsNotKnownWhatIsNotReadIsAGap() {
        final Scene scene = new Scene().sent(AGENT, 1, KAFKA).exit(AGENT);
        assertThat(scene.accesses()).isEmpty();
        assertThat(scene.errors()).containsExactly("sensor.gap.protocol");
    }
}
