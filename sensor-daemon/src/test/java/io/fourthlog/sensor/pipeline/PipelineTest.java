package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Decision;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Enforcement;
import io.fourthlog.actionlog.event.ErrorEvent;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.EventType;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PartPreview;
import io.fourthlog.actionlog.event.PolicyDecision;
import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.redaction.Profile;
import io.fourthlog.redaction.ProfileCompiler;
import io.fourthlog.redaction.ProfileSource;
import io.fourthlog.sensor.Transcript;
import io.fourthlog.sensor.Transcript.Chunk;
import io.fourthlog.sensor.kernel.KernelEventSink.OpenFile;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PipelineTest {
    private static final int AGENT = 1; // process 1 starts 12, which is the MCP server
    private static final int SERVER = 12;
    private static final long CHANNEL = 40; // a socket pair: ends 40 and 41

    /** Splits a recorded connection into its exchanges. */
    private static List<List<Chunk>> exchanges(final String name) {
        final List<List<Chunk>> exchanges = new ArrayList<>();
        boolean answering = true;
        for (final Chunk chunk : Transcript.load(name)) {
            if (chunk.sent() && answering) {
                exchanges.add(new ArrayList<>());
            }
            answering = !chunk.sent();
            exchanges.getLast().add(chunk);
        }
        return exchanges;
    }

    private static Scene mcp(final Scene scene, final int from, final int to) {
        final List<Chunk> messages = Transcript.load("mcp-node.capture");
        for (final Chunk message : messages.subList(from, to)) {
            scene.write(
                    message.sent() ? AGENT : SERVER,
                    CHANNEL,
                    message.sent() ? CHANNEL : CHANNEL + 1,
                    message.bytes(),
                    true);
        }
        return scene;
    }

    /** A real client's conversation: it asks, the model wants a file, the MCP server reads it, the model answers. */
    private static Scene conversation() {
        return conversation(new Scene());
    }

    private static Scene conversation(final Scene scene) {
        final List<List<Chunk>> first = exchanges("openai-node-0.capture");
        final List<List<Chunk>> second = exchanges("openai-node-1.capture");
        scene.pipeline.connected(scene.process(AGENT), "10.96.0.7", 40661, 115);
        mcp(scene, 0, 5);
        scene.tls(AGENT, 1, first.get(0)).tls(AGENT, 2, second.get(0));
        mcp(scene, 5, 6);
        scene.read(SERVER, "/usr/lib/libc.so.6", 832).read(SERVER, "/data/customers.csv", 47);
        mcp(scene, 6, 7);
        scene.tls(AGENT, 1, first.get(1)).tls(AGENT, 2, second.get(1)).tls(AGENT, 1, first.get(2));
        return scene.exit(SERVER).exit(AGENT);
    }

    @Test
    void theGraphRunsFromThePromptToTheAnswerThatUsesTheFile() {
        final Scene scene = conversation();
        final ModelInvocation asksForTools = scene.models().get(1);
        final ToolInvocation readsFile = scene.tools().getFirst();
        final DataAccess file = scene.accesses().getFirst();
        final ModelInvocation answers = scene.models().get(2);

        assertThat(asksForTools.header().triggeringEventId()).isNull();
        assertThat(scene.cause(readsFile)).isEqualTo(asksForTools);
        assertThat(scene.cause(file)).isEqualTo(readsFile);
        assertThat(scene.cause(answers)).isEqualTo(readsFile);
        assertThat(List.<Event>of(asksForTools, readsFile, file, answers))
                .extracting(event -> event.header().traceId())
                .containsOnly(asksForTools.header().traceId());
        assertThat(scene.models().getFirst().header().traceId())
                .isNotEqualTo(asksForTools.header().traceId());
    }

    @Test
    void allSixTypesAreRecordedAndNothingIsMissing() {
        final Scene scene = conversation();
        assertThat(scene.events.stream().map(Event::type).collect(Collectors.toSet()))
                .containsExactlyInAnyOrder(EventType.values());
        assertThat(scene.errors()).containsExactly("model.http.429.requests");
        assertThat(scene.pipeline.contentBytes()).isZero();
        assertThat(scene.pipeline.excludedFiles()).isEqualTo(1);
    }

    /** A rule cannot be evaluated while a call is under way whose answer it asks for, which is no denial. */
    @Test
    void aCallThatWasNeverDeniedDoesNotCountAsDenied() {
        final Scene scene = conversation(new Scene(
                "event.return_size > byteSize('10MiB') || event.tool_name in trace.denied",
                Set.of(EventType.TOOL_INVOCATION)));
        assertThat(scene.tools()).hasSize(1);
        assertThat(scene.terminated).isEmpty();
    }

    @Test
    void whatHappenedOnceCountsOnce() {
        final Scene scene = conversation(new Scene(
                "trace.count('tool_invocation') > 1 || 'read_file' in trace.run_not_requested",
                Set.of(EventType.TOOL_INVOCATION, EventType.MODEL_INVOCATION)));
        assertThat(scene.tools()).hasSize(1);
        assertThat(scene.terminated).isEmpty();
    }

    /** Whatever trace a request names, its rules know what its process has read. */
    @Test
    void noRequestShedsThePastByNamingATrace() {
        final Scene scene = new Scene(
                "tagMatches(trace.sensitivity, 'PII:*') && event.access_mode == 'write'",
                Set.of(EventType.DATA_ACCESS));
        scene.sent(AGENT, 1, "GET /customers HTTP/1.1\r\nHost: crm.example\r\n\r\n")
                .received(AGENT, 1, """
                        HTTP/1.1 200 OK
                        Content-Type: text/plain
                        Content-Length: 22

                        ann.canary@example.org""");
        scene.sent(AGENT, 2, """
                        PUT /drop HTTP/1.1
                        Host: elsewhere.example
                        traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
                        Content-Length: 0

                        """);
        assertThat(scene.terminated).hasSize(1);
        scene.received(AGENT, 2, "HTTP/1.1 204 Done\r\n\r\n");
        assertThat(scene.accesses().getLast().header().traceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
    }

    @Test
    void callsByGrpcOfAServiceThatIsNoModelAreAccesses() {
        final Scene scene = new Scene();
        for (final long connection : new long[] {1, 1, 2}) {
            scene.sent(AGENT, connection, """
                            POST /lf.a2a.v1.A2AService/SendMessage HTTP/1.1
                            Host: agent
                            Content-Type: application/grpc
                            Content-Length: 0

                            """)
                    .received(AGENT, connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
        assertThat(scene.accesses())
                .extracting(DataAccess::resourceUri)
                .hasSize(3)
                .containsOnly("https://agent/lf.a2a.v1.A2AService/SendMessage");
        assertThat(scene.errors()).isEmpty();
    }

    @Test
    void aModelInvocationSaysWhatWasAskedAndAnswered() {
        final ModelInvocation model = conversation().models().get(1);
        assertThat(model.modelId()).isEqualTo("gpt-4o-mini-2024-07-18");
        assertThat(model.promptTokenCount()).isEqualTo(57);
        assertThat(model.outputTokenCount()).isEqualTo(41);
        assertThat(model.inputSensitivity()).contains("PII:email", "PCI:pan");
        assertThat(model.httpStatus()).isEqualTo(200);
        assertThat(model.toolsRequested())
                .extracting(RequestedTool::name, RequestedTool::callId)
                .containsExactly(tuple("read_file", "call_a1"), tuple("list_directory", "call_b2"));
        assertThat(model.destination()).isEqualTo(new Destination("127.0.0.1", 40661, "10.96.0.7", false));
        assertThat(model.fingerprints()).extracting(part -> part.part()).containsExactly("input.system", "input.user");
    }

    @Test
    void aPreviewIsMadeOnlyWhereTheProfileSaysSo() {
        final ProfileSource defaults = ProfileSource.defaults("previews");
        final ProfileCompiler.Result compiled = ProfileCompiler.compile(new ProfileSource(
                "previews",
                defaults.enable(),
                List.of(),
                List.of(),
                List.of(),
                defaults.shape(),
                true,
                true,
                List.of(),
                false));
        assertThat(compiled).isInstanceOf(ProfileCompiler.Result.Compiled.class);
        final Profile profile = ((ProfileCompiler.Result.Compiled) compiled).profile();
        final Scene scene = conversation(new Scene("true", Set.of(EventType.DATA_ACCESS), profile));

        assertThat(conversation().models())
                .allSatisfy(model -> assertThat(model.previews()).isEmpty());
        assertThat(scene.models().get(2).previews())
                .extracting(PartPreview::part, PartPreview::text, PartPreview::withheld)
                .containsExactly(
                        tuple(
                                "input.user",
                                "Who is our first customer? canary-prompt reach me at [PII:email] or +1 and card [PCI:pan].",
                                null),
                        tuple(
                                "output",
                                "The first customer is Canary Answer, reachable at [PII:email]; naïve “quotes” \u2028 and 😀 follow.",
                                null));
    }

    @Test
    void aStreamedAnswerHashesLikeTheDocumentItBecomes() {
        final byte[] document = ("The first customer is Canary Answer, reachable at answer.canary@example.org; naïve"
                        + " “quotes” \u2028 and \ud83d\ude00 follow.")
                .getBytes(StandardCharsets.UTF_8);
        final ModelInvocation model = conversation().models().get(2);
        assertThat(model.outputHash()).isEqualTo(Scene.HMAC.keyedHash(document, 0, document.length));
        assertThat(model.promptTokenCount()).isPositive();
        assertThat(model.outputTokenCount()).isPositive();
        assertThat(List.of(String.valueOf(model.promptTokenCountBy()), String.valueOf(model.outputTokenCountBy())))
                .as("who counted what the endpoint did not: whoever was there in time")
                .isSubsetOf("tokenizer", "estimate");
        assertThat(model.header().unknown()).doesNotContainKeys("prompt_token_count", "output_token_count");
    }

    @Test
    void aToolInvocationCarriesTheServersVersionAndTheModelsCallId() {
        final ToolInvocation tool = conversation().tools().getFirst();
        assertThat(tool.toolName()).isEqualTo("read_file");
        assertThat(tool.toolVersion()).matches("files/1\\.4\\.2\\+def\\.[0-9a-f]{16}");
        assertThat(tool.callId()).isEqualTo("call_a1");
        assertThat(tool.returnStatus()).isEqualTo("ok");
        assertThat(tool.returnSize()).isEqualTo(47);
        assertThat(tool.targetResourceType()).isEqualTo("file");
        assertThat(tool.destination()).isEqualTo("mcp+stdio:files");
        assertThat(String.valueOf(tool.paramSchema())).contains("\"path\"").doesNotContain("customers");
    }

    @Test
    void aFileAccessHasItsCountedBytes() {
        final DataAccess file = conversation().accesses().getFirst();
        assertThat(file.resourceUri()).isEqualTo("file:///data/customers.csv");
        assertThat(file.accessMode()).isEqualTo("read");
        assertThat(file.byteCount()).isEqualTo(47);
    }

    @Test
    void aCredentialIsAssertedOnceAndOnlyByItsKeyedHash() {
        final Scene scene = conversation();
        assertThat(scene.all(IdentityAssertion.class)).singleElement().satisfies(identity -> {
            assertThat(identity.federatedIdentity()).startsWith("hmac:k1:");
            assertThat(identity.header().evidence()).isEqualTo(Evidence.SELF_REPORTED);
            assertThat(scene.cause(identity)).isEqualTo(scene.models().getFirst());
        });
    }

    private static Scene asked(final String target, final String field) {
        final String question = "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}";
        final String answer = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"ho\"}]}}]}";
        return new Scene()
                .sent(
                        100,
                        7,
                        "POST /v1beta/models/gemini-2.5-flash:" + target + " HTTP/1.1\r\nHost: api.example.com\r\n"
                                + field + "Content-Length: " + question.length() + "\r\n\r\n" + question)
                .received(100, 7, "HTTP/1.1 200 OK\r\nContent-Length: " + answer.length() + "\r\n\r\n" + answer);
    }

    @Test
    void aKeyInTheQueryIsAssertedAsOneInAFieldIs() {
        final String key = "AIzaSyCanary-0123456789abcdefghijklmnop";
        final List<IdentityAssertion> ofField =
                asked("generateContent", "x-goog-api-key: " + key + "\r\n").all(IdentityAssertion.class);
        final Scene scene = asked("generateContent?alt=json&key=" + key + "&x=1", "");
        assertThat(ofField).hasSize(1);
        assertThat(scene.all(IdentityAssertion.class))
                .singleElement()
                .extracting(IdentityAssertion::federatedIdentity)
                .isEqualTo(ofField.getFirst().federatedIdentity());
        assertThat(scene.written()).doesNotContain("Canary");
        assertThat(asked("generateContent?key=customers", "").all(IdentityAssertion.class))
                .isEmpty();
        assertThat(asked("generateContent?key=an-object-in-a-store.parquet", "Authorization: Bearer another\r\n")
                        .all(IdentityAssertion.class))
                .hasSize(1);
    }

    @Test
    void schemesThatServicesHaveOfTheirOwnCarryACredential() {
        for (final String scheme : List.of("ApiKey", "Api-Key", "Token", "Key")) {
            assertThat(asked("generateContent", "Authorization: " + scheme + " mine\r\n")
                            .all(IdentityAssertion.class))
                    .as(scheme)
                    .singleElement()
                    .extracting(IdentityAssertion::federatedIdentity)
                    .isEqualTo(hashOf("mine"));
        }
    }

    /** As Milvus' client for Go sends it. */
    @Test
    void aTokenWithoutASchemeIsACredential() {
        assertThat(asserted("cm9vdDpNaWx2dXM=")).containsExactly(hashOf("cm9vdDpNaWx2dXM="));
        for (final String none :
                List.of("Bearer", "negotiate", "NTLM", "Digest username=\"a\", nonce=\"b\"", "OSS id:signature")) {
            assertThat(asserted(none)).as(none).isEmpty();
        }
    }

    /** Which of them the server looks at is not known. */
    @Test
    void eachCredentialOfARequestIsAsserted() {
        final String key = "AIzaSyCanary-0123456789abcdefghijklmnop";
        final String fields = "x-api-key: second\r\nAuthorization: Bearer first\r\nAuthorization: Bearer  first\r\n";
        final Scene scene = asked("generateContent?key=" + key, fields);
        assertThat(scene.all(IdentityAssertion.class))
                .extracting(IdentityAssertion::federatedIdentity)
                .containsExactly(hashOf("first"), hashOf("second"), hashOf(key));
        assertThat(scene.all(IdentityAssertion.class))
                .allSatisfy(each ->
                        assertThat(scene.cause(each)).isEqualTo(scene.models().getFirst()));
        assertThat(scene.written()).doesNotContain("Canary");
        assertThat(scene.errors()).isEmpty();
    }

    @Test
    void ofVeryManyCredentialsThatThereAreMoreIsAGap() {
        final StringBuilder fields = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            fields.append("X-Api-Key: decoy").append(i).append("\r\n");
        }
        final Scene scene = asked("generateContent", fields + "Authorization: Bearer real\r\n");
        assertThat(scene.all(IdentityAssertion.class))
                .hasSize(8)
                .first()
                .extracting(IdentityAssertion::federatedIdentity)
                .isEqualTo(hashOf("real"));
        assertThat(scene.errors()).containsExactly("sensor.gap.too_large");
    }

    private static String hashOf(final String credential) {
        final byte[] bytes = credential.getBytes(StandardCharsets.UTF_8);
        return "hmac:" + Scene.HMAC.keyedHash(bytes, 0, bytes.length);
    }

    private static List<String> asserted(final String authorization) {
        return asked("generateContent", "Authorization: " + authorization + "\r\n")
                .all(IdentityAssertion.class)
                .stream()
                .map(identity -> String.valueOf(identity.federatedIdentity()))
                .toList();
    }

    @Test
    void aSignatureAssertsTheKeyThatItIsMadeWith() {
        final String rest = "/20261127/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=";
        final List<String> first = asserted("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE" + rest + "aa11");
        assertThat(first).hasSize(1);
        assertThat(asserted("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE" + rest + "bb22"))
                .isEqualTo(first);
        assertThat(asserted("AWS4-HMAC-SHA256 Credential=AKIAI44QH8DHBEXAMPLE" + rest + "aa11"))
                .hasSize(1)
                .isNotEqualTo(first);
        assertThat(asserted("AWS4-HMAC-SHA256 Signature=aa11")).isEmpty();
        assertThat(asserted("Basic YWxpY2U6Y2FuYXJ5")).hasSize(1);
        assertThat(asserted("Basic")).isEmpty();
    }

    @Test
    void noContentIsWritten() {
        assertThat(conversation().written().toLowerCase(Locale.ROOT))
                .doesNotContain("canary")
                .doesNotContain("4111 1111") // four digits alone are in an id now and then
                .doesNotContain("41111111")
                .doesNotContain("first customer")
                .doesNotContain("rate limit reached");
    }

    @Test
    void aDeniedFileIsStoppedWhenItIsOpenedAndRecordedOnce() {
        final Scene scene = new Scene();
        final long open = scene.open(SERVER, "/tmp/../proc/self/root/etc/secrets/db-password");
        assertThat(scene.terminated)
                .singleElement()
                .satisfies(target -> assertThat(target.tgid()).isEqualTo(SERVER));
        assertThat(scene.accesses()).isEmpty();

        scene.close(SERVER, open, "/etc/secrets/db-password", 21).exit(SERVER);
        assertThat(scene.terminated).hasSize(1);
        assertThat(scene.accesses()).singleElement().satisfies(access -> {
            assertThat(access.byteCount()).isEqualTo(21);
            assertThat(access.resourceUri()).isEqualTo("file:///etc/secrets/db-password");
        });
        assertThat(scene.decisions()).singleElement().satisfies(decision -> {
            assertThat(decision.decision()).isEqualTo(Decision.DENY);
            assertThat(decision.enforcement()).isEqualTo(Enforcement.ENFORCED);
            assertThat(decision.enforcementAction()).isEqualTo("terminate");
            assertThat(decision.enforcementError()).isNull();
            assertThat(decision.ruleFired()).isEqualTo("no-secret-files");
            assertThat(decision.evaluatedEventId())
                    .isEqualTo(scene.accesses().getFirst().header().eventId());
        });
    }

    @Test
    void aRuleOnTheBytesReadDecidesWhenTheyAreCounted() {
        final Scene scene = new Scene("event.byte_count > 1000", Set.of(EventType.DATA_ACCESS));
        final long open = scene.open(SERVER, "/data/large.csv");
        assertThat(scene.terminated).isEmpty();
        scene.close(SERVER, open, "/data/large.csv", 5000).read(SERVER, "/data/small.csv", 5);
        assertThat(scene.terminated).hasSize(1);
        assertThat(scene.decisions())
                .extracting(PolicyDecision::decision)
                .containsExactly(Decision.DENY, Decision.ALLOW);
    }

    @Test
    void aDeniedModelIsStoppedBeforeItAnswers() {
        final Scene scene = new Scene("event.model_id == 'forbidden'", Set.of(EventType.MODEL_INVOCATION));
        scene.ask(AGENT, 1, "{\"model\":\"forbidden\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        assertThat(scene.terminated).hasSize(1);
        scene.exit(AGENT);
        assertThat(scene.models()).singleElement().satisfies(model -> {
            assertThat(model.header().completeness().gap()).isTrue();
            assertThat(model.policyInterventions()).containsExactly("support/agents/no-secret-files:deny");
        });
        assertThat(scene.decisions()).hasSize(1);
        assertThat(scene.errors()).containsExactly("sensor.gap.unfinished");
    }

    @Test
    void whatIsUnderWayWhenTheSensorStopsIsRecordedAndNobodyIsStoppedForWhatCannotBeKnown() {
        final Scene scene = new Scene("event.output_token_count > 5", Set.of(EventType.MODEL_INVOCATION));
        scene.ask(AGENT, 1, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        scene.open(SERVER, "/data/large.csv");
        scene.pipeline.end();
        assertThat(scene.models()).singleElement().satisfies(model -> {
            assertThat(model.modelId()).isEqualTo("m");
            assertThat(model.header().completeness().gap()).isTrue();
        });
        assertThat(scene.accesses())
                .singleElement()
                .satisfies(access -> assertThat(access.resourceUri()).isEqualTo("file:///data/large.csv"));
        assertThat(scene.errors()).containsExactlyInAnyOrder("sensor.gap.unfinished", "sensor.gap.file");
        assertThat(scene.terminated).isEmpty();
        assertThat(scene.decisions()).isEmpty();
        scene.pipeline.end();
        assertThat(scene.models()).hasSize(1);
    }

    private static String bearer(final String claims) {
        return "Authorization: Bearer eyJhbGciOiJSUzI1NiJ9."
                + Base64.getUrlEncoder().withoutPadding().encodeToString(claims.getBytes(StandardCharsets.UTF_8))
                + ".c2lnbmF0dXJl\r\n";
    }

    @Test
    void aServiceAccountTokenNamesItsAccountAndItsExpiryIsLookedAt() {
        final String token = bearer("{\"aud\":[\"https://kubernetes.default.svc\"],\"exp\":1700000000,"
                + "\"sub\":\"system:serviceaccount:support:agent\"}");
        final Scene scene = new Scene().sent(AGENT, 1, "GET /api/v1/pods HTTP/1.1\r\nHost: k\r\n" + token + "\r\n");
        assertThat(scene.all(IdentityAssertion.class)).singleElement().satisfies(identity -> {
            assertThat(identity.serviceAccount()).isEqualTo("system:serviceaccount:support:agent");
            assertThat(identity.assertedScope()).containsExactly("https://kubernetes.default.svc");
            assertThat(identity.header().evidence()).isEqualTo(Evidence.SELF_REPORTED);
        });
        assertThat(scene.errors()).containsExactly("identity.token.expired");
        assertThat(scene.written()).doesNotContain(token.substring(30, 70));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"scope\":\" read  write \"}",
                "{\"scope\":\" \",\"aud\":[\"\",null,1,{}]}",
                "{\"aud\":{},\"scope\":[[\"a\"]],\"sub\":[]}",
                "{\"sub\":\"system:serviceaccount:\",\"exp\":1e99}",
                "{\"sub\":\"system:serviceaccount:\\ud800\",\"exp\":-9223372036854775808}",
                "{\"exp\":9223372036854775807}",
                "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                "null"
            })
    void whateverATokenClaimsTheQuestionThatItCameWithIsRecorded(final String claims) {
        final String request = "{\"messages\":[]}";
        final Scene scene = new Scene()
                .sent(
                        AGENT,
                        1,
                        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n" + bearer(claims) + "Content-Length: "
                                + request.length() + "\r\n\r\n" + request)
                .received(AGENT, 1, "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"choices\":[]}");
        assertThat(scene.models()).hasSize(1);
        assertThat(scene.all(IdentityAssertion.class)).hasSize(1);
        assertThat(scene.errors()).noneMatch(error -> error.startsWith("sensor.gap"));
    }

    @Test
    void readingThePodsTokenIsAnAssertion() {
        final String path = "/var/run/secrets/kubernetes.io/serviceaccount/token";
        final Scene scene = new Scene().read(AGENT, path, 1200).read(AGENT, path, 1200);
        assertThat(scene.accesses()).hasSize(2);
        assertThat(scene.all(IdentityAssertion.class)).singleElement().satisfies(identity -> {
            assertThat(identity.serviceAccount()).isEqualTo("system:serviceaccount:support:agent");
            assertThat(scene.cause(identity)).isEqualTo(scene.accesses().getFirst());
        });
    }

    @Test
    void aTraceparentOfTheRequestNamesTheTrace() {
        final String request = "{\"messages\":[]}";
        final Scene scene = new Scene()
                .sent(
                        AGENT,
                        1,
                        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n"
                                + "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nContent-Length: "
                                + request.length() + "\r\n\r\n" + request)
                .received(AGENT, 1, "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"choices\":[]}");
        assertThat(scene.models())
                .singleElement()
                .satisfies(model -> assertThat(model.header().traceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736"));
    }

    @Test
    void aConversationGoesOnInItsTraceWhereAnotherRunsBesideIt() {
        final Scene scene = new Scene();
        scene.chat(AGENT, 1, "{\"messages\":[{\"role\":\"user\",\"content\":\"one\"}]}", answer("first answer"));
        scene.chat(AGENT, 2, "{\"messages\":[{\"role\":\"user\",\"content\":\"two\"}]}", answer("second answer"));
        scene.chat(
                AGENT,
                2,
                "{\"messages\":[{\"role\":\"user\",\"content\":\"one\"},{\"role\":\"assistant\","
                        + "\"content\":\"first answer\"},{\"role\":\"user\",\"content\":\"more\"}]}",
                answer("third"));
        assertThat(scene.cause(scene.models().get(2))).isEqualTo(scene.models().get(0));
        assertThat(scene.models().get(1).header().triggeringEventId()).isNull();
    }

    @Test
    void conversationsThatSayTheSameAreToldApartByTheirFirstQuestion() {
        final Scene scene = new Scene();
        for (final String question : List.of("one", "two")) {
            scene.chat(
                    AGENT, 1, "{\"messages\":[{\"role\":\"user\",\"content\":\"" + question + "\"}]}", answer("Done."));
        }
        for (final String question : List.of("one", "two")) {
            scene.chat(
                    AGENT,
                    1,
                    "{\"messages\":[{\"role\":\"user\",\"content\":\"" + question
                            + "\"},{\"role\":\"assistant\",\"content\":\"Done.\"},{\"role\":\"user\",\"content\":\"more\"}]}",
                    answer("No."));
        }
        assertThat(scene.models())
                .extracting(scene::cause)
                .containsExactly(
                        null, null, scene.models().get(0), scene.models().get(1));
    }

    private static String answer(final String text) {
        return "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"" + text + "\"}}]}";
    }

    @Test
    void whatAnAgentDoesBeforeTheAnswerIsOverFollowsFromWhatItAskedForByThen() {
        final String ask = "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Who?\"}]}]}";
        final Scene scene = new Scene()
                .sent(
                        AGENT,
                        1,
                        "POST /v1beta/models/gemini:streamGenerateContent?alt=sse HTTP/1.1\r\nHost: g\r\nContent-Length: "
                                + ask.length() + "\r\n\r\n" + ask)
                .received(AGENT, 1, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
                .read(AGENT, "/data/before.csv", 1)
                .received(AGENT, 1, asksFor("read_file", "a1") + asksFor("read_file", "a2") + asksFor("look", "a3"))
                .read(AGENT, "/data/own.csv", 2);
        for (final String id : List.of("1", "2")) {
            scene.write(
                            AGENT,
                            CHANNEL,
                            CHANNEL,
                            "{\"jsonrpc\":\"2.0\",\"id\":" + id
                                    + ",\"method\":\"tools/call\",\"params\":{\"name\":\"read_file\",\"arguments\":{}}}\n")
                    .write(
                            SERVER,
                            CHANNEL,
                            CHANNEL + 1,
                            "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{\"content\":[]}}\n");
        }
        scene.pipeline.tlsClosed(scene.process(AGENT), 1);
        final ModelInvocation model = scene.models().getFirst();
        assertThat(scene.accesses()).extracting(scene::cause).containsExactly(null, model);
        assertThat(scene.tools())
                .extracting(ToolInvocation::callId, scene::cause)
                .containsExactly(tuple("a1", model), tuple("a2", model));
        assertThat(model.toolsRequested()).extracting(RequestedTool::callId).containsExactly("a1", "a2", "a3");
        assertThat(scene.errors()).isEmpty();
    }

    private static String asksFor(final String tool, final String id) {
        return "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"id\":\"" + id
                + "\",\"name\":\"" + tool + "\",\"args\":{\"path\":\"/" + id + "\"}}}]}}]}\r\n\r\n";
    }

    @Test
    void aLostRecordOfTheKernelIsAGapOfKnownSize() {
        final Scene scene = new Scene();
        scene.pipeline.lost(3, 4096);
        assertThat(scene.errors()).containsExactly("sensor.gap.ring");
        assertThat(scene.written()).contains("\"missing_bytes\":4096");
    }

    @Test
    void aProcessOfNoKnownContainerIsAGapAndNobodys() {
        final Scene scene = new Scene();
        for (int i = 0; i < 3; i++) {
            scene.pipeline.opened(scene.process(AGENT).set(5, 1, 5, 99, 1), new OpenFile(i, "/data/x", 0));
        }
        assertThat(scene.errors()).containsExactly("sensor.gap.workload");
        assertThat(scene.events).hasSize(1);
    }

    @Test
    void whatASubshellStartsIsOfItsSession() {
        final Scene scene = new Scene().read(AGENT, "/data/first", 1);
        scene.pipeline.forked(scene.process(11));
        scene.pipeline.exec(scene.process(111), "/bin/cat");
        scene.read(111, "/data/second", 1);
        assertThat(scene.accesses().get(1).header().traceId())
                .isEqualTo(scene.accesses().get(0).header().traceId());
    }

    @Test
    void aReusedProcessNumberIsAnotherSession() {
        final Scene scene = new Scene().read(AGENT, "/data/a", 1);
        scene.exit(AGENT);
        scene.chat(AGENT, 1, "{\"messages\":[]}", answer("a"));
        scene.pipeline.exit(scene.process(AGENT));
        scene.pipeline.exec(scene.process(AGENT).set(AGENT, 0, 999, Scene.CGROUP, System.nanoTime()), "/bin/node");
        assertThat(scene.models()).hasSize(1);
        assertThat(scene.accesses().getFirst().header().traceId())
                .isNotEqualTo(scene.models().getFirst().header().traceId());
    }

    @Test
    void aConnectionThatIsBlockedIsAnError() {
        final Scene scene = new Scene();
        scene.pipeline.connected(scene.process(AGENT), "10.96.0.7", 443, 1);
        assertThat(scene.events)
                .filteredOn(ErrorEvent.class::isInstance)
                .map(event -> ((ErrorEvent) event).errorClass())
                .containsExactly("connection.refused_by_policy");
    }

    @Test
    void anEnforcementThatFailedSaysWhatItWasAndWhy() {
        final Scene scene = new Scene();
        scene.outcome = new Enforcer.Outcome.Failed("process 1 had ended before");
        scene.read(1, "/etc/secrets/db-password", 21);
        assertThat(scene.decisions()).singleElement().satisfies(decision -> {
            assertThat(decision.enforcement()).isEqualTo(Enforcement.FAILED);
            assertThat(decision.enforcementAction()).isEqualTo("terminate");
            assertThat(decision.enforcementError()).isEqualTo("process 1 had ended before");
        });
    }

    @Test
    void aFaultOnOneRecordIsAGapAndNoMore() {
        final Scene scene = new Scene();
        scene.pipeline.failed(scene.process(AGENT), new IllegalStateException("content"));
        assertThat(scene.events)
                .filteredOn(ErrorEvent.class::isInstance)
                .map(event -> ((ErrorEvent) event).errorClass())
                .containsExactly("sensor.gap.internal");
    }

    @Test
    void timesFollowAWallClockThatIsSet() {
        final Scene scene = new Scene();
        scene.read(AGENT, "/data/a", 1);
        for (final Duration step : List.of(Duration.ofHours(5), Duration.ofHours(-3), Duration.ZERO)) {
            final long before = scene.open(AGENT, "/data/b");
            scene.ask(AGENT, 1, "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}");
            scene.setClock(step).pipeline.tick();
            scene.received(AGENT, 1, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
            scene.close(AGENT, before, "/data/b", 1).read(AGENT, "/data/c", 1);
            assertThat(Duration.between(
                            Instant.now().plus(step),
                            scene.accesses().getLast().header().ts()))
                    .isBetween(Duration.ofMinutes(-1), Duration.ofMinutes(1));
        }
        assertThat(scene.accesses()).hasSize(7);
        assertThat(scene.models()).hasSize(3);
        assertThat(scene.errors()).doesNotContain("sensor.gap.internal");
    }
}
