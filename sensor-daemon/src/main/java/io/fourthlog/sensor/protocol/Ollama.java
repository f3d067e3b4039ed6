package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;

/** Ollama's chat and generate (Ollama API documentation): an object, or a line for each piece of the answer. */
final class Ollama implements Dialect {
    private static final JsonNames REQUEST = JsonNames.of("model", "messages", "system", "suffix", "prompt");
    private static final int REQUEST_MODEL = 0;
    private static final int REQUEST_MESSAGES = 1;
    private static final int REQUEST_PROMPT = 4;
    private static final JsonNames ANSWER = JsonNames.of(
            "model", "message", "response", "thinking", "done", "prompt_eval_count", "eval_count", "error");
    private static final int ANSWER_MODEL = 0;
    private static final int ANSWER_MESSAGE = 1;
    private static final int ANSWER_RESPONSE = 2;
    private static final int ANSWER_THINKING = 3;
    private static final int ANSWER_DONE = 4;
    private static final int ANSWER_PROMPT_EVAL_COUNT = 5;
    private static final int ANSWER_EVAL_COUNT = 6;
    private static final JsonNames MESSAGE = JsonNames.of("content", "thinking", "tool_calls");
    private static final int MESSAGE_CONTENT = 0;
    private static final int MESSAGE_THINKING = 1;
    private static final JsonNames CALL = JsonNames.of("function", "id");
    private static final int CALL_FUNCTION = 0;
    private static final JsonNames FUNCTION = JsonNames.of("name", "arguments");
    private static final int FUNCTION_NAME = 0;

    /** Other applications have the same paths; every request to Ollama names its model. */
    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        boolean named = false;
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            switch (name) {
                case REQUEST_MODEL -> {
                    named = json.name() != null;
                    prompt.model(json.name());
                }
                case REQUEST_MESSAGES -> OpenAiChat.messages(json, prompt);
                default -> {
                    if (json.isString()) {
                        prompt.recognise();
                        prompt.text(json);
                        prompt.messageIfAny(name == REQUEST_PROMPT ? Role.USER : Role.SYSTEM);
                    }
                }
            }
        }
        if (!named) {
            prompt.refuse();
        }
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            switch (name) {
                case ANSWER_MODEL -> answer.model(json);
                case ANSWER_MESSAGE -> message(json, answer);
                case ANSWER_RESPONSE -> answer.text(0, json);
                case ANSWER_THINKING -> answer.thinking(json);
                case ANSWER_DONE -> {
                    answer.recognise();
                    if (json.isTrue()) {
                        answer.end();
                    }
                }
                case ANSWER_PROMPT_EVAL_COUNT -> answer.promptTokens(json.count());
                case ANSWER_EVAL_COUNT -> answer.outputTokens(json.count());
                default -> Errors.read(json, answer);
            }
        }
    }

    private static void message(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, MESSAGE); name != JsonCursor.END; name = json.member(depth, MESSAGE)) {
            switch (name) {
                case MESSAGE_CONTENT -> answer.text(0, json);
                case MESSAGE_THINKING -> answer.thinking(json);
                default -> calls(json, answer);
            }
        }
    }

    private static void calls(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            final int place = answer.nextCall();
            final int call = json.isObject() ? json.enter() : JsonCursor.NOTHING;
            for (int name = json.member(call, CALL); name != JsonCursor.END; name = json.member(call, CALL)) {
                if (name == CALL_FUNCTION) {
                    function(json, place, answer);
                } else {
                    answer.call(place, json.name(), null);
                }
            }
        }
    }

    private static void function(final JsonCursor json, final int place, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, FUNCTION); name != JsonCursor.END; name = json.member(depth, FUNCTION)) {
            if (name == FUNCTION_NAME) {
                answer.call(place, null, json.name());
            } else {
                answer.allArguments(place, json);
            }
        }
    }
}
