package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;
import io.fourthlog.sensor.streams.ContentBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The gateway of Vercel's AI SDK, which passes on what the SDK's models take and give (language model specification, versions 2 to
 * 4): messages of parts in; parts, or events that add to them, out. The model is named by a field of the request's head.
 */
final class AiSdkGateway implements Dialect {
    private static final JsonNames REQUEST = JsonNames.of("prompt");
    private static final JsonNames MESSAGE = JsonNames.of("role", "content");
    private static final int MESSAGE_ROLE = 0;
    private static final JsonNames IN_PART = JsonNames.of("text", "output", "toolCallId");
    private static final int IN_PART_TEXT = 0;
    private static final int IN_PART_OUTPUT = 1;
    private static final JsonNames RESULT = JsonNames.of("value", "reason", "text");
    private static final int RESULT_VALUE = 0;
    private static final JsonNames ANSWER = JsonNames.of(
            "type",
            "text",
            "delta",
            "toolCallId",
            "toolName",
            "input",
            "content",
            "usage",
            "error",
            "modelId",
            "response",
            "finishReason");
    private static final int TYPE = 0;
    private static final int TEXT = 1;
    private static final int DELTA = 2;
    private static final int CALL_ID = 3;
    private static final int TOOL = 4;
    private static final int INPUT = 5;
    private static final int CONTENT = 6;
    private static final int USAGE = 7;
    private static final int ERROR = 8;
    private static final int MODEL = 9;
    private static final int RESPONSE = 10;
    private static final JsonNames TYPES = JsonNames.of(
            "text", "text-delta", "reasoning", "reasoning-delta", "tool-call", "finish", "stream-start", "text-start");
    private static final int LAST_TEXT = 1;
    private static final int LAST_REASONING = 3;
    private static final int TOOL_CALL = 4;
    private static final int FINISH = 5;
    private static final int TEXT_START = 7;
    private static final JsonNames TOKENS = JsonNames.of("inputTokens", "outputTokens");
    private static final int TOKENS_INPUT = 0;
    private static final JsonNames TOTAL = JsonNames.of("total");
    private static final int MAX_PARTS = 1 << 16;

    private int texts; // that have begun

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.enter();
        while (json.member(depth, REQUEST) != JsonCursor.END) {
            if (json.isArray()) {
                prompt.recognise();
                final int messages = json.enter();
                while (json.element(messages)) {
                    message(json, prompt);
                }
            }
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
                prompt.text(json);
                final int parts = json.isArray() ? json.enter() : JsonCursor.NOTHING;
                while (json.element(parts)) {
                    part(json, prompt);
                }
            }
        }
        final Role of = Dialect.role(role);
        if (of == Role.ASSISTANT) {
            prompt.messageIfAny(of); // one that only calls tools says nothing
        } else {
            prompt.message(of, null);
        }
    }

    private static void part(final JsonCursor json, final PromptBuilder prompt) {
        final int mark = prompt.mark();
        String callId = null;
        boolean result = false;
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, IN_PART); name != JsonCursor.END; name = json.member(depth, IN_PART)) {
            switch (name) {
                case IN_PART_TEXT -> {
                    prompt.back(mark);
                    prompt.text(json);
                }
                case IN_PART_OUTPUT -> {
                    prompt.back(mark);
                    result(json, prompt);
                    result = true;
                }
                default -> callId = json.name();
            }
        }
        if (result) {
            prompt.result(mark, callId);
        }
    }

    /** What a tool gave: a text, JSON, or parts again. */
    private static void result(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, RESULT); name != JsonCursor.END; name = json.member(depth, RESULT)) {
            if (name == RESULT_VALUE && !json.isString()) {
                prompt.json(json);
            } else {
                prompt.text(json);
            }
        }
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        read(json, answer, Math.max(texts - 1, 0));
    }

    /** The answer as a whole, one part of it, or one event. */
    private void read(final JsonCursor json, final AnswerBuilder answer, final int place) {
        int type = -1;
        String id = null;
        String tool = null;
        @Nullable ContentBuffer said = null;
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            switch (name) {
                case TYPE -> type = json.in(TYPES);
                case TEXT, DELTA, INPUT -> said = json.isString() ? answer.delta(json) : said;
                case CALL_ID -> id = json.name();
                case TOOL -> tool = json.name();
                case CONTENT -> parts(json, answer);
                case USAGE -> usage(json, answer);
                case ERROR -> Errors.read(json, answer);
                case MODEL -> answer.model(json);
                case RESPONSE -> response(json, answer);
                default -> answer.recognise();
            }
        }
        if (type >= 0) {
            answer.recognise();
        }
        if (said != null && type >= 0 && type <= LAST_TEXT) {
            answer.text(place, said);
        } else if (said != null && type >= 0 && type <= LAST_REASONING) {
            answer.thinking(said);
        } else if (type == TOOL_CALL) {
            final int next = answer.nextCall();
            answer.call(next, id, tool);
            if (said != null) {
                answer.allArguments(next, said);
            }
        } else if (type == FINISH) {
            answer.end();
        } else if (type == TEXT_START) {
            texts = Math.min(texts + 1, MAX_PARTS);
        }
    }

    private void parts(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        for (int place = 0; json.element(depth); place++) {
            read(json, answer, Math.min(place, MAX_PARTS));
        }
    }

    private static void response(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            if (name == MODEL) {
                answer.model(json);
            }
        }
    }

    /** Numbers, or since version 3 objects with what is in them. */
    private static void usage(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, TOKENS); name != JsonCursor.END; name = json.member(depth, TOKENS)) {
            final boolean input = name == TOKENS_INPUT;
            long count = json.count();
            final int total = json.isObject() ? json.enter() : JsonCursor.NOTHING;
            while (json.member(total, TOTAL) != JsonCursor.END) {
                count = json.count();
            }
            if (input) {
                answer.promptTokens(count);
            } else {
                answer.outputTokens(count);
            }
        }
    }
}
