package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gemini's Live API (Gemini API reference, "Live API"; Vertex AI has the same): contents and results of tools in, turns of the
 * model out. Nothing numbers what answers what, and speech is answered without being asked about:
 *
 * <pre>
 *  clientContent with turnComplete, toolResponse    asks, if no turn is under way
 *  modelTurn, outputTranscription, toolCall         is a turn, of what was asked, else of what was said or heard until now
 *  turnComplete                                     ends it; so does the result of a tool that it waits for
 *  interrupted                                      what is heard from here on belongs to the next one
 * </pre>
 */
final class GeminiLive extends ModelSocket {
    private static final JsonNames SENT = JsonNames.of(
            "setup",
            "clientContent",
            "client_content",
            "realtimeInput",
            "realtime_input",
            "toolResponse",
            "tool_response",
            "contextUpdate",
            "context_update"); // the Python client writes them like this
    private static final int SETUP = 0;
    private static final int LAST_CLIENT_CONTENT = 2;
    private static final int LAST_REALTIME_INPUT = 4;
    private static final int LAST_TOOL_RESPONSE = 6;
    private static final JsonNames SESSION = JsonNames.of(
            "model",
            "historyConfig",
            "history_config",
            "systemInstruction",
            "system_instruction",
            "tools"); // of a setup
    private static final int SESSION_MODEL = 0;
    private static final int LAST_SESSION_HISTORY = 2;
    private static final int LAST_SESSION_INSTRUCTION = 4;
    private static final JsonNames TOOL =
            JsonNames.of("tools", "functionDeclarations", "function_declarations", "behavior");
    private static final int BEHAVIOR = 3;
    private static final JsonNames NON_BLOCKING = JsonNames.of("NON_BLOCKING");
    private static final JsonNames HISTORY =
            JsonNames.of("initialHistoryInClientContent", "initial_history_in_client_content");
    private static final JsonNames CLIENT_CONTENT = JsonNames.of("turns", "turnComplete", "turn_complete");
    private static final int TURNS = 0;
    private static final JsonNames TEXT = JsonNames.of("text");
    private static final JsonNames RESPONSES = JsonNames.of("functionResponses", "function_responses");
    private static final JsonNames RECEIVED =
            JsonNames.of("serverContent", "toolCall", "toolCallCancellation", "usageMetadata");
    private static final int SERVER_CONTENT = 0;
    private static final int TOOL_CALL = 1;
    private static final int CANCELLATION = 2;
    private static final JsonNames CONTENT = JsonNames.of(
            "modelTurn",
            "outputTranscription",
            "inputTranscription",
            "interrupted",
            "generationComplete",
            "turnComplete",
            "interactionStatus");
    private static final int MODEL_TURN = 0;
    private static final int OUTPUT_TRANSCRIPTION = 1;
    private static final int INPUT_TRANSCRIPTION = 2;
    private static final int INTERRUPTED = 3;
    private static final int GENERATION_COMPLETE = 4;
    private static final int TURN_COMPLETE = 5;
    private static final JsonNames GOES_ON = JsonNames.of("IN_PROGRESS");
    private static final JsonNames CALLS = JsonNames.of("functionCalls");
    private static final JsonNames CANCELLED = JsonNames.of("ids");
    private static final int SAID = 0; // places of an answer's texts
    private static final int SPOKEN = 1;

    private final ContentBuffer heard; // of the user's speech, since the last question
    private boolean history; // comes next, and asks for nothing
    private boolean waiting; // something was said that is to be answered, and is not part of a question yet
    private boolean spoken; // by the user, since the last question
    private boolean asked; // the question that is open, else it is one of speech
    private boolean aside; // what was asked in it, since the next one is said already
    private boolean answersNothing; // that was captured
    private boolean told; // what was asked in it
    private boolean begun; // what the model says in it
    private boolean talksOn; // while a tool runs
    private boolean called; // the last that it said was a call
    private boolean resumed; // it went on without the results that it waited for: they were lost
    private int unanswered; // calls
    private boolean cut; // by the user
    private boolean interrupted; // the message that was received says so; the same of the next one
    private boolean over;
    private @Nullable GapCause lost; // why messages were not seen: what turns answer is not known since

    GeminiLive(
            final MemoryBudget budget,
            final Limits limits,
            final @Nullable ResourceExchange otherwise,
            final Supplier<ModelExchange.Listener> listeners) {
        super(budget, limits, otherwise, listeners);
        heard = new ContentBuffer(budget, limits.bodyBytes());
    }

