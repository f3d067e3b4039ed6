package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import io.fourthlog.sensor.protocol.ModelPrompt.Role;
import io.fourthlog.sensor.streams.ContentBuffer;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI responses (API reference, "Responses"): items in, items out. In a stream the deltas come first; an item that is
 * done, and the response that is completed, say the same again as a whole, which then counts. The same events pass over a
 * WebSocket.
 */
final class OpenAiResponses implements Dialect {
    private static final JsonNames REQUEST = JsonNames.of(
            "model", "instructions", "input", "previous_response_id", "conversation", "prompt", "response");
    private static final int REQUEST_MODEL = 0;
    private static final int REQUEST_INSTRUCTIONS = 1;
    private static final int REQUEST_INPUT = 2;
    private static final int REQUEST_PREVIOUS = 3;
    private static final int REQUEST_CONVERSATION = 4;
    private static final int REQUEST_PROMPT = 5;
    private static final JsonNames KEPT = JsonNames.of("id", "variables");
    private static final int KEPT_ID = 0;
    private static final String CONVERSATION_PREFIX = "conv_";
    private static final String PROMPT_PREFIX = "pmpt_";
    private static final JsonNames ITEM = JsonNames.of(
            "type",
            "role",
            "content",
            "output",
            "call_id",
            "id",
            "name",
            "arguments",
            "input",
            "action",
            "summary",
            "server_label",
            "code",
            "queries",
            "operation",
            "actions",
            "outputs",
            "results",
            "result",
            "reason");
    private static final int TYPE = 0;
    private static final int ROLE = 1;
    private static final int CONTENT = 2;
    private static final int OUTPUT = 3;
    private static final int CALL_ID = 4;
    private static final int ID = 5;
    private static final int NAME = 6;
    private static final int ARGUMENTS = 7;
    private static final int INPUT = 8;
    private static final int ACTION = 9;
    private static final int SUMMARY = 10;
    private static final int CODE = 12;
    private static final int QUERIES = 13;
    private static final int OPERATION = 14;
    private static final int ACTIONS = 15;
    private static final int OUTPUTS = 16;
    private static final int RESULTS = 17;
    private static final int RESULT = 18;
    private static final int REASON = 19; // why a person lets a tool be called, or not
    private static final String CALL = "_call";
    private static final String APPROVAL = "mcp_approval_request";
    private static final String PROGRAM = "program";
    private static final String PROGRAM_OUTPUT = "program_output";
    private static final JsonNames IN_PART = JsonNames.of("text", "transcript", "refusal", "logs", "stdout", "stderr");
    private static final int FIRST_PRINTED = 3;

