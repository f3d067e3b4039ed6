package io.fourthlog.sensor.pipeline;

import io.fourthlog.actionlog.event.Completeness;
import io.fourthlog.actionlog.event.Destination;
import io.fourthlog.actionlog.event.Evidence;
import io.fourthlog.actionlog.event.Header;
import io.fourthlog.actionlog.event.JsonFragment;
import io.fourthlog.actionlog.event.ModelInvocation;
import io.fourthlog.actionlog.event.PartPreview;
import io.fourthlog.actionlog.event.RequestedTool;
import io.fourthlog.redaction.Hmac;
import io.fourthlog.redaction.KnownText;
import io.fourthlog.redaction.LateClass;
import io.fourthlog.redaction.LateCount;
import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.Preview;
import io.fourthlog.redaction.Redacted;
import io.fourthlog.redaction.RedactedJson;
import io.fourthlog.redaction.RedactionEngine;
import io.fourthlog.redaction.TokenCounts;
import io.fourthlog.redaction.TokenEstimate;
import io.fourthlog.sensor.action.Agent;
import io.fourthlog.sensor.action.Cause;
import io.fourthlog.sensor.action.Credential;
import io.fourthlog.sensor.action.ServedRequest;
import io.fourthlog.sensor.action.Session;
import io.fourthlog.sensor.protocol.ModelAnswer;
import io.fourthlog.sensor.protocol.ModelAnswer.ToolCall;
import io.fourthlog.sensor.protocol.ModelExchange;
import io.fourthlog.sensor.protocol.ModelPrompt;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One question to a model on its way to a model_invocation: redacts the prompt when it is complete and the answer when it is
 * over, so that neither is kept, and judges it twice: before the answer has come, and with it.
 */
final class ModelCall implements ModelExchange.Listener {
    private static final int WAITING =
            2 << 10; // bytes, about, of a question that waits for its answer, beside its fingerprints
    private static final int MOST_TOOLS =
            12 << 10; // bytes, about, of the tools in an event; an entry of the log has 64 KiB
    private static final int TOOL = 160; // bytes of a tool beside its name and its arguments' shape
    private static final int MOST_SAID =
            32; // texts of a prompt in which those of requests are looked for, the last ones
    private static final String LATER = "the model answers later, to whoever asks for the answer by its id";
    private static final byte[] NO_ARGUMENTS = "{}".getBytes(StandardCharsets.US_ASCII);

    private final Recorder recorder;
    private final Identities identities;
    private final Agent agent;
    private final Supplier<Instant> now;
    private final UUID id;
    private final Instant ts;
    private final MemoryBudget budget;
    private final @Nullable String namedTrace;
    private final Supplier<@Nullable Destination> destination; // as far as it is known by now
    private final List<Credential> credentials;
    private final SortedSet<String> inputSensitivity = new TreeSet<>();
    private final Fingerprints fingerprints = new Fingerprints();
    private final List<PartPreview> previews = new ArrayList<>(); // of what is recorded, never of what rules judge
    private @Nullable Cause cause; // unset while the prompt is not known
    private @Nullable String unasked; // why there is no prompt
    private @Nullable String modelAsked;
    private @Nullable String opening; // the first question's hash
    private @Nullable String promptClass;
    private @Nullable LateClass late; // of a sentence model, if the profile has one and it had time
    private @Nullable String promptClassifier;
    private long promptTokens = -1; // estimated
    private @Nullable LateCount promptCount;
    private boolean promptCut;
    private int waiting; // bytes that count while there is no answer
    private Recorder.@Nullable Judged early;

    ModelCall(
            final Recorder recorder,
            final Identities identities,
            final Agent agent,
            final Supplier<Instant> now,
            final MemoryBudget budget,
            final @Nullable String namedTrace,
            final Supplier<@Nullable Destination> destination,
            final List<Credential> credentials) {
        this.recorder = recorder;
        this.identities = identities;
        this.agent = agent;
        this.now = now;
        this.budget = budget;
        this.id = recorder.newId();
        this.ts = now.get();
        this.namedTrace = namedTrace;
        this.destination = destination;
        this.credentials = credentials;
    }

