package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;
import io.fourthlog.sensor.streams.ContentBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Cohere's chat, version 1, as Bedrock has Command R and R+ (Bedrock user guide, "Cohere Command R and Command R+ models"): a message with
 * what was said before it. The event of a stream that asks for tools repeats the text; the last one has the whole answer again.
 */
final class CohereCommand implements Dialect {
    private static final JsonNames PREAMBLE = JsonNames.of("preamble");
    private static final JsonNames HISTORY = JsonNames.of("chat_history");
    private static final JsonNames REQUEST = JsonNames.of("documents", "tool_results", "message");
    private static final int REQUEST_DOCUMENTS = 0;
    private static final int REQUEST_RESULTS = 1;
    private static final JsonNames TURN = JsonNames.of("role", "message", "tool_results");
    private static final int TURN_ROLE = 0;
    private static final int TURN_MESSAGE = 1;
    private static final JsonNames RESULT = JsonNames.of("outputs");
    private static final JsonNames ANSWER = JsonNames.of("event_type", "text", "tool_calls");
    private static final int ANSWER_EVENT = 0;
    private static final int ANSWER_TEXT = 1;
    private static final JsonNames CALLS_EVENT = JsonNames.of("tool-calls-generation");
    private static final JsonNames CALL = JsonNames.of("name", "parameters");
    private static final int CALL_NAME = 0;
    private static final int MAX_CALLS = 1 << 10;

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        before(json, prompt);
        json.again();
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            switch (name) {
                case REQUEST_DOCUMENTS -> documents(json, prompt);
                case REQUEST_RESULTS -> results(json, prompt);
                default -> {
                    if (json.isString()) {
                        prompt.recognise();
                        prompt.text(json);
                    }
                }
            }
        }
        prompt.message(Role.USER, null);
    }

    /** What comes before the message, wherever it stands. */
    private static void before(final JsonCursor json, final PromptBuilder prompt) {
        int depth = json.enter();
        while (json.member(depth, PREAMBLE) != JsonCursor.END) {
            prompt.text(json);
            prompt.messageIfAny(Role.SYSTEM);
        }
        json.again();
        depth = json.enter();
        while (json.member(depth, HISTORY) != JsonCursor.END) {
            final int turns = json.isArray() ? json.enter() : JsonCursor.NOTHING;
            while (json.element(turns)) {
                turn(json, prompt);
            }
        }
    }

    private static void turn(final JsonCursor json, final PromptBuilder prompt) {
        String role = null;
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, TURN); name != JsonCursor.END; name = json.member(depth, TURN)) {
            switch (name) {
                case TURN_ROLE -> role = json.name();
                case TURN_MESSAGE -> prompt.text(json);
                default -> results(json, prompt);
            }
        }
        prompt.messageIfAny(role(role));
    }

    private static Role role(final @Nullable String name) {
        return switch (name) {
            case "CHATBOT" -> Role.ASSISTANT;
            case "SYSTEM" -> Role.SYSTEM;
            case "TOOL" -> Role.TOOL;
            case null, default -> Role.USER;
        };
    }

    /** Every text of them, a title and a snippet for one. */
    private static void documents(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            final int document = json.isObject() ? json.enter() : JsonCursor.NOTHING;
            while (json.member(document)) {
                prompt.text(json);
            }
        }
    }

    private static void results(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            final int mark = prompt.mark();
            final int result = json.isObject() ? json.enter() : JsonCursor.NOTHING;
            while (json.member(result, RESULT) != JsonCursor.END) {
                prompt.json(json);
            }
            prompt.result(mark, null);
        }
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        boolean again = false;
        @Nullable ContentBuffer text = null;
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            switch (name) {
                case ANSWER_EVENT -> {
                    answer.recognise();
                    again = json.in(CALLS_EVENT) >= 0;
                }
                case ANSWER_TEXT -> {
                    answer.recognise();
                    text = answer.delta(json);
                }
                default -> calls(json, answer);
            }
        }
        if (text != null && again) {
            answer.textAgain(0);
        }
        if (text != null) {
            answer.text(0, text);
        }
    }

    private static void calls(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        for (int place = 0; json.element(depth); place++) {
            call(json, Math.min(place, MAX_CALLS), answer);
        }
    }

    private static void call(final JsonCursor json, final int place, final AnswerBuilder answer) {
        answer.recognise();
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, CALL); name != JsonCursor.END; name = json.member(depth, CALL)) {
            if (name == CALL_NAME) {
                answer.call(place, null, json.name());
            } else {
                answer.allArguments(place, json);
            }
        }
    }
}
