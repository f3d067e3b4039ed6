package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.http.ContentDecoder;
import io.fourthlog.sensor.http.Exchange;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import org.jspecify.annotations.Nullable;

/**
 * One request to a model and its answer, in one piece or streamed, out of the bytes of an HTTP connection; handed on once
 * its shape shows that it is one.
 */
public final class ModelExchange implements Exchange {
    /** Takes what was asked and answered. Each prompt and answer belongs to the listener, who closes it. */
    public interface Listener {
        /** The request is complete. Not called when a part of it was not captured. */
        void asked(ModelPrompt prompt);

        /** The answer, of which more will come, asks for this tool; called once for each, and not for those that the end brings. */
        void calls(String tool, @Nullable String callId);

        /** Everything that will be known of the answer is; called at most once. */
        void answered(ModelAnswer answer);

        /** Neither of the two will be called: it looked like a question, and what it was, was not captured. */
        void unseen(GapCause cause, long missingBytes);
    }

    private final MemoryBudget budget;
    private final Limits limits;
    private final Dialect dialect;
    private final Listener listener;
    private final @Nullable String modelInHead;
    private final boolean asks; // else it gets an answer that was asked for before
    private final boolean form;
    private final JsonCursor json;
    private final ContentBuffer body;
    private final ContentDecoder requestDecoder;
    private final AnswerBuilder answer;
    private final DeltaPattern pattern;
    private @Nullable AnswerBody response;
    private int status;
    private @Nullable String errorType;
    private final Missing missing = new Missing();
    private @Nullable ResourceExchange otherwise; // while it may be that
    private @Nullable ResourceExchange resource; // that it is
    private boolean requestEnded;
    private boolean asked;
    private boolean over;

    private ModelExchange(
            final MemoryBudget budget,
            final Limits limits,
            final HttpHead request,
            final Dialect dialect,
            final @Nullable ResourceExchange otherwise,
            final Listener listener) {
        this.budget = budget;
        this.limits = limits;
        this.dialect = dialect;
        this.otherwise = otherwise;
        this.listener = listener;
        modelInHead = modelIn(request);
        asks = !request.method().equals("GET");
        form = request.media() == HttpHead.Media.FORM && dialect instanceof UnknownApi;
        json = new JsonCursor(limits.jsonDepth());
        body = new ContentBuffer(budget, limits.bodyBytes());
        requestDecoder = new ContentDecoder(budget, limits, request.coding(), limits.bodyBytes(), body::append);
        answer = new AnswerBuilder(budget, limits);
        pattern = new DeltaPattern(budget);
        if (request.media() == HttpHead.Media.AWS_EVENT_STREAM) {
            missing.add(GapCause.EVENT_STREAM, -1); // a request in events is not read
        }
    }

    /** Whether a request is for a model, as far as its head tells. */
    public static boolean matches(final HttpHead head) {
        return GrpcExchange.matches(head) || Dialect.of(head) != null;
    }

    /**
     * The exchange that a request begins; {@link #matches} said that it does.
     *
     * @param otherwise what it is if its body is of another API
     */
    public static Exchange of(
            final MemoryBudget budget,
            final Limits limits,
            final HttpHead request,
            final @Nullable ResourceExchange otherwise,
            final Listener listener) {
        if (GrpcExchange.matches(request)) {
            if (otherwise != null) {
                otherwise.drop();
            }
            return new GrpcExchange(budget, limits, request, listener);
        }
        final Dialect dialect = Dialect.of(request);
        if (dialect == null) {
            throw new IllegalArgumentException("not a request to a model");
        }
        return new ModelExchange(budget, limits, request, dialect, otherwise, listener);
    }

    /** The model that a head names: a field of the AI SDK's gateway, or the path of Bedrock, Gemini and Vertex, Azure, Databricks. */
    private static @Nullable String modelIn(final HttpHead head) {
        if (head.model() != null) {
            return head.model();
        }
        final String bedrock = head.pathPart("/model/", false);
        final String google = bedrock != null ? bedrock : head.pathPart("/models/", true);
        final String azure = google != null ? google : head.pathPart("/deployments/", false);
        return azure != null ? azure : head.pathPart("/serving-endpoints/", false);
    }

    @Override
    public void requestBody(final byte[] bytes, final int offset, final int length) {
        final ResourceExchange beside = beside();
        if (beside != null) {
            beside.requestBody(bytes, offset, length);
        } else if (!over && missing.isNothing()) {
            requestDecoder.decode(bytes, offset, length);
        }
    }

    @Override
    public void requestGap(final long bytes) {
        final ResourceExchange beside = beside();
        if (beside != null) {
            beside.requestGap(bytes);
        }
        requestDecoder.gap();
        missing.add(GapCause.STREAM, bytes);
    }

    @Override
    public void requestEnd() {
        requestEnded = true;
        final ResourceExchange beside = beside();
        if (beside != null) {
            beside.requestEnd();
        }
        if (over) {
            return;
        }
        requestDecoder.end();
        if (requestDecoder.failure() != null) {
            missing.add(requestDecoder.failure(), -1);
        }
        if (asks && missing.isNothing()) {
            prompt();
        }
        body.close();
        requestDecoder.close();
    }

