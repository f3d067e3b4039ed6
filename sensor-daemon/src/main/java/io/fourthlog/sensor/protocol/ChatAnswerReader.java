package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.Plaintext;
import io.fourthlog.redaction.json.JsonReader.Token;
import io.fourthlog.sensor.protocol.ChatAnswer.ToolCall;
import io.fourthlog.sensor.streams.ContentBuffer;
import io.fourthlog.sensor.streams.MemoryBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts a chat completions answer together from its JSON document, or from the chunks of its stream, which are the same
 * objects with {@code delta} in place of {@code message}.
 */
final class ChatAnswerReader implements AutoCloseable {
    private static final int MODEL = 0;
    private static final int CHOICES = 1;
    private static final int USAGE = 2;
    private static final int ERROR = 3;
    private static final int INDEX = 0;
    private static final int MESSAGE = 1;
    private static final int DELTA = 2;
    private static final int CONTENT = 0;
    private static final int REFUSAL = 1;
    private static final int TOOL_CALLS = 2;
    private static final int FUNCTION_CALL = 3;
    private static final int ID = 1;
    private static final int FUNCTION = 2;
    private static final int NAME = 0;
    private static final int ARGUMENTS = 1;
    private static final int PROMPT_TOKENS = 0;
    private static final int COMPLETION_TOKENS = 1;
    private static final int TYPE = 0;
    private static final int CODE = 1;

    private static final int CALLS_PER_CHOICE = 1 << 10; // keys of calls: choice times this, plus the call's index

    /** One requested tool, its name and arguments growing with the stream. */
    private static final class Call {
        private final ContentBuffer arguments;
        private @Nullable String id;
        private @Nullable String name;

        private Call(final ContentBuffer arguments) {
            this.arguments = arguments;
        }
    }

    private final MemoryBudget budget;
    private final Limits limits;
    private final JsonFields document;
    private final JsonFields choice;
    private final JsonFields message;
    private final JsonFields call;
    private final JsonFields function;
    private final JsonFields usage;
    private final TreeMap<Integer, ContentBuffer> texts = new TreeMap<>(); // by choice
    private final TreeMap<Integer, Call> calls = new TreeMap<>(); // by choice and index
    private @Nullable String modelId;
    private @Nullable String error;
    private long promptTokens = -1;
    private long outputTokens = -1;
    private boolean recognised;
    private boolean overflow;

    ChatAnswerReader(final MemoryBudget budget, final Limits limits) {
        this.budget = budget;
        this.limits = limits;
        document = new JsonFields(limits.jsonDepth(), "model", "choices", "usage", "error");
        choice = new JsonFields(limits.jsonDepth(), "index", "message", "delta");
        message = new JsonFields(limits.jsonDepth(), "content", "refusal", "tool_calls", "function_call");
        call = new JsonFields(limits.jsonDepth(), "index", "id", "function");
        function = new JsonFields(limits.jsonDepth(), "name", "arguments");
        usage = new JsonFields(limits.jsonDepth(), "prompt_tokens", "completion_tokens");
    }

    /** Adds a document or the data of one streamed event; {@code false} if it is not valid JSON. */
    boolean add(final byte[] json, final int length) {
        if (!document.read(json, 0, length)) {
            return false;
        }
        recognised |= document.token(CHOICES) == Token.ARRAY_START || document.has(ERROR);
        if (modelId == null) {
            modelId = document.name(MODEL);
        }
        if (document.has(ERROR)) {
            error(json);
        }
        if (document.token(USAGE) == Token.OBJECT_START
                && usage.read(json, document.start(USAGE), document.end(USAGE))) {
            promptTokens = usage.count(PROMPT_TOKENS);
            outputTokens = usage.count(COMPLETION_TOKENS);
        }
        document.elements(CHOICES, (from, to) -> choice(json, from, to));
        return true;
    }

    /** Whether anything had the shape of an answer. */
    boolean recognised() {
        return recognised;
    }

    /** Whether the answer was larger than is kept. */
    boolean overflow() {
        return overflow;
    }