    @Override
    public void asked(final ModelPrompt prompt) {
        try (prompt) {
            redact(prompt);
        }
        if (budget.take(WAITING + fingerprints.size())) {
            waiting = WAITING + fingerprints.size();
        }
        final Cause place = begin();
        early = recorder.judgeEarly(provisional(place), agent, place, destination.get());
    }

    private void redact(final ModelPrompt prompt) {
        final RedactionEngine engine = recorder.engine(agent);
        final List<String> said = new ArrayList<>(); // hashes of what the user says after the last answer
        final List<Plaintext> saying = new ArrayList<>();
        final List<String> answeredCalls = new ArrayList<>();
        String quoted = null;
        boolean conversation = false;
        boolean dropped = false; // the question
        boolean opened = false;
        opening = null;
        modelAsked = prompt.modelId();
        promptCut = prompt.shed() > 0;
        promptTokens = 0;
        final List<TokenCounts.Text> texts = new ArrayList<>(prompt.parts().size());
        for (final ModelPrompt.Part part : prompt.parts()) {
            String hash = null;
            if (part.text().length() > 0) {
                final Redacted redacted = engine.redact(part.text());
                promptTokens += redacted.tokens();
                inputSensitivity.addAll(redacted.sensitivity());
                fingerprints.add(Recorder.fingerprint(part.role().part(), redacted));
                hash = redacted.fingerprint().keyedHash();
                if (part.role() == Role.USER) {
                    dropped = redacted.dropped();
                    opening = opened ? opening : hash;
                    opened = true;
                    if (hash != null) {
                        said.add(hash);
                        saying.add(part.text());
                    }
                }
            }
            texts.add(new TokenCounts.Text(part.text(), hash));
            if (part.role() == Role.ASSISTANT) {
                conversation = true;
                quoted = hash;
                said.clear();
                saying.clear();
                answeredCalls.clear();
            } else if (part.role() == Role.TOOL && part.callId() != null) {
                answeredCalls.add(part.callId());
            }
        }
        promptCount = prompt.uncounted() ? count(texts) : null;
        final Plaintext question = question(prompt);
        promptClass =
                question == null || dropped ? null : engine.classify(question).orElse(null);
        preview(engine, question, promptCut, Role.USER.part());
        late = question == null || promptClass == null
                ? null
                : engine.classifyLater(question).orElse(null);
        final Hmac hmac = recorder.config().hmac();
        final ServedRequest asking = agent.session()
                .asking(
                        agent,
                        said,
                        known -> saying.reversed().stream()
                                .limit(MOST_SAID)
                                .flatMap(text -> KnownText.in(hmac, text, known).stream())
                                .collect(Collectors.toSet()));
        cause = agent.session()
                .ofPrompt(agent, asking, answeredCalls, prompt.previous(), quoted, opening, conversation)
                .inTrace(namedTrace);
    }

    /** Has tokens counted that the endpoint will not tell. */
    private @Nullable LateCount count(final List<TokenCounts.Text> texts) {
        return modelAsked == null
                ? null
                : TokenCounts.shared().take(modelAsked, texts).orElse(null);
    }

    /** Takes the late class if it has come by now; once, so that what is judged is what is recorded. */
    private void settleClass() {
        final LateClass asked = late;
        late = null;
        if (asked != null && asked.now().isPresent()) {
            promptClass = asked.now().get();
            promptClassifier = asked.model();
        }
    }

    /** What the user said last; earlier questions come again with each request. */
    private static @Nullable Plaintext question(final ModelPrompt prompt) {
        Plaintext question = null;
        for (final ModelPrompt.Part part : prompt.parts()) {
            question = part.role() == Role.USER && part.text().length() > 0 ? part.text() : question;
        }
        return question;
    }

