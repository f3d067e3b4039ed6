package io.fourthlog.sensor.protocol;

import io.fourthlog.sensor.http.Exchange;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Questions to a model over one WebSocket, one after the other. Audio is not read; what it was transcribed to is. */
public abstract sealed class ModelSocket implements Exchange, Exchange.MessageSink permits OpenAiSocket, GeminiLive {
    private final MemoryBudget budget;
    private final Limits limits;
    private final Supplier<ModelExchange.Listener> listeners;
    private final JsonCursor json;
    private @Nullable ResourceExchange otherwise; // until something is asked
    private PromptBuilder prompt;
    private @Nullable PromptBuilder aside; // of the question that is open, while the next one is said
    private AnswerBuilder answer;
    private ModelExchange.@Nullable Listener asked;
    private @Nullable String model; // of the session, which names it once for all questions
    private @Nullable GapCause gap;
    private @Nullable GapCause promptGap;
    private boolean ambiguous; // what is asked next
    private boolean answered; // the request, and by no WebSocket

    ModelSocket(
            final MemoryBudget budget,
            final Limits limits,
            final @Nullable ResourceExchange otherwise,
            final Supplier<ModelExchange.Listener> listeners) {
        this.budget = budget;
        this.limits = limits;
        this.otherwise = otherwise;
        this.listeners = listeners;
        json = new JsonCursor(limits.jsonDepth());
        prompt = new PromptBuilder(budget, limits);
        answer = new AnswerBuilder(budget, limits);
    }

    /** Whether a request asks for such a WebSocket. */
    public static boolean matches(final HttpHead head) {
        return head.upgrade() == HttpHead.Upgrade.WEBSOCKET && (OpenAiSocket.isAsked(head) || GeminiLive.isAsked(head));
    }

    /**
     * The one that a request asks for; {@link #matches} said that it does.
     *
     * @param otherwise what it is if nothing is asked
     * @param listeners makes the listener of the next question
     */
    public static ModelSocket of(
            final MemoryBudget budget,
            final Limits limits,
            final HttpHead head,
            final @Nullable ResourceExchange otherwise,
            final Supplier<ModelExchange.Listener> listeners) {
        return GeminiLive.isAsked(head)
                ? new GeminiLive(budget, limits, otherwise, listeners)
                : new OpenAiSocket(budget, limits, head, otherwise, listeners);
    }

    /** Reads a message of the client, whose object is the cursor's current value; whether that asks for an answer. */
    abstract boolean sent(JsonCursor message);

    /** The message that asks for an answer was valid. */
    abstract void asks();

    /** Reads a message of the endpoint, likewise. */
    abstract void received(JsonCursor message);

    /** The message of the endpoint is over. */
    abstract void settle();

    /** Nothing more is said. */
    abstract void closed();

    /** What is asked next, as far as it was said. */
    final PromptBuilder prompt() {
        return prompt;
    }

    final AnswerBuilder answer() {
        return answer;
    }

    /** Whether an answer is waited for, or comes. */
    final boolean isOpen() {
        return asked != null;
    }

    final @Nullable String model() {
        return model;
    }

    /** What the session is called now; {@code null} leaves what was known. */
    final void model(final @Nullable String named) {
        model = named == null ? model : named;
    }

    /** A question begins; what was asked is told by {@link #tell}. */
    final void open() {
        drop();
        asked = listeners.get();
    }

    /** Something is asked, or answered. */
    final void drop() {
        if (otherwise != null) {
            otherwise.drop();
            otherwise = null;
        }
    }

    /** What was said until now is of the question that is open, and is told later. */
    final void setAside() {
        aside = prompt;
        prompt = new PromptBuilder(budget, limits);
    }

    /** Hands on what was asked, if all of it is known. */
    final void tell(final @Nullable GapCause doubt) {
        final GapCause cause = promptGap != null ? promptGap : doubt;
        final PromptBuilder said = aside != null ? aside : prompt;
        if (asked != null && cause == null) {
            asked.asked(said.build());
            gap = ambiguous && gap == null ? GapCause.JSON : gap; // the endpoint may have been asked something else
        } else {
            gap = cause;
        }
        ambiguous = false;
        if (aside == null) {
            forget();
        } else {
            aside.close();
            aside = null;
        }
    }

    /** Lets go of what was said for the next question. */
    final void forget() {
        prompt.close();
        prompt = new PromptBuilder(budget, limits);
        promptGap = null;
    }

