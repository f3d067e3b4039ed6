package io.fourthlog.sensor.protocol;

import io.fourthlog.redaction.json.JsonNames;
import org.jspecify.annotations.Nullable;

/**
 * A request whose path is not known, since an HTTP/2 connection was there before the capture and names it by what was said
 * then: its API is told by the members of its body alone. A body with none of these shapes is not a question to a model.
 */
final class ShapeOnly implements Dialect {
    private static final JsonNames REQUEST = JsonNames.of(
            "model", "messages", "input", "contents", "system", "anthropic_version", "max_tokens", "inferenceConfig");
    private static final int MODEL = 0;
    private static final int MESSAGES = 1;
    private static final int INPUT = 2;
    private static final int CONTENTS = 3;
    private static final int SYSTEM = 4;
    private static final int VERSION = 5;
    private static final int MAX_TOKENS = 6;
    private static final int INFERENCE = 7;
    private static final int MEMBERS = 8;
    private static final JsonNames TOOL = JsonNames.of("input_schema");
    private static final JsonNames TOOLS = JsonNames.of("tools");

    private @Nullable Dialect found;

    @Override
    public void request(final JsonCursor json, final PromptBuilder prompt) {
        final boolean[] has = new boolean[MEMBERS];
        final int depth = json.enter();
        for (int name = json.member(depth, REQUEST); name != JsonCursor.END; name = json.member(depth, REQUEST)) {
            has[name] = switch (name) {
                case MESSAGES, CONTENTS -> json.isArray();
                case INPUT -> json.isArray() || json.isString();
                case MODEL -> json.isString();
                default -> true;
            };
        }
        json.again();
        found = dialect(has, has[VERSION] || (has[SYSTEM] && has[MAX_TOKENS]) || hasInputSchema(json));
        json.again();
        if (found != null) {
            found.request(json, prompt);
        }
    }

    private static @Nullable Dialect dialect(final boolean[] has, final boolean anthropic) {
        if (has[CONTENTS]) {
            return new Gemini();
        }
        if (has[MESSAGES]) {
            return has[INFERENCE]
                    ? new BedrockConverse()
                    : anthropic ? new AnthropicMessages() : has[MODEL] ? new OpenAiChat() : null;
        }
        return has[INPUT] && has[MODEL] ? new OpenAiResponses() : null;
    }

    /** Anthropic's tools have one, OpenAI's have {@code parameters}. */
    private static boolean hasInputSchema(final JsonCursor json) {
        final int depth = json.enter();
        if (json.member(depth, TOOLS) == JsonCursor.END) {
            return false;
        }
        final int tools = json.isArray() ? json.enter() : JsonCursor.NOTHING;
        return json.element(tools) && json.member(json.enter(), TOOL) != JsonCursor.END;
    }

    @Override
    public void answer(final JsonCursor json, final AnswerBuilder answer) {
        if (found != null) {
            found.answer(json, answer);
        }
    }
}