    private void preview(
            final RedactionEngine engine, final @Nullable Plaintext text, final boolean cut, final String part) {
        if (text == null || text.length() == 0) {
            return;
        }
        engine.preview(text)
                .map(preview -> cut ? Preview.withheld("a part of it was not captured") : preview)
                .ifPresent(preview -> previews.add(new PartPreview(part, preview.text(), preview.withheld())));
    }

    /** Takes the call's place in the graph, from which the credential's assertion and what the model asks for follow. */
    private Cause begin() {
        final Cause place = cause != null
                ? cause
                : agent.session()
                        .ofPrompt(agent, null, List.of(), null, null, null, false)
                        .inTrace(namedTrace);
        cause = place;
        agent.session().modelAsked(place.then(id), opening);
        identities.asserted(agent, credentials, place.then(id), ts);
        return place;
    }

    private ModelInvocation provisional(final Cause place) {
        final String reason = "the answer has not come yet";
        final ModelInvocation.Builder event = builder(place, Completeness.COMPLETE)
                .modelId(modelAsked)
                .unknown("prompt_token_count", reason)
                .unknown("output_token_count", reason)
                .unknown("output_hash", reason)
                .fingerprints(fingerprints.list());
        if (modelAsked == null) {
            event.unknown("model_id", reason);
        }
        return event.build();
    }

    private ModelInvocation.Builder builder(final Cause place, final Completeness completeness) {
        final Header header = recorder.header(id, agent, place, ts, completeness, Evidence.OBSERVED);
        final ModelInvocation.Builder event = ModelInvocation.builder(header)
                .agentSessionId(agent.session().id())
                .promptClass(promptClass)
                .promptClassifier(promptClassifier)
                .inputSensitivity(List.copyOf(inputSensitivity))
                .destination(destination.get());
        if (promptClass == null) {
            event.unknown(
                    "prompt_class",
                    unasked != null
                            ? unasked
                            : fingerprints.isEmpty()
                                    ? "the prompt was not captured"
                                    : "the profile does not classify prompts");
        }
        return event;
    }

    /** An agent may run a tool before the rest of the answer has come. */
    @Override
    public void calls(final String tool, final @Nullable String callId) {
        if (cause != null) {
            agent.session().toolAnnounced(tool, callId, cause.then(id));
        }
    }

    @Override
    public void answered(final ModelAnswer answer) {
        settleClass();
        budget.giveBack(waiting);
        waiting = 0;
        if (cause == null && answer.id() != null && !bringsNews(answer.id(), answer.pending())) {
            answer.close();
            return;
        }
        final boolean promptSeen = cause != null;
        if (!promptSeen) {
            unasked = "the prompt was not captured";
        }
        final Cause place = cause != null ? cause : begin();
        final Cause here = place.then(id);
        final Output output;
        try (answer) {
            output = redact(answer, here);
        }
        final boolean omitted = output.tools().size() < answer.toolCalls().size();
        final boolean cut = answer.gap() != null || promptCut || omitted;
        final Completeness completeness = cut
                ? Completeness.gap(answer.gap() == null || answer.missingBytes() < 0 ? null : answer.missingBytes())
                : Completeness.COMPLETE;
        final ModelInvocation.Builder event = finished(place, completeness, answer, promptSeen, output);
        final ModelInvocation judgedOn = event.build();
        final Recorder.Judged judged = recorder.judge(judgedOn, agent, place, destination.get(), early);
        final List<String> interventions = Recorder.interventions(judged);
        final ModelInvocation recorded = interventions.isEmpty() && previews.isEmpty()
                ? judgedOn
                : event.policyInterventions(interventions).previews(previews).build();
        recorder.record(recorded, agent, judged);
        if (answer.httpStatus() >= 400 || answer.error() != null) {
            recorder.error(agent, here, now.get(), errorClass(answer));
        }
        if (answer.gap() != null) {
            recorder.gap(agent, here, id, answer.gap(), ts, now.get(), answer.missingBytes());
        } else if (omitted) {
            recorder.gap(agent, here, id, GapCause.TOO_LARGE, ts, now.get(), -1);
        }
    }