    /** Tells of the tools that the answer asks for so far. */
    final void tellTools() {
        if (asked != null) {
            answer.tell(asked::calls);
        }
    }

    /** Hands the answer on, if there is one or one was to come, with what is missing of it. */
    final void finish(final @Nullable GapCause cause) {
        if (asked != null || answer.isDone()) {
            drop();
            final ModelExchange.Listener listener = asked != null ? asked : listeners.get();
            if (asked == null && model != null) { // speech that the endpoint answers without being asked to
                answer.model(model);
            }
            final GapCause why = gap != null ? gap : answer.overflow() ? GapCause.TOO_LARGE : cause;
            listener.answered(answer.seal(0, why, why == null ? 0 : -1));
        }
        anew();
        asked = null;
        gap = null;
    }

    /** A message was not read. */
    final void unseen(final GapCause cause) {
        drop();
        listeners.get().unseen(cause, -1);
    }

    /** Lets go of what was read of an answer. */
    final void anew() {
        answer.close();
        answer = new AnswerBuilder(budget, limits);
    }

    @Override
    public final MessageSink upgraded() {
        if (otherwise != null) {
            otherwise.upgraded();
        }
        return this;
    }

    @Override
    public void message(final boolean sent, final byte[] bytes, final int length) {
        if (sent) {
            sent(bytes, length);
        } else {
            received(bytes, length);
        }
        beside(sent, bytes, length);
    }

    /** Hands on a message to what it is while nothing is asked. */
    final void beside(final boolean sent, final byte[] bytes, final int length) {
        if (otherwise != null) {
            otherwise.message(sent, bytes, length);
        }
    }

    private void sent(final byte[] bytes, final int length) {
        if (!json.begin(bytes, 0, length)) {
            json.finish();
            return;
        }
        json.strictly();
        final boolean asks = sent(json);
        ambiguous |= json.isAmbiguous();
        if (!json.finish()) {
            promptGap = GapCause.JSON;
        } else if (asks) {
            asks();
        }
    }

    private void received(final byte[] bytes, final int length) {
        if (json.begin(bytes, 0, length)) {
            received(json);
        }
        if (!json.finish()) {
            gap = GapCause.JSON;
        }
        settle();
    }

    @Override
    public void gap(final GapCause cause, final long missingBytes) {
        gap = cause;
        promptGap = cause;
        if (otherwise != null) {
            otherwise.gap(cause, missingBytes);
        }
        if (asked == null) {
            final ModelExchange.Listener listener = listeners.get();
            listener.unseen(cause, missingBytes);
            gap = null;
        }
    }

    @Override
    public final void end() {
        closed();
        if (otherwise != null) {
            otherwise.end();
        }
        free();
    }

    @Override
    public final void requestBody(final byte[] bytes, final int offset, final int length) {
        if (otherwise != null) {
            otherwise.requestBody(bytes, offset, length);
        }
    }

    @Override
    public final void requestGap(final long bytes) {
        if (otherwise != null) {
            otherwise.requestGap(bytes);
        }
    }

    @Override
    public final void requestEnd() {
        if (otherwise != null) {
            otherwise.requestEnd();
        }
    }

    /** It was refused, or lets in over HTTP/2 (RFC 8441), whose streams are not read as WebSockets. */
    @Override
    public final void responseHead(final HttpHead head) {
        answered = true;
        if (otherwise != null) {
            otherwise.begin().responseHead(head);
        } else if (head.status() < 300) {
            listeners.get().unseen(GapCause.UPGRADE, -1);
        }
    }

    @Override
    public final void responseBody(final byte[] bytes, final int offset, final int length) {
        if (otherwise != null) {
            otherwise.responseBody(bytes, offset, length);
        }
    }

    @Override
    public final void responseGap(final long bytes) {
        if (otherwise != null) {
            otherwise.responseGap(bytes);
        }
    }

    @Override
    public final void responseEnd() {
        if (otherwise != null) {
            otherwise.responseEnd();
        }
        free();
    }

    @Override
    public final void abort(final GapCause cause, final long missingBytes) {
        final boolean gone = cause == GapCause.UNFINISHED && !answered; // who goes before it is let in misses nothing
        if (otherwise != null && gone) {
            otherwise.responseEnd();
        } else if (otherwise != null) {
            otherwise.abort(cause, missingBytes);
        } else if (cause != GapCause.UNFINISHED) {
            listeners.get().unseen(cause, missingBytes);
        }
        free();
    }

    void free() {
        prompt.close();
        if (aside != null) {
            aside.close();
        }
        answer.close();
    }
}
