package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.streams.ContentBuffer;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI chat completions (API reference, "Create chat completion") as its many servers speak it, and its ancestor without
 * messages. Chunks of a stream are the answer's objects with {@code delta} in place of {@code message}.
 */
final class OpenAiChat implements Dialect {
    static final int PER_CHOICE = 1 << 10; // places of calls: choice times this, plus the call's index

    private static final JsonNames REQUEST =
            JsonNames.of("model", "messages", "prompt", "stream", "stream_options", "model_id", "suffix", "prediction");
    private static final int REQUEST_MODEL = 0;
    private static final int REQUEST_MESSAGES = 1;
    private static final int REQUEST_PROMPT = 2;
    private static final int REQUEST_STREAM = 3;
    private static final int REQUEST_MODEL_ID = 5;
    private static final int REQUEST_SUFFIX = 6; // what is to stand behind the answer
    private static final int REQUEST_PREDICTION = 7; // what the answer is like
    private static final JsonNames PREDICTION = JsonNames.of("content");
    private static final JsonNames STREAM_OPTIONS = JsonNames.of("include_usage");
    private static final JsonNames MESSAGE = JsonNames.of("role", "content", "tool_call_id");
    private static final int MESSAGE_ROLE = 0;
    private static final int MESSAGE_CONTENT = 1;
    private static final JsonNames PART = JsonNames.of("text");
    private static final JsonNames ANSWER = JsonNames.of("model", "choices", "usage", "error");
    private static final int ANSWER_MODEL = 0;
    private static final int ANSWER_CHOICES = 1;
    private static final int ANSWER_USAGE = 2;
    private static final JsonNames CHOICE = JsonNames.of("index", "message", "delta", "text", "finish_reason");
    private static final int CHOICE_INDEX = 0;
    private static final int CHOICE_TEXT = 3;
    private static final int CHOICE_FINISH_REASON = 4;
    private static final JsonNames SAID = JsonNames.of(
            "content", "refusal", "tool_calls", "function_call", "audio", "reasoning_content", "reasoning");
    private static final int SAID_CONTENT = 0;
    private static final int SAID_REFUSAL = 1;
    private static final int SAID_TOOL_CALLS = 2;
    private static final int SAID_FUNCTION_CALL = 3;
    private static final int SAID_AUDIO = 4;
    private static final JsonNames AUDIO = JsonNames.of("transcript");
    private static final JsonNames SAID_PART = JsonNames.of("text", "thinking");
    private static final int SAID_PART_TEXT = 0;
    private static final JsonNames CALL = JsonNames.of("index", "id", "function", "custom");
    private static final int CALL_INDEX = 0;
    private static final int CALL_ID = 1;
    private static final JsonNames FUNCTION = JsonNames.of("name", "arguments", "input");
    private static final int FUNCTION_NAME = 0;
    private static final JsonNames USAGE = JsonNames.of("prompt_tokens", "completion_tokens");
    private static final int USAGE_PROMPT_TOKENS = 0;

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            switch (name) {
                case REQUEST_MODEL, REQUEST_MODEL_ID -> prompt.model(json.name());
                case REQUEST_MESSAGES -> messages(json, prompt);
                case REQUEST_PROMPT -> texts(json, prompt);
                case REQUEST_STREAM -> prompt.streamed(json.isTrue());
                case REQUEST_SUFFIX -> {
                    prompt.text(json);
                    prompt.messageIfAny(ModelPrompt.Role.SYSTEM);
                }
                case REQUEST_PREDICTION -> prediction(json, prompt);
                default -> streamOptions(json, prompt);
            }
        }
    }

    private static void prediction(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        while (json.member(depth, PREDICTION) != JsonCursor.END) {
            content(json, prompt);
        }
        prompt.messageIfAny(ModelPrompt.Role.SYSTEM);
    }

    private static void streamOptions(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        while (json.member(depth, STREAM_OPTIONS) != JsonCursor.END) {
            prompt.usageAsked(json.isTrue());
        }
    }

    /** An array of messages, as several APIs have it. */
    static void messages(final JsonCursor json, final PromptBuilder prompt) {
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
        String callId = null;
        final int depth = json.enter();
        for (int name = json.member(depth, MESSAGE); name != JsonCursor.END; name = json.member(depth, MESSAGE)) {
            switch (name) {
                case MESSAGE_ROLE -> role = json.name();
                case MESSAGE_CONTENT -> {
                    prompt.back(0);
                    content(json, prompt);
                }
                default -> callId = json.name();
            }
        }
        prompt.message(Dialect.role(role), callId);
    }

    /** A text, or an array of texts and of objects that have one. */
    private static void content(final JsonCursor json, final PromptBuilder prompt) {
        prompt.text(json);
        if (json.isObject()) {
            part(json, prompt); // MCP allows one part without an array
        }
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            prompt.text(json);
            part(json, prompt);
        }
    }

    private static void part(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        final int mark = prompt.mark();
        while (json.member(depth, PART) != JsonCursor.END) {
            prompt.back(mark);
            prompt.text(json);
        }
    }

    /** A completion's prompt: texts, or tokens, which nobody can read. */
    private static void texts(final JsonCursor json, final PromptBuilder prompt) {
        if (json.isString() || json.isArray()) {
            prompt.recognise();
            content(json, prompt);
            prompt.messageIfAny(ModelPrompt.Role.USER);
        }
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            switch (name) {
                case ANSWER_MODEL -> answer.model(json);
                case ANSWER_CHOICES -> choices(json, answer);
                case ANSWER_USAGE -> usage(json, answer);
                default -> Errors.read(json, answer);
            }
        }
    }

    private static void usage(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, USAGE); name != JsonCursor.END; name = json.member(depth, USAGE)) {
            if (name == USAGE_PROMPT_TOKENS) {
                answer.promptTokens(json.count());
            } else {
                answer.outputTokens(json.count());
            }
        }
    }

    static void choices(final JsonCursor json, final AnswerBuilder answer) {
        if (!json.isArray()) {
            return;
        }
        answer.recognise();
        final int depth = json.enter();
        while (json.element(depth)) {
            choice(json, answer);
        }
    }

    private static void choice(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        int index = 0;
        boolean read = false;
        for (int name = json.member(depth, CHOICE); name != JsonCursor.END; name = json.member(depth, CHOICE)) {
            switch (name) {
                case CHOICE_INDEX -> {
                    final int stated = json.index(PER_CHOICE);
                    if (read && stated != index) {
                        answer.misplaced();
                    }
                    index = stated;
                }
                case CHOICE_TEXT -> {
                    answer.text(index, json);
                    read = true;
                }
                case CHOICE_FINISH_REASON -> {
                    if (json.isString()) {
                        answer.stopped();
                    }
                }
                default -> {
                    said(json, index, answer);
                    read = true;
                }
            }
        }
    }

    /** A message or what is added to one. */
    static void said(final JsonCursor json, final int choice, final AnswerBuilder answer) {
        final int depth = json.enter();
        boolean thought = false; // vLLM writes it twice, under the name that it had and the one that it has
        for (int name = json.member(depth, SAID); name != JsonCursor.END; name = json.member(depth, SAID)) {
            switch (name) {
                case SAID_CONTENT, SAID_REFUSAL -> content(json, choice, answer);
                case SAID_TOOL_CALLS -> calls(json, choice, answer);
                case SAID_FUNCTION_CALL -> function(json, answer).add(choice * PER_CHOICE, null, answer);
                case SAID_AUDIO -> spoken(json, choice, answer);
                default -> thought = thought || answer.thinking(json);
            }
        }
    }

    private static void spoken(final JsonCursor json, final int choice, final AnswerBuilder answer) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        while (json.member(depth, AUDIO) != JsonCursor.END) {
            answer.text(choice, json);
        }
    }

    /** A text, or parts that have one. */
    private static void content(final JsonCursor json, final int choice, final AnswerBuilder answer) {
        answer.text(choice, json);
        if (json.isObject()) {
            part(json, choice, answer); // MCP allows one part without an array
        }
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING; // Mistral writes texts as parts, too
        while (json.element(depth)) {
            part(json, choice, answer);
        }
    }

    private static void part(final JsonCursor json, final int choice, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, SAID_PART); name != JsonCursor.END; name = json.member(depth, SAID_PART)) {
            if (name == SAID_PART_TEXT) {
                answer.text(choice, json);
            } else {
                thoughts(json, answer);
            }
        }
    }

    /** Mistral's, which are parts as well. */
    private static void thoughts(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            final int part = json.enter();
            while (json.member(part, PART) != JsonCursor.END) {
                answer.thinking(json);
            }
        }
    }

    private static void calls(final JsonCursor json, final int choice, final AnswerBuilder answer) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        for (int position = 0; json.element(depth); position++) {
            call(json, choice, position, answer);
        }
    }

    /** The members come in any order. */
    private static void call(final JsonCursor json, final int choice, final int position, final AnswerBuilder answer) {
        final int depth = json.enter();
        int index = Math.min(position, PER_CHOICE - 1);
        String id = null;
        Function function = Function.NONE;
        for (int name = json.member(depth, CALL); name != JsonCursor.END; name = json.member(depth, CALL)) {
            switch (name) {
                case CALL_INDEX -> index = json.index(PER_CHOICE);
                case CALL_ID -> id = json.name();
                default -> function = function(json, answer);
            }
        }
        final int place = answer.callAt(choice * PER_CHOICE + index, id, function.name());
        function.add(place, id, answer);
    }

    private static Function function(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        String tool = null;
        ContentBuffer arguments = null;
        for (int name = json.member(depth, FUNCTION); name != JsonCursor.END; name = json.member(depth, FUNCTION)) {
            if (name == FUNCTION_NAME) {
                tool = json.name();
            } else if (json.isString()) {
                arguments = answer.read(json);
            }
        }
        return new Function(tool, arguments);
    }

    /**
     * A tool, or what is added to one.
     *
     * @param arguments or a piece of them, in the answer's scratch buffer
     */
    private record Function(@Nullable String name, @Nullable ContentBuffer arguments) {
        private static final Function NONE = new Function(null, null);

        private void add(final int place, final @Nullable String id, final AnswerBuilder answer) {
            answer.call(place, id, name);
            if (arguments != null) {
                answer.arguments(place, arguments);
            }
        }
    }
}
