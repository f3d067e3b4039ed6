package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.http.Exchange;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Questions to a model over one WebSocket, one after the other: OpenAI responses in its WebSocket mode, and the realtime API,
 * whose events have the same objects (API reference, "Realtime"). Audio is not read; what it was transcribed to is.
 */
public final class ModelSocket implements Exchange, Exchange.MessageSink {
    private static final JsonNames SENT = JsonNames.of("type", "item", "session");
    private static final int SENT_TYPE = 0;
    private static final int SENT_ITEM = 1;
    private static final int SENT_SESSION = 2;
    private static final JsonNames TYPES = JsonNames.of("response.create", "conversation.item.create");
    private static final int CREATE = 0;
    private static final int ITEM = 1;
    private static final JsonNames SESSION = JsonNames.of("model", "instructions");
    private static final int SESSION_MODEL = 0;

    private final MemoryBudget budget;
    private final Limits limits;
    private final Supplier<ModelExchange.Listener> listeners;
    private final OpenAiResponses dialect = new OpenAiResponses();
    private final JsonCursor json;
    private PromptBuilder prompt;
    private AnswerBuilder answer;
    private ModelExchange.@Nullable Listener asked;
    private @Nullable String model; // of the session, which names it once for all questions
    private @Nullable GapCause gap;
    private @Nullable GapCause promptGap;

    /** @param listeners makes the listener of the next question */
    public ModelSocket(
            final MemoryBudget budget, final Limits limits, final Supplier<ModelExchange.Listener> listeners) {
        this.budget = budget;
        this.limits = limits;
        this.listeners = listeners;
        json = new JsonCursor(limits.jsonDepth());
        prompt = new PromptBuilder(budget, limits);
        answer = new AnswerBuilder(budget, limits);
    }

    /** Whether a request asks for such a WebSocket. */
    public static boolean matches(final HttpHead head) {
        return head.upgrade() == HttpHead.Upgrade.WEBSOCKET
                && (head.pathEndsWith("/responses") || head.pathEndsWith("/realtime"));
    }

    @Override
    public MessageSink upgraded() {
        return this;
    }

    @Override
    public void message(final boolean sent, final byte[] bytes, final int length) {
        if (sent) {
            sent(bytes, length);
        } else {
            received(bytes, length);
        }
    }

    private void sent(final byte[] bytes, final int length) {
        if (!json.begin(bytes, 0, length)) {
            json.finish();
            return;
        }
        final int type = type();
        json.again();
        if (type == CREATE) {
            prompt.model(model);
            dialect.request(json, prompt);
        } else {
            collect(type == ITEM);
        }
        if (!json.finish()) {
            promptGap = GapCause.JSON;
        } else if (type == CREATE) {
            ask();
        }
    }

    private int type() {
        int type = -1;
        final int depth = json.enter();
        for (int name = json.member(depth, SENT); name != JsonCursor.END; name = json.member(depth, SENT)) {
            type = name == SENT_TYPE ? json.in(TYPES) : type;
        }
        return type;
    }

    private void collect(final boolean item) {
        final int depth = json.enter();
        for (int name = json.member(depth, SENT); name != JsonCursor.END; name = json.member(depth, SENT)) {
            if (name == SENT_ITEM && item && json.isObject()) {
                OpenAiResponses.item(json, prompt);
            } else if (name == SENT_SESSION) {
                session(true);
            }
        }
    }

    private void session(final boolean sent) {
        final int depth = json.enter();
        for (int name = json.member(depth, SESSION); name != JsonCursor.END; name = json.member(depth, SESSION)) {
            if (name == SESSION_MODEL) {
                final String named = json.name();
                model = named == null ? model : named;
            } else if (sent) { // else it is what was sent
                prompt.text(json);
                prompt.messageIfAny(ModelPrompt.Role.SYSTEM);
            }
        }
    }

    /** The model that the endpoint gives the session, which need not be named by what is sent. */
    private void given() {
        final int depth = json.enter();
        for (int name = json.member(depth, SENT); name != JsonCursor.END; name = json.member(depth, SENT)) {
            if (name == SENT_SESSION) {
                session(false);
            }
        }
    }

    private void ask() {
        finish(GapCause.UNFINISHED); // a question before the last one was answered
        asked = listeners.get();
        if (promptGap == null) {
            asked.asked(prompt.build());
        } else {
            gap = promptGap;
        }
        prompt.close();
        prompt = new PromptBuilder(budget, limits);
        promptGap = null;
    }

    private void received(final byte[] bytes, final int length) {
        if (json.begin(bytes, 0, length)) {
            if (asked == null) {
                given();
                json.again();
            }
            dialect.answer(json, answer);
        }
        if (!json.finish()) {
            gap = GapCause.JSON;
        }
        if (answer.isDone()) {
            finish(null);
        }
    }

    /** Hands the answer on, if there is one or one was to come, with what is missing of it. */
    private void finish(final @Nullable GapCause cause) {
        if (asked != null || answer.isDone()) {
            final ModelExchange.Listener listener = asked != null ? asked : listeners.get();
            if (asked == null && model != null) { // speech that the endpoint answers without being asked to
                answer.model(model);
            }
            final GapCause why = gap != null ? gap : answer.overflow() ? GapCause.TOO_LARGE : cause;
            listener.answered(answer.seal(0, why, why == null ? 0 : -1));
        }
        answer.close();
        answer = new AnswerBuilder(budget, limits);
        asked = null;
        gap = null;
    }

    @Override
    public void gap(final GapCause cause, final long missingBytes) {
        gap = cause;
        promptGap = cause;
        if (asked == null) {
            final ModelExchange.Listener listener = listeners.get();
            listener.unseen(cause, missingBytes);
            gap = null;
        }
    }

    @Override
    public void end() {
        finish(GapCause.UNFINISHED);
        prompt.close();
        answer.close();
    }

    @Override
    public void requestBody(final byte[] bytes, final int offset, final int length) {}

    @Override
    public void requestGap(final long bytes) {}

    @Override
    public void requestEnd() {}

    @Override
    public void responseHead(final HttpHead head) {
        if (head.status() < 300) { // over HTTP/2 (RFC 8441), whose streams are not read as WebSockets
            listeners.get().unseen(GapCause.UPGRADE, -1);
        }
    }

    @Override
    public void responseBody(final byte[] bytes, final int offset, final int length) {}

    @Override
    public void responseGap(final long bytes) {}

    @Override
    public void responseEnd() {
        free(); // it was refused
    }

    @Override
    public void abort(final GapCause cause, final long missingBytes) {
        listeners.get().unseen(cause, missingBytes);
        free();
    }

    private void free() {
        prompt.close();
        answer.close();
    }
}