    private static final JsonNames PART = JsonNames.of("text", "refusal", "type", "transcript");
    private static final int PART_TEXT = 0;
    private static final int PART_TYPE = 2;
    private static final JsonNames ANSWER = JsonNames.of(
            "type",
            "delta",
            "output_index",
            "item",
            "response",
            "model",
            "output",
            "usage",
            "error",
            "code",
            "id",
            "status_details",
            "status");
    private static final int ANSWER_TYPE = 0;
    private static final int ANSWER_DELTA = 1;
    private static final int ANSWER_OUTPUT_INDEX = 2;
    private static final int ANSWER_ITEM = 3;
    private static final int ANSWER_RESPONSE = 4;
    private static final int ANSWER_MODEL = 5;
    private static final int ANSWER_OUTPUT = 6;
    private static final int ANSWER_USAGE = 7;
    private static final int ANSWER_ERROR = 8;
    private static final int ANSWER_CODE = 9;
    private static final int ANSWER_ID = 10;
    private static final int ANSWER_STATUS_DETAILS = 11;
    private static final JsonNames UNFINISHED = JsonNames.of("queued", "in_progress");
    private static final String ID_PREFIX = "resp_";
    private static final String EVENT_PREFIX = "response.";
    private static final JsonNames EVENTS = JsonNames.of(
            "response.output_text.delta",
            "response.refusal.delta",
            "response.text.delta",
            "response.audio_transcript.delta",
            "response.output_audio_transcript.delta",
            "response.audio.transcript.delta",
            "response.reasoning_summary_text.delta",
            "response.reasoning_text.delta",
            "response.function_call_arguments.delta",
            "response.custom_tool_call_input.delta",
            "response.mcp_call_arguments.delta",
            "response.completed",
            "response.incomplete",
            "response.failed",
            "response.done",
            "error");
    private static final int LAST_TEXT = 5;
    private static final int LAST_REASONING = 7;
    private static final int LAST_ARGUMENTS = 10;
    private static final int FIRST_END = 11;
    private static final int FAILURE = 15;
    private static final JsonNames USAGE = JsonNames.of("input_tokens", "output_tokens");
    private static final int USAGE_INPUT_TOKENS = 0;
    private static final int MAX_ITEMS = 1 << 16;

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            switch (name) {
                case REQUEST_MODEL -> prompt.model(json.name());
                case REQUEST_INSTRUCTIONS -> {
                    prompt.text(json);
                    prompt.messageIfAny(Role.SYSTEM);
                }
                case REQUEST_INPUT -> input(json, prompt);
                case REQUEST_PREVIOUS -> previous(json.name(), prompt);
                case REQUEST_CONVERSATION -> kept(json, CONVERSATION_PREFIX, prompt);
                case REQUEST_PROMPT -> prompt(json, prompt);
                default -> request(json, prompt); // an event over WebSocket may wrap the request
            }
        }
    }

    private static void input(final JsonCursor json, final PromptBuilder prompt) {
        if (json.isString()) {
            prompt.recognise();
            prompt.text(json);
            prompt.message(Role.USER, null);
        }
        if (json.isArray()) {
            prompt.recognise();
            final int depth = json.enter();
            while (json.element(depth)) {
                if (json.isObject()) {
                    item(json, prompt);
                }
            }
        }
    }

    private static void previous(final @Nullable String id, final PromptBuilder prompt) {
        prompt.previous(id);
        if (id != null) {
            prompt.recognise();
        }
    }

    /** A prompt that the endpoint keeps. */
    static void prompt(final JsonCursor json, final PromptBuilder prompt) {
        kept(json, PROMPT_PREFIX, prompt);
    }

    /** What the endpoint keeps and the request only names: a conversation, or a prompt with the texts that are put into it. */
    private static void kept(final JsonCursor json, final String prefix, final PromptBuilder prompt) {
        kept(json.name(), prefix, prompt);
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        for (int name = json.member(depth, KEPT); name != JsonCursor.END; name = json.member(depth, KEPT)) {
            if (name == KEPT_ID) {
                kept(json.name(), prefix, prompt);
            } else {
                variables(json, prompt);
            }
        }
    }

    private static void kept(final @Nullable String id, final String prefix, final PromptBuilder prompt) {
        if (id != null && id.startsWith(prefix)) {
            prompt.recognise();
        }
    }

    private static void variables(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        while (json.member(depth)) {
            prompt.text(json);
            part(json, prompt);
        }
        prompt.messageIfAny(Role.USER);
    }

    /** An item of the input: a message, a tool's result, or what the model said before. */
    static void item(final JsonCursor json, final PromptBuilder prompt) {
        String type = null;
        String role = null;
        String callId = null;
        String id = null;
        boolean result = false;
        final int depth = json.enter();
        for (int name = json.member(depth, ITEM); name != JsonCursor.END; name = json.member(depth, ITEM)) {
            switch (name) {
                case TYPE -> type = json.name();
                case ROLE -> role = json.name();
                case CALL_ID -> callId = json.name();
                case ID -> id = json.name();
                case CONTENT, OUTPUT, OUTPUTS, RESULTS, REASON -> {
                    prompt.back(0);
                    content(json, prompt);
                }
                case RESULT -> {
                    if (type == null || type.equals(PROGRAM_OUTPUT)) { // images are large
                        prompt.back(0);
                        prompt.text(json);
                        result = true;
                    }
                }
                default -> {}
            }
        }
        if (result && !PROGRAM_OUTPUT.equals(type)) {
            prompt.back(0);
        }
        if (type != null && type.endsWith("_output")) {
            final String of = type.equals("local_shell_call_output") && callId == null ? id : callId;
            prompt.result(0, of);
            prompt.message(Role.TOOL, of);
        } else {
            final boolean message =
                    type == null || type.equals("message") || type.equals("mcp_approval_response") || role != null;
            prompt.message(message ? Dialect.role(role) : Role.ASSISTANT, null);
        }
    }

    private static void content(final JsonCursor json, final PromptBuilder prompt) {
        prompt.text(json);
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        while (json.element(depth)) {
            part(json, prompt);
        }
    }

    private static void part(final JsonCursor json, final PromptBuilder prompt) {
        final int depth = json.isObject() ? json.enter() : JsonCursor.NOTHING;
        final int mark = prompt.mark();
        for (int name = json.member(depth, IN_PART); name != JsonCursor.END; name = json.member(depth, IN_PART)) {
            if (name < FIRST_PRINTED) {
                prompt.back(mark);
            }
            prompt.text(json);
        }
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        int event = -1;
        int place = 0;
        String code = null;
        @Nullable ContentBuffer delta = null;
        final int depth = json.enter();
        for (int name = json.member(depth, ANSWER); name != JsonCursor.END; name = json.member(depth, ANSWER)) {
            switch (name) {
                case ANSWER_TYPE -> {
                    event = json.in(EVENTS);
                    recognise(json, answer);
                }
                case ANSWER_DELTA -> delta = answer.delta(json);
                case ANSWER_OUTPUT_INDEX -> place = json.index(MAX_ITEMS);
                case ANSWER_ITEM -> item(json, place, answer.hasThinking(), answer);
                case ANSWER_RESPONSE, ANSWER_STATUS_DETAILS ->
                    answer(json, answer); // an object with members of the answer's
                case ANSWER_MODEL -> answer.model(json);
                case ANSWER_OUTPUT -> output(json, answer);
                case ANSWER_USAGE -> usage(json, answer);
                case ANSWER_ERROR -> Errors.read(json, answer);
                case ANSWER_CODE -> code = json.name();
                case ANSWER_ID -> id(json.name(), answer);
                default -> {
                    answer.recognise();
                    answer.pending(json.in(UNFINISHED) >= 0);
                }
            }
        }
        apply(event, place, delta, code, answer);
    }

    /** A stream that is taken up again may go on with an event of any type. */
    private static void recognise(final JsonCursor type, final AnswerBuilder answer) {
        if (!answer.recognised()) {
            final String name = type.name();
            if (name != null && name.startsWith(EVENT_PREFIX)) {
                answer.recognise();
            }
        }
    }

    private static void id(final @Nullable String id, final AnswerBuilder answer) {
        if (id != null && id.startsWith(ID_PREFIX)) {
            answer.id(id);
        }
    }

    private static void apply(
            final int event,
            final int place,
            final @Nullable ContentBuffer delta,
            final @Nullable String code,
            final AnswerBuilder answer) {
        if (event < 0) {
            return;
        }
        answer.recognise();
        if (delta != null && event <= LAST_TEXT) {
            answer.text(place, delta);
        } else if (delta != null && event <= LAST_REASONING) {
            answer.thinking(delta);
        } else if (delta != null && event <= LAST_ARGUMENTS) {
            answer.arguments(place, delta);
        } else if (event == FAILURE) {
            answer.error(code);
        }
        if (event >= FIRST_END) {
            answer.end();
        }
    }

    private static void usage(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        for (int name = json.member(depth, USAGE); name != JsonCursor.END; name = json.member(depth, USAGE)) {
            if (name == USAGE_INPUT_TOKENS) {
                answer.promptTokens(json.count());
            } else {
                answer.outputTokens(json.count());
            }
        }
    }

    private static void output(final JsonCursor json, final AnswerBuilder answer) {
        if (!json.isArray()) {
            return;
        }
        answer.recognise();
        final int depth = json.enter();
        for (int place = 0; json.element(depth); place++) {
            if (place == 0) {
                answer.again();
            }
            item(json, Math.min(place, MAX_ITEMS), false, answer);
        }
    }

    /** @param thought what the model thinks was read before, by its deltas */
    private static void item(
            final JsonCursor json, final int place, final boolean thought, final AnswerBuilder answer) {
        final int depth = json.enter();
        if (depth == JsonCursor.NOTHING) {
            return;
        }
        String type = null;
        String id = null;
        String callId = null;
        String tool = null;
        boolean arguments = false;
        for (int name = json.member(depth, ITEM); name != JsonCursor.END; name = json.member(depth, ITEM)) {
            switch (name) {
                case TYPE -> type = json.name();
                case ID -> id = json.name();
                case CALL_ID -> callId = json.name();
                case NAME -> tool = json.name();
                case CONTENT -> texts(json, place, thought, answer);
                case SUMMARY -> {
                    if (!thought && json.isArray()) {
                        reasoning(json, answer);
                    }
                }
                case ARGUMENTS, INPUT -> {
                    if (json.isString()) {
                        answer.allArguments(place, answer.read(json));
                        arguments = true;
                    } else if (json.isObject()) {
                        answer.allArguments(place, json);
                        arguments = true;
                    }
                }
                case ACTION, ACTIONS, CODE, QUERIES, OPERATION -> {
                    if (!arguments && (json.isObject() || json.isArray() || json.isString())) {
                        answer.allArguments(place, json);
                    }
                }
                default -> {}
            }
        }
        final String called = tool == null ? builtIn(type) : isCall(type) ? tool : null;
        if (called != null) {
            answer.call(place, callId != null ? callId : id, called);
        }
    }

    /** Whether an item with a tool's name asks for it. */
    private static boolean isCall(final @Nullable String type) {
        return type != null && (type.endsWith(CALL) || type.equals(APPROVAL));
    }

    /** The tool that an item without a name asks for. */
    private static @Nullable String builtIn(final @Nullable String type) {
        if (type == null || type.equals(PROGRAM)) {
            return type;
        }
        return type.endsWith(CALL) ? type.substring(0, type.length() - CALL.length()) : null;
    }

    /** A message's parts; an item that has any is whole, and what its deltas said comes again. */
    private static void texts(
            final JsonCursor json, final int place, final boolean thought, final AnswerBuilder answer) {
        final int depth = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        for (boolean first = true; json.element(depth); first = false) {
            if (first) {
                answer.textAgain(place);
            }
            part(json, place, thought, answer);
        }
    }

    private static void part(
            final JsonCursor json, final int place, final boolean thought, final AnswerBuilder answer) {
        final int depth = json.enter();
        ContentBuffer text = answer.scratch();
        String type = null;
        for (int name = json.member(depth, PART); name != JsonCursor.END; name = json.member(depth, PART)) {
            if (name == PART_TYPE) {
                type = json.name();
            } else {
                text = answer.read(json);
            }
        }
        if (type == null || !type.startsWith("reasoning")) {
            answer.text(place, text);
        } else if (!thought) {
            answer.thinking(text);
        }
    }

    private static void reasoning(final JsonCursor json, final AnswerBuilder answer) {
        final int depth = json.enter();
        while (json.element(depth)) {
            final int part = json.enter();
            for (int name = json.member(part, PART); name != JsonCursor.END; name = json.member(part, PART)) {
                if (name == PART_TEXT) {
                    answer.thinking(json);
                }
            }
        }
    }
}
