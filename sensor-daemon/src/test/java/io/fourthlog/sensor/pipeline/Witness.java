package io.fourthlog.sensor.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.DataAccess;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Event;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.IdentityAssertion;
import io.fourthlog.actionlog.event.JsonFragment;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PartFingerprint;
import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.actionlog.event.ToolInvocation;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.Profile;
import io.fourthlog.redaction.Redacted;
import io.fourthlog.redaction.RedactedJson;
import io.fourthlog.redaction.RedactionEngine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compares every field of a scene's events with what the other side of each saw: the endpoint of a model, a tool, or a
 * client that prints what it was told. What sensitivity, shapes and classes are to be is asked of the redaction engine, which
 * has tests of its own; everything else is worked out here.
 */
final class Witness {
    /** What no agent should send to a model; put together here, so that it is not taken for one in this file. */
    static final String SECRET = "AKIA" + "Q3EGRHN5TXLW7ZKD";

    private static final String SERVER = "files/1.4.2"; // what the servers of these tests say that they are
    private static final int GUESSABLE = 64; // bytes under which content is only hashed with the key
    private static final int GUESSABLE_SENSITIVE = 1 << 10; // the same of content with something sensitive in it
    private static final Comparator<PartFingerprint> BY_CONTENT =
            Comparator.comparing(PartFingerprint::part).thenComparing(print -> String.valueOf(print.keyedHash()));

    private final Instant began;

    private final Scene scene;
    private final RedactionEngine engine = RedactionEngine.create(Profile.builtin(), Scene.HMAC);
    private final Map<String, ModelInvocation> askedFor = new HashMap<>(); // by call id
    private final List<ModelInvocation> models;

    /** @param began when the clients had not started yet */
    Witness(final Scene scene, final Instant began) {
        this.scene = scene;
        this.began = began;
        models = new ArrayList<>(scene.models());
        models.sort(Comparator.comparing(model -> model.header().ts()));
    }

    // ---- models

    /** Each request of the endpoint's has one event, and that says what the endpoint says, if the endpoint does say it. */
    Witness asked(final List<JsonNode> requests) {
        assertThat(models).hasSameSizeAs(requests);
        final List<ModelInvocation> left = new ArrayList<>(models);
        for (final JsonNode request : requests) {
            if (request.path("said").isNull() || request.path("asked").isNull()) {
                continue; // of an API, or of a failure, that the endpoint does not write down
            }
            final List<PartFingerprint> prints = fingerprints(request);
            final ModelInvocation model = left.stream()
                    .filter(each -> sameParts(each.fingerprints(), prints))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no event for " + request + " among " + left));
            left.remove(model);
            says(model, request);
        }
        return this;
    }

    /** Whatever their order, which is that of the members in the request's JSON. */
    private static boolean sameParts(final List<PartFingerprint> one, final List<PartFingerprint> other) {
        return one.stream()
                .sorted(BY_CONTENT)
                .toList()
                .equals(other.stream().sorted(BY_CONTENT).toList());
    }

    private List<PartFingerprint> fingerprints(final JsonNode request) {
        final List<PartFingerprint> prints = new ArrayList<>();
        request.path("asked")
                .forEach(part -> add(
                        prints,
                        "input." + part.path("role").asText(),
                        part.path("text").asText()));
        add(prints, "output", request.path("said").path("text").asText());
        add(prints, "output.thinking", request.path("said").path("thinking").asText());
        return prints;
    }

    private void add(final List<PartFingerprint> prints, final String part, final String text) {
        if (!text.isEmpty()) {
            prints.add(Recorder.fingerprint(part, redact(text)));
        }
    }

