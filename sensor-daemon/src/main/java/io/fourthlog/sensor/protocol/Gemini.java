package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;
import io.fourthlog.sensor.streams.ContentBuffer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Gemini generateContent and streamGenerateContent (Gemini API reference; Vertex AI has the same): contents of parts. Each
 * event of a stream is a whole answer's object with the next piece. The call that a function's result belongs to is named
 * only by newer clients.
 */
final class Gemini implements Dialect {
    private static final JsonNames REQUEST =
            JsonNames.of("contents", "systemInstruction", "system_instruction", "request", "model");
    private static final int REQUEST_CONTENTS = 0;
    private static final int REQUEST_SYSTEM_INSTRUCTION = 1;
    private static final int REQUEST_SYSTEM_INSTRUCTION_SNAKE = 2;
    private static final int REQUEST_REQUEST = 3;
    private static final JsonNames CONTENT = JsonNames.of("role", "parts");
    private static final int CONTENT_ROLE = 0;
    private static final JsonNames IN_PART = JsonNames.of(
            "text",
            "codeExecutionResult",
            "code_execution_result",
            "toolResponse",
            "tool_response",
            "functionResponse",
            "function_response");
    private static final int IN_PART_TEXT = 0;
    private static final JsonNames RESPONSE = JsonNames.of("id", "response", "scheduling", "output");
    private static final int RESPONSE_ID = 0;
    private static final int RESPONSE_RESPONSE = 1;
    private static final int RESPONSE_OUTPUT = 3; // of code that ran at the provider
    private static final JsonNames SILENT = JsonNames.of("SILENT");
    private static final JsonNames ANSWER =
            JsonNames.of("candidates", "usageMetadata", "modelVersion", "error", "promptFeedback", "response");
    private static final int ANSWER_CANDIDATES = 0;
    private static final int ANSWER_USAGE_METADATA = 1;
    private static final int ANSWER_MODEL_VERSION = 2;
    private static final int ANSWER_ERROR = 3;
    private static final int ANSWER_PROMPT_FEEDBACK = 4;
    private static final JsonNames CANDIDATE = JsonNames.of("index", "content", "finishReason");
    private static final int CANDIDATE_INDEX = 0;
    private static final int CANDIDATE_CONTENT = 1;
    private static final JsonNames PART = JsonNames.of("text", "thought", "functionCall", "executableCode", "toolCall");
    private static final int PART_TEXT = 0;
    private static final int PART_THOUGHT = 1;
    private static final int PART_CODE = 3;
    private static final JsonNames CALL = JsonNames.of("id", "name", "toolType", "partialArgs", "args", "code");
    private static final int CALL_ID = 0;
    private static final int CALL_NAME = 1;
    private static final int CALL_TOOL_TYPE = 2;
    private static final int CALL_PARTIAL_ARGS = 3;
    private static final JsonNames ARGUMENT =
            JsonNames.of("jsonPath", "nullValue", "stringValue", "numberValue", "boolValue");
    private static final int ARGUMENT_JSON_PATH = 0;
    private static final int ARGUMENT_NULL_VALUE = 1;
    private static final byte[] NULL = {'n', 'u', 'l', 'l'};
    private static final String CODE_EXECUTION = "code_execution";
    private static final JsonNames USAGE = JsonNames.of(
            "promptTokenCount",
            "toolUsePromptTokenCount",
            "candidatesTokenCount",
            "thoughtsTokenCount",
            "responseTokenCount"); // the Live API's name of the third
    private static final int USAGE_CANDIDATES = 2; // from here on it is output
    private static final JsonNames FEEDBACK = JsonNames.of("blockReason");
    private static final int MAX_CANDIDATES = 1 << 10;

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            switch (name) {
                case REQUEST_CONTENTS -> contents(json, prompt);
                case REQUEST_SYSTEM_INSTRUCTION, REQUEST_SYSTEM_INSTRUCTION_SNAKE -> content(json, prompt, Role.SYSTEM);
                case REQUEST_REQUEST -> request(json, prompt); // Code Assist wraps the request and names the model
                default -> prompt.model(json.name());
            }
        }
    }

    static void contents(final JsonCursor json, final PromptBuilder prompt) {
        if (json.isObject()) {
            prompt.recognise();
            content(json, prompt, null);
        }
        if (json.isArray()) {
            prompt.recognise();
            final int depth = json.enter();
            while (json.element(depth)) {
                content(json, prompt, null);
            }
        }
    }

    static void content(final JsonCursor json, final PromptBuilder prompt, final @Nullable Role always) {
        if (!json.isObject()) {
            return;
        }
        String role = null;
        final int depth = json.enter();
        for (int name = json.member(depth, CONTENT); name != JsonCursor.END; name = json.member(depth, CONTENT)) {
            if (name == CONTENT_ROLE) {
                role = json.name();
                continue;
            }
            prompt.back(0);
            final int parts = json.isArray() ? json.enter() : JsonCursor.NOTHING;
            if (json.isObject()) {
                part(json, prompt);
            }
            while (json.element(parts)) {
                part(json, prompt);
            }
        }
        prompt.message(always != null ? always : Dialect.role(role), null);
    }

    private static void part(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, IN_PART); name != JsonCursor.END; name = json.member(depth, IN_PART)) {
            if (name == IN_PART_TEXT) {
                prompt.text(json);
            } else {
                result(json, prompt);
            }
        }
    }

    /** The result of a function; whether the model is to go on with it. */
    static boolean result(final JsonCursor json, final PromptBuilder prompt) {
        final int mark = prompt.mark();
        boolean silent = false;
        String callId = null;
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, RESPONSE); name != JsonCursor.END; name = json.member(depth, RESPONSE)) {
            if (name == RESPONSE_ID) {
                callId = json.name();
            } else if (name == RESPONSE_RESPONSE) {
                prompt.back(mark);
                prompt.json(json);
            } else if (name == RESPONSE_OUTPUT) {
                prompt.text(json);
            } else {
                silent = json.in(SILENT) >= 0;
            }
        }
        prompt.result(mark, callId);
        return !silent;
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            switch (name) {
                case ANSWER_CANDIDATES -> candidates(json, answer);
                case ANSWER_USAGE_METADATA -> usage(json, answer);
                case ANSWER_MODEL_VERSION -> answer.model(json);
                case ANSWER_ERROR -> Errors.read(json, answer);
                case ANSWER_PROMPT_FEEDBACK -> blocked(json, answer);
                default -> answer(json, answer);
            }
        }
    }

    private static void blocked(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        while (json.member(depth, FEEDBACK) != JsonCursor.END) {
            answer.error("blocked_" + json.name());
        }
    }

    static void usage(final JsonCursor json, final AnswerBuilder answer) {
        long input = -1;
        long output = -1;
        final int depth = json.enter();
        for (int name = json.member(depth, USAGE); name != JsonCursor.END; name = json.member(depth, USAGE)) {
            final long count = json.count();
            if (count >= 0 && name < USAGE_CANDIDATES) {
                input = Math.max(input, 0) + count;
            } else if (count >= 0) {
                output = Math.max(output, 0) + count;
            }
        }
        answer.promptTokens(input);
        answer.outputTokens(output);
    }

    private static void candidates(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        for (int position = 0; json.element(depth); position++) {
            answer.recognise();
            candidate(json, Math.min(position, MAX_CANDIDATES), answer);
        }
    }

    /** A candidate; its index stands behind its content, and equals its position while all candidates are sent together. */
    private static void candidate(final JsonCursor json, final int position, final AnswerBuilder answer) {
        int place = position;
        boolean read = false;
        final int depth = json.enter();
        for (int name = json.member(depth, CANDIDATE); name != JsonCursor.END; name = json.member(depth, CANDIDATE)) {
            if (name == CANDIDATE_INDEX) {
                final int stated = json.index(MAX_CANDIDATES);
                if (read && stated != place) {
                    answer.misplaced();
                }
                place = stated;
            } else if (name == CANDIDATE_CONTENT) {
                said(json, place, answer);
                read = true;
            } else if (json.isString()) {
                answer.stopped();
            }
        }
    }

    static void said(final JsonCursor json, final int place, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, CONTENT); name != JsonCursor.END; name = json.member(depth, CONTENT)) {
            final int parts = json.isArray() ? json.enter() : JsonCursor.NOTHING;
            while (json.element(parts)) {
                said(json, place, answer, answer.scratch());
            }
        }
    }

    private static void said(
            final JsonCursor json, final int place, final AnswerBuilder answer, final ContentBuffer text) {
        boolean thought = false;
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, PART); name != JsonCursor.END; name = json.member(depth, PART)) {
            switch (name) {
                case PART_TEXT -> answer.read(json);
                case PART_THOUGHT -> thought = json.isTrue();
                case PART_CODE -> {
                    if (json.isObject()) {
                        final int code = answer.nextCall();
                        answer.call(code, null, CODE_EXECUTION);
                        call(json, code, answer);
                    }
                }
                default -> call(json, answer);
            }
        }
        if (thought) {
            answer.thinking(text);
        } else {
            answer.text(place, text);
        }
    }

    static void call(final JsonCursor json, final AnswerBuilder answer) {
        call(json, answer.nextCall(), answer);
    }

    /**
     * What a function is called with, or one of the provider's own tools, which have a type. Arguments that come in pieces (Vertex) are of the
     * function that was named last.
     */
    private static void call(final JsonCursor json, final int place, final AnswerBuilder answer) {
        String id = null;
        boolean pieces = false;
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, CALL); name != JsonCursor.END; name = json.member(depth, CALL)) {
            switch (name) {
                case CALL_ID -> id = json.name();
                case CALL_NAME -> {
                    if (pieces) {
                        answer.misplaced(); // they are of this function
                    }
                    answer.call(place, null, json.name());
                }
                case CALL_PARTIAL_ARGS -> {
                    partialArguments(json, answer.nextCall() - 1, answer);
                    pieces = true;
                }
                case CALL_TOOL_TYPE -> {
                    final String type = json.name();
                    answer.call(place, null, type == null ? null : type.toLowerCase(Locale.ROOT));
                }
                default -> answer.allArguments(place, json);
            }
        }
        if (id != null && answer.nextCall() > place) {
            answer.call(place, id, null);
        }
        answer.scratch();
    }

    private static void partialArguments(final JsonCursor json, final int place, final AnswerBuilder answer) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            String path = null;
            final ContentBuffer value = answer.scratch();
            final int argument = json.isObject() ? json.enter() : JsonCursor.NOTHING;
            for (int name = json.member(argument, ARGUMENT);
                    name != JsonCursor.END;
                    name = json.member(argument, ARGUMENT)) {
                if (name == ARGUMENT_JSON_PATH) {
                    path = json.name();
                } else if (name == ARGUMENT_NULL_VALUE) {
                    value.append(NULL, 0, NULL.length);
                } else if (!json.raw(value)) {
                    path = null;
                }
            }
            if (value.length() > 0) { // else it is only said that it will come
                answer.argument(place, path, value);
            }
        }
    }
}