    private void prompt() {
        final ContentBuffer text = form ? body : JsonText.utf8(body, budget, limits);
        try (PromptBuilder prompt = new PromptBuilder(budget, limits)) {
            prompt.model(modelInHead);
            if (!read(text, prompt)) {
                if (text.length() > 0 && !JsonText.isObject(text) && otherwise != null) {
                    pass(); // no JSON, as a form
                } else {
                    missing.add(response == null ? GapCause.JSON : GapCause.UNFINISHED, -1); // answered before its end
                }
            } else if (prompt.recognised()) {
                asked = true;
                drop();
                listener.asked(prompt.build());
                if (json.isAmbiguous()) {
                    missing.add(GapCause.JSON, -1); // the endpoint may have been asked something else
                }
            } else {
                pass(); // this API's path and another one's body
            }
        } finally {
            if (text != body) {
                text.close();
            }
        }
    }

    private void drop() {
        if (otherwise != null) {
            otherwise.drop();
            otherwise = null;
        }
    }

    /** It is nothing of a model's; whoever takes it gets what was sent, or has it. */
    private void pass() {
        resource = otherwise;
        otherwise = null;
        if (resource != null) {
            resource.begin();
            if (asks) {
                resource.decodedRequest(body.array(), body.length());
                resource.requestEnd();
            }
        }
        free();
    }

    /** Sees the same: what it is, or may be. */
    private @Nullable ResourceExchange beside() {
        return resource != null ? resource : asks ? null : otherwise;
    }

    private boolean read(final ContentBuffer text, final PromptBuilder prompt) {
        if (form) {
            FormData.read(text.array(), text.length(), prompt);
            return true;
        }
        if (json.begin(text.array(), 0, text.length())) {
            json.strictly();
            dialect.request(json, prompt);
        }
        return json.finish();
    }

    @Override
    public void responseHead(final HttpHead head) {
        if (!asks && !mayBeKept(head)) {
            pass();
        }
        final ResourceExchange beside = beside();
        if (beside != null) {
            beside.responseHead(head);
        }
        if (over) {
            return;
        }
        status = head.status();
        errorType = head.errorType();
        answer.promptTokens(head.tokens(false));
        answer.outputTokens(head.tokens(true));
        response = new AnswerBody(budget, limits, head, new Documents());
    }

    /** Whether what follows can be an answer that was asked for before. */
    private static boolean mayBeKept(final HttpHead head) {
        return head.status() < 300
                && (head.media() == HttpHead.Media.JSON || head.media() == HttpHead.Media.EVENT_STREAM);
    }

    @Override
    public void responseBody(final byte[] bytes, final int offset, final int length) {
        final ResourceExchange beside = beside();
        if (beside != null) {
            beside.responseBody(bytes, offset, length);
        }
        if (!over && response != null) {
            response.parse(bytes, offset, length);
        }
    }

    @Override
    public void responseGap(final long bytes) {
        final ResourceExchange beside = beside();
        if (beside != null) {
            beside.responseGap(bytes);
        }
        if (!over && response != null) {
            response.gap(bytes);
        }
    }

    @Override
    public void responseEnd() {
        if (!over && response != null) {
            response.end(status >= 400);
        }
        if (!over) {
            finish();
        }
        final ResourceExchange beside = beside();
        if (beside != null) {
            beside.responseEnd();
        }
    }

    @Override
    public void abort(final GapCause cause, final long bytes) {
        if (!over) {
            if (cause != GapCause.UNFINISHED || !mayBeLetGo()) {
                missing.add(cause, bytes);
            }
            finish();
        }
        final ResourceExchange beside = beside();
        if (beside != null) {
            beside.abort(cause, bytes);
        }
    }

    /** Clients that ask again often do not read what an error says. */
    private boolean mayBeLetGo() {
        return answer.isStopped() || answer.isDone() || (response != null && response.isAtMark()) || status >= 400;
    }

    private void finish() {
        if (!requestEnded && missing.isNothing()) {
            missing.add(GapCause.STREAM, -1); // answered before all of the request was seen
        }
        if (answer.overflow()) {
            missing.add(GapCause.TOO_LARGE, -1);
        }
        if (answer.isMisplaced()) {
            missing.add(GapCause.JSON, -1);
        }
        if (status >= 400 && errorType != null) {
            answer.error(errorType);
        }
        if (asks || (answer.recognised() && answer.id() != null)) {
            drop();
        }
        if (asked || (answer.recognised() && (asks || isKept()))) {
            answer.model(asked ? null : modelInHead);
            listener.answered(answer.seal(status, missing.cause(), missing.bytes()));
        } else if (missing.cause() != null && otherwise == null) {
            listener.unseen(missing.cause(), missing.bytes());
        }
        free();
    }

    private boolean isKept() {
        return status < 300 && answer.id() != null;
    }

    private void free() {
        over = true;
        body.close();
        answer.close();
        pattern.close();
        requestDecoder.close();
        if (response != null) {
            response.close();
        }
    }

    private final class Documents implements AnswerBody.Sink {
        @Override
        public void document(final byte[] bytes, final int from, final int length) {
            if (over || pattern.add(bytes, from, length, answer)) {
                return;
            }
            answer.begin();
            if (json.begin(bytes, from, length)) {
                dialect.answer(json, answer);
            }
            if (json.finish()) {
                pattern.learn(bytes, from, length, json, answer);
            } else {
                missing.add(GapCause.JSON, -1);
                pattern.forget();
            }
            if (!asks && !answer.recognised()) {
                pass();
            } else if (answer.isDone() && requestEnded) {
                finish();
            } else if (asked) {
                answer.tell(listener::calls);
            }
        }

        @Override
        public void endMark() {
            if (!over && requestEnded) {
                finish();
            }
        }

        @Override
        public void error(final String name) {
            answer.error(name);
        }

        @Override
        public void missing(final GapCause cause, final long bytes) {
            if (!over) {
                missing.add(cause, bytes);
            }
        }
    }
}