    static boolean isAsked(final HttpHead head) {
        return head.pathEndsWith("bidigeneratecontent") || head.pathEndsWith("bidigeneratecontentconstrained");
    }

    @Override
    boolean sent(final JsonCursor json) {
        boolean asks = false;
        final int depth = json.enter();
        for (int name = json.member(depth, SENT); name != JsonCursor.END; name = json.member(depth, SENT)) {
            if (name == SETUP || name > LAST_TOOL_RESPONSE) {
                session(json);
            } else if (name <= LAST_CLIENT_CONTENT) {
                asks |= contents(json);
            } else if (name <= LAST_REALTIME_INPUT) {
                realtime(json);
            } else {
                asks |= results(json);
            }
        }
        return asks;
    }

    /** What the client says from here on is of the next question: a turn that is under way cannot answer it. */
    private PromptBuilder next() {
        if (isOpen() && !told && !aside) {
            complete();
            setAside();
            aside = true;
        }
        return prompt();
    }

    private void session(final JsonCursor json) {
        final int depth = json.enter();
        for (int name = json.member(depth, SESSION); name != JsonCursor.END; name = json.member(depth, SESSION)) {
            if (name == SESSION_MODEL) {
                model(lastPart(json.name()));
            } else if (name <= LAST_SESSION_HISTORY) {
                final int config = json.enter();
                while (json.member(config, HISTORY) != JsonCursor.END) {
                    history = json.isTrue();
                }
            } else if (name <= LAST_SESSION_INSTRUCTION) {
                Gemini.content(json, next(), Role.SYSTEM);
            } else {
                talksOn |= hasNonBlocking(json);
            }
        }
    }

