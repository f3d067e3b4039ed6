package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;

/**
 * Gemini's interactions (API reference, "Interactions"): steps in, steps out. In a stream a step begins, grows by deltas and ends; the
 * interaction that is completed may say all of it again, which then counts. Prompt tokens are the input's and those of what its own tools
 * found, output tokens those said and thought.
 */
final class GeminiInteractions implements Dialect {
    private static final JsonNames REQUEST =
            JsonNames.of("model", "agent", "system_instruction", "input", "previous_interaction_id");
    private static final int REQUEST_SYSTEM = 2;
    private static final int REQUEST_INPUT = 3;
    private static final int REQUEST_PREVIOUS = 4;
    private static final JsonNames STEP =
            JsonNames.of("type", "text", "content", "summary", "result", "call_id", "id", "name", "arguments");
    private static final int TYPE = 0;
    private static final int TEXT = 1;
    private static final int CONTENT = 2;
    private static final int SUMMARY = 3;
    private static final int RESULT = 4;
    private static final int CALL_ID = 5;
    private static final int ID = 6;
    private static final int NAME = 7;
    private static final int ARGUMENTS = 8;
    private static final JsonNames TYPES = JsonNames.of("user_input", "model_output", "thought");
    private static final int USER_INPUT = 0;
    private static final String CALL = "_call";
    private static final String FUNCTION = "function_call";
    private static final JsonNames PART = JsonNames.of("text");
    private static final JsonNames ANSWER = JsonNames.of(
            "event_type",
            "index",
            "step",
            "delta",
            "interaction",
            "id",
            "model",
            "agent",
            "status",
            "steps",
            "usage",
            "errors",
            "error");
    private static final int ANSWER_EVENT = 0;
    private static final int ANSWER_INDEX = 1;
    private static final int ANSWER_STEP = 2;
    private static final int ANSWER_DELTA = 3;
    private static final int ANSWER_INTERACTION = 4;
    private static final int ANSWER_ID = 5;
    private static final int ANSWER_MODEL = 6;
    private static final int ANSWER_AGENT = 7;
    private static final int ANSWER_STATUS = 8;
    private static final int ANSWER_STEPS = 9;
    private static final int ANSWER_USAGE = 10;
    private static final int ANSWER_ERRORS = 11;
    private static final JsonNames ENDS = JsonNames.of("interaction.completed", "interaction.cancelled");
    private static final JsonNames UNFINISHED = JsonNames.of("queued", "in_progress");
    private static final JsonNames USAGE =
            JsonNames.of("total_input_tokens", "total_tool_use_tokens", "total_output_tokens", "total_thought_tokens");
    private static final int MAX_STEPS = 1 << 16;

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        boolean input = false;
        boolean model = false;
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            switch (name) {
                case REQUEST_SYSTEM -> {
                    prompt.text(json);
                    prompt.messageIfAny(Role.SYSTEM);
                }
                case REQUEST_INPUT -> {
                    input(json, prompt);
                    input = true;
                }
                case REQUEST_PREVIOUS -> prompt.previous(json.name());
                default -> {
                    prompt.model(json.name());
                    model = true;
                }
            }
        }
        if (input && model) {
            prompt.recognise();
        }
    }

    /** A text, one or more parts of a message, or steps. */
    private static void input(final JsonCursor json, final PromptBuilder prompt) {
        prompt.text(json);
        if (json.isObject()) {
            step(json, prompt);
        }
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            if (json.isObject()) {
                step(json, prompt);
            }
        }
        prompt.messageIfAny(Role.USER);
    }

    /** A step, or a part of the user's message, which the next step or the end completes. */
    private static void step(final JsonCursor json, final PromptBuilder prompt) {
        final int mark = prompt.mark();
        String type = null;
        String callId = null;
        final int depth = json.enter();
        for (int name = json.member(depth, STEP); name != JsonCursor.END; name = json.member(depth, STEP)) {
            switch (name) {
                case TYPE -> type = json.name();
                case CALL_ID -> callId = json.name();
                case TEXT, CONTENT -> {
                    prompt.back(mark);
                    texts(json, prompt);
                }
                case RESULT -> {
                    prompt.back(mark);
                    if (json.isObject()) {
                        prompt.json(json);
                    } else {
                        texts(json, prompt);
                    }
                }
                default -> {}
            }
        }
        if (type == null) {
            return;
        }
        if (type.endsWith("_result")) {
            prompt.result(mark, callId);
            prompt.message(Role.TOOL, callId);
        } else if (type.endsWith(CALL) || type.equals("thought") || type.equals("model_output")) {
            prompt.message(Role.ASSISTANT, null);
        } else if (type.equals("user_input")) {
            prompt.message(Role.USER, null);
        }
    }

    private static void texts(final JsonCursor json, final PromptBuilder prompt) {
        prompt.text(json);
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            final int part = json.isObject() ? json.enter() : JsonCursor.NOTHING;
            final int mark = prompt.mark();
            while (json.member(part, PART) != JsonCursor.END) {
                prompt.back(mark);
                prompt.text(json);
            }
        }
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        boolean ends = false;
        int place = 0;
        boolean read = false;
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            switch (name) {
                case ANSWER_EVENT -> {
                    ends = json.in(ENDS) >= 0;
                    answer.recognise();
                }
                case ANSWER_INDEX -> {
                    final int stated = json.index(MAX_STEPS);
                    if (read && stated != place) {
                        answer.misplaced();
                    }
                    place = stated;
                }
                case ANSWER_STEP, ANSWER_DELTA -> {
                    step(json, place, answer);
                    read = true;
                }
                case ANSWER_INTERACTION -> answer(json, answer); // an object of the answer's kind
                case ANSWER_ID -> answer.id(json.name());
                case ANSWER_MODEL, ANSWER_AGENT -> answer.model(json);
                case ANSWER_STATUS -> answer.pending(json.in(UNFINISHED) >= 0);
                case ANSWER_STEPS -> steps(json, answer);
                case ANSWER_USAGE -> usage(json, answer);
                case ANSWER_ERRORS -> {
                    final int errors = json.isArray() ? json.enter() : JsonCursor.NOTHING;
                    while (json.element(errors)) {
                        Errors.read(json, answer);
                    }
                }
                default -> Errors.read(json, answer);
            }
        }
        if (ends) {
            answer.end();
        }
    }

    private static void steps(final JsonCursor json, final AnswerBuilder answer) {
        if (!json.isArray()) {
            return;
        }
        answer.recognise();
        final int depth = json.enter();
        for (int place = 0; json.element(depth); place++) {
            if (place == 0) {
                answer.again();
            }
            step(json, Math.min(place, MAX_STEPS), answer);
        }
    }

    /** A step, or what is added to one. */
    private static void step(final JsonCursor json, final int place, final AnswerBuilder answer) {
        String type = null;
        int kind = -1;
        String id = null;
        String tool = null;
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, STEP); name != JsonCursor.END; name = json.member(depth, STEP)) {
            switch (name) {
                case TYPE -> {
                    type = json.name();
                    kind = json.in(TYPES);
                }
                case TEXT -> answer.text(place, json);
                case CONTENT -> said(json, place, answer);
                case SUMMARY -> thought(json, answer);
                case ID -> id = json.name();
                case NAME -> tool = json.name();
                case ARGUMENTS -> arguments(json, place, answer);
                default -> {}
            }
        }
        if (kind == USER_INPUT) {
            answer.textAgain(place); // what was asked, told again
        } else if (type != null && type.endsWith(CALL)) {
            final String builtIn = type.equals(FUNCTION) ? null : type.substring(0, type.length() - CALL.length());
            answer.call(place, id, tool != null ? tool : builtIn);
        }
    }

    /** The parts of what was said; one alone is that of a thought's summary, which grows. */
    private static void said(final JsonCursor json, final int place, final AnswerBuilder answer) {
        if (json.isObject()) {
            thought(json, answer);
            return;
        }
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            final int part = json.isObject() ? json.enter() : JsonCursor.NOTHING;
            while (json.member(part, PART) != JsonCursor.END) {
                answer.text(place, json);
            }
        }
    }

    private static void thought(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            thought(json, answer);
        }
        final int part = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        while (json.member(part, PART) != JsonCursor.END) {
            answer.thinking(json);
        }
    }

    /** An object, or a piece of its JSON. */
    private static void arguments(final JsonCursor json, final int place, final AnswerBuilder answer) {
        if (json.isObject()) {
            answer.allArguments(place, json);
        } else if (json.isString()) {
            answer.arguments(place, answer.read(json));
        }
    }

    private static void usage(final JsonCursor json, final AnswerBuilder answer) {
        final long[] counts = {-1, 0, -1, 0};
        final int depth = json.enter();
        for (int name = json.member(depth, USAGE); name != JsonCursor.END; name = json.member(depth, USAGE)) {
            counts[name] = Math.max(json.count(), counts[name]);
        }
        answer.promptTokens(counts[0] < 0 ? -1 : counts[0] + counts[1]);
        answer.outputTokens(counts[2] < 0 ? -1 : counts[2] + counts[3]);
    }
}