    private void says(final ModelInvocation model, final JsonNode request) {
        final JsonNode said = request.path("said");
        final Set<String> input = new TreeSet<>();
        String promptClass = null;
        for (final JsonNode part : request.path("asked")) {
            final Redacted redacted = redact(part.path("text").asText());
            input.addAll(redacted.sensitivity());
            if (part.path("role").asText().equals("user")) {
                promptClass = promptClass(part.path("text").asText());
            }
        }
        final String text = said.path("text").asText();
        final Set<String> output = new TreeSet<>(
                redact(text + "\n" + said.path("thinking").asText()).sensitivity());
        final List<RequestedTool> tools = new ArrayList<>();
        for (final JsonNode call : said.path("calls")) {
            final RedactedJson arguments = redactJson(call.path("arguments").asText());
            output.addAll(arguments.sensitivity());
            tools.add(new RequestedTool(
                    call.path("name").asText(),
                    shape(arguments),
                    call.path("id").asText(),
                    arguments.keyedHash()));
            askedFor.put(call.path("id").asText(), model);
        }
        assertThat(input).as("what the prompts of these tests hold").contains("PII:email");
        assertThat(input.contains("secret:aws-access-key"))
                .as("whether a secret was sent")
                .isEqualTo(request.path("asked").toString().contains(SECRET));
        assertThat(model.modelId()).isEqualTo(said.path("model").asText());
        counted(model.promptTokenCount(), model.promptTokenCountBy(), said.path("prompt_tokens"));
        counted(model.outputTokenCount(), model.outputTokenCountBy(), said.path("output_tokens"));
        assertThat(model.inputSensitivity()).containsExactlyElementsOf(input);
        assertThat(model.outputSensitivity()).containsExactlyElementsOf(output);
        assertThat(model.outputHash()).isEqualTo(text.isEmpty() ? null : hash(text));
        assertThat(model.promptClass()).isEqualTo(promptClass).isNotNull();
        assertThat(model.toolsRequested()).isEqualTo(tools);
        assertThat(model.policyInterventions()).isEmpty();
        assertThat(model.httpStatus()).isEqualTo(request.path("status").asInt());
        assertThat(model.destination())
                .isEqualTo(destination(request.path("host").asText()));
        header(
                model,
                model.agentSessionId(),
                model.promptTokenCount() == null ? "prompt_token_count" : "",
                model.outputTokenCount() == null ? "output_token_count" : "",
                text.isEmpty() ? "output_hash" : "");
        follows(model, request);
    }

    /** What the endpoint does not say is counted or estimated, whichever was there in time, and marked. */
    private static void counted(final @Nullable Long count, final @Nullable String by, final JsonNode tokens) {
        if (tokens.isNull() && count != null) {
            assertThat(by).isIn("tokenizer", "estimate");
        } else {
            assertThat(count).isEqualTo(tokens.isNull() ? null : tokens.asLong());
            assertThat(by).isNull();
        }
    }

    private static Destination destination(final String hostAndPort) {
        final int colon = hostAndPort.indexOf(':');
        return new Destination(
                hostAndPort.substring(0, colon),
                Integer.parseInt(hostAndPort.substring(colon + 1)),
                "127.0.0.1",
                false);
    }

    /** A prompt that carries results follows from the tool that gave the last one, or, in the agent itself, from the model that asked. */
    private void follows(final ModelInvocation model, final JsonNode request) {
        String answered = null;
        for (final JsonNode part : request.path("asked")) {
            answered = part.has("call") ? part.path("call").asText() : answered;
        }
        final String callId = answered;
        final Event expected = scene.tools().stream()
                .filter(tool -> callId != null && callId.equals(tool.callId()))
                .map(Event.class::cast)
                .findFirst()
                .orElse(callId == null ? null : askedFor.get(callId));
        assertThat(scene.cause(model)).as("what " + request + " follows from").isEqualTo(expected);
        assertThat(expected == null).as("the root of a trace").isEqualTo(callId == null);
    }

