package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.kernel.KernelEventSink.Peer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Agents that are asked over HTTP: who asked is the root of what they do. */
class ServedRequestsTest {
    private static final int AGENT = 5;
    private static final long FRONT = 100; // sockets on which it is asked
    private static final long OTHER_FRONT = 101;
    private static final long MODEL = 1;
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

    private final Scene scene = new Scene();

    private void connected(final long socket, final String address) {
        scene.pipeline.socketPeer(scene.process(AGENT), socket, new Peer(address, 40_000, false, false));
    }

    private void asked(final long socket, final String head, final String body) {
        scene.plain(
                AGENT,
                socket,
                false,
                head + "\r\nHost: agent.support:8080\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body);
    }

    private void asked(final long socket, final String question) {
        asked(socket, "POST /chat HTTP/1.1", "{\"user\":\"u7\",\"message\":\"" + question + "\"}");
    }

    private void answers(final long socket) {
        scene.plain(AGENT, socket, true, OK);
    }

    private ModelInvocation model(final long ssl, final String messages, final String answer) {
        scene.chat(
                AGENT,
                ssl,
                "{\"model\":\"m\",\"messages\":[" + messages + "]}",
                "{\"model\":\"m\",\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"" + answer
                        + "\"}}]}");
        return scene.models().getLast();
    }

    private static String user(final String text) {
        return "{\"role\":\"user\",\"content\":\"" + text + "\"}";
    }

    private static String assistant(final String text) {
        return "{\"role\":\"assistant\",\"content\":\"" + text + "\"}";
    }

    private List<IdentityAssertion> identities() {
        return scene.all(IdentityAssertion.class);
    }

    @Test
    void aQuestionToAModelFollowsFromTheRequestThatLedToIt() {
        connected(FRONT, "10.1.2.3");
        asked(
                FRONT,
                "POST /chat/ann@example.org HTTP/1.1\r\nAuthorization: Bearer opaque.canary\r\ntraceparent: 00-" + TRACE
                        + "-b7ad6b7169203331-01",
                "{\"message\":\"Who is it?\"}");
        final ModelInvocation model = model(MODEL, user("Answer in one word. Who is it?"), "She.");
        answers(FRONT);

        assertThat(identities()).hasSize(1);
        final IdentityAssertion who = identities().getFirst();
        assertThat(who.request()).isEqualTo("POST http://agent.support:8080/chat/(PII:email)");
        assertThat(who.clientAddress()).isEqualTo("10.1.2.3");
        assertThat(who.federatedIdentity()).startsWith("hmac:k1:");
        assertThat(who.header().evidence()).isEqualTo(Evidence.SELF_REPORTED);
        assertThat(who.header().traceId()).isEqualTo(TRACE);
        assertThat(who.header().triggeringEventId()).isNull();
        assertThat(model.header().triggeringEventId()).isEqualTo(who.header().eventId());
        assertThat(model.header().traceId()).isEqualTo(TRACE);
        assertThat(scene.errors()).isEmpty();
        assertThat(scene.written()).doesNotContain("canary", "ann@", "Who is it");
    }

    @Test
    void whoShowsSeveralCredentialsIsToldWithEach() {
        connected(FRONT, "10.1.2.3");
        asked(
                FRONT,
                "POST /chat HTTP/1.1\r\nX-Api-Key: another\r\nAuthorization:\r\n Bearer mine",
                "{\"q\":\"Who is it?\"}");
        final ModelInvocation model = model(MODEL, user("Who is it?"), "She.");

        assertThat(identities()).hasSize(2).allMatch(each -> "10.1.2.3".equals(each.clientAddress()));
        final IdentityAssertion who = identities().getFirst();
        final byte[] mine = {'m', 'i', 'n', 'e'};
        assertThat(who.federatedIdentity()).isEqualTo("hmac:" + Scene.HMAC.keyedHash(mine, 0, mine.length));
        assertThat(scene.cause(identities().getLast())).isEqualTo(who);
        assertThat(scene.cause(model)).isEqualTo(who);
    }

    /** Hypercorn, aiohttp and Go's net/http take a method in any case. */
    @Test
    void whoAsksWithAMethodInLowerCaseIsKnown() {
        connected(FRONT, "10.1.2.3");
        asked(FRONT, "post /chat HTTP/1.1", "{\"q\":\"Who is it?\"}");
        final ModelInvocation first = model(MODEL, user("Who is it?"), "She.");
        answers(FRONT);
        asked(FRONT, "Put /chat HTTP/1.1", "{\"q\":\"Where is it?\"}");
        final ModelInvocation second = model(MODEL, user("Where is it?"), "There.");

        assertThat(identities())
                .extracting(IdentityAssertion::request)
                .containsExactly("POST http://agent.support:8080/chat", "PUT http://agent.support:8080/chat");
        assertThat(scene.cause(first)).isEqualTo(identities().getFirst());
        assertThat(scene.cause(second)).isEqualTo(identities().getLast());
        assertThat(scene.errors()).isEmpty();
    }

    /** Or who asks could hide behind another who says the same. */
    @Test
    void whatIsAskedInACodingThatIsNotUndoneIsAGapOfWhoAsks() {
        connected(FRONT, "10.1.2.3");
        asked(FRONT, "POST /chat HTTP/1.1\r\nContent-Encoding: deflate, gzip", "packed");
        answers(FRONT);
        assertThat(scene.errors()).containsExactly("sensor.gap.encoding");
        assertThat(identities()).extracting(IdentityAssertion::clientAddress).containsExactly("10.1.2.3");
        assertThat(scene.cause(scene.all(ErrorEvent.class).getFirst()))
                .isEqualTo(identities().getFirst());
    }

    @Test
    void whatAsksACacheInLowerCaseIsNoRequest() {
        connected(FRONT, "10.1.2.3");
        scene.plain(AGENT, FRONT, false, "get /page/1\r\n");
        scene.plain(AGENT, FRONT, true, "END\r\n");
        assertThat(scene.errors()).containsExactly("sensor.gap.protocol");
    }

    /** HAProxy and load balancers of clouds say whose connection they hand on; whoever connects could. */
    @Test
    void whoAsksBehindAProxysHeaderIsKnownWithTheProxysAddress() {
        final String request = "POST /chat HTTP/1.1\r\nHost: agent\r\nContent-Length: 18\r\n\r\n{\"q\":\"Who is it?\"}";
        final String line = "PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\n";
        final String binary = "\r\n\r\n\0\r\nQUIT\n!\u0011\0\u000f\u0001\2\3\4\n\0\0\1\u0010\u0011\1\u0012\4\0\0";
        for (final String header : List.of(line, "PROXY UNKNOWN\r\n", binary)) {
            for (final int cut : List.of(0, 1, 7, 13, header.length(), header.length() + 2)) {
                final Scene one = new Scene();
                one.pipeline.socketPeer(one.process(AGENT), FRONT, new Peer("10.1.2.3", 40_000, false, false));
                final String all = header + request;
                if (cut > 0) {
                    one.plain(AGENT, FRONT, false, all.substring(0, cut));
                }
                one.plain(AGENT, FRONT, false, all.substring(cut));
                one.chat(
                        AGENT,
                        MODEL,
                        "{\"model\":\"m\",\"messages\":[" + user("Who is it?") + "]}",
                        "{\"choices\":[]}");
                assertThat(one.all(IdentityAssertion.class))
                        .as("%s bytes of %s", cut, header)
                        .singleElement()
                        .satisfies(who -> {
                            assertThat(who.clientAddress()).isEqualTo("10.1.2.3");
                            assertThat(one.cause(one.models().getFirst())).isEqualTo(who);
                        });
                assertThat(one.errors()).isEmpty();
            }
        }
    }

    @Test
    void aProxysLineThatDoesNotEndIsNone() {
        connected(FRONT, "10.1.2.3");
        scene.plain(AGENT, FRONT, false, "PROXY TCP4 " + "1".repeat(200) + "\r\n");
        assertThat(scene.errors()).containsExactly("sensor.gap.protocol");
    }

    @Test
    void ofSeveralAtOnceItIsTheOneThatHoldsWhatTheUserSays() {
        connected(FRONT, "10.1.2.3");
        connected(OTHER_FRONT, "10.1.2.4");
        asked(FRONT, " Who is it?\\n");
        asked(OTHER_FRONT, "Where is \\u0069t?");
        final ModelInvocation where = model(MODEL, user("Where is it?"), "There.");
        final ModelInvocation who = model(MODEL, user("Who is it?"), "She.");
        answers(OTHER_FRONT);
        answers(FRONT);

        assertThat(identities()).extracting(IdentityAssertion::clientAddress).containsExactly("10.1.2.4", "10.1.2.3");
        assertThat(scene.cause(where)).isEqualTo(identities().getFirst());
        assertThat(scene.cause(who)).isEqualTo(identities().getLast());
        assertThat(who.header().traceId()).isNotEqualTo(where.header().traceId());
    }

    @Test
    void ofSeveralAtOnceItIsTheOneWhoseTextIsInAPromptThatHasMoreAroundIt() {
        connected(FRONT, "10.1.2.3");
        connected(OTHER_FRONT, "10.1.2.4");
        asked(FRONT, "POST /chat HTTP/1.1", "{\"language\":\"Norwegian\",\"message\":\"Where is it?\"}");
        asked(OTHER_FRONT, "POST /chat HTTP/1.1", "{\"language\":\"Norwegian\",\"message\":\"Who was it?\"}");
        final ModelInvocation who = model(MODEL, user("Answer in Norwegian. Question: Who was it? Answer:"), "She.");
        final ModelInvocation where =
                model(MODEL, user("Answer in Norwegian. Question: Where is it? Answer:"), "There.");
        final ModelInvocation both = model(MODEL, user("Who was it? Where is it?"), "She, there.");

        assertThat(identities()).extracting(IdentityAssertion::clientAddress).containsExactly("10.1.2.4", "10.1.2.3");
        assertThat(scene.cause(who)).isEqualTo(identities().getFirst());
        assertThat(scene.cause(where)).isEqualTo(identities().getLast());
        assertThat(both.header().triggeringEventId()).isNull();
    }

    /** A client can send very many with its question, and each is compared with what every request says. */
    @Test
    void inTheLastOfVeryManyTextsOfAPrompt() {
        connected(FRONT, "10.1.2.3");
        connected(OTHER_FRONT, "10.1.2.4");
        asked(FRONT, "Where is it?");
        asked(OTHER_FRONT, "Who was it?");
        final String more = ("," + user("More of it.")).repeat(40);
        final ModelInvocation early = model(MODEL, user("So: Who was it?") + more, "She.");
        final ModelInvocation late = model(MODEL, (more + "," + user("So: Who was it?")).substring(1), "She.");
        assertThat(early.header().triggeringEventId()).isNull();
        assertThat(scene.cause(late)).isEqualTo(identities().getFirst());
    }

    @Test
    void ofTwoThatSayTheSameNoneIsGuessedAt() {
        connected(FRONT, "10.1.2.3");
        connected(OTHER_FRONT, "10.1.2.4");
        asked(FRONT, "Where is it?");
        asked(OTHER_FRONT, "Where is it?");
        final ModelInvocation model = model(MODEL, user("Where is it?"), "There.");
        answers(FRONT);
        final ModelInvocation later = model(MODEL, user("Where is it?"), "There.");

        assertThat(model.header().triggeringEventId()).isNull();
        assertThat(identities()).extracting(IdentityAssertion::clientAddress).containsExactly("10.1.2.3", "10.1.2.4");
        assertThat(scene.cause(later)).isEqualTo(identities().getLast());
    }

    @Test
    void ofTwoThatSayTheSameWhichAreAnsweredNoneIsGuessedAt() {
        connected(FRONT, "10.1.2.3");
        connected(OTHER_FRONT, "10.1.2.4");
        asked(FRONT, "Where is it?");
        answers(FRONT);
        asked(OTHER_FRONT, "Where is it?");
        answers(OTHER_FRONT);
        final ModelInvocation model = model(MODEL, user("Where is it?"), "There.");
        assertThat(model.header().triggeringEventId()).isNull();
        assertThat(identities()).extracting(IdentityAssertion::clientAddress).containsExactly("10.1.2.3", "10.1.2.4");
    }

    @Test
    void whoSaysTheSameAfterTheOtherWasAnsweredIsTheOne() {
        connected(FRONT, "10.1.2.3");
        connected(OTHER_FRONT, "10.1.2.4");
        asked(FRONT, "Where is it?");
        answers(FRONT);
        model(MODEL, user("Where is it?"), "There.");
        asked(OTHER_FRONT, "Where is it?");
        answers(OTHER_FRONT);
        final ModelInvocation model = model(MODEL, user("Where is it?"), "There.");
        assertThat(scene.cause(model)).isEqualTo(identities().getLast());
        assertThat(identities()).extracting(IdentityAssertion::clientAddress).containsExactly("10.1.2.3", "10.1.2.4");
    }

    @Test
    void whoSaysTheSameTwiceIsTheOneWhoAsks() {
        final String head = "POST /chat HTTP/1.1\r\nAuthorization: Bearer opaque.canary";
        connected(FRONT, "10.1.2.3");
        connected(OTHER_FRONT, "10.1.2.3");
        asked(FRONT, head, "{\"q\":\"Where is it?\"}");
        asked(OTHER_FRONT, head, "{\"q\":\"Where is it?\"}");
        final ModelInvocation model = model(MODEL, user("Where is it?"), "There.");
        assertThat(scene.cause(model)).isInstanceOf(IdentityAssertion.class);
    }

    @Test
    void thoseOfWhomOneMayAskAreRecorded() {
        connected(FRONT, "10.1.2.3");
        connected(OTHER_FRONT, "10.1.2.4");
        asked(FRONT, "Where is it?");
        asked(OTHER_FRONT, "Where is it?");
        final ModelInvocation model = model(MODEL, user("Answer in one word: Where is it?"), "There.");
        assertThat(model.header().triggeringEventId()).isNull();
        assertThat(identities()).extracting(IdentityAssertion::clientAddress).containsExactly("10.1.2.3", "10.1.2.4");
    }

    /** Prompts have examples of answers, and conversations are cut. */
    @Test
    void anAnswerThatNobodyGaveTiesAPromptToNobodysConversation() {
        connected(FRONT, "10.1.2.3");
        connected(OTHER_FRONT, "10.1.2.4");
        asked(FRONT, "Who is it?");
        final ModelInvocation first = model(MODEL, user("Who is it?"), "She.");
        asked(OTHER_FRONT, "wmit");
        final String example = user("What?") + "," + assistant("That.") + ",";
        final ModelInvocation rewritten = model(MODEL, example + user("Where might it be?"), "There.");
        answers(FRONT);
        answers(OTHER_FRONT);
        final ModelInvocation later = model(MODEL, example + user("When was it?"), "Then.");

        assertThat(scene.cause(first)).isEqualTo(identities().getFirst());
        assertThat(rewritten.header().traceId()).isNotEqualTo(first.header().traceId());
        assertThat(rewritten.header().triggeringEventId()).isNull();
        assertThat(later.header().triggeringEventId()).isNull();
    }

    @Test
    void whatIsReadWhileModelsOfTwoWaitForToolsIsNobodys() {
        connected(FRONT, "10.1.2.3");
        connected(OTHER_FRONT, "10.1.2.4");
        asked(FRONT, "Who is it?");
        asked(OTHER_FRONT, "Where is it?");
        for (final String question : List.of("Who is it?", "Where is it?")) {
            scene.chat(
                    AGENT,
                    MODEL,
                    "{\"model\":\"m\",\"messages\":[" + user(question) + "]}",
                    "{\"model\":\"m\",\"choices\":[{\"message\":{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c"
                            + question.length()
                            + "\",\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"{}\"}}]}}]}");
        }
        scene.read(AGENT, "/data/customers.csv", 10);
        assertThat(scene.accesses().getFirst().header().triggeringEventId()).isNull();
    }

    @Test
    void ofTwoThatSayTheSameItIsTheOneOfTheProcessThatAsks() {
        connected(FRONT, "10.1.2.3");
        asked(FRONT, "Where is it?");
        final int worker = AGENT * 10 + 1;
        scene.pipeline.socketPeer(scene.process(worker), FRONT, new Peer("10.1.2.4", 40_000, false, false));
        scene.plain(worker, FRONT, false, "GET /ask?q=Where+is+it? HTTP/1.1\r\nHost: agent\r\n\r\n");
        scene.chat(
                worker,
                MODEL,
                "{\"model\":\"m\",\"messages\":[" + user("Where is it?") + "]}",
                "{\"model\":\"m\",\"choices\":[]}");
        assertThat(scene.cause(scene.models().getFirst()))
                .isEqualTo(identities().getFirst());
        assertThat(identities().getFirst().clientAddress()).isEqualTo("10.1.2.4");
    }

    @Test
    void whichOfSeveralIsNotGuessedAt() {
        connected(FRONT, "10.1.2.3");
        connected(OTHER_FRONT, "10.1.2.4");
        asked(FRONT, "Who is it?");
        asked(OTHER_FRONT, "Where is it?");
        final ModelInvocation model = model(MODEL, user("Summarise the news."), "None.");
        scene.read(AGENT, "/data/customers.csv", 10);

        assertThat(model.header().triggeringEventId()).isNull();
        assertThat(scene.accesses().getFirst().header().triggeringEventId()).isNull();
        assertThat(identities()).isEmpty();
    }

    @Test
    void whatTheAgentDoesWhileItServesOneRequestFollowsFromIt() {
        connected(FRONT, "10.1.2.3");
        asked(FRONT, "GET /customers HTTP/1.1", "");
        scene.read(AGENT, "/data/customers.csv", 10);
        answers(FRONT);
        scene.read(AGENT, "/data/later.csv", 10);

        assertThat(scene.cause(scene.accesses().getFirst()))
                .isEqualTo(identities().getFirst());
        assertThat(scene.accesses().getLast().header().triggeringEventId()).isNull();
        assertThat(identities().getFirst().header().unknown())
                .containsEntry("federated_identity", "the request carries no credential in its usual place");
    }

    @Test
    void aConversationGoesOnFromTheLastAnswerThroughTheNextRequest() {
        connected(FRONT, "10.1.2.3");
        asked(FRONT, "Who is it?");
        final ModelInvocation first = model(MODEL, user("Who is it?"), "It is she.");
        answers(FRONT);
        asked(FRONT, "And where?");
        final ModelInvocation second =
                model(MODEL, user("Who is it?") + "," + assistant("It is she.") + "," + user("And where?"), "There.");
        answers(FRONT);

        assertThat(identities()).hasSize(2);
        final IdentityAssertion between = identities().getLast();
        assertThat(scene.cause(second)).isEqualTo(between);
        assertThat(scene.cause(between)).isEqualTo(first);
        assertThat(second.header().traceId()).isEqualTo(first.header().traceId());
    }

    @Test
    void whatIsAskedForAndDoneLaterFollowsFromTheRequestByWhatItSays() {
        connected(FRONT, "10.1.2.3");
        asked(FRONT, "Who is it?");
        answers(FRONT); // accepted; the work is done by a queue
        final ModelInvocation model = model(MODEL, user("Who is it?"), "She.");
        assertThat(scene.cause(model)).isEqualTo(identities().getFirst());
    }

    @Test
    void soItIsInAPromptThatHasMoreAroundItWhoeverAsksMeanwhile() {
        connected(FRONT, "10.1.2.3");
        connected(OTHER_FRONT, "10.1.2.4");
        asked(FRONT, "Who was it?");
        answers(FRONT);
        asked(OTHER_FRONT, "Where is it?");
        final ModelInvocation who = model(MODEL, user("Answer in one word: Who was it?"), "She.");
        answers(OTHER_FRONT);
        final ModelInvocation where = model(MODEL, user("Answer in one word: Where is it?"), "There.");
        followsFrom("10.1.2.3", who);
        followsFrom("10.1.2.4", where);
    }

    @Test
    void aClientThatHasNothingDoneIsToldOnce() {
        for (int probe = 0; probe < 3; probe++) {
            connected(FRONT + probe, "10.0.0.1");
            asked(FRONT + probe, "GET /healthz HTTP/1.1", "");
            answers(FRONT + probe);
        }
        assertThat(identities()).hasSize(1);
        assertThat(identities().getFirst().request()).isEqualTo("GET http://agent.support:8080/healthz");
        assertThat(scene.events).hasSize(1);
    }

    @Test
    void whoOnlyListensHasNothingDone() {
        connected(FRONT, "10.1.2.3");
        asked(FRONT, "GET /events HTTP/1.1", "");
        scene.plain(AGENT, FRONT, true, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        scene.read(AGENT, "/data/customers.csv", 10);
        assertThat(scene.accesses().getFirst().header().triggeringEventId()).isNull();
    }

    private void socket(final long socket, final String address) {
        connected(socket, address);
        asked(socket, "GET /ws?room=7 HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade", "");
        scene.plain(
                AGENT,
                socket,
                true,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    }

    private void say(final long socket, final String text) {
        final byte[] message = text.getBytes(StandardCharsets.UTF_8);
        final byte[] frame = new byte[6 + message.length];
        frame[0] = (byte) 0x81;
        frame[1] = (byte) (0x80 | message.length);
        System.arraycopy(message, 0, frame, 6, message.length); // masked with zeros
        scene.plain(AGENT, socket, false, frame);
    }

    @Test
    void ofTwoSocketsItIsTheOneWhoseLastMessageIsInThePrompt() {
        socket(FRONT, "10.1.2.3");
        socket(OTHER_FRONT, "10.1.2.4");
        say(FRONT, "Where is it?");
        say(OTHER_FRONT, "Who was it?");
        final ModelInvocation where = model(MODEL, user("Answer in one word: Where is it?"), "There.");
        final ModelInvocation who = model(MODEL, user("Answer in one word: Who was it?"), "She.");
        say(FRONT, "Why was she there?");
        final ModelInvocation again = model(MODEL, user("Answer in one word: Where is it?"), "There.");

        assertThat(identities()).extracting(IdentityAssertion::clientAddress).contains("10.1.2.3", "10.1.2.4");
        followsFrom("10.1.2.3", where);
        followsFrom("10.1.2.4", who);
        assertThat(again.header().triggeringEventId()).isNull();
    }

    private void followsFrom(final String client, final ModelInvocation model) {
        assertThat(scene.cause(model))
                .isInstanceOfSatisfying(
                        IdentityAssertion.class,
                        who -> assertThat(who.clientAddress()).isEqualTo(client));
    }

    @Test
    void aMessageOfAWebSocketIsARequest() {
        socket(FRONT, "10.1.2.3");
        say(FRONT, "42[\"say\",{\"text\":\"Who is it?\"}]");
        final ModelInvocation model = model(MODEL, user("Who is it?"), "She.");
        assertThat(scene.cause(model)).isEqualTo(identities().getFirst());
        assertThat(identities().getFirst().request()).isEqualTo("GET http://agent.support:8080/ws");
        assertThat(scene.errors()).isEmpty();
    }

    @Test
    void aConnectionThatIsMetInItsMiddleIsReadFromItsNextRequestOn() {
        scene.plain(AGENT, FRONT, true, OK);
        asked(FRONT, "Who is it?");
        final ModelInvocation model = model(MODEL, user("Who is it?"), "She.");
        assertThat(scene.cause(model)).isEqualTo(identities().getFirst());
        assertThat(identities().getFirst().clientAddress()).isNull();
        assertThat(scene.errors()).isEmpty();
    }

    @Test
    void aFieldThatGoesOnInTheNextLineHidesNobody() {
        connected(FRONT, "10.1.2.3");
        asked(FRONT, "POST /chat HTTP/1.1\r\nX-Folded: a\r\n b", "{\"q\":\"Who is it?\"}");
        assertThat(scene.cause(model(MODEL, user("Who is it?"), "She.")))
                .isEqualTo(identities().getFirst());
    }

    @Test
    void whoCannotBeHeardIsAGapAndNobodyElse() {
        connected(FRONT, "10.1.2.3");
        asked(FRONT, "GET /healthz HTTP/1.1", "");
        answers(FRONT);
        asked(FRONT, "POST /chat HTTP/1.1\r\nTransfer-Encoding : chunked", "{\"q\":\"Who is it?\"}");
        connected(OTHER_FRONT, "10.1.2.4");
        asked(OTHER_FRONT, "Where is it?");
        final ModelInvocation model = model(MODEL, user("Who is it?"), "She.");

        assertThat(model.header().triggeringEventId()).isNull();
        assertThat(identities()).extracting(IdentityAssertion::clientAddress).containsExactly("10.1.2.3");
        assertThat(scene.errors()).containsExactly("sensor.gap.http");
        assertThat(scene.all(ErrorEvent.class).getFirst().header().unknown().get("recovery_action"))
                .contains("10.1.2.3");
        scene.pipeline.socketClosed(scene.process(AGENT), FRONT);
        assertThat(scene.cause(model(MODEL, user("Who might it be?"), "She.")))
                .isEqualTo(identities().getLast());
    }

    @Test
    void whatAClientPutsIntoItsTokenIsNoContentOfTheTrail() {
        connected(FRONT, "10.1.2.3");
        final String claims = "{\"sub\":\"system:serviceaccount:Ask Ann\",\"scope\":\"admin ann@example.org\"}";
        final String token =
                "e30." + Base64.getUrlEncoder().encodeToString(claims.getBytes(StandardCharsets.UTF_8)) + ".s";
        asked(FRONT, "GET /customers HTTP/1.1\r\nAuthorization: Bearer " + token, "");
        answers(FRONT);
        assertThat(identities().getFirst().assertedScope()).containsExactly("(PII:email)", "admin");
        assertThat(identities().getFirst().serviceAccount()).isNull();
        assertThat(scene.written()).doesNotContain("ann@", "Ask");
    }

    @Test
    void overTls() {
        scene.pipeline.tlsPeer(scene.process(AGENT), 9, new Peer("10.1.2.3", 40_000, false, false));
        scene.tls(
                AGENT,
                9,
                List.of(new Chunk(
                        false,
                        "GET /ask?q=Who+is%20it%3F HTTP/1.1\r\nHost: agent\r\n\r\n".getBytes(StandardCharsets.UTF_8))));
        final ModelInvocation model = model(MODEL, user("Who is it?"), "She.");
        assertThat(scene.cause(model)).isEqualTo(identities().getFirst());
        assertThat(identities().getFirst().request()).isEqualTo("GET https://agent/ask");
    }

    /** Else a server could have an agent's bytes taken for answers, of which nothing is recorded. */
    @Test
    void whereTheAgentConnectedItServesNothing() {
        scene.pipeline.tlsPeer(scene.process(AGENT), 9, new Peer("192.0.2.1", 443, false, true));
        scene.received(AGENT, 9, "GET / HTTP/1.1\r\nHost: agent\r\n\r\n")
                .sent(AGENT, 9, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + "x".repeat(1000));
        scene.pipeline.tlsClosed(scene.process(AGENT), 9);
        assertThat(identities()).isEmpty();
        assertThat(scene.accesses()).hasSize(1);
        assertThat(scene.accesses().getFirst().resourceUri()).isEqualTo("tcp://192.0.2.1:443");
        assertThat(scene.accesses().getFirst().byteCount()).isGreaterThan(1000);
    }
}
