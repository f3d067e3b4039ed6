package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;

/**
 * Amazon Bedrock Converse and ConverseStream (Bedrock Runtime API reference), which Amazon's own models speak when they are
 * invoked directly as well. Each event of a stream is an object that its members tell apart. Prompt tokens are those that
 * were read, written to the cache and read from it, together.
 */
final class BedrockConverse implements Dialect {
    private static final JsonNames REQUEST = JsonNames.of("system", "messages", "promptVariables");
    private static final int REQUEST_SYSTEM = 0;
    private static final int REQUEST_MESSAGES = 1;
    private static final JsonNames MESSAGE = JsonNames.of("role", "content");
    private static final int MESSAGE_ROLE = 0;
    private static final JsonNames IN_BLOCK =
            JsonNames.of("text", "toolResult", "guardContent", "searchResult", "document", "citationsContent");
    private static final int IN_BLOCK_TEXT = 0;
    private static final int IN_BLOCK_RESULT = 1;
    private static final JsonNames WRAPPED = JsonNames.of("text", "content", "context", "source");
    private static final int SOURCE = 3;
    private static final JsonNames RESULT = JsonNames.of("toolUseId", "content");
    private static final int RESULT_TOOL_USE_ID = 0;
    private static final JsonNames RESULT_PART = JsonNames.of("text", "json", "searchResult", "document");
    private static final int RESULT_PART_TEXT = 0;
    private static final int RESULT_PART_JSON = 1;
    private static final JsonNames ANSWER = JsonNames.of(
            "output",
            "message",
            "content",
            "usage",
            "contentBlockIndex",
            "start",
            "delta",
            "stopReason",
            "role",
            "metadata",
            "messageStart",
            "contentBlockStart",
            "contentBlockDelta",
            "messageStop");
    private static final int ANSWER_CONTENT = 2;
    private static final int ANSWER_USAGE = 3;
    private static final int ANSWER_CONTENT_BLOCK_INDEX = 4;
    private static final int ANSWER_START = 5;
    private static final int ANSWER_DELTA = 6;
    private static final int ANSWER_STOP_REASON = 7;
    private static final int ANSWER_ROLE = 8;
    private static final JsonNames BLOCK = JsonNames.of("text", "toolUse", "citationsContent", "reasoningContent");
    private static final int BLOCK_TEXT = 0;
    private static final int BLOCK_TOOL_USE = 1;
    private static final int BLOCK_CITATIONS = 2;
    private static final JsonNames CONTENT = JsonNames.of("content");
    private static final JsonNames TEXT = JsonNames.of("text");
    private static final JsonNames TOOL = JsonNames.of("toolUseId", "name", "input");
    private static final int TOOL_TOOL_USE_ID = 0;
    private static final int TOOL_NAME = 1;
    private static final JsonNames REASONING = JsonNames.of("text", "reasoningText");
    private static final int REASONING_TEXT = 0;
    private static final JsonNames USAGE =
            JsonNames.of("inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens", "outputTokens");
    private static final int OUTPUT_TOKENS = 3;
    private static final int MAX_BLOCKS = 1 << 16;

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            if (name == REQUEST_SYSTEM) {
                content(json, prompt);
                prompt.messageIfAny(Role.SYSTEM);
            } else if (name == REQUEST_MESSAGES) {
                messages(json, prompt);
            } else {
                variables(json, prompt);
            }
        }
    }

    private static void messages(final JsonCursor json, final PromptBuilder prompt) {
        if (json.isArray()) {
            prompt.recognise();
            final int depth = json.enter();
            while (json.element(depth)) {
                message(json, prompt);
            }
        }
    }

    /** The texts that are put into a prompt which Bedrock keeps, and which the path names in place of a model. */
    private static void variables(final JsonCursor json, final PromptBuilder prompt) {
        if (json.isObject()) {
            prompt.recognise();
            final int depth = json.enter();
            while (json.member(depth)) {
                block(json, prompt);
            }
            prompt.messageIfAny(Role.USER);
        }
    }

    private static void message(final JsonCursor json, final PromptBuilder prompt) {
        String role = null;
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
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

    private static void content(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            block(json, prompt);
        }
    }

    private static void block(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, IN_BLOCK); name != JsonCursor.END; name = json.member(depth, IN_BLOCK)) {
            switch (name) {
                case IN_BLOCK_TEXT -> prompt.text(json);
                case IN_BLOCK_RESULT -> result(json, prompt);
                default -> wrapped(json, prompt);
            }
        }
    }

    /** The texts of what a guardrail is to look at, of what was found, and of a document that is text. */
    private static void wrapped(final JsonCursor json, final PromptBuilder prompt) {
        if (json.isArray()) {
            final int depth = json.enter();
            while (json.element(depth)) {
                wrapped(json, prompt);
            }
            return;
        }
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, WRAPPED); name != JsonCursor.END; name = json.member(depth, WRAPPED)) {
            if (!json.isString()) {
                wrapped(json, prompt);
            } else if (name != SOURCE) { // else where it is
                prompt.text(json);
            }
        }
    }

    private static void result(final JsonCursor json, final PromptBuilder prompt) {
        final int mark = prompt.mark();
        String callId = null;
        final int depth = json.enter();
        for (int name = json.member(depth, RESULT); name != JsonCursor.END; name = json.member(depth, RESULT)) {
            if (name == RESULT_TOOL_USE_ID) {
                callId = json.name();
                continue;
            }
            final int parts = json.isArray() ? json.enter() : JsonCursor.NOTHING;
            while (json.element(parts)) {
                resultPart(json, prompt);
            }
        }
        prompt.result(mark, callId);
    }

    private static void resultPart(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, RESULT_PART);
                name != JsonCursor.END;
                name = json.member(depth, RESULT_PART)) {
            switch (name) {
                case RESULT_PART_TEXT -> prompt.text(json);
                case RESULT_PART_JSON -> prompt.json(json);
                default -> wrapped(json, prompt);
            }
        }
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        int place = 0;
        boolean read = false;
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            switch (name) {
                case ANSWER_CONTENT -> blocks(json, answer);
                case ANSWER_USAGE -> usage(json, answer);
                case ANSWER_CONTENT_BLOCK_INDEX -> {
                    final int stated = json.index(MAX_BLOCKS);
                    if (read && stated != place) {
                        answer.misplaced();
                    }
                    place = stated;
                }
                case ANSWER_START, ANSWER_DELTA -> {
                    answer.recognise();
                    block(json, place, answer);
                    read = true;
                }
                case ANSWER_ROLE -> answer.recognise();
                case ANSWER_STOP_REASON -> {
                    answer.recognise();
                    answer.stopped();
                }
                default -> answer(json, answer); // what wraps an object of the answer's kind
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

    private static void block(final JsonCursor json, final int place, final AnswerBuilder answer) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, BLOCK); name != JsonCursor.END; name = json.member(depth, BLOCK)) {
            switch (name) {
                case BLOCK_TEXT -> answer.text(place, json);
                case BLOCK_TOOL_USE -> tool(json, place, answer);
                case BLOCK_CITATIONS -> cited(json, place, answer);
                default -> reasoning(json, answer);
            }
        }
    }

    /** A text in pieces, beside what they are taken from. */
    private static void cited(final JsonCursor json, final int place, final AnswerBuilder answer) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        while (json.member(depth, CONTENT) != JsonCursor.END) {
            final int pieces = json.isArray() ? json.enter() : JsonCursor.NOTHING;
            while (json.element(pieces)) {
                final int piece = json.isObject() ? json.enter() : JsonCursor.NOTHING;
                while (json.member(piece, TEXT) != JsonCursor.END) {
                    answer.text(place, json);
                }
            }
        }
    }

    private static void tool(final JsonCursor json, final int place, final AnswerBuilder answer) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, TOOL); name != JsonCursor.END; name = json.member(depth, TOOL)) {
            switch (name) {
                case TOOL_TOOL_USE_ID -> answer.call(place, json.name(), null);
                case TOOL_NAME -> answer.call(place, null, json.name());
                default -> {
                    if (json.isString()) {
                        answer.arguments(place, answer.read(json)); // a piece of a stream
                    } else if (json.isObject()) {
                        answer.allArguments(place, json);
                    }
                }
            }
        }
    }

    private static void reasoning(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, REASONING); name != JsonCursor.END; name = json.member(depth, REASONING)) {
            if (json.isObject()) {
                reasoning(json, answer);
            } else if (name == REASONING_TEXT) {
                answer.thinking(json);
            }
        }
    }

    private static void usage(final JsonCursor json, final AnswerBuilder answer) {
        long input = -1;
        final int depth = json.enter();
        for (int name = json.member(depth, USAGE); name != JsonCursor.END; name = json.member(depth, USAGE)) {
            final long count = json.count();
            if (name == OUTPUT_TOKENS) {
                answer.outputTokens(count);
            } else if (count >= 0) {
                input = Math.max(input, 0) + count;
            }
        }
        answer.promptTokens(input);
    }
}