    /** The credential that the requests carried was asserted once in the session, by its keyed hash. */
    Witness asserted(final String credential) {
        final List<IdentityAssertion> all = scene.all(IdentityAssertion.class).stream()
                .filter(each -> each.header().evidence() == Evidence.SELF_REPORTED)
                .toList();
        assertThat(all).singleElement().satisfies(identity -> {
            final byte[] bytes = credential.getBytes(StandardCharsets.UTF_8);
            assertThat(identity.federatedIdentity()).isEqualTo("hmac:" + Scene.HMAC.keyedHash(bytes, 0, bytes.length));
            assertThat(identity.serviceAccount()).isNull();
            assertThat(identity.assertedScope()).isNull();
            assertThat(identity.grantedScope()).isNull();
            assertThat(identity.header().unknown())
                    .containsOnlyKeys("service_account", "asserted_scope", "granted_scope");
            assertThat(scene.cause(identity)).isIn(models);
        });
        return this;
    }

    // ---- tools

    /**
     * A call as its other side saw it.
     *
     * @param result what the tool returned
     * @param callId the model's id of the call
     */
    record Called(
            String tool,
            String arguments,
            String result,
            boolean error,
            @Nullable String callId) {}

    /**
     * Each call has one event, and that says what its other side says.
     *
     * @param destination by which transport, and where
     * @param definitions what it says of each tool, by name, as JSON; a tool that is not there has no digest
     */
    Witness called(final List<Called> calls, final String destination, final Map<String, String> definitions) {
        assertThat(scene.tools()).hasSameSizeAs(calls);
        final List<ToolInvocation> left = new ArrayList<>(scene.tools());
        for (final Called call : calls) {
            final RedactedJson arguments = redactJson(call.arguments());
            final ToolInvocation tool = left.stream()
                    .filter(each -> each.toolName().equals(call.tool())
                            && Objects.equals(each.paramHash(), arguments.keyedHash()))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no event for " + call + " among " + left));
            left.remove(tool);
            says(tool, call, arguments, destination, definitions.get(call.tool()));
        }
        return this;
    }

    private void says(
            final ToolInvocation tool,
            final Called call,
            final RedactedJson arguments,
            final String destination,
            final @Nullable String definition) {
        final boolean person = call.tool().equals("elicitation/create"); // asked by the server, answered by a client
        final String version = SERVER + (definition == null ? "" : "+def." + digest(definition));
        assertThat(tool.toolVersion()).isEqualTo(person ? null : version);
        assertThat(tool.paramSchema()).isEqualTo(shape(arguments));
        assertThat(tool.paramSensitivity()).containsExactlyElementsOf(arguments.sensitivity());
        assertThat(tool.returnStatus()).isEqualTo(call.error() ? "error" : "ok");
        assertThat(tool.returnSize()).isEqualTo(call.result().getBytes(StandardCharsets.UTF_8).length);
        assertThat(tool.returnHash()).isEqualTo(hash(call.result()));
        assertThat(tool.fingerprints()).containsExactly(Recorder.fingerprint("return", redact(call.result())));
        assertThat(tool.durationMs())
                .isBetween(0L, Duration.between(began, Instant.now()).toMillis());
        assertThat(tool.callId()).isEqualTo(call.callId());
        assertThat(tool.destination()).isEqualTo(person ? null : destination);
        assertThat(tool.targetResourceType()).isEqualTo(usedFiles(tool) ? "file" : null);
        header(
                tool,
                tool.agentSessionId(),
                person ? "tool_version" : "",
                tool.targetResourceType() == null ? "target_resource_type" : "");
        final Event cause = scene.cause(tool);
        if (person && cause != null) {
            assertThat(cause).as("what asked the person").isInstanceOf(ToolInvocation.class);
        } else {
            assertThat(cause).isEqualTo(call.callId() == null ? null : askedFor.get(call.callId()));
        }
    }

    /** Whether files were seen to be used by the tool: of several calls under way, the newest is taken to use them. */
    private boolean usedFiles(final ToolInvocation tool) {
        return scene.accesses().stream()
                .anyMatch(access -> access.resourceUri().startsWith("file:")
                        && tool.header().eventId().equals(access.header().triggeringEventId()));
    }

