package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.http.HttpHead;
import io.fourthlog.sensor.streams.GapCause;
import io.fourthlog.sensor.streams.Limits;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI responses in their WebSocket mode, and the realtime API, whose events have the same objects (API reference,
 * "Realtime"). Of the latter, an error is about any message of the client, and most leave the answer that comes alone: one is that of a
 * question to which nothing else is answered. Items of the conversation are told as well, those of the user among them. Speech is answered
 * without being asked about, and transcribed while the model answers: what is asked by it is known when the answer is over. Of the former,
 * messages with a {@code stream_id} are of a conversation of their own beside the others.
 */
final class OpenAiSocket extends ModelSocket {
    private static final JsonNames STREAM = JsonNames.of("stream_id", "type");
    private static final int STREAM_ID = 0;
    private static final int MAX_LANES = 64; // with something open
    private static final JsonNames SENT = JsonNames.of("type", "item", "session", "stream_id");
    private static final int SENT_TYPE = 0;
    private static final int SENT_ITEM = 1;
    private static final int SENT_SESSION = 2;
    private static final JsonNames TYPES =
            JsonNames.of("response.create", "conversation.item.create", "response.steer");
    private static final int CREATE = 0;
    private static final int ITEM = 1;
    private static final int STEER = 2;
    private static final JsonNames SESSION = JsonNames.of("model", "instructions", "prompt");
    private static final int SESSION_MODEL = 0;
    private static final int SESSION_INSTRUCTIONS = 1;

    private static final JsonNames RECEIVED = JsonNames.of("type", "session");
    private static final int RECEIVED_TYPE = 0;
    private static final JsonNames TRANSCRIPT = JsonNames.of("transcript");
    private static final String TRANSCRIBED = "conversation.item.input_audio_transcription.completed";
    private static final String OF_RESPONSE = "response.";
    private static final String ERROR = "error";
    private static final String CREATED = "response.created";
    private static final String STEER_FAILED = "response.steer.failed";

    private final OpenAiResponses dialect = new OpenAiResponses();
    private final boolean realtime; // else nothing but answers is received
    private final Supplier<OpenAiSocket> another;
    private final @Nullable JsonCursor streams; // in which there is no other
    private final Map<String, OpenAiSocket> lanes = new LinkedHashMap<>(); // by their stream's id
    private boolean conversed; // else it may be that the endpoint only transcribes
    private boolean heard; // what nobody has answered yet
    private boolean answering; // what is open
    private boolean told; // what was asked in it
    private boolean overlaps; // a question that was open when it was asked, whose answer may be what comes
    private boolean refused; // if no answer follows
    private boolean
            steers; // what is said for the next question, which the endpoint asks itself when this answer is over

    OpenAiSocket(
            final MemoryBudget budget,
            final Limits limits,
            final HttpHead head,
            final @Nullable ResourceExchange otherwise,
            final Supplier<ModelExchange.Listener> listeners) {
        this(budget, limits, head.pathEndsWith("/realtime"), new JsonCursor(limits.jsonDepth()), otherwise, listeners);
        model(head.parameter("deployment")); // Azure's
        model(head.parameter("model"));
    }

    private OpenAiSocket(
            final MemoryBudget budget,
            final Limits limits,
            final boolean realtime,
            final @Nullable JsonCursor streams,
            final @Nullable ResourceExchange otherwise,
            final Supplier<ModelExchange.Listener> listeners) {
        super(budget, limits, otherwise, listeners);
        this.realtime = realtime;
        this.streams = realtime ? null : streams;
        another = () -> new OpenAiSocket(budget, limits, false, null, null, listeners);
    }

    static boolean isAsked(final HttpHead head) {
        return head.pathEndsWith("/responses") || head.pathEndsWith("/realtime");
    }

    @Override
    public void message(final boolean sent, final byte[] bytes, final int length) {
        if (streams == null) {
            super.message(sent, bytes, length);
            return;
        }
        String id = null;
        String type = null;
        final int depth = streams.begin(bytes, 0, length) ? streams.enter() : JsonCursor.NOTHING;
        for (int name = streams.member(depth, STREAM); name != JsonCursor.END; name = streams.member(depth, STREAM)) {
            if (name == STREAM_ID) {
                id = streams.name();
            } else {
                type = streams.name();
            }
        }
        streams.finish();
        if (id == null && !sent && !isOpen() && !lanes.isEmpty() && type != null && type.startsWith(OF_RESPONSE)) {
            final Map.Entry<String, OpenAiSocket> first =
                    lanes.entrySet().iterator().next();
            id = first.getKey();
            first.getValue().overlaps = true; // it may be another's
        }
        if (id == null) {
            super.message(sent, bytes, length);
        } else if (lanes.size() < MAX_LANES || lanes.containsKey(id)) {
            inLane(id, sent, bytes, length);
        } else {
            unseen(GapCause.SHED);
        }
    }

    private void inLane(final String id, final boolean sent, final byte[] bytes, final int length) {
        final OpenAiSocket of = lanes.computeIfAbsent(id, _ -> another.get());
        of.model(model());
        of.message(sent, bytes, length);
        if (of.isOpen()) {
            drop();
        } else if (!of.steers && !of.answer().recognised()) {
            lanes.remove(id);
            of.end();
        }
        beside(sent, bytes, length);
    }