    /** The answer as far as it was added, with everything missing that {@code gap} says. */
    ChatAnswer seal(final int httpStatus, final @Nullable GapCause gap, final long missingBytes) {
        final List<ToolCall> requested = new ArrayList<>();
        for (final Call each : calls.values()) {
            if (each.name != null) {
                final Plaintext arguments =
                        gap != null ? null : Plaintext.copyOf(each.arguments.array(), 0, each.arguments.length());
                requested.add(new ToolCall(each.name, each.id, arguments));
            }
        }
        return new ChatAnswer(
                httpStatus, modelId, text(), requested, promptTokens, outputTokens, error, gap, missingBytes);
    }

    private Plaintext text() {
        if (texts.size() == 1) {
            final ContentBuffer only = texts.firstEntry().getValue();
            return Plaintext.copyOf(only.array(), 0, only.length());
        }
        try (ContentBuffer all = new ContentBuffer(budget, limits.bodyBytes())) {
            for (final ContentBuffer each : texts.values()) {
                overflow |= !all.append(each.array(), 0, each.length());
            }
            return Plaintext.copyOf(all.array(), 0, all.length());
        }
    }

    private void error(final byte[] json) {
        if (document.token(ERROR) == Token.OBJECT_START) {
            final JsonFields fields = new JsonFields(limits.jsonDepth(), "type", "code");
            fields.read(json, document.start(ERROR), document.end(ERROR));
            error = fields.name(TYPE) != null ? fields.name(TYPE) : fields.name(CODE);
        }
        if (error == null) {
            error = "unnamed";
        }
    }

    private void choice(final byte[] json, final int from, final int to) {
        if (!choice.read(json, from, to)) {
            return;
        }
        final int said = choice.token(MESSAGE) == Token.OBJECT_START ? MESSAGE : DELTA;
        if (choice.token(said) != Token.OBJECT_START || !message.read(json, choice.start(said), choice.end(said))) {
            return;
        }
        final int index = Math.clamp(choice.count(INDEX), 0, limits.parts());
        text(index, CONTENT);
        text(index, REFUSAL);
        final int[] position = {0};
        message.elements(TOOL_CALLS, (start, end) -> {
            if (call.read(json, start, end)) {
                final long stated = call.count(INDEX);
                final long at = stated >= 0 ? stated : position[0];
                toolCall(json, index, at, call.name(ID), call.start(FUNCTION), call.end(FUNCTION));
            }
            position[0]++;
        });
        if (message.token(FUNCTION_CALL) == Token.OBJECT_START) {
            toolCall(json, index, 0, null, message.start(FUNCTION_CALL), message.end(FUNCTION_CALL));
        }
    }

    private void text(final int index, final int member) {
        if (message.token(member) == Token.STRING) {
            final ContentBuffer text = texts.computeIfAbsent(index, _ -> new ContentBuffer(budget, limits.bodyBytes()));
            overflow |= !message.text(member, text);
        }
    }

    private void toolCall(
            final byte[] json,
            final int choiceIndex,
            final long at,
            final @Nullable String id,
            final int from,
            final int to) {
        if (at >= CALLS_PER_CHOICE || calls.size() >= limits.parts()) {
            overflow = true;
            return;
        }
        final Call target = calls.computeIfAbsent(
                choiceIndex * CALLS_PER_CHOICE + (int) at,
                _ -> new Call(new ContentBuffer(budget, limits.bodyBytes())));
        if (id != null) {
            target.id = id;
        }
        if (to > from && function.read(json, from, to)) {
            if (function.name(NAME) != null) {
                target.name = function.name(NAME);
            }
            if (function.token(ARGUMENTS) == Token.STRING) {
                overflow |= !function.text(ARGUMENTS, target.arguments);
            }
        }
    }

    @Override
    public void close() {
        texts.values().forEach(ContentBuffer::close);
        texts.clear();
        calls.values().forEach(each -> each.arguments.close());
        calls.clear();
    }
}