    /**
     * What is left of an answer once it is redacted.
     *
     * @param hash of its text; {@code null} where that is not whole, or is none
     * @param tools that it asks for, as many as there is room for
     * @param count of its tokens, where the endpoint did not tell and they are counted beside
     * @param tokens estimated, of the text, of what it reasoned, and of the arguments that it wrote for tools; -1 where that is
     *     not wanted
     */
    private record Output(
            SortedSet<String> sensitivity,
            @Nullable String hash,
            List<RequestedTool> tools,
            @Nullable LateCount count,
            long tokens) {}

    private Output redact(final ModelAnswer answer, final Cause here) {
        final RedactionEngine engine = recorder.engine(agent);
        final SortedSet<String> sensitivity = new TreeSet<>();
        String hash = null;
        final boolean uncounted = answer.outputTokens() < 0 && answer.gap() == null && succeeded(answer);
        final LateCount count = uncounted && answer.toolCalls().isEmpty()
                ? count(List.of(
                        new TokenCounts.Text(answer.text(), null), new TokenCounts.Text(answer.thinking(), null)))
                : null;
        long tokens = 0;
        if (answer.text().length() > 0) {
            final Redacted text = engine.redact(answer.text());
            tokens += text.tokens();
            preview(engine, answer.text(), answer.gap() != null, "output");
            sensitivity.addAll(text.sensitivity());
            if (answer.gap() == null) {
                hash = Recorder.contentHash(text);
                fingerprints.add(Recorder.fingerprint("output", text));
                if (text.fingerprint().keyedHash() != null) {
                    agent.session().answered(text.fingerprint().keyedHash(), here);
                }
            }
        }
        if (answer.thinking().length() > 0) {
            final Redacted thinking = engine.redact(answer.thinking());
            tokens += thinking.tokens();
            sensitivity.addAll(thinking.sensitivity());
            if (answer.gap() == null) {
                fingerprints.add(Recorder.fingerprint("output.thinking", thinking));
            }
        }
        if (answer.id() != null) {
            agent.session().keeps(answer.id(), here, answer.pending() || answer.gap() != null);
        }
        agent.session().modelAnswered(here);
        final List<RequestedTool> tools = new ArrayList<>();
        int room = MOST_TOOLS;
        for (final ToolCall call : answer.toolCalls()) {
            final RequestedTool tool = requested(call, sensitivity, here);
            tokens += uncounted && call.arguments() != null ? TokenEstimate.of(call.arguments()) : 0;
            room -= size(tool);
            if (room >= 0) {
                tools.add(tool);
            }
        }
        final boolean estimated = uncounted && tokens > 0; // it may have answered with what has no text
        return new Output(sensitivity, hash, tools, count, estimated ? tokens : -1);
    }

    /** Whether an answer that was not asked for here is one that was not told yet: then it follows from the question. */
    private boolean bringsNews(final String answerId, final boolean pending) {
        final Session.Kept kept = agent.session().kept(answerId);
        if (kept == null) {
            return true;
        }
        final boolean news = kept.pending() && !pending;
        if (news) {
            cause = kept.model();
            unasked = "it was asked in the event that triggered this one";
            identities.asserted(agent, credentials, cause.then(id), ts);
        }
        return news;
    }

    /** Bytes, about, that a tool takes in an event. */
    private static int size(final RequestedTool tool) {
        return TOOL
                + tool.name().length()
                + (tool.paramSchema() == null ? 0 : tool.paramSchema().json().length());
    }