    @Override
    public void gap(final GapCause cause, final long missingBytes) {
        boolean told = false;
        for (final OpenAiSocket each : lanes.values()) {
            each.gap(cause, missingBytes);
            told = true;
        }
        if (!told || isOpen()) {
            super.gap(cause, missingBytes);
        }
    }

    @Override
    boolean sent(final JsonCursor json) {
        final int type = type(json);
        json.again();
        if (type == CREATE || (type == STEER && !realtime)) {
            prompt().model(model());
            dialect.request(json, prompt());
            steers = type == STEER;
        } else {
            collect(json, type == ITEM);
        }
        return type == CREATE;
    }

    private static int type(final JsonCursor json) {
        int type = -1;
        final int depth = json.enter();
        for (int name = json.member(depth, SENT); name != JsonCursor.END; name = json.member(depth, SENT)) {
            type = name == SENT_TYPE ? json.in(TYPES) : type;
        }
        return type;
    }

    private void collect(final JsonCursor json, final boolean item) {
        final int depth = json.enter();
        for (int name = json.member(depth, SENT); name != JsonCursor.END; name = json.member(depth, SENT)) {
            if (name == SENT_ITEM && item && json.isObject()) {
                OpenAiResponses.item(json, prompt());
            } else if (name == SENT_SESSION) {
                session(json, true);
            }
        }
    }

    private void session(final JsonCursor json, final boolean sent) {
        final int depth = json.enter();
        for (int name = json.member(depth, SESSION); name != JsonCursor.END; name = json.member(depth, SESSION)) {
            if (name == SESSION_MODEL) {
                model(json.name());
            } else if (sent && name == SESSION_INSTRUCTIONS) { // else it is what was sent
                prompt().text(json);
                prompt().messageIfAny(ModelPrompt.Role.SYSTEM);
            } else if (sent) {
                OpenAiResponses.prompt(json, prompt());
            }
        }
    }

    @Override
    void asks() {
        answersSpeech();
        overlaps = isOpen() && !refused;
        finish(refused ? null : GapCause.UNFINISHED); // a question before the last one was answered
        answering = false;
        refused = false;
        heard = false;
        conversed = true;
        open();
        told = !realtime || !prompt().isEmpty();
        if (told) {
            tell(null);
        }
    }

    /** The answer that comes is to something, though nobody asked. */
    private void answersSpeech() {
        if (realtime && !isOpen() && answer().recognised()) {
            open();
            answer().model(model());
            told = true;
        }
    }

    /** Tells what was said until now, if that is what the answer is to. */
    private void tellSpeech() {
        if (realtime && !prompt().isEmpty() && !isOpen()) {
            open();
            told = false;
        }
        heard = false;
        if (isOpen() && !told) {
            prompt().model(model());
            tell(null);
            told = true;
        }
    }

    @Override
    void received(final JsonCursor json) {
        if (!realtime) {
            if (steers) {
                steered(realtimeEvent(json));
                json.again();
            }
            dialect.answer(json, answer());
            return;
        }
        final String type = realtimeEvent(json);
        json.again();
        if (type != null && type.startsWith(OF_RESPONSE)) {
            if (refused) {
                anew();
                refused = false;
            }
            answering = true;
            dialect.answer(json, answer());
        } else if (ERROR.equals(type) && isOpen() && !answering) {
            refused = true;
            dialect.answer(json, answer());
        } else if (TRANSCRIBED.equals(type)) {
            final int depth = json.enter();
            while (json.member(depth, TRANSCRIPT) != JsonCursor.END) {
                prompt().text(json);
            }
            prompt().messageIfAny(ModelPrompt.Role.USER);
            heard = conversed;
        }
    }

    /** Whether what the client said meanwhile is asked now. */
    private void steered(final @Nullable String type) {
        if (CREATED.equals(type) && !isOpen()) {
            steers = false;
            open();
            tell(null);
            told = true;
        } else if (STEER_FAILED.equals(type)) {
            steers = false;
            forget();
        }
    }

    /** What kind of event it is. Reads the model that the endpoint gives the session, which need not be named by what is sent. */
    private @Nullable String realtimeEvent(final JsonCursor json) {
        String type = null;
        final int depth = json.enter();
        for (int name = json.member(depth, RECEIVED); name != JsonCursor.END; name = json.member(depth, RECEIVED)) {
            if (name == RECEIVED_TYPE) {
                type = json.name();
            } else {
                session(json, false);
            }
        }
        return type;
    }

    @Override
    void settle() {
        if (answer().isDone() && !refused) {
            tellSpeech();
            conversed = true;
            finish(overlaps ? GapCause.UNFINISHED : null);
            overlaps = false;
        }
    }

    @Override
    void closed() {
        lanes.values().forEach(OpenAiSocket::end);
        lanes.clear();
        if (isOpen() || answer().recognised() || heard) {
            tellSpeech();
        }
        answersSpeech();
        finish(refused ? null : GapCause.UNFINISHED);
    }
}
