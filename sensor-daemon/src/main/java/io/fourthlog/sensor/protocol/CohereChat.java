package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.streams.ContentBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Cohere's chat, version 2 (Cohere API reference, "Chat"). An event of a stream has in {@code delta} the part of the answer's
 * object that it adds to.
 */
final class CohereChat implements Dialect {
    private static final JsonNames REQUEST = JsonNames.of("model", "messages");
    private static final int REQUEST_MODEL = 0;
    private static final JsonNames ANSWER =
            JsonNames.of("type", "index", "delta", "message", "usage", "finish_reason", "error");
    private static final int ANSWER_TYPE = 0;
    private static final int ANSWER_INDEX = 1;
    private static final int ANSWER_DELTA = 2;
    private static final int ANSWER_MESSAGE = 3;
    private static final int ANSWER_USAGE = 4;
    private static final int ANSWER_FINISH_REASON = 5;
    private static final int ANSWER_ERROR = 6;
    private static final JsonNames EVENTS =
            JsonNames.of("message-start", "content-delta", "tool-call-start", "message-end");
    private static final int MESSAGE_END = 3;
    private static final JsonNames MESSAGE = JsonNames.of("content", "tool_calls", "tool_plan");
    private static final int MESSAGE_CONTENT = 0;
    private static final int MESSAGE_TOOL_CALLS = 1;
    private static final JsonNames PART = JsonNames.of("text", "thinking");
    private static final int PART_TEXT = 0;
    private static final JsonNames CALL = JsonNames.of("id", "function");
    private static final int CALL_ID = 0;
    private static final JsonNames FUNCTION = JsonNames.of("name", "arguments");
    private static final int FUNCTION_NAME = 0;
    private static final JsonNames USAGE = JsonNames.of("tokens");
    private static final JsonNames TOKENS = JsonNames.of("input_tokens", "output_tokens");
    private static final int TOKENS_INPUT_TOKENS = 0;
    private static final int MAX_PARTS = 1 << 16;

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            if (name == REQUEST_MODEL) {
                prompt.model(json.name());
            } else {
                OpenAiChat.messages(json, prompt);
            }
        }
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
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
                    if (event == MESSAGE_END) {
                        answer.end();
                    }
                }
                case ANSWER_INDEX -> {
                    final int stated = json.index(MAX_PARTS);
                    if (read && stated != index) {
                        answer.misplaced();
                    }
                    index = stated;
                }
                case ANSWER_DELTA -> {
                    delta(json, index, answer);
                    read = true;
                }
                case ANSWER_MESSAGE -> message(json, index, answer);
                case ANSWER_USAGE -> usage(json, answer);
                case ANSWER_FINISH_REASON -> answer.recognise();
                default -> Errors.read(json, answer);
            }
        }
    }

    private static void delta(final JsonCursor json, final int index, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            switch (name) {
                case ANSWER_MESSAGE -> message(json, index, answer);
                case ANSWER_USAGE -> usage(json, answer);
                case ANSWER_ERROR -> Errors.read(json, answer);
                default -> {}
            }
        }
    }

    private static void message(final JsonCursor json, final int index, final AnswerBuilder answer) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING; // beside an error it is a text
        for (int name = json.member(depth, MESSAGE); name != JsonCursor.END; name = json.member(depth, MESSAGE)) {
            switch (name) {
                case MESSAGE_CONTENT -> each(json, index, answer, CohereChat::part);
                case MESSAGE_TOOL_CALLS -> each(json, index, answer, CohereChat::call);
                default -> answer.thinking(json);
            }
        }
    }

    private interface Reader {
        void read(JsonCursor json, int place, AnswerBuilder answer);
    }

    /** A whole answer has an array where an event has the one element that it adds to. */
    private static void each(final JsonCursor json, final int index, final AnswerBuilder answer, final Reader reader) {
        if (json.isObject()) {
            reader.read(json, index, answer);
        }
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        for (int place = 0; json.element(depth); place++) {
            reader.read(json, Math.min(place, MAX_PARTS), answer);
        }
    }

    private static void part(final JsonCursor json, final int place, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, PART); name != JsonCursor.END; name = json.member(depth, PART)) {
            if (name == PART_TEXT) {
                answer.text(place, json);
            } else {
                answer.thinking(json);
            }
        }
    }

    private static void call(final JsonCursor json, final int place, final AnswerBuilder answer) {
        @Nullable String id = null;
        final int depth = json.enter();
        for (int name = json.member(depth, CALL); name != JsonCursor.END; name = json.member(depth, CALL)) {
            if (name == CALL_ID) {
                id = json.name();
            } else {
                function(json, place, answer);
            }
        }
        answer.call(place, id, null);
    }

    private static void function(final JsonCursor json, final int place, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, FUNCTION); name != JsonCursor.END; name = json.member(depth, FUNCTION)) {
            if (name == FUNCTION_NAME) {
                answer.call(place, null, json.name());
            } else {
                final ContentBuffer piece = answer.read(json);
                answer.arguments(place, piece);
            }
        }
    }

    private static void usage(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        while (json.member(depth, USAGE) != JsonCursor.END) {
            final int tokens = json.enter();
            for (int name = json.member(tokens, TOKENS); name != JsonCursor.END; name = json.member(tokens, TOKENS)) {
                if (name == TOKENS_INPUT_TOKENS) {
                    answer.promptTokens(json.count());
                } else {
                    answer.outputTokens(json.count());
                }
            }
        }
    }
}