    /** The one reading of a file by a tool is an event with its bytes, and follows from one of {@code causes}. */
    Witness read(final Path file, final long bytes, final List<? extends Event> causes) {
        final List<DataAccess> accesses = scene.accesses().stream()
                .filter(access -> access.resourceUri().equals("file://" + file))
                .toList();
        assertThat(accesses).singleElement().satisfies(access -> {
            assertThat(access.accessMode()).isEqualTo("read");
            assertThat(access.byteCount()).isEqualTo(bytes);
            assertThat(access.rowCount()).isNull();
            assertThat(scene.cause(access)).isIn(causes);
            assertThat(access.header().traceId())
                    .isEqualTo(
                            Objects.requireNonNull(scene.cause(access)).header().traceId());
        });
        return this;
    }

    private String digest(final String definition) {
        final String hash = Objects.requireNonNull(redactJson(definition).keyedHash());
        final int digits = hash.indexOf(':') + 1;
        return hash.substring(digits, digits + 16);
    }

    // ---- all

    /** Nothing was missed, everything that happened is of one session, and nothing that was said is written. */
    void nothingElse(final String... errors) {
        assertThat(scene.errors()).containsExactlyInAnyOrder(errors);
        final Set<String> sessions = new TreeSet<>();
        models.forEach(model -> sessions.add(String.valueOf(model.agentSessionId())));
        scene.tools().forEach(tool -> sessions.add(String.valueOf(tool.agentSessionId())));
        assertThat(sessions).hasSize(1);
        assertThat(scene.written())
                .doesNotContain("canary@")
                .doesNotContain(".canary")
                .doesNotContain(SECRET)
                .doesNotContain("Canary Answer")
                .doesNotContain("sk-canary")
                .doesNotContain("sk-ant-canary");
    }

    private void header(final Event event, final @Nullable String session, final String... unknown) {
        final Header header = event.header();
        final Set<String> expected = new TreeSet<>(List.of(unknown));
        expected.remove("");
        if (header.triggeringEventId() == null) {
            expected.add("triggering_event_id");
        }
        assertThat(session).isNotNull();
        assertThat(header.workloadId()).isEqualTo(Scene.WORKLOAD.workloadId());
        assertThat(header.sensorId()).isEqualTo("demo.support.node-1");
        assertThat(header.schemaVersion()).isEqualTo(Header.SCHEMA_VERSION);
        assertThat(header.completeness()).isEqualTo(Completeness.COMPLETE);
        assertThat(header.evidence()).isEqualTo(Evidence.OBSERVED);
        assertThat(header.ts()).isBetween(began, Instant.now());
        assertThat(header.unknown()).containsOnlyKeys(expected);
        final Event cause = scene.cause(event);
        if (cause != null) {
            assertThat(header.traceId()).isEqualTo(cause.header().traceId());
        }
    }

    private Redacted redact(final String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        try (Plaintext plain = Plaintext.copyOf(bytes, 0, bytes.length)) {
            return engine.redact(plain);
        }
    }

    private @Nullable String promptClass(final String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        try (Plaintext plain = Plaintext.copyOf(bytes, 0, bytes.length)) {
            return engine.classify(plain).orElse(null);
        }
    }

    private RedactedJson redactJson(final String json) {
        final byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        try (Plaintext plain = Plaintext.copyOf(bytes, 0, bytes.length)) {
            return engine.redactJson(plain);
        }
    }

    private static @Nullable JsonFragment shape(final RedactedJson json) {
        return json.shape() == null ? null : new JsonFragment(json.shape());
    }

    private String hash(final String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        final boolean sensitive = !redact(text).sensitivity().isEmpty();
        if (bytes.length < (sensitive ? GUESSABLE_SENSITIVE : GUESSABLE)) {
            return Scene.HMAC.keyedHash(bytes, 0, bytes.length);
        }
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (final NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
