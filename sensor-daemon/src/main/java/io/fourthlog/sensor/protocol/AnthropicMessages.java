package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;
import io.fourthlog.sensor.streams.ContentBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Anthropic messages (API reference, "Messages"), also as Vertex and Bedrock serve them: blocks of text, thinking, tool use
 * and tool results. Prompt tokens are those that were read, written to the cache and read from it, together.
 */
final class AnthropicMessages implements Dialect {
    private static final JsonNames REQUEST = JsonNames.of("model", "system", "messages");
    private static final int REQUEST_MODEL = 0;
    private static final int REQUEST_SYSTEM = 1;
    private static final JsonNames MESSAGE = JsonNames.of("role", "content");
    private static final int MESSAGE_ROLE = 0;
    private static final JsonNames IN_BLOCK =
            JsonNames.of("text", "content", "tool_use_id", "title", "context", "source");
    private static final int IN_BLOCK_TEXT = 0;
    private static final int IN_BLOCK_CONTENT = 1;
    private static final int IN_BLOCK_CALL_ID = 2;
    private static final int IN_BLOCK_SOURCE = 5;
    private static final JsonNames IN_RESULT = JsonNames.of("content", "source", "lines", "text", "stdout", "stderr");
    private static final int IN_RESULT_CONTENT = 0;
    private static final int IN_RESULT_SOURCE = 1;
    private static final int IN_RESULT_LINES = 2;
    private static final JsonNames SOURCE = JsonNames.of("type", "data", "content");
    private static final int SOURCE_TYPE = 0;
    private static final int SOURCE_DATA = 1;
    private static final JsonNames ANSWER =
            JsonNames.of("type", "message", "content", "content_block", "index", "delta", "usage", "error", "model");
    private static final int ANSWER_TYPE = 0;
    private static final int ANSWER_MESSAGE = 1;
    private static final int ANSWER_CONTENT = 2;
    private static final int ANSWER_CONTENT_BLOCK = 3;
    private static final int ANSWER_INDEX = 4;
    private static final int ANSWER_DELTA = 5;
    private static final int ANSWER_USAGE = 6;
    private static final int ANSWER_ERROR = 7;
    private static final JsonNames EVENTS = JsonNames.of("message", "message_start", "message_stop", "error");
    private static final int STOP = 2;
    private static final JsonNames BLOCK =
            JsonNames.of("text", "thinking", "id", "name", "input", "partial_json", "stop_reason", "type", "content");
    private static final int BLOCK_TEXT = 0;
    private static final int BLOCK_THINKING = 1;
    private static final int BLOCK_ID = 2;
    private static final int BLOCK_NAME = 3;
    private static final int BLOCK_INPUT = 4;
    private static final int BLOCK_PARTIAL_JSON = 5;
    private static final int BLOCK_STOP_REASON = 6; // of the delta that ends the message
    private static final int BLOCK_TYPE = 7;
    private static final JsonNames COMPACTIONS = JsonNames.of("compaction", "compaction_delta");
    private static final JsonNames USAGE = JsonNames.of(
            "input_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
            "output_tokens",
            "iterations",
            "type");
    private static final int USAGE_INPUT_TOKENS = 0;
    private static final int USAGE_OUTPUT_TOKENS = 3;
    private static final int USAGE_ITERATIONS = 4;
    private static final int USAGE_TYPE = 5;
    private static final int INPUT = 0; // of what is added up
    private static final int CACHED = 1;
    private static final int OUTPUT = 2;
    private static final int MAX_BLOCKS = 1 << 16;

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            switch (name) {
                case REQUEST_MODEL -> prompt.model(json.name());
                case REQUEST_SYSTEM -> {
                    content(json, prompt);
                    prompt.messageIfAny(Role.SYSTEM);
                }
                default -> messages(json, prompt);
            }
        }
    }

    private static void messages(final JsonCursor json, final PromptBuilder prompt) {
        if (!json.isArray()) {
            return;
        }
        prompt.recognise();
        final int depth = json.enter();
        while (json.element(depth)) {
            message(json, prompt);
        }
    }

    private static void message(final JsonCursor json, final PromptBuilder prompt) {
        if (!json.isObject()) {
            return;
        }
        String role = null;
        final int depth = json.enter();
        for (int name = json.member(depth, MESSAGE); name != JsonCursor.END; name = json.member(depth, MESSAGE)) {
            if (name == MESSAGE_ROLE) {
                role = json.name();
            } else {
                prompt.back(0);
                content(json, prompt);
            }
        }
        prompt.message(Dialect.role(role), null);
    }

    /** A text, or blocks; the content of a tool's result is the same again. */
    private static void content(final JsonCursor json, final PromptBuilder prompt) {
        prompt.text(json);
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            block(json, prompt);
        }
    }

    private static void block(final JsonCursor json, final PromptBuilder prompt) {
        final int mark = prompt.mark();
        String callId = null;
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, IN_BLOCK); name != JsonCursor.END; name = json.member(depth, IN_BLOCK)) {
            switch (name) {
                case IN_BLOCK_TEXT -> {
                    prompt.back(mark);
                    prompt.text(json);
                }
                case IN_BLOCK_CONTENT -> {
                    prompt.back(mark);
                    result(json, prompt);
                }
                case IN_BLOCK_CALL_ID -> callId = json.name();
                case IN_BLOCK_SOURCE -> source(json, prompt);
                default -> prompt.text(json);
            }
        }
        if (callId != null) {
            prompt.result(mark, callId);
        }
    }

    /** What a document is, if that is text and stands there. */
    private static void source(final JsonCursor json, final PromptBuilder prompt) {
        final int mark = prompt.mark();
        String type = null;
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, SOURCE); name != JsonCursor.END; name = json.member(depth, SOURCE)) {
            switch (name) {
                case SOURCE_TYPE -> type = json.name();
                case SOURCE_DATA -> {
                    if (type == null || isText(type)) { // files are large, and say so first
                        prompt.text(json);
                    }
                }
                default -> result(json, prompt);
            }
        }
        if (!isText(type)) {
            prompt.back(mark); // a file, or where one is
        }
    }

    private static boolean isText(final @Nullable String type) {
        return "text".equals(type) || "content".equals(type);
    }

    /** What a tool answers: a text, blocks, or an object with either, as what code printed and what was fetched are. */
    private static void result(final JsonCursor json, final PromptBuilder prompt) {
        prompt.text(json);
        if (json.isObject()) {
            inResult(json, prompt);
        }
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            prompt.text(json);
            if (json.isObject()) {
                inResult(json, prompt);
            }
        }
    }

    private static void inResult(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.enter();
        for (int name = json.member(depth, IN_RESULT); name != JsonCursor.END; name = json.member(depth, IN_RESULT)) {
            switch (name) {
                case IN_RESULT_CONTENT, IN_RESULT_LINES -> result(json, prompt);
                case IN_RESULT_SOURCE -> source(json, prompt);
                default -> prompt.text(json);
            }
        }
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        answer(json, answer, true);
    }

    /** @param whole whether this is no message that has just begun, whose output was not counted to its end */
    private static void answer(final JsonCursor json, final AnswerBuilder answer, final boolean whole) {
        int index = 0;
        boolean read = false;
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            switch (name) {
                case ANSWER_TYPE -> {
                    final int event = json.in(EVENTS);
                    if (event >= 0) {
                        answer.recognise();
                    }
                    if (event == STOP) {
                        answer.end();
                    }
                }
                case ANSWER_MESSAGE -> answer(json, answer, false);
                case ANSWER_CONTENT -> blocks(json, answer);
                case ANSWER_INDEX -> {
                    final int stated = json.index(MAX_BLOCKS);
                    if (read && stated != index) {
                        answer.misplaced();
                    }
                    index = stated;
                }
                case ANSWER_CONTENT_BLOCK, ANSWER_DELTA -> {
                    block(json, index, answer);
                    read = true;
                }
                case ANSWER_USAGE -> usage(json, answer, whole);
                case ANSWER_ERROR -> Errors.read(json, answer);
                default -> answer.model(json);
            }
        }
    }

    private static void blocks(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        for (int place = 0; json.element(depth); place++) {
            answer.recognise();
            block(json, Math.min(place, MAX_BLOCKS), answer);
        }
    }

    /** A block, or what is added to one. */
    private static void block(final JsonCursor json, final int place, final AnswerBuilder answer) {
        String id = null;
        String tool = null;
        boolean compaction = false;
        @Nullable ContentBuffer summary = null;
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, BLOCK); name != JsonCursor.END; name = json.member(depth, BLOCK)) {
            switch (name) {
                case BLOCK_TEXT -> answer.text(place, json);
                case BLOCK_THINKING -> answer.thinking(json);
                case BLOCK_ID -> id = json.name();
                case BLOCK_NAME -> tool = json.name();
                case BLOCK_INPUT -> {
                    if (json.isObject()) {
                        answer.allArguments(place, json);
                    }
                }
                case BLOCK_STOP_REASON -> {
                    if (json.isString()) {
                        answer.stopped();
                    }
                }
                case BLOCK_PARTIAL_JSON -> answer.arguments(place, answer.read(json));
                case BLOCK_TYPE -> compaction = json.in(COMPACTIONS) >= 0;
                default -> summary = json.isString() ? answer.delta(json) : null;
            }
        }
        if (compaction && summary != null) {
            answer.thinking(summary); // no part of what it says, in front of which it stands
        }
        if (tool != null) {
            answer.call(place, id, tool);
        }
    }

    /** The sums leave out what it took to compact the conversation, which stands among their parts. */
    private static void usage(final JsonCursor json, final AnswerBuilder answer, final boolean whole) {
        final long[] counts = {-1, 0, -1};
        final long[] compacting = {0, 0, 0};
        count(json, counts, compacting);
        answer.promptTokens(
                counts[INPUT] < 0 ? -1 : counts[INPUT] + counts[CACHED] + compacting[INPUT] + compacting[CACHED]);
        answer.outputTokens(!whole || counts[OUTPUT] < 0 ? -1 : counts[OUTPUT] + compacting[OUTPUT]);
    }

    /**
     * Adds up what one object counts.
     *
     * @param compacting the sum of those of its parts that are compactions; {@code null} for a part
     * @return whether it is such a part
     */
    private static boolean count(final JsonCursor json, final long[] counts, final long @Nullable [] compacting) {
        boolean compaction = false;
        final int depth = json.enter();
        for (int name = json.member(depth, USAGE); name != JsonCursor.END; name = json.member(depth, USAGE)) {
            switch (name) {
                case USAGE_INPUT_TOKENS -> counts[INPUT] = json.count();
                case USAGE_OUTPUT_TOKENS -> counts[OUTPUT] = json.count();
                case USAGE_TYPE -> compaction = json.in(COMPACTIONS) >= 0;
                case USAGE_ITERATIONS -> {
                    final int parts = compacting != null && json.isArray() ? json.enter() : JsonCursor.NOTHING;
                    while (json.element(parts)) {
                        final long[] part = {0, 0, 0};
                        if (compacting != null && count(json, part, null)) {
                            for (int each = 0; each < part.length; each++) {
                                compacting[each] += Math.max(part[each], 0);
                            }
                        }
                    }
                }
                default -> counts[CACHED] += Math.max(json.count(), 0);
            }
        }
        return compaction;
    }
}