    private ModelInvocation.Builder finished(
            final Cause place,
            final Completeness completeness,
            final ModelAnswer answer,
            final boolean promptSeen,
            final Output output) {
        final String modelId = answer.modelId() != null ? answer.modelId() : modelAsked;
        final ModelInvocation.Builder event = builder(place, completeness)
                .modelId(modelId)
                .outputSensitivity(List.copyOf(output.sensitivity()))
                .outputHash(output.hash())
                .toolsRequested(output.tools())
                .httpStatus(answer.httpStatus() == 0 ? null : answer.httpStatus())
                .fingerprints(fingerprints.list());
        if (modelId == null) {
            event.unknown("model_id", promptSeen ? "neither request nor answer named it" : "not captured");
        }
        if (output.hash() == null) {
            event.unknown(
                    "output_hash",
                    answer.gap() != null
                            ? "a part of the answer was not captured"
                            : answer.pending()
                                    ? LATER
                                    : answer.readable() ? "the answer has no text to hash" : "the API is not known");
        }
        final String uncounted = answer.gap() != null
                ? "not captured"
                : answer.pending() ? LATER : answer.readable() ? "the answer carries no usage" : "the API is not known";
        final Tokens prompt = Tokens.of(
                answer.promptTokens(),
                promptCount,
                promptCut || answer.pending() || !succeeded(answer) ? -1 : promptTokens);
        if (prompt.count() >= 0) {
            event.promptTokenCount(prompt.count()).promptTokenCountBy(prompt.by());
        } else {
            event.unknown("prompt_token_count", uncounted);
        }
        final Tokens said = Tokens.of(answer.outputTokens(), output.count(), output.tokens());
        if (said.count() >= 0) {
            event.outputTokenCount(said.count()).outputTokenCountBy(said.by());
        } else {
            event.unknown("output_token_count", uncounted);
        }
        return event;
    }

    /** Whether the model did what it was asked, so that tokens were used. */
    private static boolean succeeded(final ModelAnswer answer) {
        return answer.readable() && answer.httpStatus() < 400 && answer.error() == null;
    }

    /**
     * A number of tokens.
     *
     * @param count -1 when it is not known
     * @param by who counted, as the event says it; {@code null} for the endpoint
     */
    private record Tokens(long count, @Nullable String by) {

        /** As the endpoint said, else as was counted by now, else as was estimated. */
        static Tokens of(final long told, final @Nullable LateCount counted, final long estimated) {
            if (told >= 0) {
                return new Tokens(told, null);
            }
            return counted != null && counted.now().isPresent() && estimated >= 0
                    ? new Tokens(counted.now().getAsLong(), "tokenizer")
                    : new Tokens(estimated, "estimate");
        }
    }

    private RequestedTool requested(final ToolCall call, final SortedSet<String> sensitivity, final Cause here) {
        JsonFragment shape = null;
        String hash = null;
        if (call.arguments() != null) {
            final RedactedJson redacted = redactJson(call.arguments());
            sensitivity.addAll(redacted.sensitivity());
            shape = redacted.shape() == null ? null : new JsonFragment(redacted.shape());
            hash = redacted.keyedHash();
        }
        agent.session().toolRequested(call.name(), call.callId(), hash, here);
        return new RequestedTool(call.name(), shape, call.callId(), hash);
    }

    /** Models write no arguments as an empty text or as an empty object; both mean the same. */
    private RedactedJson redactJson(final Plaintext arguments) {
        if (arguments.length() > 0) {
            return recorder.engine(agent).redactJson(arguments);
        }
        try (Plaintext empty = Plaintext.copyOf(NO_ARGUMENTS, 0, NO_ARGUMENTS.length)) {
            return recorder.engine(agent).redactJson(empty);
        }
    }

    private static String errorClass(final ModelAnswer answer) {
        final String kind = answer.httpStatus() >= 400 ? "model.http." + answer.httpStatus() : "model.error";
        final String error = answer.error();
        return error == null
                ? kind
                : kind + "." + error.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]+", "_");
    }

    @Override
    public void unseen(final GapCause gapCause, final long missingBytes) {
        final Cause place = agent.session().ambient(agent).inTrace(namedTrace);
        recorder.gap(agent, place, null, gapCause, ts, now.get(), missingBytes);
    }
}
