package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;

/**
 * Alibaba Cloud's own API of its models (Model Studio, "DashScope API reference"), which is OpenAI's chat in an envelope. Each event
 * of a stream has all that was said so far, unless the request asks for what was added, as it need not of models that think: of them
 * an event tells that does not begin with what was said, and what was said is all that came until then.
 */
final class DashScope implements Dialect {
    private static final JsonNames REQUEST = JsonNames.of("model", "input", "parameters");
    private static final int REQUEST_MODEL = 0;
    private static final int REQUEST_INPUT = 1;
    private static final JsonNames INPUT = JsonNames.of("messages", "prompt");
    private static final int INPUT_MESSAGES = 0;
    private static final JsonNames PARAMETERS = JsonNames.of("incremental_output");
    private static final JsonNames ANSWER = JsonNames.of("output", "usage", "code");
    private static final int ANSWER_OUTPUT = 0;
    private static final int ANSWER_USAGE = 1;
    private static final JsonNames OUTPUT = JsonNames.of("choices", "text", "finish_reason");
    private static final int OUTPUT_CHOICES = 0;
    private static final int OUTPUT_TEXT = 1;
    private static final JsonNames CHOICE = JsonNames.of("message", "finish_reason");
    private static final int CHOICE_MESSAGE = 0;
    private static final JsonNames USAGE = JsonNames.of("input_tokens", "output_tokens");
    private static final int USAGE_INPUT_TOKENS = 0;

    private static final JsonNames SAID = JsonNames.of("content", "reasoning_content", "tool_calls");
    private static final int SAID_CONTENT = 0;
    private static final int SAID_REASONING = 1;
    private static final JsonNames PART = JsonNames.of("text");
    private static final JsonNames CALL = JsonNames.of("function");
    private static final JsonNames FUNCTION = JsonNames.of("name");

    private boolean incremental;
    private boolean stated; // whether events are

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            switch (name) {
                case REQUEST_MODEL -> prompt.model(json.name());
                case REQUEST_INPUT -> input(json, prompt);
                default -> parameters(json);
            }
        }
    }

    private static void input(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, INPUT); name != JsonCursor.END; name = json.member(depth, INPUT)) {
            if (name == INPUT_MESSAGES) {
                OpenAiChat.messages(json, prompt);
            } else if (json.isString()) {
                prompt.recognise();
                prompt.text(json);
                prompt.messageIfAny(Role.USER);
            }
        }
    }

    private void parameters(final JsonCursor json) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        while (json.member(depth, PARAMETERS) != JsonCursor.END) {
            incremental = json.isTrue();
            stated = true;
        }
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        if (!stated && !incremental) {
            incremental = !goesOn(json, answer);
            if (incremental) {
                answer.addUp();
            }
            json.again();
        }
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            switch (name) {
                case ANSWER_OUTPUT -> output(json, answer);
                case ANSWER_USAGE -> usage(json, answer);
                default -> {
                    if (json.name() != null) { // empty where nothing failed
                        answer.error(json.name());
                    }
                }
            }
        }
    }

    /** Whether an event can have all that was said so far. */
    private static boolean goesOn(final JsonCursor json, final AnswerBuilder answer) {
        boolean all = true;
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            final int inner = name == ANSWER_OUTPUT && json.isObject() ? json.enter() : JsonCursor.NOTHING;
            for (int of = json.member(inner, OUTPUT); of != JsonCursor.END; of = json.member(inner, OUTPUT)) {
                if (of == OUTPUT_TEXT) {
                    all &= answer.goesOn(0, json);
                } else if (of == OUTPUT_CHOICES && json.isArray()) {
                    final int choices = json.enter();
                    for (int choice = 0; json.element(choices); choice++) {
                        all &= choiceGoesOn(json, choice, answer);
                    }
                }
            }
        }
        return all;
    }

    private static boolean choiceGoesOn(final JsonCursor json, final int choice, final AnswerBuilder answer) {
        boolean all = true;
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, CHOICE); name != JsonCursor.END; name = json.member(depth, CHOICE)) {
            final int said = name == CHOICE_MESSAGE && json.isObject() ? json.enter() : JsonCursor.NOTHING;
            for (int of = json.member(said, SAID); of != JsonCursor.END; of = json.member(said, SAID)) {
                all &= switch (of) {
                    case SAID_CONTENT -> contentGoesOn(json, choice, answer);
                    case SAID_REASONING -> !json.isString() || json.name() == null || answer.thinkingGoesOn(json);
                    default -> isNamed(json);
                };
            }
        }
        return all;
    }

    private static boolean contentGoesOn(final JsonCursor json, final int choice, final AnswerBuilder answer) {
        if (json.isString()) {
            return answer.goesOn(choice, json);
        }
        boolean all = true;
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            final int part = json.isObject() ? json.enter() : JsonCursor.NOTHING;
            while (json.member(part, PART) != JsonCursor.END) {
                all &= answer.goesOn(choice, json);
            }
        }
        return all;
    }

    /** Whether each tool has its name, which only its first event has where events add. */
    private static boolean isNamed(final JsonCursor json) {
        boolean named = true;
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            final int call = json.isObject() ? json.enter() : JsonCursor.NOTHING;
            while (json.member(call, CALL) != JsonCursor.END) {
                final int function = json.isObject() ? json.enter() : JsonCursor.NOTHING;
                boolean there = false;
                while (json.member(function, FUNCTION) != JsonCursor.END) {
                    there = json.name() != null;
                }
                named &= there;
            }
        }
        return named;
    }

    private void output(final JsonCursor json, final AnswerBuilder answer) {
        if (!json.isObject()) {
            return;
        }
        answer.recognise();
        if (!incremental && stated) {
            answer.again();
        } else if (!incremental) {
            answer.againPerhaps();
        }
        final int depth = json.enter();
        for (int name = json.member(depth, OUTPUT); name != JsonCursor.END; name = json.member(depth, OUTPUT)) {
            switch (name) {
                case OUTPUT_CHOICES -> choices(json, answer);
                case OUTPUT_TEXT -> answer.text(0, json);
                default -> finish(json, answer);
            }
        }
    }

    private static void choices(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        for (int choice = 0; json.element(depth); choice++) {
            choice(json, choice, answer);
        }
    }

    private static void choice(final JsonCursor json, final int choice, final AnswerBuilder answer) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, CHOICE); name != JsonCursor.END; name = json.member(depth, CHOICE)) {
            if (name == CHOICE_MESSAGE) {
                OpenAiChat.said(json, Math.min(choice, OpenAiChat.PER_CHOICE - 1), answer);
            } else {
                finish(json, answer);
            }
        }
    }

    /** An answer that goes on has the text "null". */
    private static void finish(final JsonCursor json, final AnswerBuilder answer) {
        final String reason = json.name();
        if (reason != null && !reason.equals("null")) {
            answer.stopped();
        }
    }

    private static void usage(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, USAGE); name != JsonCursor.END; name = json.member(depth, USAGE)) {
            if (name == USAGE_INPUT_TOKENS) {
                answer.promptTokens(json.count());
            } else {
                answer.outputTokens(json.count());
            }
        }
    }
}