    /** Whether there is a tool for whose results the model does not wait. */
    private static boolean hasNonBlocking(final JsonCursor json) {
        boolean any = false;
        final int tools = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(tools)) {
            any |= hasNonBlocking(json);
        }
        final int tool = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(tool, TOOL); name != JsonCursor.END; name = json.member(tool, TOOL)) {
            any |= name == BEHAVIOR ? json.in(NON_BLOCKING) >= 0 : hasNonBlocking(json);
        }
        return any;
    }

    /** The model of {@code models/M}, or {@code projects/P/locations/L/publishers/google/models/M}. */
    private static @Nullable String lastPart(final @Nullable String resource) {
        final String name = resource == null ? "" : resource.substring(resource.lastIndexOf('/') + 1);
        return name.isEmpty() ? null : name;
    }

    /** Whether that is all of the question. */
    private boolean contents(final JsonCursor json) {
        boolean complete = false;
        final int depth = json.enter();
        for (int name = json.member(depth, CLIENT_CONTENT);
                name != JsonCursor.END;
                name = json.member(depth, CLIENT_CONTENT)) {
            if (name == TURNS) {
                Gemini.contents(json, next());
            } else {
                complete = json.isTrue();
            }
        }
        final boolean asks = complete && !history;
        history &= !complete;
        unanswered = asks ? 0 : unanswered;
        return asks;
    }

    private void realtime(final JsonCursor json) {
        final int depth = json.enter();
        while (json.member(depth, TEXT) != JsonCursor.END) {
            next().text(json);
            prompt().messageIfAny(Role.USER);
            waiting |= json.isString();
        }
        spoken = true;
    }

    /** Results of tools; whether the model goes on with them, as it does when the last one has come. */
    private boolean results(final JsonCursor json) {
        boolean wanted = false;
        final int depth = json.enter();
        while (json.member(depth, RESPONSES) != JsonCursor.END) {
            final int responses = json.isArray() ? json.enter() : JsonCursor.NOTHING;
            while (json.element(responses)) {
                wanted |= Gemini.result(json, next());
                unanswered = Math.max(unanswered - 1, 0);
            }
        }
        prompt().messageIfAny(Role.TOOL);
        return wanted && unanswered == 0;
    }

    @Override
    void asks() {
        if (called && unanswered == 0) {
            finishTurn(null); // it waited for the results
        }
        if (isOpen()) {
            waiting = true;
            return;
        }
        open();
        asked = true;
        tellPrompt();
    }

    /** The question that is open has what was said and heard until now. */
    private void complete() {
        answersNothing = !asked && !waiting && !spoken && heard.length() == 0;
        if (heard.length() > 0) {
            prompt().text(heard.array(), 0, heard.length());
            prompt().messageIfAny(Role.USER);
        }
        prompt().model(model());
        heard.clear();
        waiting = false;
        spoken = false;
    }

    private void tellPrompt() {
        if (told) {
            return;
        }
        if (!aside) {
            complete();
        }
        tell(lost != null ? lost : answersNothing ? GapCause.STREAM : null);
        told = true;
        aside = false;
    }

    @Override
    void received(final JsonCursor json) {
        interrupted = false;
        over = false;
        final int depth = json.enter();
        for (int name = json.member(depth, RECEIVED); name != JsonCursor.END; name = json.member(depth, RECEIVED)) {
            switch (name) {
                case SERVER_CONTENT -> content(json);
                case TOOL_CALL -> calls(json);
                case CANCELLATION -> {
                    final int ids = json.enter();
                    while (json.member(ids, CANCELLED) != JsonCursor.END) {
                        cancelled(json);
                    }
                }
                default -> Gemini.usage(json, answer());
            }
        }
    }

    private void content(final JsonCursor json) {
        boolean goesOn = false;
        final int depth = json.enter();
        for (int name = json.member(depth, CONTENT); name != JsonCursor.END; name = json.member(depth, CONTENT)) {
            switch (name) {
                case MODEL_TURN -> {
                    begin();
                    resumed |= called && unanswered > 0 && !talksOn;
                    called = false;
                    Gemini.said(json, SAID, answer());
                }
                case OUTPUT_TRANSCRIPTION -> {
                    begin(); // may be late, and of what was said before a call
                    transcription(json, true);
                }
                case INPUT_TRANSCRIPTION -> transcription(json, false);
                case INTERRUPTED -> interrupted = json.isTrue();
                case GENERATION_COMPLETE -> answer().stopped();
                case TURN_COMPLETE -> over = json.isTrue();
                default -> goesOn = json.in(GOES_ON) >= 0;
            }
        }
        over &= !goesOn;
    }

    /** What the model says begins, or goes on. */
    private void begin() {
        if (cut) {
            finishTurn(null);
        }
        if (!isOpen()) {
            open();
        }
        if (waiting && !begun) {
            tellPrompt(); // else it is speech, of which more may be transcribed
        }
        begun = true;
    }

    private void transcription(final JsonCursor json, final boolean output) {
        final int depth = json.enter();
        while (json.member(depth, TEXT) != JsonCursor.END) {
            if (output) {
                answer().text(SPOKEN, json);
            } else if (json.isString() && !json.text(heard)) {
                prompt().shed();
            }
        }
    }

    private void calls(final JsonCursor json) {
        final int depth = json.enter();
        while (json.member(depth, CALLS) != JsonCursor.END) {
            final int calls = json.isArray() ? json.enter() : JsonCursor.NOTHING;
            while (json.element(calls)) {
                begin();
                called = true;
                unanswered++;
                Gemini.call(json, answer());
            }
        }
    }

    private void cancelled(final JsonCursor json) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            unanswered = Math.max(unanswered - 1, 0);
        }
    }

    @Override
    void settle() {
        if (called) {
            tellPrompt();
            tellTools();
        }
        if (interrupted && begun) {
            tellPrompt();
            cut = true;
        }
        if (over) {
            turnOver();
        } else if (!isOpen()) {
            anew(); // what it counts is of a turn that is over
        }
    }

    private void turnOver() {
        finishTurn(null);
        if (lost != null) { // what it answers may be what the next one seems to
            forget();
            heard.clear();
            waiting = false;
        }
    }

    private void finishTurn(final @Nullable GapCause cause) {
        if (isOpen()) {
            tellPrompt();
        }
        finish(resumed ? GapCause.STREAM : cause);
        asked = false;
        told = false;
        begun = false;
        called = false;
        resumed = false;
        cut = false;
    }

    @Override
    public void gap(final GapCause cause, final long missingBytes) {
        super.gap(cause, missingBytes);
        lost = cause;
    }

    @Override
    void closed() {
        if (isOpen()) {
            finishTurn(called || answer().isStopped() ? null : GapCause.UNFINISHED);
        }
        if (waiting) {
            open();
            finishTurn(GapCause.UNFINISHED);
        }
    }

    @Override
    void free() {
        super.free();
        heard.close();
    }
}
